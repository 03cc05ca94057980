"""The records of a pause into its transaction, and the pause made known by a ref before the commit point.

A pause and an import put the same records; an import leaves the pointers alone where they point to something else.

Source: contract §4 and §7; reliability §0 (3, 4).
"""

from __future__ import annotations

from contextlib import nullcontext

from volon.errors import NotCommitted
from volon.model.records.events import render_message
from volon.model.records.task import Status, move
from volon.model.text import iso
from volon.store import layout
from volon.usecases.pausing import saving
from volon.usecases.pointers import write_pointers
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.facts import GitFacts
    from volon.store.transaction import Transaction
    from volon.usecases.pausing.compose import Composed
    from volon.usecases.pausing.material import Material
    from volon.workspace import Workspace


def put_records(
    workspace: Workspace, tx: Transaction, composed: Composed, material: Material, *, pointing: bool = True
) -> tuple[str, ...]:
    """Put every record: immutable first, status next, pointers last; return warnings.

    Args:
        workspace: where.
        tx: takes them.
        composed: the records.
        material: what they were composed from.
        pointing: let bootstrap and STATE.md point to the task.
    """
    tx.create(layout.checkpoint_place(composed.checkpoint_name), composed.checkpoint_data)
    tx.put(layout.capsule_place(composed.task.id), composed.capsule_data)
    moved = move(
        material.task_file.document,
        material.task_file.task,
        Status.PAUSED,
        material.now,
        composed.update_line,
        blocker_type="external" if material.request.blockers else None,
    )
    if composed.task.uid is None:
        moved = moved.set("uid", composed.task_uid)
    tx.put(material.task_file.place, moved.data)
    if pointing:
        write_pointers(workspace, tx, composed.pointers, material.now)
    warnings = exclude_state(workspace, tx)
    tx.append(layout.RUN_LOG, composed.log_line)
    tx.put(layout.HANDOFF, composed.handoff_data)
    return warnings


def refuse_too_much(tx: Transaction, facts: GitFacts) -> None:
    """A ref is for ever, so none is made for a pause that cannot be committed.

    Raises:
        NotCommitted: there is too much for one operation.
    """
    try:
        tx.check_size()
    except NotCommitted as error:
        listed = f"A checkpoint lists all {len(facts.changes)} changed or untracked files and keeps an edited capsule."
        hint = "Name what need not be recorded in .gitignore or .git/info/exclude, then pause again."
        raise NotCommitted(error.message, causes=[listed], hints=[hint]) from error


def make_known(
    workspace: Workspace, tx: Transaction, composed: Composed, material: Material, saved: saving.Saved
) -> None:
    """Keep `paused_commit` and the records alive in git, before the commit point, under a name of this operation.

    Raises:
        NotCommitted: git failed, or it could not be made durable.
    """
    names = (
        layout.checkpoint_place(composed.checkpoint_name),
        layout.capsule_place(composed.task.id),
        material.task_file.place,
    )
    files = {place.path: data for place in names if (data := tx.read(place)) is not None}
    checkpoint = composed.checkpoint
    message = render_message(
        task_id=composed.task.id,
        task_uid=composed.task_uid,
        title=composed.task.title,
        branch=checkpoint.branch,
        worktree=material.facts.worktree,
        checkpoint=checkpoint.number,
        paused_at=iso(material.now),
    )
    record = workspace.repository.events.record_pause
    with saving.explained() if saved.begun is not None else nullcontext():
        record(tx.op, files, checkpoint.paused_commit, message, material.now, saved.begun)
