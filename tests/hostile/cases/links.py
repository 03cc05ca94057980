"""Links, hard links and special files where volon's files should be (S2, S15)."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.hostile.ground import BOOTSTRAP, CAPSULE, CHECKPOINT, OUTSIDE_MARK, TASK_FILE, Case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.hostile.ground import Ground

_DIRECTORIES = (
    *(".volon", ".volon/tasks", ".volon/pcc", ".volon/pcc/tasks", ".volon/pcc/global", ".volon/logs"),
    *(".volon/templates", ".design", ".design/checkpoints", ".design/sketches", ".design/spikes"),
)
_FILES = (
    *(TASK_FILE, CAPSULE, CHECKPOINT, BOOTSTRAP, ".volon/logs/run.jsonl", ".volon/README.md", ".volon/.gitignore"),
    *(".design/HANDOFF.md", ".design/STATE.md", ".design/TODO.md", "volon.yaml", ".volon/volon.yaml"),
    *(".volon/templates/task.md", ".volon/pcc/global/about.md"),
)
_GIT_DIRECTORIES = (
    *("volon", "volon/ops", "volon/tmp", "volon/conflicts", "info", "refs/volon", "refs/volon/paused"),
    *("refs/volon/closed", "objects/pack", "objects"),
)
_GIT_FILES = ("volon/lock", "volon/journal", "volon/lock.owner", "info/exclude")
_HARD = (
    TASK_FILE,
    CAPSULE,
    BOOTSTRAP,
    ".volon/logs/run.jsonl",
    ".design/HANDOFF.md",
    ".git/volon/lock",
    ".git/info/exclude",
)
_INSTALL = (("agents", "install", "--agent", "claude", "--agent", "codex"), ("agents", "uninstall"))
_SPECIAL = (TASK_FILE, CAPSULE, CHECKPOINT, BOOTSTRAP, ".design/STATE.md", ".design/TODO.md", ".git/volon/journal")


def cases() -> Iterator[Case]:
    """Every place volon reads or writes, as something that it is not."""
    for path in _DIRECTORIES:
        yield _case("link", path, "a tracked link to a directory outside stands in its place", _to_directory)
    for path in _FILES:
        yield _case("link", path, "a tracked link to a file outside stands in its place", _to_file)
    for path in (".claude", ".codex", ".agents/skills", ".agents/skills/pause-task"):
        yield _case("link", path, "agents would read, and volon would write, outside", _to_directory, verbs=_INSTALL)
    for path in ("AGENTS.md", "CLAUDE.md", ".claude/settings.json", ".codex/hooks.json", ".volon/agents.json"):
        yield _case("link", path, "agents would read, and volon would write, outside", _to_file, verbs=_INSTALL)
    yield _case("link", ".volon/tasks/TASK-20261119-002.md", "a link to a device that never ends", _to_zero)
    yield _case("link", ".design/checkpoints/02-work-2026-11-20.md", "a link to itself", _to_itself)
    for path in _GIT_DIRECTORIES:
        attack = "an unpacked git directory has a link to outside here"
        make = _objects if path.startswith("objects") else _to_directory
        # git itself looks through links among its refs and objects, as any of its commands would.
        yield _case("git-link", f".git/{path}", attack, make, reads_outside=not path.startswith(("volon", "info")))
    for path in _GIT_FILES:
        attack = "an unpacked git directory has a link to a file here"
        yield _case("git-link", f".git/{path}", attack, _to_file, reads_outside=path == "info/exclude")
    attack = "each directory of loose objects is a link to outside"
    yield _case("git-link", ".git/objects/xx", attack, _fan_out, reads_outside=True)
    for path in _HARD:
        yield _case("hard-link", path, "the file has a second name outside; writing through it changes that", _hard)
    for path in _SPECIAL:
        yield _case("fifo", path, "a pipe that nobody writes to: a reader would wait for ever", _fifo)
    yield _case("socket", TASK_FILE, "a socket stands where a record should be", _socket)
    yield _case("device", TASK_FILE, "a device without end stands where a record should be", _device)
    yield _case("directory", TASK_FILE, "a directory stands where a record should be", _directory)
    yield _case("file", ".volon/tasks", "a file stands where a directory should be", _file)
    yield _case("file", ".design", "a file stands where a directory should be", _file)
    yield Case(
        "temporary/predicted",
        "links wait under the names of the temporary files that the next command will use",
        "S15",
        _temporaries,
        verbs=(("task", "create", "Later"),),
    )


def _case(
    kind: str,
    path: str,
    attack: str,
    make: Callable[[Ground, str], None],
    *,
    reads_outside: bool = False,
    verbs: tuple[tuple[str, ...], ...] = (),
) -> Case:
    return Case(
        f"{kind}/{path}", attack, "S2", lambda ground: make(ground, path), reads_outside=reads_outside, verbs=verbs
    )


def _far(ground: Ground, path: str) -> Path:
    return ground.outside / path.replace("/", "_").lstrip(".")


def _to_directory(ground: Ground, path: str) -> None:
    target = _far(ground, path)
    target.mkdir(parents=True, exist_ok=True)
    ground.link(path, target)
    (target / "secret.txt").write_text(OUTSIDE_MARK)


def _objects(ground: Ground, path: str) -> None:
    """Git keeps its objects wherever this link leads, and so do tools that share them: it is git's to follow."""
    _to_directory(ground, path)
    ground.objects = _far(ground, path)


def _to_file(ground: Ground, path: str) -> None:
    ground.link(path, _far(ground, path))
    with _far(ground, path).open("a", encoding="utf-8") as file:
        file.write(f"\n{OUTSIDE_MARK}\n")


def _to_zero(ground: Ground, path: str) -> None:
    ground.link(path, Path("/dev/zero"), move=False)


def _to_itself(ground: Ground, path: str) -> None:
    ground.link(path, ground.root / path, move=False)


def _fan_out(ground: Ground, path: str) -> None:
    del path
    far = ground.objects = ground.outside / "objects"
    far.mkdir()
    for number in range(256):
        name = f"{number:02x}"
        directory = ground.root / ".git/objects" / name
        if directory.is_dir():
            shutil.copytree(directory, far / name)
            shutil.rmtree(directory)
        else:
            (far / name).mkdir()
        directory.symlink_to(far / name)


def _hard(ground: Ground, path: str) -> None:
    here, far = ground.root / path, _far(ground, path)
    here.parent.mkdir(parents=True, exist_ok=True)
    far.write_bytes(here.read_bytes() if here.exists() else b"# kept\n")
    here.unlink(missing_ok=True)
    os.link(far, here)


def _clear(ground: Ground, path: str) -> Path:
    here = ground.root / path
    here.unlink(missing_ok=True)
    here.parent.mkdir(parents=True, exist_ok=True)
    return here


def _fifo(ground: Ground, path: str) -> None:
    os.mkfifo(_clear(ground, path))


def _socket(ground: Ground, path: str) -> None:
    here = _clear(ground, path)
    # The name of a socket may have about a hundred characters.
    before = os.getcwd()
    os.chdir(here.parent)
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(here.name)
    finally:
        os.chdir(before)


def _device(ground: Ground, path: str) -> None:
    here = _clear(ground, path)
    try:
        os.mknod(here, 0o644 | stat.S_IFCHR, os.makedev(1, 5))
    except PermissionError:
        # Only root makes devices; a pipe is the next best thing that is no file.
        os.mkfifo(here)


def _directory(ground: Ground, path: str) -> None:
    _clear(ground, path).mkdir()


def _file(ground: Ground, path: str) -> None:
    shutil.rmtree(ground.root / path)
    (ground.root / path).write_text("no directory\n")


def _temporaries(ground: Ground) -> None:
    """Find out the identity of the next operation by doing it once in a copy: clock and seed are frozen."""
    copy = ground.live / "copy"
    subprocess.run(["cp", "-a", "--", str(ground.root), str(copy)], check=True)
    ground.volon("task", "create", "Later")
    op = max(path.name for path in (ground.root / ".git/volon/ops").iterdir())
    shutil.rmtree(ground.root)
    copy.rename(ground.root)
    staging = ground.root / ".git/volon/tmp"
    staging.mkdir(parents=True)
    (staging / op).symlink_to(ground.outside / "journal")
    for place in (".volon", ".volon/tasks", ".volon/logs", ".design", ".git/info"):
        for number in range(8):
            target = ground.root / place / f".volon-tmp-{op}-{number}"
            target.parent.mkdir(exist_ok=True)
            target.symlink_to(ground.outside / "plain.md")
