"""Reading files as carefully as `volon.disk` does, with next to nothing imported: for what runs at every prompt.

No symbolic link is followed below the base; what is no regular file is refused. OSError passes through, and whoever
gets one asks again by the long way, which has the words for it.

Source: performance (row 1), reliability S2.
"""

from __future__ import annotations

import os
import stat

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_BELOW = _DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
_CHUNK = 1 << 20
LARGEST = 24 << 20
"""More bytes than any file volon writes can have; what is longer is not read into memory (reliability S14)."""


def read_file(base: str, path: str) -> bytes | None:
    """The content of a file; None when there is none.

    Args:
        base: an existing directory.
        path: from there, with `/`.

    Raises:
        OSError: it cannot be read, or stands behind a link, or is no regular file.
    """
    directory, _, name = path.rpartition("/")
    try:
        fd = _walk(base, directory)
    except FileNotFoundError:
        return None
    try:
        return read_at(fd, name)
    except FileNotFoundError:
        return None
    finally:
        os.close(fd)


def read_directory(base: str, path: str, suffix: str) -> dict[str, bytes]:
    """The content of every file in a directory whose name has the suffix, by name, sorted; empty without a directory.

    Raises:
        OSError: as `read_file`.
    """
    try:
        fd = _walk(base, path)
    except FileNotFoundError:
        return {}
    try:
        return {name: read_at(fd, name) for name in sorted(os.listdir(fd)) if name.endswith(suffix)}
    finally:
        os.close(fd)


def read_at(directory: int, name: str) -> bytes:
    """The content of a regular file in an open directory.

    Raises:
        OSError: as `read_file`; also when there is none.
    """
    fd = os.open(name, _FILE, dir_fd=directory)
    try:
        found = os.fstat(fd)
        if not stat.S_ISREG(found.st_mode):
            raise OSError(f"{name} is not a regular file")
        if found.st_size > LARGEST:
            raise OSError(f"{name} is larger than any file of volon's")
        # One byte more than it should have: a single read then tells the end as well.
        data = os.read(fd, found.st_size + 1)
        while len(data) > found.st_size or len(data) < found.st_size:
            piece = os.read(fd, _CHUNK)
            if not piece:
                break
            data += piece
        return data
    finally:
        os.close(fd)


def _walk(base: str, path: str) -> int:
    """A descriptor of the directory; every step refuses links."""
    fd = os.open(base, _DIRECTORY)
    for name in path.split("/") if path else ():
        try:
            below = os.open(name, _BELOW, dir_fd=fd)
        finally:
            os.close(fd)
        fd = below
    return fd
