"""What all panes have in common: of thousands of lines only those that are seen are made, and all text is data.

Nothing here is ever read as markup, and every character that is not visible is spelled out before it is placed.

Source: reliability §1.5 S10.
"""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from volon.render.board import MARKS
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import ClassVar

    from textual.events import Click

_FAR = 1 << 30


def fit(text: str, width: int) -> str:
    """Return harmless text that takes exactly so many columns; `…` stands for what was left out."""
    shown, room = safe(text), max(width, 0)
    if cell_len(shown) > room > 0:
        shown = f"{set_cell_size(shown, room - 1)}…"
    return set_cell_size(shown, room)


class Lines(ScrollView, can_focus=True):
    """A pane of lines."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"lines--{one}" for one in (*MARKS, "chosen", "dim", "strong", "way")}
    DEFAULT_CSS = """
    Lines { background: $surface; color: $foreground; overflow: auto; scrollbar-size: 1 1; }
    Lines:focus { background: $surface-lighten-1; }
    Lines > .lines--done { color: $text-success; }
    Lines > .lines--running { color: $text-accent; text-style: bold; }
    Lines > .lines--ended { color: $text-warning; }
    Lines > .lines--ready { color: $foreground; }
    Lines > .lines--waiting { color: $foreground 60%; }
    Lines > .lines--blocked { color: $text-warning 80%; }
    Lines > .lines--failed { color: $text-error; text-style: bold; }
    Lines > .lines--unknown { color: $text-warning; text-style: bold; }
    Lines > .lines--chosen { background: $primary 45%; text-style: bold; }
    Lines > .lines--dim { color: $foreground 55%; }
    Lines > .lines--strong { text-style: bold; }
    Lines > .lines--way { color: $text-accent; text-style: bold; }
    """

    _seen: Sequence[object] = ()
    HEAD: ClassVar[int] = 0
    """How many lines at the top stay where they are."""

    def pieces(self, y: int) -> Iterable[tuple[str, str]]:
        """What a line is made of: text and the name of its style, or none; lines above 0 are those of the head."""
        raise NotImplementedError

    def resized(self, width: int, height: int) -> None:
        """Say how large all of it is, and draw it anew where what is seen has changed."""
        size, top = Size(width, height + self.HEAD), self.scroll_offset.y
        lines = [*range(-self.HEAD, 0), *range(top, min(top + self.size.height, height))]
        seen = [list(self.pieces(y)) for y in lines]
        if size != self.virtual_size or seen != self._seen:
            self.virtual_size, self._seen = size, seen
            self.refresh()

    def see(self, y: int, x: int = 0, width: int = 1) -> None:
        """Scroll no further than is needed to show a line, and so many columns of it."""
        left, top = self.scroll_offset
        right, bottom = left + self.size.width - width, top + self.size.height - self.HEAD - 1
        self.scroll_to(
            x if x < left else max(x - right + left, 0) if x > right else left,
            y if y < top else y - bottom + top if y > bottom else top,
            animate=False,
        )

    def render_line(self, y: int) -> Strip:
        """Make a line that is seen; Textual asks for it."""
        x, above = self.scroll_offset
        line = y - self.HEAD + (above if y >= self.HEAD else 0)
        made = [
            Segment(text, self.get_component_rich_style(f"lines--{style}") if style else self.rich_style)
            for text, style in (self.pieces(line) if line < self.virtual_size.height - self.HEAD else ())
        ]
        return Strip(made).crop_extend(x, x + self.size.width, self.rich_style)


class Choosing(Lines):
    """A pane in which one ticket is chosen: with the arrow keys, and by a click."""

    class Chosen(Message):
        """Somebody chose a ticket."""

        def __init__(self, ticket: str) -> None:
            super().__init__()
            self.ticket = ticket

    def __init__(self, *, id: str) -> None:  # noqa: A002  as Textual has it
        super().__init__(id=id)
        self.chosen = ""

    def choose(self, ticket: str) -> None:
        """Let it be this one, and see to it that it is seen."""
        if ticket != self.chosen:
            self.chosen = ticket
            self.reveal()
            self.refresh()

    def reveal(self) -> None:
        """Scroll to where the chosen ticket is."""
        raise NotImplementedError

    def at(self, x: int, y: int) -> str:
        """The ticket in a place; empty where there is none."""
        raise NotImplementedError

    def beside(self, right: int, down: int) -> str:
        """The ticket so many steps away from the chosen one, or as far as there are any."""
        raise NotImplementedError

    def on_resize(self) -> None:
        """What was seen stays so."""
        self.reveal()

    def on_click(self, event: Click) -> None:
        """Choose what was clicked at."""
        x, y = self.scroll_offset
        if event.y >= self.HEAD:
            self._say(self.at(event.x + x, event.y - self.HEAD + y))

    def _say(self, ticket: str) -> None:
        if ticket:
            self.post_message(self.Chosen(ticket))

    def action_scroll_up(self) -> None:
        """The arrow keys choose; scrolling follows."""
        self._say(self.beside(0, -1))

    def action_scroll_down(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(0, 1))

    def action_scroll_left(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(-1, 0))

    def action_scroll_right(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(1, 0))

    def action_page_up(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(0, -max(self.size.height - self.HEAD - 1, 1)))

    def action_page_down(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(0, max(self.size.height - self.HEAD - 1, 1)))

    def action_scroll_home(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(0, -_FAR))

    def action_scroll_end(self) -> None:
        """See `action_scroll_up`."""
        self._say(self.beside(0, _FAR))
