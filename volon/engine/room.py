"""How many tickets at once the machine has room for, as it shows when it refuses to start one.

A ticket that was refused waits until there is room: with those that could be started it was too much, so no more than
those run from then on, and after a while twice as many are tried. One that is refused although nothing else runs can
wait for nothing.

Source: issue 5 (no descriptor, no process and no memory left).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.clock import Clock

AGAIN_SECONDS = 60.0
"""How long a machine that has refused a ticket is taken to be as full."""


class NoRoom(OSError):
    """A ticket was refused by the machine although nothing else runs."""


class Room:
    """See the module.

    Args:
        jobs: how many are wanted.
        clock: for how long ago it was refused.
    """

    def __init__(self, jobs: int, clock: Clock) -> None:
        self._wanted = self._most = jobs
        self._clock, self._since = clock, 0.0
        self._alone = ""
        self.lacking = 0
        """The number of the error by which one was refused although nothing else ran; 0 when none was."""

    def most(self) -> int:
        """How many may run at once, now; none where no start makes sense any more."""
        if self._most < self._wanted and self._clock.since(self._since) >= AGAIN_SECONDS:
            self._most, self._since = min(2 * self._most, self._wanted), self._clock.monotonic()
        return 0 if self.lacking else self._most

    def taken(self, ticket: str, running: int) -> None:
        """A ticket is about to be started, and with it so many run."""
        self._alone = ticket if running == 1 else ""

    def refused(self, ticket: str, running: int, lacks: int) -> None:
        """The machine has no room for it beside those that run, and says so by the number of an error."""
        self._most, self._since = max(min(self._most - 1, running), 1), self._clock.monotonic()
        if ticket == self._alone:
            self.lacking = lacks
