"""One working tree of one repository: what it is, what stands in it, and what became of what was paused.

Promises: nothing here changes HEAD, index, branches, tags, stash, reflogs or files. Facts are taken once, with one
`git status` and at most one more call for the upstream.

Source: contract §5, §7; design §4; house rule "plain dataclasses out".
"""

from __future__ import annotations

import os

from volon.cached import beside
from volon.errors import NotCommitted
from volon.gitfiles import head_text, relative_worktree
from volon.light import cached_property, suppress
from volon.memory import Memory
from volon.paths import Path
from volon.plain import replace
from volon.repo import operations, status, studied
from volon.repo.capped import heard, start_of
from volon.repo.discovery import discover, refusal
from volon.repo.git import Git, GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from volon.model.drift.observed import Observed, PausedState
    from volon.model.facts import GitFacts
    from volon.repo.contents import GitContents
    from volon.repo.discovery import Layout
    from volon.repo.events import Events
    from volon.repo.noted import Noted
    from volon.repo.snapshots.indexed import IndexFiles
    from volon.repo.snapshots.snapshots import Snapshots
    from volon.world import World

    _Look = tuple[tuple[object, ...], Git, Noted | None, tuple[tuple[str, ...], ...]]

_SIZE = 2
"""Which number of `_signature` it is."""


class Repository:
    """A repository seen from one of its working trees; made by `Repository.open`.

    Attributes:
        root: top of the working tree.
        git_dir: the working tree's own git directory.
        common_dir: the git directory shared by all working trees.
        is_linked: whether this is a linked working tree.
        object_format: `sha1` or `sha256`.
        git: the door to git.
    """

    def __init__(self, world: World, layout: Layout) -> None:
        self.root, self.git_dir, self.common_dir = layout.root, layout.git_dir, layout.common_dir
        self.is_linked = layout.git_dir != layout.common_dir
        self.object_format = layout.object_format
        self.memory = Memory(world, beside(os.path.realpath(layout.root), os.path.realpath(layout.common_dir)))
        self.git = Git(world, layout.root, layout.git_dir, layout.common_dir, self.memory)
        self._world = world
        self._ahead: _Look | None = None
        self._index: tuple[tuple[int, ...], IndexFiles | None] | None = None
        self.knows_index = False

    @classmethod
    def open(cls, world: World, start: Path) -> Repository:
        """Open the working tree that `start` lies in, from any of its directories; nothing is written.

        Raises:
            NoRepository: no git working tree, a bare repository, or one that git refuses to use.
            NotCommitted: git is missing or too old.
        """
        return cls(world, discover(world, start))

    @cached_property
    def events(self) -> Events:
        """What was paused and resumed, as refs."""
        from volon.repo.events import Events  # noqa: PLC0415  git is begun before

        return Events(self.git, self.common_dir, self.object_format, self.memory)

    @cached_property
    def contents(self) -> GitContents:
        """The bytes of files by their object ids."""
        from volon.repo.contents import GitContents  # noqa: PLC0415  git is begun before

        return GitContents(self.git, self.object_format)

    @cached_property
    def snapshots(self) -> Snapshots:
        """Uncommitted work, as refs."""
        from volon.repo.snapshots.snapshots import Snapshots  # noqa: PLC0415  only a pause and a restore need it

        return Snapshots(self.git, self.root, self.common_dir, self.contents, self.index_files)

    @property
    def worktree(self) -> str:
        """`.` in the main working tree, else this one relative to the main one, with `/`."""
        return relative_worktree(str(self.root), str(self.common_dir)) if self.is_linked else "."

    @property
    def tree(self) -> str:
        """git's own name of this working tree, which stays when it is moved; `.` for the main one."""
        return self.git_dir.name if self.is_linked else "."

    def locate(self, worktree: str, tree: str | None = None) -> Path | None:
        """Return where a working tree of this repository is now, or None when it is gone.

        Args:
            worktree: as records name it: by its place at the time.
            tree: git's own name of it, when known; it counts more than the place.
        """
        from volon.repo import branches  # noqa: PLC0415  only when a pause was made elsewhere

        found = branches.worktree_path(self.common_dir, worktree, tree)
        return Path(found) if found is not None else None

    def look_ahead(self, *, pauses: bool = False) -> None:
        """Let git begin to look at the working tree, for the first `facts`; whoever calls this calls `look_away`.

        What it finds counts only while HEAD, index and operation stay as they are now. One who is looking looks on.

        Args:
            pauses: also begin to list the events; for a command that writes more of them not before it has the lock.

        Raises:
            NotCommitted: git is missing, or what decides how it may look cannot be read.
        """
        if self._ahead is None:
            self._begin()
        if pauses:
            self.events.look_ahead()

    def look_away(self) -> None:
        """End what was begun and not asked for: time has passed, or nobody will."""
        if self._ahead is not None:
            self._ahead[1].forget()
        self._ahead = None
        self.git.forget()

    def facts(self) -> GitFacts:
        """Return the state of the working tree now.

        Raises:
            NoRepository: git refuses the repository.
            GitFailed: git could not say.
        """
        return self.look()[0]

    def look(self, *, ids: bool = True) -> tuple[GitFacts, status.Status]:
        """Return the state of the working tree now, and what git said that it was read from.

        Args:
            ids: whether the changed files are read for the ids of their bytes; else `identified` does it.

        Raises:
            NoRepository, GitFailed: as `facts`.
        """
        from volon.model.facts import GitFacts  # noqa: PLC0415  git is begun before
        from volon.repo.blobs import Blobs  # noqa: PLC0415

        seen = self._status()
        of_path = Blobs(self.root, self.object_format).of_path if ids else _unread
        operation = operations.in_progress(self.git_dir)
        facts = GitFacts(
            head=seen.head,
            branch=seen.branch,
            upstream=seen.upstream,
            upstream_commit=self._upstream_commit(seen),
            worktree=self.worktree,
            operation=operation.name if operation else None,
            operation_head=operation.head if operation else None,
            operation_branch=operation.branch if operation else None,
            changes=status.changes(seen, of_path, {path: self.checked_out(path) for path in seen.submodules}),
            fetched_at=self._fetched_at(),
            nested=(*seen.nested, *(f"{path}/" for path in self.git.unseen)),
            submodules=seen.submodules,
            object_format=self.object_format,
            shallow=(self.common_dir / "shallow").exists(),
        )
        return facts, seen

    def identified(
        self, facts: GitFacts, seen: status.Status, known: Mapping[str, tuple[str | None, str | None]]
    ) -> GitFacts:
        """Return what `look` found without ids, with them.

        Args:
            facts: the state of the working tree.
            seen: what it was read from.
            known: mode and id of the files that were read meanwhile; the others are read now.
        """
        from volon.model.facts import SUBMODULE  # noqa: PLC0415  git is begun before
        from volon.repo.blobs import Blobs  # noqa: PLC0415

        blobs = Blobs(self.root, self.object_format)
        commits = {change.path: change.blob for change in facts.changes if change.mode == SUBMODULE}
        changes = status.changes(seen, lambda path: known.get(path) or blobs.of_path(path), commits)
        return replace(facts, changes=changes)

    def observe(self, paused: PausedState, facts: GitFacts | None = None) -> Observed:
        """Return what became of a pause, for `volon.model.drift.preflight`.

        Args:
            paused: what the pause recorded.
            facts: the facts, when they are known already.

        Raises:
            GitFailed: git could not say.
        """
        from volon.repo.drift.observing import Observer  # noqa: PLC0415  a pause never needs it

        return Observer(self, paused, facts or self.facts()).observe(self._world.clock.now())

    def stamp(self) -> tuple[object, ...]:
        """Return a value that changes when HEAD, index or an operation in progress changes; no process is started.

        Source: reliability C4 (git running at the same time).
        """
        return (
            head_text(str(self.git_dir)),
            self._head_ref(),
            _signature(self.git_dir / "index"),
            operations.in_progress(self.git_dir),
        )

    def index_bytes(self) -> bytes | None:
        """Return the index file as it is; None when there is none.

        Raises:
            NotCommitted: it cannot be read.
        """
        try:
            return (self.git_dir / "index").read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise NotCommitted("the index cannot be read", causes=[str(error)]) from error

    def index_files(self) -> IndexFiles | None:
        """Return the index and what is known of it, read anew where it was written since; None when there is none.

        Raises:
            NotCommitted: it cannot be read.
        """
        from volon.repo.snapshots.indexed import read_index_files  # noqa: PLC0415  a look at the tree needs none

        seen = _signature(self.git_dir / "index")
        if self._index is None or self._index[0] != seen:
            try:
                now = self._world.clock.file_ns()
                found = read_index_files(self.git_dir, self.object_format, self.memory, now)
            except OSError as error:
                raise NotCommitted("the index cannot be read", causes=[str(error)]) from error
            self._index, self.knows_index = (seen, found), found is not None and found.words is not None
        return self._index[1]

    def study_index(self) -> None:
        """Digest the index and see what it hides, while git looks; it counts as long as the index stays so."""
        with suppress(NotCommitted):
            if (index := self.index_files()) is not None:
                index.study(self.memory)

    def scratch(self) -> AbstractContextManager[Path]:
        """Make a directory in the git directory that is gone when the block is left; see `volon.scratch`."""
        from volon.scratch import scratch  # noqa: PLC0415  few commands need it

        return scratch(self.git_dir, self._world.ids.token)

    def _begin(self) -> _Look:
        """Let git begin to look: where the tree is large by what was noted of it, or else two processes at once.

        Those look into no submodule. Whether there is one may take long to find out: they have begun by then.
        """
        signature = _signature(self.git_dir / "index")
        if not signature or signature[_SIZE] < studied.LARGE:
            return self._ask(None, status.COMMAND)
        from volon.repo.noted import recall  # noqa: PLC0415  only in a large tree

        notes = recall(self.memory, self.git_dir, self.git.environment)
        if notes is not None and not self.git.submodules:
            return self._ask(notes, status.COMMAND)
        look = self._ask(None, *status.IN_TWO)
        if self.git.submodules:
            for words in status.IN_TWO:
                self.git.forget(*words)
            look = self._ask(None, status.COMMAND)
        return look

    def _ask(self, notes: Noted | None, *questions: tuple[str, ...]) -> _Look:
        git = self.git if notes is None else notes.door(self.git)
        self._ahead = (self.stamp(), git, notes, questions)
        for words in questions:
            git.begin(*words)
        return self._ahead

    def _status(self) -> status.Status:
        try:
            return self._begun(*(self._ahead or self._begin())) or status.parse(self.git.run(*status.COMMAND))
        except GitFailed as error:
            raise refusal(error, self.root) from error

    def _begun(
        self, stamp: tuple[object, ...], git: Git, notes: Noted | None, questions: tuple[tuple[str, ...], ...]
    ) -> status.Status | None:
        """What git found that began to look; None where HEAD, index or operation are not what they were then."""
        self._ahead = None
        try:
            if stamp != self.stamp():
                return None
            tracked, *others = (git.run(*words) for words in questions)
            if others and status.parse(tracked).gone:
                # Renamed meanwhile, it may have been gone for the one and not there yet for the other.
                others = [git.run(*questions[1])]
            found = status.parse(tracked, *others)
            return found if stamp == self.stamp() and (notes is None or notes.stays) else None
        except GitFailed:
            if notes is None:
                raise
            return None
        finally:
            for words in questions:
                git.forget(*words)

    def _upstream_commit(self, seen: status.Status) -> str | None:
        if seen.upstream is None or not seen.upstream_known:
            return None
        return seen.head if seen.upstream_same else self.git.resolve("@{upstream}")

    def checked_out(self, path: str) -> str | None:
        """Return the commit checked out in a submodule, or None when there is none."""
        where = self.root / path
        if not (where / ".git").exists():
            return None
        state, out = self.git.ask("rev-parse", "--verify", "--quiet", "HEAD^{commit}", ok=(0, 1, 128), directory=where)
        return out.decode("ascii", "replace").strip() if state == 0 else None

    def _fetched_at(self) -> datetime | None:
        """Return when this repository last heard from a remote, by any of its working trees, or by being cloned."""
        from volon.dates import UTC, datetime  # noqa: PLC0415  git is begun before

        homes = (self.common_dir, *_entries(self.common_dir / "worktrees"))
        times = [stamp for home in homes if (stamp := _mtime(home / "FETCH_HEAD")) is not None]
        latest = max(times, default=None) or heard(self.common_dir / "logs")
        try:
            return datetime.fromtimestamp(int(latest), UTC) if latest is not None else None
        except (OverflowError, ValueError, OSError):
            # A time that no clock has shown, as a reflog made by hand may say.
            return None

    def _head_ref(self) -> tuple[object, ...]:
        text = head_text(str(self.git_dir))
        # A name that leads out of the git directory is nothing that git would follow.
        if not text.startswith(b"ref: refs/") or b"\0" in text or b".." in text:
            return ()
        name = text.removeprefix(b"ref: ").decode("utf-8", "surrogateescape")
        return (start_of(self.common_dir / name), _signature(self.common_dir / "packed-refs"))


def _unread(_path: str) -> tuple[None, None]:
    return None, None


def _entries(directory: Path) -> tuple[Path, ...]:
    try:
        return tuple(sorted(directory.iterdir()))
    except OSError:
        return ()


def _mtime(path: Path) -> float | None:
    try:
        return path.stat().st_mtime
    except OSError:
        return None


def _signature(path: Path) -> tuple[int, ...]:
    try:
        info = path.stat()
    except OSError:
        return ()
    return (info.st_mtime_ns, info.st_ctime_ns, info.st_size, info.st_ino)
