"""The timeline draws every checkpoint once, in one column, and every detour joins where it left."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from volon.model.timeline import timeline


def test_a_straight_line_stays_in_one_column() -> None:
    rows = timeline([(3, 2), (2, 1), (1, None)])
    assert [row.column for row in rows] == [0, 0, 0]
    assert rows[-1].below == ()


def test_a_detour_has_a_column_of_its_own_until_it_joins() -> None:
    rows = timeline([(3, 1), (2, 1), (1, None)])
    assert [(row.column, row.joins) for row in rows] == [(0, ()), (1, ()), (0, (1,))]


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
        assert row.column not in row.above + row.joins
    assert not rows or rows[-1].below == ()


def laid_out(
    items: list[tuple[int, int | None]],
) -> list[tuple[int, tuple[int, ...], tuple[int, ...], tuple[int, ...]]]:
    """The timeline, slowly: columns are never given up, and each checkpoint looks at all of them."""
    rows = []
    waiting: dict[int, int] = {}
    for key, parent in items:
        mine = sorted(column for column, awaited in waiting.items() if awaited == key)
        column = mine[0] if mine else min(set(range(len(waiting) + 1)) - waiting.keys())
        above = waiting.keys() - set(mine)
        waiting = {each: awaited for each, awaited in waiting.items() if each in above}
        waiting |= {} if parent is None else {column: parent}
        rows.append((column, tuple(mine[1:]), tuple(sorted(above)), tuple(sorted(waiting))))
    return rows


@given(st.lists(st.integers(0, 4), max_size=30))
def test_the_picture_is_the_one_that_a_slow_way_draws(steps: list[int]) -> None:
    items = [(number, number - 1 - back if back < number else None) for number, back in enumerate(steps)][::-1]
    assert [(row.column, row.joins, row.above, row.below) for row in timeline(items)] == laid_out(items)
