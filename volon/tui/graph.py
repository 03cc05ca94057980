"""The pipeline as a graph: tickets in columns, each behind all it needs; the lines of the chosen one stand out.

Source: contract §6 (pipeline: graph, ui).
"""

from __future__ import annotations

from bisect import bisect_right

from volon.render.board import MARKS
from volon.render.graph.picture import GLYPHS as STROKES
from volon.render.graph.picture import Picture
from volon.tui.lines import Choosing, fit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from volon.model.pipeline.spec import Spec
    from volon.render.graph.picture import Cell, Line

_NAME = 24
_MARK = 3


class Graph(Choosing):
    """The graph of one spec."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  as Textual has it
        super().__init__(id=id)
        self._spec: Spec | None = None
        self._status: Mapping[str, str] = {}
        self._drawn: dict[int, dict[tuple[int, int], int]] = {}
        self._ways: dict[int, dict[tuple[int, int], int]] = {}

    def show(self, spec: Spec, status: Mapping[str, str]) -> None:
        """Show how tickets stand."""
        self._status = status
        if self._spec is not spec:
            self._spec, self._picture = spec, Picture(spec)
            self._drawn = {}
            columns = self._picture.columns
            self._widths = [
                min(max(len(cell.ticket) for cell in column if not cell.passing), _NAME) for column in columns
            ]
            self._starts = [0]
            for number, width in enumerate(self._widths):
                self._starts.append(self._starts[-1] + _MARK + width + 1 + self._picture.width(number))
            self._find_ways()
        columns = self._picture.columns
        self.resized(self._starts[-1] - self._picture.width(len(columns) - 1), max(map(len, columns)))

    _picture: Picture
    _widths: list[int]
    _starts: list[int]

    def reveal(self) -> None:
        """Scroll to the chosen ticket, and find its lines."""
        if self._spec is None or self.chosen not in self._spec.tickets:
            return
        self._find_ways()
        column, row = self._picture.place[self.chosen]
        self.see(row, self._starts[column], _MARK + self._widths[column])

    def _find_ways(self) -> None:
        picture = self._picture
        lines: dict[int, list[Line]] = {}
        if self._spec is None or self.chosen not in self._spec.tickets:
            return
        ways = [(need, self.chosen) for need in self._spec.tickets[self.chosen].needs]
        for source, target in (*ways, *((self.chosen, other) for other in picture.needed_by[self.chosen])):
            for number, line in picture.way(source, target):
                lines.setdefault(number, []).append(line)
        self._ways = {number: picture.draw(number, some) for number, some in lines.items()}

    def at(self, x: int, y: int) -> str:
        """The ticket in a place."""
        column = self._picture.columns[min(bisect_right(self._starts, x), len(self._widths)) - 1]
        return "" if y >= len(column) or column[y].passing else column[y].ticket

    def beside(self, right: int, down: int) -> str:
        """Up and down the column; left to what it needs, right to what needs it."""
        picture = self._picture
        if self._spec is None or self.chosen not in picture.place:
            return next(iter(picture.place), "")
        number, row = picture.place[self.chosen]
        if right:
            others = self._spec.tickets[self.chosen].needs if right < 0 else picture.needed_by[self.chosen]
            return min(others, key=lambda one: (abs(picture.place[one][0] - number), picture.place[one]), default="")
        rows = [place for place, cell in enumerate(picture.columns[number]) if not cell.passing]
        here = min(max(rows.index(row) + down, 0), len(rows) - 1)
        return picture.columns[number][rows[here]].ticket

    def pieces(self, y: int) -> Iterator[tuple[str, str]]:
        """A line: only the columns that are seen, and blanks before them."""
        x = self.scroll_offset.x
        first = max(bisect_right(self._starts, x) - 1, 0)
        last = min(bisect_right(self._starts, x + self.size.width), len(self._widths))
        yield " " * self._starts[first], ""
        for number in range(first, last):
            column = self._picture.columns[number]
            yield from self._cell(column[y] if y < len(column) else None, number, y)
            yield from self._gap(number, y)

    def _cell(self, cell: Cell | None, number: int, y: int) -> Iterator[tuple[str, str]]:
        width = self._widths[number]
        # A line is drawn up to the next column, from the very name.
        way, drawn = self._ways.get(number, {}), self._lines(number)
        style = "way" if (y, 0) in way else "dim"
        stroke = "─" if (y, 0) in way or (y, 0) in drawn else " "
        if cell is None or cell.passing:
            yield stroke * (_MARK + width + 1) if cell else " " * (_MARK + width + 1), style
            return
        status = self._status[cell.ticket]
        name = fit(cell.ticket, min(len(cell.ticket), width))
        yield f" {MARKS[status]} {name} ", "chosen" if cell.ticket == self.chosen else status
        yield stroke * (width - len(name)), style

    def _lines(self, number: int) -> dict[tuple[int, int], int]:
        if number not in self._drawn:
            self._drawn[number] = self._picture.drawn(number)
        return self._drawn[number]

    def _gap(self, number: int, y: int) -> Iterator[tuple[str, str]]:
        way, drawn = self._ways.get(number, {}), self._lines(number)
        if number == len(self._widths) - 1:
            return
        for at in range(self._picture.width(number)):
            if sides := way.get((y, at)):
                yield STROKES[sides], "way"
            else:
                yield STROKES[drawn.get((y, at), 0)], "dim"
