"""What several writing use-cases put in the same way: pointers, STATE.md, the exclude lines, the welcome files."""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records import bootstrap as bootstrap_model
from volon.model.records import designstate
from volon.model.records.handoff import render_handoff
from volon.repo import questions
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from volon.model.syntax.frontmatter import Document
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.compose import Pointers
    from volon.workspace import Workspace

EXCLUDED = (b"/.volon/", b"/.design/checkpoints/", b"/.design/HANDOFF.md", b"/.design/.volon-tmp-*")
_ONCE_EXCLUDED = (b"/.design/",)
_EXCLUDE_HEAD = b"# volon keeps its files out of your diffs until `volon init` shares them"
_LOGS, _LOGS_HEAD = b"/.volon/logs/", b"# volon keeps its logs to this machine"


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


def exclude_state(workspace: Workspace, tx: Transaction) -> tuple[str, ...]:
    """Keep what volon writes out of the user's diffs on the first pause, unless it is shared or in their history.

    What git tracks already is left alone. Where the file cannot be edited (it is a link, say) nothing is lost but
    tidiness; the warning returned says so.
    """
    if tx.read(layout.README) is not None:
        keep_logs_here(tx)
        return ()
    try:
        data = tx.read(layout.EXCLUDE) or b""
    except VolonError as error:
        return (f"{error.message.rstrip('.')}; until `volon init`, volon's files show up in git status.",)
    if set(EXCLUDED) <= set(data.splitlines()):
        return ()
    # Git reads the whole index for this, so it is asked only when there is something to add.
    tracked = questions.tracked_state(workspace.repository)
    rest = _without_ours(data)
    wanted = [line for line in EXCLUDED if line not in rest.splitlines() and not _covers(line, tracked)]
    if not set(wanted) <= set(data.splitlines()):
        gap = b"\n" if rest and not rest.endswith(b"\n") else b""
        lines = gap + b"\n".join([_EXCLUDE_HEAD, *wanted, b""])
        if rest == data:
            # All working trees share this file: what another one adds meanwhile is no edit in our way.
            tx.append(layout.EXCLUDE, lines)
        else:
            tx.put(layout.EXCLUDE, rest + lines)
    return ()


def keep_logs_here(tx: Transaction) -> None:
    """Keep the logs of shared records to this machine, also on a branch that has no `.volon/.gitignore`."""
    try:
        data = tx.read(layout.EXCLUDE) or b""
    except VolonError:
        return
    if not {_LOGS, EXCLUDED[0]} & set(data.splitlines()):
        gap = b"\n" if data and not data.endswith(b"\n") else b""
        tx.append(layout.EXCLUDE, gap + b"\n".join([_LOGS_HEAD, _LOGS, b""]))


def share_state(tx: Transaction) -> bool:
    """Take the lines away again that stand below our own heading; returns whether there were any.

    A line that the user wrote stays, also when it says the same.
    """
    try:
        data = tx.read(layout.EXCLUDE) or b""
    except VolonError:
        return False
    rest = _without_ours(data)
    if rest == data:
        return False
    tx.put(layout.EXCLUDE, rest)
    return True


def _covers(line: bytes, paths: Iterable[str]) -> bool:
    return any(path.startswith(line.decode().removeprefix("/")) for path in paths)


def _without_ours(exclude: bytes) -> bytes:
    """The exclude file without our heading, wherever it stands, and the lines of ours below it."""
    kept: list[bytes] = []
    below = False
    for line in exclude.splitlines(keepends=True):
        below = line.strip() == _EXCLUDE_HEAD or (below and line.strip() in (*EXCLUDED, *_ONCE_EXCLUDED))
        if not below:
            kept.append(line)
    return b"".join(kept)


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
