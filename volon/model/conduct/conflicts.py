"""Conflicts as they stand in a file, between git's markers, and whether somebody's resolution holds both sides.

Source: issue "conduct" (a merge worker: no marker and no lost side remains).
"""

from __future__ import annotations

from volon.patterns import pattern
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_BEGIN, _BASE, _MIDDLE, _END = "<<<<<<< ", "||||||| ", "=======", ">>>>>>> "
_MARKER = pattern(r"(?:[<>|]{7} .*|={7})")


class Piece(NamedTuple):
    """A stretch of a file: lines that both sides have, or what each of them has instead."""

    mine: tuple[str, ...]
    theirs: tuple[str, ...] | None = None


def pieces(text: str) -> list[Piece]:
    """Return a file with conflict markers in pieces, where both agree and where they do not, in turns."""
    found: list[Piece] = []
    sides: tuple[list[str], list[str], list[str]] = ([], [], [])
    same, at = list[str](), -1
    for line in text.split("\n"):
        if at < 0 and line.startswith(_BEGIN):
            found.append(Piece(tuple(same)))
            same, sides, at = [], ([], [], []), 0
        elif at == 0 and line.startswith(_BASE):
            at = 2
        elif at in {0, 2} and line.rstrip("\r") == _MIDDLE:
            at = 1
        elif at == 1 and line.startswith(_END):
            found.append(Piece(tuple(sides[0]), tuple(sides[1])))
            at = -1
        else:
            (same if at < 0 else sides[at]).append(line)
    return [*found, Piece(tuple(same))]


def unresolved(path: str, before: str, after: str) -> Iterator[str]:
    """Yield what is wrong with a resolution.

    Args:
        path: the file's, to name it.
        before: with its conflicts.
        after: as somebody left it.
    """
    parts = pieces(before)
    own = {line for part in parts for side in part for line in side or ()}
    lines = after.split("\n")
    left = [
        f"{path}:{n}: {line[:40]}"
        for n, line in enumerate(lines, 1)
        if _MARKER.fullmatch(line.rstrip("\r")) and line not in own
    ]
    if left:
        yield from left
        return
    known = set(lines)
    for number, (around, conflict, behind) in enumerate(zip(parts[::2], parts[1::2], parts[2::2], strict=False), 1):
        sides = conflict.mine, conflict.theirs or ()
        for side, other in (sides, sides[::-1]):
            lost = {line for line in other if line.strip()} - set(side)
            if (not other or not lost <= known) and _has(lines, (*around.mine[-1:], *side, *behind.mine[:1])):
                yield f"{path}: conflict {number} ended as one of its sides; what the other did is lost"
                break


def _has(lines: list[str], wanted: tuple[str, ...]) -> bool:
    size = len(wanted)
    return any(tuple(lines[at : at + size]) == wanted for at in range(len(lines) - size + 1))
