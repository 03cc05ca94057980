"""Restore elsewhere: the saved work merged into another commit, or in a new working tree beside this one.

The merge is git's own, tried in a git directory that is thrown away: only what the work adds to the commit it was on is
brought. Its result is put into the files by the same transaction as any restore; the index stays as it is, but that
paths with conflicts are unmerged in it, as git would leave them. A file that was changed here is not merged over.

Source: contract §4 (*First minute*), design §4 (*Forecast*), reliability §3.7.
"""

from __future__ import annotations

from volon.errors import CheckFailed, CommittedNotApplied, HumanConflict, NotCommitted, PreflightStopped, UsageError
from volon.model.facts import is_state_path
from volon.model.restoring import Left, Plan, Step, obstacles, version_of
from volon.model.results.restore import LeftView, RestoreResult
from volon.model.syntax.gitpath import shell_word
from volon.model.version import Version
from volon.paths import Path
from volon.plain import replace
from volon.repo import worktrees
from volon.repo.snapshots import indexes, standing
from volon.repo.trials.forecast import forecasting
from volon.usecases.restoring import restorable as finding
from volon.usecases.restoring import restore
from volon.workspace import Workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.requests import RestoreRequest
    from volon.store.transaction import Transaction
    from volon.usecases.restoring.restorable import Saved


_AGAIN = "put right what stands in the way, then run the same command again: it finishes this one first"


def restore_onto(workspace: Workspace, request: RestoreRequest) -> RestoreResult:
    """Restore with `--onto` or `--worktree`; see `volon.usecases.restoring.restore.restore`.

    Raises:
        UsageError: there is no such commit, or the working tree would be inside this one, or git's directory.
        CheckFailed: the checkpoint was made before the first commit, or git cannot make the working tree.
        PreflightStopped: HEAD is not where the work is to go, or git is in the middle of something.
        HumanConflict: the merge has conflicts, or files here were changed too.
    """
    saved = finding.find_saved(workspace, workspace.store, request.checkpoint)
    base = saved.manifest.head
    if base is None:
        raise CheckFailed(f"Checkpoint {saved.number:02d} was made before the first commit: there is nothing to go by.")
    if finding.had_conflicts(saved):
        raise PreflightStopped(
            f"Checkpoint {saved.number:02d} was made in a merge with conflicts; they go nowhere else.",
            hints=finding.begin_again(saved),
        )
    target = base if request.onto is None else finding.resolved(workspace, request.onto)
    if request.worktree is not None:
        return _beside(workspace, request, saved, target)
    return restore.carry_out(workspace, request, lambda tx: _merged(workspace, tx, request, saved, target))


def _refuse_inside(workspace: Workspace, request: RestoreRequest, saved: Saved, where: Path, shown: str) -> None:
    """Refuse a place in this working tree, among whose files it would be, or in what git or volon keep.

    Raises:
        UsageError: it is one.
    """
    real, root = where.resolve(), workspace.repository.root.resolve()
    inside = real.is_relative_to(root)
    ours = inside and is_state_path(real.relative_to(root).as_posix())
    own = ours or real.is_relative_to(workspace.repository.common_dir.resolve())
    if own or inside:
        what = "a directory of git's or volon's own" if own else "this working tree"
        onto = f" --onto {shell_word(request.onto)}{' --conflicts' * request.conflicts}" if request.onto else ""
        beside = f"{saved.command}{onto} --worktree {finding.beside(workspace, f'{saved.number:02d}')}"
        raise UsageError(f"{shown} is inside {what}; nothing was changed.", hints=[f"put it beside: {beside}"])


def _beside(workspace: Workspace, request: RestoreRequest, saved: Saved, target: str) -> RestoreResult:
    where = Path(request.worktree or "")
    shown = workspace.shown(where)
    _refuse_inside(workspace, request, saved, where, shown)
    onto = target if request.onto is not None else None
    if request.dry_run:
        created = tuple(one.path for one in saved.manifest.files if one.kind != "deleted")
        left = tuple(LeftView(path=one.path, why="was not saved") for one in saved.manifest.left_out)
        return RestoreResult(
            checkpoint=saved.number, uid=saved.uid, created=created, left=left, onto=onto, worktree=shown, dry_run=True
        )
    if onto is not None:
        _changes(workspace, request, saved, target)
    reason = f"volon restore {saved.uid} {'onto' if onto else 'on'} {target}; run the command again to finish it"
    # Under the lock of this working tree: of two who make the same one at a time, the second waits.
    with workspace.store.begin("restore", on_wait=workspace.on_wait):
        begun = worktrees.begin(workspace.repository, where, target, reason)
        other = Workspace.open(workspace.world, where, on_wait=workspace.on_wait)
        if begun and other.repository.index_bytes() is None:
            other.repository.git.run("read-tree", "-m", target)
        inner = replace(request, worktree=None, onto=onto, yes=True)
        try:
            if onto is None:
                result = restore.carry_out(other, inner, lambda tx: restore.prepare(other, tx, inner, saved))
            else:
                result = restore.carry_out(
                    other, inner, lambda tx: _merged(other, tx, inner, saved, target, whole=begun)
                )
        except CommittedNotApplied as error:
            # Its journal is in the other working tree: a command that writes in this one would not finish it.
            raise CommittedNotApplied(error.message, causes=error.causes, hints=[_AGAIN]) from error
        try:
            worktrees.finish(workspace.repository, where, reason)
        except (NotCommitted, OSError) as error:
            # A directory of git's may refuse to be listed, too.
            message = f"Every file is in {shown}, but it could not be handed over yet."
            causes = [str(error)] if isinstance(error, OSError) else [error.message, *error.causes]
            raise CommittedNotApplied(message, causes=causes, hints=[_AGAIN]) from error
    return replace(result, worktree=shown)


def _merged(
    workspace: Workspace, tx: Transaction, request: RestoreRequest, saved: Saved, target: str, *, whole: bool = False
) -> restore.Ready:
    """Decide what changes; with `whole`, every file is made as it is to be, for git was stopped while it wrote them."""
    repository = workspace.repository
    facts, seen = restore.looked(repository)
    if facts.head != target:
        raise PreflightStopped(
            f"HEAD is not at {request.onto}, and volon does not move it; nothing was changed.",
            hints=[f"{request.typed} --worktree {finding.beside(workspace, f'{saved.number:02d}')}"],
        )
    if facts.operation is not None:
        raise PreflightStopped(f"A {facts.operation} is in progress; nothing was changed.")
    found = repository.snapshots.preview(facts, seen, finding.rules_of(tx))
    at = standing.Standing(repository.root, repository.object_format)
    after, fresh, conflicts = _changes(workspace, request, saved, target, whole=whole)
    steps, changed = [], []
    for path, version in sorted(after.items()):
        now = at.look(path)
        before = now if isinstance(now, Version) else None
        if before == version:
            continue
        if path in found.files and not whole:
            changed.append(path)
        steps.append(Step(path, before, version))
    if changed:
        raise HumanConflict(
            "These files were changed here, too; nothing was changed.", causes=changed, hints=["git status"]
        )
    if blocked := obstacles(steps, at.look, at.below):
        raise restore.in_the_way(blocked)
    unsaved = tuple(Left(one.path, "was not saved") for one in saved.manifest.left_out)
    planned = Plan(tuple(sorted(steps, key=lambda step: (step.after is not None, step.path))), unsaved)
    asked = restore.only_here(repository, planned, facts, found.files)
    ready = restore.Ready(saved, planned, facts, seen, fresh=fresh, conflicts=conflicts, onto=target, asked=asked)
    return _unmerged(workspace, ready) if conflicts else ready


def _unmerged(workspace: Workspace, ready: restore.Ready) -> restore.Ready:
    """Mark the conflicts in the index too: without that git, and tools for merging, know of none."""
    repository, snapshot = workspace.repository, ready.saved.snapshot
    trees = [standing.tree_of(repository.git, one or "") for one in (snapshot.base, ready.onto, snapshot.work)]
    sides = {path: [tree.get(path) for tree in trees] for path in ready.conflicts}
    data = indexes.with_conflicts(repository, repository.index_bytes(), sides)
    return replace(ready, index=data, fresh={**ready.fresh, restore.version_of_bytes(workspace, data).blob: data})


def _changes(
    workspace: Workspace, request: RestoreRequest, saved: Saved, target: str, *, whole: bool = False
) -> tuple[dict[str, Version | None], Mapping[str, bytes], tuple[str, ...]]:
    """What the merge changes of the target's files, the bytes that are no objects yet, and what has conflicts."""
    repository, base = workspace.repository, saved.manifest.head or ""
    with forecasting(repository) as forecast:
        tree, conflicts = forecast.merged_onto(base, saved.snapshot.work, target)
        if conflicts and not request.conflicts:
            raise _conflicting(workspace, request, saved, conflicts)
        then, now = standing.tree_of(repository.git, target), standing.tree_of(forecast.git, tree)
        paths = [path for path in sorted(then.keys() | now.keys()) if whole or then.get(path) != now.get(path)]
        changed = [path for path in paths if not is_state_path(path)]
        written, fresh = standing.checked_out(repository, tree, [p for p in changed if p in now], door=forecast.git)
    work = standing.tree_of(repository.git, saved.snapshot.work)
    raw = {one.path: version_of(one) for one in saved.manifest.files if now.get(one.path) == work.get(one.path)}
    after = {path: raw.get(path) or written.get(path) for path in changed}
    used = {version.blob for version in after.values() if version is not None}
    return after, {blob: data for blob, data in fresh.items() if blob in used}, conflicts


def _conflicting(
    workspace: Workspace, request: RestoreRequest, saved: Saved, conflicts: tuple[str, ...]
) -> HumanConflict:
    marked = f"{request.typed} --conflicts"
    beside = f"{marked} --worktree {finding.beside(workspace, f'{saved.number:02d}')}"
    hints = [f"write these files with conflict markers: {marked}"]
    return HumanConflict(
        f"The work of checkpoint {saved.number:02d} conflicts with that commit; nothing was changed.",
        causes=conflicts,
        hints=hints if request.worktree else [*hints, f"the same, beside this working tree: {beside}"],
    )
