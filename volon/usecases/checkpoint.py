"""`volon checkpoint list|show`: look at what was saved. Nothing is written.

The list is a tree: each checkpoint knows the one it came out of, so a detour (`resume-task N`, then a pause) is a
branch of its own.

Source: contract §2.4, §3 (checkpoint), seed 003 (branched cycles).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.capsule import parse_capsule
from volon.model.records.infull import restored
from volon.model.records.task import UNFINISHED
from volon.model.results.checkpoints import CheckpointListResult, CheckpointShowResult, CheckpointView
from volon.model.syntax.frontmatter import Document
from volon.model.timeline import Row, timeline
from volon.peek import LEAST
from volon.plain import replace
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.quickcheckpoint import CheckpointRow
    from volon.model.records.capsulevalues import Capsule
    from volon.model.records.checkpoint import Checkpoint
    from volon.store.reader import Reader
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_NOWHERE = Row(0, (), (), ())
_BELOW = f"{layout.CHECKPOINTS.path}/"


def list_checkpoints(workspace: Workspace) -> CheckpointListResult:
    """Return all checkpoints, newest first, with the column each has in the tree of parents."""
    rows, broken = records.read_checkpoint_rows(workspace.store)
    here = current(workspace.store)
    newest = rows[::-1]
    keys = [row.uid or row.number for _, row in newest]
    known = set(keys)
    # Nothing waits for a parent that is not here.
    parents = [one if (one := row.parent_uid or row.parent) in known else None for _, row in newest]
    places = timeline(zip(keys, parents, strict=True))
    views = [
        _view(name, row, place, current=row.uid in here) for (name, row), place in zip(newest, places, strict=True)
    ]
    return CheckpointListResult(checkpoints=tuple(views), warnings=records.broken_warnings(broken))


def show_checkpoint(workspace: Workspace, number: str) -> CheckpointShowResult:
    """Return one checkpoint: what it says, its capsule's words in full, and its text.

    Raises:
        UsageError: there is no such checkpoint.
        Corrupt: the file cannot be read.
    """
    from volon.model.results.evidence import evidence_view  # noqa: PLC0415  a list needs none of it

    file = records.find_checkpoint(workspace.store, number)
    one, capsule = file.checkpoint, _capsule_in(file)
    upstream = f"{one.upstream} at {one.upstream_commit[:7]}" if one.upstream and one.upstream_commit else one.upstream
    said = CheckpointShowResult(
        checkpoint=view(file),
        called=records.called(workspace.store, one),
        text=file.document.data.decode("utf-8", "replace"),
        title=one.in_progress or "",
        upstream=upstream,
        saved=one.snapshot is not None,
        changes=tuple((change.path, change.kind) for change in one.changes),
        unsaved=_unsaved(workspace, one),
        evidence=tuple(evidence_view(row) for row in one.evidence),
        next_actions=(one.next,) if one.next else (),
        completed=one.completed,
    )
    if capsule is None:
        return said
    return replace(
        said,
        goal=capsule.goal,
        plan=capsule.plan,
        summary=capsule.summary or "",
        you_were=capsule.you_were,
        key_files=capsule.named_files,
        commands=tuple(f"{item.command} → {item.outcome}" for item in capsule.commands),
        next_actions=capsule.next_actions,
        questions=capsule.questions,
        blockers=capsule.blockers,
    )


def _unsaved(workspace: Workspace, one: Checkpoint) -> tuple[str, ...]:
    """What was changed and left out, by what the saved files say of themselves; nothing where these are not here."""
    try:
        found = workspace.repository.snapshots.find(one.uid) if one.snapshot and one.uid else None
        left = workspace.repository.snapshots.read(found).manifest.left_out if found else ()
    except VolonError:
        return ()
    return tuple(each.path for each in left)


def _capsule_in(file: CheckpointFile) -> Capsule | None:
    """The capsule inside, with the texts it had no room for; None when there is none, or none that can be read."""
    if not file.checkpoint.capsule_text:
        return None
    try:
        capsule = parse_capsule(Document.parse(file.checkpoint.capsule_text.encode(), file.place.path))
    except VolonError:
        return None
    return restored(capsule, capsule, file.checkpoint.full)


def view(file: CheckpointFile) -> CheckpointView:
    """Return a checkpoint as lists carry it."""
    return _view(file.place.name, records.checkpoint_row(file))


def _view(name: str, row: CheckpointRow, place: Row = _NOWHERE, *, current: bool = False) -> CheckpointView:
    number, parent, uid, _, task_id, stage, saved_at, branch, paused_commit, note, problems = row
    return CheckpointView(
        number,
        uid,
        parent,
        task_id,
        stage or "work",
        saved_at,
        branch,
        paused_commit,
        note or "",
        _BELOW + name,
        current,
        place.column,
        place.joins,
        place.above,
        place.below,
        problems,
    )


def current(reader: Reader) -> set[str | None]:
    """The uids of the checkpoints that the capsules of unfinished tasks stand on."""
    found: set[str | None] = set()
    names = {name.removesuffix(".md") for name in reader.listdir(layout.CAPSULES)}
    few = len(names) < LEAST
    for file in records.read_some(reader, names) if few else records.read_tasks(reader, *UNFINISHED)[0]:
        there = file.row.id in names and file.row.status in UNFINISHED
        capsule = records.read_capsule(reader, file.row.id) if there else None
        if capsule is not None:
            found.add(capsule[1].resumed_from_uid or capsule[1].uid)
    return found - {None}
