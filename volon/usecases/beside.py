"""Tasks in progress beside the one that is meant: here, and in other working trees.

Source: contract §4 (active task), §2.16 (`.volon/` belongs to its working tree).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.records.task import Status
from volon.model.results.elsewhere import AlsoView
from volon.model.syntax.gitpath import shell_word
from volon.repo import branches
from volon.store.store import Store
from volon.usecases import records, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from volon.model.records.task import Task
    from volon.store.store import Reader
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def beside_here(workspace: Workspace, files: Iterable[TaskFile], here: TaskFile) -> tuple[AlsoView, ...]:
    """Return the other tasks in progress here."""
    return tuple(
        AlsoView(
            task_id=file.row.id,
            title=file.row.title,
            worktree=workspace.repository.worktree,
            command=f"volon task show {file.row.id}",
        )
        for file in files
        if file.row.status == Status.DOING and file is not here
    )


def elsewhere_in_progress(workspace: Workspace, files: Iterable[TaskFile]) -> tuple[AlsoView, ...]:
    """Return the tasks in progress in other working trees, but those of which the records here are as new.

    Args:
        workspace: where none is in progress.
        files: the tasks here; where records are shared, an older commit's may be in another working tree.
    """
    known = {file.row.uid: file.row.updated_at or "" for file in files if file.row.uid}
    found: dict[str | None, AlsoView] = {}
    for shown, worktree, file in _in_others(workspace):
        if (file.row.updated_at or "") > known.get(file.row.uid or "", ""):
            command = f"volon -C {shell_word(shown)} status"
            view = AlsoView(task_id=file.row.id, title=file.row.title, worktree=worktree, command=command)
            found.setdefault(file.row.uid or file.row.id, view)
    return tuple(found.values())


def _in_others(workspace: Workspace) -> Iterator[tuple[str, str, TaskFile]]:
    own = workspace.repository
    for root, git_dir in branches.worktrees(own.common_dir):
        if root != own.root.resolve():
            store = Store.open(workspace.world, root=root, git_dir=git_dir, common_dir=own.common_dir)
            for file in records.read_tasks(store, Status.DOING)[0]:
                yield workspace.shown(root), workspace.relative(str(root)), file


def beside_words(reader: Reader, task: Task) -> tuple[str, ...]:
    """Name the other tasks in progress, and say which one the next pause is going to be about."""
    doing = [file for file in records.read_tasks(reader)[0] if file.task.status is Status.DOING]
    others = [file.task.id for file in doing if file.task.id != task.id]
    if not others:
        return ()
    try:
        meant = select.active_task(doing)
        then = f"A pause is about {meant.task.id}, the newest, unless --task names another." if meant else ""
    except UsageError:
        then = "A pause has to be told which one: volon pause-task --task ID"
    twins = [file.task.id for file in doing if file.task.id in others and file.task.title == task.title]
    twice = (f"{twins[0]} has the same title. If it is the same work: volon undo",) if twins else ()
    return (f"{', '.join(others)} {'is' if len(others) == 1 else 'are'} in progress too. {then}", *twice)
