"""A pipeline as a picture: tickets in columns, each behind all it needs, and the lines between them.

Column 0 needs nothing; every other ticket stands one column behind the last of its needs. A line that passes a column
has a row of its own there. Rows are in an order in which lines cross less (`placing`). Between two columns each source
has a track of its own; where that takes too much room nothing is drawn, and only the lines of one can be asked for.

Source: contract §6 (pipeline: graph, ui).
"""

from __future__ import annotations

from volon.plain import NamedTuple
from volon.render.graph.placing import Layered, depths, order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from volon.model.pipeline.spec import Spec

LEFT, RIGHT, UP, DOWN = 1, 2, 4, 8
GLYPHS = " ───│╯╰┴│╮╭┬│┤├┼"
"""By the sides that a line leaves a place at."""
_TRACKS = 9
_PASSING = 2_000


class Cell(NamedTuple):
    """What stands in a row of a column: a ticket, or a line on its way from one."""

    ticket: str
    passing: bool = False


class Line(NamedTuple):
    """A piece of a line: between two neighbouring columns, from one row to another, on its way to a ticket."""

    source: str
    above: int
    below: int


class Picture:
    """Where everything stands.

    Args:
        spec: the pipeline.

    Attributes:
        columns: the cells of each.
        place: of each ticket, as column and row.
        needed_by: the tickets that need a ticket.
        tracks: of the gap behind each column: the track of each source; none where it is too full to be drawn.
    """

    def __init__(self, spec: Spec) -> None:
        self._needs = {one.id: one.needs for one in spec.tickets.values()}
        self.needed_by: dict[str, list[str]] = {one: [] for one in self._needs}
        for one, needs in self._needs.items():
            for need in needs:
                self.needed_by[need].append(one)
        self.columns = self._columns(depths(self._needs))
        self.place: dict[str, tuple[int, int]] = {}
        self._passes: dict[tuple[str, int], int] = {}
        for number, column in enumerate(self.columns):
            for row, cell in enumerate(column):
                if cell.passing:
                    self._passes[cell.ticket, number] = row
                else:
                    self.place[cell.ticket] = number, row
        self._lines: list[list[Line]] = [[] for _ in self.columns]
        for source, target in ((need, one) for one, needs in self._needs.items() for need in needs):
            for number, line in self.way(source, target):
                self._lines[number].append(line)
        self.tracks = [self._tracks(lines) for lines in self._lines]

    def _columns(self, depth: dict[str, int]) -> list[list[Cell]]:
        cells = [Cell(one) for one in self._needs]
        node_of = {cell.ticket: node for node, cell in enumerate(cells)}
        graph = Layered([[] for _ in range(max(depth.values()) + 1)])
        for node, one in enumerate(self._needs):
            graph.layers[depth[one]].append(node)
        last = {one: max((depth[other] for other in by), default=0) for one, by in self.needed_by.items()}
        passing = sum(max(last[one] - depth[one] - 1, 0) for one in depth) <= _PASSING
        for node, (one, by) in enumerate(self.needed_by.items()):
            ways = {depth[one]: node}
            for number in range(depth[one] + 1, last[one]) if passing else ():
                ways[number] = len(cells)
                graph.layers[number].append(len(cells))
                graph.join(ways[number - 1], len(cells))
                cells.append(Cell(one, passing=True))
            for other in by:
                if (before := ways.get(depth[other] - 1)) is not None:
                    graph.join(before, node_of[other])
        order(graph)
        return [[cells[node] for node in nodes] for nodes in graph.layers]

    def _row(self, source: str, number: int) -> int | None:
        """The row in which a ticket's lines leave a column; None where they are not drawn."""
        column, row = self.place[source]
        return row if column == number else self._passes.get((source, number))

    def way(self, source: str, target: str) -> Iterator[tuple[int, Line]]:
        """The pieces of the line from a ticket to one that needs it, each with the column before it."""
        first, (last, end) = self.place[source][0], self.place[target]
        for number in range(first, last):
            above = self._row(source, number)
            below = end if number == last - 1 else self._row(source, number + 1)
            if above is not None and below is not None:
                yield number, Line(source, above, below)

    @staticmethod
    def _tracks(lines: Iterable[Line]) -> dict[str, int]:
        spans: dict[str, tuple[int, int]] = {}
        for source, above, below in lines:
            low, high = spans.get(source, (above, above))
            spans[source] = min(low, below), max(high, below)
        ends: list[int] = []
        tracks: dict[str, int] = {}
        for source, (low, high) in sorted(spans.items(), key=lambda item: item[1]):
            free = next((track for track, end in enumerate(ends) if end < low), len(ends))
            if free == _TRACKS:
                return {}
            ends[free:] = [high, *ends[free + 1 :]]
            tracks[source] = free
        return tracks

    def width(self, number: int) -> int:
        """How wide the gap behind a column is."""
        return max(self.tracks[number].values(), default=0) + 3

    def drawn(self, number: int) -> dict[tuple[int, int], int]:
        """All lines in the gap behind a column: by row and place, the sides at which they leave it."""
        return self.draw(number, self._lines[number] if self.tracks[number] else ())

    def draw(self, number: int, lines: Iterable[Line]) -> dict[tuple[int, int], int]:
        """Some lines in the gap behind a column; see `drawn`."""
        found: dict[tuple[int, int], int] = {}
        width = self.width(number)
        for line in lines:
            bend = self.tracks[number].get(line.source, 0) + 1
            for row, at, sides in _strokes(line, bend, width):
                found[row, at] = found.get((row, at), 0) | sides
        return found


def _strokes(line: Line, bend: int, width: int) -> Iterator[tuple[int, int, int]]:
    _, above, below = line
    for at in range(bend):
        yield above, at, LEFT | RIGHT
    for at in range(bend + 1, width):
        yield below, at, LEFT | RIGHT
    if above == below:
        yield above, bend, LEFT | RIGHT
        return
    down = below > above
    yield above, bend, LEFT | (DOWN if down else UP)
    yield below, bend, RIGHT | (UP if down else DOWN)
    for row in range(min(above, below) + 1, max(above, below)):
        yield row, bend, UP | DOWN
