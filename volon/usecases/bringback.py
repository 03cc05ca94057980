"""Bringing back the records of paused tasks whose files are gone, from what git keeps of each pause.

A task is known by its uid. Two working trees or branches may have given the same id, which is only a label: a task that
comes back where another one has its id gets the next free one, in its own records; its checkpoint says what it said.

Source: contract §2.14 (identity), §4 (`rm -rf .volon` is survivable).
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.model.ids import next_task_id
from volon.model.results.protocol import CheckView
from volon.model.syntax.frontmatter import Document
from volon.store import layout
from volon.usecases import records
from volon.usecases.elsewhere import lost_here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.files import Place
    from volon.model.records.events import PauseEvent
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


def bring_back(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    """Write the records that git kept of each lost pause, wherever there is no file now."""
    return [_brought_back(workspace, tx, event) for event in lost_here(workspace)]


def _brought_back(workspace: Workspace, tx: Transaction, event: PauseEvent) -> CheckView:
    try:
        files = workspace.repository.events.read_files(event.oid)
    except NotCommitted as error:
        sentence = f"git's copy of {event.task_id} cannot be read"
        return CheckView(name="pauses", state="note", sentence=sentence, detail=error.causes)
    label = free_label(workspace, tx, event.task_id)
    for place, data in relabelled(files, event.task_id, label).items():
        if tx.read(place) is None:
            (tx.create if place.parent == layout.CHECKPOINTS else tx.put)(place, data)
    sentence = f"{event.task_id} is back" + (f" as {label}: another task has its id here" * (label != event.task_id))
    return CheckView(name="pauses", state="fixed", sentence=sentence)


def free_label(workspace: Workspace, tx: Transaction, task_id: str) -> str:
    """Return a task's id, or the next free one when another task has it."""
    if tx.read(layout.task_place(task_id)) is None:
        return task_id
    return next_task_id(workspace.now().date(), records.task_ids(workspace, tx))


def relabelled(files: Mapping[str, bytes], old: str, new: str) -> dict[Place, bytes]:
    """The records by their places; what names the task in its own task file and capsule names it by its new label."""
    found = {place: data for path, data in files.items() if (place := layout.record_place(path)) is not None}
    if old == new:
        return found
    for key, old_place, place in (
        ("id", layout.task_place(old), layout.task_place(new)),
        ("task_id", layout.capsule_place(old), layout.capsule_place(new)),
    ):
        if (data := found.pop(old_place, None)) is not None:
            found[place] = Document.parse(data, place.path).set(key, new).data
    return found
