"""How a task stands, as shown: the task, what was found of it, and the status made of both.

Source: contract §4.
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.elsewhere import AlsoView, ElsewhereView, ForecastView
    from volon.model.results.evidence import EvidenceView
    from volon.model.results.handoff import ClaimView
    from volon.model.results.pipeline import PipelineGlance


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """One preflight finding as shown and as given to programs; codes are those of docs/PREFLIGHT.md."""

    code: str
    severity: str
    sentence: str
    detail: tuple[str, ...] = ()
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """One task in a list."""

    task_id: str
    status: str
    title: str
    priority: str | None = None
    updated_at: str | None = None
    prior_status: str | None = None
    blocker_type: str | None = None
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusResult(Result):
    """Where the work stands.

    Attributes:
        state: `idle`, `doing`, `paused`, `drifted`, `elsewhere` or `unfinished` (an operation waits to be completed).
        operation: what git is in the middle of.
        unmerged: the paths that git has in conflict.
        findings: of a paused task all; of one in progress, that files its last pause saved are not here.
        newer: commits and paths that the task's last checkpoint does not know; without a task the changed paths.
        restaged: files that are as that checkpoint has them, but for their staged version.
        also: the other tasks in progress here; where none is, those in other working trees.
        conflicts: the forecast; None when it was not asked for.
        claim: who has claimed the task, as far as this clone has heard.
        evidence: commands that were run: since the task's last checkpoint, or, for a paused one, before its pause.
        pipelines: those that are not done.
    """

    SCHEMA: ClassVar[str] = "volon/status@1"

    state: str
    branch: str | None
    head: str | None
    worktree: str = "."
    task: TaskView | None = None
    checkpoint: int | None = None
    paused_at: str | None = None
    age: str | None = None
    operation: str | None = None
    unmerged: tuple[str, ...] = ()
    findings: tuple[FindingView, ...] = ()
    newer: tuple[str, ...] = ()
    restaged: tuple[str, ...] = ()
    elsewhere: tuple[ElsewhereView, ...] = ()
    also: tuple[AlsoView, ...] = ()
    claim: ClaimView | None = None
    next_command: str = ""
    conflicts: tuple[ForecastView, ...] | None = None
    evidence: tuple[EvidenceView, ...] = ()
    pipelines: tuple[PipelineGlance, ...] = ()
