"""A page is a list of lines, a line a list of styled spans: what human renderers make and `volon.cli` prints.

Spans are data, never markup: their text is made safe when it enters, so no file name, note or commit subject can
draw on the terminal or break the layout. Colour is added at the very end and only on a terminal.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from enum import StrEnum

from volon.render.safe import safe

WIDTH = 80


class Style(StrEnum):
    """The few styles there are; the values are rich style names."""

    PLAIN = ""
    STRONG = "bold"
    DIM = "dim"
    OK = "green"
    NOTE = "cyan"
    WARN = "yellow"
    STOP = "bold red"


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of text in one style; the text is made safe on entry."""

    text: str
    style: Style = Style.PLAIN

    def __post_init__(self) -> None:
        """Let nothing unsafe in."""
        object.__setattr__(self, "text", safe(self.text))


Line = tuple[Span, ...]


@dataclass(slots=True)
class Page:
    """Lines in the order they will be printed."""

    lines: list[Line] = field(default_factory=list)

    def add(self, *parts: str | Span) -> None:
        """Append one line made of plain strings and spans."""
        self.lines.append(tuple(part if isinstance(part, Span) else Span(part) for part in parts))

    def gap(self) -> None:
        """Append an empty line, unless there is one already or the page is empty."""
        if self.lines and self.lines[-1]:
            self.lines.append(())

    def field(self, label: str, text: str, *, width: int = 11, indent: int = 2, style: Style = Style.DIM) -> None:
        """Append `label  text`, the text wrapped at 80 columns and aligned under its first line."""
        room = WIDTH - indent - width
        pieces = textwrap.wrap(safe(text), room, break_long_words=False, break_on_hyphens=False) or [""]
        for number, piece in enumerate(pieces):
            name = label if number == 0 else ""
            self.add(" " * indent, Span(f"{name:<{width}}", style), piece)

    def prose(self, lead: Span | str, text: str) -> None:
        """Append `text` wrapped at 80 columns, each further line indented under the first."""
        span = lead if isinstance(lead, Span) else Span(lead)
        room = WIDTH - len(span.text)
        pieces = textwrap.wrap(safe(text), room, break_long_words=False, break_on_hyphens=False) or [""]
        for number, piece in enumerate(pieces):
            self.add(span if number == 0 else " " * len(span.text), piece)

    def text(self) -> str:
        """Return the page without any style, one newline after each line."""
        return "".join("".join(span.text for span in line).rstrip() + "\n" for line in self.lines)
