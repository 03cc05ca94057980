"""Signals: those that end a command unwind it, and are held back over what must not be left half done.

Source: reliability C2, C3; performance (rows 3 to 7).
"""

from __future__ import annotations

from volon.light import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from types import FrameType
    from typing import Any, Self
else:
    # What `signal` adds to it are names of numbers, which take half as long as a bare interpreter.
    import _signal as signal

__all__ = ["DeferredSignals", "signal", "unwind_on_signals"]

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def unwind_on_signals() -> None:
    """Let SIGINT, SIGTERM and SIGHUP raise `KeyboardInterrupt`, where the parent has not told us to ignore them."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        """Unwind once: children are ended and the lock is given back; a second signal must not stop that half-way."""
        for number in _ENDING:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in _ENDING:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)


class DeferredSignals:
    """Hold back SIGINT, SIGTERM and SIGHUP: between commit point and end there is only one way, forward.

    The signals are noted, not delivered again: whoever holds them back looks at `received` and decides. Outside
    the main thread, where no handler can be set, nothing is held back.

    Attributes:
        received: the first of the signals that came while they were held back, or None.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        with suppress(ValueError):  # outside the main thread
            for number in _ENDING:
                # One that the parent told us to ignore (nohup) stays ignored; one set from C cannot be put back.
                if signal.getsignal(number) not in (None, signal.SIG_IGN):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        """Remember the signal and go on."""
        self.received = self.received or number
