"""The journal of a run, on disk: the only thing that says where it stands.

Whoever writes takes the journal's lock, takes in what others have written, decides, appends, and lets go: so every
record is decided in full knowledge of all before it, and behind a pause there is no start. Readers take no lock. What a
writer that died left half-written is cut off by the next one. A record counts when it is written; it survives power
loss once it was `sync`ed, and what is lost then is always the end.

Source: contract §6 (pipeline); seed 004 (atomic, no partial pause); performance (rows 13 and 15).
"""

from __future__ import annotations

from contextlib import contextmanager

from volon.errors import Corrupt
from volon.model.pipeline.records import Entry, decode, encode, whole_lines
from volon.model.text import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from volon.clock import Clock
    from volon.model.pipeline.records import Record
    from volon.runfiles import Appended

LARGEST = 128 << 20


class Journal:
    """A run's journal, read up to some point.

    Args:
        file: it.
        clock: says when records are written.
        apply: takes in each record, one's own too; a ValueError says that it breaks a rule.
        name: in messages.

    Attributes:
        n: how many records were taken in.
        unsynced: whether records may not be durable yet; those of others too, who may have died before they saw to it.
    """

    def __init__(self, file: Appended, clock: Clock, apply: Callable[[Entry], None], name: str) -> None:
        self._file, self._clock, self._apply, self._name = file, clock, apply, name
        self._offset = self._seen = 0
        self._pending = b""
        self._at = ""
        self.n = 0
        self.unsynced = False

    @property
    def size(self) -> int:
        """How much of it was taken in; what stands behind is half a record, or not read yet."""
        return self._offset

    def listen(self, apply: Callable[[Entry], None]) -> None:
        """Let somebody else take in the records from here on."""
        self._apply = apply

    def refresh(self) -> bool:
        """Take in what was written since, by anybody; whether there was anything.

        Raises:
            Corrupt: the journal is damaged.
        """
        self._seen = self._file.size()
        if self._seen == self._offset:
            return False
        if self._seen > LARGEST:
            raise damaged(self._name, self.n + 1, ValueError("it is larger than any that volon writes"))
        lines, end = whole_lines(self._file.read(self._offset))
        for line in lines:
            try:
                self._apply(decode(line, self.n + 1))
            except ValueError as error:
                raise damaged(self._name, self.n + 1, error) from error
            self.n += 1
            self.unsynced = True
        self._offset += end
        return bool(lines)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only writer, knowing all that was written; what is then written goes to the disk at the end, at once.

        Raises:
            Corrupt: the journal is damaged.
            OSError: it cannot be written; then nothing of this turn was.
        """
        with self._file.locked():
            self.refresh()
            if self._seen > self._offset:
                self._file.cut(self._offset)
            self._pending, self._at = b"", ""
            yield
            if self._pending:
                self._file.append(self._pending)
                self._offset += len(self._pending)
                self.unsynced = True

    def write(self, record: Record) -> None:
        """Write a record; only within a turn, all of which is at one time."""
        self._at = self._at or iso(self._clock.now())
        entry = Entry(self.n + 1, self._at, record)
        self._apply(entry)
        self._pending += encode(entry)
        self.n += 1

    def sync(self) -> None:
        """Make durable what was written, by whomever."""
        if self.unsynced:
            self._file.sync()
            self.unsynced = False

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def damaged(name: str, line: int, error: ValueError) -> Corrupt:
    """What is said of a journal that cannot be believed."""
    return Corrupt(
        f"the journal of a run is damaged: {name}, line {line}",
        causes=[str(error)],
        hints=["volon pipeline run --fresh FILE begins a new run of that file; the damaged one stays as it is"],
    )
