"""What a capsule holds: its fields, said once, and the values in the current version of the format.

Source: seed 001, contract §3 (capsule), origins §2.2.
"""

from __future__ import annotations

from volon.model.records.fields import Field, Kind
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.records.task import AcceptanceItem

SCHEMA_VERSION = 2
TYPE = "task-pcc-capsule"
CONFIDENCES = ("high", "medium", "low")
MODES = ("soft", "restart", "compact")
FACTS = (
    *("paused_commit", "branch", "upstream", "upstream_commit", "worktree"),
    *("operation", "operation_head", "snapshot"),
)
"""What a pause writes alike into its capsule and its checkpoint."""
DERIVED = frozenset({"conflicted", "modified", "added", "deleted", "renamed"})
"""What a pause writes as the reason of a key file that nobody named."""

FIELDS = (
    Field("type", Kind.LINE, "Says what the file is.", required=True, choices=(TYPE,)),
    Field("schema_version", Kind.INT, "The format's version.", required=True),
    Field(
        "uid", Kind.ULID, "The pause that wrote it; shared with its checkpoint and snapshot.", required=True, since=2
    ),
    Field("task_id", Kind.TASK_ID, "The task it belongs to.", required=True),
    Field("paused_commit", Kind.COMMIT, "HEAD at the pause; null on an unborn branch.", required=True, nullable=True),
    Field("paused_at", Kind.TIME, "When the pause was made.", required=True),
    Field(
        "confidence", Kind.LINE, "How sure the author is; low asks for a review.", required=True, choices=CONFIDENCES
    ),
    Field("branch", Kind.NAME, "The branch; null when HEAD was detached.", since=2),
    Field("upstream", Kind.NAME, "Its upstream, such as origin/main.", since=2),
    Field("upstream_commit", Kind.COMMIT, "Where the upstream stood at the pause.", since=2),
    Field("worktree", Kind.NAME, "`.` for the main worktree, else the linked one's path from there.", since=2),
    Field("mode", Kind.LINE, "Which advice was printed.", choices=MODES, since=2),
    Field("checkpoint", Kind.PATH, "The checkpoint written by the same pause.", since=2),
    Field("snapshot", Kind.COMMIT, "The commit with the uncommitted work; null when nothing was saved.", since=2),
    Field("operation", Kind.LINE, "The merge, rebase, … that was in progress.", since=2),
    Field("operation_head", Kind.COMMIT, "What was being merged, picked or rebased onto.", since=2),
    Field("resumed_at", Kind.TIME, "When the task was resumed from it; null until then.", since=2),
    Field("resumed_commit", Kind.COMMIT, "HEAD at that resume.", since=2),
    Field("resumed_from", Kind.INT, "The checkpoint it was resumed from by number; the next one's parent.", since=2),
    Field("resumed_from_uid", Kind.ULID, "That checkpoint's uid.", since=2),
    Field("you_were", Kind.LINE, "The file written last before the pause, with its last changed line.", since=2),
    Field("note", Kind.LINE, "The note given at the pause.", since=2),
    Field("summary", Kind.LINE, "What the session was about.", since=2),
    Field("external", Kind.LIST, "Keys whose value lies in another repository and is not checked.", since=2),
)
_KEY_FILE = (
    Field("path", Kind.LINE, "Relative to the repository root.", required=True),
    Field("why", Kind.LINE, "What changed in it, or why it matters."),
)
_COMMAND = (
    Field("command", Kind.LINE, "The command line.", required=True),
    Field("outcome", Kind.LINE, "pass, fail, partial, or words."),
)
ACCEPTANCE = (
    Field("text", Kind.LINE, "What must hold.", required=True),
    Field("done", Kind.BOOL, "Whether it does."),
)
BODY = (
    Field("goal", Kind.LINE, "One sentence."),
    Field("acceptance", Kind.OBJECTS, "The acceptance criteria, in brief.", items=ACCEPTANCE),
    Field("plan", Kind.TEXT, "What is believed, and what is tried next."),
    Field("key_files", Kind.OBJECTS, "The files that matter.", items=_KEY_FILE),
    Field("commands", Kind.OBJECTS, "The last commands and what came of them.", items=_COMMAND),
    Field("diffstat", Kind.TEXT, "`git diff --stat` at the pause."),
    Field("untracked", Kind.LIST, "Files git did not know at the pause."),
    Field("next_actions", Kind.LIST, "One to three next actions, explicit and verifiable."),
    Field("questions", Kind.LIST, "What is not known yet."),
    Field("blockers", Kind.LIST, "What holds the work up."),
)


@dataclass(frozen=True, slots=True)
class KeyFile:
    """A file that matters, and why."""

    path: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class CommandOutcome:
    """A command that was run, and what came of it."""

    command: str
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class Capsule:
    """What a capsule says, in the current version of the format. The fields are those of `FIELDS` and `BODY`."""

    task_id: str
    uid: str | None
    paused_commit: str | None
    paused_at: datetime
    confidence: str = "medium"
    schema_version: int = SCHEMA_VERSION
    branch: str | None = None
    upstream: str | None = None
    upstream_commit: str | None = None
    worktree: str | None = None
    mode: str | None = None
    checkpoint: str | None = None
    snapshot: str | None = None
    operation: str | None = None
    operation_head: str | None = None
    resumed_at: datetime | None = None
    resumed_commit: str | None = None
    resumed_from: int | None = None
    resumed_from_uid: str | None = None
    you_were: str | None = None
    note: str | None = None
    summary: str | None = None
    external: tuple[str, ...] = ()
    goal: str = ""
    acceptance: tuple[AcceptanceItem, ...] = ()
    plan: str = ""
    key_files: tuple[KeyFile, ...] = ()
    commands: tuple[CommandOutcome, ...] = ()
    diffstat: str = ""
    untracked: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()

    @property
    def named_files(self) -> tuple[str, ...]:
        """The key files, each with why it matters."""
        return tuple(f"{item.path}: {item.why}" if item.why else item.path for item in self.key_files)
