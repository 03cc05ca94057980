"""The table of tickets: one line for each, with the last line of what it wrote.

Source: seed 004 (FR4), issue "the dashboard".
"""

from __future__ import annotations

from volon.render.board import MARKS
from volon.tui.lines import Choosing, fit
from volon.tui.standing import spent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from volon.model.pipeline.board import Row

KINDS: dict[str, tuple[str, ...]] = {
    "all": (),
    "running or in trouble": ("running", "ended", "failed", "unknown"),
    "still to do": ("running", "ended", "ready", "waiting", "blocked"),
}
"""Which tickets the table may be held to."""
_STATUS, _TIME, _ATTEMPT = 8, 9, 7
_NAME, _ROOM = (6, 32), 50


class Table(Choosing):
    """All tickets, or those of a kind.

    Args:
        id: the pane's.
        last: gives the last line that a ticket wrote; asked only of those that are seen.
    """

    HEAD = 1

    def __init__(self, *, id: str, last: Callable[[Row], str]) -> None:  # noqa: A002  as Textual has it
        super().__init__(id=id)
        self._last = last
        self._all: Sequence[Row] = ()
        self._rows: Sequence[Row] = ()
        self._place: dict[str, int] = {}
        self._said: Mapping[str, str] = {}
        self._longest = 0
        self.kind = "all"

    def show(self, rows: Sequence[Row], said: Mapping[str, str]) -> None:
        """Show how tickets stand.

        Args:
            rows: of all.
            said: what the user has said of tickets, but not written down yet.
        """
        self._all, self._said = rows, said
        wanted = KINDS[self.kind]
        self._rows = [row for row in rows if row.status in wanted] if wanted else rows
        self._place = {row.ticket: number for number, row in enumerate(self._rows)}
        self._longest = max((len(row.ticket) for row in rows), default=0)
        self.resized(self.size.width, len(self._rows))

    def next_kind(self) -> None:
        """Show the tickets of the next kind."""
        kinds = [*KINDS, "all"]
        self.kind = kinds[kinds.index(self.kind) + 1]
        self.show(self._all, self._said)
        self.reveal()

    def reveal(self) -> None:
        """Scroll to the chosen ticket."""
        if self.chosen in self._place:
            self.see(self._place[self.chosen], self.scroll_offset.x, 0)

    def at(self, x: int, y: int) -> str:  # noqa: ARG002  a line has one ticket
        """The ticket of a line."""
        return self._rows[y].ticket if y < len(self._rows) else ""

    def beside(self, right: int, down: int) -> str:  # noqa: ARG002  a line has one ticket
        """The ticket so many lines further down."""
        if not self._rows:
            return ""
        here = self._place.get(self.chosen, -1 if down > 0 else 0)
        return self._rows[min(max(here + down, 0), len(self._rows) - 1)].ticket

    def pieces(self, y: int) -> Iterator[tuple[str, str]]:
        """A line."""
        name = min(max(self._longest, _NAME[0]), _NAME[1], max(self.size.width - _ROOM, _NAME[0]))
        rest = self.size.width - name - _STATUS - _TIME - _ATTEMPT - 8
        if y < 0:
            yield f"   {fit('ticket', name)} {'status':<{_STATUS}} {'time':>{_TIME}} {'attempt':>{_ATTEMPT}}", "dim"
            only = f"  (only {self.kind})" if KINDS[self.kind] else ""
            yield f"  {fit(f'last line{only}', rest)}", "dim"
            return
        row = self._rows[y]
        chosen = row.ticket == self.chosen
        mark = self._said.get(row.ticket, "")
        time = f"{spent(row) if row.attempt else '':>{_TIME}} {row.attempt or '':>{_ATTEMPT}}"
        yield f" {MARKS[row.status]} ", "chosen" if chosen else row.status
        yield f"{fit(row.ticket, name)} ", "chosen" if chosen else "strong" if row.status == "running" else ""
        yield (
            f"{f'→ {mark}' if mark else row.status:<{_STATUS}} ",
            "chosen" if chosen else "way" if mark else row.status,
        )
        yield f"{time}  ", "chosen" if chosen else "dim"
        yield fit(self._last(row), rest), "chosen" if chosen else "" if row.status == "running" else "dim"
