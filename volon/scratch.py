"""A directory for what is thrown away again: made in the git directory, gone when the work in it is done.

Promises: it lies below the worktree's own `volon/` in the git directory, is for this user alone, and no link leads to
it or is followed when it is removed. Whoever makes one holds its lock; what a kill left behind has no holder any more,
and the next one who wants a scratch directory removes it.

Source: reliability P5 (contained), M12 (a lock dies with its holder).
"""

from __future__ import annotations

import errno
import fcntl
import os
from contextlib import ExitStack, contextmanager, suppress

from volon.errors import NotCommitted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_PARTS = ("volon", "scratch")
_TRIES = 5
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def scratch(git_dir: Path, token: Callable[[], str]) -> Iterator[Path]:
    """Make an empty directory of one's own, for as long as the block lasts.

    Args:
        git_dir: the working tree's own git directory.
        token: gives it a name that no other has.

    Raises:
        NotCommitted: it cannot be made there.
    """
    with ExitStack() as stack:
        try:
            above, home, name = _begin(stack, git_dir, token)
        except OSError as error:
            raise NotCommitted(f"No scratch directory can be made in {git_dir}", causes=[str(error)]) from error
        try:
            yield git_dir.joinpath(*_PARTS, name)
        finally:
            _remove(home, name)
            # The last one out: an empty directory that nobody needs would be a trace of having looked.
            with suppress(OSError):
                os.rmdir(_PARTS[-1], dir_fd=above)


def left_behind(git_dir: Path, *, remove: bool = False) -> int:
    """Count the directories that a kill left behind, and remove them if so wanted; those in use are none of them."""
    if not git_dir.joinpath(*_PARTS).is_dir():
        return 0
    with ExitStack() as stack:
        above, home = _homes(stack, git_dir)
        found = _sweep(home, remove=remove)
        if remove:
            with suppress(OSError):
                os.rmdir(_PARTS[-1], dir_fd=above)
        return found


def put(path: Path, data: bytes, time_ns: int | None = None) -> int:
    """Write a file in a scratch directory.

    Args:
        path: below the directory; its own directories are made.
        data: its content.
        time_ns: what it is given for the time of its content, in nanoseconds; else that stays the time of writing.

    Returns:
        The time of writing, in nanoseconds on the clock that files get their times from.

    Raises:
        NotCommitted: it cannot be written.
    """
    try:
        os.makedirs(path.parent, mode=0o700, exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        written = os.stat(path).st_mtime_ns
        if time_ns is not None:
            os.utime(path, ns=(time_ns, time_ns))
    except OSError as error:
        raise NotCommitted(f"{path} cannot be written", causes=[str(error)]) from error
    return written


def take_away(path: Path, scratch: Path) -> None:
    """Move something that volon's own git made, and nobody was given, into a scratch directory; it may be gone already.

    Args:
        path: a file, or a directory in the same file system.
        scratch: where it is thrown away.

    Raises:
        NotCommitted: it cannot be moved.
    """
    try:
        os.rename(path, scratch / f"{path.name}.taken")
    except FileNotFoundError:
        return
    except OSError as error:
        if error.errno != errno.EXDEV or path.is_dir():
            raise NotCommitted(f"{path} cannot be taken away", causes=[str(error)]) from error
        path.unlink(missing_ok=True)


def drop_empty(directory: Path) -> None:
    """Remove a directory of git's if nothing is in it, as git does with those it needs no more."""
    with suppress(OSError):
        os.rmdir(directory)


def room(path: Path) -> Path:
    """Make a directory in a scratch directory, and return it.

    Raises:
        NotCommitted: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700)
    except OSError as error:
        raise NotCommitted(f"{path} cannot be made", causes=[str(error)]) from error
    return path


def _begin(stack: ExitStack, git_dir: Path, token: Callable[[], str]) -> tuple[int, int, str]:
    """Open the directories and make one; whoever is done may remove them meanwhile: then again."""
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            above, home = _homes(stack, git_dir)
            _sweep(home)
            return above, home, _make(stack, home, token)
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(git_dir.joinpath(*_PARTS)))


def _homes(stack: ExitStack, git_dir: Path) -> tuple[int, int]:
    fds = [os.open(git_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)]
    stack.callback(os.close, fds[0])
    for part in _PARTS:
        with suppress(FileExistsError):
            os.mkdir(part, 0o700, dir_fd=fds[-1])
        fds.append(os.open(part, _DIRECTORY, dir_fd=fds[-1]))
        stack.callback(os.close, fds[-1])
    return fds[-2], fds[-1]


def _make(stack: ExitStack, home: int, token: Callable[[], str]) -> str:
    """Make one and hold its lock; a sweep may remove it before it is held, and then it has no name any more."""
    while True:
        name = token()
        os.mkdir(name, 0o700, dir_fd=home)
        with suppress(FileNotFoundError, BlockingIOError):
            fd = os.open(name, _DIRECTORY, dir_fd=home)
            stack.callback(os.close, fd)
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.stat(name, dir_fd=home, follow_symlinks=False)
            return name


def _sweep(home: int, *, remove: bool = True) -> int:
    found = 0
    for name in os.listdir(home):
        with suppress(OSError):
            fd = os.open(name, _DIRECTORY, dir_fd=home)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                found += 1
                if remove:
                    _remove(home, name)
            finally:
                os.close(fd)
    return found


def _remove(home: int, name: str) -> None:
    """Remove a directory; what cannot be removed now is removed by the next sweep."""
    with suppress(OSError):
        # Not by `shutil`, which loads three libraries for compressing.
        for _, directories, files, fd in os.fwalk(name, topdown=False, follow_symlinks=False, dir_fd=home):
            for one in (*files, *directories):
                _remove_one(one, fd)
        os.rmdir(name, dir_fd=home)


def _remove_one(name: str, directory: int) -> None:
    """Remove a file, a link or an empty directory."""
    with suppress(OSError):
        os.unlink(name, dir_fd=directory)
        return
    with suppress(OSError):
        os.rmdir(name, dir_fd=directory)
