"""What tells the rules that records are held against from those of every other volon.

Source: performance (rows 9 and 10).
"""

from __future__ import annotations

import os
from zlib import crc32

from volon import model, peek

_PACKAGE = os.path.dirname(model.__file__)  # noqa: PTH120  loads less
_ROOMS = (".", "checks", "records", "syntax")
_known: list[int] = []


def rules() -> int:
    """A number that changes with every installation, and with every edit of the rules in a checkout."""
    if not _known:
        found = 0
        for room in _ROOMS:
            found = crc32(_signed(f"{_PACKAGE}/{room}"), found)
        _known.append(found)
    return _known[0]


def _signed(path: str) -> bytes:
    try:
        directory = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        listed = peek.signatures(directory, 0)
    except OSError:
        return b""
    finally:
        os.close(directory)
    signed = {} if listed is None else listed[1]
    return "".join(f"{name} {one}\n" for name, one in signed.items() if name[-3:] == ".py").encode()
