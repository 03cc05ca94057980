"""`volon task …`: create, start, finish, block, unblock, list and show tasks; each change is one transaction.

Source: contract §3 (task), §4, origins §2.4.
"""

from __future__ import annotations

from volon.errors import ExitCode, UsageError
from volon.model.ids import names_a_task, next_task_id
from volon.model.problems import RecordError
from volon.model.records import runlog
from volon.model.records.task import Status, move, new_task, unblock
from volon.model.results.checks import ProblemView
from volon.model.results.protocol import TaskListResult, TaskResult
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.text import clip_line, one_line
from volon.plain import replace
from volon.store import layout
from volon.usecases import records
from volon.usecases.beside import beside_words
from volon.usecases.pointers import clear_pointers
from volon.usecases.resuming.brief import task_view
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from volon.model.records.task import Task
    from volon.model.requests import TaskRequest
    from volon.model.results.standing import TaskView
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.records import TaskFile, Unreadable
    from volon.workspace import Workspace

_TITLE_LENGTH = 200
_ORDER: dict[str, int] = {
    status: place
    for place, status in enumerate((Status.DOING, Status.PAUSED, Status.BLOCKED, Status.TODO, Status.DONE))
}


def start_task(workspace: Workspace, request: TaskRequest) -> TaskResult:
    """Set a task to `doing`; a title makes a new one.

    Raises:
        UsageError: the task is done, or the id is unknown.
    """
    with workspace.store.begin("task start", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        now = workspace.now()
        if not names_a_task(request.subject):
            file = _compose_new(workspace, tx, request, now, Status.DOING)
            _put_new(workspace, tx, file, now, "task start")
            created = True
        else:
            file, created = records.find_task(tx, request.subject), False
            if file.task.status is Status.PAUSED:
                message = f"{file.task.id} is paused; starting it would skip its preflight."
                raise UsageError(message, hints=[f"volon resume-task --task {file.task.id}"])
            if file.task.status is not Status.DOING:
                _move(tx, file, Status.DOING, now, "started", "task start")
        tx.commit(file.task.id, task_id=file.task.id, task_uid=file.task.uid)
        result = _result(
            tx, file, "start", created=created, dry_run=request.dry_run, next_command='volon pause-task "where you are"'
        )
        return replace(result, warnings=beside_words(tx, file.task))


def create_task(workspace: Workspace, request: TaskRequest) -> TaskResult:
    """Write a task down for later."""
    with workspace.store.begin("task create", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        now = workspace.now()
        file = _compose_new(workspace, tx, request, now, Status.TODO)
        _put_new(workspace, tx, file, now, "task create")
        tx.commit(file.task.id, task_id=file.task.id, task_uid=file.task.uid)
        next_command = f"volon task start {file.task.id}"
        return _result(tx, file, "create", created=True, dry_run=request.dry_run, next_command=next_command)


def finish_task(workspace: Workspace, request: TaskRequest) -> TaskResult:
    """Set a task to `done`; a pointer to it is cleared and its pause is closed in the same operation."""
    return _change(workspace, request, Status.DONE, "task done", "done")


def block_task(workspace: Workspace, request: TaskRequest) -> TaskResult:
    """Set a task to `blocked` and say why."""
    return _change(workspace, request, Status.BLOCKED, "task block", "blocked", blocker_type=request.blocker_type)


def unblock_task(workspace: Workspace, request: TaskRequest) -> TaskResult:
    """Say that the blocker is resolved; the task gets back the status it had before.

    Raises:
        UsageError: nothing blocks the task.
    """
    with workspace.store.begin("task unblock", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        now = workspace.now()
        file = records.find_task(tx, request.subject)
        said = _said("unblocked", request.note)
        tx.put(file.place, unblock(file.document, file.task, now, said).data)
        _log(tx, file.task, now, "task unblock", note=said)
        tx.commit(file.task.id, task_id=file.task.id, task_uid=file.task.uid)
        result = _result(tx, file, "unblock", dry_run=request.dry_run)
        return replace(result, next_command=_way_back(result.task))


def list_tasks(workspace: Workspace) -> TaskListResult:
    """Return all tasks, those in progress first; unreadable ones as problems (exit 1: it is not the whole list)."""
    files, broken = records.read_tasks(workspace.store)
    ranked = sorted(files, key=lambda file: (_ORDER[file.row.status], file.row.priority or "Z", file.row.id))
    problems = tuple(view for item in broken for view in _problem_views(item))
    return TaskListResult(
        tasks=tuple(task_view(file) for file in ranked),
        problems=problems,
        exit_code=ExitCode.FAILED if problems else ExitCode.DONE,
    )


def _problem_views(item: Unreadable) -> Iterator[ProblemView]:
    if not isinstance(item.error, RecordError):
        yield ProblemView(path=item.path, rule="record.unreadable", message=item.error.message, hint="volon validate")
        return
    for one in item.error.problems:
        yield ProblemView(
            path=one.path,
            rule=one.rule,
            message=one.message,
            line=one.line,
            column=one.column,
            key=one.key,
            hint=one.hint or "volon validate",
        )


def show_task(workspace: Workspace, task_id: str) -> TaskResult:
    """Return one task in full."""
    return _result(workspace.store, records.find_task(workspace.store, task_id), "show")


def _compose_new(
    workspace: Workspace, tx: Transaction, request: TaskRequest, now: datetime, status: Status
) -> TaskFile:
    title = redact(one_line(request.subject))[0]
    if not title:
        message = "A task needs a title."
        raise UsageError(message, hints=['volon task start "Retry with backoff"'])
    task_id = next_task_id(now.date(), records.task_ids(workspace, tx))
    data = new_task(
        workspace.template("task.md", tx),
        id=task_id,
        uid=tx.op,
        title=clip_line(title, _TITLE_LENGTH),
        created_at=now,
        status=status,
        update="started" if status is Status.DOING else "created",
        priority=request.priority,
        description=_description(title, request.description),
        acceptance=request.acceptance,
    )
    place = layout.task_place(task_id)
    tx.read(place)
    document = Document.parse(data, place.path)
    return records.TaskFile.of(place, document)


def _description(title: str, said: str) -> str:
    """What was said, with the whole title above it where the title had to be cut."""
    lead = (title, "") if len(title) > _TITLE_LENGTH else ()
    return "\n".join((*lead, redact(said)[0])).strip("\n")


def _put_new(workspace: Workspace, tx: Transaction, file: TaskFile, now: datetime, verb: str) -> None:
    tx.put(file.place, file.document.data)
    exclude_state(workspace, tx)
    _log(tx, file.task, now, verb)


def _change(
    workspace: Workspace, request: TaskRequest, to: Status, verb: str, word: str, *, blocker_type: str | None = None
) -> TaskResult:
    with workspace.store.begin(verb, dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        now = workspace.now()
        file = records.find_task(tx, request.subject)
        if file.task.status is to:
            message = f"{file.task.id} is {to} already."
            raise UsageError(message, hints=[f"volon task show {file.task.id}"])
        _move(tx, file, to, now, _said(word, request.note), verb, blocker_type=blocker_type)
        if to is Status.DONE:
            clear_pointers(tx, file.task.id, now, "Select the next task: volon task list")
            if not request.dry_run:
                workspace.close_pause(tx.op, file.task.uid)
        tx.commit(file.task.id, task_id=file.task.id, task_uid=file.task.uid)
        next_command = "volon task list" if to is Status.DONE else f"volon task unblock {file.task.id}"
        return _result(tx, file, verb.removeprefix("task "), dry_run=request.dry_run, next_command=next_command)


def _move(
    tx: Transaction, file: TaskFile, to: Status, now: datetime, said: str, verb: str, *, blocker_type: str | None = None
) -> None:
    document = move(file.document, file.task, to, now, said, blocker_type=blocker_type)
    tx.put(file.place, document.data)
    _log(tx, file.task, now, verb, note=said)


def _log(tx: Transaction, task: Task, now: datetime, verb: str, *, note: str | None = None) -> None:
    tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb=verb, at=now, task_id=task.id, note=note))


def _said(word: str, note: str) -> str:
    return f"{word}: {redact(one_line(note))[0]}" if note.strip() else word


def _way_back(task: TaskView) -> str:
    if task.status == Status.TODO:
        return f"volon task start {task.task_id}"
    return f"volon resume-task --task {task.task_id}" if task.status == Status.PAUSED else "volon status"


def _result(
    reader: Reader, file: TaskFile, verb: str, *, created: bool = False, dry_run: bool = False, next_command: str = ""
) -> TaskResult:
    """Return the task as it is now, re-read through the transaction that changed it."""
    document = records.read_document(reader, file.place) or file.document
    now = records.TaskFile.of(file.place, document)
    return TaskResult(
        task=task_view(now),
        created=created,
        verb=verb,
        description=now.task.description,
        acceptance=tuple(f"[{'x' if item.done else ' '}] {item.text}" for item in now.task.acceptance),
        updates=now.task.updates,
        next_command=next_command,
        dry_run=dry_run,
    )
