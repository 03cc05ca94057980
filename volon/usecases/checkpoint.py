"""`volon checkpoint list|show`: look at what was saved. Nothing is written.

The list is a tree: each checkpoint knows the one it came out of, so a detour (`resume-task N`, then a pause) is a
branch of its own.

Source: contract §2.4, §3 (checkpoint), seed 003 (branched cycles).
"""

from __future__ import annotations

from volon.model.records.checkpoint import verify
from volon.model.result_checkpoints import CheckpointListResult, CheckpointShowResult, CheckpointView
from volon.model.text import iso
from volon.model.timeline import Row, timeline
from volon.plain import replace
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypedDict

    from volon.model.records.checkpoint import Checkpoint
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

    class _Columns(TypedDict):
        column: int
        joins: tuple[int, ...]
        above: tuple[int, ...]
        below: tuple[int, ...]


def list_checkpoints(workspace: Workspace) -> CheckpointListResult:
    """Return all checkpoints, newest first, with the column each has in the tree of parents."""
    files, broken = records.read_checkpoints(workspace.store)
    current = _current(workspace)
    newest = list(reversed(files))
    known = {_key(file.checkpoint) for file in files}
    rows = timeline((_key(file.checkpoint), _parent_key(file.checkpoint, known)) for file in newest)
    views = tuple(
        replace(view(file), current=file.checkpoint.uid in current, **_columns(row))
        for file, row in zip(newest, rows, strict=True)
    )
    return CheckpointListResult(checkpoints=views, warnings=records.broken_warnings(broken))


def show_checkpoint(workspace: Workspace, number: str) -> CheckpointShowResult:
    """Return one checkpoint with its text."""
    file = records.find_checkpoint(workspace.store, number)
    return CheckpointShowResult(checkpoint=view(file), text=file.document.data.decode("utf-8", "replace"))


def view(file: CheckpointFile) -> CheckpointView:
    """Return a checkpoint as lists carry it."""
    checkpoint = file.checkpoint
    return CheckpointView(
        number=checkpoint.number,
        uid=checkpoint.uid,
        parent=checkpoint.parent,
        task_id=checkpoint.task_id,
        stage=checkpoint.stage or "work",
        saved_at=iso(checkpoint.saved_at) if checkpoint.saved_at else None,
        branch=checkpoint.branch,
        paused_commit=checkpoint.paused_commit,
        note=checkpoint.note or checkpoint.context or "",
        path=file.place.path,
        problems=tuple(problem.message for problem in verify(file.document)),
    )


def _current(workspace: Workspace) -> set[str | None]:
    """The uids of the checkpoints that the capsules of unfinished tasks stand on."""
    found: set[str | None] = set()
    for file in records.read_tasks(workspace.store)[0]:
        capsule = records.read_capsule(workspace.store, file.row.id) if file.row.status != "done" else None
        if capsule is not None:
            found.add(capsule[1].resumed_from_uid or capsule[1].uid)
    return found - {None}


def _key(item: Checkpoint) -> str | int:
    return item.uid or item.number


def _parent_key(item: Checkpoint, known: set[str | int]) -> str | int | None:
    """The parent, unless it is not here: then nothing waits for it."""
    parent = item.parent_uid or item.parent
    return parent if parent in known else None


def _columns(row: Row) -> _Columns:
    return {
        "column": row.column,
        "joins": tuple(sorted(row.joins)),
        "above": tuple(sorted(row.above)),
        "below": tuple(sorted(row.below)),
    }
