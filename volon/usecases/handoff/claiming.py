"""`volon handoff claim` and `release`: one of two who would go on with a task or a plan gets it, the other is told who.

The claim lies on the remote and is changed there by compare-and-swap, so that of any number who try at once one wins.
It has no expiry; who takes one over names the clone it is taken from.

Source: contract §7 (claim); issue "Every byte back" (two machines).
"""

from __future__ import annotations

from volon.errors import Busy, NotCommitted, NothingToDo, NotTrusted, UsageError
from volon.model.handoff import CLAIMS, Claim
from volon.model.results.handoff import HandoffClaimResult
from volon.model.text import age, iso, parse_time
from volon.plain import dataclass
from volon.repo import questions
from volon.repo.exchange import arrivals
from volon.repo.exchange.remotes import Remote
from volon.repo.fastimport import settle_objects
from volon.repo.statecommit import identity
from volon.usecases import claims, records, select
from volon.usecases.elsewhere import is_here
from volon.usecases.handoff.alongside import claimed_as, is_committed
from volon.usecases.planheads import is_plan
from volon.workspace import ARRIVAL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.requests import HandoffRequest
    from volon.workspace import Workspace

_TRIES = 5


@dataclass(frozen=True, slots=True)
class _Task:
    task_id: str
    uid: str
    title: str
    checkpoint: str = ""

    @property
    def way_on(self) -> str:
        """What goes on with it; a plan is no task, and claimed like one."""
        verb = "conduct resume" if is_plan(self.task_id) else "resume-task --task"
        return f"volon {verb} {self.task_id}"


@dataclass(frozen=True, slots=True)
class _Standing:
    """The claim on the remote: its commit and what it says, None when there never was one."""

    oid: str | None
    claim: Claim | None
    commit: str | None = None

    @property
    def holder(self) -> Claim | None:
        """Who has the task."""
        return self.claim if self.claim is not None and self.claim.held else None


def claim(workspace: Workspace, request: HandoffRequest) -> HandoffClaimResult:
    """Claim a task.

    Raises:
        Busy: somebody else has it; who, and since when.
        NothingToDo: there is no task to claim.
        UsageError, NotTrusted, NotCommitted: as `handoff push`.
    """
    return _change(workspace, request, hold=True)


def release(workspace: Workspace, request: HandoffRequest) -> HandoffClaimResult:
    """Give a task back.

    Raises:
        Busy: somebody else has it.
        NothingToDo: nobody has, and it was not this clone that gave it back.
        UsageError, NotTrusted, NotCommitted: as `handoff push`.
    """
    return _change(workspace, request, hold=False)


def _change(workspace: Workspace, request: HandoffRequest, *, hold: bool) -> HandoffClaimResult:
    task = _task(workspace, request.task)
    repository = workspace.repository
    remote = Remote.open(repository.git, questions.current_branch(repository), request.remote)
    own = claims.own_clone(workspace)
    said: tuple[str, ...] = ()
    for _ in range(_TRIES):
        standing = _standing(workspace, remote, task.uid)
        holder = standing.holder
        mine = holder is not None and holder.clone == own
        if not hold and holder is None:
            if (last := standing.claim) is not None and last.clone == own:
                return _result(workspace, request, remote, task, last, before=None, own=own, already=True)
            raise NothingToDo(f"Nobody has claimed {task.task_id} on {remote.name}.", hints=["volon handoff claim"])
        if holder is not None and not mine and not (hold and _is_named(holder, request.take_over)):
            if not request.dry_run:
                _remember(workspace, remote, holder, own)
            raise _taken(workspace, task, holder, request.take_over)
        if (mine and hold) or request.dry_run:
            wanted = holder if mine and hold and holder else _claim(workspace, task, own, hold=hold)
            return _result(workspace, request, remote, task, wanted, before=holder, own=own, already=mine and hold)
        wanted = _claim(workspace, task, own, hold=hold)
        refused = remote.push({f"{CLAIMS}{task.uid}": (_written(workspace, standing, wanted), standing.oid)})
        if refused is None:
            return _result(workspace, request, remote, task, wanted, before=holder, own=own)
        if not refused.raced:
            message = f"The remote {remote.shown} refuses the claim; nothing was changed."
            raise NotCommitted(message, causes=refused.said, hints=["ask whoever runs it about refs/volon"])
        said = refused.said
    message = f"The claim of {task.task_id} cannot be changed on {remote.shown} just now; nothing was changed."
    lock = f"{CLAIMS}{task.uid}.lock"
    left = f"if it stays so, a git that was killed there has left {lock}; whoever runs the remote can remove it"
    raise NotCommitted(message, causes=said, hints=["run the command again", left])


def refuse_claimed(workspace: Workspace, plan_id: str, *, first: bool) -> tuple[str, ...]:
    """Refuse to go on with a plan that another clone has claimed; return what else is to be said of its claim.

    The remote is asked only about a plan whose records are in a commit, so that it may be elsewhere, or of which a
    claim was seen. Where it cannot be asked, what was seen last is a warning.

    Args:
        workspace: where.
        plan_id: which.
        first: it never ran here, so that another clone may carry it out: that nobody has claimed it is said, too.

    Raises:
        Busy: somebody else has it; who, and since when.
    """
    task = _Task(*claimed_as(workspace.store, plan_id))
    seen, repository = claims.held(workspace, task.uid), workspace.repository
    if seen is None and not is_committed(repository, task.task_id):
        return ()
    try:
        remote = Remote.open(repository.git, questions.current_branch(repository), None)
    except (NotCommitted, NotTrusted):
        return claims.warning(seen, task.task_id)
    try:
        standing = _standing(workspace, remote, task.uid)
    except NotCommitted:
        return (*claims.warning(seen, task.task_id), f"{remote.name} cannot be asked who has claimed {task.task_id}.")
    own = claims.own_clone(workspace)
    if standing.claim is not None:
        _remember(workspace, remote, standing.claim, own)
    if standing.holder is None and first:
        said = f"Nobody has claimed {task.task_id} on {remote.name}; to keep other clones from it"
        return (f"{said}: volon handoff claim {task.task_id}",)
    if standing.holder is not None and standing.holder.clone != own:
        raise _taken(workspace, task, standing.holder, None)
    return ()


def _task(workspace: Workspace, named: str | None) -> _Task:
    """Return the task that is meant: one here, or one that was paused on another machine."""
    if named is not None and is_plan(named.upper()):
        return _Task(*claimed_as(workspace.store, named.upper()))
    came = [event for event in workspace.live_pauses() if event.via]
    files = records.read_tasks(workspace.store)[0]
    if named is None:
        pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
        chosen = select.task_here(files, pointed, lambda file: is_here(workspace, workspace.store, file))
    else:
        chosen = next((file for file in files if file.row.id == named.upper()), None)
        came = [event for event in came if event.task_id == named.upper()]
    if chosen is not None and chosen.row.uid:
        return _Task(chosen.row.id, chosen.row.uid, chosen.row.title, _number(workspace, chosen.row.id))
    if came:
        event = came[0]
        return _Task(event.task_id, event.task_uid, event.title, str(event.checkpoint or ""))
    if named is not None:
        raise UsageError(
            f"There is no task {named} here, and none that came.", hints=["volon handoff pull", "volon task list"]
        )
    raise NothingToDo("There is no task to claim.", hints=["volon handoff pull", "volon task list"])


def _number(workspace: Workspace, task_id: str) -> str:
    capsule = records.read_capsule(workspace.store, task_id)
    found = records.checkpoint_of(workspace.store, capsule[1]) if capsule else None
    return str(found.checkpoint.number) if found else ""


def _standing(workspace: Workspace, remote: Remote, uid: str) -> _Standing:
    ref, git = f"{CLAIMS}{uid}", workspace.repository.git
    oid = remote.refs(ref, pushing=True).get(ref)
    if oid is None:
        return _Standing(None, None)
    texts = arrivals.commits(git, [oid])
    if not texts:
        remote.fetch([ref], pushing=True)
        texts = arrivals.commits(git, [oid])
    return _Standing(oid, claims.read(texts.get(oid), uid, oid), texts.get(oid))


def _is_named(holder: Claim, named: str | None) -> bool:
    return named is not None and named.upper() in {holder.clone, claims.short(holder)}


def _taken(workspace: Workspace, task: _Task, holder: Claim, named: str | None) -> Busy:
    plan = is_plan(task.task_id)
    at = parse_time(holder.at)
    since = f"since {holder.at} ({age(at, workspace.now())})" if at else "since an unknown time"
    return Busy(
        f"{task.task_id} is claimed by {holder.who}, in clone {claims.short(holder)}, {since}; nothing was changed.",
        causes=[f"--take-over names {named}, which does not have it"] if named is not None else [],
        hints=[
            f"ask them to push and release it; then: {'git pull' if plan else 'volon handoff pull'}",
            f"if they will not: volon handoff claim {f'{task.task_id} ' * plan}--take-over {claims.short(holder)}",
        ],
    )


def _claim(workspace: Workspace, task: _Task, own: str, *, hold: bool) -> Claim:
    who = identity(workspace.repository)
    return Claim(hold, task.task_id, task.uid, who, own, iso(workspace.now()), task.checkpoint)


def _written(workspace: Workspace, standing: _Standing, wanted: Claim) -> str:
    git = workspace.repository.git
    parent = standing.oid if standing.commit is not None else None
    tree = arrivals.empty_tree(git)
    oid = arrivals.write_commit(git, wanted.render(tree, parent, workspace.now()))
    settle_objects(workspace.repository.common_dir, (tree, oid))
    return oid


def _remember(workspace: Workspace, remote: Remote, known: Claim, own: str) -> None:
    with workspace.store.begin(f"{ARRIVAL}claim", on_wait=workspace.on_wait) as tx:
        mine = known.clone == own
        claims.remember(tx, claims.Seen(remote.name, {known.task_uid: known}, whole=False), own if mine else None)
        summary = f"{known.task_id} is {'claimed' if known.held else 'released'}{' by another clone' * (not mine)}"
        tx.commit(summary, said=True, own=mine)


def _result(
    workspace: Workspace,
    request: HandoffRequest,
    remote: Remote,
    task: _Task,
    wanted: Claim,
    *,
    before: Claim | None,
    own: str,
    already: bool = False,
) -> HandoffClaimResult:
    if not request.dry_run:
        _remember(workspace, remote, wanted, own)
    other = before if before is not None and before.clone != own else None
    return HandoffClaimResult(
        remote=remote.name,
        title=task.title,
        claim=claims.view(workspace, wanted, remote.name, own),
        already=already,
        before=claims.view(workspace, other, remote.name, own) if other else None,
        warnings=(f"Nobody had claimed it, so there was nothing to take over from {request.take_over}.",)
        if wanted.held and before is None and request.take_over is not None
        else (),
        next_command=task.way_on if wanted.held else "volon status",
        dry_run=request.dry_run,
    )
