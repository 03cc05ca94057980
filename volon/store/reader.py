"""Whoever can be asked for records: the store, a transaction, or the index that is about to be committed.

    Reader      what they all can be asked
    Overlay     the disk, looked at through an operation that is published and not yet applied

Source: design §2; reliability §3.5.
"""

from __future__ import annotations

from volon.errors import Corrupt, NotCommitted
from volon.files import InTheWay
from volon.light import contextmanager
from volon.model.facts import TEMPORARY_PREFIX
from volon.store import layout
from volon.store.journal import decode
from volon.store.operations import HEAD_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar, Protocol, Self, TypeAlias, TypeVar

    from volon.files import FileSystem, Place
    from volon.store.journal import Entry, Journal, RepoIdentity
    from volon.store.shelf import Shelf

    R = TypeVar("R", bound="Row")
    Rows: TypeAlias = tuple[dict[str, R | None], dict[str, str]]
    """The rows of a directory by name, in order, None where only the long way can tell; and the files' signatures."""
else:
    Protocol = object


class Row(Protocol):
    """What lists know of one file, which is all in its bytes.

    Attributes:
        KIND: one word, which changes whenever the same bytes give another row.
    """

    KIND: ClassVar[str]

    @classmethod
    def read(cls, data: bytes) -> Self | None:
        """The row of a file; None where only the long way can tell."""

    @classmethod
    def of_text(cls, text: str) -> Self | None:
        """The row that `text` was made of; None when it was none."""

    def text(self) -> str:
        """All of it on one line; what `start` is compared with comes first."""


class Reader(Protocol):
    """Whoever can be asked for records: the store, or a transaction with its own changes in place."""

    def read(self, place: Place) -> bytes | None:
        """The content; None when there is no such file."""

    def listdir(self, place: Place) -> list[str]:
        """The names in a directory, sorted; none when there is no such directory."""

    def read_all(self, place: Place) -> dict[str, bytes | None]:
        """Every name in a directory, sorted, with its content in one consistent look.

        None stands for a file that cannot be read like this; `read` says why.
        """

    def read_rows(self, place: Place, kind: type[R], start: str | tuple[str, ...] = "") -> Rows[R] | None:
        """The rows of a large directory, most of them without reading the files again; None for a small one.

        Args:
            place: the directory.
            kind: of the rows.
            start: only those are needed whose text begins like this.
        """


@contextmanager
def readable() -> Iterator[None]:
    """What stands in the way of reading is corrupt state; trouble with the disk is its own error."""
    try:
        yield
    except InTheWay as error:
        raise Corrupt(error.message, causes=error.causes, hints=error.hints) from error
    except OSError as error:
        raise NotCommitted("volon's state cannot be read", causes=[str(error)]) from error


class Overlay:
    """The disk as readers see it: through a published journal, as if all of it had been applied.

    Args:
        fs: where files are looked at.
        identity: whose journal counts.
        shelf: what was read before.
    """

    def __init__(self, fs: FileSystem, identity: RepoIdentity, shelf: Shelf | None) -> None:
        self._fs, self._identity, self._shelf = fs, identity, shelf
        self._decoded: tuple[bytes, Journal] | None = None

    def look(self, place: Place) -> bytes | None:
        """The content of a file; None when there is none."""
        entry = journal.entry(place) if (journal := self.published()) is not None else None
        current = self._fs.read(place)
        return current if entry is None else _seen(entry, current)

    def names(self, place: Place) -> list[str]:
        """The names in a directory, sorted."""
        listed = [name for name in self._fs.listdir(place) if not name.startswith(TEMPORARY_PREFIX)]
        journal = self.published()
        if journal is None:
            return listed
        names = dict.fromkeys(listed)
        for entry in journal.entries:
            if entry.place.parent == place:
                names.pop(entry.place.name, None)
                names |= {} if _seen(entry, self._fs.read(entry.place)) is None else {entry.place.name: None}
            elif entry.after is not None and entry.place.root is place.root:
                inside = entry.place.path.removeprefix(f"{place.path}/")  # which comes with its directory
                names |= {inside.partition("/")[0]: None} if inside != entry.place.path else {}
        return sorted(names)

    def contents(self, place: Place) -> dict[str, bytes | None]:
        """All of a directory; None for what `look` says more of."""
        found = self._fs.read_all(place)
        journal = self.published()
        pending = {entry.place.name for entry in journal.entries if entry.place.parent == place} if journal else ()
        return {name: self.look(place / name) if name in pending else found.get(name) for name in self.names(place)}

    def rows(self, place: Place, kind: type[R], start: str | tuple[str, ...]) -> Rows[R] | None:
        """What lists know of a large directory; None for a small one."""
        rows = self._shelf.rows(place, kind, start) if self._shelf is not None else None
        journal = self.published()
        if rows is not None and journal is not None:
            for name in {entry.place.name for entry in journal.entries if entry.place.parent == place}:
                forget(rows, name, there=self.look(place / name) is not None)
        return rows

    def published(self) -> Journal | None:
        """The journal readers look through: whole, ours, and not yet applied."""
        try:
            journal = self.load()
        except Corrupt:
            return None
        return journal if journal is not None and journal.identity == self._identity else None

    def load(self) -> Journal | None:
        """The journal that is there and not yet applied, whosever it is.

        Raises:
            Corrupt: it is damaged.
        """
        data = self._fs.read(layout.JOURNAL)
        if data is None:
            return None
        if self._decoded is None or self._decoded[0] != data:
            self._decoded = (data, decode(data))
        journal = self._decoded[1]
        # Once archived it has been applied; should its name come back after power loss, it means nothing.
        return None if self._fs.stat(layout.operation_place(journal.op)) is not None else journal

    def generation(self) -> tuple[object, ...]:
        """Changes with every operation: its writer marks the lock's note between publishing and clearing.

        Where a lock file stands in for the kernel's lock there is no mark, and the times of the directory have to do.
        """
        journal, record = self._fs.stat(layout.JOURNAL), self._fs.stat(layout.OPERATIONS)
        return (journal and journal.stamp, record and record.stamp, self._fs.read(layout.LOCK, HEAD_BYTES))


def _seen(entry: Entry, current: bytes | None) -> bytes | None:
    """What a target of a published operation holds as soon as that has been applied."""
    from volon.store.apply import view  # noqa: PLC0415  only while an operation is published and not yet applied

    return view(entry, current)


def forget(rows: Rows[R], name: str, *, there: bool) -> None:
    """Let the long way tell about one file, if it is there at all."""
    found, _signed = rows
    found.pop(name, None)
    if there:
        found[name] = None
