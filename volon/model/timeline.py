"""The timeline of checkpoints: which column each one stands in, newest first, as in a commit graph.

A column waits for a parent; the parent takes the first column that waits for it and the others join it there. So a
detour has a column of its own until it meets the line it left.

Source: contract §2.4 (detours form a tree).
"""

from __future__ import annotations

from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable


@dataclass(frozen=True, slots=True)
class Row:
    """One checkpoint's place in the picture; columns count from 0 and are told in order.

    Attributes:
        column: where it stands.
        joins: columns that end here because this is the parent they waited for.
        above: columns that pass by on its other lines.
        below: columns that go on under it.
    """

    column: int
    joins: tuple[int, ...]
    above: tuple[int, ...]
    below: tuple[int, ...]


def timeline(items: Iterable[tuple[Hashable, Hashable | None]]) -> list[Row]:
    """Lay out checkpoints.

    Args:
        items: `(key, key of the parent or None)`, newest first.
    """
    rows: list[Row] = []
    waiting: list[Hashable | None] = []
    busy = _busy(waiting)
    for key, parent in items:
        if not waiting or waiting == [key]:
            waiting = [] if parent is None else [parent]
            rows.append(_LAST if parent is None else _STRAIGHT_ON)
            busy = rows[-1].below
            continue
        mine = [column for column, awaited in enumerate(waiting) if awaited is not None and awaited == key]
        column = mine[0] if mine else next((c for c, awaited in enumerate(waiting) if awaited is None), len(waiting))
        waiting += [None] * (column + 1 - len(waiting))
        above = tuple([one for one in busy if one not in mine])
        for joined in mine[1:]:
            waiting[joined] = None
        waiting[column] = parent
        while waiting and waiting[-1] is None:
            waiting.pop()
        busy = _busy(waiting)
        rows.append(Row(column, tuple(mine[1:]), above, busy))
    return rows


_LAST = Row(0, (), (), ())
_STRAIGHT_ON = Row(0, (), (), (0,))
"""What most checkpoints are: the only one that is waited for, or that there is, without a parent or with one."""


def _busy(waiting: list[Hashable | None]) -> tuple[int, ...]:
    return tuple([column for column, awaited in enumerate(waiting) if awaited is not None])
