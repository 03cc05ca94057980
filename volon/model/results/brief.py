"""What a returning agent or person should read.

Source: contract §8 (A brief that fits).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefLine:
    """One thing worth reading.

    Attributes:
        source: where it is from: `task`, `capsule`, `git`, `plan`, `pipeline`, `elsewhere` or `volon`.
        label: what it is.
        command: shows or resolves it.
        must: it is in every brief, cut where the budget is small.
    """

    source: str
    label: str
    text: str
    command: str | None = None
    must: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefResult(Result):
    """What to read on return, the most valuable first.

    Attributes:
        state: as of `status`, and `todo` for none in progress.
        says: what it is about, in volon's words.
        next_command: how to go on.
        sources: the files that the lines are from, in volon's words.
        hints: what an agent does before it stops.
        lines: as many as the budget has room for, uncut.
        left_out: how many more there are.
        budget: the most tokens it may have; one is four bytes of UTF-8.
        tokens: how many it has.
        text: the brief itself.
    """

    SCHEMA: ClassVar[str] = "volon/brief@1"

    state: str
    task_id: str | None
    says: str
    next_command: str
    sources: tuple[str, ...]
    lines: tuple[BriefLine, ...]
    hints: tuple[str, ...] = ()
    left_out: int = 0
    budget: int = 0
    tokens: int = 0
    text: str = ""
