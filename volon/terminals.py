"""A terminal for a command, in the place of the one that volon has.

Promises: it has the settings and the size of the one it stands for; keys reach it only with that terminal on both sides
and volon in its foreground, and are then read as they are typed.

Source: contract §4 and §7 (`volon run`).
"""

from __future__ import annotations

import os
import termios
import tty
from contextlib import contextmanager, suppress

from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import ExitStack
    from typing import BinaryIO


@dataclass(slots=True)
class Terminal:
    """A terminal of the command's own, in the place of the one volon has.

    Attributes:
        ours, theirs: the two ends; `path` is the name of theirs.
        model: a descriptor of the terminal it stands for.
        interactive: whether keys go to it: only with the terminal on both sides, and volon in its foreground.
    """

    ours: int
    theirs: int
    path: str
    model: int
    interactive: bool

    @classmethod
    def beside(cls, source: int | None, outputs: tuple[BinaryIO, ...], stack: ExitStack) -> Terminal | None:
        """One with the settings and the size of the terminal that an output is; None when none is.

        Args:
            source: where keys come from.
            outputs: the first of them is for what is shown.
            stack: closes our end.
        """
        shown = next((stream.fileno() for stream in outputs if stream.isatty()), None)
        if shown is None:
            return None
        ours, theirs = os.openpty()
        stack.callback(os.close, ours)
        termios.tcsetattr(theirs, termios.TCSANOW, termios.tcgetattr(shown))
        interactive = source is not None and os.isatty(source) and outputs[0].isatty() and _in_foreground(source)
        terminal = cls(ours, theirs, os.ttyname(theirs), shown, interactive)
        terminal.resize()
        return terminal

    def resize(self) -> None:
        """Take over the size of the terminal this one stands for."""
        with suppress(termios.error):
            termios.tcsetwinsize(self.ours, termios.tcgetwinsize(self.model))

    def own(self) -> None:
        """In the command's process, a session of its own: make this its controlling terminal."""
        os.close(os.open(self.path, os.O_RDWR))


def _in_foreground(source: int) -> bool:
    try:
        return os.tcgetpgrp(source) == os.getpgrp()
    except OSError:
        return False


@contextmanager
def raw(source: int) -> Iterator[None]:
    """Every key goes to the command's terminal as it is typed, which then means what it means there."""
    before = termios.tcgetattr(source)
    tty.setraw(source)
    try:
        yield
    finally:
        termios.tcsetattr(source, termios.TCSADRAIN, before)
