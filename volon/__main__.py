"""`python -m volon`, `volon` and `git volon` all start here."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run() -> None:
    """Run the command line and leave with its exit code; a polite kill or a lost terminal ends it as Ctrl-C does."""
    from volon.cli.main import main  # noqa: PLC0415  nothing is loaded before it is needed

    for number in _INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    sys.exit(main(sys.argv[1:]))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Unwind once: children are ended and the lock is given back; a second signal must not stop that half-way."""
    for number in _INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    run()
