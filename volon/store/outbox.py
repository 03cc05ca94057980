"""What is still to be run for operations that are committed: written by their transaction, removed once it has run.

So a kill between the two leaves it owed, never lost; it can run twice, never not at all. Who runs it holds a lock of
its own, so that two commands do not run it at the same time; the lock of the writers is free meanwhile.

Source: reliability §3.2 (outbox), §1.6, C2.
"""

from __future__ import annotations

import errno
from contextlib import contextmanager

from volon.errors import NotCommitted
from volon.model.ids import is_ulid
from volon.store import layout
from volon.store.lock import WAIT_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.files import FileSystem, Held
    from volon.world import World

_LARGEST = 1 << 16
_PAUSE_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)


class Outbox:
    """The outbox of one working tree.

    Args:
        world: the clock.
        fs: where it lies.
    """

    def __init__(self, world: World, fs: FileSystem) -> None:
        self._world = world
        self._fs = fs

    def owed(self) -> list[str]:
        """The operations for which something is still to be run, oldest first.

        Raises:
            NotCommitted: it cannot be read.
        """
        with _sound():
            return [name for name in self._fs.listdir(layout.OUTBOX) if is_ulid(name)]

    def read(self, op: str) -> bytes | None:
        """What was written down for an operation; None when nothing is owed for it.

        Raises:
            NotCommitted: it cannot be read.
        """
        with _sound():
            return self._fs.read(layout.outbox_place(op), _LARGEST)

    def settle(self, op: str) -> None:
        """It has run: nothing is owed for this operation any more.

        Raises:
            NotCommitted: that cannot be written down; it stays owed.
        """
        with _sound():
            self._fs.unlink(layout.outbox_place(op))
            self._fs.sync_dir(layout.OUTBOX)

    @contextmanager
    def turn(self, wait: float = WAIT_SECONDS) -> Iterator[bool]:
        """Whether it is our turn to run what is owed; not when another command is at it for all of `wait` seconds.

        Raises:
            NotCommitted: the lock cannot be made.
        """
        with _sound():
            held, mine = self._take(wait)
        try:
            yield mine
        finally:
            if held is not None:
                held.release()

    def _take(self, wait: float) -> tuple[Held | None, bool]:
        deadline = self._world.clock.monotonic() + wait
        while True:
            try:
                held = self._fs.lock(layout.OUTBOX_LOCK, b"")
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
                return None, True
            if held is not None or self._world.clock.monotonic() >= deadline:
                return held, held is not None
            self._world.clock.sleep(_PAUSE_SECONDS)


@contextmanager
def _sound() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotCommitted("the list of hooks that are owed cannot be used", causes=[str(error)]) from error
