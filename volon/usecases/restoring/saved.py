"""`volon checkpoint list --files` and `purge-files`: what pauses saved of the user's files, and how it is let go.

Nothing goes by itself: which snapshots go is said on the command line, never in a file that may have come with a clone,
and without `--yes` they are only named. What an unfinished task stands on goes only when it is named itself.

Source: issue "Every byte back" (`purge-files` with a retention policy), reliability G18.
"""

from __future__ import annotations

from datetime import timedelta

from volon.errors import CheckFailed, UsageError, VolonError
from volon.model.ids import is_ulid
from volon.model.results.checkpoints import CheckpointFilesResult, PurgeFilesResult, SavedView
from volon.model.text import parse_time
from volon.plain import dataclass, replace
from volon.repo.catfile import sizes
from volon.repo.snapshots.purging import Purging, unique_bytes
from volon.repo.snapshots.snapshots import REF
from volon.store.lock import refuse_in_hook
from volon.usecases import records
from volon.usecases.checkpoint import current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.workspace import Workspace

_SAFETY = ("restore", "undo", "conduct rollback")
"""Operations that save what they are about to overwrite."""


@dataclass(frozen=True, slots=True)
class PurgeRequest:
    """Which snapshots are to go.

    Attributes:
        names: numbers of checkpoints, or uids; these go whatever stands on them.
        days: those older than so many days.
        keep: all but the newest so many; with `days`, what both say.
        yes: do it; else it is only shown.
    """

    names: tuple[str, ...] = ()
    days: int | None = None
    keep: int | None = None
    yes: bool = False


def list_files(workspace: Workspace) -> CheckpointFilesResult:
    """Return what was saved, newest first."""
    refs = dict(workspace.repository.snapshots.list())
    return CheckpointFilesResult(
        saved=tuple(reversed(_saved(workspace, refs))), on_disk=unique_bytes(workspace.repository.git, refs)
    )


def purge_files(workspace: Workspace, request: PurgeRequest) -> PurgeFilesResult:
    """Remove snapshots, or show which would go.

    Args:
        workspace: where.
        request: which.

    Raises:
        UsageError: nothing says which, or one that is named has no saved files.
        Busy: called from a hook, another purge runs, or git holds its lock.
        NotCommitted: the disk refuses.
        CheckFailed: one of them is still there.
    """
    refuse_in_hook(workspace.world)
    if not request.names and request.days is None and request.keep is None:
        hints = ["volon checkpoint purge-files N", "volon checkpoint purge-files --older-than 30d --keep 20"]
        raise UsageError("Say which saved files are to go.", hints=hints)
    repository = workspace.repository
    purging = Purging(workspace.world, repository)
    if request.yes:
        purging.settle()
    refs = dict(repository.snapshots.list())
    saved = _saved(workspace, refs)
    named = [_named(workspace, name, refs) for name in request.names]
    by_rule = [row for row in _by_rule(workspace, saved, request) if row.uid not in named]
    going = [row for row in saved if row.uid in named or (row in by_rule and not row.live)]
    chosen = {row.uid: refs[row.uid] for row in going}
    size = unique_bytes(repository.git, chosen)
    if request.yes and chosen:
        purging.remove(workspace.world.ids.ulid(workspace.now(), None), chosen)
        if still := chosen.keys() & dict(repository.snapshots.list()).keys():
            raise CheckFailed(f"Still there: {', '.join(sorted(still))}.", hints=["volon checkpoint list --files"])
    return PurgeFilesResult(
        removed=tuple(going),
        kept=len(refs) - len(chosen),
        spared=tuple(row for row in by_rule if row.live),
        on_disk=size,
        back=tuple(f"git update-ref {REF}{uid} {oid}" for uid, oid in chosen.items()),
        dry_run=not request.yes,
    )


def parse_days(text: str) -> int:
    """Return the days in `30d` or `4w`.

    Raises:
        UsageError: it is neither.
    """
    number, unit = text[:-1], text[-1:]
    if number.isascii() and number.isdigit() and len(number) <= 5 and unit in {"d", "w"}:  # noqa: PLR2004
        return int(number) * (7 if unit == "w" else 1)
    raise UsageError(f"'{text}' is no age.", hints=["30d is thirty days, 4w four weeks"])


def _named(workspace: Workspace, name: str, refs: dict[str, str]) -> str:
    uid = name.upper() if is_ulid(name.upper()) else records.find_checkpoint(workspace.store, name).checkpoint.uid
    if uid is None or uid not in refs:
        message = f"No files are saved for {name}."
        raise UsageError(message, hints=["volon checkpoint list --files"])
    return uid


def _by_rule(workspace: Workspace, saved: Sequence[SavedView], request: PurgeRequest) -> list[SavedView]:
    """Those that every rule of age and number lets go, oldest first; one that cannot be read has no age."""
    if request.days is None and request.keep is None:
        return []
    found = list(saved if request.keep is None else saved[: max(len(saved) - request.keep, 0)])
    if request.days is None:
        return found
    before = workspace.now() - timedelta(days=request.days)
    return [row for row in found if (at := parse_time(row.saved_at or "")) is not None and at < before]


def _saved(workspace: Workspace, refs: dict[str, str]) -> list[SavedView]:
    """Every snapshot, oldest first."""
    numbers = {row.uid: row.number for _, row in records.read_checkpoint_rows(workspace.store)[0]}
    live = current(workspace.store) | {event.ulid for event in workspace.live_pauses()}
    verbs = {operation.ulid: operation.verb for operation in workspace.store.operations()}
    paused = {event.ulid for event in workspace.repository.events.list_events()}
    found = []
    for uid, oid in refs.items():
        kind = "checkpoint" if uid in numbers else "safety" if verbs.get(uid) in _SAFETY else ""
        kind = kind or ("elsewhere" if uid in paused or uid in verbs else "orphan")
        here = uid in verbs or kind == "orphan"
        found.append(_view(workspace, uid, oid, kind, number=numbers.get(uid), live=uid in live, here=here))
    return found


def _view(
    workspace: Workspace, uid: str, oid: str, kind: str, *, number: int | None, live: bool, here: bool
) -> SavedView:
    view = SavedView(uid=uid, commit=oid, checkpoint=number, kind=kind, live=live, here=here, saved_at=None)
    try:
        manifest = workspace.repository.snapshots.read(oid).manifest
    except VolonError as error:
        return replace(view, problem=error.message)
    files = [one for one in manifest.files if one.blob is not None]
    known = sizes(workspace.repository.git, [one.blob or "" for one in files])
    lengths = [size for size in known if size is not None]
    return replace(
        view,
        saved_at=manifest.created_at,
        files=tuple(one.path for one in files),
        bytes=sum(lengths) if len(lengths) == len(known) else None,
        left_out=tuple((one.path, one.why) for one in manifest.left_out),
    )
