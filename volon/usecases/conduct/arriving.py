"""Whether a plan can go on here and now: nobody else carries it out, and what its phases made is on this branch.

A plan travels with the repository, its run does not: that is in one git directory. In another clone a run of its own
begins; steps of phases that are complete find nothing to do, and a phase that was committed before its result was
written is only looked at again. What is asked here is asked before anything starts. Which clone goes on with a plan
that may be in several says its claim on the remote, the one that tasks have.

Source: contract §6 (sessions: refused with who and since when; a stale one can be taken over).
"""

from __future__ import annotations

import re
from contextlib import closing, contextmanager

from volon.errors import Busy, NothingToDo, PreflightStopped, VolonError
from volon.model.conduct.checklist import POINTS
from volon.model.syntax.gitpath import shell_word
from volon.repo.branches import fetching, shallow_ends
from volon.repo.phases import holds, still_taken_back
from volon.repo.questions import current_branch
from volon.usecases.conduct.plans import newest_run
from volon.usecases.conduct.subtasks import due
from volon.usecases.handoff.claiming import refuse_claimed
from volon.usecases.pipeline.gate import not_paused, refuse_strange, undecided

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.repo.repository import Repository
    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

_SHORT = 12
_OF_PIPELINES = r"volon pipeline (run|resume|status|pause)(?: {})?(?= --(?:rerun|done|now)\b|$)"


def held_by(run: Run) -> str | None:
    """Who runs it, in words; None where nobody does, whatever the journal says of one who died."""
    if run.state.runner is None or not run.attended():
        return None
    return f"process {run.state.runner.pid} on {run.state.runner.host}"


def refuse_busy(workspace: Workspace, plan: Plan) -> None:
    """Refuse what somebody else carries out at this moment; one who is paused goes on by being told.

    Raises:
        Busy: who, and since when.
    """
    run = newest_run(workspace, plan)
    if run is None:
        return
    with closing(run):
        _refuse(plan, run)


def _refuse(plan: Plan, run: Run) -> None:
    if run.state.pause is None and (who := held_by(run)) is not None:
        message = f"{plan.id} is being carried out by {who}, since {run.state.runner_at}"
        raise Busy(message, hints=["volon conduct status", "volon conduct pause"])


def refuse_without_work(workspace: Workspace, plan: Plan) -> None:
    """Refuse where the branch is another one, or has not what the complete phases made.

    Raises:
        PreflightStopped: nothing has started; the hint leads on.
    """
    own = workspace.repository
    name = current_branch(own)
    if name != plan.branch:
        message = f"{plan.id} commits to {plan.branch}, and HEAD is on {name or 'no branch'}; nothing has started."
        raise PreflightStopped(message, hints=[f"git switch {plan.branch}"])
    if not plan.results:
        return
    number = len(plan.results)
    checkpoint = plan.start(number + 1)
    if holds(own, checkpoint):
        return
    here, way = _brought(own, checkpoint)
    said = "HEAD does not hold it" if here else "this clone does not have it"
    message = f"Phase {number} of {plan.id} ended at {checkpoint[:_SHORT]}, and {said}; nothing has started."
    raise PreflightStopped(message, hints=[way])


def _brought(own: Repository, checkpoint: str) -> tuple[bool, str]:
    """Whether a commit is here, and what brings it to HEAD, or here first; a shallow HEAD may have it already."""
    here = own.git.resolve(f"{checkpoint}^{{commit}}") is not None and not shallow_ends(own.common_dir)
    return here, f"git merge --ff-only {checkpoint[:_SHORT]}" if here else fetching(own.common_dir)


def refuse_claimed_plan(workspace: Workspace, plan_id: str | None) -> tuple[str, ...]:
    """Refuse what another clone has claimed, before anything is shown or asked; return what is to be said of claims.

    Raises:
        Busy: who has it, and since when.
        NothingToDo, Corrupt, HumanConflict: as `due`.
    """
    plan = due(workspace.store, plan_id, found=False)
    if plan.completed:
        return ()
    run = newest_run(workspace, plan)
    if run is not None:
        run.close()
    return refuse_claimed(workspace, plan.id, first=run is None)


def missing_work(workspace: Workspace, plan: Plan) -> tuple[str, ...]:
    """Say where HEAD has not what the complete phases made, though their results are here.

    Of a plan that was called complete that is asked on its own branch, unless it was called so all the same.
    """
    if not plan.results or (plan.completed and POINTS[-1] in (plan.completed["failed"] or ())):
        return ()
    number, own = len(plan.results), workspace.repository
    checkpoint = plan.start(number + 1)
    if plan.completed and current_branch(own) != plan.branch:
        return ()
    if not holds(own, checkpoint):
        way = _brought(own, checkpoint)[1]
        return (f"HEAD does not hold {checkpoint[:_SHORT]}, the end of phase {number} of {plan.id}: {way}",)
    known = {one["commit"] for one in plan.rollbacks}
    if (back := still_taken_back(own, checkpoint, plan.tag, known)) is not None:
        said = f"HEAD has not all that the complete phases of {plan.id} made: {back[:_SHORT]} takes it back"
        return (f"{said}, and `volon undo` does not move HEAD; commit what is staged, or git revert {back[:_SHORT]}",)
    return ()


def refused_as_over(workspace: Workspace, plan: Plan, says: str, wrong: type[VolonError]) -> VolonError:
    """Return what is said to whoever would go on with a plan that is over: after a look at whether HEAD has it.

    Args:
        workspace: where.
        plan: which.
        says: how it is over.
        wrong: what it is where HEAD has not what the results say.
    """
    if missing := missing_work(workspace, plan):
        message = f"{says}, and HEAD has not what its results say."
        return wrong(message, causes=missing, hints=["git status"])
    return NothingToDo(f"{says}.", hints=["volon conduct status"])


@contextmanager
def in_its_words(plan: Plan) -> Iterator[None]:
    """Have what cannot be done to the pipeline of a plan say what can be done to the plan."""

    def spoken(hint: re.Match[str]) -> str:
        return f"volon conduct {'resume' if hint[1] == 'run' else hint[1]} {plan.id}"

    try:
        yield
    except VolonError as error:
        said = _OF_PIPELINES.format(re.escape(shell_word(plan.file)))
        error.hints = tuple(re.sub(said, spoken, one) for one in error.hints)
        raise


def refuse(workspace: Workspace, plan: Plan, rerun: tuple[str, ...], done: tuple[str, ...]) -> None:
    """Refuse what could not go on, before anything is said of going on.

    Raises:
        Busy, PreflightStopped: see `refuse_busy` and `refuse_without_work`.
        UsageError, NothingToDo, PipelinePaused: what is said of tickets does not fit, or is missing.
    """
    refuse_busy(workspace, plan)
    refuse_without_work(workspace, plan)
    run = newest_run(workspace, plan)
    if run is not None:
        with closing(run), in_its_words(plan):
            if run.state.pause is None:
                if rerun or done:
                    raise not_paused(run.file, run)
                return
            refuse_strange(run, rerun, done)
            if left := [one for one in run.state.unknown if one not in rerun and one not in done]:
                raise undecided(run, left, rerun, done)
