"""What the use-cases say about plans.

Source: contract §6 (conduct); seeds 000 and 002.
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.pipeline import PipelineView
    from volon.model.results.recalled import BudgetView, RecallView


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseView:
    """One phase of a plan; what comes after `status` is of its result.

    Attributes:
        time: as READY.md estimates it; empty when it does not.
        status: `pending`, `begun` or `complete`, which it is when its result is there.
        checkpoint: the commit it ended with.
        worked_ms: how long its tickets took together; 0 when nobody knows.
        tests_passing: None when it has no test commands, or no result yet.
    """

    number: int
    name: str
    time: str
    modules: tuple[str, ...]
    status: str
    checkpoint: str | None = None
    completed_at: str | None = None
    worked_ms: int = 0
    fixes: int = 0
    tests_passing: bool | None = None
    files_created: tuple[str, ...] = ()
    files_changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscoveryView:
    """Something that was found out while a plan was carried out.

    Attributes:
        kind: `discovery`, `gotcha`, `correction`, `performance` or `security`.
        impact: `core` where it changes the approach, else `minor`.
        approved: a person stands behind it.
        source: `user`, or the ticket whose worker said it.
        original_spec, reality, action_taken: of a correction.
    """

    number: int
    kind: str
    title: str
    evidence: str
    impact: str
    approved: bool
    obsolete: bool
    source: str
    recorded_at: str
    original_spec: str | None = None
    reality: str | None = None
    action_taken: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubtaskView:
    """A part of a plan, which is a plan itself; `phases` counts."""

    plan_id: str
    title: str
    status: str
    phases: int
    phases_complete: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanView:
    """A plan.

    Attributes:
        status: `planned`, `complete`, `given-up` (called complete by force, without all phases), or that of its
            pipeline: `executing` or `paused`.
        reason: why it is paused, as of its pipeline.
        file: its pipeline.
        tokens_in, tokens_out: what the workers of complete phases say they used; None when none said.
        learnt: discoveries and corrections that they reported without evidence.
        discoveries: those that have it.
        completed_at: when its checklist was passed, or `forced`; None before `conduct complete`.
        parent: the plan that it is a part of.
        subtasks: its parts, which are complete before its own phases begin.
    """

    plan_id: str
    title: str
    branch: str
    status: str
    reason: str | None
    file: str
    phases: tuple[PhaseView, ...]
    phases_complete: int
    tokens_in: int | None = None
    tokens_out: int | None = None
    learnt: tuple[str, ...] = ()
    discoveries: tuple[DiscoveryView, ...] = ()
    completed_at: str | None = None
    forced: bool = False
    parent: str | None = None
    subtasks: tuple[SubtaskView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """A command that a plan would run: for `implement`, `fix`, `test`, `lint` or `imports`, or of a ticket.

    Attributes:
        env: variables that the ticket sets besides.
    """

    role: str
    line: str
    env: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductStartResult(Result):
    """A plan that was made and not begun, or a READY.md that was written to be filled in.

    Attributes:
        plan: None where there was only a description.
        commands: what it would run.
        env: variables that its pipeline sets for all of them.
        unlike: what else of the pipeline volon would not have made of READY.md here, with the tickets concerned.
        changed: lines of the pipeline that differ from what was agreed to.
        digest: of the pipeline, which names all of that: what is agreed to.
        written: the READY.md to fill in.
        agree: the command that says yes to it, where nobody could be asked.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-start@1"

    plan: PlanView | None
    commands: tuple[CommandView, ...] = ()
    env: dict[str, str] = field(default_factory=dict)
    unlike: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    digest: str = ""
    written: str | None = None
    agree: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductRecallResult(Result):
    """A plan that is gone on with, before anything of it runs."""

    SCHEMA: ClassVar[str] = "volon/conduct-recall@1"

    plan: PlanView
    recall: RecallView


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductRunResult(Result):
    """A plan that was carried out until it was complete or paused.

    Attributes:
        outcome: that of its pipeline: `finished`, `paused`, or `told` when another process runs it and goes on.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-run@1"

    outcome: str
    plan: PlanView
    pipeline: PipelineView
    recall: RecallView


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductStatusResult(Result):
    """How a plan stands; the pipeline is None where it never ran, and all is where no plan was made."""

    SCHEMA: ClassVar[str] = "volon/conduct-status@1"

    plan: PlanView | None
    pipeline: PipelineView | None = None
    recall: RecallView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductBudgetResult(Result):
    """The tokens of a plan, or of its part whose turn it is; all is None where no plan was made.

    Attributes:
        phase: the one that is next, or under way; None when all are complete.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-budget@1"

    plan_id: str | None
    title: str | None = None
    phase: int | None = None
    budget: BudgetView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductPauseResult(Result):
    """A plan that is paused.

    Attributes:
        already: it was so before.
        checkpoint: of the task in progress, which was paused with it.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-pause@1"

    already: bool
    plan: PlanView
    pipeline: PipelineView
    recall: RecallView
    checkpoint: int | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductStepResult(Result):
    """What one ticket of a plan's pipeline did.

    Attributes:
        says: in one sentence.
        lines: what was looked at, a line for each.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-step@1"

    plan_id: str
    phase: int
    step: str
    says: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductDiscoverResult(Result):
    """What was found out: all of it, or the one thing that was written down, approved or set aside.

    Attributes:
        done: `listed`, `shown`, `recorded`, `approved` or `obsolete`.
        page: where people read it, when that was written.
        archived: where older entries of the page went, when they did.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-discover@1"

    plan_id: str
    done: str
    discoveries: tuple[DiscoveryView, ...]
    page: str | None = None
    archived: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductSubtaskResult(Result):
    """A specification that is to be carried out in parts.

    Attributes:
        plan: the one that begins when its subtasks are complete, and checks that they integrate.
        commands: what all of them would run.
    """

    SCHEMA: ClassVar[str] = "volon/conduct-subtask@1"

    plan: PlanView
    commands: tuple[CommandView, ...]
