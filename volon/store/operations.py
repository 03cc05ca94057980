"""What the store tells about operations: the list of those that were done.

Source: design §2.
"""

from __future__ import annotations

from volon.errors import Corrupt
from volon.model.ids import is_ulid
from volon.plain import dataclass
from volon.store import layout
from volon.store.journal import MAIN_TREE, decode_head, header_size

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from volon.files import FileSystem, Place
    from volon.store.journal import Journal

HEAD_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of the list of operations; `worktree` is the real path of the working tree it changed."""

    ulid: str
    verb: str
    at: str
    undoes: str | None
    summary: str
    worktree: str
    tree: str
    places: tuple[Place, ...]
    header: Mapping[str, Any]

    @classmethod
    def of(cls, journal: Journal) -> Operation:
        """The line of a journal."""
        undoes, summary = journal.header.get("undoes"), journal.header.get("summary")
        return cls(
            ulid=journal.op,
            verb=journal.verb,
            at=journal.at,
            undoes=undoes if isinstance(undoes, str) else None,
            summary=summary if isinstance(summary, str) else "",
            worktree=journal.identity.worktree,
            tree=str(journal.header.get("tree", MAIN_TREE)),
            places=tuple(entry.place for entry in journal.entries),
            header=journal.header,
        )


def undone(operations: Iterable[Operation]) -> frozenset[str]:
    """Return the operations that an undo took back, where that undo was not itself taken back.

    Args:
        operations: newest first.
    """
    found: set[str] = set()
    for row in operations:
        if row.undoes is not None and row.ulid not in found:
            found.add(row.undoes)
    return frozenset(found)


class OpLog:
    """The operations on record, of all working trees of a repository.

    Args:
        fs: where they lie.
    """

    def __init__(self, fs: FileSystem) -> None:
        self._fs = fs
        self._read: dict[str, Operation] = {}

    def names(self) -> list[str]:
        """Their ULIDs, oldest first."""
        return [name for name in self._fs.listdir(layout.OPERATIONS) if is_ulid(name)]

    def newest(self, limit: int | None) -> Iterator[Operation]:
        """Those that can be read, newest first, at most as many as `limit` says."""
        found = filter(None, map(self.row, reversed(self.names())))
        return found if limit is None else (row for _, row in zip(range(limit), found, strict=False))

    def row(self, op: str) -> Operation | None:
        """One of them, of which only the header is read; None when there is none, or it is damaged."""
        if op in self._read:  # What is on record is never written again.
            return self._read[op]
        if not is_ulid(op):
            return None
        place = layout.operation_place(op)
        start = self._fs.read(place, HEAD_BYTES) or b""
        try:
            size = header_size(start)
            if size > len(start):
                start = self._fs.read(place, size) or b""
            self._read[op] = found = Operation.of(decode_head(start))
        except Corrupt:
            return None
        return found
