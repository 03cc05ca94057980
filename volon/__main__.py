"""`python -m volon`, `volon` and `git volon` all start here."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_INTERRUPTED = 130
_STREAMS = (("stdin", "r"), ("stdout", "w"), ("stderr", "w"))


def run() -> None:
    """Run the command line and leave with its exit code; a polite kill or a lost terminal ends it as Ctrl-C does."""
    try:
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.stderr.write("Error: Interrupted; nothing was changed.\n")
        sys.exit(_INTERRUPTED)


def _run() -> int:
    for number in _INTERRUPTIONS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _interrupt)
    _fill_streams()
    if sys.getfilesystemencoding() != "utf-8":
        from volon.process import restart_in_utf8  # noqa: PLC0415  seldom needed

        restart_in_utf8()
    from volon.cli.main import main  # noqa: PLC0415  nothing is loaded before it is needed

    return main(sys.argv[1:])


def _fill_streams() -> None:
    """Put the null device where the caller closed a standard stream, so that no file volon opens gets its number."""
    for name, mode in _STREAMS:
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  open until the end


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """Unwind once: children are ended and the lock is given back; a second signal must not stop that half-way."""
    for number in _INTERRUPTIONS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    run()
