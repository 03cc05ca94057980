"""What the store tells about operations: the list of those that were done, and what lies about unfinished.

Source: design §2.
"""

from __future__ import annotations

from volon.plain import dataclass
from volon.store.stamp import MAIN_TREE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from volon.files import Place
    from volon.store.journal import Journal


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


@dataclass(frozen=True, slots=True)
class Pending:
    """What lies about: nothing of it is in anybody's way, and nothing of it is ever deleted unasked.

    Attributes:
        journal: the operation that the next writing command finishes.
        damaged: why the published journal cannot be read.
        conflicts, corrupt: what was set aside.
        temporaries: leftovers of a crash.
    """

    journal: Operation | None
    damaged: str | None
    conflicts: tuple[Place, ...]
    corrupt: tuple[Place, ...]
    temporaries: tuple[Place, ...]
