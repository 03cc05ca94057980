"""Signals held back over what must not be left half done.

Source: reliability C2, C3.
"""

from __future__ import annotations

import signal
from contextlib import contextmanager, suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_DEFERRED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Deferred:
    """Signals that came while they were held back; `received` is the first of them, or None."""

    def __init__(self) -> None:
        self.received: int | None = None

    def note(self, number: int, _frame: FrameType | None) -> None:
        """Remember the signal and go on."""
        self.received = self.received or number


@contextmanager
def deferred_signals() -> Iterator[Deferred]:
    """Hold back SIGINT, SIGTERM and SIGHUP: between commit point and end there is only one way, forward.

    The signals are noted, not delivered again: whoever holds them back looks at `received` and decides. Outside
    the main thread, where no handler can be set, nothing is held back.
    """
    held = Deferred()
    before = {}
    with suppress(ValueError):  # outside the main thread
        for number in _DEFERRED:
            # One that the parent told us to ignore (nohup) stays ignored; one set from C cannot be put back.
            if signal.getsignal(number) not in (None, signal.SIG_IGN):
                before[number] = signal.signal(number, held.note)
    try:
        yield held
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
