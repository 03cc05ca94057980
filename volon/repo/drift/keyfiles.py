"""Which of the files that a capsule names are not what they were at the pause.

Source: contract §5 (`keyfile.*`).
"""

from __future__ import annotations

from volon.model.drift.observed import Fate, KeyFileFate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.drift.observed import PathFate
    from volon.repo.blobs import Blobs
    from volon.repo.drift.fates import Fates
    from volon.repo.drift.history import Commit


def key_file_fates(
    names: Sequence[str],
    fates: Fates,
    commits: Sequence[Commit],
    changed_in_head: frozenset[str],
    blobs: Blobs,
) -> tuple[KeyFileFate, ...]:
    """Return the key files that are not what they were at the pause.

    Args:
        names: files or directories.
        fates: of the recorded changes, and what is fresh.
        commits: what HEAD has and the paused commit has not, newest first.
        changed_in_head: the paths that differ between the paused commit and HEAD.
        blobs: ids of the bytes in the working tree.
    """
    found = (_key_file(name, fates, commits, changed_in_head, blobs) for name in names)
    return tuple(fate for fate in found if fate is not None)


def _key_file(
    name: str, fates: Fates, commits: Sequence[Commit], changed_in_head: frozenset[str], blobs: Blobs
) -> KeyFileFate | None:
    recorded = [fate for fate in fates.fates if _covers(name, fate.change.path)]
    edited = {fate.change.path for fate in recorded if _is_other_now(fate, blobs)}
    fresh = {change.path for change in fates.fresh if _covers(name, change.path) and not change.untracked}
    # The other recorded changes are as they were, or are told of as lost.
    judged = {fate.change.path for fate in recorded} - edited
    moved = (edited | fresh | {path for path in changed_in_head if _covers(name, path)}) - judged
    if not moved:
        return None
    commit = next((c.note for c in commits if not c.cut and moved & c.results.keys()), None)
    gone = all(blobs.of_path(path)[0] is None for path in moved) and name in moved
    if gone:
        return KeyFileFate(name, "missing", commit)
    by_commit = commit is not None or bool(moved & changed_in_head)
    return KeyFileFate(name, "committed" if by_commit else "edited", commit)


def _is_other_now(fate: PathFate, blobs: Blobs) -> bool:
    """Whether a recorded change went on: edited, committed in another version, or changed again after its commit."""
    if fate.fate is Fate.COMMITTED:
        return blobs.of_path(fate.change.path) != (fate.change.mode, fate.change.blob)
    return fate.fate in {Fate.EDITED, Fate.MOVED_ON, Fate.RENAMED}


def _covers(name: str, path: str) -> bool:
    return path == name or path.startswith(name.rstrip("/") + "/")
