"""Whether one version of a file is still inside a later one, judged by its lines, or proven by its id alone.

Only lines that say something are counted: brackets and blank lines prove nothing.

Source: contract §5 (`tree.absorbed`, `tree.lost`).
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

Lines: TypeAlias = Counter[bytes]
Step: TypeAlias = tuple[list[bytes], list[bytes]]

_TELLING = pattern(rb"\w")
_MOST_BYTES, _MOST_LINES, _MOST_STEPS = 1 << 18, 3000, 10


@dataclass(frozen=True, slots=True)
class Kept:
    """How much of what was done between two versions is there in a later one.

    Attributes:
        before: the lines before it was done.
        was: the lines after it.
        now: the lines of later.
    """

    before: Lines
    was: Lines
    now: Lines

    @property
    def _added(self) -> Lines:
        return self.was - self.before

    @property
    def _back(self) -> bool:
        """Whether a line that was removed is there again."""
        return any(self.now[line] > self.was[line] for line in self.before - self.was)

    @property
    def whole(self) -> bool:
        """Whether every line that was added is there, and none that was removed."""
        return self._added <= self.now and not self._back

    @property
    def partly(self) -> bool:
        """Whether at least one line that was added is there."""
        return bool(self._added & self.now)

    @property
    def went_on(self) -> bool:
        """Whether the later version keeps all of it, or has lines of its own in the place of what it lacks."""
        own = self.now - (self.was | self.before)
        replaced = bool(self.before - self.was) and not self._back
        return self.whole or (bool(own) and (self.partly or replaced))


def telling_lines(data: bytes) -> Lines:
    """Return the lines that say something, however they end."""
    return Counter(line.rstrip(b"\r") for line in data.split(b"\n") if _TELLING.search(line))


def is_proven(before: bytes, now: bytes, is_it: Callable[[bytes], bool]) -> bool:
    """Return whether undoing some of what lies between two versions gives a third, of which only the id is known.

    Args:
        before: the one version.
        now: the other.
        is_it: tells the third by its content.
    """
    if max(len(before), len(now)) > _MOST_BYTES:
        return False
    old, new = before.splitlines(keepends=True), now.splitlines(keepends=True)
    if max(len(old), len(new)) > _MOST_LINES:
        return False
    parts = list(_parts(old, new))
    steps = [number for number, (was, put) in enumerate(parts) if was != put]
    if len(steps) > _MOST_STEPS:
        return False
    chosen = (set(choice) for size in range(len(steps)) for choice in combinations(steps, size))
    return any(is_it(b"".join(_lines(parts, done))) for done in chosen)


def _lines(parts: Sequence[Step], done: set[int]) -> Iterator[bytes]:
    """Give the lines with only the chosen steps done."""
    for number, (was, put) in enumerate(parts):
        yield from put if number in done else was


def _parts(old: list[bytes], new: list[bytes]) -> Iterator[Step]:
    """Give what is equal and, line by line, what differs."""
    from difflib import SequenceMatcher  # noqa: PLC0415  seldom needed

    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield old[i1:i2], new[j1:j2]
            continue
        for offset in range(max(i2 - i1, j2 - j1)):
            yield old[i1 + offset : min(i1 + offset + 1, i2)], new[j1 + offset : min(j1 + offset + 1, j2)]
