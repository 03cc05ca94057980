"""What a status says of work that is not in progress here.

Source: contract §4 (`status`), issue "Every byte back" (forecast, two machines).
"""

from __future__ import annotations

from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.handoff import ClaimView


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereView:
    """A task that is paused on another branch or in another worktree, or whose files are gone.

    Attributes:
        gone: what is not there any more and `command` makes up for: `worktree`, `records`, or nothing; `astray` is a
            working tree that git keeps a branch for and cannot find.
        came: it was paused on another machine, and `handoff` brought it.
        claim: who has claimed it, as far as this clone has heard.
        task_uid: tells tasks of the same id apart.
        listed: it has a task file here, so that `task list` shows it.
    """

    task_id: str
    title: str
    branch: str | None
    worktree: str
    checkpoint: int
    paused_at: str
    age: str
    command: str
    gone: str = ""
    came: bool = False
    claim: ClaimView | None = None
    task_uid: str | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlsoView:
    """A task in progress that the status is not about: here, or in another working tree.

    Attributes:
        worktree: as records name it, from the main one.
        command: leads to it, or says more of it.
    """

    task_id: str
    title: str
    worktree: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """Whether a piece of unfinished work would fit somewhere, if it were brought there.

    Attributes:
        work: a task, or the working tree as it is.
        against: `HEAD`, a branch or another task.
        paths: what would be left in conflict; empty when it fits, None when it cannot be said.
        reason: why it cannot be said.
    """

    work: str
    against: str
    paths: tuple[str, ...] | None = None
    reason: str = ""
