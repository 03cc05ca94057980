"""The only door to time: what is shown, and how long is waited. Nothing is ever ordered or decided by wall time.

Source: reliability M11 (ids, ordering, numbering and locks never use the wall clock), contract §1 (UTC).
"""

from __future__ import annotations

import time

from volon.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Protocol
else:
    Protocol = object


FROZEN_NOW = "VOLON_FROZEN_NOW"


class Clock(Protocol):
    """Tells the time to show, measures durations, and waits."""

    def now(self) -> datetime:
        """The present instant, timezone-aware, in UTC; for display and for the time part of ids."""

    def monotonic(self) -> float:
        """Seconds since some fixed instant; never runs backwards."""

    def since(self, began: float) -> float:
        """Seconds since a `monotonic`, to be written down; stands still where `now` does."""

    def file_ns(self) -> int:
        """Nanoseconds on the clock that files get their times from; only for whether one was at rest just now."""

    def sleep(self, seconds: float) -> None:
        """Wait for about `seconds`."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        from volon.dates import UTC, datetime  # noqa: PLC0415  git is begun before anybody asks

        return datetime.now(UTC)

    def monotonic(self) -> float:
        """The kernel's monotonic seconds."""
        return time.monotonic()

    def since(self, began: float) -> float:
        """What has passed."""
        return time.monotonic() - began

    def file_ns(self) -> int:
        """The kernel's time of day, which is never frozen: neither are the times of files."""
        return time.time_ns()

    def sleep(self, seconds: float) -> None:
        """Block this thread."""
        time.sleep(seconds)


class FrozenClock(SystemClock):
    """A clock whose `now` stands still, so that a run can be repeated exactly; waiting stays real.

    Args:
        instant: a timezone-aware instant.
    """

    def __init__(self, instant: datetime) -> None:
        from volon.dates import UTC  # noqa: PLC0415  as above

        self._instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """Always the same instant."""
        return self._instant

    def since(self, began: float) -> float:  # noqa: ARG002  as every clock's
        """Nothing: what is written down must repeat."""
        return 0.0


def clock_from(environ: Mapping[str, str]) -> Clock:
    """The system clock, or a frozen one when `VOLON_FROZEN_NOW` names an instant.

    Args:
        environ: the process environment.

    Raises:
        UsageError: `VOLON_FROZEN_NOW` is no ISO-8601 instant.
    """
    text = environ.get(FROZEN_NOW)
    if not text:
        return SystemClock()
    from volon.dates import UTC, datetime  # noqa: PLC0415  as above

    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{FROZEN_NOW}={text} is not an ISO-8601 instant", causes=[str(error)]) from error
    return FrozenClock(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
