"""What `import` says: what was taken over, and what could be.

Source: contract §4; issue "Where agents live" (importers).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.results.protocol import NotSavedView


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedView:
    """One source and the task that was made of it.

    Attributes:
        kind: `stash`, `gsd`, `continuous` or `transcript`.
        source: how people name it.
        at: when it was written, as it says itself; None when it does not say.
        task_id: of the paused task; under a dry run the one it would get.
        checkpoint: its number.
        uid: the operation, which `undo` takes back; empty under a dry run and where nothing was done.
        paused_commit: what the work was on.
        commit_from: where that is from: the source `said` it, it is the tip of the `branch` it said, or `HEAD` now.
        derived: nobody wrote the source to be read by the next one.
        already: it was imported before, so nothing was done.
        saved: how many paths are restored from it, by kind; None where it holds no files.
        not_saved: paths of it that were left out, with the reason.
        next_command: what to type to go on with it.
    """

    kind: str
    source: str
    at: str | None
    title: str
    task_id: str
    checkpoint: int | None
    checkpoint_path: str = ""
    uid: str = ""
    paused_commit: str | None = None
    commit_from: str = ""
    branch: str | None = None
    derived: bool = False
    already: bool = False
    saved: dict[str, int] | None = None
    not_saved: tuple[NotSavedView, ...] = ()
    next_actions: tuple[str, ...] = ()
    next_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult(Result):
    """What `import` took over, one operation for each."""

    SCHEMA: ClassVar[str] = "volon/import-result@1"

    imported: tuple[ImportedView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceView:
    """Something that can be imported.

    Attributes:
        agent: whose session it is, in words; empty of anything else.
        task_id: of the task that was made of it already; None when none was.
        command: what imports it.
        problem: why it cannot be; empty when it can.
    """

    kind: str
    source: str
    at: str | None
    title: str
    task_id: str | None
    command: str
    problem: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportListResult(Result):
    """What could be imported here: stash entries, handoffs in this working tree, the newest sessions of agents.

    Attributes:
        more: the kinds of which there are older ones, which can be imported, too.
    """

    SCHEMA: ClassVar[str] = "volon/import-list-result@1"

    found: tuple[SourceView, ...]
    more: tuple[str, ...] = ()
