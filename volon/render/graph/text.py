"""A graph in the terminal: a row for each ticket, below all that it needs, and lanes beside it that lead there.

Each lane belongs to one ticket and is open until the last of those that need it. A corner or a cross joins a lane; one
that is only passed stays a plain upright line between two dashes.

Source: seed 004 (ticket states); issue "the pipeline" (graph).
"""

from __future__ import annotations

from volon.render.board import MARKS, STYLES
from volon.render.graph.colours import label
from volon.render.graph.picture import DOWN, GLYPHS, LEFT, RIGHT, UP
from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.results.pipeline import GraphTicketView, PipelineGraphResult

_MOST_LANES = 24
"""With more of them nobody can follow any; then each row names what it needs."""
ASCII = str.maketrans(
    dict.fromkeys(GLYPHS[1:], "+") | {"│": "|", "─": "-"} | dict(zip(MARKS.values(), "*>=o./x?", strict=True))
)
"""What is drawn instead where a terminal may not know other letters."""


def graph(page: Page, result: PipelineGraphResult) -> None:
    """Write the graph, or, of one that was written to a file, where."""
    if result.output is not None:
        page.add(f"Wrote {result.output}: {count(len(result.tickets), 'ticket')} of {result.file}.")
        return
    page.add(Span(result.name, Style.STRONG), "" if result.run is None else f"  {result.status}")
    order = _order(result.tickets)
    rows = _Lanes(order).rows() or [("", one) for one in order]
    width = max((len(row) for row, _ in rows), default=0)
    names = max((len(one.ticket) for one in order), default=0)
    for row, one in rows:
        if one is None:
            page.add(Span(row, Style.DIM))
            continue
        needs = "" if row or not one.needs else f"  needs {', '.join(one.needs)}"
        how = Span(label(one)[1], STYLES.get(one.status, Style.DIM))
        lanes = (Span(f"{row:<{width}}  ", Style.DIM),) if row else ()
        page.add(*lanes, f"{one.ticket:<{names}}  ", how, Span(needs, Style.DIM))


def _order(tickets: Sequence[GraphTicketView]) -> list[GraphTicketView]:
    """Each ticket below all that it needs, and as close to the last of them as can be."""
    by_id = {one.ticket: one for one in tickets}
    waiting = {one.ticket: len(one.needs) for one in tickets}
    needed_by: dict[str, list[str]] = {}
    for one in tickets:
        for need in one.needs:
            needed_by.setdefault(need, []).append(one.ticket)
    todo = [one.ticket for one in reversed(tickets) if not one.needs]
    order = []
    while todo:
        ticket = todo.pop()
        order.append(by_id[ticket])
        for other in reversed(needed_by.get(ticket, ())):
            waiting[other] -= 1
            if not waiting[other]:
                todo.append(other)
    return order


class _Lanes:
    """The lanes that are open, from the left; None where one is free."""

    def __init__(self, order: Sequence[GraphTicketView]) -> None:
        self._order = order
        self._open: list[str | None] = []
        self._left: dict[str, int] = {}
        for one in order:
            for need in one.needs:
                self._left[need] = self._left.get(need, 0) + 1

    def rows(self) -> list[tuple[str, GraphTicketView | None]]:
        """The rows of the picture, with the ticket of those that have one; none when it has too many lanes."""
        rows: list[tuple[str, GraphTicketView | None]] = []
        for one in self._order:
            joined = [lane for lane, owner in enumerate(self._open) if owner in one.needs]
            for need in one.needs:
                self._left[need] -= 1
            ending = [lane for lane in joined if not self._left[self._open[lane] or ""]]
            lane = ending[0] if ending else self._free()
            if len(self._open) > _MOST_LANES:
                return []
            if joined and joined != [lane]:
                rows.append((self._joining(lane, joined, ending), None))
            for old in ending:
                self._open[old] = None
            self._open[lane] = one.ticket
            rows.append((self._upright(lane, MARKS[one.status]), one))
            if not self._left.get(one.ticket):
                self._open[lane] = None
            while self._open and self._open[-1] is None:
                self._open.pop()
        return rows

    def _free(self) -> int:
        if None not in self._open:
            self._open.append(None)
        return self._open.index(None)

    def _upright(self, lane: int, mark: str) -> str:
        marks = [" " if owner is None else GLYPHS[UP | DOWN] for owner in self._open]
        marks[lane] = mark
        return " ".join(marks).rstrip()

    def _joining(self, lane: int, joined: Sequence[int], ending: Sequence[int]) -> str:
        """The row above a ticket: from the lanes of what it needs to its own."""
        first, last = min(lane, *joined), max(lane, *joined)
        shown = []
        for at, owner in enumerate(self._open):
            on = RIGHT if first <= at < last else 0
            sides = on | (LEFT if first < at <= last else 0)
            if at in joined or at == lane:
                sides |= (UP if at in joined else 0) | (DOWN if at == lane or at not in ending else 0)
            elif owner is not None:
                sides = UP | DOWN
            shown += [GLYPHS[sides], GLYPHS[on]]
        return "".join(shown).rstrip()
