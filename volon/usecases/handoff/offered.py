"""Whether what another machine offers is what volon writes: looked at before it counts, as data and nothing else.

Source: reliability §1.5 (hostile input), S14; issue "Every byte back" (two machines).
"""

from __future__ import annotations

import hashlib

from volon.errors import Corrupt, NotCommitted, VolonError
from volon.model.ids import is_task_id
from volon.model.problems import RecordError
from volon.model.records.capsule import parse_capsule
from volon.model.records.checkpoint import parse_checkpoint, parse_filename, verify
from volon.model.records.events import parse_event
from volon.model.records.task import parse_task
from volon.model.snapshot import INDEX, NAME, SHARED_INDEX, blob_path, is_git_name
from volon.model.syntax.frontmatter import Document
from volon.repo.exchange import arrivals
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.handoff import Name
    from volon.model.records.events import PauseEvent
    from volon.repo.repository import Repository

_MOST_FILES, _MOST_BYTES = 8, 8 << 20
_FILE = "100644"


class Refused(Exception):
    """Why something offered is not taken, in a few words."""


def event_of(repository: Repository, name: Name, oid: str, commit: str | None) -> PauseEvent:
    """Return the event that a commit carries, when all of it is as volon writes it.

    Args:
        repository: where its objects are.
        name: under which it was offered.
        oid: of the commit.
        commit: its raw text; None when it is no commit, or too large to be one of ours.

    Raises:
        Refused: it is not.
    """
    if commit is None:
        raise Refused("no commit that volon would write")
    head, _, text = commit.partition("\n\n")
    parents = [line.removeprefix("parent ") for line in head.split("\n") if line.startswith("parent ")]
    event = parse_event(
        name.ulid, "closed" if name.kind == "closed" else "paused", oid, next(iter(parents), None), text
    )
    if event is None or not is_task_id(event.task_id):
        raise Refused("it names no task")
    try:
        check_records(event, records_of(repository, oid))
    except VolonError as error:
        raise Refused(_words(error)) from error
    return event


def check_snapshot(repository: Repository, name: Name, oid: str, commit: str | None) -> None:
    """See that a commit is a snapshot as volon makes them: its manifest, and exactly the bytes that it names.

    Raises:
        Refused: it is not.
    """
    if commit is None:
        raise Refused("no commit that volon would write")
    try:
        listed = {entry.path: entry for entry in arrivals.entries(repository.git, oid)}
        if NAME not in listed or listed[NAME].size > _MOST_BYTES:
            raise Refused("it has no manifest, or one too large")
        snapshot = repository.snapshots.read(oid)
        index = snapshot.manifest.index
        data, shared = repository.snapshots.index_files(snapshot)
        paths = [one.path for one in snapshot.manifest.files]
        if index is not None and data is not None:
            from volon.repo.trials.aside import paths_in_index  # noqa: PLC0415  every resume loads this module

            halves = {"index": data} | ({index.shared: shared} if index.shared and shared is not None else {})
            paths += paths_in_index(repository, halves)
    except VolonError as error:
        if type(error) is NotCommitted:
            # This machine's trouble, and no verdict about what was sent.
            raise
        raise Refused(_words(error)) from error
    named = {blob_path(blob): blob for blob in snapshot.manifest.blobs} | {NAME: listed[NAME].oid}
    if index is not None:
        named |= {INDEX: index.blob} | ({SHARED_INDEX: index.shared_blob} if index.shared_blob else {})
    if named != {path: entry.oid for path, entry in listed.items()}:
        raise Refused("it does not hold exactly what its manifest names")
    if snapshot.manifest.uid != name.ulid or (index and hashlib.sha256(data or b"").hexdigest() != index.digest):
        raise Refused("its manifest is of another snapshot")
    # git believes its own index: `git restore .` would write whatever stands there, hooks too.
    if any(is_git_name(path) or {"", ".", ".."} & set(path.split("/")) for path in paths):
        raise Refused("it names a path that leads out of the working tree or into .git")


def records_of(repository: Repository, oid: str) -> dict[str, Document]:
    """Return the records that an event's commit carries, by path.

    Raises:
        Refused: there is something else in it, or too much.
        VolonError: git cannot read it, or a file is no record.
    """
    listed = arrivals.entries(repository.git, oid)
    if len(listed) > _MOST_FILES or sum(entry.size for entry in listed) > _MOST_BYTES:
        raise Refused("it holds more than the records of a pause")
    for entry in listed:
        if layout.record_place(entry.path) is None or entry.mode != _FILE:
            raise Refused(f"it holds {entry.path!r}, which is no record")
    return {path: Document.parse(data, path) for path, data in repository.events.read_files(oid).items()}


def unusable(event: PauseEvent, error: Refused) -> Corrupt:
    """Return the error for a pause that came and cannot be taken up."""
    message = f"The pause of {event.task_id} that came from another machine cannot be used; nothing was changed."
    return Corrupt(message, causes=[str(error)], hints=["volon doctor"])


def check_records(event: PauseEvent, found: dict[str, Document]) -> None:
    """See that records are those of one pause.

    Raises:
        Refused: they are not.
        VolonError: one cannot be used at all.
    """
    named = {path: document for path, document in found.items() if parse_filename(path.rpartition("/")[2])}
    tasks, checkpoints = found.get(layout.task_place(event.task_id).path), next(iter(named.values()), None)
    capsules = found.get(layout.capsule_place(event.task_id).path)
    if tasks is None or checkpoints is None or len(found) != len(named) + 1 + (capsules is not None) or len(named) > 1:
        raise Refused("it does not hold one task and one checkpoint")
    task, checkpoint = parse_task(tasks), parse_checkpoint(checkpoints)
    if problems := verify(checkpoints):
        raise Refused(str(problems[0]))
    if capsules is not None:
        parse_capsule(capsules)
    if {task.uid, checkpoint.task_uid} != {event.task_uid} or (task.id, checkpoint.task_id) != (event.task_id,) * 2:
        raise Refused("its task, its checkpoint and its commit are about different tasks")
    if checkpoint.paused_commit != event.commit:
        raise Refused("its checkpoint stands on another commit than it does")


def _words(error: VolonError) -> str:
    problems = error.problems if isinstance(error, RecordError) else ()
    return str(problems[0]) if problems else "; ".join((error.message, *error.causes))
