"""Who still has bytes that are not in the tree any more: the index, a stash, a commit, git's object store.

Source: contract §5 (`tree.lost`).
"""

from __future__ import annotations

import re
from functools import cached_property

from volon.model.drift.finding import handle, short
from volon.model.drift.observed import Fate, Holder
from volon.model.facts import SUBMODULE
from volon.model.syntax.gitpath import shell_word
from volon.plain import replace
from volon.repo.blobs import decode
from volon.repo.catfile import sizes
from volon.repo.drift.history import parse_log
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Sequence

    from volon.model.drift.observed import CommitNote, PathFate
    from volon.model.facts import Change
    from volon.repo.drift.history import Commit
    from volon.repo.git import Git

_MOST_LOOKED_FOR = 200
_LOG = (
    "log",
    "-z",
    # What volon saved is offered by its own command.
    "--exclude=refs/volon/*",
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


def in_commit(commit: CommitNote, path: str) -> Holder:
    """Return the commit as the one that has these bytes at this path."""
    command = f"git show {shell_word(f'{handle(commit.oid)}:{path}')}"
    return Holder(f"commit {short(commit.oid)} ({commit.subject})", command)


def commits_anywhere(git: Git, then: str | None, paths: Sequence[str]) -> tuple[Commit, ...]:
    """Return the commits in any branch, stash or reflog that touch the paths, without those of the paused commit.

    A linked working tree that git was killed while making has no HEAD, and then git looks into no other either.
    """
    log, *words = _LOG
    rest = (*words, *([f"^{then}"] if then else []), "--", *paths)
    status, out = git.ask("--literal-pathspecs", log, *rest, ok=(0, 128))
    if status:
        out = git.run("--literal-pathspecs", log, "--single-worktree", *rest)
    return parse_log(out)


class HolderFinder:
    """Finds holders.

    Args:
        git: where to ask.
        head: HEAD; None on an unborn branch.
        then: the paused commit, when it is here.
    """

    def __init__(self, git: Git, head: str | None, then: str | None) -> None:
        self._git, self._head, self._then = git, head, then

    def tell(self, fates: Sequence[PathFate]) -> list[PathFate]:
        """Return the fates, the lost ones with who has the bytes, as far as nobody was named yet."""
        sought = [fate.change for fate in fates if _is_sought(fate)]
        files = [change for change in sought if change.mode != SUBMODULE and is_object_id(change.blob or "")]
        holders = dict(self._holders(files[:_MOST_LOOKED_FOR]))
        return [
            replace(fate, holder=holders[fate.change.path])
            if fate.holder is None and fate.change.path in holders
            else fate
            for fate in fates
        ]

    def _holders(self, lost: Sequence[Change]) -> Iterator[tuple[str, Holder]]:
        if not lost:
            return
        paths = [change.path for change in lost]
        index, commits = self._index(paths), self._commits(paths)
        stored = self._stored([change.blob or "" for change in lost])
        for change in lost:
            if holder := self._holder(change, index, commits, stored):
                yield change.path, holder

    def _holder(
        self, change: Change, index: set[str], commits: dict[str, Commit], stored: Container[str]
    ) -> Holder | None:
        blob = change.blob or ""
        show = f"git cat-file -p {handle(blob)}"
        if blob in index:
            return Holder("the index", show)
        if (commit := commits.get(blob)) is not None:
            if commit.oid in self._stashes:
                name, oid = self._stashes[commit.oid]
                return Holder(name, f"git stash show -p --include-untracked {handle(oid)}")
            return in_commit(commit.note, change.path)
        return Holder("git's object store", show) if blob in stored else None

    def _stored(self, blobs: Sequence[str]) -> set[str]:
        return {blob for blob, size in zip(blobs, sizes(self._git, blobs), strict=True) if size is not None}

    def _index(self, paths: Sequence[str]) -> set[str]:
        out = self._git.run("--literal-pathspecs", "ls-files", "-s", "-z", "--", *paths)
        return {row.split(b" ", 2)[1].decode("ascii") for row in out.split(b"\0") if row}

    def _commits(self, paths: Sequence[str]) -> dict[str, Commit]:
        """Return blob → the oldest commit found that left it at one of these paths, in any branch, stash or reflog."""
        if self._head is None:
            return {}
        found = commits_anywhere(self._git, self._then, paths)
        return {result.rpartition(" ")[2]: commit for commit in found for result in commit.results.values()}

    @cached_property
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


def _is_sought(fate: PathFate) -> bool:
    return fate.fate is Fate.LOST and fate.holder is None and not fate.mode_only


def _braces(name: str) -> str:
    found = re.search(r"\{\d+\}", name)
    return found[0] if found else "{0}"
