"""What bringing the uncommitted work of a pause to HEAD, or to its upstream branch, would meet; nothing is touched.

Source: contract §5 (`conflict.*`, `tree.lost`), §8 (3).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.drift.observed import Brought, Fate, Onto
from volon.plain import replace
from volon.repo import questions
from volon.repo.blobs import decode
from volon.repo.trials.forecast import forecasting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.drift.observed import PausedState
    from volon.model.facts import GitFacts
    from volon.repo.drift.fates import Fates
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.repo.snapshots.snapshots import Snapshot
    from volon.repo.trials.forecast import Forecast


def brought(
    repository: Repository, paused: PausedState, pause: str | None, facts: GitFacts, fates: Fates, upstream: str | None
) -> Brought:
    """Try it; without room to try, or with objects missing, nothing is said, and the rest of the preflight stands.

    Args:
        repository: where.
        paused: the pause.
        pause: the paused commit, in full.
        facts: what is there now.
        fates: what became of its work.
        upstream: where the upstream branch is; None where that is not to be asked.
    """
    lost = any(fate.fate is Fate.LOST for fate in fates.fates)
    to_head = facts.head if lost and facts.head != pause else None
    there = {fate.change.path for fate in fates.fates if fate.fate is not Fate.LOST}
    try:
        snapshot = _snapshot(repository, paused)
        # Of a clean tree the commit is all of the work.
        work = snapshot.work if snapshot else pause if paused.changes == () else None
        if work is None:
            return Brought()
        with forecasting(repository) as tries:
            head, other = (tries.brought_to(pause, work, side) if side else () for side in (to_head, upstream))
            moved = _moved(repository, paused, pause, facts)
            onto = _onto(tries, pause, moved or to_head, snapshot, facts, fates) if to_head and snapshot else None
            onto = replace(onto, branch=moved is not None) if onto else None
    except VolonError:
        return Brought()
    saved = tuple(one.path for one in snapshot.manifest.files) if snapshot else ()
    return Brought(tuple(path for path in head if path not in there), other, saved, onto)


def _snapshot(repository: Repository, paused: PausedState) -> Snapshot | None:
    """What was saved; None where nothing was, or there was nothing to save."""
    found = repository.snapshots.find(paused.uid) if paused.uid is not None and paused.changes != () else None
    return repository.snapshots.read(found) if found is not None else None


def _moved(repository: Repository, paused: PausedState, pause: str | None, facts: GitFacts) -> str | None:
    """Where the branch of the pause is, if that is another one than HEAD's and it has other work than at the pause."""
    if paused.branch is None or pause is None or facts.branch in (None, paused.branch):
        return None
    tip = repository.git.resolve(f"refs/heads/{paused.branch}")
    return None if tip is None or tip == pause or questions.same_work(repository, pause, tip) else tip


def _onto(tries: Forecast, base: str | None, head: str, snapshot: Snapshot, facts: GitFacts, fates: Fates) -> Onto:
    """Merge as `restore --onto HEAD` does: only what the work adds to the commit it was on."""
    if base is None or any(one.stage for one in snapshot.manifest.stages):
        return Onto(refused=True)
    merged, conflicts = tries.onto(base, snapshot.work, head)
    written = _differing(tries.git, head, merged)
    here = sorted(change.path for change in facts.changes if change.path in written)
    if not here:
        return Onto(conflicts)
    # What is here as it was saved, and comes out of the merge as it was saved, is not written at all.
    same = {fate.change.path for fate in fates.fates if fate.fate is Fate.SAME}
    same -= _differing(tries.git, snapshot.work, merged)
    return Onto(conflicts, tuple(path for path in here if path not in same))


def _differing(git: Git, one: str, other: str) -> set[str]:
    names = git.run("diff-tree", "-r", "--name-only", "--no-renames", "-z", one, other)
    return {decode(name) for name in names.split(b"\0") if name}
