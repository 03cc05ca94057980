"""What comes back with a plan: its phases as they are read again, its tokens, and what there is to do next.

Source: seed 000; contract §6 (sessions).
"""

from __future__ import annotations

from volon.plain import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseTokens:
    """What the workers of a phase used; None where none said."""

    phase: int
    tokens_in: int | None
    tokens_out: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetView:
    """The tokens of a plan.

    Attributes:
        tokens_in, tokens_out, used: of all phases; None where no worker said.
        limit: `tokens.limit` of the settings; None where there is none.
        percent: which share of the limit is used.
        advice: `high` above 70 percent, `pause` above 85.
        phases: each that began.
        resume: about how many tokens it takes to read what a resume says.
    """

    tokens_in: int | None
    tokens_out: int | None
    used: int | None
    limit: int | None
    percent: float | None
    advice: str
    phases: tuple[PhaseTokens, ...]
    resume: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseRecall:
    """A complete phase as it is read again.

    Attributes:
        short: it is told in short, because tokens are scarce; all of it is in its result.
        lines: what there is to know of it.
    """

    phase: int
    name: str
    short: bool
    worked_ms: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallView:
    """What somebody who comes back to a plan needs.

    Attributes:
        directory: the working tree.
        phase: the one that is next, or under way; None when all are complete.
        paused_ago: how long ago it was paused, in words.
        next_steps: three to five, as far as there are so many.
        remaining_ms: an estimate, by how long complete phases took; None where nobody knows.
    """

    directory: str
    phase: int | None
    paused_at: str | None
    paused_ago: str | None
    budget: BudgetView
    phases: tuple[PhaseRecall, ...]
    next_steps: tuple[str, ...]
    remaining_ms: int | None
