"""What the use-cases say about the list of operations.

Source: contract §7 (undo, op log).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One line of the op log.

    Attributes:
        undone: a later undo took it back.
        stays: it says what ran, or what another machine has, and undo passes over it.
    """

    op: str
    verb: str
    at: str
    summary: str
    worktree: str = "."
    undone: bool = False
    undoes: str | None = None
    stays: bool = False

    @property
    def short(self) -> str:
        """The end of its id, which people see and may name it by."""
        return self.op[-6:]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoResult(Result):
    """The operation that was taken back and the files that were put back."""

    SCHEMA: ClassVar[str] = "volon/undo@1"

    undone: OperationView
    op: str
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoListResult(Result):
    """The op log, newest first."""

    SCHEMA: ClassVar[str] = "volon/undo-list@1"

    operations: tuple[OperationView, ...]
