"""A capsule that somebody has edited is kept aside where a checkpoint's copy takes its place.

Source: contract §2.1 (a user's text stays reachable), §4 (`resume-task N`).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.capsule import parse_capsule
from volon.model.records.handwritten import edited
from volon.model.syntax.frontmatter import Document
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import Place
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


def keep_edited(workspace: Workspace, tx: Transaction, task_id: str) -> tuple[str, ...]:
    """Keep it, when no checkpoint has what it says; a warning says where.

    Args:
        workspace: where.
        tx: writes.
        task_id: of the capsule.
    """
    place = layout.capsule_place(task_id)
    data = tx.read(place)
    if data is None or _has_copy(tx, place, data):
        return ()
    aside = layout.aside_place(tx.op, place.name)
    tx.put(aside, data)
    return (f"The capsule held what no checkpoint has; it is kept as {workspace.store.shown(aside)}.",)


def _has_copy(tx: Transaction, place: Place, data: bytes) -> bool:
    try:
        document = Document.parse(data, place.path)
        written = records.checkpoint_of(tx, parse_capsule(document))
    except VolonError:
        return False
    return written is not None and not edited(document, written.checkpoint.capsule_text)
