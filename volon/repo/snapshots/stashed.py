"""A stash entry as a snapshot: the same objects, the same manifest, as if its work had been paused where it was made.

The files that differ are checked out by git into a scratch directory, with the index of the entry beside them, and the
code that saves a working tree saves that one. Stash, working tree, index and reflogs are only read. What a checkout
turns into other bytes (line ends, filters of the user's) is saved as `git stash apply` would write it; filters that
only the repository names do not run, and the files they would turn are named.

Source: issue "Where agents live" (importers); reliability §3.3, G3, G10.
"""

from __future__ import annotations

from contextlib import contextmanager

from volon.model.facts import SUBMODULE, GitFacts, is_state_path
from volon.plain import NamedTuple
from volon.repo import status
from volon.repo.blobs import Blobs, encode
from volon.repo.snapshots.filtering import not_run
from volon.repo.snapshots.indexed import IndexFiles
from volon.repo.snapshots.snapshots import Snapshots
from volon.repo.snapshots.standing import tree_of
from volon.repo.status import ABSENT, STAGED, Entry, Status
from volon.scratch import put, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from volon.model.version import Version
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.repo.stashes import Stash

_MODES = ("100644", "100755", "120000", SUBMODULE)
_RULES = ".gitattributes"
_WHOLE_INDEX = ("core.splitIndex=false", "core.untrackedCache=false", "index.sparse=false")


class Stashed(NamedTuple):
    """A stash entry, standing where nobody else looks.

    Attributes:
        snapshots: saves it.
        facts: what git would say of a working tree that holds it, on the commit it was made on.
        seen: what the facts are read from.
        own: volon's own files in it, which are no work of the user's and are left where they are.
        raw: files of it that stand as git stores them; see `volon.repo.snapshots.filtering.not_run`.
    """

    snapshots: Snapshots
    facts: GitFacts
    seen: Status
    own: tuple[str, ...]
    raw: tuple[str, ...]


@contextmanager
def standing(repository: Repository, stash: Stash, branch: str | None) -> Iterator[Stashed]:
    """Let a stash entry stand in a scratch directory, which is gone afterwards.

    Args:
        repository: where.
        stash: the entry.
        branch: the one it was made on, when that is known.

    Raises:
        GitFailed: git cannot check it out, for instance because an object is missing.
        NotCommitted: the index cannot be read.
    """
    git = repository.git.with_settings(*_WHOLE_INDEX)
    base, index, work = (tree_of(git, commit, _MODES) for commit in (stash.base, stash.staged, stash.oid))
    untracked = tree_of(git, stash.untracked, _MODES) if stash.untracked else {}
    found = [*_entries(base, index, work), *(Entry(path, "??") for path in sorted(untracked.keys() - work.keys()))]
    entries = [one for one in found if not is_state_path(one.path)]
    with repository.scratch() as where:
        tree = room(where / "tree")
        rules = [path for path in work if path.rpartition("/")[2] == _RULES]
        _check_out(git, where, tree, stash.oid, {*rules, *(one.path for one in entries if one.path in work)})
        if stash.untracked:
            _check_out(
                git,
                where,
                tree,
                stash.untracked,
                {one.path for one in entries if one.path in untracked and one.path not in work},
            )
        door, files = _index(repository, git, where, tree, stash)
        seen = Status(head=stash.base, branch=branch, entries=entries)
        commits = {path: one.blob for path, one in work.items() if one.mode == SUBMODULE}
        facts = GitFacts(
            head=stash.base,
            branch=branch,
            worktree=repository.worktree,
            changes=status.changes(seen, Blobs(tree, repository.object_format).of_path, {**commits}),
            object_format=repository.object_format,
        )
        snapshots = Snapshots(door, tree, repository.common_dir, repository.contents, lambda: files)
        own = tuple(one.path for one in found if is_state_path(one.path))
        raw = not_run(door, [one.path for one in entries if one.path in work or one.path in untracked])
        yield Stashed(snapshots, facts, seen, own, raw)


def _check_out(git: Git, where: Path, tree: Path, commit: str, paths: Iterable[str]) -> None:
    door = git.checking_out(where / f"index-{commit}", tree)
    door.run("read-tree", commit)
    names = b"".join(encode(path) + b"\0" for path in sorted(paths))
    if names:
        door.run("checkout-index", "-z", "--stdin", stdin=names)


def _index(repository: Repository, git: Git, where: Path, tree: Path, stash: Stash) -> tuple[Git, IndexFiles]:
    """The index of the entry as a file; what git has noted about files that are the same in it stays noted."""
    path = where / "index"
    current = repository.index_files()
    if current is not None and current.shared is None:
        put(path, current.data)
    door = git.checking_out(path, tree)
    door.run("read-tree", "--reset", stash.staged)
    return door, IndexFiles(path, repository.object_format, "")


def _entries(base: Mapping[str, Version], index: Mapping[str, Version], work: Mapping[str, Version]) -> Iterator[Entry]:
    """What `git status` would say of the tracked files, from the three trees."""
    for path in sorted(base.keys() | index.keys() | work.keys(), key=encode):
        was, staged, now = base.get(path), index.get(path), work.get(path)
        if was == staged == now:
            continue
        if staged is None:
            # Out of the index and there all the same, git names a path twice.
            if was is not None:
                yield Entry(path, "D.", ABSENT, ABSENT)
            if now is not None:
                yield Entry(path, "??")
            continue
        letters = _letter(was, staged) + _letter(staged, now)
        mode = now.mode if now else ABSENT
        blob = staged.blob if letters[0] in STAGED or now != staged else None
        yield Entry(path, letters, mode, staged.mode, blob, _submodule(staged, now))


def _submodule(staged: Version, now: Version | None) -> str:
    return "SC.." if SUBMODULE in (staged.mode, now.mode if now else "") else "N..."


def _letter(before: Version | None, after: Version | None) -> str:
    if before == after:
        return "."
    if before is None:
        return "A"
    if after is None:
        return "D"
    return "M" if before.mode[:3] == after.mode[:3] else "T"
