"""What became of each uncommitted change that a pause recorded, by the ids of its bytes.

Most answers need no question: the same bytes are there, or others. Only for a change that is not in the tree any
more the repository is asked. A path has up to four versions: R was recorded, T is in the working tree, H in HEAD, B in
the paused commit; "left R" means that a commit made since had R at this path. The first row that applies decides:

==  ===================================================================  ===============================
 1  a nested repository: it is there / it is not                          SAME / LOST
 2  T or R could not be read                                              SAME, not compared
 3  T is R, and git names the path as changed                             SAME
 4  T is R, and H is B: ignored now, or git was told not to look          SAME
 5  H is R                                                                COMMITTED; T, if another, is fresh
 6  T is R, and git compared it with H: what a filter makes of R          COMMITTED
 7  T is R otherwise                                                      SAME
 8  T is no file, or HEAD's; a changed path of the tree has R's bytes     RENAMED
 9  T is no file; a commit since left R's bytes at another path of HEAD   COMMITTED, there
10  a commit left R, and H has it with later edits on top                 COMMITTED
11  git names the path; no commit left R, or T has R's lines              EDITED
12  a commit left R, its bytes cannot be read by lines, and H is not B    MOVED_ON, in doubt
13  a commit left R                                                       LOST, dropped; that commit has it
14  a commit since touches the path, and H has all that R did             MOVED_ON
15  a commit since touches it; undoing some of it gives R (by R's id)     MOVED_ON
16  R's bytes are not here, and H's version was committed in this tree    MOVED_ON, in doubt;
                                                                          LOST, when fewer lines are
                                                                          changed than at the pause
17  anything else                                                         LOST; who has the bytes is looked for
==  ===================================================================  ===============================

"Has all that R did" is judged by lines (`repo.drift.kept`), of which R's bytes are needed: git has them when they were
staged, stashed or committed anywhere.

Source: contract §5 (`tree.*`, `keyfile.*`), §7 (dirty facts).
"""

from __future__ import annotations

import os

from volon.light import cached_property
from volon.model.drift.observed import Fate, PathFate, compare_changes
from volon.model.facts import NESTED, SUBMODULE
from volon.plain import dataclass, replace
from volon.repo.blobs import decode
from volon.repo.drift.versions import ABSENT, MOST_NAMED, Versions, tree

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from volon.model.drift.observed import CommitNote
    from volon.model.facts import Change, GitFacts
    from volon.repo.blobs import Blobs
    from volon.repo.drift.history import Commit
    from volon.repo.drift.holders import HolderFinder
    from volon.repo.drift.kept import Kept, Lines
    from volon.repo.drift.versions import Version
    from volon.repo.git import Git

_REFLOG_ENTRIES = 300
_BOTH = frozenset({"AA", "DD"})


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
        there_before: HEAD had been there before the pause: nothing in it was committed since.
    """

    def __init__(
        self,
        git: Git,
        blobs: Blobs,
        facts: GitFacts,
        then: str | None,
        commits: Sequence[Commit],
        checked_out: Callable[[str], str | None],
        *,
        there_before: bool = False,
    ) -> None:
        self._git, self._blobs, self._facts, self._then = git, blobs, facts, then
        self._checked_out, self._there_before = checked_out, there_before
        self._current = {change.path: change for change in facts.changes}
        self._touching: dict[str, list[Commit]] = {}
        self._made: dict[tuple[str, str], CommitNote] = {}
        self._elsewhere: dict[str, tuple[str, CommitNote]] = {}
        for commit in commits:
            for path, result in commit.results.items():
                if not commit.cut:
                    self._touching.setdefault(path, []).append(commit)
                self._made[path, result] = commit.note
                self._elsewhere[result] = path, commit.note
        self._empty = blobs.of_bytes(b"")
        self._versions = Versions(git, facts.head, then, ())
        self._holders: HolderFinder | None = None
        self._asked: tuple[Change, ...] = ()
        self._diffstat = ""

    def find(self, recorded: tuple[Change, ...], diffstat: str) -> Fates:
        """Return what became of the recorded changes.

        Args:
            recorded: the changes.
            diffstat: how many lines of which tracked path were changed, as far as it was recorded.
        """
        self._diffstat = diffstat
        plain = tuple(change for change in recorded if change.mode != NESTED)
        same, edited, absent, fresh = compare_changes(plain, self._facts.changes)
        self._prepare((*edited, *absent))
        found = {change.path: self._nested(change) for change in recorded if change.mode == NESTED}
        found |= {change.path: PathFate(change, Fate.SAME) for change in same}
        found |= {change.path: self._fate(change) for change in (*edited, *absent)}
        fates = self._told_of_holders([found[change.path] for change in recorded])
        staged = self._told_of_holders(self._staged(fates))
        told = {fate.now_at for fate in fates if fate.fate is Fate.RENAMED}
        again = {fate.change.path for fate in fates if _may_be_there_again(fate)} & self._current.keys()
        new = ({change.path for change in fresh} - told) | again
        return Fates(tuple(fates), self._renamed([c for c in self._facts.changes if c.path in new]), tuple(staged))

    def _staged(self, fates: list[PathFate]) -> list[PathFate]:
        if not any(fate.change.staged for fate in fates):
            return []
        from volon.repo.drift.staged import staged_fates  # noqa: PLC0415  most versions are in the working tree

        return staged_fates(self._git, self._blobs, self._facts, self._made, fates)

    def _told_of_holders(self, fates: Sequence[PathFate]) -> list[PathFate]:
        if all(fate.fate is Fate.SAME for fate in fates):
            return list(fates)
        from volon.repo.drift.holders import HolderFinder  # noqa: PLC0415  only when something moved

        # One for all, because it remembers what it asked.
        self._holders = self._holders or HolderFinder(self._git, self._facts.head, self._then)
        return self._holders.tell(fates)

    def _renamed(self, fresh: Sequence[Change]) -> tuple[Change, ...]:
        """Put what was deleted since and is there under another name, byte for byte, together as one change."""
        deleted = [change.path for change in fresh if change.deleted]
        others = {change.blob: change for change in fresh if change.blob not in {None, self._empty}}
        if not deleted or not others:
            return tuple(fresh)
        was = tree(self._git, self._facts.head, deleted)
        pairs = {path: others[blob].path for path, (_, blob) in was.items() if blob in others}
        origins = {now: path for path, now in pairs.items()}
        return tuple(replace(c, origin=origins.get(c.path)) for c in fresh if c.path not in origins.values())

    def _prepare(self, changes: Sequence[Change]) -> None:
        """Make ready to ask for the versions of all these paths, and of those where their bytes were committed."""
        others = (self._elsewhere.get(_result(change)) for change in changes)
        self._asked = tuple(changes)
        paths = {*(change.path for change in changes), *(other[0] for other in others if other)}
        self._versions = Versions(self._git, self._facts.head, self._then, paths)

    def _nested(self, change: Change) -> PathFate:
        """Row 1: whether a nested repository is still there; what is in it was never looked at."""
        there = os.path.lexists(self._git.directory / change.path / ".git")
        return PathFate(change, Fate.SAME if there else Fate.LOST, gone=not there)

    def _fate(self, change: Change) -> PathFate:
        """Row 2: what cannot be read cannot be compared."""
        now = self._in_tree(change)
        known = change.readable or change.mode == SUBMODULE
        if now != ABSENT and (now[1] is None or not known):
            return PathFate(change, Fate.SAME, unread=True)
        return self._compared(change, now) if known else PathFate(change, Fate.LOST, gone=True)

    def _compared(self, change: Change, now: Version) -> PathFate:
        """Rows 3 to 8."""
        was, listed = (change.mode, change.blob), change.path in self._current
        same = self._versions.same(was, now)
        if same and (listed or self._there_before or self._is_as_at_pause(change)):
            return PathFate(change, Fate.SAME)
        if self._is_in_head(change):
            return PathFate(change, Fate.COMMITTED, self._taken_in(change))
        if same:
            return self._there(change)
        if (path := self._found_at(change, now)) is not None:
            return PathFate(change, Fate.RENAMED, gone=now == ABSENT, now_at=path)
        return self._not_there(change, now)

    def _in_tree(self, change: Change) -> Version:
        """Return what is at the path now."""
        if (listed := self._current.get(change.path)) is not None:
            return listed.mode, listed.blob
        if change.mode == SUBMODULE:
            return SUBMODULE, self._checked_out(change.path)
        return self._blobs.of_path(change.path)

    def _is_as_at_pause(self, change: Change) -> bool:
        """Whether H is B; not even asked while HEAD is the paused commit."""
        return self._then == self._facts.head or self._versions.in_head(change.path) == self._versions.at_pause(
            change.path
        )

    def _is_in_head(self, change: Change) -> bool:
        moved = self._then != self._facts.head and not self._there_before
        return moved and self._versions.same((change.mode, change.blob), self._versions.in_head(change.path))

    def _taken_in(self, change: Change) -> CommitNote | None:
        """Return the commit that left at the path what HEAD has there."""
        mode, blob = self._versions.in_head(change.path)
        touching = self._touching.get(change.path)
        if mode is None:
            return touching[0].note if touching else None
        return self._made.get((change.path, f"{mode} {blob}")) or (touching[0].note if touching else None)

    def _there(self, change: Change) -> PathFate:
        """Rows 6 and 7: the bytes are there, git sees no change, and HEAD has other bytes."""
        compared = self._versions.in_head(change.path) != ABSENT and change.mode != SUBMODULE
        if compared and not self._versions.is_skipped(change.path):
            return PathFate(change, Fate.COMMITTED, self._taken_in(change))
        return PathFate(change, Fate.SAME)

    def _found_at(self, change: Change, now: Version) -> str | None:
        """Row 8: return where in the working tree the bytes are."""
        edited = now != ABSENT and change.path in self._current
        if edited or change.blob in {None, self._empty} or change.mode == SUBMODULE:
            return None
        return next((c.path for c in self._facts.changes if c.blob == change.blob), None)

    def _not_there(self, change: Change, now: Version) -> PathFate:
        """Rows 9 to 17: neither the working tree nor HEAD has these bytes at the path."""
        gone = now == ABSENT
        elsewhere = self._elsewhere.get(_result(change)) if gone and change.blob != self._empty else None
        if elsewhere and self._versions.in_head(elsewhere[0]) == (change.mode, change.blob):
            return PathFate(change, Fate.COMMITTED, elsewhere[1], now_at=elsewhere[0])
        if note := self._made.get((change.path, _result(change))):
            return self._committed_once(change, note, now)
        if change.path in self._current and not (gone and change.mode):
            return PathFate(change, Fate.EDITED)
        return self._replaced(change, now)

    def _committed_once(self, change: Change, note: CommitNote, now: Version) -> PathFate:
        """Rows 10 to 13: a commit left it, and a later one left another version."""
        head = self._versions.in_head(change.path)
        from volon.repo.drift.holders import in_commit  # noqa: PLC0415  only when something is lost

        dropped = PathFate(change, Fate.LOST, note, in_commit(note, change.path), gone=now == ABSENT, how="dropped")
        if head == ABSENT or self._is_as_at_pause(change):
            return PathFate(change, Fate.EDITED) if self._is_in_edit(change) else dropped
        if (kept := self._kept_in_head(change)) is None:
            newest = self._touching[change.path][0].note if change.path in self._touching else note
            return PathFate(change, Fate.MOVED_ON, newest, doubt=True)
        if kept.went_on:
            return PathFate(change, Fate.COMMITTED, note)
        return PathFate(change, Fate.EDITED) if self._is_in_edit(change) else dropped

    def _is_in_edit(self, change: Change) -> bool:
        """Row 11: whether the changed file in the working tree has what HEAD lacks."""
        from volon.repo.drift.kept import telling_lines  # noqa: PLC0415  only when something is lost

        data = self._blobs.content(change.path) if change.path in self._current else None
        kept = self._kept(change, telling_lines(data)) if data is not None else None
        return kept is not None and kept.went_on

    def _kept_in_head(self, change: Change) -> Kept | None:
        self._read_all()
        return self._kept(change, self._versions.lines(self._versions.in_head(change.path)))

    def _kept(self, change: Change, now: Lines | None) -> Kept | None:
        """Return what is kept of a change, when the lines of all versions can be told."""
        was = self._versions.lines((change.mode, change.blob))
        before = self._versions.lines(self._versions.at_pause(change.path))
        if was is None or before is None or now is None or was == before:
            return None
        from volon.repo.drift.kept import Kept  # noqa: PLC0415  as above

        return Kept(before, was, now)

    def _read_all(self) -> None:
        """Read all that may be asked for at once."""
        ask = (self._versions.in_head, self._versions.at_pause)
        self._versions.read(
            [c.blob for c in self._asked] + [version(c.path)[1] for c in self._asked for version in ask]
        )

    def _replaced(self, change: Change, now: Version) -> PathFate:
        """Rows 14 to 17: HEAD's version is in the tree, or nothing."""
        gone, commits = now == ABSENT, self._touching.get(change.path, [])
        mode_only = not gone and now[1] == change.blob
        if not commits or mode_only or change.path in self._current:
            return PathFate(change, Fate.LOST, mode_only=mode_only, gone=gone)
        note = commits[0].note
        if gone or change.mode in {None, SUBMODULE}:
            out = change.mode is not None and self._versions.in_head(change.path) == ABSENT
            return PathFate(change, Fate.LOST, note, gone=gone, how="untracked" if out else None)
        # The lines of a conflict are there to be resolved: which of them stay is no loss.
        unmerged = "U" in change.status or change.status in _BOTH
        if not unmerged and (kept := self._kept_in_head(change)) is not None:
            lost = PathFate(change, Fate.LOST, note, how="part" if kept.partly else None)
            return PathFate(change, Fate.MOVED_ON, note) if kept.whole else lost
        proven = self._is_proven(change)
        if not proven and not self._was_committed_here(change, commits):
            return PathFate(change, Fate.LOST, note)
        if not proven and not unmerged and self._is_less(change.path):
            return PathFate(change, Fate.LOST, note, how="part")
        return PathFate(change, Fate.MOVED_ON, note, doubt=not (proven or unmerged))

    def _is_less(self, path: str) -> bool:
        """Row 16: whether fewer lines were committed than were changed at the pause: then some are not there."""
        from volon.repo.diffstat import between, shown, sizes  # noqa: PLC0415  as above

        was, (then, head) = sizes(self._diffstat).get(shown(path)), (self._then, self._facts.head)
        now = between(self._git, then, head, path) if was and then and head else None
        return was is not None and now is not None and now < was

    def _is_proven(self, change: Change) -> bool:
        """Row 15: whether what is there is R with more done to it; R's id proves it, as its bytes are not here."""
        before = self._versions.content(self._versions.at_pause(change.path)[1])
        now = self._blobs.content(change.path)
        if before is None or now is None:
            return False
        from volon.repo.drift.kept import is_proven  # noqa: PLC0415  as above

        return is_proven(before, now, lambda data: self._blobs.of_bytes(data) == change.blob)

    def _was_committed_here(self, change: Change, commits: Sequence[Commit]) -> bool:
        """Row 16: whether HEAD's version was committed in this working tree, which took up what was in it."""
        if self._is_as_at_pause(change):
            return False
        if any(c.oid in self._made_here or c.identity in self._made_here_by for c in commits):
            return True
        mode, blob = self._versions.in_head(change.path)
        found = (c for c in self._everywhere if c.results.get(change.path) == f"{mode} {blob}")
        return any(commit.oid in self._made_here for commit in found)

    @cached_property
    def _everywhere(self) -> tuple[Commit, ...]:
        from volon.repo.drift.holders import commits_anywhere  # noqa: PLC0415  only when something is lost

        return commits_anywhere(self._git, self._then, [change.path for change in self._asked][:MOST_NAMED])

    @cached_property
    def _reflog(self) -> list[list[str]]:
        """Return id, author, address and date of the commits made in this working tree."""
        rows = self._log("--walk-reflogs", "--format=%H%x00%an%x00%ae%x00%aI%x00%gs", "HEAD")
        return [row for row in rows if row[4].startswith("commit")]

    @cached_property
    def _made_here(self) -> frozenset[str]:
        return frozenset(row[0] for row in self._reflog)

    @cached_property
    def _made_here_by(self) -> frozenset[tuple[str, str, str]]:
        """Return author, address and date of commits made here; a rebase keeps them."""
        made = {(row[1], row[2], row[3]) for row in self._reflog}
        # A commit that was there at the pause and was rebased since took up nothing of it.
        before = self._log("--format=%an%x00%ae%x00%aI", self._then) if self._then else []
        return frozenset(made - {(row[0], row[1], row[2]) for row in before})

    def _log(self, *words: str) -> list[list[str]]:
        status, out = self._git.ask("log", f"--max-count={_REFLOG_ENTRIES}", *words, "--", ok=(0, 128))
        return [decode(line).split("\0") for line in (out.splitlines() if status == 0 else ())]


def _result(change: Change) -> str:
    return f"{change.mode} {change.blob}"


def _may_be_there_again(fate: PathFate) -> bool:
    """Whether a change that git names at the path is another one than the one recorded."""
    return fate.fate is Fate.COMMITTED or (fate.fate is Fate.LOST and not fate.gone)
