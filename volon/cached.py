"""What was read of records before, kept in this user's cache: rows of text under the signature of the file they are of.

Promises: whoever finds a row here would have made the same one of the file, because the file has not been touched
since: device, inode, size, both times and mode are the same, and both times lay well before it was read, so that no
clock can be too coarse to show a change (git's rule of racily clean files). A cache that is damaged, made by another
version, or that somebody else could have written is as good as none; so is one inside the repository, which a
stranger may have filled. It may be deleted at any time. Nothing but what was read before depends on it.

Next to nothing is imported: commands that run at every prompt read it, too.

Source: product §3 (`$XDG_CACHE_HOME/volon/`), performance (rows 10, 11 and 16), reliability S9.
"""

from __future__ import annotations

import os
import stat
from zlib import crc32

from volon import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

NAME = "volon"
"""The directory of ours in the user's cache."""
_FEW = 50
"""One in so many files is read again and again before a cache is written anew."""
LARGEST = 64 << 20
SETTLED_NS = 2_000_000_000
"""No file system tells times apart that lie further apart than this; the coarsest are FAT's two seconds."""
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_OTHERS = 0o022
_BETWEEN = b"\n\n"


def is_settled(signed: str, looked_ns: int) -> bool:
    """Whether a file was at rest when somebody looked, so that every later change shows in its signature.

    Args:
        signed: its signature, see `volon.peek.signatures`.
        looked_ns: when that was taken, in nanoseconds on the clock that files get their times from.
    """
    return all(int(time, 16) + SETTLED_NS < looked_ns for time in signed.split(" ", 2)[:2])


def home(env: Mapping[str, str], within: Iterable[str]) -> str | None:
    """The real path of the user's cache directory, where the XDG rules say; None without one that may be used.

    Args:
        env: the environment; a relative path in it is to be ignored.
        within: the real paths of what came with the repository; the cache must not lie in any of them.
    """
    said, own = env.get("XDG_CACHE_HOME", ""), env.get("HOME", "")
    if not (said.startswith("/") or own.startswith("/")):
        return None
    real = os.path.realpath(said if said.startswith("/") else f"{own}/.cache")
    return None if any(f"{real}/".startswith(f"{place}/") for place in within) else real


def beside(root: str, common_dir: str) -> tuple[str, str]:
    """What came with a repository: its working tree, and the main one or the git directory."""
    return root, common_dir.removesuffix("/.git")


def read(env: Mapping[str, str], name: str, within: Iterable[str]) -> bytes:
    """The content of a file in the cache; empty where there is none that may be believed.

    Args:
        env: says where the cache is.
        name: of the file.
        within: see `home`.
    """
    base = home(env, within)
    if base is None:
        return b""
    try:
        directory = os.open(f"{base}/{NAME}", _FLAGS | os.O_DIRECTORY)
        try:
            return _content(name, directory) if _is_own(os.fstat(directory)) else b""
        finally:
            os.close(directory)
    except OSError:
        return b""


def is_worth_it(read: int, files: int) -> bool:
    """Whether so many files had to be read that the next command should find them in the cache."""
    return read * _FEW > files


def _content(name: str, directory: int) -> bytes:
    fd = os.open(name, _FLAGS | os.O_NONBLOCK, dir_fd=directory)
    try:
        found = os.fstat(fd)
        sound = stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and found.st_size <= LARGEST and _is_own(found)
        return os.read(fd, found.st_size) if sound else b""
    finally:
        os.close(fd)


def _is_own(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & _OTHERS


def rows(env: Mapping[str, str], within: Iterable[str], kind: str, identity: str) -> dict[str, str]:
    """The rows that are kept of a directory, by name and signature of the file with a tab in between.

    Args:
        env: says where the cache is.
        within: see `home`.
        kind: what they were made as.
        identity: what tells the directory from every other one.
    """
    return decode(read(env, file_of(kind, identity), within), kind)


def rows_of(
    env: Mapping[str, str], within: Iterable[str], kind: str, identity: str, keys: list[str]
) -> Sequence[str | None]:
    """The rows that are kept under these keys, see `rows`; None for each there is none of.

    Where nothing has changed the keys are compared as one text, where few files have each with the one in its place.
    """
    kept, texts = _blocks(read(env, file_of(kind, identity), within), kind)
    lines = str(texts, "utf-8", "replace").split("\n")
    if len(lines) == len(keys) and bytes(kept) == "\n".join(keys).encode("utf-8", "surrogatepass"):
        return lines
    olds = str(kept, "utf-8", "replace").split("\n")
    if len(lines) == len(olds) == len(keys):  # files were edited where they stand
        found = [line if old == key else None for old, key, line in zip(olds, keys, lines, strict=True)]
        if not is_worth_it(found.count(None), len(found)):
            return found
    return list(map(dict(zip(olds, lines, strict=False)).get, keys))


def file_of(kind: str, identity: str) -> str:
    """The name of the file with rows of a kind; what stands behind a dot in that tells rules apart, not files."""
    return f"{kind.partition('.')[0]}-{identity}"


def decode(data: bytes, kind: str) -> dict[str, str]:
    """The rows of a cache file by key; none of one that is damaged, of another kind or of another volon."""
    keys, texts = [str(block, "utf-8", "replace") for block in _blocks(data, kind)]
    return dict(zip(keys.split("\n"), texts.split("\n"), strict=False)) if keys else {}


def _blocks(data: bytes, kind: str) -> tuple[memoryview, memoryview]:
    """The keys and the rows, a line for each; nothing is copied, which is megabytes where there are thousands."""
    whole, start = memoryview(data), data.find(b"\n") + 1
    end = data.find(_BETWEEN, start)
    if start < 1 or end < start or whole[: start - 1] != _first_line(kind, whole[start:]):
        return whole[:0], whole[:0]
    return whole[start:end], whole[end + len(_BETWEEN) :]


def encode(texts: Mapping[str, str], kind: str) -> bytes:
    """A cache file of these rows; neither a key nor a text holds the end of a line."""
    rest = "\n".join([*texts, "", *texts.values()]).encode()
    return _first_line(kind, rest) + b"\n" + rest


def _first_line(kind: str, rest: bytes | memoryview) -> bytes:
    return f"volon {__version__} rows 1 {kind} {crc32(rest):08x}".encode()
