"""Identities rise, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.errors import NotCommitted
from volon.ids import Ids, ids_from
from volon.model.ids import is_ulid

NOW = datetime(2026, 11, 19, 10, tzinfo=UTC)
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.lists(TIMES, min_size=2, max_size=8), st.none() | st.text(max_size=3))
def test_each_sorts_behind_the_one_before(times: list[datetime], seed: str | None) -> None:
    ids, last = Ids(seed), None
    for now in times:
        new = ids.ulid(now, last)
        assert is_ulid(new)
        assert last is None or new > last
        last = new


def test_a_seed_repeats_itself_and_no_seed_does_not() -> None:
    def run(ids: Ids) -> list[str]:
        return [ids.ulid(NOW) for _ in range(3)]

    assert run(ids_from({"VOLON_SEED": "1"})) == run(Ids("1")) != run(Ids("2"))
    assert run(ids_from({})) != run(ids_from({}))


def test_two_working_trees_that_follow_the_same_operation_differ_even_with_a_slow_clock() -> None:
    last = Ids().ulid(NOW)
    before = NOW - timedelta(days=9)
    assert Ids().ulid(before, last) != Ids().ulid(before, last)


def test_the_time_can_be_read_back_in_order() -> None:
    ids = Ids("1")
    assert ids.ulid(NOW) < ids.ulid(NOW + timedelta(milliseconds=1))


def test_there_is_an_end() -> None:
    with pytest.raises(NotCommitted):
        Ids().ulid(NOW, "7" + "Z" * 25)


@pytest.mark.parametrize(
    "text", ["", "x", "0" * 25, "0" * 27, "8" + "0" * 25, "I" * 26, "0" * 25 + "\n", "../" + "0" * 23]
)
def test_what_is_no_ulid(text: str) -> None:
    assert not is_ulid(text)


def test_tokens_differ() -> None:
    ids = Ids()
    assert len({ids.token() for _ in range(50)}) == 50
