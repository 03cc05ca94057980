"""The workspace: a git working tree with its `.volon/`, opened; the only place where the parts are put together.

Source: design §1.
"""

from __future__ import annotations

import os

from volon.files import Roots
from volon.model.records.events import live_pauses
from volon.paths import Path
from volon.plain import dataclass, replace
from volon.repo.repository import Repository
from volon.store import layout
from volon.store.operations import undone
from volon.store.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from volon.files import Place
    from volon.model.records.events import PauseEvent
    from volon.store.store import Reader
    from volon.trust import Approvals, Site
    from volon.world import World

ARRIVAL = "handoff "
"""How the operations begin that bring something from another machine."""
_CLIMB = 2


@dataclass(frozen=True, slots=True)
class Workspace:
    """The parts a use-case works with.

    Attributes:
        world: clock, ids, files, processes.
        repository: git facts and git deeds.
        store: the records on disk and the transaction that changes them.
        on_wait: told who holds the lock when a writer has to wait.
    """

    world: World
    repository: Repository
    store: Store
    on_wait: Callable[[str], None] | None = None

    @classmethod
    def open(cls, world: World, start: Path, *, on_wait: Callable[[str], None] | None = None) -> Workspace:
        """Open the workspace that `start` lies in; nothing is written.

        Raises:
            NotCommitted: there is no git working tree, or git is missing or too old.
        """
        return cls.around(world, Repository.open(world, start), on_wait=on_wait)

    @classmethod
    def around(cls, world: World, repository: Repository, *, on_wait: Callable[[str], None] | None = None) -> Workspace:
        """Return the workspace of a repository that is open already."""
        store = Store.open(
            world,
            root=repository.root,
            git_dir=repository.git_dir,
            common_dir=repository.common_dir,
            contents=lambda: repository.contents,
        )
        return cls(world, repository, store, on_wait)

    def now(self) -> datetime:
        """Return the present instant, UTC."""
        return self.world.clock.now()

    def template(self, name: str, reader: Reader) -> str:
        """Return a template's text: the user's own version in `.volon/templates/` when it can be used, else ours."""
        from volon.templating import load  # noqa: PLC0415  only to make a new record

        return load(name, reader.read(layout.template_place(name)))

    def site(self) -> Site:
        """Return the directory that approvals for this workspace are about.

        Raises:
            NotTrusted: it is gone.
        """
        from volon.trust import Site  # noqa: PLC0415  only where something is to run

        return Site.of(self.repository.root, self.repository.git_dir)

    def approvals(self) -> Approvals:
        """Return what the user has approved; nothing that came with this repository is asked."""
        from volon.trust import Approvals  # noqa: PLC0415  only where something is to run

        own = self.repository
        return Approvals(self.world, (own.root, own.git_dir, own.common_dir, main_root(own)))

    def on_disk(self, place: Place, limit: int) -> bytes | None:
        """Return what is in a file now, at most `limit` bytes of it, whatever an unfinished operation says.

        Raises:
            NotCommitted: the path goes through a symbolic link, or is no regular file.
            OSError: it cannot be read.
        """
        own = self.repository
        return self.world.files(Roots(str(own.root), str(own.git_dir), str(own.common_dir))).read(place, limit)

    def take_notes(self) -> None:
        """Have git note what it sees for the looks that follow, where that pays; where it cannot nobody is told."""
        if self.repository.knows_index:
            from volon.repo.noting import take  # noqa: PLC0415  only in a large tree

            take(self.repository, lambda make, at_ns: self.store.derive(layout.NOTED, make, at_ns=at_ns))

    def live_pauses(self) -> tuple[PauseEvent, ...]:
        """Return the pauses of this repository, in any working tree, that nothing has ended; newest first.

        Those that came from another machine are among them: their `via` says so, also when the event that made them
        live again (an undone resume) was made here.
        """
        events = self.repository.events.list_events()
        brought = {event.via for event in events if event.via}
        arrivals = self.arrivals() if brought else frozenset()
        came = {event.oid: event.via for event in events if event.via in arrivals}
        live = live_pauses(events, lambda op: op in arrivals if op in brought else self.store.is_committed(op))
        return tuple(replace(event, via=came.get(event.oid)) for event in live)

    def events(self, task_uid: str | None) -> tuple[PauseEvent, ...]:
        """Return the events of a task that count: of committed operations, or come with an arrival that stands."""
        found = [event for event in self.repository.events.list_events() if event.task_uid == task_uid]
        arrivals = self.arrivals() if any(event.via for event in found) else frozenset()
        return tuple(e for e in found if (e.via in arrivals if e.via else self.store.is_committed(e.ulid)))

    def arrivals(self) -> frozenset[str]:
        """Return the operations that brought something from another machine and were not undone."""
        rows = self.store.operations()
        gone = undone(rows)
        return frozenset(row.ulid for row in rows if row.ulid not in gone and row.verb.startswith(ARRIVAL))

    def close_pause(self, op: str, task_uid: str | None, uid: str | None = None) -> None:
        """Close a task's live pause, so that no other branch or worktree reports it as paused.

        It becomes true with operation `op`: until that is committed, readers ignore it. git passes over a directory it
        failed to read without a word, so that it is asked a second time before there is nothing to close.

        Args:
            op: the operation that ends it.
            task_uid: the task.
            uid: of the pause that somebody goes on from, if they do. Where two machines went on from one pause, that
                ends, and not the other machine's, only because it is later; what came and was not taken up stays.
        """
        mine = self._live_pause(task_uid) or self._live_pause(task_uid)
        if mine is None or (mine.via and uid is None):
            return
        parted = (one for one in self.events(task_uid) if one.ulid == uid and (one.via or mine.via))
        self.repository.events.record_close(op, next(parted, mine).oid)

    def _live_pause(self, task_uid: str | None) -> PauseEvent | None:
        return next((event for event in self.live_pauses() if event.task_uid == task_uid is not None), None)

    def locate(self, worktree: str, op: str | None) -> Path | None:
        """Return where the working tree of a pause is now, wherever it was moved to; None when it is gone.

        Args:
            worktree: as the records name it.
            op: the operation that made the pause; the op log knows git's own name of the working tree.
        """
        tree = self.store.tree_of(op) if op is not None else None
        if tree is not None and tree == self.repository.tree:
            return self.repository.root
        if worktree == self.repository.worktree and tree is None:
            return self.repository.root
        return self.repository.locate(worktree, tree)

    def shown(self, path: Path) -> str:
        """Return a path as a person here would type it: relative, or absolute when far away."""
        return shown_path(path, self.repository.root)

    def relative(self, root: str) -> str:
        """Return a working tree, given by its real path, as records name it: `.` or relative to the main one."""
        return Path(os.path.relpath(root, main_root(self.repository))).as_posix()


def main_root(repository: Repository) -> Path:
    """Return the top of the main working tree (the git directory itself when the repository is bare)."""
    common = repository.common_dir.resolve()
    return common.parent if common.name == ".git" else common


def shown_path(path: Path, start: Path) -> str:
    """Return a path relative to `start`, absolute when that would climb further than two levels."""
    relative = Path(os.path.relpath(path, start)).as_posix()
    return relative if relative.count("../") <= _CLIMB else path.as_posix()
