"""A page is a list of lines, a line a list of styled spans: what human renderers make and `volon.cli` prints.

Spans are data, never markup: their text is made safe when it enters, so no file name, note or commit subject can
draw on the terminal or break the layout. Colour is added at the very end and only on a terminal.
"""

from __future__ import annotations

from volon.patterns import pattern
from volon.plain import StrEnum, dataclass, field
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

WIDTH = 80
_OWN_WORDS = pattern(r" +(?=(?:Hint|Error|Caused by|Warning|Note|Back|Now|Next): )")
_GLUE = "\0"
_LEAST = 20
"""Text gets at least so many columns, however deep it stands."""


class Style(StrEnum):
    """The few styles there are; the values are rich style names."""

    PLAIN = ""
    STRONG = "bold"
    DIM = "dim"
    OK = "green"
    NOTE = "cyan"
    WARN = "yellow"
    STOP = "bold red"


class Span:
    """A piece of text in one style; the text is made safe on entry."""

    __slots__ = ("style", "text")

    def __init__(self, text: str, style: Style = Style.PLAIN) -> None:
        # Asked here of most texts: one call less for each of the thousands in a long list.
        self.text: Final = text if text.isprintable() and text.isascii() else safe(text)
        self.style: Final = style


Line = tuple[Span, ...]


@dataclass(slots=True)
class Page:
    """Lines in the order they will be printed.

    Attributes:
        spelled: how a command that the page itself has to say is typed here.
        path: how a path from the top of the working tree is typed here.
    """

    lines: list[Line] = field(default_factory=list)
    spelled: Callable[[str], str] = str
    path: Callable[[str], str] = str

    def add(self, *parts: str | Span) -> None:
        """Append one line made of plain strings and spans."""
        self.lines.append(tuple(part if isinstance(part, Span) else Span(part) for part in parts))

    def clipped(self, *parts: str | Span) -> None:
        """Append one line, cut at 80 columns with `…`."""
        room, spans = WIDTH, []
        for part in parts:
            span = part if isinstance(part, Span) else Span(part)
            room -= len(span.text)
            spans.append(span)
        if room >= 0:
            self.lines.append(tuple(spans))
            return
        room, kept = WIDTH, []
        for span in spans:
            if len(span.text) > room:
                kept.append(Span(span.text[: max(room - 1, 0)].rstrip() + "…", span.style))
                break
            kept.append(span)
            room -= len(span.text)
        self.add(*kept)

    def gap(self) -> None:
        """Append an empty line, unless there is one already or the page is empty."""
        if self.lines and self.lines[-1]:
            self.lines.append(())

    def field(self, label: str, text: str, *, lines: int = 0, width: int = 11, indent: int = 2) -> None:
        """Append `label  text`, the text wrapped at 80 columns and aligned under its first line.

        Args:
            label: dim, before the first line.
            text: what to wrap.
            lines: at most so many lines, the last ending in `…`; 0 for all.
            width: of the label's column.
            indent: before the label.
        """
        pieces = _wrapped(safe(text), WIDTH - indent - width, lines)
        for number, piece in enumerate(pieces):
            name = label if number == 0 else ""
            self.add(" " * indent, Span(f"{name:<{width}}", Style.DIM), piece)

    def items(self, label: str, texts: Iterable[str]) -> None:
        """Append a field of several texts, each on lines of its own, the label before the first; nothing for none."""
        for number, text in enumerate(texts):
            self.field("" if number else label, text)

    def prose(self, lead: Span | str, text: str, *, lines: int = 0, under: str | None = None) -> None:
        """Append `text` wrapped at 80 columns, each further line indented under the first.

        Args:
            lead: before the first line.
            text: what to wrap.
            lines: at most so many lines; 0 for all.
            under: before each further line, as wide as `lead`; blanks when None.
        """
        span, said = lead if isinstance(lead, Span) else Span(lead), Span(text)
        room = WIDTH - len(span.text)
        if _fits(said.text, room):
            self.lines.append((span, said))
            return
        for number, piece in enumerate(_wrapped(said.text, room, lines)):
            self.add(span if number == 0 else under or " " * len(span.text), piece)

    def told(self, lead: Span, text: str) -> None:
        """Append what `prose` would, but a command at its end stays in one piece, on a line of its own."""
        said, _, command = text.rpartition(": ")
        if len(lead.text) + len(text) <= WIDTH or not command.startswith(("volon ", "git ")):
            self.prose(lead, text)
            return
        if said:
            self.prose(lead, f"{said}:")
        self.add(" " * len(lead.text) if said else lead, command)

    def text(self) -> str:
        """Return the page without any style, one newline after each line."""
        return "\n".join([*["".join([span.text for span in line]).rstrip() for line in self.lines], ""])


def _fits(shown: str, room: int) -> bool:
    """Whether wrapping would leave safe text as it is, on one line."""
    return len(shown) <= room and "  " not in shown and shown == shown.strip() != ""


def _wrapped(shown: str, room: int, lines: int) -> list[str]:
    """Break safe text into lines, none of which begins as if volon spoke: such a word stays behind the one before."""
    if _fits(shown, room):
        return [shown]
    import textwrap  # noqa: PLC0415  a status seldom wraps anything

    pieces = textwrap.wrap(
        _OWN_WORDS.sub(_GLUE, shown),
        max(room, _LEAST),
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=lines or None,
        placeholder=" …",
    )
    return [piece.replace(_GLUE, " ") for piece in pieces] or [""]
