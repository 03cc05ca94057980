"""volon's state on disk: read it without waiting, change it all at once.

Reading never writes, never locks, and sees a published operation as done. Writing goes through `begin`.

Source: design §2, reliability §3.5.
"""

from __future__ import annotations

from volon.cached import beside
from volon.errors import Corrupt, NotCommitted, NothingToDo, VolonError
from volon.files import Place, Roots
from volon.light import cached_property, contextmanager, suppress
from volon.memory import Memory
from volon.model.ids import is_ulid
from volon.store import layout
from volon.store.journal import MAIN_TREE, Journal, RepoIdentity, decode
from volon.store.operations import Operation, OpLog
from volon.store.reader import Overlay, Reader, readable
from volon.store.shelf import Shelf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import TypeVar

    from volon.files import Contents, FileSystem, Held
    from volon.store.leftovers import Pending
    from volon.store.outbox import Outbox
    from volon.store.reader import R, Rows
    from volon.store.recover import Recovery
    from volon.store.transaction import Transaction
    from volon.world import World

    T = TypeVar("T")

__all__ = ["Reader", "Store"]

_TRIES, _PATIENCE_SECONDS = 10, 0.5


class Store:
    """The records of one working tree.

    Args:
        world: clock, identities and environment.
        fs: the disk below this repository's roots.
        identity: which repository and working tree this is, by where they lie.
        tree: git's own name of the working tree, which stays when it is moved; `.` for the main one.
        shelf: what was read before.

    Attributes:
        committed: the verb of the last transaction of this store that has passed its commit point; empty without one.
        held: whether this process has had the lock here: it is a writing command's.
        patience: seconds to wait for another writer; None for as many as usual.
        notices: sentences the user should see, such as that the file system has no locks.
    """

    def __init__(
        self, world: World, fs: FileSystem, identity: RepoIdentity, tree: str = MAIN_TREE, shelf: Shelf | None = None
    ) -> None:
        self._world = world
        self._fs = fs
        self._identity = identity
        self._log = OpLog(fs)
        self.shelf, self.tree = shelf, tree
        self._overlay = Overlay(fs, identity, shelf)
        self._gathering = False
        self.committed, self.held = "", False
        self.patience: float | None = None
        self.notices: list[str] = []

    @classmethod
    def open(
        cls,
        world: World,
        *,
        root: Path,
        git_dir: Path,
        common_dir: Path,
        contents: Callable[[], Contents] | None = None,
    ) -> Store:
        """The store of a working tree; nothing is read or written.

        Args:
            world: clock, identities, environment, and the maker of the file system.
            root: the top of the working tree.
            git_dir: its own git directory.
            common_dir: the git directory shared by all working trees.
            contents: gives the bytes of the user's files, for operations that put some back.
        """
        files = world.files(Roots(str(root), str(git_dir), str(common_dir), contents))
        identity = RepoIdentity.of(str(root.resolve()), str(common_dir.resolve()))
        tree = git_dir.name if git_dir.resolve() != common_dir.resolve() else MAIN_TREE
        memory = Memory(world, beside(identity.worktree, str(common_dir.resolve())))
        return cls(world, files, identity, tree, Shelf(world.clock, files, memory))

    def read(self, place: Place) -> bytes | None:
        """The content as of the last committed operation, or as somebody edited it since; None when absent.

        Raises:
            Corrupt: the path goes through a symbolic link, or is no regular file.
            NotCommitted: it cannot be read.
        """
        with readable():
            return self.consistently(lambda: self._overlay.look(place))

    def listdir(self, place: Place) -> list[str]:
        """The names in a directory as of the last committed operation, sorted; none when there is no directory.

        Raises:
            Corrupt: the path goes through a symbolic link.
            NotCommitted: it cannot be read.
        """
        with readable():
            return self.consistently(lambda: self._overlay.names(place))

    def read_all(self, place: Place) -> dict[str, bytes | None]:
        """Every name in a directory with its content, as of one operation; None where `read` says what is wrong.

        Raises:
            Corrupt, NotCommitted: as `listdir`.
        """
        with readable():
            return self.consistently(lambda: self._overlay.contents(place))

    def read_rows(self, place: Place, kind: type[R], start: str | tuple[str, ...] = "") -> Rows[R] | None:
        """What lists know of the files in a large directory, as of one operation; see `Reader.read_rows`.

        Raises:
            Corrupt, NotCommitted: as `listdir`.
        """
        with readable():
            return self.consistently(lambda: self._overlay.rows(place, kind, start))

    def consistently(self, gather: Callable[[], T]) -> T:
        """Call `gather`, again if an operation was committed meanwhile: what it read belongs together.

        Under writers that leave no gap for half a second the answer is given as it is: readers never wait.
        What is gathered within another call is that one's to judge.
        """
        if self._gathering:
            return gather()
        tries, until = _TRIES, self._world.clock.monotonic() + _PATIENCE_SECONDS
        while True:
            before, tries, self._gathering = self._overlay.generation(), tries - 1, True
            try:
                result = gather()
            finally:
                self._gathering = False
            if self._overlay.generation() == before or (tries < 1 and self._world.clock.monotonic() > until):
                return result

    @cached_property
    def outbox(self) -> Outbox:
        """What is still to be run for committed operations."""
        from volon.store.outbox import Outbox  # noqa: PLC0415  only where something may run

        return Outbox(self._world, self._fs)

    @contextmanager
    def begin(
        self,
        verb: str,
        *,
        dry_run: bool = False,
        on_wait: Callable[[str], None] | None = None,
        wait: float | None = None,
        after: str | None = None,
    ) -> Iterator[Transaction]:
        """A transaction: the lock is taken, what an earlier command left is finished, nothing is written.

        Leaving the block without `commit` changes nothing. A dry run takes no lock and finishes nothing.

        Args:
            verb: the command, for the list of operations.
            dry_run: `commit` only tells what it would write.
            on_wait: called once with words for the holder when another writer is busy.
            wait: seconds to wait for it; as many as usual when None.
            after: a ULID of another machine's that this operation, and so every later one here, sorts behind.

        Raises:
            Busy, Corrupt, HumanConflict, NotCommitted: see `lock.acquire` and `recover.recover`.
        """
        if dry_run:
            yield self._transaction(verb, None, after)
            return
        from volon.store.recover import recover  # noqa: PLC0415  only to write

        with self._locked(verb, wait, on_wait) as held:
            self.held = True
            recover(self._fs, self._identity)
            transaction = self._transaction(verb, held, after)
            try:
                yield transaction
            finally:
                self.committed = verb if transaction.committed else self.committed
                transaction.close()

    def recover(self, *, wait: float | None = None) -> Recovery:
        """Finish an unfinished operation now, as every writing command does first, and sweep what crashes left.

        Raises:
            Busy, Corrupt, HumanConflict, NotCommitted: as `begin`.
        """
        from volon.store.leftovers import temporaries  # noqa: PLC0415  only to write
        from volon.store.recover import Recovery, recover  # noqa: PLC0415

        with readable():
            if self._fs.stat(layout.JOURNAL) is None and not temporaries(self._fs):
                return Recovery()
        with self._locked("recover", wait, None), readable():
            recovery = recover(self._fs, self._identity)
            # The lock is ours and no journal is left, so nobody is going to need them.
            for place in temporaries(self._fs):
                self._fs.unlink(place)
            return recovery

    def operations(self, limit: int | None = None) -> list[Operation]:
        """The operations of this repository, all working trees, newest first; only their headers are read.

        One whose record is damaged is left out; `operation` says what is wrong with it.
        """
        with readable():
            published = self._overlay.published()
            found = [] if published is None else [Operation.of(published)]
            return [*found, *self._log.newest(None if limit is None else limit - len(found))]

    def tree_of(self, ulid: str) -> str | None:
        """The working tree an operation changed, by git's own name of it; None when the operation is not known here."""
        with readable():
            return None if (row := self._log.row(ulid)) is None else row.tree

    def is_committed(self, ulid: str) -> bool:
        """Whether an operation is known here: it has been applied, or is published."""
        with readable():
            pending = self._overlay.published()
            return (pending is not None and pending.op == ulid) or self._log.row(ulid) is not None

    def operation(self, ulid: str) -> Journal:
        """One operation with the images of every target, before and after.

        Raises:
            NothingToDo: there is no such operation.
            Corrupt: its record is damaged.
        """
        with readable():
            pending = self._overlay.published()
            if pending is not None and pending.op == ulid:
                return pending
            data = self._fs.read(layout.operation_place(ulid)) if is_ulid(ulid) else None
        if data is None:
            raise NothingToDo(f"there is no operation {ulid}")
        return decode(data)

    def derive(self, place: Place, make: Callable[[], bytes], *, twin: bool = False, at_ns: int | None = None) -> None:
        """Keep a file that only saves others work: outside any operation, not durable, and gone when that fails.

        Args:
            place: where it is.
            make: reads what it is made from; whatever changes from then on is newer than the file.
            twin: its last line is a second name for it, which begins like the first; those of older ones go before.
            at_ns: see `FileSystem.derive`.
        """
        with suppress(OSError, VolonError):
            try:
                for name in self._fs.listdir(place.parent) if twin else ():
                    if name.startswith(f"{place.name}-"):
                        self._fs.unlink(place.parent / name)
                self._fs.derive(place, make, twin=twin, at_ns=at_ns)
            except (OSError, VolonError):
                self._fs.unlink(place)

    def set_aside(self, places: Sequence[Place]) -> None:
        """Move files that are nobody's any more to `corrupt/`, where each keeps its name behind a ULID; none is lost.

        Raises:
            Busy, NotCommitted: see `lock.acquire`; what was moved already stays moved.
        """
        from volon.store.recover import set_aside  # noqa: PLC0415  only to write

        with self._locked("doctor", None, None), readable():
            set_aside(self._fs, places, self._world.ids.ulid(self._world.clock.now(), None))

    def shown(self, place: Place) -> str:
        """A place as a person would name it."""
        return self._fs.shown(place)

    def is_unfinished(self) -> bool:
        """Whether an operation is committed and not all on disk yet."""
        with readable(), suppress(Corrupt):
            return self._overlay.load() is not None
        return False

    def pending(self) -> Pending:
        """What doctor shows."""
        from volon.store.leftovers import look  # noqa: PLC0415  only to look after what went wrong

        with readable():
            return look(self._fs, self._overlay.load)

    @contextmanager
    def _locked(self, verb: str, wait: float | None, on_wait: Callable[[str], None] | None) -> Iterator[Held]:
        from volon.store.lock import acquire  # noqa: PLC0415  only to write

        wait = self.patience if wait is None else wait
        try:
            held = acquire(self._world, self._fs, verb, wait=wait, on_wait=on_wait, on_notice=self.notices.append)
        except OSError as error:
            raise NotCommitted("nothing has changed: the lock cannot be taken", causes=[str(error)]) from error
        try:
            yield held
        finally:
            # A lock file that cannot be removed is broken by the next writer: we shall be dead by then.
            with suppress(OSError):
                held.release()

    def _transaction(self, verb: str, held: Held | None, after: str | None) -> Transaction:
        from volon.store.stamp import Stamp  # noqa: PLC0415  only to write
        from volon.store.transaction import Transaction  # noqa: PLC0415
        from volon.store.views import Views, legible  # noqa: PLC0415

        now = self._world.clock.now()
        with legible(self._fs, layout.OPERATIONS):
            previous = max(self._log.names(), default=None)
        stamp = Stamp(
            op=self._world.ids.ulid(now, max(filter(None, (previous, after)), default=None)),
            verb=verb,
            at=now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            identity=self._identity,
            previous=previous,
            tree=self.tree,
        )
        views = Views(self._fs, self._overlay)
        return Transaction(self._fs, views, stamp, held)
