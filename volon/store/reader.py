"""Whoever can be asked for records: the store, a transaction, or the index that is about to be committed.

Source: design §2.
"""

from __future__ import annotations

from volon.errors import Corrupt, NotCommitted
from volon.files import InTheWay
from volon.light import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import ClassVar, Protocol, Self, TypeAlias, TypeVar

    from volon.files import Place

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


def forget(rows: Rows[R], name: str, *, there: bool) -> None:
    """Let the long way tell about one file, if it is there at all."""
    found, _signed = rows
    found.pop(name, None)
    if there:
        found[name] = None


@contextmanager
def readable() -> Iterator[None]:
    """What stands in the way of reading is corrupt state; trouble with the disk is its own error."""
    try:
        yield
    except InTheWay as error:
        raise Corrupt(error.message, causes=error.causes, hints=error.hints) from error
    except OSError as error:
        raise NotCommitted("volon's state cannot be read", causes=[str(error)]) from error
