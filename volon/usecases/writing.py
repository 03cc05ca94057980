"""What several writing use-cases put in the same way: pointers, STATE.md, the exclude lines, the welcome files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import VolonError
from volon.model import bootstrap as bootstrap_model
from volon.model import designstate
from volon.repo import questions
from volon.store import layout
from volon.usecases import records

if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.frontmatter import Document
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.compose import Pointers
    from volon.workspace import Workspace

EXCLUDED = (b"/.volon/", b"/.design/")
_EXCLUDE_HEAD = b"# volon keeps its files out of your diffs until `volon init` shares them"


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


def exclude_state(workspace: Workspace, tx: Transaction) -> tuple[str, ...]:
    """Keep volon's files out of the user's diffs on the first pause, unless they are shared or the user's own.

    A directory that git tracks already is left alone: its files are part of the user's history. Where the file
    cannot be edited (it is a link, say) nothing is lost but tidiness; the warning returned says so.
    """
    if tx.read(layout.README) is not None:
        return ()
    try:
        data = tx.read(layout.EXCLUDE) or b""
    except VolonError as error:
        return (f"{error.message.rstrip('.')}; until `volon init`, .volon/ and .design/ show up in git status.",)
    missing = set(EXCLUDED).difference(data.splitlines())
    # Git reads the whole index for this, so it is asked only when there is something to add.
    tracked = questions.tracked_state_dirs(workspace.repository) if missing else frozenset()
    missing = {line for line in missing if line.strip(b"/").decode() not in tracked}
    if missing:
        gap = b"\n" if data and not data.endswith(b"\n") else b""
        tx.put(layout.EXCLUDE, data + gap + b"\n".join([_EXCLUDE_HEAD, *sorted(missing, reverse=True), b""]))
    return ()


def share_state(tx: Transaction) -> bool:
    """Take the lines away again that stand below our own heading; returns whether there were any.

    A line that the user wrote stays, also when it says the same.
    """
    try:
        lines = (tx.read(layout.EXCLUDE) or b"").splitlines(keepends=True)
    except VolonError:
        return False
    ours = [number for number, line in enumerate(lines) if line.strip() == _EXCLUDE_HEAD]
    if not ours:
        return False
    end = ours[0] + 1
    while end < len(lines) and lines[end].strip() in EXCLUDED:
        end += 1
    tx.put(layout.EXCLUDE, b"".join(lines[: ours[0]] + lines[end:]))
    return True


def state_files(reader: Reader) -> dict[str, bytes]:
    """Return every file of volon's own that belongs into a commit: records and pointers, no logs, nobody's drafts."""
    places = [layout.README, layout.GITIGNORE, layout.BOOTSTRAP, layout.HANDOFF, layout.STATE]
    for directory in (layout.TASKS, layout.CAPSULES, layout.CHECKPOINTS, layout.BOOTSTRAP_HISTORY):
        places += [directory / name for name in reader.listdir(directory) if name.endswith(".md")]
    return {place.path: data for place in places if (data := reader.read(place)) is not None}


def _keep_iteration(tx: Transaction, document: Document, iteration: str | None) -> None:
    """Keep one copy of the bootstrap per iteration, as it was before volon first pointed it at a pause."""
    if iteration is None or not iteration.isalnum():
        return
    place = layout.bootstrap_history_place(iteration)
    if tx.read(place) is None:
        tx.create(place, document.data)
