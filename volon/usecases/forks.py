"""Pauses of one task on two machines that both went on from the same one: neither side has the other's work.

What ended a pause names it. So a pause there that ended ours has ours in it, unless somebody here went on from ours as
well; and ours has theirs once a resume here took it up, which brings its checkpoint.

Source: contract §4 (two machines); issue "Every byte back".
"""

from __future__ import annotations

from volon.model.records.task import Status
from volon.model.text import age, parse_time
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from volon.model.records.events import PauseEvent
    from volon.store.store import Reader
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def forks(workspace: Workspace, reader: Reader) -> dict[str, PauseEvent]:
    """Return of each task the newest pause on another machine that is no part of what was done here.

    Nothing ended it, and its checkpoint is not here.

    Args:
        workspace: where it is asked.
        reader: the records.
    """
    tasks = {event.task_uid for event in workspace.repository.events.list_events() if event.via}
    uids = {row.uid for _name, row in records.read_checkpoint_rows(reader)[0]} if tasks else set()
    found = ((uid, _fork(workspace.events(uid), uids)) for uid in tasks)
    return {uid: event for uid, event in found if event is not None}


def _fork(events: Sequence[PauseEvent], uids: Collection[str | None]) -> PauseEvent | None:
    events = sorted(events, key=lambda event: event.ulid)
    # An undone resume makes a pause live again by an event of this clone; the pause is as old, and from where, it was.
    pauses = {event.oid: event for event in reversed(events) if event.kind == "paused"}
    last = {event.oid: event.kind for event in events}
    ended_here = {event.oid: event.kind == "closed" for event in events if not event.via}
    ended_there = {event.oid: event.kind == "closed" for event in events if event.via}
    taken_up = {event.oid for event in events if event.ulid in uids}
    newest = sorted(pauses.values(), key=lambda event: event.ulid, reverse=True)
    own = next((one for one in newest if not one.via), None)
    unsettled = (one for one in newest if one.via and one.oid not in taken_up and last[one.oid] == "paused")
    theirs = next(unsettled, None)
    if own is None or theirs is None or (ended_there.get(own.oid) and not ended_here[own.oid]):
        return None
    return theirs


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
