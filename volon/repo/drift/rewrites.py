"""Which commits of then are there now under other ids: rebased, amended, reordered, squashed, split, cherry-picked.

Evidence is tried from strong to weak, and a commit once paired is not asked again: the same changed lines; the sum of
several; author and author date, which a rebase keeps; the very files it left behind; mostly the same lines by the
same author, and not only the same lines removed; everything it did being done inside a larger commit. What nothing
speaks for is not paired.

Source: contract §5 (`head.rewritten`), §8.2; design §4 (History).
"""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from volon.model.drift.observed import Counterpart
from volon.repo.drift.patches import Patch, total

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from volon.model.drift.observed import How
    from volon.repo.drift.history import Commit
    from volon.repo.drift.patches import Balance

MOST_PATCHES = 1000
"""How many commits of each side have their lines compared."""

_ALIKE = 0.5
_TELLING = 3
_MOST_IN_RUNS, _MOST_IN_CHOICES = 60, 10
_MOST_SUMS = 5000
_NOTHING = Patch(Counter(), "")


class Pairing:
    """Finds counterparts.

    Args:
        old: commits of then that are not there now, oldest first, without merges.
        new: commits of now that were not there then, oldest first, without merges.
        patches: what commits changed, by id.
    """

    def __init__(
        self, old: Sequence[Commit], new: Sequence[Commit], patches: Callable[[Sequence[str]], dict[str, Patch]]
    ) -> None:
        self._old, self._new = list(old), list(new)
        near = _near(self._old, self._new)
        wanted = [commit.oid for commit in (*self._old[-MOST_PATCHES:], *near)] if near else []
        self._patches = patches(wanted)
        self._near = near
        self._pairs: dict[str, list[tuple[Commit, How]]] = {}
        self._taken: set[str] = set()
        self._sums_left = _MOST_SUMS

    def find(self) -> tuple[Counterpart, ...]:
        """Return the counterparts, in the order of the old commits."""
        for step in (
            self._same_lines,
            self._same_identity_and_lines,
            self._sums,
            self._splits,
            self._same_identity,
            self._same_content,
            self._alike,
            self._inside,
            self._inside_more,
        ):
            step()
        pairs = ((old, new, how) for old in self._old for new, how in self._pairs.get(old.oid, ()))
        return tuple(Counterpart(old.note, new.note, how) for old, new, how in pairs)

    def _pair(self, old: Commit, new: Commit, how: How) -> None:
        self._pairs.setdefault(old.oid, []).append((new, how))
        self._taken.add(new.oid)

    def _left_old(self) -> list[Commit]:
        return [commit for commit in self._old if commit.oid not in self._pairs]

    def _left_new(self) -> list[Commit]:
        return [commit for commit in self._new if commit.oid not in self._taken]

    def _patch(self, commit: Commit) -> Patch:
        return self._patches.get(commit.oid, _NOTHING)

    def _read(self, *commits: Commit) -> bool:
        return all(commit.oid in self._patches for commit in commits)

    def _same_lines(self) -> None:
        """Pair the same changed lines; among several, the one with the same subject.

        A few common lines of somebody else's, under another subject, may well stand at another place.
        """
        for old in self._left_old():
            mine = self._patch(old)
            few = mine.added.total() < _TELLING
            equal = (new for new in self._left_new() if mine.same_as(self._patch(new)))
            found = [new for new in equal if not few or _akin(old, new)]
            if found:
                self._pair(old, max(found, key=lambda new: new.note.subject == old.note.subject), "same")

    def _same_identity_and_lines(self) -> None:
        """Pair commits without any lines, which only author, date and subject can tell."""
        for old in self._left_old():
            for new in self._left_new():
                alike = old.identity == new.identity and old.note.subject == new.note.subject
                if alike and not old.results and not new.results:
                    self._pair(old, new, "same")
                    break

    def _sums(self) -> None:
        """Pair several old commits with the new one that is their sum."""
        for new in self._left_new():
            aim = self._patch(new).balance
            inside = [old for old in self._left_old() if old.results.keys() <= new.results.keys()]
            for old in self._summing_up(inside, aim):
                self._pair(old, new, "squashed")

    def _splits(self) -> None:
        """Pair an old commit with the several new ones whose sum it is."""
        for old in self._left_old():
            aim = self._patch(old).balance
            inside = [
                new
                for new in self._left_new()
                if new.results.keys() <= old.results.keys() and aim.keys() & self._patch(new).balance.keys()
            ]
            for new in self._summing_up(inside, aim):
                self._pair(old, new, "split")

    def _summing_up(self, commits: Sequence[Commit], aim: Balance) -> Sequence[Commit]:
        """Return the commits that together are the aim, or none; gives up after many tries in all."""
        offered: set[tuple[bytes, bytes]] = set().union(*(self._patch(commit).balance for commit in commits))
        if not aim or not aim.keys() <= offered:
            return ()
        for group in _groups(commits):
            if self._sums_left <= 0:
                break
            self._sums_left -= 1
            if total(map(self._patch, group)) == aim:
                return group
        return ()

    def _same_identity(self) -> None:
        """Pair by author and author date; the subject decides when several commits were made in the same second."""
        for with_subject in (True, False):
            for old in self._left_old():
                found = [new for new in self._left_new() if new.identity == old.identity and _overlap(old, new)]
                same = [new for new in found if new.note.subject == old.note.subject]
                chosen = same if with_subject else (found if len(found) == 1 else [])
                if chosen:
                    self._pair(old, chosen[0], "changed" if self._read(old, chosen[0]) else "unread")

    def _same_content(self) -> None:
        """Pair what is left when every file it left behind was seen again, byte for byte."""
        left = self._left_old()
        last = {path: (result, old) for old in left for path, result in old.results.items()}
        if not last:
            return
        seen: dict[tuple[str, str], Commit] = {}
        for new in self._new:
            for path, result in new.results.items():
                seen.setdefault((path, result), new)
        if all((path, result) in seen for path, (result, _) in last.items()):
            for old in left:
                where = {seen[path, last[path][0]].oid for path in old.results}
                for new in (new for new in self._new if new.oid in where):
                    self._pair(old, new, "content")

    def _alike(self) -> None:
        """Pair mostly the same lines by the same author, best first."""
        left = [
            (old, new) for old in self._left_old() for new in self._left_new() if old.identity[1] == new.identity[1]
        ]
        scored = [(self._patch(old).likeness(self._patch(new)), old, new) for old, new in left]
        for _, old, new in sorted((row for row in scored if row[0] > _ALIKE), key=lambda row: -row[0]):
            if old.oid not in self._pairs and new.oid not in self._taken and self._speaks_for(old, new):
                self._pair(old, new, "changed")

    def _speaks_for(self, old: Commit, new: Commit) -> bool:
        """Whether likeness is no accident: to have removed the same lines is none, to have put the same there is."""
        mine, theirs = self._patch(old).added, self._patch(new).added
        common = (mine & theirs).total()
        if (mine or theirs) and not common:
            return False
        enough = common > _ALIKE * max(mine.total(), theirs.total())
        return (bool(mine) and enough) or _similar(old.note.subject, new.note.subject)

    def _inside(self) -> None:
        """Pair what went, line by line, into a new commit that already is the counterpart of another one."""
        taken = [new for new in self._near if new.oid in self._taken]
        for old in self._left_old():
            mine = self._patch(old)
            found = next((new for new in taken if mine.within(self._patch(new))), None)
            if found:
                self._pair(old, found, "squashed")

    def _inside_more(self) -> None:
        """Pair what went, line by line, into a new commit that does more besides: all that is left, else some of it."""
        for new in [commit for commit in self._near if commit.oid not in self._taken]:
            theirs = self._patch(new)
            touching = [old for old in self._left_old() if old.results.keys() <= new.results.keys()]
            whole = Patch(total(map(self._patch, touching)), "")
            parts = [old for old in touching if self._is_told(self._patch(old), theirs, old, new)]
            if len(touching) > 1 and self._is_told(whole, theirs, touching[-1], new):
                parts = touching
            for old in parts:
                self._pair(old, new, "squashed" if len(parts) > 1 else "changed")

    @staticmethod
    def _is_told(mine: Patch, theirs: Patch, old: Commit, new: Commit) -> bool:
        """Whether a patch is contained in another, and enough is in it, or its author the same, to mean something."""
        telling = mine.added.total()
        return telling > 0 and (telling >= _TELLING or old.identity[1] == new.identity[1]) and mine.within(theirs)


def _akin(old: Commit, new: Commit) -> bool:
    """Whether two commits have one author, or the subject of one has all the words of the other's."""
    mine, theirs = (set(commit.note.subject.casefold().split()) for commit in (old, new))
    return old.identity[1] == new.identity[1] or mine <= theirs or theirs <= mine


def _similar(one: str, other: str) -> bool:
    """Whether two subjects have at least half of their words in common."""
    mine, theirs = set(one.casefold().split()), set(other.casefold().split())
    return mine == theirs or 2 * len(mine & theirs) >= max(len(mine), len(theirs))


def _near(old: Sequence[Commit], new: Sequence[Commit]) -> list[Commit]:
    """Return the new commits that touch a file some old commit touches: only those can be counterparts by lines."""
    touched = {path for commit in old for path in commit.results}
    return [commit for commit in new if touched & commit.results.keys()][-MOST_PATCHES:]


def _overlap(old: Commit, new: Commit) -> bool:
    """Whether two commits touch a common file; two that touch none at all do as well."""
    return bool(old.results.keys() & new.results.keys()) or not (old.results or new.results)


def _groups(commits: Sequence[Commit]) -> Iterator[Sequence[Commit]]:
    """Return groups of at least two: all, then every contiguous run, then (of few) every other choice."""
    size = len(commits)
    if size > 1:
        yield commits
    if size > _MOST_IN_RUNS:
        return
    for length in range(size - 1, 1, -1):
        for start in range(size - length + 1):
            yield commits[start : start + length]
    if size <= _MOST_IN_CHOICES:
        for length in range(size - 1, 1, -1):
            yield from combinations(commits, length)
