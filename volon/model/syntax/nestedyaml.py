"""The short way to read YAML whose mappings and lists are as plain as pipelines mostly are.

Lines of ASCII: `key: value`, `- value` and `- key: value`, each where its indentation wants it, and comments in lines
of their own. As with `model.syntax.plainyaml`, what it returns is to the last position what the strict loader returns,
and whatever it is not sure of, it leaves to that: of ten thousand tickets it takes a third of the time.

Source: reliability S9; performance (rows 13 and 14).
"""

from __future__ import annotations

from volon.model.syntax.nodes import Mapping, Scalar, Sequence
from volon.model.syntax.plainyaml import ITEM, QUOTED, value_of
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

    from volon.model.syntax.nodes import Node

_TEXT = r"[A-Za-z0-9_./$(][^:#\n]*(?::(?=[^ \n])[^:#\n]*)*(?<! )"
_LINE = pattern(
    r"(?P<indent> *)(?P<dash>- )?(?:(?P<key>[A-Za-z_][A-Za-z0-9_]{0,60}):(?: |(?=\n)))?"
    rf"(?:(?P<plain>{_TEXT})|(?P<quoted>{QUOTED}|'[^'\n]*')|(?P<list>\[(?:{ITEM}(?:, {ITEM})*)?\]))?\n"
)
_NOTHING = pattern(r"(?: *(?:#[^\n]*)?\n)*")
_FARTHEST = 12
"""Nothing that begins so far to the left is too deep for the strict loader."""


def read_nested(text: str, most: int) -> Mapping | None:
    """The mapping, or None when the text is anything but plain.

    Args:
        text: the YAML, from the first line of its file on.
        most: how many values the strict loader would accept.
    """
    plain = text.isascii() and text.replace("\n", "").isprintable()
    # Of a line there may be a mapping, its key, a list and what is first in that; and there is the mapping of all.
    if not plain or 4 * text.count("\n") + 1 + text.count(",") > most:
        return None
    lines = _Lines(text)
    try:
        found = lines.mapping(0)
    except _NotPlainError:
        return None
    return found if lines.at == len(text) else None


class _NotPlainError(Exception):
    """What is left to the strict loader."""


class _Lines:
    """A text, read from one line to the next.

    Attributes:
        match: the next line; None at the end, and where none is plain.
        line, begin: its number, and where it begins.
        at: where its first word does.
    """

    def __init__(self, text: str) -> None:
        self.text, self.line = text, 0
        self.step(0)

    def step(self, end: int) -> None:
        """Go on behind a line, and behind what says nothing."""
        match = _LINE.match(self.text, end)
        if match is None or match.lastgroup == "indent":
            nothing = _NOTHING.match(self.text, end)
            self.line += nothing[0].count("\n") if nothing else 0
            end = nothing.end() if nothing else end
            match = _LINE.match(self.text, end)
        self.match, self.begin, self.at = match, end, match.end("indent") if match else end
        self.line += 1

    def mapping(self, indent: int) -> Mapping:
        """The lines with a key in that column, from the next one on, which may be the first of an entry of a list."""
        if indent > _FARTHEST:
            raise _NotPlainError
        entries: dict[str, tuple[Scalar, Node]] = {}
        line, begin = self.line, self.begin + indent
        while (match := self.match) is not None and match.start("key") == self.begin + indent:
            name = match["key"]
            if entries and (match["dash"] or name in entries):
                break
            entries[name] = Scalar(name, self.line, indent + 1, *match.span("key")), self.value(match, indent)
        if not entries:
            raise _NotPlainError
        return Mapping(tuple(entries.values()), line, indent + 1, begin, self.at)

    def sequence(self, indent: int) -> Sequence:
        """The entries whose dash is in that column."""
        items: list[Node] = []
        line, begin = self.line, self.at
        while (match := self.match) is not None and match["dash"] and self.at == self.begin + indent:
            items.append(self.mapping(indent + 2) if match["key"] else self.value(match, indent))
        return Sequence(tuple(items), line, indent + 1, begin, self.at, flow=False)

    def value(self, match: re.Match[str], indent: int) -> Node:
        """What a line ends in, or what stands below it, further to the right."""
        line = self.line
        self.step(match.end())
        if match.lastgroup not in {"key", "dash"}:
            return value_of(match, line)
        below = self.at - self.begin
        if self.match is None or match["key"] is None or below <= indent:
            raise _NotPlainError
        return self.sequence(below) if self.match["dash"] else self.mapping(below)
