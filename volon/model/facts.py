"""What git says, as plain values: taken once, then passed around; never asked for again by the rules.

Source: contract §7 (dirty facts), design §2.
"""

from __future__ import annotations

from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


SUBMODULE, NESTED = "160000", "040000"
"""Modes of what is a repository of its own: of the one the commit is known, of the other only that it is there."""

BEGUN_AGAIN = frozenset({"merge", "cherry-pick", "revert"})
"""What git can be in the middle of again by the name of its commit alone."""


@dataclass(frozen=True, slots=True)
class Change:
    """One path that differs from HEAD, with what its bytes in the working tree were.

    Attributes:
        path: relative to the repository root with `/`; bytes that are no UTF-8 are surrogate-escaped.
        status: the two letters of `git status --porcelain=v2` (`M.`, `.M`, `A.`, `D.`, `R.`, `UU` …), `??` untracked,
            `D?` taken out of the index and still there.
        mode: `100644`, `100755`, `120000`, `160000`, `040000` for a nested repository; None when the path
            is absent from the working tree.
        blob: git object id of the unfiltered working-tree bytes (of the link text for links, the commit for
            submodules); None when absent or unreadable.
        origin: where a rename or copy came from, else None.
        staged_mode, staged_blob: the version in the index, when it is neither HEAD's nor the working tree's; its bytes
            are git's, in an object of their own, and are filtered where the path has a filter.
    """

    path: str
    status: str
    mode: str | None = None
    blob: str | None = None
    origin: str | None = None
    staged_mode: str | None = None
    staged_blob: str | None = None

    @property
    def staged(self) -> Change | None:
        """The version that only the index has, as a change of its own."""
        known = self.staged_mode is not None and self.staged_blob is not None
        return Change(self.path, self.status, self.staged_mode, self.staged_blob) if known else None

    @property
    def content(self) -> tuple[str | None, ...]:
        """What two states of the path are told apart by: mode and bytes, in the working tree and where only staged."""
        return (self.mode, self.blob, self.staged_mode, self.staged_blob)

    @property
    def readable(self) -> bool:
        """Whether bytes stand for it: not so for repositories of their own, and for files that could not be read."""
        return self.mode not in {SUBMODULE, NESTED} and (self.blob is not None or self.deleted)

    @property
    def deleted(self) -> bool:
        """Whether git knows the path and the working tree has it not."""
        return self.mode is None and not self.untracked

    @property
    def untracked(self) -> bool:
        """Whether git does not know the path yet."""
        return self.status == "??"

    @property
    def kind(self) -> str:
        """What happened to the path, in one word."""
        if self.untracked:
            return "untracked"
        if "U" in self.status or self.status in {"AA", "DD"}:
            return "conflicted"
        for letter, kind in (("R", "renamed"), ("C", "renamed"), ("A", "added"), ("D", "deleted")):
            if letter in self.status:
                return kind
        return "modified"


@dataclass(frozen=True, slots=True)
class GitFacts:
    """The state of a working tree at one instant. volon's own files never appear in `changes`.

    Attributes:
        head: full commit id, or None on an unborn branch.
        branch: short branch name, or None when HEAD is detached.
        upstream: such as `origin/main`, or None; `upstream_commit` is None when that ref does not exist.
        worktree: `.` for the main worktree, else the linked worktree's path relative to the main worktree.
        operation: `merge`, `rebase`, `am`, `cherry-pick`, `revert` or `bisect` in progress, else None.
        operation_head: the commit being merged, picked, reverted or rebased onto, where git records one.
        fetched_at: when this repository last fetched (UTC), or None when it never did or has no remote.
        nested: nested repositories, skipped by name.
        operation_branch: the branch that is being rebased or was bisected from, while HEAD is detached because of it.
        submodules: submodules whose content differs from what HEAD records, by name; their content is not recorded.
    """

    head: str | None
    branch: str | None
    upstream: str | None = None
    upstream_commit: str | None = None
    worktree: str = "."
    operation: str | None = None
    operation_head: str | None = None
    changes: tuple[Change, ...] = ()
    fetched_at: datetime | None = None
    nested: tuple[str, ...] = ()
    object_format: str = "sha1"
    shallow: bool = False
    operation_branch: str | None = None
    submodules: tuple[str, ...] = ()

    @property
    def unmerged(self) -> tuple[str, ...]:
        """The paths in conflict."""
        return tuple(change.path for change in self.changes if change.kind == "conflicted")

    @property
    def recorded(self) -> tuple[Change, ...]:
        """What a pause writes down: the changes, and that there were nested repositories, without their content."""
        nested = (Change(path, "??", NESTED) for path in self.nested)
        return tuple(sorted((*self.changes, *nested), key=lambda change: change.path))


STATE_PATHS = (".volon", ".design/checkpoints", ".design/HANDOFF.md", ".design/STATE.md")
"""What volon writes: never dirt, never drift (contract §2, 8). Whatever else lies in `.design/` is the user's."""
WITHOUT_STATE = (":/", *(f":(top,exclude){path}" for path in STATE_PATHS))
"""Everything but that, for git."""
TEMPORARY_PREFIX = ".volon-tmp-"
"""How the name of a file begins that is about to become a record, beside it."""


def is_state_path(path: str) -> bool:
    """Whether a path relative to the repository root belongs to volon itself."""
    own = any(path == state or path.startswith(f"{state}/") for state in STATE_PATHS)
    beside = path.startswith((".design/", ".prelude/")) and path.rpartition("/")[2].startswith(TEMPORARY_PREFIX)
    return own or beside
