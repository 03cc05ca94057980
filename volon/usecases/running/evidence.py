"""What a pause takes over of the commands that were run: which are its task's, and what of them goes into a checkpoint.

Source: contract §8.5 (evidence), §3 (capsule: commands run and outcomes).
"""

from __future__ import annotations

from volon.plain import replace
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.evidence import Evidence
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.task import Task
    from volon.store.store import Reader
    from volon.store.transaction import Transaction


def runs_since(reader: Reader, task: Task | None, previous: Checkpoint | None) -> tuple[Evidence, ...]:
    """Return what was run for a task since its last checkpoint, oldest first.

    Args:
        reader: where.
        task: None for a pause that makes one: then, what was run for no task yet.
        previous: the task's last checkpoint.
    """
    since = (previous.uid or "") if previous else ""
    names = [name for name in reader.listdir(layout.EVIDENCE) if name > since]
    if not names:
        return ()
    from volon.model.evidence import decode  # noqa: PLC0415  most pauses have none

    found = (reader.read(layout.evidence_place(name)) for name in names)
    rows = (decode(data.decode("utf-8", "replace")) for data in found if data is not None)
    return tuple(row for row in rows if row is not None and _is_of(row, task))


def _is_of(row: Evidence, task: Task | None) -> bool:
    """Whether it was run for the task; its id is only a label, which is asked where a uid is not known."""
    if task is None or row.task_id is None:
        return task is None and row.task_id is None
    return row.task_id == task.id if None in {row.task_uid, task.uid} else row.task_uid == task.uid


def rows_for(previous: Checkpoint | None, runs: tuple[Evidence, ...]) -> tuple[Evidence, ...]:
    """Return the newest outcome of each command: of what was run now, else what the last checkpoint knows."""
    known = previous.evidence if previous else ()
    if not (known or runs):
        return ()
    from volon.model.evidence import newest, unfolded, without_output  # noqa: PLC0415  most pauses have none

    before = unfolded(known, previous.changes) if previous else ()
    return newest([*before, *map(without_output, runs)])


def adopt(tx: Transaction, runs: tuple[Evidence, ...], task_id: str, task_uid: str) -> None:
    """Give what was run for no task yet to the task that a pause makes."""
    for row in runs:
        if row.task_id is None:
            from volon.model.evidence import encode  # noqa: PLC0415  most pauses have none

            place = layout.evidence_place(row.uid)
            tx.read(place)
            tx.put(place, f"{encode(replace(row, task_id=task_id, task_uid=task_uid))}\n".encode("ascii"))
