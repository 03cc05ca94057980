"""What a restore says.

Source: contract §4, §7 (*restore N*).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftView:
    """A path that a restore leaves as it is although one might expect otherwise, and why."""

    path: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult(Result):
    """What a restore did to the user's files, or would do.

    Attributes:
        uid: of the checkpoint.
        op: of this operation; None when nothing was changed.
        created, overwritten, deleted: paths.
        asked: those overwritten or deleted whose present bytes are not HEAD's: that wants `--yes`, or a person's word.
        left: what stays as it is.
        conflicts: files that were written with conflict markers, and are unmerged in git's index now.
        index: whether git's index is put back too.
        safety: the commit that holds everything as it was before; None when nothing was changed.
        onto: the commit that the work was merged into.
        worktree: the new working tree, as a person here would type it.
        stopped: there are some in `asked`, and nobody has agreed to that.
        already: there is nothing to do; what is not as it was saved is in `left`.
        next_command: what agrees to it, when it stopped.
    """

    SCHEMA: ClassVar[str] = "volon/restore@1"

    checkpoint: int
    uid: str
    op: str | None = None
    created: tuple[str, ...] = ()
    overwritten: tuple[str, ...] = ()
    deleted: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    left: tuple[LeftView, ...] = ()
    conflicts: tuple[str, ...] = ()
    index: bool = False
    safety: str | None = None
    onto: str | None = None
    worktree: str | None = None
    stopped: bool = False
    already: bool = False
    next_command: str | None = None
    undo_command: str = "volon undo"
