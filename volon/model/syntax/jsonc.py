"""JSON as programs' settings are written, with comments and commas at the end: read so that it can be edited in place.

Every value keeps where it stands, so that one can be added or taken out and no other byte moves. What a strict reader
would refuse and every program reads its own way (a key twice in one object) is refused.

Source: issue "Where agents live" (settings of other tools are edited surgically).
"""

from __future__ import annotations

import json

from volon.patterns import pattern
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import NoReturn

    Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_DEEPEST = 64
_CLOSES = {"{": "}", "[": "]"}
_NO_NUMBERS = {"NaN", "Infinity", "-Infinity"}
"""What Python's own reader takes for numbers."""
_NEXT = pattern(
    r"(?:[ \t\r\n]+|//[^\r\n]*|/\*[^*]*(?:\*(?!/)[^*]*)*\*/)*"
    r'("[^"\\\x00-\x1f]*(?:\\.[^"\\\x00-\x1f]*)*"|[{}\[\]:,]|[^\s{}\[\]:,"/]+|)'
)
"""A gap, and the token behind it."""


class NotJson(ValueError):
    """A text is not JSON, or says something twice.

    Attributes:
        line: where, from 1.
    """

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


class Item(NamedTuple):
    """A member of an object, or an element of an array.

    Attributes:
        start: where its key begins, or its value in an array.
        comma: where the comma behind it is; -1 without one.
        key: empty in an array.
    """

    start: int
    comma: int
    node: Node
    key: str = ""


class Node(NamedTuple):
    """A value, from `start` to `end`; `plain` is what it says, `items` what stands in it."""

    start: int
    end: int
    plain: Json
    items: tuple[Item, ...] = ()

    def member(self, key: str) -> Item | None:
        """Return a member of an object."""
        return next((one for one in self.items if one.key == key), None) if isinstance(self.plain, dict) else None


def read(text: str) -> Node:
    """Return the one value of a text.

    Raises:
        NotJson: it is none, an object has a key twice, or it is nested deeper than anybody writes.
    """
    reader = _Reader(text)
    node = reader.value(0)
    if reader.peek():
        reader.refuse("something follows the value")
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self._seen, self._token = -1, ""

    def peek(self) -> str:
        """Go to the next token and return it; at the end there is none."""
        if self._seen != self.at and (found := _NEXT.match(self.text, self.at)):
            self._seen = self.at = found.start(1)
            self._token = found[1]
            if not self._token and self.at < len(self.text):
                self.refuse("this is not JSON")
        return self._token

    def refuse(self, what: str) -> NoReturn:
        raise NotJson(self.text.count("\n", 0, self.at) + 1, what)

    def value(self, depth: int) -> Node:
        opened, start = self.peek(), self.at
        if opened not in _CLOSES:
            plain = self._scalar(opened)
            return Node(start, self.at, plain)
        if depth == _DEEPEST:
            self.refuse("it is nested too deeply")
        self.at += 1
        items = tuple(self._items(_CLOSES[opened], depth))
        values = [one.node.plain for one in items]
        whole: Json = dict(zip([one.key for one in items], values, strict=True)) if opened == "{" else values
        return Node(start, self.at, whole, items)

    def _items(self, close: str, depth: int) -> Iterator[Item]:
        seen = set[str]()
        while self.peek() != close:
            start = self.at
            key = self._key(seen) if close == "}" else ""
            node = self.value(depth + 1)
            comma = self.at if self.peek() == "," else -1
            if comma < 0 and self.peek() != close:
                self.refuse(f"a comma or {close} is missing")
            self.at += comma >= 0
            yield Item(start, comma, node, key)
        self.at += 1

    def _key(self, seen: set[str]) -> str:
        key = self._scalar(self.peek())
        if not isinstance(key, str):
            self.refuse("a key is missing")
        if key in seen:
            self.refuse(f'"{key}" stands here a second time')
        seen.add(key)
        if self.peek() != ":":
            self.refuse("a colon is missing")
        self.at += 1
        return key

    def _scalar(self, token: str) -> Json:
        try:
            plain: Json = token[1:-1] if token[:1] == '"' and "\\" not in token else json.loads(token)
        except ValueError:
            self.refuse("this is not JSON" if token else "it ends too early")
        if token in _NO_NUMBERS:
            self.refuse("this is not JSON")
        self.at += len(token)
        return plain
