"""A plan carried out, paused, and gone on with: by its pipeline, in the plan's words.

Agreement is by the digest of the pipeline, which names all that would run; it is kept where that of hooks is, outside
of every repository, for the plan's directory. Whatever says something else is shown, and nothing starts before a yes.

Source: contract §6, §7 (Consent); seed 000 (pause, resume).
"""

from __future__ import annotations

import difflib
import shlex
from contextlib import closing

from volon.errors import Busy, CheckFailed, NothingToDo, NotTrusted, PreflightStopped, VolonError
from volon.model.results.conduct import (
    CommandView,
    ConductPauseResult,
    ConductRunResult,
    ConductStartResult,
    ConductStatusResult,
)
from volon.model.text import iso
from volon.plain import dataclass
from volon.trust import Site, Verdict
from volon.usecases import claims
from volon.usecases.conduct.arriving import (
    in_its_words,
    missing_work,
    refuse_busy,
    refuse_without_work,
    refused_as_over,
)
from volon.usecases.conduct.hearing import with_ends
from volon.usecases.conduct.noticing import noticed
from volon.usecases.conduct.planning import PROGRAMS, fit_to_begin, views
from volon.usecases.conduct.plans import find_plan, newest_run, plan_view, ran_here, standing
from volon.usecases.conduct.rollback import settle
from volon.usecases.conduct.subtasks import due, from_here, in_turn, whole_standing
from volon.usecases.handoff.alongside import claimed_as
from volon.usecases.pipeline.executor import Elsewhere
from volon.usecases.pipeline.gate import pause_pipeline
from volon.usecases.pipeline.run import RunPipelineRequest, not_agreed, run_pipeline
from volon.usecases.pipeline.runs import read_pipeline, view_of
from volon.usecases.planheads import plan_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conduct import PlanView
    from volon.model.results.pipeline import PipelineView
    from volon.model.results.recalled import RecallView
    from volon.trust import Approvals
    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.driving import Screen, Show
    from volon.usecases.pipeline.runs import Pipeline
    from volon.workspace import Workspace


@dataclass(frozen=True, slots=True)
class GoRequest:
    """How a plan is to go on.

    Attributes:
        agreed: the digest of the pipeline that was shown, and agreed to; empty where none was.
        rerun, done: tickets of which the user knows that they have to run again, or are done.
        warnings: what was noticed before, and nobody was told yet.
    """

    plan_id: str | None = None
    jobs: int | None = None
    agreed: str = ""
    rerun: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def missing_agreement(workspace: Workspace, plan_id: str | None, *, over: bool = False) -> ConductStartResult | None:
    """Return what has to be agreed to before a plan may go on, or be looked at when it is `over`; None for nothing.

    Raises:
        NothingToDo: there is no such plan, or it is complete.
        PreflightStopped: it is complete, and HEAD has not what its results say.
        NotTrusted: this repository is denied on this machine.
        NotCommitted, Corrupt: the pipeline cannot be read, or used.
    """
    # What is looked at when all is over is the whole; what goes on is the part whose turn it is.
    plan = (find_plan if over else due)(workspace.store, plan_id)
    in_turn(workspace.store, plan)
    stands, ran = standing(workspace, plan)
    # Killed at the very end, its pipeline has still to write down that it is over.
    ended = plan.completed or (stands.status == "complete" and (ran is None or ran.status == "done"))
    if ended and not over:
        raise refused_as_over(workspace, plan, f"{plan.id} is {stands.status}", PreflightStopped)
    pipeline = read_pipeline(workspace, workspace.repository.root / plan.file)
    approvals, site = _kept(workspace, plan)
    if approvals.judge(site, pipeline.digest).approved:
        return None
    run = newest_run(workspace, plan)
    view = plan_view(plan, None)
    changed: tuple[str, ...] = ()
    if run is not None:
        with closing(run):
            view = plan_view(plan, view_of(workspace, run, run.spec()))
            # Only beside what was agreed to here are the differences all there is to see; a run may have come along.
            if approvals.judge(site, run.state.spec).approved:
                changed = _differing(run.spec_text(), pipeline.data)
    from volon.model.conduct.unlike import said_workers, unlike  # noqa: PLC0415  only where something is agreed to

    spec = pipeline.spec
    others = unlike(spec, plan.ready, plan.id, PROGRAMS)
    shown = tuple(
        CommandView(role=one.id, line=one.text or shlex.join(one.argv), env=one.env) for one in spec.tickets.values()
    )
    if not others:
        # Then the few commands that all tickets are made of say the same, as they did when it was made.
        shown = views(plan.ready, said_workers(spec))
    return ConductStartResult(
        plan=view,
        commands=shown,
        env=spec.env,
        unlike=others,
        changed=changed,
        digest=pipeline.digest,
        warnings=noticed(workspace, plan),
    )


def _differing(before: bytes, now: bytes) -> tuple[str, ...]:
    old, new = (data.decode("utf-8", "replace").splitlines() for data in (before, now))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=0))[2:]
    return tuple(line for line in lines if not line.startswith("@@"))


def _kept(workspace: Workspace, plan: Plan) -> tuple[Approvals, Site]:
    """Where agreement is kept, and for what; a plan's directory is a site of its own."""
    approvals, own = workspace.approvals(), workspace.repository
    if approvals.judge(workspace.site(), "").verdict is Verdict.DENIED:
        raise NotTrusted("this repository is denied on this machine", hints=["volon trust --revoke"])
    return approvals, Site.of(own.root / plan.place.path, own.git_dir)


def go(workspace: Workspace, request: GoRequest, show: Show, screen: Screen | None = None) -> ConductRunResult:
    """Carry out a plan until it is complete, or paused and settled.

    Args:
        workspace: where.
        request: which, and what was agreed to.
        show: as for `run_pipeline`.
        screen: as for `run_pipeline`.

    Raises:
        NothingToDo: there is no such plan.
        NotTrusted: nobody agreed to what its pipeline says now.
        PreflightStopped: it cannot begin here.
        PipelinePaused, UsageError, Busy, NotCommitted, Corrupt: as `run_pipeline`.
    """
    plan = due(workspace.store, request.plan_id)
    in_turn(workspace.store, plan)
    agreed = agree_to(workspace, plan, request.agreed)
    settle(workspace, plan)
    refuse_without_work(workspace, plan)
    missing = missing_work(workspace, plan)
    run = newest_run(workspace, plan)
    paused = False
    if run is None:
        from_here(workspace, plan, fit_to_begin(workspace).head)
    else:
        with closing(run):
            paused = run.state.pause is not None
    wanted = RunPipelineRequest(
        file=workspace.repository.root / plan.file,
        jobs=request.jobs,
        accept_spec=True,
        agreed=agreed.digest,
        fresh=run is None and bool(plan.rollbacks),
        resume=paused or bool(request.rerun or request.done),
        rerun=request.rerun,
        done=request.done,
        # What was agreed to runs here: its steps write beside the plan, and the repository's settings have no say.
        elsewhere=Elsewhere("local"),
        by="volon conduct resume",
    )
    try:
        with in_its_words(plan):
            ended = run_pipeline(workspace, wanted, show, screen)
    except Busy:
        refuse_busy(workspace, plan)
        raise
    view, recall = _as_it_is(workspace, plan.id, ended.pipeline)
    return ConductRunResult(
        outcome=ended.outcome,
        plan=view,
        pipeline=ended.pipeline,
        recall=recall,
        exit_code=ended.exit_code,
        warnings=(*request.warnings, *missing, *ended.warnings),
    )


def agree_to(workspace: Workspace, plan: Plan, shown: str) -> Pipeline:
    """Write down what was agreed to, or see that it was before; return it, for nothing else may run.

    Raises:
        NotTrusted: it was not.
    """
    approvals, site = _kept(workspace, plan)
    pipeline = read_pipeline(workspace, workspace.repository.root / plan.file)
    now = pipeline.digest
    if shown == now:
        approvals.approve(site, now, iso(workspace.now()))
    elif shown or not approvals.judge(site, now).approved:
        raise not_agreed(plan.file)
    return pipeline


def pause(workspace: Workspace, plan_id: str | None, show: Show, *, wait: bool, now: bool) -> ConductPauseResult:
    """Start nothing of a plan any more; what runs may finish, unless `now`.

    Raises:
        NothingToDo: there is no such plan, or it is not under way.
        Busy: volon was called from a hook.
        CheckFailed: it is paused, and what there is to say of it cannot be read.
    """
    plan = due(workspace.store, plan_id)
    try:
        with in_its_words(plan):
            done = pause_pipeline(workspace, plan.file, show, wait=wait, now=now, by="volon conduct pause")
    except NothingToDo as error:
        if len(plan.results) < len(plan.ready.phases):
            raise
        message = f"{plan.id} is already complete; there is no need to pause it."
        raise NothingToDo(message, hints=["volon conduct status"]) from error
    view, recall = _as_it_is(workspace, plan.id, done.pipeline)
    return ConductPauseResult(
        already=done.already,
        plan=view,
        pipeline=done.pipeline,
        recall=recall,
        checkpoint=done.checkpoint,
        task_id=done.task_id,
        warnings=done.warnings,
    )


def _as_it_is(workspace: Workspace, plan_id: str, pipeline: PipelineView) -> tuple[PlanView, RecallView]:
    """How a plan stands now; what fails here must not hide what has become of it."""
    from volon.usecases.conduct.recalling import recall_of  # noqa: PLC0415  what matters is done before more is loaded

    try:
        plan = find_plan(workspace.store, plan_id)
        return plan_view(plan, pipeline), recall_of(workspace, plan, pipeline)
    except (VolonError, OSError) as error:
        causes = [error.message, *error.causes] if isinstance(error, VolonError) else [str(error)]
        message = f"{plan_id} is {pipeline.status}, but how far it is cannot be read."
        raise CheckFailed(message, causes=causes, hints=["volon doctor", "volon conduct status"]) from error


def status(workspace: Workspace, plan_id: str | None) -> ConductStatusResult:
    """Return how a plan stands; reads only."""
    if plan_id is None and not plan_ids(workspace.store):
        said = "{0} ran here, and .volon/plans/{0} is gone; its commits are not: git log --all --grep Volon-Phase:.{0}"
        return ConductStatusResult(plan=None, warnings=tuple(said.format(one) for one in ran_here(workspace)))
    from volon.usecases.conduct.recalling import recall_of  # noqa: PLC0415  as above

    plan = find_plan(workspace.store, plan_id)
    view, ran = whole_standing(workspace, plan)
    pipeline = ran and with_ends(workspace, ran)
    turn = due(workspace.store, plan.id, found=False)
    recall = recall_of(workspace, turn, pipeline)
    whole, uid, _ = claimed_as(workspace.store, plan.id)
    claimed = () if plan.completed else claims.warning(claims.held(workspace, uid), whole)
    warnings = (*claimed, *missing_work(workspace, turn), *noticed(workspace, turn))
    return ConductStatusResult(plan=view, pipeline=pipeline, recall=recall, warnings=warnings)
