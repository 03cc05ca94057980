"""Pauses that came from another machine: which of them wait here, and taking their records up when one is resumed.

A task is known by its uid. Where another task has its id it gets the next free one; where another checkpoint has the
name of one of its own, that one gets a name beside it. Records of an earlier pause of the same task give way, and what
no commit has of them is kept aside. A task that is in progress here is left alone.

Source: contract §2.14 (identity), §4; issue "Every byte back" (two machines).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.ids import is_ulid
from volon.model.records.task import Status
from volon.model.syntax.frontmatter import Document
from volon.plain import dataclass
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.bringback import free_label, relabelled
from volon.usecases.elsewhere import forked, is_here, waiting
from volon.usecases.forks import ends
from volon.usecases.handoff import offered
from volon.usecases.pointers import point_to_newest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.files import Place
    from volon.model.records.events import PauseEvent
    from volon.model.requests import ResumeRequest
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken up: the task under the id it has here, and what a person should know of it."""

    task_id: str
    warnings: tuple[str, ...]


def take_up(workspace: Workspace, tx: Transaction, request: ResumeRequest) -> Taken | None:
    """Plan the records of the pause that a resume is about, when it came from another machine and is not here yet.

    Raises:
        Corrupt: what came is not as volon writes it.
    """
    pauses = waiting(workspace, tx)
    event = (_meant(workspace, tx, pauses, request) if pauses else None) or _forked(workspace, tx, request)
    if event is None:
        return None
    try:
        return _take(workspace, tx, event)
    except offered.Refused as error:
        raise offered.unusable(event, error) from error


def _meant(
    workspace: Workspace, tx: Transaction, pauses: tuple[PauseEvent, ...], request: ResumeRequest
) -> PauseEvent | None:
    files = records.read_tasks(tx)[0]
    here = {file.row.uid: file for file in files}
    free = [one for one in pauses if one.task_uid not in here or here[one.task_uid].row.status == Status.PAUSED]
    if request.checkpoint is not None:
        named = request.checkpoint.upper()
        return next((one for one in free if is_ulid(named) and one.ulid == named), None)
    if request.task is not None:
        named = request.task.upper()
        local = next((file for file in files if file.row.id == named), None)
        if local is not None:
            return next((one for one in free if one.task_uid == local.row.uid), None)
        return next((one for one in free if one.task_id == named), None)
    pointed = records.read_bootstrap(tx)[1].paused_task_id
    chosen = select.resumable_task(files, pointed, lambda file: is_here(workspace, tx, file))
    if chosen is None or chosen.row.status == Status.TODO:
        return next(iter(free), None)
    return next((one for one in free if one.task_uid == chosen.row.uid), None)


def _forked(workspace: Workspace, tx: Transaction, request: ResumeRequest) -> PauseEvent | None:
    """The pause that is named and was made while somebody went on here as well."""
    named = (request.checkpoint or "").upper()
    if not is_ulid(named):
        return None
    doing = {file.row.uid for file in records.read_tasks(tx)[0] if file.row.status == Status.DOING}
    found = forked(workspace, tx).items()
    return next((event for uid, event in found if event.ulid == named and uid not in doing), None)


def _take(workspace: Workspace, tx: Transaction, event: PauseEvent) -> Taken:
    found = offered.records_of(workspace.repository, event.oid)
    offered.check_records(event, found)
    local = next((file for file in records.read_tasks(tx)[0] if file.row.uid == event.task_uid), None)
    label = local.row.id if local else free_label(workspace, tx, event.task_id)
    files = relabelled({path: document.data for path, document in found.items()}, event.task_id, label)
    names = _checkpoints(workspace, tx, event)
    warnings: list[str] = []
    for place, data in files.items():
        if place.parent == layout.CHECKPOINTS:
            continue
        warnings += _keep(workspace, tx, event, place)
        tx.put(place, _pointing(data, place, names))
    point_to_newest(workspace, tx)
    if label != event.task_id:
        warnings.append(f"{event.task_id} came as {label}: another task has its id here.")
    return Taken(label, tuple(warnings))


def _checkpoints(workspace: Workspace, tx: Transaction, event: PauseEvent) -> dict[str, Place]:
    """Plan the checkpoints of a task that came; return the places of those whose names another one has here.

    What others went on to beside this pause stays out, until somebody takes it up.
    """
    moved = {}
    beside = {one.oid for one in ends(workspace, event.task_uid) if one.oid != event.oid}
    mine = {one.oid: one for one in workspace.events(event.task_uid) if one.via and one.oid not in beside}
    known = {file.checkpoint.uid for file in records.read_checkpoints(tx)[0]}
    for one in mine.values():
        for path, document in offered.records_of(workspace.repository, one.oid).items():
            place = layout.record_place(path)
            if place is None or place.parent != layout.CHECKPOINTS or document.get("uid") in known:
                continue
            free = _free_place(tx, place)
            tx.create(free, document.data)
            if free != place and one.oid == event.oid:
                moved[path] = free
    return moved


def _free_place(tx: Transaction, place: Place) -> Place:
    """The place itself, or one beside it: `01-work-2026-11-21.md` → `01-work-b-2026-11-21.md`."""
    stem, day = place.name[: -len("-2026-11-21.md")], place.name[-len("-2026-11-21.md") :]
    names = (place.name, *(f"{stem}-{letter}{day}" for letter in "bcdefghijklmnopqrstuvwxyz"))
    return next(place.parent / name for name in names if tx.read(place.parent / name) is None)


def _pointing(data: bytes, place: Place, moved: Mapping[str, Place]) -> bytes:
    """A capsule whose checkpoint lies under another name here says so."""
    if place.parent != layout.CAPSULES or not moved:
        return data
    document = Document.parse(data, place.path)
    there = moved.get(str(document.get("checkpoint")))
    return document.set("checkpoint", there.path).data if there else data


def _keep(workspace: Workspace, tx: Transaction, event: PauseEvent, place: Place) -> list[str]:
    """Keep a record aside that gives way, when no commit of the task has it."""
    before = tx.read(place)
    if before is None or before in _committed(workspace, event):
        return []
    aside = layout.aside_place(tx.op, place.name)
    tx.put(aside, before)
    return [f"{place.path} held what no checkpoint has; it is kept as {workspace.store.shown(aside)}."]


def _committed(workspace: Workspace, event: PauseEvent) -> set[bytes]:
    """Every version of a record that a pause of the task left in git."""
    found: set[bytes] = set()
    for one in {one.oid for one in workspace.events(event.task_uid)}:
        try:
            found |= set(workspace.repository.events.read_files(one).values())
        except VolonError:
            continue
    return found
