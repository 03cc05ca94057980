"""The only door to copies of this process, which do a share of a large piece of work at the same time.

Promises: a copy does nothing but its share, and tells what came of it through a pipe; it never writes, never prints and
never goes on to what its original does next. One that cannot be made, fails or is killed leaves its share to the
original. None outlives the call.

Source: performance (row 9).
"""

from __future__ import annotations

import os
import sys

from volon.light import suppress

TYPE_CHECKING = False
if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Sequence
    from typing import NoReturn, TypeVar

    Work = Callable[[Sequence["T"]], bytes]

    T = TypeVar("T")
else:
    # See `volon.interrupts`; who has not loaded `threading`, which takes as long, has no threads.
    import _signal as signal

_MOST = 4
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def in_parts(work: Work[T], items: Sequence[T], least: int) -> list[bytes]:
    """Do work on all items: by this process and by copies of it, together as many as there are processors.

    Args:
        work: what is done with some of the items; it has no effect but what it returns.
        items: all of them.
        least: how many items are worth a process.

    Returns:
        What `work` returned for each part, in the order of the items.
    """
    # A copy of a process with threads would wait for ever for what another thread held.
    threads = sys.modules.get("threading")
    most = min(_MOST, processors()) if threads is None or threads.active_count() == 1 else 1
    size = -(-len(items) // max(1, min(most, len(items) // least))) or 1
    shares = [items[start : start + size] for start in range(0, len(items), size)]
    copies: list[_Copy] = []
    try:
        copies += (_Copy(work, share) for share in shares[1:])
        done = [work(share) for share in shares[:1]]
        for copy, share in zip(copies, shares[1:], strict=True):
            said = copy.told()
            done.append(work(share) if said is None else said)
        return done
    finally:
        for copy in copies:
            copy.end()


def processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Copy:
    """A copy of this process, and the pipe it tells through."""

    def __init__(self, work: Work[T], share: Sequence[T]) -> None:
        self._pid, self._pipe = 0, -1
        with suppress(OSError):
            self._pipe, into = os.pipe()
            try:
                self._pid = os.fork()
                if self._pid == 0:
                    _work_and_leave(work, share, into)
            finally:
                os.close(into)

    def told(self) -> bytes | None:
        """What the work came to; None when it came to nothing."""
        if not self._pid:
            return None
        with os.fdopen(self._pipe, "rb", closefd=False) as pipe:
            said = pipe.read()
        pid, self._pid = self._pid, 0
        return said if os.waitpid(pid, 0)[1] == 0 else None

    def end(self) -> None:
        """Leave nothing behind."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        if self._pipe >= 0:
            os.close(self._pipe)
        self._pid, self._pipe = 0, -1


def _work_and_leave(work: Work[T], share: Sequence[T], into: int) -> NoReturn:
    """Be a copy: signals end it at once, and nothing that the original would do at its end is done twice."""
    status = 1
    try:
        for number in _ENDING:
            signal.signal(number, signal.SIG_DFL)
        rest = memoryview(work(share))
        while rest:
            rest = rest[os.write(into, rest) :]
        status = 0
    finally:
        os._exit(status)
