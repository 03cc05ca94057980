"""Which task is meant when none was named.

Source: contract §4 (active task; what `resume-task` picks), §2.7 (the task file is the truth, pointers are not).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import UsageError
from volon.model.task import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from volon.model.task import Task
    from volon.usecases.records import TaskFile, Unreadable

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


def resumable_task(
    files: Sequence[TaskFile], pointed: str | None, is_here: Callable[[TaskFile], bool] = lambda _file: True
) -> TaskFile | None:
    """Return the task to come back to.

    The task the bootstrap points to if it is not done, else the most recent paused, doing or blocked one, else the
    next todo. Where several are paused, one that was paused on this branch goes before one that was not.

    Args:
        files: all tasks.
        pointed: the id the bootstrap points to.
        is_here: whether a paused task was paused on this branch of this working tree.
    """
    named = next((file for file in files if file.task.id == pointed and file.task.status in _RESUMABLE), None)
    paused = sorted((file for file in files if file.task.status is Status.PAUSED), key=lambda file: _rank(file.task))
    if len(paused) > 1 and (named is None or named in paused) and not (named and is_here(named)):
        named = next(filter(is_here, paused), named)
    if named is not None:
        return named
    recent = sorted((file for file in files if file.task.status in _RESUMABLE), key=lambda file: _rank(file.task))
    todo = sorted((file for file in files if file.task.status is Status.TODO), key=lambda file: _todo_rank(file.task))
    return next(iter([*recent, *todo]), None)


def refuse_unreadable(broken: Sequence[Unreadable], pointed: str | None) -> None:
    """Refuse to go on as if there were no task when one cannot be read: that would be a fresh start.

    Args:
        broken: the task files that cannot be read.
        pointed: the id the bootstrap points to; that one is named first.

    Raises:
        VolonError: what is wrong with the file.
    """
    ranked = sorted(broken, key=lambda item: not item.path.endswith(f"/{pointed}.md"))
    if ranked:
        raise ranked[0].error


def stale_pointer(files: Sequence[TaskFile], broken: Sequence[Unreadable], pointed: str | None) -> str | None:
    """Return a sentence when the bootstrap points to a task that is done or gone, else None."""
    if pointed is None or any(item.path.endswith(f"/{pointed}.md") for item in broken):
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
