"""Files of the user: which version stands under a name, and the bytes of one that is to be made. No link is followed.

Source: reliability §3.7, S2.
"""

from __future__ import annotations

import os
import stat as st

from volon import digests
from volon.model.version import EXECUTABLE, LINK, REGULAR, SOMETHING, Version

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

_CHUNK = 1 << 20
_ATTEMPTS = 3
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONG_AGO = (1, 1)
"""The time of an index that volon puts back: where a file is no older than the index, git looks at its content."""


def version_at(directory: int, name: str, object_format: str) -> bytes | None:
    """The line of the version under a name (see `volon.model.version`); None when the name is free.

    Args:
        directory: a descriptor of the directory.
        name: in it.
        object_format: `sha1` or `sha256`.

    Raises:
        OSError: it cannot be read.
    """
    try:
        for _ in range(_ATTEMPTS):
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if st.S_ISLNK(found.st_mode):
                text = os.fsencode(os.readlink(name, dir_fd=directory))
                return Version(LINK, _hasher(object_format, len(text), text).hexdigest()).line()
            if not st.S_ISREG(found.st_mode):
                return SOMETHING
            if (blob := _hashed(directory, name, object_format)) is not None:
                return Version(EXECUTABLE if found.st_mode & st.S_IXUSR else REGULAR, blob).line()
    except FileNotFoundError:
        return None
    return SOMETHING


def _hashed(directory: int, name: str, object_format: str) -> str | None:
    """The id of a file's bytes; None when it was not as long as it said."""
    fd = os.open(name, _READ, dir_fd=directory)
    try:
        size = os.fstat(fd).st_size
        digest, seen = _hasher(object_format, size), 0
        while chunk := os.read(fd, _CHUNK):
            digest.update(chunk)
            seen += len(chunk)
    finally:
        os.close(fd)
    return digest.hexdigest() if seen == size else None


def _hasher(object_format: str, size: int, start: bytes = b"") -> _Hash:
    return digests.new(object_format, size, b"blob %d\0" % size + start)


def content_of(line: bytes, read: Callable[[str], bytes]) -> tuple[bytes, bool]:
    """The bytes of a version, and whether they are the text of a link.

    Raises:
        OSError: the line or its bytes make no sense.
    """
    try:
        version = Version.parse(line)
    except ValueError as error:
        raise OSError(str(error)) from error
    return read(version.blob), version.mode == LINK
