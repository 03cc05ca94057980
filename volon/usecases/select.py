"""Which task is meant when none was named.

Source: contract §4 (active task; what `resume-task` picks), §2.7 (the task file is the truth, pointers are not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import UsageError
from volon.model.task import Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.task import Task
    from volon.usecases.records import TaskFile

_PRIORITIES = {"A": 0, "B": 1, "C": 2}
_RESUMABLE = (Status.PAUSED, Status.DOING, Status.BLOCKED)


def active_task(files: Sequence[TaskFile]) -> TaskFile | None:
    """Return the newest `doing` task, priority deciding between equals; None when nothing is in progress.

    Raises:
        UsageError: two tasks are equally good; both are named with the line to type.
    """
    doing = sorted((file for file in files if file.task.status is Status.DOING), key=lambda file: _rank(file.task))
    if len(doing) > 1 and _rank(doing[0].task) == _rank(doing[1].task):
        tied = [file.task for file in doing if _rank(file.task) == _rank(doing[0].task)]
        message = f"{len(tied)} tasks are in progress and none is newer: {', '.join(task.id for task in tied)}."
        raise UsageError(message, hints=[f"volon pause-task --task {task.id}" for task in tied])
    return doing[0] if doing else None


def resumable_task(files: Sequence[TaskFile], pointed: str | None) -> TaskFile | None:
    """Return the task to come back to.

    The task the bootstrap points to if it is not done, else the most recent paused, doing or blocked one, else the
    next todo. None when there is nothing at all.
    """
    by_id = {file.task.id: file for file in files}
    named = by_id.get(pointed or "")
    if named is not None and named.task.status in _RESUMABLE:
        return named
    for statuses in (_RESUMABLE, (Status.TODO,)):
        ranked = sorted((file for file in files if file.task.status in statuses), key=lambda file: _rank(file.task))
        if ranked:
            return ranked[0] if statuses is _RESUMABLE else min(ranked, key=lambda file: _todo_rank(file.task))
    return None


def stale_pointer(files: Sequence[TaskFile], pointed: str | None) -> str | None:
    """Return a sentence when the bootstrap points to a task that is done or gone, else None."""
    if pointed is None:
        return None
    named = next((file for file in files if file.task.id == pointed), None)
    if named is None:
        return f"The bootstrap points to {pointed}, which has no task file; it was not followed. See: volon doctor"
    if named.task.status is Status.DONE:
        return f"The bootstrap points to {pointed}, which is done; it was not followed. See: volon doctor"
    return None


def _rank(task: Task) -> tuple[float, int]:
    return (-(task.updated_at.timestamp() if task.updated_at else 0.0), _PRIORITIES.get(task.priority or "", 3))


def _todo_rank(task: Task) -> tuple[int, str]:
    return (_PRIORITIES.get(task.priority or "", 3), task.id)
