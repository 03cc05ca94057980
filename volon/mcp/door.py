"""What the server needs of its surroundings: a way to ask volon one thing, and the form of the answer.

Source: design §1 (one way down, many front doors).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from volon.plain import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.results import Result
    from volon.workspace import Workspace

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a call.

    Attributes:
        data: what `--json` prints.
        text: what people read.
        failed: volon refused, and `data` is a `volon/error@1`.
    """

    data: dict[str, object]
    text: str
    failed: bool = False


class Door(Protocol):
    """Opens the workspace for one question, asks, and lets go of all of it."""

    def ask(self, use: Callable[[Workspace], Result]) -> Answer:
        """Return what a use-case answers, or why it does not; nothing but an interruption is raised."""

    def look(self, use: Callable[[Workspace], T]) -> T:
        """Return what was read.

        Raises:
            VolonError: it cannot be read.
        """
