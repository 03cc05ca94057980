"""What the commands of the protocol return: tasks, pause and resume, doctor, schemas, and errors.

Source: contract §4, design §1.
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.checks import ProblemView
    from volon.model.results.evidence import EvidenceView
    from volon.model.results.hooks import HookView
    from volon.model.results.standing import FindingView, TaskView


@dataclass(frozen=True, slots=True, kw_only=True)
class InitResult(Result):
    """`.volon/` is a shared part of the repository now."""

    SCHEMA: ClassVar[str] = "volon/init@1"

    created: tuple[str, ...]
    shared: bool
    state_files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult(Result):
    """One task after something was done to it, or shown."""

    SCHEMA: ClassVar[str] = "volon/task@1"

    task: TaskView
    created: bool = False
    verb: str = "show"
    description: str = ""
    acceptance: tuple[str, ...] = ()
    updates: tuple[str, ...] = ()
    next_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskListResult(Result):
    """All tasks of the workspace, those in progress first."""

    SCHEMA: ClassVar[str] = "volon/task-list@1"

    tasks: tuple[TaskView, ...]
    problems: tuple[ProblemView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSavedView:
    """One path that a pause did not save: why, as one word for programs, and in words."""

    path: str
    why: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseResult(Result):
    """A pause that is safe on disk (or, as a dry run, the plan of one).

    Attributes:
        already: the task was paused and nothing changed since, so nothing was written.
        going_on: the task is in progress again, as before.
        noted: how many paths differ from HEAD, by kind: `modified added deleted renamed conflicted untracked`.
        skipped: nested repositories and other paths that volon cannot speak for, by name.
        snapshot: the commit that holds the uncommitted work; None when there was none, or it was not to be saved.
        saved: how many paths it holds, by kind, `ignored` among them; None when nothing was to be saved.
        not_saved: what it does not hold, by name.
        note_derived: the note was made from the changed paths and the last commit.
        state_commit: the commit `--commit-state` made, else None.
        hooks: what ran once the pause was safe, or why it did not; under a dry run what would run.
    """

    SCHEMA: ClassVar[str] = "volon/pause-task@1"

    task_id: str
    title: str
    uid: str
    mode: str
    paused_at: str
    checkpoint: int
    checkpoint_path: str
    capsule_path: str
    paused_commit: str | None
    branch: str | None
    worktree: str
    operation: str | None
    note: str
    note_derived: bool
    next_actions: tuple[str, ...]
    noted: dict[str, int]
    blockers: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    snapshot: str | None = None
    saved: dict[str, int] | None = None
    not_saved: tuple[NotSavedView, ...] = ()
    created_task: bool = False
    already: bool = False
    going_on: bool = False
    written: tuple[str, ...] = ()
    state_commit: str | None = None
    resume_command: str = "volon resume-task"
    hooks: tuple[HookView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeResult(Result):
    """What a returning person needs, and whether the task is in progress again.

    Attributes:
        stopped: a blocker (or, with `--strict`, a warning) stopped it; nothing was written.
        brief: `full` or `short`.
        uid: of the checkpoint.
        called: the word for the checkpoint in a command: its number, or the uid where another has that number.
        work_after_pause: files changed since the pause, by name.
        key_files_more: how many changed files the pause did not take into `key_files`, where nobody named any.
        you_were: `path:line` of the newest change, or None.
        evidence: the recorded commands among `commands`, and whether they still say something about the tree.
        read_first: L0 context files, relative paths.
        route: the next step of the design stage, when there is a STATE.md.
        restored: files that `--restore` put back, or took away because the pause had them not.
        hooks: what ran before the task was taken up, or why it did not; under a dry run what would run.
    """

    SCHEMA: ClassVar[str] = "volon/resume-task@1"

    task_id: str
    title: str
    status: str
    prior_status: str | None
    checkpoint: int | None
    resumed_from: int | None
    paused_at: str | None
    age: str | None
    paused_commit: str | None
    branch: str | None
    findings: tuple[FindingView, ...]
    stopped: bool = False
    forced: bool = False
    brief: str = "full"
    goal: str = ""
    note: str = ""
    plan: str = ""
    summary: str = ""
    acceptance: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    key_files: tuple[str, ...] = ()
    key_files_more: int = 0
    you_were: str | None = None
    work_after_pause: tuple[str, ...] = ()
    read_first: tuple[str, ...] = ()
    route: str | None = None
    hints: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    restored: tuple[str, ...] = ()
    uid: str | None = None
    called: str | None = None
    hooks: tuple[HookView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One thing the doctor looked at; `state` is `ok`, `note`, `problem`, `fixed` or, under a dry run, `planned`."""

    name: str
    state: str
    sentence: str
    detail: tuple[str, ...] = ()
    command: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorResult(Result):
    """The machine, the set-up, and everything that was set aside."""

    SCHEMA: ClassVar[str] = "volon/doctor@1"

    checks: tuple[CheckView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorResult(Result):
    """What `--json` prints when a command fails."""

    SCHEMA: ClassVar[str] = "volon/error@1"

    error: str
    causes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaResult(Result):
    """One JSON Schema, or the names there are.

    Attributes:
        kinds: the names, when none was asked for.
        document: the schema of `kind`.
    """

    SCHEMA: ClassVar[str] = "volon/schema@1"

    kinds: tuple[str, ...] = ()
    kind: str | None = None
    document: dict[str, object] | None = None

    @property
    def text(self) -> str:
        """What a program reads that wants the schema and nothing around it; or a name on each line."""
        import json  # noqa: PLC0415  seldom asked for

        names = "".join(f"{name}\n" for name in self.kinds)
        return names if self.document is None else json.dumps(self.document, indent=2) + "\n"
