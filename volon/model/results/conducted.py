"""What the use-cases say about the end of plans, and about what can be gone on with.

Source: contract §2.13, §6 (conduct, sessions); seeds 000 and 002.
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.handoff import ClaimView
    from volon.model.results.restore import LeftView


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductRollbackResult(Result):
    """The files of a plan as they were at the end of one of its phases, or what that would change.

    Attributes:
        phase: whose end it is; 0 is before the first one.
        checkpoint: the commit that has the files.
        phases: those that were complete, and are not any more.
        commits: those whose changes are taken back; they stay in the history.
        created, overwritten, deleted: paths.
        left: what stays as it is although one might expect otherwise.
        op: of this operation; None when nothing was changed.
        commit: on the branch, takes the commits back; None where there are none, or nothing was changed.
        safety: the commit that holds everything as it was before, uncommitted files too.
        stopped: nobody has agreed to it.
        next_command: what agrees to it, when it stopped.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-rollback@1"

    plan_id: str
    phase: int
    name: str
    checkpoint: str
    phases: tuple[int, ...] = ()
    commits: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    left: tuple[LeftView, ...] = ()
    op: str | None = None
    commit: str | None = None
    safety: str | None = None
    stopped: bool = False
    next_command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointView:
    """One point of the checklist.

    Attributes:
        state: `passed`, `failed` or `skipped`, where nothing is named that could be looked at.
    """

    name: str
    state: str
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductCompleteResult(Result):
    """A plan that is called complete from now on, or what is missing for that.

    Attributes:
        points: the seven of them.
        completed: whether it is.
        forced: it is, although points failed.
        commit: HEAD at the time.
        output: the file that has all that was found, in full.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-complete@1"

    plan_id: str
    title: str
    points: tuple[PointView, ...]
    completed: bool
    forced: bool
    commit: str
    output: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionView:
    """A plan, or a paused task.

    Attributes:
        session_id: follows from what it is about; the same in every clone.
        kind: `plan` or `task`.
        names: the plan's id, or the task's.
        status: `active`, `stale` (who carried it out died), `paused`, `planned` (it never ran here), `complete`
            or `given-up` (called complete by force, without all of its phases).
        reason: why a plan is paused.
        complete, total: phases of a plan.
        at: since when it is so, or when something was last done; None when nobody knows.
        age: that in words.
        held_by: who carries it out now.
        next: the next phases, five at most.
        command: what goes on with it, or shows what is over.
        forced: it was called complete although points had failed.
        claim: the clone that has a plan, as it was when a remote was asked last.
    """

    session_id: str
    kind: str
    names: str
    title: str
    status: str
    reason: str | None
    complete: int | None
    total: int | None
    at: str | None
    age: str
    held_by: str | None
    next: tuple[str, ...]
    command: str
    forced: bool = False
    claim: ClaimView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductSessionsResult(Result):
    """What can be gone on with, the newest first; `one` when a single one was named."""

    SCHEMA: ClassVar[str] = "volon/conduct-sessions@1"

    sessions: tuple[SessionView, ...]
    one: bool = False
