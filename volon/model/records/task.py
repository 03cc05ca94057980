"""Tasks: the authoritative record of one unit of work, and the one table of what may become of it.

The file belongs to people as much as to volon: a move edits `status`, `prior_status`, `blocker_type`,
`updated_at` and one line under `## Updates`, and nothing else.

Source: contract §3 (task), §2.2 (status is two fields), §2.7 (truth), origins §2.4.
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.problems import InvalidRecord, Problem
from volon.model.records import fields
from volon.model.records.fields import Field, Kind
from volon.model.syntax import markdown
from volon.model.syntax.template import fill
from volon.model.text import block, iso, one_line
from volon.plain import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from volon.model.syntax.frontmatter import Document


class Status(StrEnum):
    """Where a task stands."""

    TODO = "todo"
    DOING = "doing"
    PAUSED = "paused"
    BLOCKED = "blocked"
    DONE = "done"


UNFINISHED = tuple(status for status in Status if status is not Status.DONE)
TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.TODO: frozenset({Status.DOING, Status.PAUSED, Status.BLOCKED, Status.DONE}),
    Status.DOING: frozenset({Status.TODO, Status.PAUSED, Status.BLOCKED, Status.DONE}),
    Status.PAUSED: frozenset({Status.PAUSED, Status.TODO, Status.DOING, Status.BLOCKED, Status.DONE}),
    Status.BLOCKED: frozenset({Status.TODO, Status.DOING, Status.PAUSED, Status.BLOCKED, Status.DONE}),
    Status.DONE: frozenset(),
}
"""What may follow what. Done is final; pausing again refreshes; a pause and a block remember where they came from."""

BLOCKER_TYPES = ("external", "human_action", "technical", "paused")
PRIORITIES = ("A", "B", "C")
_STATUSES = tuple(Status)
BOXES = {"[ ]": False, "[x]": True, "[X]": True}
"""A box of a check list → whether it is ticked."""

FIELDS = (
    Field("id", Kind.TASK_ID, "The label people use; also the file's name.", required=True),
    Field("title", Kind.LINE, "One line saying what the work is.", required=True),
    Field("status", Kind.LINE, "Where the task stands; this file is authoritative.", required=True, choices=_STATUSES),
    Field("priority", Kind.LINE, "A is first.", choices=PRIORITIES),
    Field("type", Kind.LINE, "A word such as feature or bug."),
    Field("project", Kind.LINE, "The project the task belongs to."),
    Field("context", Kind.LINE, "Where or with what the work is done."),
    Field("tags", Kind.LIST, "Words to find the task by."),
    Field("parent_id", Kind.TASK_ID, "The task this one is a part of."),
    Field("sprint_id", Kind.LINE, "The sprint it is planned in."),
    Field("iteration_id", Kind.LINE, "The iteration it is planned in."),
    Field("model", Kind.LINE, "The agent model meant to do it."),
    Field("blocker_type", Kind.LINE, "What kind of blocker holds it, while there is one.", choices=BLOCKER_TYPES),
    Field("prior_status", Kind.LINE, "What a paused or blocked task goes back to.", choices=_STATUSES),
    Field("created_at", Kind.TIME, "When the task was made."),
    Field("updated_at", Kind.TIME, "When it last changed; a date without a time is accepted."),
    Field("uid", Kind.ULID, "The task's identity for life, whatever its id."),
)
_WRITTEN_WHEN_SET = frozenset({"model", "blocker_type", "prior_status", "sprint_id", "iteration_id"})


class InvalidTransition(UsageError):
    """The table of transitions does not allow this move."""


@dataclass(frozen=True, slots=True)
class AcceptanceItem:
    """One line of a check list."""

    text: str
    done: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """What a task file says. `blocked` with `blocker_type: paused` is `paused` here."""

    id: str
    title: str
    status: Status
    priority: str | None = None
    type: str | None = None
    project: str | None = None
    context: str | None = None
    tags: tuple[str, ...] = ()
    parent_id: str | None = None
    sprint_id: str | None = None
    iteration_id: str | None = None
    model: str | None = None
    blocker_type: str | None = None
    prior_status: Status | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    uid: str | None = None
    description: str = ""
    acceptance: tuple[AcceptanceItem, ...] = ()
    updates: tuple[str, ...] = ()


def parse_task(document: Document) -> Task:
    """Read a task.

    Only what makes the task unusable stops it: no valid `id` or no known `status`. The rest is for `check_task`.

    Raises:
        InvalidRecord: the task cannot be used (exit 9).
    """
    values, problems = fields.decode(document, FIELDS, "task")
    fatal = [problem for problem in problems if problem.key in ("id", "status")]
    if fatal:
        raise InvalidRecord(document.path, fatal)
    values["title"] = values["title"] or _heading(document) or values["id"]
    values["status"] = Status(values["status"])
    values["prior_status"] = Status(values["prior_status"]) if values["prior_status"] else None
    if values["status"] is Status.BLOCKED and values["blocker_type"] == "paused":
        values["status"], values["blocker_type"] = Status.PAUSED, None
    return Task(
        **values,
        description=markdown.unescape(document.section("Description") or ""),
        acceptance=checklist(document.section("Acceptance") or ""),
        updates=bullets(document.section("Updates") or ""),
    )


def check_task(document: Document) -> tuple[Problem, ...]:
    """Every rule a task file breaks."""
    values, problems = fields.decode(document, FIELDS, "task")
    expected = document.path.rpartition("/")[2].removesuffix(".md")
    if values["id"] and document.path.endswith(".md") and values["id"] != expected:
        message = f"`id: {values['id']}` does not match the file's name"
        problems += (_problem(document, "id", "task.id-mismatch", message),)
    return problems


def new_task(
    template: str,
    *,
    id: str,  # noqa: A002  the field's name
    uid: str,
    title: str,
    created_at: datetime,
    status: Status = Status.TODO,
    update: str = "created",
    description: str = "",
    acceptance: Iterable[str] = (),
    **others: object,
) -> bytes:
    """The bytes of a new task file.

    Args:
        template: the text of `task.md`.
        id: its label; the caller has checked that it is free.
        uid: its identity.
        title: folded to one line.
        created_at: also its `updated_at`.
        status: todo or doing.
        update: the first line under `## Updates`.
        description: text of several lines.
        acceptance: the check list, all open.
        others: any further field of `FIELDS`.

    Raises:
        BadTemplate: the template asks for something unknown.
    """
    stamps = {"created_at": created_at, "updated_at": created_at}
    values = {"priority": "B", "type": "task", **others, **stamps, "id": id, "uid": uid, "title": title}
    values["status"] = status.value
    written = [field for field in FIELDS if values.get(field.name) or field.name not in _WRITTEN_WHEN_SET]
    filled = fill(
        template,
        {
            "frontmatter": fields.render_front(written, values),
            "id": id,
            "title": one_line(title),
            "description": markdown.escape(block(description) or one_line(title)),
            "acceptance": "\n".join(f"- [ ] {one_line(item)}" for item in acceptance) or "- [ ] ",
            "updates": update_line(created_at, update),
        },
    )
    return filled.encode("utf-8")


def move(
    document: Document, task: Task, to: Status, now: datetime, update: str, *, blocker_type: str | None = None
) -> Document:
    """Take a task to another status.

    Args:
        document: the raw record `task` was read from.
        task: what it says.
        to: the new status; for a pause or a block the old one is kept in `prior_status`.
        now: becomes `updated_at`.
        update: one line for `## Updates`; the time is put before it.
        blocker_type: for a block or a pause, what holds it (a block: `external` unless said otherwise).

    Raises:
        InvalidTransition: the table does not allow it (exit 2).
    """
    if to not in TRANSITIONS[task.status]:
        raise InvalidTransition(f"{task.id} is {task.status.value} and cannot become {to.value}", hints=_way_out(task))
    holds = to in (Status.PAUSED, Status.BLOCKED)
    prior = task.prior_status if to is task.status else task.status
    document = document.set("status", to.value)
    document = document.set("prior_status", prior.value) if holds and prior else document.remove("prior_status")
    document = _set_blocker(document, _blocker_after(task, to, blocker_type))
    return _stamp(document, now, update)


def unblock(document: Document, task: Task, now: datetime, update: str) -> Document:
    """Take the blocker away: a blocked task goes back to what it was, a paused one stays paused.

    Raises:
        InvalidTransition: nothing blocks the task (exit 2).
    """
    if task.status is Status.BLOCKED:
        back = task.prior_status if task.prior_status not in (None, Status.BLOCKED) else Status.TODO
        document = document.set("status", str(back)).remove("prior_status")
    elif task.blocker_type is None:
        raise InvalidTransition(f"{task.id} is {task.status.value}; nothing blocks it")
    elif task.prior_status is Status.BLOCKED:
        document = document.set("prior_status", Status.DOING.value)
    return _stamp(_set_blocker(document, None), now, update)


def append_update(document: Document, now: datetime, text: str) -> Document:
    """Put one line at the end of `## Updates`, which is made when it is not there; `updated_at` becomes now."""
    return _stamp(document, now, text)


def update_line(now: datetime, text: str) -> str:
    """A bullet of `## Updates`: the time in brackets, then the text on one line."""
    return f"- [{iso(now)}] {one_line(text)}"


def _stamp(document: Document, now: datetime, update: str) -> Document:
    return document.set("updated_at", iso(now)).append_to_section("Updates", update_line(now, update))


def _blocker_after(task: Task, to: Status, blocker_type: str | None) -> str | None:
    """A pause keeps an external blocker in sight, so that resuming stops at it."""
    if to is Status.BLOCKED:
        return blocker_type or task.blocker_type or "external"
    return (blocker_type or task.blocker_type) if to is Status.PAUSED else None


def _set_blocker(document: Document, blocker_type: str | None) -> Document:
    return document.set("blocker_type", blocker_type) if blocker_type else document.remove("blocker_type")


def _way_out(task: Task) -> list[str]:
    if task.status is Status.DONE:
        return ["done is final; start a new task: volon task start TITLE"]
    return [f"volon task show {task.id}"]


def _heading(document: Document) -> str | None:
    return next((one.title for one in markdown.sections(document.body, 1)), None)


def checklist(text: str) -> tuple[AcceptanceItem, ...]:
    """The `- [ ]` and `- [x]` items of a text, outside code fences; an item's further lines are folded in."""
    items = _items(text, lambda line: boxed(markdown.entry_of(line.lstrip()) or ""))
    return tuple(AcceptanceItem(text, done) for done, text in items if text)


def bullets(text: str) -> tuple[str, ...]:
    """The top-level bullets of a text, outside code fences, further lines of a bullet folded in."""
    return tuple(text for _, text in _items(text, _bullet) if text)


def boxed(entry: str) -> tuple[bool, str] | None:
    """Whether the box that an entry begins with is ticked, and what follows it; None when there is no box."""
    done, rest = BOXES.get(entry[:3]), entry[3:]
    return None if done is None or (rest and rest[0] not in markdown.BLANKS) else (done, rest.lstrip(" \t"))


def _bullet(line: str) -> tuple[bool, str] | None:
    entry = markdown.entry_of(line.removeprefix(" "))
    return None if entry is None else (False, entry)


def _items(text: str, read: Callable[[str], tuple[bool, str] | None]) -> list[tuple[bool, str]]:
    items: list[tuple[bool, str]] = []
    for line in markdown.lines_of(text):
        found = None if line.fenced else read(line.text)
        if found:
            items.append((found[0], one_line(found[1])))
        elif items and line.text[:2] == "  " and line.text.strip():
            items[-1] = (items[-1][0], one_line(f"{items[-1][1]} {line.text.strip()}"))
    return items


def _problem(document: Document, key: str, rule: str, message: str) -> Problem:
    return Problem(document.path, document.line_of(key), document.column_of(key), key, rule, message)
