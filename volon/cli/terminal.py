r"""The terminal while something is shown on it that changes: keys as they are pressed, and all of it given back.

Whatever happens - an error, Ctrl-Z, Ctrl-\, a kill that can be heard - the terminal is as it was: it echoes, waits for
whole lines, wraps them and shows its cursor. Where volon is in the background it neither reads nor changes anything.

Source: contract §4; reliability §1.5.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

_AS_IT_WAS = "\x1b[?7h\x1b[?25h\x1b[0m"
_LOCAL = 3
_FALLBACK = (80, 24)


class Terminal:
    """The terminal of this process.

    Args:
        keys: the descriptor that keys come from; -1 when they are not listened to.
        out: the descriptor that is written to.

    Attributes:
        stopping: the user wants to do something else meanwhile.
        ours: whether it is set up for us now.
    """

    def __init__(self, keys: int, out: int) -> None:
        self._keys, self._out = keys, out
        self._before: list[Any] | None = None
        self.stopping = False
        self.ours = False

    def is_in_front(self) -> bool:
        """Whether what the user types is for us, and what we write is seen as ours."""
        try:
            return os.tcgetpgrp(self._out) == os.getpgrp()
        except OSError:
            return False

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        try:
            columns, lines = os.get_terminal_size(self._out)
        except OSError:
            return _FALLBACK
        return columns or _FALLBACK[0], lines or _FALLBACK[1]

    def take(self) -> None:
        """Set it up for us; call it only in front."""
        with suppress(termios.error):
            if self.listens:
                self._before = self._before or termios.tcgetattr(self._keys)
                first, (local, *rest) = self._before[:_LOCAL], self._before[_LOCAL:]
                own = [*first, local & ~(termios.ICANON | termios.ECHO), *rest]
                termios.tcsetattr(self._keys, termios.TCSANOW, own)
        self.wrap(on=False)
        self.ours = True

    def give_back(self) -> None:
        """Leave it as it was."""
        if self.ours:
            self.ours = False
            self._write(_AS_IT_WAS)
            with suppress(termios.error):
                if self._before is not None:
                    termios.tcsetattr(self._keys, termios.TCSANOW, self._before)
            self._before = None

    def pressed(self) -> str:
        """The keys that were pressed since; a terminal that is gone has none."""
        found = b""
        while self.ours and self.listens and select.select([self._keys], [], [], 0)[0]:
            more = b""
            with suppress(OSError):
                more = os.read(self._keys, 64)
            if not more:
                self._keys = -1
            found += more
        return found.decode("ascii", "replace")

    @property
    def listens(self) -> bool:
        """Whether keys can be heard at all."""
        return self._keys >= 0

    def wrap(self, *, on: bool) -> None:
        """Let the terminal wrap lines that are too long for it, or cut them: it knows best how wide its letters are."""
        self._write("\x1b[?7h" if on else "\x1b[?7l")

    def _write(self, text: str) -> None:
        """Write past every buffer; a terminal that is gone is no fault."""
        with suppress(OSError):
            os.write(self._out, text.encode("ascii"))

    def stop_here(self) -> None:
        """Stand still until somebody lets this process go on, with the terminal as it was."""
        self.stopping = False
        self.give_back()
        with _default(signal.SIGTSTP):
            os.kill(os.getpid(), signal.SIGTSTP)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Hear of Ctrl-Z, and give the terminal back also when a signal ends this process at once."""

        def stop(_number: int, _frame: FrameType | None) -> None:
            self.stopping = True

        def end(number: int, _frame: FrameType | None) -> None:
            self.give_back()
            with _default(number):
                os.kill(os.getpid(), number)

        def go_on(_number: int, _frame: FrameType | None) -> None:
            # Whoever stopped us with a signal that cannot be heard has the terminal as we had it.
            self.ours = False

        told: dict[int, Callable[[int, FrameType | None], None]] = {
            signal.SIGTSTP: stop,
            signal.SIGQUIT: end,
            signal.SIGCONT: go_on,
        }
        before = {number: signal.signal(number, to) for number, to in told.items() if _is_default(number)}
        try:
            yield
        finally:
            self.give_back()
            for number, handler in before.items():
                signal.signal(number, handler)


def _is_default(number: int) -> bool:
    return signal.getsignal(number) == signal.SIG_DFL


@contextmanager
def _default(number: int) -> Iterator[None]:
    before = signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        signal.signal(number, before)


def of_this_process() -> Terminal:
    """The terminal on standard output, and its keys where they come from there too."""
    keys = sys.stdin.fileno() if sys.stdin is not None and sys.stdin.isatty() else -1
    return Terminal(keys, sys.stdout.fileno())
