"""The log of the chosen ticket: the end of it, which is followed as long as the end is what is looked at."""

from __future__ import annotations

from rich.cells import cell_len

from volon.render.safe import safe
from volon.tui.lines import Lines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Log(Lines):
    """Lines of text.

    Attributes:
        lines: as they are in the log.
    """

    def __init__(self, *, id: str) -> None:  # noqa: A002  as Textual has it
        super().__init__(id=id)
        self.lines: Sequence[str] = ()
        self._of = ""
        self._follows = True

    def show(self, of: str, lines: Sequence[str]) -> None:
        """Show the end of a log.

        Args:
            of: the ticket, and which attempt; of another one the end is shown, whatever was looked at.
            lines: of it.
        """
        if of == self._of and lines == self.lines:
            return
        self._follows = self._follows or of != self._of
        self._of, self.lines = of, lines
        self._shown = [safe(line) for line in lines]
        self.resized(max(map(cell_len, self._shown), default=0), len(lines))
        self.on_resize()

    def on_resize(self) -> None:
        """Stay at the end, for whoever was there."""
        if self._follows:
            self.scroll_to(0, self.max_scroll_y, animate=False)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up is left there, and who comes back to the end follows it again."""
        super().watch_scroll_y(old_value, new_value)
        self._follows = new_value >= self.max_scroll_y

    _shown: list[str]

    def pieces(self, y: int) -> Iterator[tuple[str, str]]:
        """A line."""
        yield self._shown[y], ""
