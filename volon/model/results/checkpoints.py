"""What looking at checkpoints returns.

Source: contract §4 (`volon checkpoint`), issue "Every byte back" (time travel).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.evidence import EvidenceView


class CheckpointView(NamedTuple):
    """One checkpoint in the timeline; `problems` is not empty when it cannot be trusted.

    It is a tuple, which takes a fifth of the time of filling a class where there are thousands.

    `column`, `joins`, `above` and `below` place it in the picture, see `volon.model.timeline.Row`.
    """

    number: int
    uid: str | None
    parent: int | None
    task_id: str | None
    stage: str
    saved_at: str | None
    branch: str | None
    paused_commit: str | None
    note: str
    path: str
    current: bool = False
    column: int = 0
    joins: tuple[int, ...] = ()
    above: tuple[int, ...] = ()
    below: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointListResult(Result):
    """All checkpoints, newest first, each below what came out of it."""

    SCHEMA: ClassVar[str] = "volon/checkpoint-list@1"

    checkpoints: tuple[CheckpointView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointShowResult(Result):
    """One checkpoint.

    Attributes:
        called: the word for it in a command: its number, or its uid where another has that number.
        text: as it is on disk.
        title: what was in progress.
        upstream: such as `origin/main at 3d4042a`; None without one.
        saved: whether the bytes of the changed files were saved with it.
        changes: `(path, kind)` of what was not committed.
        unsaved: those of its paths that were left out, where the others are here.
        evidence: the recorded commands, as they came out then.
        goal, plan, summary, next_actions, questions, blockers, key_files, you_were: the capsule's words, in full.
        commands: the capsule's, those that were recorded included.
        completed: what was done since the resume or checkpoint before.
    """

    SCHEMA: ClassVar[str] = "volon/checkpoint-show@1"

    checkpoint: CheckpointView
    text: str
    called: str = ""
    title: str = ""
    upstream: str | None = None
    saved: bool = False
    changes: tuple[tuple[str, str], ...] = ()
    unsaved: tuple[str, ...] = ()
    evidence: tuple[EvidenceView, ...] = ()
    goal: str = ""
    plan: str = ""
    summary: str = ""
    you_were: str | None = None
    key_files: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    blockers: tuple[str, ...] = ()
    completed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TreeView:
    """The files as they were at a checkpoint, or as they are now.

    Attributes:
        commit: a commit that holds them, which for `now` is gone with the command; the empty tree where there is no
            commit yet; None when they cannot be had.
        kind: `saved` (with the uncommitted work), `clean` (there was none), `commit` (the uncommitted work is not in
            it), `now` (the present working tree) or `missing`.
        note: what is not in it, or why it cannot be had; empty when it is exact.
    """

    commit: str | None
    kind: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDiffView:
    """One file that differs between two states.

    Attributes:
        change: `added`, `deleted`, `modified`, `renamed` or `type` (a file became a link, say).
        origin: where a renamed file came from.
        old_mode, new_mode: such as `100644`; None where there is no file.
        added, deleted: lines; None when it is binary.
    """

    path: str
    change: str
    origin: str | None = None
    old_mode: str | None = None
    new_mode: str | None = None
    added: int | None = None
    deleted: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointDiffResult(Result):
    """What differs between two checkpoints, or between one and now.

    Attributes:
        b: None when A is compared with the present working tree.
        fields: `(field, in A, in B)` for every field of the records that differs.
        capsule_diff: unified diff lines of the embedded capsules.
        commits: one-line commits that B has and A has not.
        tree_a, tree_b: the states of the files that were compared.
        files: the files that differ, uncommitted work included.
        patched: whether the lines that differ were asked for.
        patch: these lines, as a unified diff.
        more: how many further lines it has.
        recorded: `(path, kind)` of recorded uncommitted changes that differ, `added`, `gone` or `changed`; only where
            the files themselves cannot be compared whole.
    """

    SCHEMA: ClassVar[str] = "volon/checkpoint-diff@1"

    a: CheckpointView
    b: CheckpointView | None
    fields: tuple[tuple[str, str, str], ...]
    capsule_diff: tuple[str, ...]
    tree_a: TreeView
    tree_b: TreeView
    files: tuple[FileDiffView, ...]
    commits: tuple[str, ...] = ()
    patched: bool = False
    patch: tuple[str, ...] = ()
    more: int = 0
    recorded: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrepHitView:
    """One line that matches.

    Attributes:
        checkpoints: the numbers of all checkpoints in which it stands so.
        record: it stands in a record of volon's, not in a file of the user's.
    """

    path: str
    line: int
    text: str
    checkpoints: tuple[int, ...]
    record: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointGrepResult(Result):
    """Where a pattern stands in the files and records of checkpoints.

    Attributes:
        searched: the numbers of the checkpoints that were searched.
        more: how many further lines match.
    """

    SCHEMA: ClassVar[str] = "volon/checkpoint-grep@1"

    pattern: str
    searched: tuple[int, ...]
    hits: tuple[GrepHitView, ...]
    more: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialView:
    """One run of the command that a bisection asks.

    Attributes:
        checkpoint: None when it ran on a commit between two checkpoints.
        commit: the commit whose files were there.
        verdict: `good`, `bad` or `skipped`.
        exit_status: None when it was not started or took too long; negative when a signal ended it.
        reason: why it was skipped or is bad, when the exit status does not say.
    """

    checkpoint: int | None
    commit: str
    verdict: str
    exit_status: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointBisectResult(Result):
    """Where a command began to fail.

    Attributes:
        outcome: `found`, `undecided` (what was skipped lies between), `never-bad` or `always-bad`.
        good: the last state it succeeds on, as far as is known.
        suspects: the state that is the first bad one; several when what was skipped hides which.
        trials: every run, in order.
        output: the last lines the command wrote on the first bad state.
    """

    SCHEMA: ClassVar[str] = "volon/checkpoint-bisect@1"

    command: tuple[str, ...]
    outcome: str
    good: TrialView | None
    suspects: tuple[TrialView, ...]
    trials: tuple[TrialView, ...]
    output: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """What one pause, or a restore for safety, saved of the user's files.

    Attributes:
        uid: the operation.
        checkpoint: its number; None when no record here is of this operation.
        kind: `checkpoint`, `safety` (taken before a restore or its undo), `elsewhere` (its records are not in this
            working tree) or `orphan` (its operation was never finished).
        live: a task that is not done stands on it.
        here: the operation was made by this repository; False for what came from another machine.
        saved_at: None when it cannot be read.
        files: the paths whose bytes are in it.
        bytes: how many those are; None when one is missing.
        left_out: `(path, why)` of what was not saved.
        problem: why it cannot be read; empty when it can.
    """

    uid: str
    commit: str
    checkpoint: int | None
    kind: str
    live: bool
    here: bool
    saved_at: str | None
    files: tuple[str, ...] = ()
    bytes: int | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointFilesResult(Result):
    """What was saved of the user's files, newest first.

    Attributes:
        on_disk: bytes that nothing else in the repository needs; None when git cannot say.
    """

    SCHEMA: ClassVar[str] = "volon/checkpoint-files@1"

    saved: tuple[SavedView, ...]
    on_disk: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeFilesResult(Result):
    """What was removed, or under a dry run would be.

    Attributes:
        removed: what nothing reaches any more; the records stay.
        kept: how many others there are.
        spared: what the rule would have removed, but an unfinished task stands on it.
        on_disk: bytes git may collect now; None when it cannot say.
        back: for each a command that brings it back until git collects it.
    """

    SCHEMA: ClassVar[str] = "volon/purge-files@1"

    removed: tuple[SavedView, ...]
    kept: int
    spared: tuple[SavedView, ...] = ()
    on_disk: int | None = None
    back: tuple[str, ...] = ()
