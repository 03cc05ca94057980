"""How `volon.repo.noted` is made: git looks once more when everything is said, and notes what it finds, where it may.

Source: performance (rows 5 to 8).
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

from volon import gitfiles
from volon.errors import NotCommitted
from volon.model.facts import STATE_PATHS, is_state_path
from volon.repo import noted
from volon.repo.blobs import decode
from volon.repo.status import COMMAND
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

_EXTENSION = b"UNTR"
_SECOND = 10**9
_OFF = (b"false", b"no", b"off", b"0")
_DIRECTORIES = ("ls-files", "--others", "--directory", "--exclude-standard", "-z")
_MOUNTS = "/proc/self/mountinfo"
_KNOWN = frozenset({b"btrfs", b"ext2", b"ext3", b"ext4", b"f2fs", b"tmpfs", b"xfs"})
"""File systems of this machine's own, by the names the kernel has for them."""
_ESCAPED = ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\"))


class Unsuited(NotCommitted):
    """Of this tree nothing can be noted that could be relied on."""


def take(repository: Repository, keep: Callable[[Callable[[], bytes]], None]) -> None:
    """Note what the tree holds, for the looks that follow, where that pays: the index is as it was a pause before.

    Args:
        repository: whose index was studied.
        keep: puts what it is given the maker of where this belongs, or nothing at all.
    """
    memory, git_dir = repository.memory, repository.git_dir
    if not repository.knows_index or noted.recall(memory, git_dir) is not None:
        return
    with suppress(NotCommitted, OSError), repository.scratch() as aside:
        index = repository.index_files()
        signed = index.signed if index is not None else ""
        keep(lambda: note(repository.git, git_dir, aside))
        noted.keep(memory, git_dir, signed)


def note(git: Git, git_dir: Path, aside: Path) -> bytes:
    """Let git look at the whole tree and note what it finds; returns the index with that.

    Args:
        git: looks at the tree, in which there are no submodules.
        git_dir: the working tree's own git directory, with an index in one piece.
        aside: a scratch directory.

    Raises:
        Unsuited: nothing that could be relied on can be noted of this tree.
        GitFailed, OSError: git or the machine could not.
    """
    index, copy = git_dir / "index", aside / "index"
    if not is_known(git.directory, git_dir) or git.ask("config", "core.untrackedCache")[1].strip().lower() in _OFF:
        raise Unsuited("nothing can be noted here")
    # With the time of the index: what is as young as that, git compares by its bytes.
    began = put(copy, index.read_bytes(), index.stat().st_mtime_ns) // _SECOND
    git.with_index(copy, notes=True).with_settings(*noted.SETTINGS, "core.fsync=none").run(*COMMAND)
    data = copy.read_bytes()
    others = git.run(*_DIRECTORIES).split(b"\0")
    if _EXTENSION not in data or not all(_is_settled(git.directory, decode(path)) for path in others):
        raise Unsuited("a directory without tracked files may become a repository, or cease to be one")
    names = git.run("ls-files", "-z").split(b"\0")
    if any(map(partial(is_set_back, os.fsencode(git.directory), began), _directories(names))):
        raise Unsuited("somebody gives directories old times while git looks")
    return data


def _directories(names: Iterable[bytes]) -> set[bytes]:
    """Every directory above these files, from the top of the tree."""
    found, above = {b""}, {name.rpartition(b"/")[0] for name in names}
    while above:
        found |= above
        above = {name.rpartition(b"/")[0] for name in above} - found
    return found


def is_set_back(root: bytes, second: int, path: bytes) -> bool:
    """Whether a directory changed since that second and has an older time; git tells change times apart by seconds."""
    try:
        seen = os.stat(os.path.join(root, path), follow_symlinks=False)  # noqa: PTH116, PTH118  there may be ten thousand
    except OSError:
        return False
    return int(seen.st_mtime) < second <= int(seen.st_ctime)


def _is_settled(root: Path, path: str) -> bool:
    """Whether what git does not track is a file, or a directory that only volon makes directories in."""
    if not path.endswith("/") or is_state_path(path):
        return True
    if not any(state.startswith(path) for state in STATE_PATHS):
        return False
    with os.scandir(root / path) as found:
        return all(is_state_path(f"{path}{one.name}") for one in found if one.is_dir(follow_symlinks=False))


def is_known(root: Path, git_dir: Path) -> bool:
    """Whether both lie on one file system that is known, with no other one mounted below."""
    top = os.fsencode(os.path.realpath(root)) + b"/"
    mounts = [_mount(line) for line in gitfiles.content(_MOUNTS).splitlines()]
    alone = root.stat().st_dev == git_dir.stat().st_dev and not any(point.startswith(top) for point, _ in mounts)
    above = [(len(point), kind) for point, kind in mounts if top.startswith(point)]
    # Of several at one place the last one hides the others.
    return alone and max(reversed(above), key=lambda one: one[0], default=(0, b""))[1] in _KNOWN


def _mount(line: bytes) -> tuple[bytes, bytes]:
    """Where something is mounted, with `/` at the end, and what kind of file system it is."""
    before, _, after = line.partition(b" - ")
    point, kind = (before.split(b" ") + [b""] * 5)[4], after.partition(b" ")[0]
    for escaped, plain in _ESCAPED:
        point = point.replace(escaped, plain)
    return point.rstrip(b"/") + b"/", kind
