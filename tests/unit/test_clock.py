"""Time is told in UTC and can be made to stand still."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from volon.clock import SystemClock, clock_from
from volon.errors import UsageError


def test_the_system_clock_tells_utc() -> None:
    now = clock_from({}).now()
    assert now.tzinfo is UTC
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize("text", ["2026-11-19T10:00:00Z", "2026-11-19T11:00:00+01:00", "2026-11-19T10:00:00"], ids=str)
def test_a_frozen_clock_stands_still(text: str) -> None:
    clock = clock_from({"VOLON_FROZEN_NOW": text})
    assert clock.now() == clock.now() == datetime(2026, 11, 19, 10, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_waiting_is_real_even_when_the_clock_is_frozen() -> None:
    clock = clock_from({"VOLON_FROZEN_NOW": "2026-11-19T10:00:00Z"})
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() - before >= 0.01


def test_nonsense_is_refused() -> None:
    with pytest.raises(UsageError, match="yesterday"):
        clock_from({"VOLON_FROZEN_NOW": "yesterday"})


def test_an_empty_setting_is_none() -> None:
    assert isinstance(clock_from({"VOLON_FROZEN_NOW": ""}), SystemClock)
