"""`volon checkpoint list|show|diff`: look at what was saved. Nothing is written.

The list is a tree: each checkpoint knows the one it came out of, so a detour (`resume-task N`, then a pause) is a
branch of its own.

Source: contract §2.4, §3 (checkpoint), seed 003 (branched cycles).
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from volon.model.checkpoint import verify
from volon.model.results import CheckpointDiffResult, CheckpointListResult, CheckpointShowResult, CheckpointView
from volon.model.text import iso
from volon.repo import questions
from volon.usecases import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.checkpoint import Checkpoint
    from volon.usecases.records import CheckpointFile
    from volon.workspace import Workspace

_FIELDS = ("task_id", "stage", "cycle", "mode", "branch", "worktree", "paused_commit", "operation", "next", "note", "open_todos")


def list_checkpoints(workspace: Workspace) -> CheckpointListResult:
    """Return all checkpoints, newest first, with the column each has in the tree of parents."""
    files, broken = records.read_checkpoints(workspace.store)
    current = _current(workspace)
    depths = _depths([file.checkpoint for file in files])
    views = tuple(
        view(file, depth=depth, current=file.checkpoint.uid in current)
        for file, depth in zip(reversed(files), reversed(depths), strict=True)
    )
    return CheckpointListResult(checkpoints=views, warnings=records.broken_warnings(broken))


def show_checkpoint(workspace: Workspace, number: str) -> CheckpointShowResult:
    """Return one checkpoint with its text."""
    file = records.find_checkpoint(workspace.store, number)
    return CheckpointShowResult(checkpoint=view(file), text=file.document.data.decode("utf-8", "replace"))


def diff_checkpoints(workspace: Workspace, a: str, b: str) -> CheckpointDiffResult:
    """Return what differs between the records, the capsules and the recorded uncommitted work of two checkpoints."""
    before, after = records.find_checkpoint(workspace.store, a), records.find_checkpoint(workspace.store, b)
    old, new = before.checkpoint, after.checkpoint
    pairs = ((name, _word(getattr(old, name)), _word(getattr(new, name))) for name in _FIELDS)
    lines = difflib.unified_diff(
        old.capsule_text.splitlines(), new.capsule_text.splitlines(), before.place.path, after.place.path, lineterm="", n=1
    )
    return CheckpointDiffResult(
        a=view(before),
        b=view(after),
        fields=tuple(pair for pair in pairs if pair[1] != pair[2]),
        capsule_diff=tuple(lines),
        files=_files(old, new),
        commits=_commits(workspace, old, new),
    )


def view(file: CheckpointFile, *, depth: int = 0, current: bool = False) -> CheckpointView:
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
        current=current,
        depth=depth,
        problems=tuple(problem.message for problem in verify(file.document)),
    )


def _current(workspace: Workspace) -> set[str | None]:
    """The uids of the checkpoints that the capsules of unfinished tasks stand on."""
    found: set[str | None] = set()
    for file in records.read_tasks(workspace.store)[0]:
        capsule = records.read_capsule(workspace.store, file.task.id) if file.task.status != "done" else None
        if capsule is not None:
            found.add(capsule[1].resumed_from_uid or capsule[1].uid)
    return found - {None}


def _depths(checkpoints: Sequence[Checkpoint]) -> list[int]:
    """Give each checkpoint a column: its parent's when it continues the parent first, else a free one.

    Columns are lanes, as in a commit graph: a lane is taken over by the first child and freed when nothing follows.
    """
    lanes: list[str | int | None] = []
    depths: list[int] = []
    followed = {_key(item): index for index, item in enumerate(checkpoints)}
    last_child = {_parent_key(item): index for index, item in enumerate(checkpoints) if _parent_key(item) in followed}
    for index, item in enumerate(checkpoints):
        parent = _parent_key(item)
        lane = lanes.index(parent) if parent is not None and parent in lanes else _free(lanes)
        if lane == len(lanes):
            lanes.append(None)
        depths.append(lane)
        lanes[lane] = _key(item) if last_child.get(_key(item), -1) > index else None
    return depths


def _free(lanes: list[str | int | None]) -> int:
    return next((index for index, holder in enumerate(lanes) if holder is None), len(lanes))


def _key(item: Checkpoint) -> str | int:
    return item.uid or item.number


def _parent_key(item: Checkpoint) -> str | int | None:
    return item.parent_uid or item.parent


def _files(old: Checkpoint, new: Checkpoint) -> tuple[tuple[str, str], ...]:
    before = {change.path: (change.blob, change.mode) for change in old.changes}
    after = {change.path: (change.blob, change.mode) for change in new.changes}
    rows = []
    for path in sorted({*before, *after}):
        if before.get(path) != after.get(path):
            rows.append((path, "added" if path not in before else "gone" if path not in after else "changed"))
    return tuple(rows)


def _commits(workspace: Workspace, old: Checkpoint, new: Checkpoint) -> tuple[str, ...]:
    if not old.paused_commit or not new.paused_commit or old.paused_commit == new.paused_commit:
        return ()
    return questions.commits_between(workspace.repository, old.paused_commit, new.paused_commit)


def _word(value: object) -> str:
    return "" if value is None else str(value)
