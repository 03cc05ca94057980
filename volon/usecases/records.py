"""Typed reading of the records, through a store or through a transaction in progress.

One unreadable file never hides the others: lists come with the problems of what was left out; a record that is
asked for by name is returned or its problem is raised.
"""

from __future__ import annotations

from volon.errors import Corrupt, UsageError, VolonError
from volon.light import suppress
from volon.model.ids import is_task_id, is_ulid, parse_checkpoint_number
from volon.model.ids import task_id as checked_task_id
from volon.model.quick import TaskRow, task_row
from volon.model.records.bootstrap import Bootstrap, parse_bootstrap
from volon.model.records.capsule import Capsule, parse_capsule
from volon.model.records.checkpoint import Checkpoint, latest, number_in, parse_checkpoint, verify
from volon.model.records.task import Task, parse_task
from volon.model.syntax.frontmatter import Document
from volon.model.text import iso
from volon.plain import dataclass
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from volon.files import Place
    from volon.model.quickcheckpoint import CheckpointRow
    from volon.store.store import Reader
    from volon.workspace import Workspace


_LONGEST_NAME = 255
"""More bytes than that the name of a file cannot have."""


class TaskFile:
    """A task as lists know it, and, once somebody asks, as it is on disk and as it is meant.

    Args:
        name: of the file in the directory of the tasks.
        row: what lists know.
        load: reads the rest.
    """

    __slots__ = ("_load", "_name", "_whole", "row")

    def __init__(self, name: str, row: TaskRow, load: Callable[[], Document]) -> None:
        self._name, self.row = name, row
        self._load = load
        self._whole: tuple[Document, Task] | None = None

    @classmethod
    def of(cls, place: Place, document: Document) -> TaskFile:
        """A task file whose record is at hand.

        Raises:
            Corrupt: it is no usable task.
        """
        return cls(place.name, row_of(parse_task(document)), lambda: document)

    @property
    def place(self) -> Place:
        """Where it is."""
        return layout.TASKS / self._name

    @property
    def path(self) -> str:
        """The same as text; for lists, which have no time for more."""
        return f"{layout.TASKS.path}/{self._name}"

    @property
    def document(self) -> Document:
        """The raw record."""
        return self._read()[0]

    @property
    def task(self) -> Task:
        """The whole task."""
        return self._read()[1]

    def _read(self) -> tuple[Document, Task]:
        if self._whole is None:
            document = self._load()
            task = parse_task(document)
            # Edited since the list was made: whoever asks for the whole of it gets what is there now.
            self._whole, self.row = (document, task), row_of(task)
        return self._whole


def row_of(task: Task) -> TaskRow:
    """The row of a task that was parsed whole."""
    return TaskRow(
        task.id,
        task.title,
        str(task.status),
        task.priority,
        task.blocker_type,
        str(task.prior_status) if task.prior_status else None,
        iso(task.updated_at) if task.updated_at else None,
        task.uid,
    )


@dataclass(frozen=True, slots=True)
class CheckpointFile:
    """A checkpoint as it is on disk and as it is meant."""

    place: Place
    document: Document
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A record that was left out of a list, and why."""

    path: str
    error: VolonError


def read_document(reader: Reader, place: Place) -> Document | None:
    """Return the raw record, or None when there is no such file.

    Raises:
        Corrupt: it cannot be read.
        HumanConflict: it holds merge conflict markers.
    """
    data = reader.read(place)
    return None if data is None else Document.parse(data, place.path)


def read_tasks(reader: Reader, *statuses: str) -> tuple[list[TaskFile], list[Unreadable]]:
    """Return all tasks by id, or those with one of the statuses, and the task files that cannot be read."""
    found: list[TaskFile] = []
    broken: list[Unreadable] = []
    for name, file in _task_files(reader, statuses):
        if not name.endswith(".md") or not is_task_id(name.removesuffix(".md")):
            continue
        try:
            found.append(file or _task_file(reader, layout.TASKS / name))
        except VolonError as error:
            broken.append(Unreadable(f"{layout.TASKS.path}/{name}", error))
    return [file for file in found if not statuses or file.row.status in statuses], broken


def read_some(reader: Reader, task_ids: Iterable[str]) -> Iterator[TaskFile]:
    """Yield those of these tasks that are there and can be read."""
    for task_id in filter(is_task_id, task_ids):
        with suppress(VolonError):
            yield _task_file(reader, layout.task_place(task_id))


def _task_files(reader: Reader, statuses: tuple[str, ...]) -> Iterator[tuple[str, TaskFile | None]]:
    """Every name in the directory of the tasks, with its task where the quick reader could tell.

    In a large directory tasks with other statuses may be left out.
    """
    rows = reader.read_rows(layout.TASKS, TaskRow, statuses or "")
    if rows is None:
        for name, data in reader.read_all(layout.TASKS).items():
            yield name, None if data is None else _quick_task(name, data)
        return
    for name, row in rows[0].items():
        yield name, None if row is None else _listed(reader, name, row)


def _listed(reader: Reader, name: str, row: TaskRow) -> TaskFile:
    return TaskFile(name, row, lambda: _task_document(reader, name))


def task_ids(workspace: Workspace, reader: Reader) -> set[str]:
    """Return every task id in use here, and every id that an operation or a pause of any working tree was about."""
    here = {name.removesuffix(".md") for name in reader.listdir(layout.TASKS)}
    paused = {event.task_id for event in workspace.repository.events.known()}
    return here | paused | {str(operation.header.get("task_id")) for operation in workspace.store.operations()}


def find_task(reader: Reader, task_id: str) -> TaskFile:
    """Return one task by its id.

    Raises:
        UsageError: the id is malformed or there is no such task; near misses are offered.
        Corrupt: its file cannot be read.
    """
    upper = task_id.upper()
    wanted = upper if task_id.isascii() and is_task_id(upper) else checked_task_id(task_id)
    place = layout.task_place(wanted)
    if reader.read(place) is not None:
        return _task_file(reader, place)
    known = [name.removesuffix(".md") for name in reader.listdir(layout.TASKS) if name.endswith(".md")]
    import difflib  # noqa: PLC0415  only for a word that was mistyped

    near = difflib.get_close_matches(wanted, known, n=3, cutoff=0.6)
    message = f"There is no task {wanted}."
    raise UsageError(message, hints=[f"Did you mean {', '.join(near)}?"] if near else ["volon task list"])


def read_capsule(reader: Reader, task_id: str) -> tuple[Document, Capsule] | None:
    """Return a task's capsule, or None when it has none.

    Raises:
        Corrupt: it cannot be read.
        HumanConflict: it holds merge conflict markers.
    """
    try:
        document = read_document(reader, layout.capsule_place(task_id))
        return None if document is None else (document, parse_capsule(document))
    except Corrupt as error:
        hints = ["mend the line by hand, or put the checkpoint's copy back and keep this one aside: volon doctor --fix"]
        raise Corrupt(error.message, causes=error.causes, hints=hints) from error


def read_bootstrap(reader: Reader) -> tuple[Document | None, Bootstrap]:
    """Return the bootstrap, raw and as it is meant; an empty one when there is no file."""
    document = read_document(reader, layout.BOOTSTRAP)
    return document, Bootstrap() if document is None else parse_bootstrap(document)


def checkpoint_names(reader: Reader) -> list[tuple[int, str]]:
    """Return `(number, file name)` of every checkpoint, oldest first."""
    return _numbered(reader.listdir(layout.CHECKPOINTS))


def latest_checkpoint(reader: Reader) -> tuple[int, str] | None:
    """Return the number and the file name of the newest checkpoint, or None when there is none."""
    return latest(reader.listdir(layout.CHECKPOINTS))


def _numbered(names: Iterable[str]) -> list[tuple[int, str]]:
    return sorted([(number, name) for name in names if (number := number_in(name))])


def read_checkpoints(reader: Reader) -> tuple[list[CheckpointFile], list[Unreadable]]:
    """Return all checkpoints, oldest first, and the ones that cannot be read."""
    found: list[CheckpointFile] = []
    broken: list[Unreadable] = []
    contents = reader.read_all(layout.CHECKPOINTS)
    for _number, name in _numbered(contents):
        place = layout.checkpoint_place(name)
        try:
            found.append(_checkpoint_file(reader, place, contents[name]))
        except VolonError as error:
            broken.append(Unreadable(place.path, error))
    return found, broken


def read_checkpoint_rows(reader: Reader) -> tuple[list[tuple[str, CheckpointRow]], list[Unreadable]]:
    """Return what lists know of all checkpoints, oldest first, by file name, and the ones that cannot be read."""
    from volon.model.quickcheckpoint import CheckpointRow  # noqa: PLC0415  only lists of them

    rows = reader.read_rows(layout.CHECKPOINTS, CheckpointRow)
    contents = reader.read_all(layout.CHECKPOINTS) if rows is None else {}
    known = {name: data and CheckpointRow.read(data) for name, data in contents.items()} if rows is None else rows[0]
    found: list[tuple[str, CheckpointRow]] = []
    broken: list[Unreadable] = []
    for _number, name in _numbered(known):
        try:
            row = known[name] or checkpoint_row(_checkpoint_file(reader, layout.checkpoint_place(name)))
            found.append((name, row))
        except VolonError as error:
            broken.append(Unreadable(layout.checkpoint_place(name).path, error))
    return found, broken


def checkpoint_row(file: CheckpointFile) -> CheckpointRow:
    """The row of a checkpoint that was parsed whole."""
    from volon.model.quickcheckpoint import CheckpointRow  # noqa: PLC0415  only lists of them

    one = file.checkpoint
    return CheckpointRow(
        one.number,
        one.parent,
        one.uid,
        one.parent_uid,
        one.task_id,
        one.stage or "work",
        iso(one.saved_at) if one.saved_at else None,
        one.branch,
        one.paused_commit,
        one.note or one.context or "",
        problems=tuple(problem.message for problem in verify(file.document)),
    )


def find_checkpoint(reader: Reader, number: str) -> CheckpointFile:
    """Return one checkpoint by its number as typed (`1`, `01`) or by its uid.

    Raises:
        UsageError: it is no number, there is no such checkpoint, or several have the number (their uids are named).
        Corrupt: the file cannot be read.
    """
    if is_ulid(number.upper()):
        return _find_by_uid(reader, number)
    wanted = parse_checkpoint_number(number)
    names = [name for found, name in checkpoint_names(reader) if found == wanted]
    if not names:
        message = f"There is no checkpoint {wanted:02d}."
        raise UsageError(message, hints=["volon checkpoint list"])
    files = [_checkpoint_file(reader, layout.checkpoint_place(name)) for name in names]
    if len(files) > 1:
        message = f"{len(files)} checkpoints have the number {wanted:02d}."
        hint = "name one by its uid instead of its number; which is which: volon checkpoint list"
        raise UsageError(message, causes=[_told_apart(file) for file in files], hints=[hint])
    return files[0]


def _told_apart(file: CheckpointFile) -> str:
    one = file.checkpoint
    said = "; ".join(filter(None, [one.task_id, one.note or one.context, iso(one.saved_at) if one.saved_at else None]))
    return f"{one.uid}  {said} ({file.place.path})"


def is_numbered_twice(reader: Reader, number: int) -> bool:
    """Whether more than one checkpoint has a number: two machines gave it, and only a uid names one of them."""
    return sum(number_in(name) == number for name in reader.listdir(layout.CHECKPOINTS)) > 1


def called(reader: Reader, checkpoint: Checkpoint) -> str:
    """What to call a checkpoint by in a command: its number, or its uid where another has that number."""
    twice = checkpoint.uid is not None and is_numbered_twice(reader, checkpoint.number)
    return checkpoint.uid if twice and checkpoint.uid else f"{checkpoint.number:02d}"


def checkpoint_of(reader: Reader, capsule: Capsule) -> CheckpointFile | None:
    """Return the checkpoint that the capsule's pause wrote, or None when it is gone."""
    if capsule.checkpoint is None:
        return None
    name = capsule.checkpoint.rpartition("/")[2]
    if not name.strip(".") or len(name.encode(errors="surrogateescape")) > _LONGEST_NAME:
        return None
    place = layout.checkpoint_place(name)
    document = read_document(reader, place)
    file = CheckpointFile(place, document, parse_checkpoint(document)) if document is not None else None
    return file if file is not None and file.checkpoint.uid == capsule.uid else None


def last_checkpoint(reader: Reader, task: Task) -> CheckpointFile | None:
    """Return the newest checkpoint of a task that embeds its capsule, or None."""
    for _number, name in reversed(checkpoint_names(reader)):
        with suppress(VolonError):
            file = _checkpoint_file(reader, layout.checkpoint_place(name))
            if file.checkpoint.capsule_text and _is_of(file.checkpoint, task):
                return file
    return None


def _is_of(checkpoint: Checkpoint, task: Task) -> bool:
    """Whether a checkpoint is one of a task's; its id is only a label, which is asked where a uid is not known."""
    uids = (checkpoint.task_uid, task.uid)
    return checkpoint.task_id == task.id if None in uids else uids[0] == uids[1]


def broken_warnings(broken: Iterable[Unreadable]) -> tuple[str, ...]:
    """Return one warning for each record that was left out."""
    return tuple(f"{item.error.message.rstrip('.')}; left out. See: volon validate" for item in broken)


def _find_by_uid(reader: Reader, uid: str) -> CheckpointFile:
    for name, row in read_checkpoint_rows(reader)[0]:
        if row.uid == uid.upper():
            return _checkpoint_file(reader, layout.checkpoint_place(name))
    message = f"There is no checkpoint with the uid {uid}."
    raise UsageError(message, hints=["volon checkpoint list"])


def _quick_task(name: str, data: bytes) -> TaskFile | None:
    """A task whose file is written as volon writes it; the rest of it is parsed when it is asked for."""
    row = task_row(data)
    return None if row is None else TaskFile(name, row, lambda: Document.parse(data, f"{layout.TASKS.path}/{name}"))


def _task_file(reader: Reader, place: Place) -> TaskFile:
    return TaskFile.of(place, _task_document(reader, place.name))


def _task_document(reader: Reader, name: str) -> Document:
    place = layout.TASKS / name
    document = read_document(reader, place)
    if document is None:
        message = f"{place.path} is gone."
        raise UsageError(message)
    return document


def _checkpoint_file(reader: Reader, place: Place, data: bytes | None = None) -> CheckpointFile:
    document = read_document(reader, place) if data is None else Document.parse(data, place.path)
    if document is None:
        message = f"{place.path} is gone."
        raise UsageError(message)
    return CheckpointFile(place, document, parse_checkpoint(document))
