"""What the use-cases say about handing work from machine to machine.

Source: contract §4 (`handoff`), §7 (claim).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """Who has claimed a task, as it was when the remote was asked last.

    Attributes:
        held: false when it was given back.
        mine: this clone has it.
        at: when it was claimed or given back, as its own clock said.
    """

    task_id: str
    held: bool
    who: str
    clone: str
    at: str
    age: str
    mine: bool
    remote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SentView:
    """One ref that was sent, or that came.

    Attributes:
        ref: its full name on the remote or in the file.
        title: of the task; empty for a snapshot that came.
    """

    ref: str
    commit: str
    task_id: str = ""
    title: str = ""
    checkpoint: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAlongView:
    """A plan whose records are files in the commit that a pause stands on.

    Attributes:
        commit: that one.
        missing: how many of its records the commit has not, as they are now; then it does not come along as it stands.
        command: of one that came: what brings it here, and goes on.
    """

    plan_id: str
    commit: str
    missing: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffSendResult(Result):
    """What was sent to a remote, or written into a file.

    Attributes:
        to: the remote's name, or the file.
        sent: refs that were not there before; empty when everything was.
        searched: how many objects left, all of them searched for secrets before.
        needs: for a file, commits that the other machine must have already.
        plan: the one under way here, and whether it comes along.
    """

    SCHEMA: ClassVar[str] = "volon/handoff-send@1"

    to: str
    task_id: str
    title: str
    checkpoint: int
    sent: tuple[SentView, ...]
    searched: int = 0
    needs: tuple[str, ...] = ()
    plan: PlanAlongView | None = None
    next_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffReceiveResult(Result):
    """What came from a remote, or out of a file.

    Attributes:
        source: the remote's name, or the file.
        came: refs that were not known here before.
        refused: what was offered and not taken, each with the reason.
        claims: those that the remote has; none out of a file.
        plan: one that came along, and is not here yet.
    """

    SCHEMA: ClassVar[str] = "volon/handoff-receive@1"

    source: str
    came: tuple[SentView, ...]
    refused: tuple[str, ...] = ()
    claims: tuple[ClaimView, ...] = ()
    plan: PlanAlongView | None = None
    next_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffClaimResult(Result):
    """A task is claimed, or given back.

    Attributes:
        already: nothing was to do.
        before: who had it, when it was taken over.
    """

    SCHEMA: ClassVar[str] = "volon/handoff-claim@1"

    remote: str
    title: str
    claim: ClaimView
    already: bool = False
    before: ClaimView | None = None
    next_command: str = ""
