"""Doctor's look at what pauses saved of the user's files: snapshots without a pause, pauses without their snapshot.

An orphan holds work and harms nobody: it is named and kept. Nothing is repaired here.

Source: contract §4 (`doctor`), issue "Every byte back"; reliability §3.3 (orphans).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.task import Status
from volon.model.results.protocol import CheckView
from volon.repo.catfile import sizes
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

_LIST = "volon checkpoint list --files"


def look(workspace: Workspace, tasks: Iterable[TaskFile]) -> tuple[CheckView, ...]:
    """Return what is odd about saved files; nothing when nothing is."""
    refs = dict(workspace.repository.snapshots.list())
    return (*_orphans(workspace, refs), *_damaged(workspace, refs), *_missing(workspace, tasks))


def _orphans(workspace: Workspace, refs: dict[str, str]) -> list[CheckView]:
    known = {operation.ulid for operation in workspace.store.operations()}
    if refs.keys() <= known:
        return []
    known |= {event.ulid for event in workspace.repository.events.list_events()}
    known |= {row.uid for _, row in records.read_checkpoint_rows(workspace.store)[0] if row.uid}
    found = tuple(sorted(refs.keys() - known))
    if not found:
        return []
    sentence = f"{_of(len(found))} whose operation was never finished; nothing depends on them, and they are kept"
    return [CheckView(name="saved files", state="note", sentence=sentence, detail=found, command=_LIST)]


def _damaged(workspace: Workspace, refs: dict[str, str]) -> list[CheckView]:
    there = sizes(workspace.repository.git, list(refs.values()))
    found = tuple(uid for uid, size in zip(refs, there, strict=True) if size is None)
    if not found:
        return []
    sentence = f"{_of(len(found))} cannot be read; `git fsck` says what is damaged"
    return [CheckView(name="saved files", state="problem", sentence=sentence, detail=found, command="git fsck")]


def _missing(workspace: Workspace, tasks: Iterable[TaskFile]) -> list[CheckView]:
    """Paused tasks whose files were saved, and are not in this repository."""
    named = dict[str, str]()
    for file in tasks:
        if file.row.status == Status.PAUSED and (snapshot := _snapshot(workspace, file.row.id)) is not None:
            named[file.row.id] = snapshot
    there = sizes(workspace.repository.git, list(named.values()))
    found = tuple(task for task, size in zip(named, there, strict=True) if size is None)
    if not found:
        return []
    sentence = (
        "what the last pause of these tasks saved is not in this repository: removed, or in the clone it was made in"
    )
    return [CheckView(name="saved files", state="note", sentence=sentence, detail=found, command=_LIST)]


def _snapshot(workspace: Workspace, task_id: str) -> str | None:
    try:
        found = records.read_capsule(workspace.store, task_id)
    except VolonError:
        return None
    return found[1].snapshot if found else None


def _of(number: int) -> str:
    return f"{number} snapshot{'s' * (number != 1)}"
