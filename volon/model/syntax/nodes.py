"""YAML as volon sees it: scalars, lists and mappings, each with its place in the file.

Source: reliability S9.
"""

from __future__ import annotations

from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

Value: TypeAlias = "str | list[Value] | dict[str, Value] | None"
"""A plain value. Every scalar is text, or None for nothing, `~` and `null`."""


class Scalar(NamedTuple):
    """One scalar: its text (None for null), 1-based place, character span in the parsed text, and its style."""

    value: str | None
    line: int
    column: int
    start: int
    end: int
    style: str = ""

    @property
    def block(self) -> bool:
        """Whether it is written as a block, with `|` or `>`."""
        return self.style in {"|", ">"}

    def plain(self) -> Value:
        """The string, or None."""
        return self.value


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list; `flow` tells `[a, b]` from `- a`."""

    items: tuple[Node, ...]
    line: int
    column: int
    start: int
    end: int
    flow: bool

    def plain(self) -> Value:
        """The values as a list."""
        return [item.plain() for item in self.items]


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping, in the order of the file."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int
    column: int
    start: int
    end: int

    def plain(self) -> dict[str, Value]:
        """The values as a dict."""
        return {str(key.value): value.plain() for key, value in self.entries}

    def find(self, key: str) -> tuple[Scalar, Node] | None:
        """The entry with this key, or None."""
        for entry in self.entries:
            if entry[0].value == key:
                return entry
        return None


Node: TypeAlias = Scalar | Sequence | Mapping


def nothing(line: int = 1) -> Mapping:
    """The mapping of an empty text."""
    return Mapping((), line, 1, 0, 0)
