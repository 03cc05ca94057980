"""The timeline draws every checkpoint once, in one column, and every detour joins where it left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from volon.model.timeline import timeline


def test_a_straight_line_stays_in_one_column() -> None:
    rows = timeline([(3, 2), (2, 1), (1, None)])
    assert [row.column for row in rows] == [0, 0, 0]
    assert rows[-1].below == frozenset()


def test_a_detour_has_a_column_of_its_own_until_it_joins() -> None:
    rows = timeline([(3, 1), (2, 1), (1, None)])
    assert [(row.column, row.joins) for row in rows] == [(0, frozenset()), (1, frozenset()), (0, frozenset({1}))]


def test_two_tasks_side_by_side_do_not_join() -> None:
    rows = timeline([("b2", "b1"), ("a2", "a1"), ("b1", None), ("a1", None)])
    assert [row.column for row in rows] == [0, 1, 0, 1]
    assert not any(row.joins for row in rows)


@given(st.lists(st.integers(0, 20), max_size=20))
def test_every_open_column_belongs_to_a_parent_still_to_come(steps: list[int]) -> None:
    """`steps[i]` is how far back the parent of checkpoint i lies; further than the first means none."""
    items = [(number, number - 1 - back if back < number else None) for number, back in enumerate(steps)]
    rows = timeline(reversed(items))
    for row, (number, _) in zip(rows, reversed(items), strict=True):
        waited_for = {parent for child, parent in items if child >= number and parent is not None and parent < number}
        assert bool(row.below) is bool(waited_for)
        assert row.column not in row.above | row.joins
    assert not rows or rows[-1].below == frozenset()
