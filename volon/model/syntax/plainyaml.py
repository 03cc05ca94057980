"""The short way to read YAML that is as plain as volon writes it: `key: value` lines of ASCII, nothing nested.

What it returns is to the last position what `model.strictyaml` returns; whatever it is not sure of, it leaves to that.
A list of tasks is mostly such frontmatter, and a full parser takes ten times as long for it.

Source: reliability S9.
"""

from __future__ import annotations

from volon.model.syntax.nodes import Mapping, Node, Scalar, Sequence
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re

_WORD = "[A-Za-z0-9_./-]"
_PLAIN, QUOTED = f"[A-Za-z0-9]{_WORD}*(?: {_WORD}+)*", r'"[^"\\\n]*"'
_IN_ITEM = r"[\x00-\t\x0b-!$-&(-+\--9;->@-Z^-z|~]"
"""ASCII but for what means something there: a class that says what it leaves out, up to the last character there is,
takes half as long to compile as Python takes to start."""
ITEM = rf"""(?:(?:[A-Za-z0-9_./$(]|-[A-Za-z0-9-]){_IN_ITEM}*(?<! )|{QUOTED})"""
"""What may stand in a flow list."""
_LINE = pattern(
    r"(?P<key>[a-z_][a-z0-9_]{0,60}): "
    rf"(?:(?P<plain>{_PLAIN})|(?P<quoted>{QUOTED})|(?P<list>\[(?:{ITEM}(?:, {ITEM})*)?\]))\n"
)
_ITEMS = pattern(ITEM)
_NULLS = frozenset({"null", "Null", "NULL"})
_MOST = 200
_LONGEST = 32 * 1024


def read_plain(text: str, first_line: int) -> Mapping | None:
    """The mapping, or None when the text is anything but plain.

    Args:
        text: the YAML, without any fence.
        first_line: the line of the file on which it begins.
    """
    if not text or len(text) > _LONGEST:
        return None
    entries: dict[str, tuple[Scalar, Node]] = {}
    position, line = 0, first_line
    while position < len(text):
        match = _LINE.match(text, position)
        if match is None or match["key"] in entries or len(entries) >= _MOST or not match[0][:-1].isprintable():
            return None
        start, end = match.span("key")
        entries[match["key"]] = Scalar(match["key"], line, 1, start, end), value_of(match, line)
        position, line = match.end(), line + 1
    return Mapping(tuple(entries.values()), first_line, 1, 0, len(text))


def value_of(match: re.Match[str], line: int) -> Node:
    """The value in a line: the text of the last group that matched, which says by its name what it is."""
    kind = match.lastgroup or ""
    start, end = match.span(kind)
    before = match.start() - 1
    if kind != "list":
        return _scalar(match[kind], line, start - before, start, end)
    items: list[Scalar] = []
    inner = match.string[start + 1 : end - 1]
    at = start + 1
    for item in _ITEMS.findall(inner) if '"' in inner else inner.split(", ") if inner else ():
        items.append(_scalar(item, line, at - before, at, at + len(item)))
        at += len(item) + 2
    return Sequence(tuple(items), line, start - before, start, end, flow=True)


def _scalar(text: str, line: int, column: int, start: int, end: int) -> Scalar:
    if text[0] in "\"'":
        return Scalar(text[1:-1], line, column, start, end, style=text[0])
    return Scalar(None if text in _NULLS else text, line, column, start, end)
