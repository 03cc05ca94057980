"""The door to the files of a run that several processes append to: its journal, its witnesses, the logs of its tickets.

Below the roots of `volon.disk`, and by the same walk: no link is followed, and a file with a second name is refused.
A lock here belongs to whoever has the file open, children included, and is gone with the last of them: that a ticket's
log is locked is the sign that something of the ticket still runs.

Source: contract §6 (pipeline); reliability §1.6, C1.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager

from volon.disk import RealFiles
from volon.files import NotAFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

    from volon.files import Place, Roots

_MODE = 0o600
_READ_ONLY = (errno.EACCES, errno.EPERM, errno.EROFS)
_NOFOLLOW = os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK


class Appended:
    """A file that is open to be read and appended to.

    Args:
        fd: of the file.
    """

    def __init__(self, fd: int) -> None:
        self.fd = fd

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Be the only one who appends; others wait."""
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self.fd, fcntl.LOCK_UN)

    def size(self) -> int:
        """How long it is now."""
        return os.fstat(self.fd).st_size

    def read(self, offset: int) -> bytes:
        """What stands from there to the end."""
        return os.pread(self.fd, max(self.size() - offset, 0), offset)

    def append(self, data: bytes) -> None:
        """Append all of it, or nothing; only while it is locked.

        Raises:
            OSError: the disk is full, or fails.
        """
        written = os.write(self.fd, data)
        if written != len(data):
            self.cut(self.size() - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def cut(self, size: int) -> None:
        """Take away what stands behind: the half line of a writer that died."""
        os.ftruncate(self.fd, size)

    def sync(self) -> None:
        """Make what was appended durable."""
        os.fdatasync(self.fd)

    def close(self) -> None:
        """Let go of it."""
        os.close(self.fd)


class _OnlyRead(Appended):
    """A file that this user, or this mount, does not let us write."""

    def __init__(self, fd: int, refused: OSError) -> None:
        super().__init__(fd)
        self._refused = refused

    def locked(self) -> NoReturn:
        """Refuse, as the system did."""
        raise self._refused


def _is_same(path: str, own: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.stat(path), own)
    except OSError:
        return False


class RunFiles(RealFiles):
    """The files of runs.

    Args:
        roots: where they lie.
    """

    def __init__(self, roots: Roots) -> None:
        super().__init__(roots)
        self._held: dict[str, int] = {}

    def open_appended(self, place: Place) -> Appended:
        """Open a file that is there; one that may only be read refuses when it is to be written."""
        try:
            return Appended(self._opened(place, os.O_RDWR | os.O_APPEND))
        except OSError as error:
            if error.errno not in _READ_ONLY:
                raise
            return _OnlyRead(self._opened(place, os.O_RDONLY), OSError(error.errno, error.strerror, self.shown(place)))

    def make_appended(self, place: Place) -> Appended:
        """Open a file, made where there is none."""
        return Appended(self._opened(place, os.O_RDWR | os.O_APPEND | os.O_CREAT))

    def make_log(self, logs: Place, name: str) -> None:
        """Make the log of an attempt in their directory; whoever writes to it locks it.

        Raises:
            FileExistsError: it had one.
        """
        if logs.path not in self._held:
            self._held[logs.path] = self.open_directory(logs)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        os.close(os.open(name, flags | _NOFOLLOW, _MODE, dir_fd=self._held[logs.path]))

    def open_directory(self, place: Place) -> int:
        """A directory as a descriptor, which is the caller's to close."""
        with self._directory(place) as directory:
            return os.dup(directory)

    def close(self) -> None:
        """Let go of the directories in which logs were made."""
        while self._held:
            os.close(self._held.popitem()[1])

    def is_held(self, place: Place) -> bool:
        """Whether somebody still has a locked file open; nobody has one that was never made."""
        try:
            fd = self._opened(place, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(fd)
        return False

    def tail(self, place: Place, most: int) -> bytes:
        """The end of a file, at most so many bytes; nothing of one that was never made."""
        try:
            fd = self._opened(place, os.O_RDONLY)
        except FileNotFoundError:
            return b""
        try:
            size = os.fstat(fd).st_size
            return os.pread(fd, min(most, size), max(size - most, 0))
        finally:
            os.close(fd)

    def is_open_by(self, place: Place, pid: int, *, anyhow: bool = False) -> bool:
        """Whether that very process writes to this log, as far as the system tells; a number alone is no proof.

        Args:
            place: the file.
            pid: its number.
            anyhow: whether it has it open at all, be it no log.
        """
        try:
            fd = self._opened(place, os.O_RDONLY)
        except FileNotFoundError:
            return False
        try:
            of, own = f"/proc/{pid}/fd", os.fstat(fd)
            held = [f"{of}/{one}" for one in os.listdir(of)]
            return any(_is_same(one, own) and (anyhow or os.lstat(one).st_mode & stat.S_IWUSR) for one in held)
        except OSError:
            return False
        finally:
            os.close(fd)

    def _opened(self, place: Place, flags: int) -> int:
        with self._parent(place) as (directory, name):
            fd = os.open(name, flags | _NOFOLLOW, _MODE, dir_fd=directory)
        try:
            self._require_own(fd, place)
        except NotAFile:
            os.close(fd)
            raise
        return fd
