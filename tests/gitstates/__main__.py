"""H9: every command in every git state; before and after it, everything that is the user's is compared to the byte.

That is: every file of the working tree with its mode, and every file of every git directory (index, HEAD, refs,
reflogs, stash, configuration, submodules) but volon's own, new objects and `info/exclude`; and what `git status` says.
With `--dry-run` volon's own files count too. `pause-task` must succeed wherever the state does not say otherwise.

    python -m tests.gitstates                   every state, a few commands each, others each day
    python -m tests.gitstates --long            every state, every command
    python -m tests.gitstates --only rebase --verb undo
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.bench import scratch_directory, seal_this_process, volon_main
from tests.crash.nthkill import call_freely
from tests.gitstates.states import STATES, Place, State
from tests.hostile.verbs import READERS, WRITERS
from tests.support.repos import RepoBuilder, run_git

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = Path(__file__).with_name("floors.json")
DRY = (
    ("restore", "1", "--exact", "--dry-run"),
    ("resume-task", "--dry-run"),
    ("undo", "--dry-run"),
    ("pause-task", "x", "--dry-run"),
    ("init", "--dry-run"),
)
ALWAYS = (
    *(("pause-task", "a note", "--next", "go on"), ("resume-task", "--force"), ("status",)),
    ("restore", "1", "--yes", "--exact"),
)
TREES = ("pipeline", "run", "trees.yaml")
_SPEC = """\
version: 1
defaults:
  isolation: worktree
tickets:
  - id: a
    run: echo a > a-made
  - id: b
    run: echo b > b-made && git add b-made && git -c user.name=B -c user.email=b@b commit -q -m b
  - id: c
    needs: [a, b]
    run: cat a-made b-made > c-made
"""
CODES = frozenset({0, 1, 2, 3, 4, 5, 7, 8, 9, 10})
_OURS = re.compile(
    r".*/(?:(?:volon|refs/volon|logs/refs/volon|objects)(?:/.*)?|info|info/exclude|info/[.]volon-tmp-[^/]*)"
)
_OWN_REFS = re.compile(rb"^[0-9a-f]+ refs/volon/snap/[0-9A-Z]{26}\n", re.MULTILINE)
_FOR_AGENTS = re.compile(r"/[.](?:agents|claude|codex)(?:/.*)?$|/(?:AGENTS|CLAUDE)[.]md$")
_OBJECT = re.compile(r".*/[.]git/(?:.*/)?objects(?:/.*)?")
_STATE = re.compile(r"(?:.*/)?[.](?:volon|design)(?:/.*)?")


def commands(state: State, *, long: bool, seed: str) -> list[tuple[str, ...]]:
    """The command lines for one state; those that move HEAD or decide about trust are not for here."""
    common = [w for w in (*READERS, *WRITERS, *DRY, TREES) if "--commit-state" not in w and w[0] != "trust"]
    if long:
        return [*ALWAYS, *common]
    chance = random.Random(f"{seed}:{state.name}")
    return [*ALWAYS, chance.choice(DRY), *chance.sample(common, 2)]


def digest(
    place: Place, *, whole: bool, restoring: bool = False, purging: bool = False, telling: bool = False
) -> dict[str, str]:
    """Everything below `live` that volon may not change.

    Args:
        place: where.
        whole: its own records count, too.
        restoring: it may change files and the index: that is what a restore is for.
        purging: it may take refs of saved files out of the packed ones.
        telling: it may write what agents read, which git then sees.
    """
    found = {}
    for top, directories, files in os.walk(place.live):
        for name in (*directories, *files):
            path = Path(top, name)
            shown = str(path.relative_to(place.live))
            if not _is_exempt(shown, whole=whole, restoring=restoring) and not (telling and _FOR_AGENTS.search(shown)):
                found[shown] = _content(path)
            if purging and name == "packed-refs":
                found[shown] = f"{path.stat().st_mode:o} {_OWN_REFS.sub(b'', path.read_bytes())!r}"
    if restoring or telling:
        return found
    words = ("status", "--porcelain=v2", "-z", "--untracked-files=all", "--", ":/", ":(exclude,top).volon")
    env = {"GIT_OPTIONAL_LOCKS": "0"}
    found["git status"] = run_git(place.work, *words, ":(exclude,top).design", env=env, check=False)
    return found


def _is_exempt(shown: str, *, whole: bool, restoring: bool) -> bool:
    """Objects are git's to add at any time: reading a sparse index makes trees."""
    if _OBJECT.fullmatch(f"/{shown}"):
        return True
    if restoring and (re.search(r"(?:^|/)[.]git(?:/|$)", shown) is None or shown.endswith("/index")):
        return True
    return not whole and bool(_OURS.fullmatch(f"/{shown}") or _STATE.fullmatch(shown.partition("/")[2]))


def _content(path: Path) -> str:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return f"link {os.readlink(path)}"
    if not stat.S_ISREG(found.st_mode):
        return f"{stat.S_IFMT(found.st_mode):o}"
    data = b"" if found.st_size > 1 << 24 else path.read_bytes()
    return f"{found.st_mode:o} {found.st_size} {hashlib.sha256(data).hexdigest()}"


class Course:
    """One state, built once and put back before each command."""

    def __init__(self, where: Path, state: State) -> None:
        self._where, self._state = where, state
        self.place = Place(where / "live")
        self._build()

    def _build(self) -> None:
        shutil.rmtree(self._where / "live", ignore_errors=True)
        place, state = self.place, self._state
        RepoBuilder.init(place.repo.root, "--template=", *state.options)
        if not state.fresh:
            place.repo.commit("Begin", {"README.md": "# Shop\n", "src/app.py": "def run():\n    return 1\n"})
            self._volon("task", "start", "Retry with backoff", seed="a")
            place.repo.write("src/app.py", "def run():\n    return 2\n")
            assert self._volon("pause-task", "backoff untested", "--next", "pytest", seed="b") == 0
        state.build(place)
        self._copy("live", "base")

    def attempt(self, words: tuple[str, ...]) -> list[str]:
        """Run one command and say what it changed that is not volon's, or how it ended that it may not."""
        self._copy("base", "live")
        dry = "--dry-run" in words
        restoring, purging = words[0] == "restore" and not dry, "purge-files" in words
        kind = {"whole": dry, "restoring": restoring, "purging": purging, "telling": words[0] == "agents"}
        before = digest(self.place, **kind)
        code = self._volon(*words, seed="1")
        after = digest(self.place, **kind)
        changed = sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path))
        wrong = [f"changed {path}" for path in changed]
        if code not in CODES:
            wrong.append(f"exit code {code}: {self._said[-300:]}")
        if words == ALWAYS[0] and code != self._state.pause:
            wrong.append(f"pause-task exited {code}, not {self._state.pause}: {self._said[-300:]}")
        return wrong

    def _volon(self, *words: str, seed: str) -> int:
        spec = self._where / TREES[-1]
        spec.write_text(_SPEC, encoding="ascii")

        def child() -> int:
            os.chdir(self.place.work)
            os.environ["VOLON_SEED"] = seed
            return volon_main([str(spec) if word == TREES[-1] else word for word in words])

        ran = call_freely(child)
        self._said = ran.err + ran.out
        return ran.code

    def _copy(self, source: str, target: str) -> None:
        shutil.rmtree(self._where / target, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self._where / source), str(self._where / target)], check=True)


def run_state(name: str, verbs: list[tuple[str, ...]]) -> tuple[Counter[str], list[str]]:
    """Run commands in one state; in a process of its own."""
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        state = next(one for one in STATES if one.name == name)
        course = Course(where, state)
        found = [f"{name}: volon {' '.join(words)}: {one}" for words in verbs for one in course.attempt(words)]
    except (AssertionError, OSError) as error:
        found = [f"{name}: cannot be built: {error!r}"]
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return Counter(states=1, runs=len(verbs)), found


def main(argv: list[str] | None = None) -> int:
    """Run the matrix; 0 when nothing of the user's changed."""
    arguments = _parser().parse_args(argv)
    began, counts, findings = time.monotonic(), Counter[str](), list[str]()
    for one, found in _all(arguments):
        counts.update(one)
        findings += found
        print(*found, sep="\n", end="\n" if found else "", flush=True)
    narrowed = arguments.only or arguments.verb
    floors = {} if narrowed else json.loads(FLOORS.read_text())["long" if arguments.long else "short"]
    below = [
        f"gitstates: {counts[what]} {what}, the floor is {floor}"
        for what, floor in floors.items()
        if counts[what] < floor
    ]
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"gitstates: {said}; {len(findings)} findings; seed {arguments.seed}; {time.monotonic() - began:.0f} s")
    return 1 if findings or below else 0


def _all(arguments: argparse.Namespace) -> Iterator[tuple[Counter[str], list[str]]]:
    chosen = [state for state in STATES if not arguments.only or any(word in state.name for word in arguments.only)]
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        running = []
        for state in chosen:
            verbs = commands(state, long=arguments.long or bool(arguments.verb), seed=arguments.seed)
            verbs = [words for words in verbs if not arguments.verb or set(arguments.verb) & set(words)]
            running.append(pool.submit(run_state, state.name, verbs))
        for done in as_completed(running):
            yield done.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.gitstates", description="Every command in every git state.")
    parser.add_argument("--long", action="store_true", help="every command in every state")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the commands")
    parser.add_argument("--only", action="append", metavar="WORD", help="states whose name contains the word")
    parser.add_argument("--verb", action="append", metavar="WORD", help="only commands with this word")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
