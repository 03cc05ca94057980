"""Reading what a snapshot takes in: the raw bytes of every path that git says differs, no filter, no link followed.

A file that changes while it is read is read again; one that will not hold still is left out by name. One file at a
time is in memory.

Source: reliability G10, G12, G14, G15, S13; contract §7.
"""

# Names are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH115, PTH118

from __future__ import annotations

import os
import stat

from volon.model.saving import BY_NAME, fingerprint, secret_name, secrets_in
from volon.model.snapshot import LeftOut, SavedFile
from volon.plain import dataclass, field
from volon.repo.blobs import Blobs, decode, encode
from volon.repo.status import ABSENT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path

    from volon.model.saving import Rules
    from volon.model.snapshot import Why
    from volon.repo.status import Entry

_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_ATTEMPTS = 3


class _Left(Exception):
    def __init__(self, why: Why, detail: str = "") -> None:
        self.why, self.detail = why, detail


class _Gone(Exception):
    """There is nothing at the path."""


@dataclass(slots=True)
class Collected:
    """What was read so far.

    Attributes:
        files: also the deleted ones.
        left_out: by name, with the reason.
        total: bytes taken in.
        seen: of each regular file how it looked when it was read, to tell whether it is still the same.
    """

    files: dict[str, SavedFile] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    total: int = 0
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict)


class Collector:
    """Reads paths of one working tree.

    Args:
        root: the top of the working tree.
        object_format: `sha1` or `sha256`.
        rules: what to take in.
        before: gives the bytes of a path in HEAD, or None; asked only where a file looks secret.
    """

    def __init__(self, root: Path, object_format: str, rules: Rules, before: Callable[[str], bytes | None]) -> None:
        self._root, self._rules, self._before = os.fsencode(root), rules, before
        self._blobs = Blobs(root, object_format)
        self.found = Collected()

    def collect(
        self, entries: Iterable[Entry], *, ignored: bool = False, unseen: Collection[str] = ()
    ) -> Iterator[bytes]:
        """Read every path and yield the content of each that is taken in; see `found` for what it is.

        Args:
            entries: what git says of them.
            ignored: git ignores them.
            unseen: paths that git does not look at: where one is not there, as outside of a sparse checkout, all there
                is of it is what the index has.
        """
        for entry in entries:
            if entry.path in self.found.files:
                continue
            try:
                mode, data = self._read(entry)
            except _Left as left:
                self.found.left_out.append(LeftOut(entry.path, left.why, left.detail))
            except _Gone:
                if entry.mode == ABSENT:
                    self.found.files[entry.path] = SavedFile(entry.path, "deleted", tracked=_in_index(entry))
                elif entry.path not in unseen:  # git has seen it: it was taken away, and nobody knows where to
                    self.found.left_out.append(LeftOut(entry.path, "changed-while-reading"))
            else:
                self._keep(entry, mode, data, ignored=ignored)
                yield data

    def name_specials(self, paths: Iterable[str], ignored: Callable[[list[str]], Collection[str]]) -> None:
        """Name pipes, sockets and devices, which git names nowhere, at the top and beside the paths.

        Args:
            paths: what git names.
            ignored: which of some paths git ignores.
        """
        known = {one.path for one in self.found.left_out}.union(self.found.files)
        above = {"", *(path.rpartition("/")[0] for path in paths)}
        there = [path for directory in sorted(above) for path in self._specials(directory) if path not in known]
        skipped = ignored(there) if there else ()
        self.found.left_out += [LeftOut(path, "special") for path in there if path not in skipped]

    def _specials(self, directory: str) -> Iterator[str]:
        top = f"{directory}/" if directory else ""
        if not self._blobs.parents_are_real(encode(f"{top}x")):
            return
        try:
            with os.scandir(os.path.join(self._root, encode(directory))) as found:
                # Mostly the first answers; without following a link each is known from the listing.
                odd = [
                    one.name
                    for one in found
                    if not (one.is_file(follow_symlinks=False) or one.is_dir(follow_symlinks=False) or one.is_symlink())
                ]
        except OSError:
            return
        yield from (f"{top}{decode(name)}" for name in sorted(odd))

    def same(self, path: str) -> bool:
        """Whether a file looks as it did when it was read."""
        try:
            return _look(os.lstat(os.path.join(self._root, encode(path)))) == self.found.seen[path]
        except (OSError, KeyError):
            return False

    def _keep(self, entry: Entry, mode: str, data: bytes, *, ignored: bool) -> None:
        self.found.total += len(data)
        kind, oid = "link" if mode == "120000" else "file", self._blobs.of_bytes(data)
        self.found.files[entry.path] = SavedFile(
            entry.path,
            kind,  # type: ignore[arg-type]
            mode,
            oid,
            tracked=_in_index(entry),
            ignored=ignored,
        )

    def _read(self, entry: Entry) -> tuple[str, bytes]:
        """Return the mode and content of what is at the path."""
        if entry.path.endswith("/"):
            raise _Left("nested")
        if entry.submodule.startswith("S"):
            raise _Left("submodule")
        if not self._blobs.parents_are_real(encode(entry.path)):
            raise _Gone
        full = os.path.join(self._root, encode(entry.path))
        try:
            info = os.lstat(full)
            data = self._content(full, info, entry.path)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _Gone from error
        except OSError as error:
            raise _Left("unreadable", os.strerror(error.errno or 0)) from error
        if self.found.total + len(data) > self._rules.max_total:
            raise _Left("total", _megabytes(len(data)))
        if reason := self.secret(entry.path, data, new=entry.status[0] in "?A"):
            raise _Left("secret", reason)
        mode = "120000" if stat.S_ISLNK(info.st_mode) else "100755" if info.st_mode & stat.S_IXUSR else "100644"
        return mode, data

    def _content(self, full: bytes, info: os.stat_result, path: str) -> bytes:
        if stat.S_ISDIR(info.st_mode):
            raise _Gone
        if self._rules.excluded(path):
            raise _Left("excluded")
        if stat.S_ISLNK(info.st_mode):
            return os.readlink(full)
        if not stat.S_ISREG(info.st_mode):
            raise _Left("special", stat.filemode(info.st_mode)[:1])
        for _ in range(_ATTEMPTS):
            if (data := self._read_once(full, path)) is not None:
                return data
        raise _Left("changed-while-reading")

    def _read_once(self, full: bytes, path: str) -> bytes | None:
        """Return the content, or None when it changed meanwhile."""
        descriptor = os.open(full, _READ)
        try:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise _Left("special")
            if before.st_size > self._rules.max_file:
                raise _Left("size", _megabytes(before.st_size))
            data = os.read(descriptor, before.st_size + 1)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if _look(before) != _look(after) or len(data) != before.st_size:
            return None
        self.found.seen[path] = _look(after)
        return data

    def secret(self, path: str, data: bytes, *, new: bool) -> str | None:
        """Return why a file looks secret and how to take it in; None when it does not, or HEAD has it already.

        Args:
            path: where.
            data: its content.
            new: git does not have it yet, so that its name counts.
        """
        kinds = [BY_NAME] if new and secret_name(path) else []
        if not kinds and (found := secrets_in(data)):
            known = self._before(path) or b""
            kinds = [f"{kind}; " for token, kind in found.items() if token not in known]
        mark = fingerprint(path, data) if kinds else ""
        return f"{kinds[0]}--allow-secret {mark}" if kinds and mark not in self._rules.allowed else None


def _in_index(entry: Entry) -> bool:
    return entry.status[0] not in "?D"


def _look(info: os.stat_result) -> tuple[int, ...]:
    return (info.st_ino, info.st_size, info.st_mtime_ns, info.st_ctime_ns, info.st_mode)


def _megabytes(size: int) -> str:
    return f"{size / 1024**2:.1f} MiB"


def committed_mode(entry: Entry, saved: SavedFile) -> str:
    """The mode git would commit: it may ignore the bit on disk, or keep links as files."""
    return entry.mode if entry.mode not in {"", ABSENT} else saved.mode or "100644"
