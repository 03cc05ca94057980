"""One thing at a time: the main thread asks volon, whatever the protocol's thread wants meanwhile.

volon's signals are the main thread's: there a use-case is unwound by an interruption, children and lock with it, and
there nothing interrupts it between its commit point and its end. So use-cases run where they always do, one after the
other, and it is the protocol that has a thread of its own: it answers pings while a use-case takes its time.

Source: reliability M2 (signals); agents.md §2.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from volon.errors import VolonError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Turns:
    """The work that waits for the main thread."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._failed: BaseException | None = None

    async def turn(self, work: Callable[[], T]) -> T:
        """Have something done in its turn, and return what came of it; it raises nothing but a `VolonError`.

        Whoever stops waiting takes it back, unless it has begun: then it is done to its end, and nobody is told.
        """
        future: Future[T] = Future()
        self._waiting.put((future, work))
        return await asyncio.wrap_future(future)

    def end(self, failed: BaseException | None = None) -> None:
        """Let `take` return when it has done what waits by now, or raise what the protocol failed of."""
        self._failed = failed
        self._waiting.put(None)

    def take(self) -> None:
        """Do what comes, until the end; to be called by the main thread.

        Raises:
            KeyboardInterrupt: volon was interrupted.
            BaseException: what the protocol failed of.
        """
        while (one := self._waiting.get()) is not None:
            future, work = one
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except VolonError as error:
                    future.set_exception(error)
        if self._failed is not None:
            raise self._failed
