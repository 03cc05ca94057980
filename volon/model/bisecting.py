"""Where something began to fail, asking as seldom as possible: a binary search that can pass over what cannot be told.

Source: issue "Every byte back" (`checkpoint bisect`).
"""

from __future__ import annotations

from volon.plain import StrEnum


class Verdict(StrEnum):
    """What a trial says about a state."""

    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"


class Search:
    """States in a row, numbered from 0, of which `good` is good and `bad`, further on, is bad.

    Attributes:
        good: the last state known to be good that the search goes on from.
        bad: the first state known to be bad after it.
    """

    def __init__(self, good: int, bad: int) -> None:
        self.good, self.bad = good, bad
        self._skipped: set[int] = set()

    def following(self) -> int | None:
        """Return the state to try next: the one nearest to the middle; None when no answer can change anything."""
        open_ones = [one for one in range(self.good + 1, self.bad) if one not in self._skipped]
        return min(open_ones, key=lambda one: (abs(2 * one - self.good - self.bad), one), default=None)

    def tell(self, state: int, verdict: Verdict) -> None:
        """Take in what the trial of the state that was asked for said."""
        if verdict is Verdict.GOOD:
            self.good = state
        elif verdict is Verdict.BAD:
            self.bad = state
        else:
            self._skipped.add(state)

    @property
    def suspects(self) -> tuple[int, ...]:
        """The states of which one is the first bad one; a single one when nothing that was skipped hides it."""
        return tuple(range(self.good + 1, self.bad + 1))
