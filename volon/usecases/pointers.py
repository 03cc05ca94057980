"""The pointers: what bootstrap, STATE.md and HANDOFF.md say about the paused task, put and taken back."""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records import bootstrap as bootstrap_model
from volon.model.records import designstate
from volon.model.records.handoff import render_handoff
from volon.plain import dataclass
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.syntax.frontmatter import Document
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Pointers:
    """What bootstrap and STATE.md are told."""

    task_id: str
    paused_at: datetime
    hint: str
    next_line: str
    blockers: tuple[str, ...]
    state_seen: bool


def write_pointers(workspace: Workspace, tx: Transaction, pointers: Pointers, now: datetime) -> None:
    """Point bootstrap and STATE.md to the paused task."""
    document, bootstrap = records.read_bootstrap(tx)
    if document is not None:
        _keep_iteration(tx, document, bootstrap.iteration)
    updated = bootstrap_model.set_paused(
        document,
        workspace.template("bootstrap.md", tx),
        task_id=pointers.task_id,
        paused_at=pointers.paused_at,
        hint=pointers.hint,
        next_line=pointers.next_line,
    )
    state = tx.read(layout.STATE) if pointers.state_seen else None
    if state is not None:
        tx.put(layout.STATE, designstate.set_paused(state, now, pointers.blockers, layout.STATE.path))
    tx.put(layout.BOOTSTRAP, updated.data)


def point_to_newest(workspace: Workspace, tx: Transaction) -> None:
    """Let the handoff point to the newest checkpoint that is there, if there is one."""
    if (newest := records.latest_checkpoint(tx)) is not None:
        path = layout.checkpoint_place(newest[1]).path
        tx.put(layout.HANDOFF, render_handoff(path, newest[0], workspace.template("handoff.md", tx)))


def clear_pointers(tx: Transaction, task_id: str, now: datetime, next_line: str) -> None:
    """Take back what `write_pointers` wrote, if it is about this task."""
    document, bootstrap = records.read_bootstrap(tx)
    if document is not None and bootstrap.paused_task_id == task_id:
        tx.put(layout.BOOTSTRAP, bootstrap_model.clear_paused(document, next_line).data)
    state = tx.read(layout.STATE)
    if state is not None and _says_paused(state):
        tx.put(layout.STATE, designstate.set_resumed(state, now, layout.STATE.path))


def _says_paused(state: bytes) -> bool:
    try:
        return designstate.parse_state(state, layout.STATE.path).paused
    except VolonError:
        return False


def _keep_iteration(tx: Transaction, document: Document, iteration: str | None) -> None:
    """Keep one copy of the bootstrap per iteration, as it was before volon first pointed it at a pause."""
    if iteration is None or not iteration.isalnum():
        return
    place = layout.bootstrap_history_place(iteration)
    if tx.read(place) is None:
        tx.create(place, document.data)
