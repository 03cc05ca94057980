"""How `volon.repo.noted` is made: git looks once more when everything is said, and notes what it finds, where it may.

Source: performance (rows 5 to 8).
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

from volon import cached, gitfiles, peek
from volon.digests import new
from volon.errors import Busy, NotCommitted, VolonError
from volon.model.facts import STATE_PATHS, is_state_path
from volon.repo import noted
from volon.repo.blobs import decode
from volon.repo.git import KEPT
from volon.repo.status import COMMAND
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from volon.repo.repository import Repository

_EXTENSION = b"UNTR"
_SPARSE = b"sdir"
_SECOND = 10**9
_FILE = "file:"
_OF_THE_SYSTEM = "/etc/gitconfig"
_CHANGING = ("includeif.onbranch:", "includeif.hasconfig:")
_OFF = (b"false", b"no", b"off", b"0")
_DIRECTORIES = ("ls-files", "--others", "--directory", "--exclude-standard", "-z")
_MOUNTS = "/proc/self/mountinfo"
_KNOWN = frozenset({b"btrfs", b"ext2", b"ext3", b"ext4", b"f2fs", b"tmpfs", b"xfs"})
"""File systems of this machine's own, by the names the kernel has for them."""
_ESCAPED = ((b"\\040", b" "), (b"\\011", b"\t"), (b"\\012", b"\n"), (b"\\134", b"\\"))


class Unsuited(NotCommitted):
    """Of this tree nothing can be noted that could be relied on."""


def take(repository: Repository, keep: Callable[[Callable[[], bytes], int], None]) -> None:
    """Note what the tree holds, for the looks that follow, where that pays: the index is as it was a pause before.

    Args:
        repository: whose index was studied.
        keep: puts what it is given the maker of where this belongs, with this time in nanoseconds, or nothing at all.
    """
    memory, git_dir, env = repository.memory, repository.git_dir, repository.git.environment
    known = noted.recall(memory, git_dir, env) is not None or noted.is_refused(memory, git_dir)
    if known or not repository.knows_index:
        return
    with suppress(VolonError, OSError), repository.scratch() as aside:
        index = repository.index_files()
        signed = index.signed if index is not None else ""
        configuration = _configuration(repository, aside.stat().st_mtime_ns)
        at_ns = (git_dir / "index").stat().st_mtime_ns

        def make() -> bytes:
            try:
                return note(repository, aside, at_ns)
            except Unsuited:
                noted.refuse(memory, git_dir, signed)
                raise

        keep(make, at_ns)
        noted.keep(memory, git_dir, env, signed, configuration)


def note(repository: Repository, aside: Path, at_ns: int) -> bytes:
    """Let git look at the whole tree and note what it finds; returns the index with that, which is to have its time.

    Args:
        repository: one without submodules, whose index is in one piece.
        aside: a scratch directory.
        at_ns: the time of the index.

    Raises:
        Unsuited: nothing that could be relied on can be noted of this tree.
        Busy: nothing can be noted just now.
        GitFailed, OSError: git or the machine could not, or there is something that git may not read.
    """
    git, copy = repository.git, aside / "index"
    off = git.ask("config", "core.untrackedCache")[1].strip().lower() in _OFF
    index = (repository.git_dir / "index").read_bytes()
    size = new(repository.object_format, 0).digest_size
    if off or not is_known(repository.root, repository.git_dir) or _SPARSE in index or _notes_in(index, size):
        raise Unsuited("nothing can be noted here")
    began = put(copy, index, at_ns) // _SECOND
    names = git.run("ls-files", "-z").split(b"\0")
    changes = partial(is_changing, os.fsencode(repository.root), began)
    watched = [path for path in _directories(names) if not _is_volons(decode(path))]
    if any(map(changes, watched)):
        raise Busy("a directory is being changed")
    # What git could not open it would not look at again, and says so.
    writing = git.with_index(copy, notes=True).with_settings(*noted.SETTINGS, "core.fsync=none")
    writing.ask(*COMMAND, ok=(0,), silent=True)
    others = git.run(*_DIRECTORIES).split(b"\0")
    if not all(_is_settled(repository.root, decode(path)) for path in others):
        raise Unsuited("a directory without tracked files may become a repository, or cease to be one")
    if any(map(changes, watched)):
        raise Busy("a directory was changed while git looked at it")
    # Of the rest git may have taken some for known that it looks at anew with the user's index: that stays as it is.
    notes = _notes_in(copy.read_bytes(), size)
    if not notes:
        raise Unsuited("git took no notes")
    whole = index[:-size] + notes
    return whole + new(repository.object_format, len(whole), whole).digest()


def _notes_in(index: bytes, size: int) -> bytes:
    """The extension of an index that has the notes; empty where there is none.

    Args:
        index: all of it; at the end extensions, each with a name, its length and content, and a digest.
        size: of the digest, in bytes.
    """
    end = len(index) - size
    at = index.rfind(_EXTENSION, 0, end)
    while at >= 0:
        after = at + 8 + int.from_bytes(index[at + 4 : at + 8], "big")
        following = after
        while following < end:
            following += 8 + int.from_bytes(index[following + 4 : following + 8], "big")
        if following == end:
            return index[at:after]
        at = index.rfind(_EXTENSION, 0, at)
    return b""


def _configuration(repository: Repository, now_ns: int) -> list[str]:
    """The files that configure git here, by all their names, and those that would if they were there.

    Raises:
        Unsuited: another branch would change what is configured.
        Busy: one was written so lately that more may follow.
    """
    git, env = repository.git, repository.git.environment
    said = decode(git.run("config", "--list", "--show-origin", "--name-only", "-z")).split("\0")
    if any(key.startswith(_CHANGING) for key in said[1::2]):
        raise Unsuited("what is configured depends on the branch")
    home = env.get("HOME", "")
    users = (f"{home}/.gitconfig", f"{env.get('XDG_CONFIG_HOME') or f'{home}/.config'}/git/config")
    own = (str(repository.common_dir / "config"), str(repository.git_dir / "config.worktree"))
    named = (env[name] for name in sorted(KEPT) if env.get(name, "").startswith("/"))
    told = (one.removeprefix(_FILE) for one in said[::2] if one.startswith(_FILE))
    paths = {str(repository.root / path) for path in (_OF_THE_SYSTEM, *users, *own, *named, *told)}
    found = sorted(paths | set(map(os.path.realpath, paths)))
    signatures = filter(None, (peek.signature(None, path) for path in found))
    if not all(cached.is_settled(signed, now_ns) for signed in signatures):
        raise Busy("the configuration was written just now")
    return found


def _directories(names: Iterable[bytes]) -> set[bytes]:
    """Every directory above these files, from the top of the tree."""
    found, above = {b""}, {name.rpartition(b"/")[0] for name in names}
    while above:
        found |= above
        above = {name.rpartition(b"/")[0] for name in above} - found
    return found


def is_changing(root: bytes, second: int, path: bytes) -> bool:
    """Whether a directory has changed since that second: what is done to it in the same one may leave it its times.

    git tells change times apart by seconds, and who unpacks gives directories old times again.
    """
    try:
        return int(os.stat(os.path.join(root, path), follow_symlinks=False).st_ctime) >= second  # noqa: PTH116, PTH118  there may be ten thousand
    except OSError:
        return False


def _is_volons(path: str) -> bool:
    """Whether a directory has records in it, as the pause before this has just written."""
    return is_state_path(path) or any(state.startswith(f"{path}/") for state in STATE_PATHS)


def _is_settled(root: Path, path: str) -> bool:
    """Whether what git does not track is a file, or a directory that only volon makes directories in."""
    if not path.endswith("/") or is_state_path(path):
        return True
    if not _is_volons(path.rstrip("/")):
        return False
    with os.scandir(root / path) as found:
        return all(is_state_path(f"{path}{one.name}") for one in found if one.is_dir(follow_symlinks=False))


def is_known(root: Path, git_dir: Path) -> bool:
    """Whether both lie on one file system that is known, with no other one mounted below."""
    top = os.fsencode(os.path.realpath(root)) + b"/"
    mounts = [_mount(line) for line in gitfiles.content(_MOUNTS).splitlines()]
    alone = root.stat().st_dev == git_dir.stat().st_dev and not any(
        point.startswith(top) and point != top for point, _ in mounts
    )
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
