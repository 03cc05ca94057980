"""volon's own files in the user's repository: kept out of diffs until they are shared, and all of them by name."""

from __future__ import annotations

from volon.errors import VolonError
from volon.repo import questions
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace

EXCLUDED = (b"/.volon/", b"/.design/checkpoints/", b"/.design/HANDOFF.md", b"/.design/.volon-tmp-*")
_ONCE_EXCLUDED = (b"/.design/",)
_EXCLUDE_HEAD = b"# volon keeps its files out of your diffs until `volon init` shares them"
_LOGS, _LOGS_HEAD = b"/.volon/logs/", b"# volon keeps its logs to this machine"


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
