"""Where the values of a frontmatter stand, and how one is replaced: what only editing and telling a line needs.

Source: contract §3 (byte-identical outside the part volon changes), reliability S9.
"""

from __future__ import annotations

from volon.model.syntax.frontmatter import after_line
from volon.model.syntax.nodes import Mapping, Scalar, Sequence, nothing
from volon.model.syntax.plainyaml import read_plain
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.syntax.nodes import Node

_STATED = pattern(r"[|>][+-]?([1-9])")


def load(text: str, front: tuple[int, int] | None, path: str) -> Mapping:
    """What stands where in a frontmatter.

    Args:
        text: the whole record.
        front: the span of the frontmatter; None when there is none.
        path: named in problems.

    Raises:
        FrontmatterError: it is no YAML of the accepted subset.
    """
    if front is None:
        return nothing()
    if (plain := read_plain(text[front[0] : front[1]], first_line=2)) is not None:
        return plain
    from volon.model.syntax.handler import load_tree  # noqa: PLC0415  costs more than most files take to parse

    return load_tree(text, front, path)


def replaced(text: str, offset: int, entry: tuple[Scalar, Node], rendered: str) -> str:
    """The text with one value replaced; blanks before it and a comment behind it stay."""
    key, value = entry
    colon = text.index(":", offset + key.end) + 1
    start, end = offset + value.start, value_end(text, offset, entry)
    if key.line == value.line and not (isinstance(value, Scalar) and value.block):
        return f"{text[:start]}{' ' if start == colon else ''}{rendered}{text[end:]}"
    _, hash_, comment = text[colon : after_line(text, colon)].rstrip("\r\n").partition("#")
    return f"{text[:colon]} {rendered}{' ' if hash_ else ''}{hash_}{comment}{text[end:]}"


def value_end(text: str, offset: int, entry: tuple[Scalar, Node]) -> int:
    """Where a value's last character ends, before any comment or line end behind it; nothing ends at its `:`."""
    key, value = entry
    return _node_end(text, offset, value, key.column - 1)


def _node_end(text: str, offset: int, node: Node, indent: int) -> int:
    if isinstance(node, Mapping) and node.entries:
        return value_end(text, offset, node.entries[-1])
    if isinstance(node, Sequence) and not node.flow:
        return _node_end(text, offset, node.items[-1], node.column - 1)
    if isinstance(node, Scalar) and node.block:
        return _block_end(text, offset + node.start, indent)
    return offset + node.end


def _block_end(text: str, start: int, parent: int) -> int:
    """The end of a block scalar: its header, then every line that is blank or indented as its content is.

    The header may say how much deeper than its parent the content stands; else the first line with text shows it.
    """
    below = after_line(text, start)
    end = len(text[:below].rstrip("\r\n"))
    stated = _STATED.match(text[start:below])
    indent = parent + int(stated[1]) if stated else 0
    first = below
    for line in text[below:].split("\n"):
        content = line.rstrip("\r")
        if content.strip():
            width = len(content) - len(content.lstrip(" "))
            indent = indent or width
            if width < max(indent, parent + 1):
                break
            end = first + len(content)
        first += len(line) + 1
    return end
