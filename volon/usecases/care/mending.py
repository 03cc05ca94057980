"""Tasks, capsules and checkpoints that are not as their pause wrote them, and what they were, for `volon doctor`.

A checkpoint carries its capsule, and the ref of a pause carries its checkpoint and its task: each is mended from the
next. What is replaced is kept aside; what nobody has a copy of is named and left. So is what git has as unmerged: only
its author can choose. The markers of a merge that git calls done are damage like any other.

Source: contract §2.10 (corrupt state is never a fresh start), §4 (`rm -rf` is survivable).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.capsule import check_capsule
from volon.model.records.checkpoint import check_checkpoint, parse_checkpoint, parse_filename
from volon.model.records.task import check_task
from volon.model.results.protocol import CheckView
from volon.model.syntax.frontmatter import Document
from volon.plain import dataclass
from volon.repo import questions
from volon.store import layout
from volon.usecases import records
from volon.usecases.pointers import point_to_newest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from volon.files import Place
    from volon.model.problems import Problem
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.events import PauseEvent
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

    Rules = Callable[[Document], tuple[Problem, ...]]


@dataclass(frozen=True, slots=True)
class Damage:
    """A record that cannot be relied on.

    Attributes:
        place: where it is, or should be.
        what: why, as one line.
        whole: what belongs there; None when nobody has it.
        source: whose copy that is.
    """

    place: Place
    what: str
    whole: bytes | None
    source: str = ""


def look(workspace: Workspace, reader: Reader) -> tuple[Damage, ...]:
    """Return every checkpoint and capsule that cannot be relied on, and every task that cannot be read."""
    return (*_checkpoints(workspace, reader), *_tasks(workspace, reader), *_capsules(workspace, reader))


def mend(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    """Put back what somebody has a copy of: checkpoints first, then tasks; what a capsule was is found by both."""
    rows = [_put(tx, one) for one in _checkpoints(workspace, tx) if one.whole is not None]
    if rows and tx.read(layout.HANDOFF) is None:
        point_to_newest(workspace, tx)
    for look_at in (_tasks, _capsules):
        rows += [_put(tx, one) for one in look_at(workspace, tx) if one.whole is not None]
    return rows


def _put(tx: Transaction, damage: Damage) -> CheckView:
    place, whole = damage.place, damage.whole or b""
    before = tx.read(place)
    if before is None:
        tx.create(place, whole)
        return CheckView(name="records", state="fixed", sentence=f"{place.path} is back")
    tx.put(layout.aside_place(tx.op, place.name), before)
    tx.put(place, whole)
    sentence = f"{place.path} is that of {damage.source} again; the damaged one is kept"
    return CheckView(name="records", state="fixed", sentence=sentence)


def _wrong(place: Place, data: bytes, rules: Rules) -> str | None:
    """The first thing that makes a record unreliable; None without one."""
    try:
        problems = [one for one in rules(Document.parse(data, place.path)) if one.severity == "error"]
    except VolonError as error:
        return error.message
    return str(problems[0]) if problems else None


def _damage(workspace: Workspace, place: Place, what: str, whole: bytes | None, source: str) -> Damage:
    """A damaged file and what belongs there, unless that is for a person to say."""
    mine = questions.is_unmerged(workspace.repository, place.path)
    return Damage(place, what, None if mine else whole, source)


def _tasks(workspace: Workspace, reader: Reader) -> Iterator[Damage]:
    """The task files that cannot be read, with what the last of their pauses that has a checkpoint here wrote."""
    broken = records.read_tasks(reader)[1]
    if not broken:
        return
    pauses = {one.ulid: one for one in workspace.repository.events.list_events() if one.kind == "paused"}
    checkpoints = [file.checkpoint for file in reversed(records.read_checkpoints(reader)[0])]
    for item in broken:
        place = layout.TASKS / item.path.rpartition("/")[2]
        of_task = (pauses.get(one.uid or "") for one in checkpoints if one.task_id == place.name.removesuffix(".md"))
        copies = (_records_of(workspace, pause).get(place.path) for pause in of_task if pause is not None)
        whole = next((data for data in copies if data is not None and _wrong(place, data, check_task) is None), None)
        yield _damage(workspace, place, item.error.message, whole, "its last pause")


def _capsules(workspace: Workspace, reader: Reader) -> Iterator[Damage]:
    for file in _with_capsules(reader, records.read_tasks(reader)[0]):
        place = layout.capsule_place(file.row.id)
        data = reader.read(place)
        what = None if data is None else _wrong(place, data, check_capsule)
        if what is None:
            continue
        kept = records.last_checkpoint(reader, file.task)
        whole = kept.checkpoint.capsule_text.encode() if kept else b""
        if kept is None or check_checkpoint(kept.document) or _wrong(place, whole, check_capsule) is not None:
            yield Damage(place, what, None)
        else:
            yield _damage(workspace, place, what, whole, f"checkpoint {kept.checkpoint.number:02d}")


def _with_capsules(reader: Reader, files: Iterable[TaskFile]) -> Iterator[TaskFile]:
    """Those tasks that have one; of many tasks few do, and a look at the directory tells which."""
    there = set(reader.listdir(layout.CAPSULES))
    return (file for file in files if layout.capsule_place(file.row.id).name in there)


def _checkpoints(workspace: Workspace, reader: Reader) -> Iterator[Damage]:
    pauses = {one.ulid: one for one in workspace.repository.events.list_events() if one.kind == "paused"}
    there = {layout.checkpoint_place(name): data for name, data in reader.read_all(layout.CHECKPOINTS).items()}
    for place, data in there.items():
        if data is not None and parse_filename(place.name):
            yield from _altered(workspace, pauses.values(), place, data)
    for uid in _named(workspace, reader):
        for place, data in _line(workspace, reader, pauses, uid):
            if place not in there:
                there[place] = data
                yield Damage(place, f"{place.path} is missing", data, "its pause")


def _altered(workspace: Workspace, pauses: Iterable[PauseEvent], place: Place, data: bytes) -> Iterator[Damage]:
    """A checkpoint that breaks a rule, or has none to break (the original tool's) where a pause wrote another."""
    what = _wrong(place, data, check_checkpoint)
    if what is None and data.startswith(b"---"):
        return
    written = _written(workspace, pauses, place)
    if what is not None or written is not None:
        yield _damage(workspace, place, what or f"{place.path} is not what its pause wrote", written, "its pause")


def _written(workspace: Workspace, pauses: Iterable[PauseEvent], place: Place) -> bytes | None:
    """A checkpoint as its pause wrote it."""
    found = parse_filename(place.name)
    likely = (one for one in pauses if found is not None and one.checkpoint == found[0])
    copies = (_records_of(workspace, one).get(place.path) for one in likely)
    return next((data for data in copies if data is not None), None)


def _records_of(workspace: Workspace, pause: PauseEvent) -> Mapping[str, bytes]:
    try:
        return workspace.repository.events.read_files(pause.oid)
    except VolonError:
        return {}


def _named(workspace: Workspace, reader: Reader) -> Iterator[str]:
    """The pauses that the records here stand on, by uid: what their capsules say, and what git says is live."""
    files = records.read_tasks(reader)[0]
    own = {file.row.uid for file in files}
    yield from (event.ulid for event in workspace.live_pauses() if event.task_uid in own and not event.via)
    for file in _with_capsules(reader, files):
        try:
            capsule = records.read_capsule(reader, file.row.id)
        except VolonError:
            continue
        if capsule is not None and capsule[1].uid is not None:
            yield capsule[1].uid


def _line(
    workspace: Workspace, reader: Reader, pauses: Mapping[str, PauseEvent], uid: str | None
) -> Iterator[tuple[Place, bytes]]:
    """The checkpoints of a pause and of those it came out of, that have no file here, as git has them."""
    here = {file.checkpoint.uid: file.checkpoint for file in records.read_checkpoints(reader)[0]}
    seen = set[str]()
    while uid is not None and uid not in seen:
        seen.add(uid)
        known: Checkpoint | None = here.get(uid)
        if known is None and uid in pauses:
            for path, data in _records_of(workspace, pauses[uid]).items():
                place = layout.record_place(path)
                if place is not None and place.parent == layout.CHECKPOINTS:
                    known = parse_checkpoint(Document.parse(data, path))
                    yield place, data
        uid = known.parent_uid if known is not None else None
