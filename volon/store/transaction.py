"""All or nothing for several files, by a redo journal with one commit point.

What readers are promised
    Before the commit point no file has changed. From the commit point on, every reader of volon sees every new
    content, even before it has arrived in the files: readers look through a published journal (`store.overlay`).
    Readers never wait, never lock, never write.

The sequence (`Transaction.commit`; the lock is held and recovery has run)
    1. Every target is read again. One whose content is not what the plan was made from: HumanConflict, nothing changed.
    2. The whole operation, before and after images, goes into `tmp/<op>`; fsync.
    3. Rename to `journal`; fsync of the directory. This is the commit point.
    4. For each target, in the order they were put: new content already there -> fsync; the planned-upon content
       there -> temporary file beside it, fsync, rename (a new file: link, which never replaces); anything else ->
       it stays, our bytes go to `conflicts/<op>/`.
    5. Every directory touched is fsynced once, and those above it.
    6. The journal gets a second name `ops/<op>`; fsync of that directory; the first name is removed; fsync.
    A file of the user's (`turn`) is told and remembered by mode and object id; its bytes are in git, durable and under
    a ref, before step 1. git's index is renamed from `index.lock`, which is made as git makes it.

What survives
    A kill before or after any system call, a kill during recovery any number of times, power loss with any subset
    of the unsynced writes and names lost, torn or zeroed, a full disk or an I/O error at any call, an edit by hand
    at any time but one (below), two commands at once, a repository that was moved or copied half-way.

    An error up to step 3 is NotCommitted: nothing has changed. After it, CommittedNotApplied: the journal stays and
    the next writing command finishes. An fsync of the directory that fails in step 3 counts as committed: the journal
    is visible, nothing is applied before a later fsync of that directory has succeeded.

What does not survive
    A disk that says it has written what it has not. A file system without atomic rename. An editor that saves in the
    microseconds between the last look at a target and its rename: its version is replaced, the one before it is in
    the operation's record. An editor that holds old content in memory and saves it later has edited the file: volon
    sees that, it cannot prevent it. Programs that read the files themselves can see some new and some old between
    commit point and step 5. Damage to a journal after its commit point is detected, not repaired. Somebody with
    write access to the git directory can do anything.

Source: design §2, reliability §3.
"""

from __future__ import annotations

from volon.errors import CommittedNotApplied, HumanConflict, Interrupted, NotCommitted, VolonError
from volon.files import InTheWay, Place, Root
from volon.interrupts import DeferredSignals
from volon.light import suppress
from volon.model.version import EXECUTABLE
from volon.plain import dataclass, replace
from volon.store import layout
from volon.store.apply import roll_forward
from volon.store.checking import check, holds
from volon.store.journal import Entry, Journal, Kind, digest, encode
from volon.store.reader import forget
from volon.store.recover import conflict_error, edited_error
from volon.store.views import legible

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import FileSystem, Held, Stat
    from volon.model.version import Version
    from volon.store.reader import R, Rows
    from volon.store.stamp import Stamp
    from volon.store.views import Views

_PRIVATE = 0o600
_SHARED = 0o666
_IMMUTABLE = 0o444


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a commit did, or under a dry run would have done.

    Attributes:
        written: the targets that changed, in order.
        conflicts: always empty; a conflict raises HumanConflict after everything else has landed.
        interrupted: a signal came after the commit point; the operation was finished all the same.
    """

    op: str
    written: tuple[Place, ...]
    conflicts: tuple[str, ...] = ()
    dry_run: bool = False
    interrupted: bool = False


class Transaction:
    """A plan of changes, held in memory until `commit`.

    Args:
        fs: where it will be written.
        views: reads what is there.
        stamp: its identity; `op` is the ULID of the operation.
        held: the lock; None for a dry run, whose `commit` only tells the plan.

    Attributes:
        committed: whether the commit point has been passed, whatever came after it.
    """

    def __init__(
        self,
        fs: FileSystem,
        views: Views,
        stamp: Stamp,
        held: Held | None,
    ) -> None:
        self._fs = fs
        self._views = views
        self._stamp = stamp
        self._held = held
        self._seen: dict[Place, bytes | None] = {}
        self._staged: dict[Place, Entry] = {}
        self._undoes: str | None = None
        self._over = False
        self.committed = False

    @property
    def op(self) -> str:
        """The operation's ULID; greater than that of every operation before it."""
        return self._stamp.op

    @property
    def at(self) -> str:
        """When the operation began, UTC ISO-8601."""
        return self._stamp.at

    def read(self, place: Place) -> bytes | None:
        """The content, with what this transaction has put in place; None when there is no such file.

        What is read is remembered: should it be a target, the commit insists that it has not changed since.
        """
        staged = self._staged.get(place)
        if staged is not None and staged.kind is not Kind.APPEND:
            return staged.after
        before = self._before(place)
        return before if staged is None else (before or b"") + (staged.after or b"")

    def listdir(self, place: Place) -> list[str]:
        """The names in a directory, sorted, with what this transaction has put in place."""
        names = self._views.names(place)
        staged = {target.name: entry for target, entry in self._staged.items() if target.parent == place}
        if not staged:
            return names
        return sorted({*names} - staged.keys() | {name for name, entry in staged.items() if entry.after is not None})

    def read_all(self, place: Place) -> dict[str, bytes | None]:
        """Every name in a directory with its content, as `read` has it; None where `read` says what is wrong."""
        for name, data in self._views.contents(place).items():
            if data is not None:
                self._seen.setdefault(place / name, data)
        return {name: self._known(place / name) for name in self.listdir(place)}

    def read_rows(self, place: Place, kind: type[R], start: str | tuple[str, ...] = "") -> Rows[R] | None:
        """The rows of a large directory, with what this transaction has put in place; see `Reader.read_rows`.

        Should one of the files be read or changed afterwards, it must be the one that the row was made of.
        """
        rows = self._views.rows(place, kind, start)
        for target, entry in self._staged.items():
            if rows is not None and target.parent == place:
                forget(rows, target.name, there=entry.after is not None)
        return rows

    def put(self, place: Place, data: bytes) -> None:
        """The file will hold `data`, whether it exists or not; an existing one keeps its permissions."""
        before = self._before(place)
        found = None if before is None else self._stat(place)
        if found is None:
            self._stage(Entry(place, Kind.REPLACE, before, data, _default_mode(place)))
        else:
            self._stage(Entry(place, Kind.REPLACE, before, data, found.mode, exact=True, before_mode=found.mode))

    def create(self, place: Place, data: bytes) -> None:
        """An immutable file: made exclusively, read-only, never opened for writing again.

        Raises:
            HumanConflict: there is a file of that name.
        """
        if self.read(place) is not None:
            raise HumanConflict(f"{self._fs.shown(place)} exists already and is never rewritten")
        self._stage(Entry(place, Kind.CREATE, None, data, _IMMUTABLE, exact=True))

    def delete(self, place: Place) -> None:
        """The file will be gone; nothing to do when it is."""
        before = self._before(place)
        if before is None:
            self._staged.pop(place, None)
            return
        found = self._stat(place)
        bits = _default_mode(place) if found is None else found.mode
        self._stage(Entry(place, Kind.DELETE, before, None, bits, exact=True, before_mode=bits))

    def turn(self, place: Place, before: Version | None, after: Version | None, *, bits: int | None = None) -> None:
        """Put a file of the user's, or git's index, into another version; the commit insists on the one it has now.

        Args:
            place: below one of the roots `OF_THE_USER`.
            before: what was found there; its bytes are in git under a ref of their own, or nothing is lost with them.
            after: what shall be there.
            bits: its permissions; those it has, as far as `after` allows, when not said.
        """
        found = None if before is None else self._stat(place)
        has = found.mode if found is not None and found.is_file else None
        old, new = (None if one is None else one.line() for one in (before, after))
        self._seen[place] = old
        kind = Kind.CREATE if old is None else Kind.REPLACE if new is not None else Kind.DELETE
        bits, exact = _bits_of(after, has) if bits is None else (bits, True)
        self._stage(Entry(place, kind, old, new, bits, exact=exact, before_mode=has))

    def append(self, place: Place, line: bytes) -> None:
        """Add a line to a log. Edits by others are no conflict here: the line then goes to the end of theirs."""
        staged = self._staged.get(place)
        if staged is not None:
            self._staged[place] = replace(staged, after=(staged.after or b"") + line)
            return
        before = self._before(place) or b""
        entry = Entry(place, Kind.APPEND, None, line, _default_mode(place), offset=len(before), prefix=digest(before))
        found = self._stat(place)
        self._stage(entry if found is None else replace(entry, mode=found.mode, exact=True))

    def take_back(self, journal: Journal) -> tuple[Place, ...]:
        """Plan the undoing of an operation: every target back to what it held before. Lines of volon's log stay.

        What is still owed for it is owed no longer; what has run already stays done.

        Args:
            journal: the operation with its images, from `Store.operation`.

        Returns:
            The targets that will change.

        Raises:
            HumanConflict: a target no longer holds what that operation left there; nothing is planned.
        """
        backwards = self._backwards(journal)
        if edited := self.changed(journal):
            raise edited_error(self._fs, journal, edited)
        for entry in backwards:
            self._stage(_reversed(entry, None if entry.after is None else self._stat(entry.place)))
        added = [entry.place for entry in journal.entries if entry.place.root is Root.INFO and self._remove(entry)]
        self._undoes = journal.op
        return (*(entry.place for entry in backwards), *added)

    def changed(self, journal: Journal) -> list[Place]:
        """The targets of an operation that no longer hold what it left there."""
        entries = self._backwards(journal)
        made = {entry.place for entry in entries if entry.before is None}
        return [e.place for e in entries if not holds(e.place, self._before(e.place), e.after, made)]

    def _backwards(self, journal: Journal) -> list[Entry]:
        entries = [entry for entry in reversed(journal.entries) if entry.kind is not Kind.APPEND]
        return [e for e in entries if e.place.parent != layout.OUTBOX or self._before(e.place) == e.after]

    def _remove(self, added: Entry) -> bool:
        """Take what was added to a file of the user's out again; whatever else is in it stays."""
        before, lines = self._before(added.place), added.after or b""
        if added.kind is not Kind.APPEND or before is None or lines not in before:
            return False
        rest = before.replace(lines, b"", 1)
        if rest or added.exact:
            self.put(added.place, rest)
        else:
            self.delete(added.place)
        return True

    def commit(self, summary: str = "", **header: object) -> Outcome:
        """Make it so. See the module for the sequence and for what each failure means.

        Args:
            summary: one line for the list of operations.
            header: anything else to remember with the operation, as plain JSON values.

        Raises:
            NotCommitted: nothing has changed.
            HumanConflict: before the commit point, nothing has changed; after it, everything else has landed.
            CommittedNotApplied: the next writing command finishes it.
            Interrupted: a signal came before the commit point; nothing has changed.
        """
        if self._over:
            raise NotCommitted("this operation is over already")
        self._over = True
        undoes = {} if self._undoes is None else {"undoes": self._undoes}
        journal = self._stamp.journal(self._staged.values(), {"summary": summary, **header, **undoes})
        written = tuple(entry.place for entry in journal.entries)
        if self._held is None or not written:
            return Outcome(self.op, written, dry_run=self._held is None)
        with DeferredSignals() as held:
            self._publish(journal, held)
            self._finish(journal)
        return Outcome(self.op, written, interrupted=held.received is not None)

    def check_size(self) -> None:
        """See that what has been put so far can be committed, before anything outside of the transaction is done.

        Raises:
            NotCommitted: it is too large for one operation; nothing has changed.
        """
        encode(self._stamp.journal(self._staged.values(), {}))

    def close(self) -> None:
        """No more commits: the lock is about to be given back."""
        self._over = True

    def _known(self, place: Place) -> bytes | None:
        """What `read` would give, unless that would have to look at the disk."""
        return self.read(place) if place in self._seen or place in self._staged else None

    def _before(self, place: Place) -> bytes | None:
        if place not in self._seen:
            self._seen[place] = self._views.look(place)
        return self._seen[place]

    def _stat(self, place: Place) -> Stat | None:
        with legible(self._fs, place), suppress(*[InTheWay] * (place.root is Root.FILES)):
            return self._fs.stat(place)
        return None  # a file where a directory is to come back, which makes way before that

    def _stage(self, entry: Entry) -> None:
        """The first put of a target decides its turn."""
        if self._over:
            raise NotCommitted("this operation is over already")
        self._staged[entry.place] = entry

    def _publish(self, journal: Journal, held: DeferredSignals) -> None:
        """Steps 1 to 3."""
        staging = layout.staging_place(self.op)
        try:
            data = encode(journal)
            check(self._fs, journal, len(data))
            self._fs.mkdir(staging.parent)
            self._fs.create(staging, data, _PRIVATE)
            if held.received is not None:
                raise Interrupted("interrupted; nothing has changed")
            self._fs.rename(staging, layout.JOURNAL)
        except OSError as error:
            self._discard(staging)
            raise _not_committed(error) from error
        except VolonError:
            self._discard(staging)
            raise
        self.committed = True
        self._views.forget(entry.place for entry in journal.entries)
        try:
            self._fs.sync_dir(layout.JOURNAL.parent)
        except OSError as error:
            raise _not_applied(self.op, error) from error

    def _discard(self, staging: Place) -> None:
        """Best effort: what cannot be removed now is swept by the next writing command."""
        with suppress(OSError, VolonError):
            self._fs.unlink(staging)

    def _finish(self, journal: Journal) -> None:
        """Steps 4 to 6."""
        if self._held is not None:
            # Readers who began before can tell that something has happened.
            with suppress(OSError):
                self._held.mark(self.op.encode("ascii"))
        try:
            conflicts = roll_forward(self._fs, journal)
        except OSError as error:
            raise _not_applied(self.op, error) from error
        if conflicts:
            raise conflict_error(self._fs, self.op, conflicts)


def _default_mode(place: Place) -> int:
    return _SHARED if place.root in (Root.WORKTREE, Root.INFO) else _PRIVATE


def _bits_of(after: Version | None, has: int | None) -> tuple[int, bool]:
    """Permissions of a version: those of the file it replaces, with git's one bit in or out; else the umask decides."""
    executable = after is not None and after.mode == EXECUTABLE
    if has is None:
        return (0o777 if executable else 0o666), False
    readers = has & 0o444
    return (has | readers >> 2 if executable else has & ~0o111), True


def _reversed(entry: Entry, found: Stat | None) -> Entry:
    """The way back. What is taken away keeps the permissions it was found with, should it ever come again."""
    kind, had = Kind.DELETE if entry.before is None else Kind.REPLACE, entry.before_mode
    bits, has = entry.mode if had is None else had, found.mode if found is not None and found.is_file else None
    return Entry(entry.place, kind, entry.after, entry.before, bits, exact=had is not None, before_mode=has)


def _not_committed(error: OSError) -> NotCommitted:
    return NotCommitted("nothing has changed: the operation could not be written", causes=[str(error)])


def _not_applied(op: str, error: OSError) -> CommittedNotApplied:
    return CommittedNotApplied(
        f"operation {op} is committed but not all of it is in the files yet",
        causes=[str(error)],
        hints=["put right what stands in the way, then run any volon command that writes: it finishes this one first"],
    )
