"""The end of a command whose volon is killed: by a pipe that only volon holds, and its reader in the command's group.

Promises: volon may be killed by anything, at any instant from the command's start on, and all of its group ends; the
reader is no child of the command, has none of its outputs, and is gone soon after the command where volon lives.

Source: reliability C2; contract §6 (conduct).
"""

from __future__ import annotations

import os
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SHELL = "/bin/sh"
_WATCHED = (
    "exec 3<&0 </dev/null; "
    "(trap '' HUP INT QUIT TERM USR1 USR2; { read -r _ <&3 || kill -9 0; } &) >/dev/null 2>&1; "
    'exec 3<&-; exec "$@"'
)


def watched(program: str, argv: Sequence[str]) -> list[str]:
    """Return the words by which `SHELL`, its input a `life` and a group its own, becomes a program as it is watched."""
    return [SHELL, "-c", _WATCHED, SHELL, program, *argv[1:]]


@contextmanager
def life() -> Iterator[int]:
    """A descriptor that ends when this process does, however that comes about; a line comes where it was well before.

    What runs in the background when a command is over goes on, as with every command.
    """
    theirs, ours = os.pipe()
    try:
        yield theirs
        os.write(ours, b"\n")
    finally:
        os.close(theirs)
        os.close(ours)
