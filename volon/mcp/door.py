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

    def ask(self, use: Callable[[Workspace], Result], dress: Callable[[Result], Result]) -> Answer:
        """Return what a use-case answers, or why it does not; nothing but an interruption is raised.

        Args:
            use: asks it.
            dress: what is done to the result once its commands are as they are typed here.
        """

    def look(self, use: Callable[[Workspace], T]) -> T:
        """Return what was read.

        Raises:
            VolonError: it cannot be read.
        """


def sendable(text: str) -> str:
    """Return a text in characters that the wire can carry.

    File names may hold bytes that are no UTF-8, which Python keeps as halves of characters.
    """
    return text.encode("utf-8", "backslashreplace").decode()
