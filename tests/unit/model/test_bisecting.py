"""The search for the first bad state finds it whatever is bad and whatever cannot be tested, and asks seldom."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from volon.model.bisecting import Search, Verdict


def run(states: list[Verdict]) -> tuple[Search, int]:
    search, asked = Search(0, len(states) - 1), 0
    while (state := search.following()) is not None:
        search.tell(state, states[state])
        asked += 1
        assert asked <= len(states)
    return search, asked


@given(count=st.integers(2, 200), data=st.data())
def test_the_first_bad_state_is_found_with_as_few_trials_as_halving_needs(count: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, count - 1))
    states = [Verdict.GOOD] * first + [Verdict.BAD] * (count - first)
    search, asked = run(states)
    assert search.suspects == (first,)
    assert asked <= math.ceil(math.log2(count))


@given(middle=st.lists(st.sampled_from([Verdict.GOOD, Verdict.BAD, Verdict.SKIPPED]), max_size=30))
def test_what_is_told_is_true_of_any_row_of_states(middle: list[Verdict]) -> None:
    """The suspects begin behind a good state, end with a bad one, and all between them were skipped."""
    states = [Verdict.GOOD, *middle, Verdict.BAD]
    search, _ = run(states)
    *between, last = search.suspects
    assert (states[search.good], states[last]) == (Verdict.GOOD, Verdict.BAD)
    assert {states[one] for one in between} <= {Verdict.SKIPPED}
    assert search.suspects[0] == search.good + 1
