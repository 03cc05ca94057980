"""Pauses of one task on two machines that both went on from the same one: neither side has the other's work.

What ended a pause names it. So a pause there that ended ours has ours in it, unless somebody here went on from ours as
well; and ours has theirs once a resume here took it up, which brings its checkpoint. Where nothing of the task was
done here, both may have come from others: a pause that nothing ended and that no later one has in its task's log.

Source: contract §4 (two machines); issue "Every byte back".
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.task import Status, bullets
from volon.model.syntax.frontmatter import Document
from volon.model.text import age, parse_time
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from volon.model.records.events import PauseEvent
    from volon.store.store import Reader
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def forks(workspace: Workspace, reader: Reader) -> dict[str, PauseEvent]:
    """Return of each task the newest pause on another machine that is no part of what was done here.

    Nothing ended it, and its checkpoint is not here. Where nothing was done here, it is no part of the newest pause.

    Args:
        workspace: where it is asked.
        reader: the records.
    """
    tasks = {event.task_uid for event in workspace.repository.events.list_events() if event.via}
    uids = {row.uid for _name, row in records.read_checkpoint_rows(reader)[0]} if tasks else set()
    found = ((uid, _fork(workspace, uid, uids)) for uid in tasks)
    return {uid: event for uid, event in found if event is not None}


def ends(workspace: Workspace, task_uid: str, taken_up: Collection[str | None] = ()) -> Iterator[PauseEvent]:
    """Yield the pauses of a task that came, that nothing ended and that no other goes on from, newest first.

    Args:
        workspace: where it is asked.
        task_uid: the task.
        taken_up: the uids of checkpoints that are here; those pauses are passed over.
    """
    events = _events(workspace, task_uid)
    last = {event.oid: event.kind for event in events}
    here = {event.oid for event in events if event.ulid in taken_up}
    newest = _pauses(events)
    open_there = {one.oid for one in newest if one.via and one.oid not in here and last[one.oid] == "paused"}
    told = _updates(workspace, newest) if open_there - {one.oid for one in newest[:1]} else {}
    for at, one in enumerate(newest):
        if one.oid in open_there and not any(told[one.oid] <= told[later.oid] for later in newest[:at]):
            yield one


def _updates(workspace: Workspace, pauses: Sequence[PauseEvent]) -> dict[str, set[str]]:
    """Of each pause the lines of its task's log: one that goes on from another has all of that one's.

    The checkpoints name their parents, but those between two that were sent need not have come. Of one that cannot be
    read there is but its own id, which is in no other's.
    """
    paths = {one.oid: layout.task_place(one.task_id).path for one in pauses}
    found = workspace.repository.events.read_file_of(paths)
    return {oid: _lines(found.get(oid), path) or {oid} for oid, path in paths.items()}


def _lines(data: bytes | None, path: str) -> set[str]:
    try:
        return set(bullets(Document.parse(data, path).section("Updates") or "")) if data else set()
    except VolonError:
        return set()


def _fork(workspace: Workspace, task_uid: str, uids: Collection[str | None]) -> PauseEvent | None:
    events = _events(workspace, task_uid)
    ended_here = {event.oid: event.kind == "closed" for event in events if not event.via}
    ended_there = {event.oid: event.kind == "closed" for event in events if event.via}
    # What was made here, or gone on with here.
    own = next((one for one in _pauses(events) if not one.via or ended_here.get(one.oid)), None)
    if own is not None and ended_there.get(own.oid) and not ended_here[own.oid]:
        return None
    theirs = ends(workspace, task_uid, uids)
    if own is None and events and events[-1].kind == "paused":
        # The newest waits to be taken up.
        next(theirs, None)
    return next(theirs, None)


def _events(workspace: Workspace, task_uid: str) -> list[PauseEvent]:
    return sorted(workspace.events(task_uid), key=lambda event: event.ulid)


def _pauses(events: Sequence[PauseEvent]) -> list[PauseEvent]:
    """The pauses, newest first; one made live again by an undone resume is as old, and from where, it was."""
    first = {event.oid: event for event in reversed(events) if event.kind == "paused"}
    return sorted(first.values(), key=lambda event: event.ulid, reverse=True)


def fork_words(workspace: Workspace, event: PauseEvent, task: TaskFile | None) -> str:
    """Say that another machine went on as well, and how to get at that.

    Args:
        workspace: where.
        event: the pause there.
        task: as it is here, if it is.
    """
    at = parse_time(event.paused_at)
    when = f", {age(at, workspace.now())}" if at else ""
    first = "when this is paused, " if task is not None and task.row.status == Status.DOING else ""
    return (
        f"{task.row.id if task else event.task_id} was paused on another machine as well{when} (checkpoint "
        f"{event.checkpoint or 0:02d} there). Neither has the other's work, and both are kept; "
        f"that one: {first}{event.resume_command}"
    )
