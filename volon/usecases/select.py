"""Which task is meant when none was named.

Only rows are looked at, and next to nothing is imported: commands that run at every prompt choose by these rules too.

Source: contract §4 (active task; what `resume-task` picks), §2.7 (the task file is the truth, pointers are not).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Protocol, TypeVar

    from volon.model.quick import TaskRow
    from volon.usecases.records import Unreadable

    class _HasRow(Protocol):
        @property
        def row(self) -> TaskRow: ...

    class _Paused(Protocol):
        @property
        def uid(self) -> str | None: ...

        @property
        def branch(self) -> str | None: ...

    Pause = TypeVar("Pause", bound=_Paused)
    File = TypeVar("File", bound=_HasRow)

_PRIORITIES = {"A": 0, "B": 1, "C": 2}
_RESUMABLE = ("paused", "doing", "blocked")


def active_task(files: Sequence[File]) -> File | None:
    """Return the newest `doing` task, priority deciding between equals; None when nothing is in progress.

    Raises:
        UsageError: two tasks are equally good; both are named with the line to type.
    """
    doing = _newest_first(files, ("doing",))
    tied = tied_tasks(files)
    if tied:
        from volon.errors import UsageError  # noqa: PLC0415  costs more than all the rest, and is seldom needed

        message = f"{len(tied)} tasks are in progress and none is newer: {', '.join(tied)}."
        raise UsageError(message, hints=[f"volon pause-task --task {task_id}" for task_id in tied])
    return doing[0] if doing else None


def tied_tasks(files: Sequence[File]) -> list[str]:
    """Return the ids of the tasks in progress of which none is the newest, so that a pause has to be told which."""
    doing = _newest_first(files, ("doing",))
    tied = [file.row.id for file in doing if _rank(file.row) == _rank(doing[0].row)]
    return tied if len(tied) > 1 else []


def task_here(files: Sequence[File], pointed: str | None, is_here: Callable[[File], bool]) -> File | None:
    """Return the task that the status is about: the doing one, else what `resume-task` picks unless a mere todo.

    Args:
        files: all tasks.
        pointed: the id the bootstrap points to.
        is_here: whether a paused task was paused on this branch of this working tree.
    """
    doing = _newest_first(files, ("doing",))
    chosen = doing[0] if doing else resumable_task(files, pointed, is_here)
    return None if chosen is None or chosen.row.status == "todo" else chosen


def resumable_task(
    files: Sequence[File], pointed: str | None, is_here: Callable[[File], bool] = lambda _file: True
) -> File | None:
    """Return the task to come back to.

    The task the bootstrap points to if it is not done, else the most recent paused, doing or blocked one, else the
    next todo. Where several are paused, one that was paused on this branch goes before one that was not.

    Args:
        files: all tasks.
        pointed: the id the bootstrap points to.
        is_here: whether a paused task was paused on this branch of this working tree.
    """
    named = next((file for file in files if file.row.id == pointed and file.row.status in _RESUMABLE), None)
    chosen = named or next(iter(_newest_first(files, _RESUMABLE)), None)
    if chosen is None:
        return min((file for file in files if file.row.status == "todo"), key=lambda f: _todo_rank(f.row), default=None)
    paused = _newest_first(files, ("paused",))
    if chosen in paused and len(paused) > 1 and not is_here(chosen):
        return next(filter(is_here, paused), chosen)
    return chosen


def was_here(pause: Pause | None, branch: str | None, in_this_tree: Callable[[Pause], bool]) -> bool:
    """Whether a task was paused on this branch of this working tree.

    One that cannot be read, or that does not say, counts as here, so that whoever picks it is told.
    """
    return pause is None or pause.uid is None or (pause.branch == branch and in_this_tree(pause))


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
        error = ranked[0].error
        error.hints = (*error.hints, 'or leave it for now: volon task start "what you are about to do"')
        raise error


def stale_pointer(files: Sequence[File], broken: Sequence[Unreadable], pointed: str | None) -> str | None:
    """Return a sentence when the bootstrap points to a task that is done or gone, else None."""
    if pointed is None or any(item.path.endswith(f"/{pointed}.md") for item in broken):
        return None
    named = next((file for file in files if file.row.id == pointed), None)
    if named is None:
        return f"The bootstrap points to {pointed}, which has no task file; it was not followed. See: volon doctor"
    if named.row.status == "done":
        return f"The bootstrap points to {pointed}, which is done; it was not followed. See: volon doctor"
    return None


def _newest_first(files: Sequence[File], statuses: tuple[str, ...]) -> list[File]:
    """The tasks with one of the statuses, the newest first, priority deciding between equals."""
    ranked = sorted(
        (file for file in files if file.row.status in statuses), key=lambda file: _priority(file.row.priority)
    )
    return sorted(ranked, key=lambda file: file.row.updated_at or "", reverse=True)


def _rank(row: TaskRow) -> tuple[str, int]:
    return row.updated_at or "", _priority(row.priority)


def _todo_rank(row: TaskRow) -> tuple[int, str]:
    return _priority(row.priority), row.id


def _priority(letter: str | None) -> int:
    return _PRIORITIES.get(letter or "", 3)
