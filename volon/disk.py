"""The only door to the real disk. No primitive follows a symbolic link, buffers, or tries twice.

Every path is walked one component at a time from the descriptor of its root with O_NOFOLLOW, so a `.volon` that a
clone brought as a link, or a parent that turns into one, is refused and never followed. An fsync that failed is never
asked again on the same descriptor: a second answer may be a lie.

Source: reliability S2, S15, M7, M17.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat as st

from volon import peek
from volon.files import (
    OF_THE_USER,
    Contents,
    InTheWay,
    NotADirectory,
    NotAFile,
    Place,
    Root,
    Roots,
    Stat,
    SymlinkRefused,
    TooLarge,
    holders,
    is_gits,
)
from volon.light import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_NOFOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC


class Lock:
    """A lock that this process holds, see `volon.files.Held`; whoever inherits its descriptor holds it as well."""

    def __init__(self, fd: int) -> None:
        self.fd = fd

    def mark(self, line: bytes) -> None:
        """See `volon.files.Held.mark`."""
        os.pwrite(self.fd, b"\n" + line, os.fstat(self.fd).st_size)

    def release(self) -> None:
        """See `volon.files.Held.release`."""
        if self.fd >= 0:
            os.close(self.fd)
            self.fd = -1


class RealFiles:
    """The disk, below the given roots.

    Args:
        roots: where the roots are.
    """

    def __init__(self, roots: Roots) -> None:
        self._roots = roots

    def read(self, place: Place, limit: int | None = None) -> bytes | None:
        """See `FileSystem.read`."""
        if place.root in OF_THE_USER:
            return self._version(place)
        try:
            with self._file(place, os.O_RDONLY | os.O_NONBLOCK) as fd:
                if limit is None and os.fstat(fd).st_size > peek.LARGEST:
                    raise TooLarge(self.shown(place), peek.LARGEST)
                return peek.read_rest(fd, limit)
        except FileNotFoundError:
            return None

    def stat(self, place: Place) -> Stat | None:
        """See `FileSystem.stat`."""
        try:
            with self._parent(place) as (directory, name):
                found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return None
        stamp = (found.st_ino, found.st_mtime_ns, found.st_ctime_ns, found.st_size)
        kind = found.st_mode
        return Stat(st.S_ISREG(kind), st.S_ISDIR(kind), st.S_IMODE(kind), found.st_size, found.st_nlink, stamp)

    def listdir(self, place: Place) -> list[str]:
        """See `FileSystem.listdir`."""
        try:
            with self._directory(place) as fd:
                return sorted(os.listdir(fd))
        except FileNotFoundError:
            return []

    def read_all(self, place: Place, names: Iterable[str] | None = None) -> dict[str, bytes]:
        """See `FileSystem.read_all`."""
        found: dict[str, bytes] = {}
        with suppress(FileNotFoundError), self._directory(place) as fd:
            for name in sorted(os.listdir(fd)) if names is None else names:
                with suppress(OSError):
                    found[name] = peek.read_at(fd, name)
        return found

    def files_below(self, place: Place) -> list[Place]:
        """See `FileSystem.files_below`."""
        with suppress(FileNotFoundError), self._directory(place) as fd:
            return [place / path for path in peek.files_below(fd, is_gits)]
        return []

    def signatures(self, place: Place, least: int) -> tuple[str, dict[str, str]] | None:
        """See `FileSystem.signatures`."""
        try:
            with self._directory(place) as fd:
                return peek.signatures(fd, least)
        except FileNotFoundError:
            return None

    def signature(self, place: Place) -> str:
        """See `FileSystem.signature`."""
        try:
            with self._parent(place) as (directory, name):
                return peek.signature(directory, name)
        except FileNotFoundError:
            return ""

    def create(self, place: Place, data: bytes, mode: int, *, exact: bool = False) -> None:
        """See `FileSystem.create`."""
        is_link = False
        if place.root in OF_THE_USER:
            from volon.userfiles import content_of  # noqa: PLC0415  only of the user's files

            data, is_link = content_of(data, self._contents.read)
        with self._parent(place) as (directory, name):
            if is_link:
                # The directory's fsync makes it durable.
                os.symlink(data, os.fsencode(name), dir_fd=directory)
                return
            fd = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, mode, dir_fd=directory)
            try:
                _write_all(fd, data)
                if exact:
                    os.fchmod(fd, mode)
                if place.root is Root.INDEX:
                    from volon.userfiles import LONG_AGO  # noqa: PLC0415  as above

                    os.utime(fd, LONG_AGO)
                _fsync(fd)
            finally:
                os.close(fd)

    def announce(self, versions: Iterable[bytes]) -> tuple[int, tuple[str, ...]]:
        """See `FileSystem.announce`."""
        from volon.model.version import Version  # noqa: PLC0415  as above

        blobs = [Version.parse(line).blob for line in versions]
        return self._contents.announce(blobs) if blobs else (0, ())

    @property
    def _contents(self) -> Contents:
        if self._roots.contents is None:
            raise OSError(errno.ENOTSUP, "no files of the user can be told or made here")
        return self._roots.contents()

    def _version(self, place: Place) -> bytes | None:
        """What lies behind a link or below a file is not this path's."""
        from volon.userfiles import version_at  # noqa: PLC0415  as above

        try:
            with self._parent(place) as (directory, name):
                return version_at(directory, name, self._contents.object_format)
        except (FileNotFoundError, InTheWay):
            return None

    def derive(self, place: Place, make: Callable[[], bytes], *, twin: bool = False, at_ns: int | None = None) -> None:
        """See `FileSystem.derive`."""
        with self._parent(place) as (directory, name), _without_a_name(directory) as fd:
            time = os.fstat(fd).st_mtime_ns if at_ns is None else at_ns
            data = make()
            _write_all(fd, data)
            os.utime(fd, ns=(time, time))
            self.unlink(place)
            for one in (name, *(line.decode() for line in data.splitlines()[-1:])) if twin else (name,):
                os.link(f"/proc/self/fd/{fd}", one, dst_dir_fd=directory, follow_symlinks=True)

    def append(self, place: Place, data: bytes) -> None:
        """See `FileSystem.append`."""
        with self._file(place, os.O_WRONLY | os.O_APPEND) as fd:
            _write_all(fd, data)
            _fsync(fd)

    def sync(self, place: Place) -> None:
        """See `FileSystem.sync`."""
        if place.root is Root.FILES and (found := self.stat(place)) is not None and not found.is_file:
            return
        with self._file(place, os.O_RDONLY | os.O_NONBLOCK) as fd:
            _fsync(fd)

    def rename(self, source: Place, target: Place) -> None:
        """See `FileSystem.rename`."""
        with self._parent(source) as (old, old_name), self._parent(target) as (new, new_name):
            os.rename(old_name, new_name, src_dir_fd=old, dst_dir_fd=new)

    def link(self, source: Place, target: Place) -> None:
        """See `FileSystem.link`."""
        with self._parent(source) as (old, old_name), self._parent(target) as (new, new_name):
            os.link(old_name, new_name, src_dir_fd=old, dst_dir_fd=new, follow_symlinks=False)

    def unlink(self, place: Place) -> None:
        """See `FileSystem.unlink`."""
        try:
            with self._parent(place) as (directory, name):
                os.unlink(name, dir_fd=directory)
        except FileNotFoundError:
            return

    def mkdir(self, place: Place) -> None:
        """See `FileSystem.mkdir`."""
        base, parts = self._roots.locate(place)
        mode = 0o777 if place.root in (Root.WORKTREE, Root.INFO, Root.FILES) else 0o700
        for depth in range(1, len(parts) + 1):
            with self._walk(base, parts[: depth - 1]) as directory:
                try:
                    os.mkdir(parts[depth - 1], mode, dir_fd=directory)
                except FileExistsError:
                    continue

    def rmdir(self, place: Place) -> None:
        """See `FileSystem.rmdir`."""
        try:
            with self._parent(place) as (directory, name):
                os.rmdir(name, dir_fd=directory)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTEMPTY, errno.EEXIST):
                raise

    def sync_dir(self, place: Place) -> None:
        """See `FileSystem.sync_dir`."""
        with self._directory(place) as fd:
            _fsync_directory(fd)

    def sync_parents(self, places: Iterable[Place]) -> None:
        """See `FileSystem.sync_parents`."""
        for base, parts in holders(self._roots, places):
            try:
                with self._walk(base, parts) as fd:
                    _fsync_directory(fd)
            except FileNotFoundError:
                continue

    def lock(self, place: Place, note: bytes) -> Lock | None:
        """See `FileSystem.lock`."""
        with self._parent(place) as (directory, name):
            fd = os.open(name, os.O_RDWR | os.O_CREAT | os.O_NONBLOCK | _NOFOLLOW, 0o600, dir_fd=directory)
        try:
            self._require_own(fd, place)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(fd, 0)
            os.pwrite(fd, note, 0)
        except BlockingIOError:
            os.close(fd)
            return None
        except (OSError, NotAFile):
            os.close(fd)
            raise
        return Lock(fd)

    def _require_own(self, fd: int, place: Place) -> None:
        """What is written into a lock must not reach a file that has another name elsewhere."""
        found = os.fstat(fd)
        if not st.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise NotAFile(self.shown(place))

    def writable(self, place: Place) -> bool:
        """See `FileSystem.writable`."""
        base, parts = self._roots.locate(place)
        for depth in range(len(parts) - 1, -1, -1):
            try:
                with self._walk(base, parts[:depth]) as fd:
                    return os.access(".", os.W_OK | os.X_OK, dir_fd=fd)
            except FileNotFoundError:
                continue
        return False

    def free(self, root: Root) -> int | None:
        """See `FileSystem.free`."""
        try:
            found = os.statvfs(self._roots.locate(Place(root))[0])
        except OSError:
            return None
        return found.f_bavail * found.f_frsize if found.f_blocks else None

    def shown(self, place: Place) -> str:
        """See `FileSystem.shown`."""
        base, parts = self._roots.locate(place)
        return self._show(base, parts)

    def _show(self, base: str, parts: tuple[str, ...]) -> str:
        path = os.path.join(base, *parts)
        inside = path.startswith(self._roots.worktree.rstrip("/") + "/")
        return os.path.relpath(path, self._roots.worktree) if inside else path

    @contextmanager
    def _walk(self, base: str, parts: tuple[str, ...]) -> Iterator[int]:
        fd = os.open(base, _DIRECTORY)
        try:
            for depth in range(1, len(parts) + 1):
                fd, above = self._step(fd, base, parts[:depth]), fd
                os.close(above)
            yield fd
        finally:
            os.close(fd)

    def _step(self, directory: int, base: str, parts: tuple[str, ...]) -> int:
        try:
            return os.open(parts[-1], _DIRECTORY | _NOFOLLOW, dir_fd=directory)
        except OSError as error:
            if error.errno not in (errno.ELOOP, errno.ENOTDIR):
                raise
            self._refuse_link(directory, base, parts)
            raise NotADirectory(self._show(base, parts)) from error

    def _refuse_link(self, directory: int, base: str, parts: tuple[str, ...]) -> None:
        if st.S_ISLNK(os.stat(parts[-1], dir_fd=directory, follow_symlinks=False).st_mode):
            raise SymlinkRefused(self._show(base, parts))

    @contextmanager
    def _directory(self, place: Place) -> Iterator[int]:
        with self._walk(*self._roots.locate(place)) as fd:
            yield fd

    @contextmanager
    def _parent(self, place: Place) -> Iterator[tuple[int, str]]:
        base, parts = self._roots.locate(place)
        with self._walk(base, parts[:-1]) as fd:
            yield fd, parts[-1] if parts else "."

    @contextmanager
    def _file(self, place: Place, flags: int) -> Iterator[int]:
        """An existing regular file, opened; anything else is refused before a byte is read."""
        base, parts = self._roots.locate(place)
        with self._walk(base, parts[:-1]) as directory:
            try:
                fd = os.open(parts[-1], flags | _NOFOLLOW, dir_fd=directory)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    self._refuse_link(directory, base, parts)
                raise
        try:
            if not st.S_ISREG(os.fstat(fd).st_mode):
                raise NotAFile(self._show(base, parts))
            yield fd
        finally:
            os.close(fd)


@contextmanager
def _without_a_name(directory: int) -> Iterator[int]:
    """A new file in a directory that no name leads to; it is gone when it is closed, unless it was linked."""
    unnamed = getattr(os, "O_TMPFILE", None)
    if unnamed is None:
        raise OSError(errno.ENOTSUP, "no files without a name on this system")
    fd = os.open(".", os.O_WRONLY | unnamed | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        yield fd
    finally:
        os.close(fd)


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def _fsync(fd: int) -> None:
    """To the platter: on macOS fsync alone stops at the drive's cache."""
    full = getattr(fcntl, "F_FULLFSYNC", None)
    if full is None:
        os.fsync(fd)
        return
    try:
        fcntl.fcntl(fd, full)
    except OSError:
        os.fsync(fd)


def _fsync_directory(fd: int) -> None:
    """Some file systems cannot fsync a directory (EINVAL, ENOTSUP); they have nothing to make durable there."""
    try:
        _fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
