"""Rollback: the files of a plan as they were at the end of a phase, by the machinery that restores every checkpoint.

The branch only goes forward: what later phases committed is taken back by one commit more, and stays in the history.
Everything is saved first, uncommitted and untracked files too; then files, git's index and results change in one
transaction, which `volon undo` takes back; the branch follows by compare-and-swap. Whoever is killed between the two
has decided: the next command that goes on with the plan lets the branch follow.

Source: contract §2.13; seed 002 (rollback_to_checkpoint).
"""

from __future__ import annotations

from contextlib import ExitStack, suppress

from volon.errors import Busy, CheckFailed, ExitCode, HumanConflict, NothingToDo, PreflightStopped, UsageError
from volon.model.conduct.records import ROLLBACK, rendered
from volon.model.facts import SUBMODULE, is_state_path
from volon.model.records import runlog
from volon.model.requests import RestoreRequest
from volon.model.restoring import UNSAVED, Left
from volon.model.results.conducted import ConductRollbackResult
from volon.model.results.restore import LeftView
from volon.model.snapshot import Manifest, SavedFile
from volon.plain import dataclass, replace
from volon.repo import phases
from volon.repo.branches import fetching
from volon.repo.git import GitFailed
from volon.repo.questions import current_branch
from volon.repo.snapshots.snapshots import Snapshot
from volon.repo.snapshots.standing import tree_of
from volon.store import layout
from volon.usecases.conduct.plans import find_plan
from volon.usecases.conduct.subtasks import is_last
from volon.usecases.pipeline.run import at_rest
from volon.usecases.restoring import restore
from volon.usecases.restoring.restorable import Saved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import Place
    from volon.store.transaction import Transaction
    from volon.usecases.conduct.plans import Plan
    from volon.workspace import Workspace

_LOOKS = 3
_NONE = "the beginning"
_LINK = "a submodule"


@dataclass(frozen=True, slots=True)
class RollbackRequest:
    """What `conduct rollback` was told.

    Attributes:
        phase: whose end is wanted; that of the last complete one when None, 0 for before the first.
        yes: it is agreed to.
    """

    plan_id: str | None = None
    phase: int | None = None
    yes: bool = False
    dry_run: bool = False

    @property
    def acts(self) -> bool:
        """Whether anything is to change."""
        return self.yes and not self.dry_run


def rollback(workspace: Workspace, request: RollbackRequest) -> ConductRollbackResult:
    """Bring the files of a plan back to the end of a phase, or show what that would change.

    Raises:
        NothingToDo: there is no such plan; or nothing has changed since.
        UsageError: the phase is not complete.
        PreflightStopped: HEAD is not on the plan's branch, or git is in the middle of something; or it is a part of a
            plan, and another part builds upon it.
        HumanConflict: something stands in the way, or cannot be saved first.
        Busy: the plan is being carried out.
        NotCommitted, Corrupt, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    plan = find_plan(workspace.store, request.plan_id, found=False)
    is_last(workspace, plan)
    with ExitStack() as stack:
        if request.acts:
            stack.enter_context(at_rest(workspace, plan.file))
            # Where the last one cannot be ended, this one takes its place.
            with suppress(PreflightStopped):
                settle(workspace, plan)
        for _ in range(_LOOKS):
            try:
                return _looked(workspace, plan.id, request)
            except restore.Moved:
                continue
    message = "Files keep changing while volon looks at them; nothing was changed."
    raise Busy(message, hints=["Run the command again when the others are done."])


def settle(workspace: Workspace, plan: Plan) -> None:
    """Let the plan's branch follow the last rollback, if whoever made it was killed before it did.

    No other branch moves, and this one only from the commit that it was at, to the one that was made before anything
    changed; and not where something else is staged by now: then somebody went on from there.

    Raises:
        PreflightStopped: it is where it was, and something else is staged, or the commit is gone.
        GitFailed: git could not.
    """
    last = plan.rollbacks[-1] if plan.rollbacks else None
    own = workspace.repository
    if last is None or last["head"] == last["commit"] or current_branch(own) != plan.branch:
        return
    if own.git.resolve("HEAD") != last["head"]:
        return
    with workspace.store.begin("conduct rollback", on_wait=workspace.on_wait):
        pass  # What was decided is carried out first, git's index too.
    if not phases.is_staged(own, last["commit"], _stays):
        title = _title(plan, last["phase"])
        message = f"{title!r} was cut short before {plan.branch} followed, and what is staged now is not what it left."
        again = f"volon conduct rollback {plan.id} --phase {last['phase']} --yes"
        raise PreflightStopped(message, hints=[again, "volon undo", "git status"])
    phases.onto(own, plan.branch, last["commit"], last["head"], _title(plan, last["phase"]))


def _looked(workspace: Workspace, plan_id: str, request: RollbackRequest) -> ConductRollbackResult:
    with workspace.store.begin("conduct rollback", dry_run=not request.acts, on_wait=workspace.on_wait) as tx:
        plan = find_plan(tx, plan_id, found=False)
        stamp = workspace.repository.stamp()
        phase = len(plan.results) if request.phase is None else request.phase
        head = _fit(workspace, plan, phase)
        checkpoint = plan.start(phase + 1)
        # To look, nothing is made: git's index is all that would be another one.
        commit = _commit(workspace, plan, phase, checkpoint, head) if request.acts else checkpoint
        ready, commits = _prepare(workspace, tx, plan, checkpoint, commit, head)
        result = replace(_result(plan, phase, commits, ready), warnings=restore.cut_links(workspace, ready.plan))
        if not (ready.plan.steps or commits or result.phases or (request.acts and ready.index is not None)):
            inner = [f"{one.path}: {one.why}" for one in ready.plan.left if one.why.startswith(_LINK)]
            else_ = " else" if inner else ""
            message = f"{plan.id} is at {_name(plan, phase)}: nothing{else_} has changed since."
            raise NothingToDo(message, causes=inner)
        if request.dry_run:
            return replace(result, dry_run=True)
        if not request.yes:
            again = f"volon conduct rollback {plan.id} --phase {phase} --yes"
            return replace(result, stopped=True, next_command=again, exit_code=ExitCode.PREFLIGHT)
        return _do(workspace, tx, plan, ready, result, commit=commit, head=head, stamp=stamp)


def _fit(workspace: Workspace, plan: Plan, phase: int) -> str:
    """HEAD, where a rollback is possible."""
    if not 0 <= phase <= len(plan.results):
        message = f"Phase {phase} of {plan.id} is not complete, so there is no checkpoint of it."
        raise UsageError(message, hints=[f"0 to {len(plan.results)}", "volon conduct status"])
    own, checkpoint = workspace.repository, plan.start(phase + 1)
    name, head = current_branch(own), own.git.resolve("HEAD")
    if name != plan.branch or head is None:
        message = f"{plan.id} is on {plan.branch}, and HEAD on {name or 'no branch'}; nothing was changed."
        raise PreflightStopped(message, hints=[f"git switch {plan.branch}"])
    if not phases.holds(own, checkpoint):
        message = f"HEAD does not hold {checkpoint[:12]}, the checkpoint of {_name(plan, phase)}; nothing was changed."
        raise PreflightStopped(message, hints=["git log --oneline --all", fetching(own.common_dir)])
    return head


def _commit(workspace: Workspace, plan: Plan, phase: int, checkpoint: str, head: str) -> str:
    message = f"{_title(plan, phase)}\n\n{phases.BACK}: {plan.tag}/{phase}\n"
    return phases.taken_back(workspace.repository, checkpoint, head, message, _stays)


def _title(plan: Plan, phase: int) -> str:
    return f"Roll back to {f'the end of phase {phase}' if phase else _NONE} of {plan.id}"


def _name(plan: Plan, phase: int) -> str:
    return f"the end of phase {phase}: {plan.ready.phases[phase - 1].name}" if phase else _NONE


def _stays(path: str) -> bool:
    """volon's own, and the specification: what was learnt is no less true for it."""
    return is_state_path(path) or layout.is_specification(path)


def _prepare(
    workspace: Workspace, tx: Transaction, plan: Plan, checkpoint: str, commit: str, head: str
) -> tuple[restore.Ready, tuple[str, ...]]:
    """Decide what changes, as a restore that removes what it does not know; and name the commits that are taken back.

    Args:
        workspace: where.
        tx: the operation.
        plan: whose files.
        checkpoint: the commit that has them.
        commit: the one that is to be HEAD.
        head: the one that is.
    """
    own = workspace.repository
    now, then = (
        {path: at for path, at in tree_of(own.git, one).items() if not _stays(path)} for one in (head, checkpoint)
    )
    differing = {path for path in now.keys() | then.keys() if now.get(path) != then.get(path)}
    gone = tuple(SavedFile(path, "deleted") for path in sorted(differing - then.keys()))
    manifest = Manifest(
        uid=tx.op,
        object_format=own.object_format,
        head=head,
        branch=plan.branch,
        created_at="",
        worktree="",
        files=gone,
    )
    saved = Saved(0, tx.op, Snapshot(commit, commit, commit, commit, manifest), clean=True)
    request = RestoreRequest(checkpoint=tx.op, exact=True, yes=True)
    ready = restore.prepare(workspace, tx, request, saved, differing & then.keys())
    steps = tuple(one for one in ready.plan.steps if not _stays(one.path))
    left = tuple(one for one in ready.plan.left if not _stays(one.path))
    if unsaved := [f"{one.path}: {one.why}" for one in left if one.why.startswith(UNSAVED)]:
        message = "Something cannot be saved first, so it is not overwritten; nothing was changed."
        raise HumanConflict(message, causes=unsaved, hints=["Move it away, then run the command again."])
    inner, moved = _submodules(workspace, checkpoint, head)
    commits = phases.between(own, checkpoint, head) if differing or moved else ()
    return replace(ready, plan=replace(ready.plan, steps=steps, left=(*left, *inner))), commits


def _submodules(workspace: Workspace, checkpoint: str, head: str) -> tuple[tuple[Left, ...], bool]:
    """Name each that is not at the commit it was at then, and what brings it there; and whether HEAD differs in one.

    The commit of a rollback takes back which commit a submodule is at. Its files are a repository's of its own, whose
    uncommitted work volon does not save, so they stay.
    """
    own = workspace.repository
    now, then = (
        {path: at.blob for path, at in tree_of(own.git, one, (SUBMODULE,)).items() if not _stays(path)}
        for one in (head, checkpoint)
    )
    left = []
    for path in sorted(now.keys() | then.keys()):
        wanted, here = then.get(path), own.checked_out(path)
        if wanted is None:
            left.append(Left(path, f"{_LINK} that was not there then; its files stay"))
        elif wanted != now.get(path) or here not in {None, wanted}:
            left.append(Left(path, f"{_LINK}, at {wanted[:12]} then; its files stay until git submodule update --init"))
    return tuple(left), now != then


def _result(plan: Plan, phase: int, commits: tuple[str, ...], ready: restore.Ready) -> ConductRollbackResult:
    created, overwritten, deleted = (ready.plan.paths(deed) for deed in ("create", "overwrite", "delete"))
    return ConductRollbackResult(
        plan_id=plan.id,
        phase=phase,
        name=plan.ready.phases[phase - 1].name if phase else _NONE,
        checkpoint=plan.start(phase + 1),
        phases=tuple(number for number in plan.results if number > phase),
        commits=commits,
        created=created,
        overwritten=overwritten,
        deleted=deleted,
        left=tuple(LeftView(path=one.path, why=one.why) for one in ready.plan.left),
    )


def _do(
    workspace: Workspace,
    tx: Transaction,
    plan: Plan,
    ready: restore.Ready,
    result: ConductRollbackResult,
    *,
    commit: str,
    head: str,
    stamp: tuple[object, ...],
) -> ConductRollbackResult:
    safety = restore.stage(workspace, tx, ready, stamp)
    number = len(plan.rollbacks) + 1
    beside = plan.place / "rolled-back"
    for one in result.phases:
        _set_aside(tx, plan.place / "results" / f"phase-{one}.md", beside / f"{number}-phase-{one}.md")
    _set_aside(tx, plan.place / "complete.md", beside / f"{number}-complete.md")
    if plan.parent:
        _set_aside(tx, layout.PLANS / plan.parent / "complete.md", beside / f"{number}-complete-whole.md")
    values = {
        "plan_id": plan.id,
        "number": number,
        "phase": result.phase,
        "op": tx.op,
        "rolled_back_at": tx.at,
        "checkpoint": result.checkpoint,
        "head": head,
        "commit": commit,
        "phases": [str(one) for one in result.phases],
    }
    tx.create(beside / f"{number}.md", rendered(ROLLBACK, values, "\n".join(f"- {one}" for one in result.commits)))
    said = {"plan_id": plan.id, "phase": result.phase}
    tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb="conduct rollback", at=workspace.now(), **said))
    title = _title(plan, result.phase)
    tx.commit(title, safety=safety.oid)
    if commit != head:
        try:
            phases.onto(workspace.repository, plan.branch, commit, head, title)
        except GitFailed as error:
            message = (
                "The files are back, and the branch did not follow: somebody moved it meanwhile, or git could not."
            )
            raise CheckFailed(message, causes=error.causes, hints=["git status", "volon undo"]) from error
    restore.verify(workspace, ready.plan.steps)
    return replace(result, op=tx.op, commit=commit if commit != head else None, safety=safety.oid)


def _set_aside(tx: Transaction, place: Place, to: Place) -> None:
    data = tx.read(place)
    if data is not None:
        tx.create(to, data)
        tx.delete(place)
