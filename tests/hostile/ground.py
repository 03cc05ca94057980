"""What a hostile repository is built on: a good one, with a canary beside it, and words to make it bad.

Everything of one case lies below one directory, `live`, whose path is the same at every run: `repo` is the
repository, `outside` is what nobody may touch, read or reveal, `bin/fire` is a program that leaves `fired` behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash.bench import HarnessBroken, volon_main
from tests.crash.nthkill import call_freely
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OUTSIDE_MARK = "CANARY-0f7c1a94-NOT-TO-BE-SEEN"
"""Stands in every file outside the repository; it may appear nowhere."""
INJECTED = "INJECTED-5be2"
"""Stands in every text that pretends to be volon's own words."""
TASK = "TASK-20261119-001"
TASK_FILE = f".volon/tasks/{TASK}.md"
CAPSULE = f".volon/pcc/tasks/{TASK}.md"
CHECKPOINT = ".design/checkpoints/01-work-2026-11-19.md"
BOOTSTRAP = ".volon/bootstrap.md"

NOT_TRUSTED = 8

_FIRE = """#!/bin/sh
echo "$0 $*" >> {fired}
cat 2>/dev/null
"""


@dataclass(frozen=True)
class Case:
    """One hostile repository.

    Attributes:
        name: `family/what`; unique.
        attack: what it tries, in one sentence.
        stands_for: the row of the threat model, and the published weakness where there is one.
        build: makes the good repository bad.
        base: which good one: `plain`, `paused`, or `cloned` (somebody else's paused work, as a clone brings it).
        env: what the user's environment has besides.
        verbs: further command lines that this attack needs.
        reads_outside: git may read below `outside`, since the user's own git would (configuration, alternates).
        where: the directory volon runs in, below `live`.
        long: too slow for the short tier.
        fresh: built anew for each command, because a copy has other inodes.
    """

    name: str
    attack: str
    stands_for: str
    build: Callable[[Ground], None]
    base: str = "cloned"
    env: dict[str, str] = field(default_factory=dict)
    verbs: tuple[tuple[str, ...], ...] = ()
    reads_outside: bool = False
    where: str = "repo"
    long: bool = False
    fresh: bool = False


class Ground:
    """A directory on which cases are built.

    Args:
        live: the directory; its content is thrown away for each case.
        home: the user's home.

    Attributes:
        state: the user's `$XDG_STATE_HOME`.
        git_dir: where git finds its directory; some cases have it elsewhere.
        objects: where git follows links to for its objects.
        loose: names below the git directory that the case itself left open to others.
    """

    def __init__(self, live: Path, home: Path) -> None:
        self.live, self.home = live, home
        self.repo = RepoBuilder(live / "repo")
        self.root = live / "repo"
        self.outside = live / "outside"
        self.fire = live / "bin" / "fire"
        self.fired = live / "fired"
        self.state = live / "state"
        self.git_dir = live / "repo/.git"
        self.objects = self.git_dir / "objects"
        self.loose: set[str] = set()

    def begin(self) -> None:
        """Make what every base has: the outside, the canary, and a repository with one commit."""
        shutil.rmtree(self.live, ignore_errors=True)
        self.live.mkdir(parents=True)
        for name in ("secret.txt", "plain.md", "lock", "journal", "exclude", "run.jsonl"):
            self.far(name, f"{OUTSIDE_MARK}\n")
        self.fire.parent.mkdir()
        self.fire.write_text(_FIRE.format(fired=self.fired), encoding="utf-8")
        self.fire.chmod(0o755)
        RepoBuilder.init(self.root, "--template=")
        self.repo.commit("Begin", {"README.md": "# Shop\n", "src/app.py": "def run():\n    return 1\n"})

    def far(self, path: str, content: str = "") -> Path:
        """Write a file outside the repository."""
        target = self.outside / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
        return target

    def volon(self, *argv: str, seed: str = "1", env: dict[str, str] | None = None) -> str:
        """Run volon, untraced, while building; gives what it printed."""

        def child() -> int:
            os.chdir(self.root)
            os.environ.update({"VOLON_SEED": seed, **(env or {})})
            return volon_main(list(argv))

        ran = call_freely(child)
        if ran.code not in {0, NOT_TRUSTED}:
            message = f"volon {' '.join(argv)} exited {ran.code} while building: {ran.err or ran.out}"
            raise HarnessBroken(message)
        return ran.out

    def write(self, path: str, content: str | bytes) -> None:
        """Write a file of the repository."""
        self.repo.write(path, content)

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text that must be there."""
        text = self.repo.read(path).decode()
        if old not in text:
            message = f"{path} has no {old!r}"
            raise HarnessBroken(message)
        target = self.root / path
        mode = target.stat().st_mode
        target.chmod(0o644)
        target.write_text(text.replace(old, new), encoding="utf-8", errors="surrogateescape")
        target.chmod(mode)

    def set(self, path: str, key: str, yaml: str) -> None:
        """Give a key of a record's frontmatter another value, written as it is to stand in the YAML."""
        lines = self.repo.read(path).decode().split("\n")
        at = [number for number, line in enumerate(lines) if line.startswith(f"{key}:")]
        if at:
            lines[at[0]] = f"{key}: {yaml}"
        else:
            lines.insert(1, f"{key}: {yaml}")
        (self.root / path).chmod(0o644)
        (self.root / path).write_text("\n".join(lines), encoding="utf-8", errors="surrogateescape")

    def link(self, path: str, target: Path, *, move: bool = True) -> None:
        """Put a symbolic link in the place of a path; what was there moves to where the link points, unless told."""
        here = self.root / path
        if here.is_dir() and not here.is_symlink():
            if move:
                shutil.copytree(here, target, dirs_exist_ok=True)
            shutil.rmtree(here)
        elif os.path.lexists(here):
            if move:
                target.write_bytes(here.read_bytes())
            here.unlink()
        here.parent.mkdir(parents=True, exist_ok=True)
        here.symlink_to(target)

    def config(self, *pairs: tuple[str, str]) -> None:
        """Write into the repository's own git configuration."""
        for key, value in pairs:
            self.repo.git("config", "--add", key, value)

    def remember(self) -> None:
        """Note what is open to others by the case's own doing: nobody but volon is judged for its modes."""
        top = self.git_dir / "volon"
        self.loose = (
            {path.name for path in (top, *top.rglob("*")) if path.stat().st_mode & 0o077} if top.is_dir() else set()
        )

    def git(self, *words: str, stdin: bytes = b"", where: Path | None = None) -> str:
        """Run git in the repository, with bytes on its standard input."""
        done = subprocess.run(["git", *words], cwd=where or self.root, input=stdin, capture_output=True, check=False)
        if done.returncode != 0:
            message = f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
            raise HarnessBroken(message)
        return done.stdout.decode("utf-8", "surrogateescape").strip()


def plain(ground: Ground) -> None:
    """A repository with a commit and a change, without volon."""
    ground.begin()
    ground.write("src/app.py", "def run():\n    return 2\n")


def paused(ground: Ground) -> None:
    """The user's own repository, in which they paused: operations and refs are there."""
    plain(ground)
    ground.volon("task", "start", "Retry with backoff", seed="a")
    ground.volon("pause-task", "backoff untested", "--next", "pytest", seed="b")


def cloned(ground: Ground) -> None:
    """A stranger's paused work, committed and cloned: records are there, operations and refs are not."""
    ground.begin()
    ground.volon("init", seed="a")
    ground.volon("task", "start", "Retry with backoff", seed="b")
    ground.write("src/app.py", "def run():\n    return 2\n")
    ground.volon("pause-task", "backoff untested", "--next", "pytest", seed="c")
    ground.repo.git("add", "-A")
    ground.repo.git("commit", "-q", "-m", "Paused work")
    origin = ground.live / "origin"
    ground.root.rename(origin)
    subprocess.run(
        ["git", "clone", "-q", "--template=", str(origin), str(ground.root)], check=True, stdin=subprocess.DEVNULL
    )
    ground.write("src/app.py", "def run():\n    return 3\n")


BASES = {"plain": plain, "paused": paused, "cloned": cloned}
