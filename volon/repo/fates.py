"""What became of each uncommitted change that a pause recorded, by the ids of its bytes.

Most answers need no question: the same bytes are there, or others are. Only for a change that is not in the tree any
more the repository is asked: did a commit take it in, or is it gone, and then who still holds the bytes.

Source: contract §5 (`tree.*`, `keyfile.*`), §7 (dirty facts).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from volon.model.facts import NESTED, SUBMODULE
from volon.model.finding import handle, short
from volon.model.gitpath import shell_word
from volon.model.observed import Fate, Holder, KeyFileFate, PathFate, compare_changes
from volon.repo.blobs import Blobs, decode
from volon.repo.git import is_object_id
from volon.repo.history import parse_log
from volon.repo.staged import staged_fates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from volon.model.facts import Change, GitFacts
    from volon.model.observed import CommitNote
    from volon.repo.git import Git
    from volon.repo.history import Commit

_REFLOG_ENTRIES = 300
_MOST_LOOKED_FOR = 200
_LOG = (
    "log",
    "-z",
    "--all",
    "--reflog",
    "-m",
    "--full-history",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--format=\x1e%H%x00%P%x00%an%x00%ae%x00%aI%x00%s%x00",
    "--max-count=2000",
)


@dataclass(frozen=True, slots=True)
class Fates:
    """The outcome: what became of each recorded change, what is new, and what became of versions only staged."""

    fates: tuple[PathFate, ...]
    fresh: tuple[Change, ...]
    staged: tuple[PathFate, ...] = ()


class FateFinder:
    """Finds the fates.

    Args:
        git: where to ask.
        blobs: ids of the bytes in the working tree.
        facts: what is there now.
        then: the paused commit, when it is here.
        commits: the commits that HEAD has and the paused commit has not, newest first.
        checked_out: the commit checked out in a submodule.
    """

    def __init__(
        self,
        git: Git,
        blobs: Blobs,
        facts: GitFacts,
        then: str | None,
        commits: Sequence[Commit],
        checked_out: Callable[[str], str | None],
    ) -> None:
        self._git, self._blobs, self._facts, self._then = git, blobs, facts, then
        self._checked_out = checked_out
        self._current = {change.path: change for change in facts.changes}
        self._touching: dict[str, list[Commit]] = {}
        self._made: dict[tuple[str, str], CommitNote] = {}
        self._anywhere: dict[str, CommitNote] = {}
        for commit in commits:
            for path, result in commit.results.items():
                if not commit.cut:
                    self._touching.setdefault(path, []).append(commit)
                self._made[path, result] = self._anywhere[result] = commit.note
        self._empty = blobs.of_bytes(b"")

    def find(self, recorded: tuple[Change, ...]) -> Fates:
        """Return what became of the recorded changes."""
        plain = tuple(change for change in recorded if change.mode != NESTED)
        same, edited, absent, fresh = compare_changes(plain, self._facts.changes)
        found = {change.path: self._nested(change) for change in recorded if change.mode == NESTED}
        found |= {change.path: PathFate(change, Fate.SAME) for change in same}
        found |= {change.path: self._edited(change) for change in edited}
        found |= {change.path: self._absent(change) for change in absent}
        fates = self._with_holders([found[change.path] for change in recorded])
        staged = self._with_holders(staged_fates(self._git, self._blobs, self._facts, self._made, fates))
        again = {fate.change.path for fate in fates if fate.fate is Fate.COMMITTED} & self._current.keys()
        fresh = tuple(change for change in self._facts.changes if change in fresh or change.path in again)
        return Fates(tuple(fates), fresh, tuple(staged))

    def _nested(self, change: Change) -> PathFate:
        """Return whether a nested repository is still there; what is in it was never looked at."""
        there = os.path.lexists(self._git.directory / change.path / ".git")
        return PathFate(change, Fate.SAME if there else Fate.LOST, gone=not there)

    def _edited(self, change: Change) -> PathFate:
        note = self._made.get((change.path, f"{change.mode} {change.blob}"))
        return PathFate(change, Fate.COMMITTED if note else Fate.EDITED, note)

    def _taken_in(self, change: Change, now: str | None) -> CommitNote | None:
        """Return the commit that left these bytes at the path or, when nothing is at the path now, at another one."""
        result = f"{change.mode} {change.blob}"
        here = self._made.get((change.path, result))
        telling = now is None and change.blob != self._empty
        return here or (self._anywhere.get(result) if telling else None)

    def _absent(self, change: Change) -> PathFate:
        """Return the fate of a change whose path is as HEAD has it now, or gone."""
        commits = self._touching.get(change.path, [])
        mode, blob = self._bytes_now(change)
        if (mode, blob) == (change.mode, change.blob):
            return self._there(change, commits)
        if note := self._taken_in(change, mode):
            return PathFate(change, Fate.COMMITTED, note)
        if commits and change.path not in self._current:
            here = any(commit.identity in self._committed_here for commit in commits)
            fate = Fate.MOVED_ON if here else Fate.LOST
            return PathFate(change, fate, commits[0].note, gone=mode is None)
        return PathFate(change, Fate.LOST, mode_only=blob is not None and blob == change.blob, gone=mode is None)

    def _bytes_now(self, change: Change) -> tuple[str | None, str | None]:
        if change.mode == SUBMODULE:
            return SUBMODULE, self._checked_out(change.path)
        return self._blobs.of_path(change.path)

    def _there(self, change: Change, commits: Sequence[Commit]) -> PathFate:
        """Return the fate of bytes that are there though git sees no change: committed, or ignored now."""
        if commits:
            return PathFate(change, Fate.COMMITTED, commits[0].note)
        if change.mode == SUBMODULE:
            return PathFate(change, Fate.LOST)
        if self._then != self._facts.head and change.path in self._paths_of_head:
            return PathFate(change, Fate.COMMITTED)
        return PathFate(change, Fate.SAME)

    @cached_property
    def _paths_of_head(self) -> frozenset[str]:
        if self._facts.head is None:
            return frozenset()
        out = self._git.run("ls-tree", "-r", "-z", "--full-tree", "--name-only", self._facts.head)
        return frozenset(decode(path) for path in out.split(b"\0"))

    @cached_property
    def _committed_here(self) -> frozenset[tuple[str, str, str]]:
        """Return author, address and date of the commits made in this working tree: they took up what was in it."""
        made = self._identities("--walk-reflogs", "--format=%an%x00%ae%x00%aI%x00%gs", "HEAD")
        # A commit that was there at the pause and was rebased since took up nothing of it.
        before = self._identities("--format=%an%x00%ae%x00%aI%x00", self._then) if self._then else []
        return frozenset(row[:3] for row in made if row[3].startswith("commit")) - {row[:3] for row in before}

    def _identities(self, *words: str) -> list[tuple[str, str, str, str]]:
        status, out = self._git.ask("log", f"--max-count={_REFLOG_ENTRIES}", *words, "--", ok=(0, 128))
        rows = (decode(line).split("\0") for line in (out.splitlines() if status == 0 else ()))
        return [(row[0], row[1], row[2], row[3]) for row in rows]

    def _with_holders(self, fates: Sequence[PathFate]) -> list[PathFate]:
        """Say of lost bytes where they still are; bytes that lie in a stash were put away, not committed."""
        sought = [fate.change for fate in fates if fate.fate in {Fate.LOST, Fate.MOVED_ON} and not fate.mode_only]
        files = [c for c in sought if c.mode != SUBMODULE and is_object_id(c.blob or "")]
        holders = dict(self._holders(files[:_MOST_LOOKED_FOR]))
        return [_held(fate, holders.get(fate.change.path)) for fate in fates]

    def _holders(self, lost: Sequence[Change]) -> Iterator[tuple[str, Holder]]:
        if not lost:
            return
        paths = [change.path for change in lost]
        index, commits, stashes = self._index(paths), self._commits(paths), self._stashes()
        for change in lost:
            if holder := self._holder(change, index, commits, stashes):
                yield change.path, holder

    def _holder(
        self, change: Change, index: set[str], commits: dict[str, Commit], stashes: dict[str, tuple[str, str]]
    ) -> Holder | None:
        blob = change.blob or ""
        show = f"git cat-file -p {handle(blob)}"
        if blob in index:
            return Holder("the index", show)
        if (commit := commits.get(blob)) is not None:
            if commit.oid in stashes:
                name, oid = stashes[commit.oid]
                return Holder(name, f"git stash show -p --include-untracked {handle(oid)}")
            where = f"{handle(commit.oid)}:{change.path}"
            return Holder(f"commit {short(commit.oid)} ({commit.note.subject})", f"git show {shell_word(where)}")
        if self._git.ask("cat-file", "-e", blob, ok=(0, 1, 128))[0] == 0:
            return Holder("git's object store", show)
        return None

    def _index(self, paths: Sequence[str]) -> set[str]:
        out = self._git.run("--literal-pathspecs", "ls-files", "-s", "-z", "--", *paths)
        return {row.split(b" ", 2)[1].decode("ascii") for row in out.split(b"\0") if row}

    def _commits(self, paths: Sequence[str]) -> dict[str, Commit]:
        """Return blob → the oldest commit found that left it at one of these paths, in any branch, stash or reflog."""
        if self._facts.head is None:
            return {}
        bound = [f"^{self._then}"] if self._then else []
        out = self._git.run("--literal-pathspecs", *_LOG, *bound, "--", *paths)
        return {r.rpartition(" ")[2]: commit for commit in parse_log(out) for r in commit.results.values()}

    def _stashes(self) -> dict[str, tuple[str, str]]:
        """Return every commit of every stash: its id → (`stash@{n}`, the stash's own id)."""
        words = ("log", "--walk-reflogs", "--format=%gd%x00%H%x00%P", "refs/stash", "--")
        status, out = self._git.ask(*words, ok=(0, 128))
        found: dict[str, tuple[str, str]] = {}
        for line in out.splitlines() if status == 0 else []:
            name, oid, parents = decode(line).split("\0")
            # The first parent is where HEAD was: not the stash's own.
            found |= dict.fromkeys([oid, *parents.split()[1:]], (f"stash@{_braces(name)}", oid))
        return found


def _held(fate: PathFate, holder: Holder | None) -> PathFate:
    if fate.fate is Fate.MOVED_ON:
        stashed = holder is not None and holder.where.startswith("stash@")
        return replace(fate, fate=Fate.LOST, holder=holder) if stashed else fate
    return replace(fate, holder=holder)


def _braces(name: str) -> str:
    found = re.search(r"\{\d+\}", name)
    return found[0] if found else "{0}"


def key_file_fates(
    names: Sequence[str],
    fates: Fates,
    commits: Sequence[Commit],
    changed_in_head: frozenset[str],
    blobs: Blobs,
) -> tuple[KeyFileFate, ...]:
    """Return the key files that are not what they were at the pause.

    Args:
        names: files or directories.
        fates: of the recorded changes, and what is fresh.
        commits: what HEAD has and the paused commit has not, newest first.
        changed_in_head: the paths that differ between the paused commit and HEAD.
        blobs: ids of the bytes in the working tree.
    """
    found = (_key_file(name, fates, commits, changed_in_head, blobs) for name in names)
    return tuple(fate for fate in found if fate is not None)


def _key_file(
    name: str, fates: Fates, commits: Sequence[Commit], changed_in_head: frozenset[str], blobs: Blobs
) -> KeyFileFate | None:
    recorded = [fate for fate in fates.fates if _covers(name, fate.change.path)]
    edited = {fate.change.path for fate in recorded if _is_other_now(fate, blobs)}
    fresh = {change.path for change in fates.fresh if _covers(name, change.path) and not change.untracked}
    # The other recorded changes are as they were, or are told of as lost.
    judged = {fate.change.path for fate in recorded} - edited
    moved = (edited | fresh | {path for path in changed_in_head if _covers(name, path)}) - judged
    if not moved:
        return None
    commit = next((c.note for c in commits if not c.cut and moved & c.results.keys()), None)
    gone = all(blobs.of_path(path)[0] is None for path in moved) and name in moved
    if gone:
        return KeyFileFate(name, "missing", commit)
    by_commit = commit is not None or bool(moved & changed_in_head)
    return KeyFileFate(name, "committed" if by_commit else "edited", commit)


def _is_other_now(fate: PathFate, blobs: Blobs) -> bool:
    """Whether a recorded change went on: edited, committed in another version, or changed again after its commit."""
    if fate.fate is Fate.COMMITTED:
        return blobs.of_path(fate.change.path) != (fate.change.mode, fate.change.blob)
    return fate.fate in {Fate.EDITED, Fate.MOVED_ON}


def _covers(name: str, path: str) -> bool:
    return path == name or path.startswith(name.rstrip("/") + "/")
