"""What was, what is, and how the one became the other: the plain values that preflight judges.

`PausedState` is what a pause recorded, `Observed` what the repository answers now, `RecordFacts` what volon's own
records say. All three are values; who gathers them does not matter to the rules.

Source: contract §5, §7 (dirty facts).
"""

from __future__ import annotations

from volon.plain import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Literal

    from volon.model.evidence import Evidence
    from volon.model.facts import Change, GitFacts
    from volon.model.problems import Problem

    Reason = Literal["shallow", "pruned", "elsewhere", "unknown"]
    How = Literal["same", "changed", "squashed", "split", "content", "unread"]


@dataclass(frozen=True, slots=True)
class PausedState:
    """Where the work stood when it was paused.

    Attributes:
        known: false for work that was never paused: there is nothing to compare with.
        paused_commit: HEAD at the pause; None on an unborn branch. Abbreviated ids of old capsules are understood.
        branch: None when HEAD was detached.
        upstream: such as `origin/main`; `upstream_commit` is where it stood.
        worktree: `.` or the linked working tree relative to the main one.
        tree: git's own name of that working tree, which stays when it is moved; None when it is not known here.
        operation: what git was in the middle of; `operation_head` as in `GitFacts`.
        changes: every path that differed from HEAD; None when the record does not say (old capsules).
        checkpoint: the number a person would give to `volon checkpoint show`; `numbered_twice`: another has it too.
        key_files: paths the capsule names. Paths named in `next_actions` are looked at as well.
        confidence: `high`, `medium` or `low`, with the open questions.
        place_known: false for capsules of version 1, which know neither branch nor upstream nor worktree.
        restorable: whether a snapshot holds changed files that are lost, so that `volon restore` can bring them back.
        unsaved: the paths that it does not hold.
        beside: the directory to name for a new working tree beside this one.
        uid: the operation that made the pause; tells whether it was made in this repository.
        made_here: the same, when the caller knows it.
        diffstat: how many lines of which file were changed, as `git diff --stat` shows it.
        evidence: the commands that were recorded with it.
    """

    task_id: str = ""
    known: bool = False
    paused_commit: str | None = None
    paused_at: datetime | None = None
    branch: str | None = None
    upstream: str | None = None
    upstream_commit: str | None = None
    worktree: str = "."
    tree: str | None = None
    operation: str | None = None
    operation_head: str | None = None
    changes: tuple[Change, ...] | None = None
    checkpoint: int | None = None
    numbered_twice: bool = False
    key_files: tuple[str, ...] = ()
    next_actions: tuple[str, ...] = ()
    confidence: str = "high"
    questions: tuple[str, ...] = ()
    place_known: bool = True
    restorable: bool = False
    unsaved: tuple[str, ...] = ()
    beside: str = "DIR"
    uid: str | None = None
    made_here: bool | None = None
    diffstat: str = ""
    evidence: tuple[Evidence, ...] = ()

    @property
    def named_paths(self) -> tuple[str, ...]:
        """The key files, and whatever in the next actions looks like a path; sorted, each once."""
        words = (word for action in self.next_actions for word in action.translate(_NO_PATH).split())
        named = {word.partition(":")[0].rstrip(".").removeprefix("./") for word in words}
        likely = {word for word in named if "/" in word or "." in word}
        return tuple(sorted(path for path in {*self.key_files, *likely} if _is_relative(path)))


_NO_PATH = dict.fromkeys(map(ord, "\"'`<>|;,()[]{}=*?"), " ")


def _is_relative(path: str) -> bool:
    """Whether a path stays inside the repository; anything else in a record is not looked at."""
    return bool(path) and path[0] not in "/~" and "\0" not in path and ".." not in path.split("/")


class Relation(StrEnum):
    """How a commit of then and a commit of now are related."""

    SAME = "same"
    STATE_ONLY = "state-only"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"
    REWRITTEN = "rewritten"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class CommitNote:
    """One commit, as far as a returning person wants to know it.

    Attributes:
        files: what it touched, without volon's own files; of a merge only what was resolved by hand.
    """

    oid: str
    subject: str
    author: str
    authored_at: str = ""
    files: tuple[str, ...] = ()
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Counterpart:
    """A commit of then that is there now under another id.

    Attributes:
        how: `same` lines changed; `changed` on the way; `squashed` together with others; `split` into several;
            `content`: every file it left behind was seen again, byte for byte; `unread`: known by author, date and
            subject alone, because its content is not in this (partial) clone.
    """

    old: CommitNote
    new: CommitNote
    how: How


@dataclass(frozen=True, slots=True)
class Story:
    """What lies between a commit of then and a commit of now. Commits of volon's own files only are not counted.

    Attributes:
        gained: commits that are new, newest first; counterparts are not new.
        gained_total: how many there are, which may be more than were read.
        lost: commits of then that are not there now, under any id, newest first.
        counterparts: commits of then that are there under new ids, oldest first.
        state_only: how many commits of volon's own files were passed over.
        reason: why the commit of then is missing.
        cut: the clone is shallow and the history between the two commits is cut off: what is lost may be there.
        uncommitted: HEAD was moved back, and what the lost commits changed is in the working tree as they left it.
        there_before: how many of the gained were there at the pause already, as after `git rebase --abort`.
        mine_left: of an upstream branch that has some of HEAD's own commits under other ids, how many it has not.
    """

    relation: Relation
    then: str | None
    now: str | None
    gained: tuple[CommitNote, ...] = ()
    gained_total: int = 0
    lost: tuple[CommitNote, ...] = ()
    counterparts: tuple[Counterpart, ...] = ()
    state_only: int = 0
    reason: Reason | None = None
    cut: bool = False
    mine_left: int = 0
    uncommitted: bool = False
    there_before: int = 0


class Fate(StrEnum):
    """What became of a recorded uncommitted change."""

    SAME = "same"
    EDITED = "edited"
    COMMITTED = "committed"
    MOVED_ON = "moved-on"
    RENAMED = "renamed"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Holder:
    """Where bytes that are not in the tree can still be found.

    Attributes:
        where: in words, such as `stash@{0}` or `the index`.
        command: shows them; changes nothing.
    """

    where: str
    command: str


@dataclass(frozen=True, slots=True)
class PathFate:
    """What became of one recorded change.

    Attributes:
        commit: for COMMITTED and MOVED_ON the commit, when it could be named.
        holder: for LOST where the bytes still are, when anywhere.
        mode_only: for LOST that the bytes are there, and only the mode or kind of the file is another.
        gone: for LOST that there is no file at the path at all.
        staged: the change is a version that only the index had; MOVED_ON then means that the index took in the working
            tree's version instead.
        unread: for SAME that one of the two versions could not be read, so that nothing was compared.
        now_at: the path at which the same bytes are: for RENAMED in the working tree, for COMMITTED in HEAD.
        doubt: for MOVED_ON that only git's log speaks for it: the bytes of the pause are not here to be compared.
        how: for LOST with a commit: `dropped`: it had this very version, which was taken out again since; `part`: it
            has some of its lines; `untracked`: it has no such path; None: it has another version.
    """

    change: Change
    fate: Fate
    commit: CommitNote | None = None
    holder: Holder | None = None
    mode_only: bool = False
    gone: bool = False
    staged: bool = False
    unread: bool = False
    now_at: str | None = None
    doubt: bool = False
    how: Literal["dropped", "part", "untracked"] | None = None


@dataclass(frozen=True, slots=True)
class KeyFileFate:
    """A key file that is not what it was.

    Attributes:
        kind: `committed`: by the commit named; `edited` in the working tree; `missing`.
    """

    path: str
    kind: Literal["committed", "edited", "missing"]
    commit: CommitNote | None = None


@dataclass(frozen=True, slots=True)
class Onto:
    """What putting the saved work onto HEAD would meet, as `restore --onto HEAD` does it.

    Attributes:
        branch: HEAD once the branch of the pause is switched to, which has moved on meanwhile; else HEAD as it is.
        conflicts: the paths that would have conflict markers.
        changed: those that were changed here, too, and are not merged over.
        refused: it goes nowhere else: it was saved before the first commit, or in a merge with conflicts.
    """

    conflicts: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    refused: bool = False
    branch: bool = False


@dataclass(frozen=True, slots=True)
class Brought:
    """What bringing the uncommitted work of the pause elsewhere would meet.

    Attributes:
        head: what would be left in conflict if the work that is not in the tree were brought to HEAD.
        upstream: the same for all of the work and the upstream branch, where that has moved.
        saved: the paths of that work.
        onto: what a restore onto HEAD would meet, where work is lost and HEAD has moved; None where nobody asked.
    """

    head: tuple[str, ...] = ()
    upstream: tuple[str, ...] = ()
    saved: tuple[str, ...] = ()
    onto: Onto | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """A recorded command that was to be run again.

    Attributes:
        exit_status: how it ended; negative is a signal; None when it did not end by itself, or never began.
        reason: why not.
        output: its last lines.
        ran: whether it began.
    """

    exit_status: int | None
    reason: str = ""
    duration_ms: int = 0
    output: tuple[str, ...] = ()
    ran: bool = False


@dataclass(frozen=True, slots=True)
class EvidenceFate:
    """What a recorded command says about the tree there is now.

    Attributes:
        changed: the files that are others than when it ran; empty when it is the same tree, None when that is all that
            can be said.
        again: what came of running it again; None when nobody asked for that.
    """

    row: Evidence
    changed: tuple[str, ...] | None
    again: Again | None = None

    @property
    def fits(self) -> bool:
        """Whether it still holds: for the tree is the same, or because it was run again and ended as it did."""
        if self.again is not None and self.again.ran:
            return self.again.exit_status == self.row.exit_status
        return self.changed == ()


@dataclass(frozen=True, slots=True)
class Observed:
    """What the repository answers now.

    Attributes:
        now: the present instant, UTC.
        head: from the paused commit to HEAD.
        upstream: from the recorded upstream commit to where that branch is now; None when there is nothing to say.
        upstream_exists: whether the recorded upstream branch still exists.
        upstream_fetched: whether fetching is what tells where the upstream branch is: not for a branch of one's own.
        merged_into: when the upstream branch is gone, where the paused commits are all the same: in which branch.
        merged: and how they came there.
        branch_exists: whether the branch of the pause still exists under its name.
        branch_renamed_to: its name now, when it was renamed.
        worktree_path: absolute path of the recorded working tree, wherever it is now; None when it is gone.
        worktree_astray: git still keeps the branch of the pause for a working tree that is not where git looks for it.
        worktree_same: we stand in the recorded working tree.
        worktree_moved: the recorded working tree is gone, and by its branch the one we stand in may be that one moved.
        made_here: whether the pause was made in this repository, asked when something of it is not here; else None.
        fates: one for each recorded change, in their order; empty when none were recorded.
        staged: one for each recorded version that only the index had.
        fresh: changes that were not there at the pause.
        key_files: those that are not what they were.
        brought: what bringing the work elsewhere would meet.
        evidence: one for each recorded command.
    """

    now: datetime
    facts: GitFacts
    head: Story
    upstream: Story | None = None
    upstream_exists: bool = True
    upstream_fetched: bool = True
    merged_into: str | None = None
    merged: Story | None = None
    branch_exists: bool = True
    branch_renamed_to: str | None = None
    worktree_path: str | None = None
    worktree_astray: bool = False
    worktree_same: bool = True
    worktree_moved: bool = False
    made_here: bool | None = None
    fates: tuple[PathFate, ...] = ()
    staged: tuple[PathFate, ...] = ()
    fresh: tuple[Change, ...] = ()
    key_files: tuple[KeyFileFate, ...] = ()
    brought: Brought = Brought()
    evidence: tuple[EvidenceFate, ...] = ()


@dataclass(frozen=True, slots=True)
class RecordFacts:
    """What volon's own records say, beyond the paused state.

    Attributes:
        external_blockers: what the task waits for outside, in words; empty when it waits for nothing.
        capsule_problems: the rules the capsule breaks.
        checkpoint_problems: where the checkpoint is not what its own digest says.
    """

    task_id: str
    external_blockers: tuple[str, ...] = ()
    capsule_missing: bool = False
    capsule_problems: tuple[Problem, ...] = ()
    checkpoint_problems: tuple[Problem, ...] = ()


def compare_changes(
    then: tuple[Change, ...], now: tuple[Change, ...]
) -> tuple[tuple[Change, ...], tuple[Change, ...], tuple[Change, ...], tuple[Change, ...]]:
    """Return recorded changes that are the same, edited or absent now, and changes that are fresh.

    A path that is gone from the working tree now but had bytes at the pause counts as absent: its bytes are not there.
    A submodule is compared by the commit checked out in it.
    """
    current = {change.path: change for change in now}
    recorded = {change.path for change in then}
    same, edited, absent = [], [], []
    for change in then:
        found = current.get(change.path)
        if found is None or (found.mode is None and change.mode is not None):
            absent.append(change)
        elif (found.mode, found.blob) == (change.mode, change.blob):
            same.append(change)
        else:
            edited.append(change)
    fresh = tuple(change for change in now if change.path not in recorded)
    return tuple(same), tuple(edited), tuple(absent), fresh
