"""What becomes of a file that agents read: the words for it that all kinds of what is wanted share.

Source: issue "Where agents live" (no second diff, edited files kept, uninstalled byte for byte).
"""

from __future__ import annotations

from volon.plain import NamedTuple, StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from volon.model.agents.manifest import Written

    Look = Callable[[str], "bytes | Barred | None"]
    Settled = tuple["Change", "Written | None"]

    class Wanted(Protocol):
        """What volon wants to stand somewhere: a whole file, a text in one, or entries of somebody's settings."""

        @property
        def path(self) -> str:
            """Where, below the root of the repository."""

        def put(self, before: Written | None, there: bytes | Barred | None) -> Settled:
            """Return what has to change so that it stands there, and what the manifest says of it then.

            Args:
                before: what the manifest said.
                there: the file.
            """


EDITED = "was edited since volon wrote it"


class State(StrEnum):
    """What becomes of a file."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    KEPT = "kept"


class Barred(NamedTuple):
    """A file that cannot be looked at, or that volon does not touch, and why."""

    reason: str


class Change(NamedTuple):
    """What becomes of one file.

    Attributes:
        agents: those that read it; none when it is no longer wanted.
        parts: what stands in it, of `PARTS`.
        after: what it holds then, of `CREATED` and `UPDATED`.
        reason: why it, or a part of it, stays as it is.
        paste: what a person would have to put in where volon cannot.
    """

    path: str
    state: State
    agents: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    after: bytes | None = None
    reason: str = ""
    paste: str = ""
