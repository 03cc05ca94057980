"""Restore: put the user's files and git's index back as a pause saved them.

Find what was saved → look at what is there → plan, pure → a safety snapshot of the present → one transaction. HEAD,
branches, stash and reflogs never move; no record of volon's changes. A path is changed only while it holds what the
plan saw, and only what has a name in git is ever overwritten or removed.

Source: contract §4, §7 (*restore N*), §8 (1); reliability §3.7.
"""

from __future__ import annotations

from volon.errors import Busy, CheckFailed, ExitCode, HumanConflict
from volon.files import Place, Root
from volon.model.records import runlog
from volon.model.restoring import UNSAVED, Left, Plan, Present, directories, obstacles, plan, to_ask
from volon.model.results.restore import LeftView, RestoreResult
from volon.model.text import listed
from volon.model.version import REGULAR, SOMETHING, Version
from volon.plain import dataclass, field, replace
from volon.repo.blobs import Blobs
from volon.repo.snapshots import faithful, indexes, keeping, standing
from volon.repo.snapshots.filtering import not_run, not_run_words
from volon.repo.status import Entry
from volon.store import layout
from volon.usecases.restoring import restorable as finding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from volon.model.facts import GitFacts
    from volon.model.requests import RestoreRequest
    from volon.model.restoring import Step
    from volon.repo.repository import Repository
    from volon.repo.snapshots.snapshots import Snapshot
    from volon.repo.status import Status
    from volon.store.transaction import Transaction
    from volon.usecases.restoring.restorable import Saved
    from volon.workspace import Workspace

_LOOKS = 3
_SHOWN = 20


class Moved(Exception):
    """Something changed between the look and the commit point: look again."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A restore that is decided: what changes, what it is made of, and what was looked at.

    Attributes:
        plan: the files.
        index: the bytes of the index to put back, None to leave it as it is; `shared` the other half of a split one.
        no_index: there was no index, and there is to be none.
        fresh: bytes that are no objects yet, by id.
        conflicts: files that will have conflict markers.
        onto: the commit that the work was merged into.
        asked: files of the user's whose bytes only stand here; see `only_here`.
    """

    saved: Saved
    plan: Plan
    facts: GitFacts
    seen: Status
    index: bytes | None = None
    no_index: bool = False
    shared: tuple[str, Version] | None = None
    fresh: Mapping[str, bytes] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    onto: str | None = None
    asked: tuple[str, ...] = ()


def restore(workspace: Workspace, request: RestoreRequest, saved: Saved | None = None) -> RestoreResult:
    """Put back what a checkpoint saved; see the module.

    Args:
        workspace: where.
        request: what was asked for.
        saved: what the checkpoint saved, when its record is not here yet.

    Raises:
        UsageError: there is no such checkpoint, commit or path.
        CheckFailed: the checkpoint saved no files.
        PreflightStopped: HEAD or an operation of git's is not as it was; nothing was changed.
        HumanConflict: something stands in the way; or files were edited meanwhile, and were left alone.
        Busy, Corrupt, NotCommitted, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    if request.worktree is not None or request.onto is not None:
        from volon.usecases.restoring.onto import restore_onto  # noqa: PLC0415  seldom needed

        return restore_onto(workspace, request)
    found = saved or finding.find_saved(workspace, workspace.store, request.checkpoint)
    return carry_out(workspace, request, lambda tx: prepare(workspace, tx, request, found))


def carry_out(workspace: Workspace, request: RestoreRequest, prepare_: Callable[[Transaction], Ready]) -> RestoreResult:
    """Prepare and do it; should anything change while volon looks, it looks again.

    Raises:
        Busy: something changes without a rest.
    """
    for _ in range(_LOOKS):
        try:
            with workspace.store.begin("restore", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
                stamp = workspace.repository.stamp()
                ready = prepare_(tx)
                result = _result(workspace, request, ready)
                if request.dry_run or result.already or result.stopped:
                    return result
                return _do(workspace, tx, ready, result, stamp)
        except Moved:
            continue
    message = "Files keep changing while volon looks at them; nothing was changed."
    raise Busy(message, hints=["Run the command again when the others are done."])


def prepare(
    workspace: Workspace, tx: Transaction, request: RestoreRequest, saved: Saved, also: Collection[str] = ()
) -> Ready:
    """Decide what changes where the work is put back as it was; `also` paths that nobody has changed since."""
    repository = workspace.repository
    facts, seen = looked(repository)
    if request.paths:
        finding.refuse_operation(saved, facts, single=True)
    else:
        finding.refuse_elsewhere(workspace, replace(saved, again=saved.again or request.typed), facts)
    at = standing.Standing(repository.root, repository.object_format)
    found = repository.snapshots.preview(facts, seen, finding.rules_of(tx))
    present = Present(found.files, found.left_out, at.look)
    wanted = _filter(request.paths)
    asked = {*filter(wanted, to_ask(saved.manifest, present)), *also}
    tree = standing.tree_of(repository.git, saved.snapshot.work)
    if request.paths:
        asked |= set(filter(wanted, tree))
    raw_index = repository.snapshots.index_files(saved.snapshot)[0] if not saved.clean else None
    asked |= set(filter(wanted, tree.keys() & faithful.of_another_size(repository, seen, raw_index)))
    asked -= {one.path for one in saved.manifest.files}
    written, fresh = standing.checked_out(repository, saved.snapshot.work, sorted(asked))
    clean = faithful.as_noted(repository, raw_index, tree, written, fresh)
    there = [one.path for one in saved.manifest.files if one.kind == "deleted" and one.path not in found.files]
    hidden = standing.ignored(repository.git, [path for path in there if at.look(path) is not None])
    planned = plan(saved.manifest, replace(present, ignored=hidden), clean, wanted=wanted, exact=request.exact)
    _refuse_unknown(request, saved, planned, clean)
    if blocked := obstacles(planned.steps, at.look, at.below):
        raise in_the_way(blocked, exact=request.exact)
    asking = only_here(repository, planned, facts, found.files)
    ready = Ready(saved, planned, facts, seen, fresh=_used(fresh, planned), asked=asking)
    if request.paths:
        return ready
    return _with_index_of_head(workspace, ready) if saved.clean else _with_index(workspace, ready)


def only_here(repository: Repository, planned: Plan, facts: GitFacts, changed: Collection[str]) -> tuple[str, ...]:
    """The files that a plan overwrites or deletes and that are not as a checkout of HEAD writes them.

    Whoever lets those go should have agreed; the others are in HEAD, and coming back is all that is asked for. Of those
    that git calls unchanged Git LFS, which may not run or would fetch, is trusted to give back what it took.

    Args:
        repository: where.
        planned: what is to be done.
        facts: what HEAD is.
        changed: what differs from HEAD, or HEAD does not have.
    """
    gone = {step.path: step.before for step in planned.steps if step.before is not None}
    tree = standing.tree_of(repository.git, facts.head) if gone and facts.head is not None else {}
    other = {path for path, at in gone.items() if path in changed or tree.get(path) != at}
    maybe = (other & tree.keys()) - set(changed)
    trusted = faithful.given_back(repository, maybe)
    unlike = sorted(maybe - trusted)
    written = standing.checked_out(repository, facts.head or "", unlike)[0] if unlike else {}
    return tuple(sorted(path for path in other - trusted if written.get(path) != gone[path]))


def looked(repository: Repository) -> tuple[GitFacts, Status]:
    """What is to be saved of the working tree now."""
    facts, seen = repository.look()
    return facts, faithful.with_unfaithful(repository, facts, seen)


def _filter(paths: Iterable[str]) -> Callable[[str], bool]:
    tops = tuple(paths)
    if not tops or "" in tops:
        return lambda _path: True
    return lambda path: any(path == top or path.startswith(f"{top}/") for top in tops)


def _refuse_unknown(request: RestoreRequest, saved: Saved, planned: Plan, clean: Mapping[str, Version]) -> None:
    known = {*clean, *(one.path for one in saved.manifest.files), *(one.path for one in planned.left)}
    for top in request.paths:
        if not any(map(_filter([top]), known)):
            message = f"Checkpoint {saved.number:02d} knows nothing of {top}."
            raise CheckFailed(message, hints=[f"{saved.command} --dry-run"])


def in_the_way(blocked: Iterable[Left], *, exact: bool = False) -> HumanConflict:
    """The error for what stands where saved files should go; untracked files do not where they are removed."""
    more = "" if exact else ", or let --exact remove untracked files (they are saved first)"
    return HumanConflict(
        "Something stands where saved files should go; nothing was changed.",
        causes=[f"{one.path}: {one.why}" for one in blocked],
        hints=[f"Move it away and run the command again{more}."],
    )


def _used(fresh: Mapping[str, bytes], planned: Plan) -> dict[str, bytes]:
    written = {step.after.blob for step in planned.steps if step.after is not None}
    return {blob: data for blob, data in fresh.items() if blob in written}


def _with_index_of_head(workspace: Workspace, ready: Ready) -> Ready:
    """Nothing was staged at a pause that saved nothing: take out what is staged now."""
    repository = workspace.repository
    current = repository.index_bytes()
    data = indexes.of_commit(repository, ready.saved.snapshot.work, current)
    if data is None:
        return ready
    return replace(ready, index=data, fresh={**ready.fresh, version_of_bytes(workspace, data).blob: data})


def _with_index(workspace: Workspace, ready: Ready) -> Ready:
    """Put the index back too, unless it says the same and no file changes either."""
    repository, raw = workspace.repository, ready.saved.manifest.index
    data, shared = repository.snapshots.index_files(ready.saved.snapshot)
    current = repository.index_bytes()
    if data is None or raw is None:
        return replace(ready, no_index=current is not None)
    data = indexes.with_own_entries(repository, data, current)
    if data == current or (not ready.plan.steps and indexes.say_the_same(repository, data, current)):
        return ready
    blob = version_of_bytes(workspace, data).blob
    fresh = ready.fresh if blob == raw.blob else {**ready.fresh, blob: data}
    half = (raw.shared, Version(REGULAR, raw.shared_blob)) if raw.shared and raw.shared_blob and shared else None
    return replace(ready, index=data, shared=half, fresh=fresh)


def _as_git_stores_it(workspace: Workspace, ready: Ready) -> tuple[str, ...]:
    """Words for imported files that git would turn at a checkout; what a pause saved is what stood there."""
    written = [step.path for step in ready.plan.steps if step.after is not None]
    raw = not_run(workspace.repository.git, written) if ready.saved.imported else ()
    return (not_run_words(raw),) if raw else ()


def cut_links(workspace: Workspace, planned: Plan) -> tuple[str, ...]:
    """Words for files with other names: what takes the place of one is a file of its own."""
    at = standing.Standing(workspace.repository.root, workspace.repository.object_format)
    linked = [path for path in planned.paths("overwrite") if at.has_other_names(path)]
    which = "1 file is a hard link" if len(linked) == 1 else f"{len(linked)} files are hard links"
    return (f"{which}; the other names keep their bytes: {listed(linked)}",) if linked else ()


def _result(workspace: Workspace, request: RestoreRequest, ready: Ready) -> RestoreResult:
    created, overwritten, deleted = (ready.plan.paths(deed) for deed in ("create", "overwrite", "delete"))
    stopped = bool(ready.asked) and not (request.yes or request.dry_run)
    blocked = bool(ready.conflicts) or any(one.why.startswith(UNSAVED) for one in ready.plan.left)
    return RestoreResult(
        checkpoint=ready.saved.number,
        uid=ready.saved.uid,
        created=created,
        overwritten=overwritten,
        deleted=deleted,
        asked=ready.asked,
        left=tuple(LeftView(path=one.path, why=one.why) for one in ready.plan.left),
        warnings=(*_as_git_stores_it(workspace, ready), *cut_links(workspace, ready.plan)),
        conflicts=ready.conflicts,
        onto=ready.onto,
        index=(ready.index is not None and not ready.conflicts) or ready.no_index,
        stopped=stopped,
        next_command=f"{request.typed} --yes" if stopped else None,
        already=not ready.plan.steps and ready.index is None and not ready.no_index,
        exit_code=ExitCode.PREFLIGHT if stopped else ExitCode.HUMAN_CONFLICT if blocked else ExitCode.DONE,
        dry_run=request.dry_run,
    )


def _do(
    workspace: Workspace, tx: Transaction, ready: Ready, result: RestoreResult, stamp: tuple[object, ...]
) -> RestoreResult:
    safety = stage(workspace, tx, ready, stamp)
    if tx.read(layout.RUN_LOG) is not None:
        tx.append(layout.RUN_LOG, _log_line(workspace, tx, result))
    tx.commit(f"checkpoint {ready.saved.number:02d}", checkpoint=ready.saved.number, safety=safety.oid)
    verify(workspace, ready.plan.steps)
    return replace(result, op=tx.op, safety=safety.oid)


def stage(workspace: Workspace, tx: Transaction, ready: Ready, stamp: tuple[object, ...]) -> Snapshot:
    """Save what there is, then plan the files and git's index; the commit of the transaction writes them.

    Raises:
        HumanConflict: something cannot be saved first.
        Moved: what is there is not what the plan saw.
    """
    safety = save_first(workspace, tx, ready.plan.steps, ready.facts, ready.seen)
    require_saved(ready.plan.steps, safety)
    keeping.keep(workspace.repository, tx.op, ready.fresh, workspace.now())
    if workspace.repository.stamp() != stamp:
        raise Moved
    _turn(workspace, tx, ready)
    return safety


def save_first(workspace: Workspace, tx: Transaction, steps: Iterable[Step], facts: GitFacts, seen: Status) -> Snapshot:
    """Save everything as it is now under the operation's own name, also what git does not count as changed."""
    known = {entry.path for entry in seen.entries}
    also = [Entry(step.path, ".M") for step in steps if step.before is not None and step.path not in known]
    whole = replace(seen, entries=[*seen.entries, *also])
    rules = finding.rules_of(tx)
    return workspace.repository.snapshots.capture(tx.op, facts, whole, rules, workspace.now())


def require_saved(steps: Iterable[Step], safety: Snapshot) -> None:
    """See that what is overwritten or removed is in the safety snapshot, byte for byte.

    Raises:
        HumanConflict: a file could not be saved.
        Moved: it is not what the plan saw.
    """
    held = {one.path: (one.mode, one.blob) for one in safety.manifest.files}
    left_out = {one.path: one.why for one in safety.manifest.left_out}
    for step in steps:
        if step.before is None:
            continue
        if (why := left_out.get(step.path)) is not None:
            message = f"{step.path} cannot be saved first ({why}), so it is not overwritten; nothing was changed."
            raise HumanConflict(message, hints=["Move it away, then run the command again."])
        if held.get(step.path) != (step.before.mode, step.before.blob):
            raise Moved


def _turn(workspace: Workspace, tx: Transaction, ready: Ready) -> None:
    """git's index first: until the rest has followed, git sees old files under the new index, and nobody's are lost."""
    if ready.index is not None:
        if ready.shared is not None and tx.read(half := Place(Root.INDEX, ready.shared[0])) is None:
            tx.turn(half, None, ready.shared[1])
        tx.turn(layout.INDEX, current(tx, layout.INDEX), version_of_bytes(workspace, ready.index))
    elif ready.no_index:
        tx.turn(layout.INDEX, current(tx, layout.INDEX), None)
    for step in ready.plan.steps:
        tx.turn(Place(Root.FILES, step.path), step.before, step.after)


def version_of_bytes(workspace: Workspace, data: bytes) -> Version:
    """The version of an ordinary file with this content."""
    return Version(REGULAR, Blobs(workspace.repository.root, workspace.repository.object_format).of_bytes(data))


def current(tx: Transaction, place: Place) -> Version | None:
    """The version of a file of the user's, as the transaction sees it."""
    line = tx.read(place)
    return None if line is None else Version.parse(line)


def _log_line(workspace: Workspace, tx: Transaction, result: RestoreResult) -> bytes:
    counts = {name: len(getattr(result, name)) for name in ("created", "overwritten", "deleted")}
    return runlog.entry(op=tx.op, verb="restore", at=workspace.now(), checkpoint=result.checkpoint, **counts)


def verify(workspace: Workspace, steps: Collection[Step]) -> None:
    """Read every file back: what is not as it was saved is named, never passed over.

    Raises:
        HumanConflict: somebody changed files while they were put back.
    """
    at = standing.Standing(workspace.repository.root, workspace.repository.object_format)
    above = {one for step in steps if step.after is not None for one in directories(step.path)}
    found = ((step, at.look(step.path)) for step in steps)
    other = [s.path for s, now in found if now != (SOMETHING if s.after is None and s.path in above else s.after)]
    if other:
        raise HumanConflict(
            "The files were put back, but some are not as they were saved any more: somebody changed them meanwhile.",
            causes=other[:_SHOWN],
            hints=["git status", "take the restore back: volon undo"],
        )
