"""What comes back with a plan: put together from its results, its run, and what its workers said of their tokens.

Source: seed 000 (pause confirmation, Token Budget Management); contract §6 (sessions).
"""

from __future__ import annotations

from contextlib import closing, nullcontext

from volon.errors import NotCommitted, PreflightStopped
from volon.model.conduct import recall as words
from volon.model.conduct.records import RESULT, parsed
from volon.model.quick import advice
from volon.model.results.conduct import ConductBudgetResult, ConductRecallResult
from volon.model.results.recalled import BudgetView, PhaseRecall, PhaseTokens, RecallView
from volon.model.text import age, parse_time
from volon.usecases.conduct.arriving import refuse
from volon.usecases.conduct.hearing import reports_of
from volon.usecases.conduct.noticing import noticed
from volon.usecases.conduct.plans import believed, find_plan, newest_run, standing
from volon.usecases.conduct.subtasks import due, in_turn
from volon.usecases.planheads import plan_ids
from volon.usecases.settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.results.pipeline import PipelineView
    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

_STOPPED = frozenset({"failed", "unknown"})


def recall(
    workspace: Workspace, plan_id: str | None, rerun: tuple[str, ...] = (), done: tuple[str, ...] = ()
) -> ConductRecallResult | None:
    """Return what a resume says before anything runs; nothing of a plan of which nothing is done.

    After a rollback, and in another clone, phases are complete and there is no run: then nothing is said of what will
    be refused, or settled first.

    Args:
        workspace: where.
        plan_id: which, as for `due`.
        rerun: tickets of which the user knows that they have to run again.
        done: tickets of which the user knows that they are done.

    Raises:
        NothingToDo, Corrupt, HumanConflict: as `find_plan`.
        Busy, PreflightStopped, UsageError, PipelinePaused: it cannot go on; see `refuse`.
    """
    plan = due(workspace.store, plan_id)
    in_turn(workspace.store, plan)
    refuse(workspace, plan, rerun, done)
    shown, view = standing(workspace, plan)
    if view is None and not (plan.results and _can_begin(workspace)):
        return None
    warnings = noticed(workspace, plan)
    return ConductRecallResult(plan=shown, recall=recall_of(workspace, plan, view), warnings=warnings)


def _can_begin(workspace: Workspace) -> bool:
    from volon.usecases.conduct.planning import fit_to_begin  # noqa: PLC0415  once for each rollback, or clone

    try:
        fit_to_begin(workspace)
    except (NotCommitted, PreflightStopped):
        return False
    return True


def budget(workspace: Workspace, plan_id: str | None) -> ConductBudgetResult:
    """Return how many tokens a plan has used, of how many; reads only.

    Raises:
        NothingToDo, Corrupt, HumanConflict: as `find_plan`.
    """
    if plan_id is None and not plan_ids(workspace.store):
        return ConductBudgetResult(plan_id=None)
    turn = due(workspace.store, find_plan(workspace.store, plan_id).id, found=False)
    known = recall_of(workspace, turn, standing(workspace, turn)[1])
    return ConductBudgetResult(plan_id=turn.id, title=turn.title, phase=known.phase, budget=known.budget)


def recall_of(workspace: Workspace, plan: Plan, view: PipelineView | None) -> RecallView:
    """Return what somebody who comes back to a plan needs.

    Args:
        workspace: where.
        plan: which.
        view: how its pipeline stands, if that ever ran.
    """
    run = newest_run(workspace, plan)
    with closing(run) if run else nullcontext():
        plan = believed(plan, run)
        tokens = tuple(_tokens(workspace, plan, run))
    said = [(one.tokens_in or 0, one.tokens_out or 0) for one in tokens if one.tokens_in is not None]
    used = sum(map(sum, said)) if said else None
    limit = read_settings(workspace.store).config.token_limit
    share = None if used is None else words.percent(used, limit)
    phases = tuple(_phases(workspace, plan, share))
    stopped = tuple(one.ticket for one in view.tickets if one.status in _STOPPED) if view else ()
    steps = words.next_steps(plan.ready, plan.results, words.Stop(view.reason if view else None, stopped))
    then = parse_time(view.paused_at) if view and view.paused_at else None
    left = [one.number for one in plan.ready.phases if one.number not in plan.results]
    return RecallView(
        directory=str(workspace.repository.root),
        phase=left[0] if left else None,
        paused_at=view.paused_at if view else None,
        paused_ago=age(then, workspace.now()) if then else None,
        budget=BudgetView(
            tokens_in=sum(one[0] for one in said) if said else None,
            tokens_out=sum(one[1] for one in said) if said else None,
            used=used,
            limit=limit,
            percent=share,
            advice=advice(share),
            phases=tokens,
            resume=words.cost([plan.title, *(line for one in phases for line in (one.name, *one.lines)), *steps]),
        ),
        phases=phases,
        next_steps=steps,
        remaining_ms=words.remaining_ms([one.worked_ms for one in phases], len(left)),
    )


def _tokens(workspace: Workspace, plan: Plan, run: Run | None) -> Iterator[PhaseTokens]:
    """What each phase used: of a complete one as its result has it, else as its workers say by now."""
    for number, values in plan.results.items():
        yield PhaseTokens(phase=number, tokens_in=values["tokens_in"], tokens_out=values["tokens_out"])
    # One phase at a time is under way.
    number = len(plan.results) + 1
    if run is not None and any(ticket.startswith(f"p{number}.") for ticket in run.state.tickets):
        used = reports_of(workspace, run, plan.id, number)[1] or (None, None)
        yield PhaseTokens(phase=number, tokens_in=used[0], tokens_out=used[1])


def _phases(workspace: Workspace, plan: Plan, share: float | None) -> Iterator[PhaseRecall]:
    short = words.shortened(tuple(plan.results), share)
    for number, values in plan.results.items():
        place = plan.place / "results" / f"phase-{number}.md"
        data = workspace.store.read(place)
        body = "" if data is None else parsed(RESULT, data, place.path)[1]
        lines = tuple(words.told(values, body, short=number in short))
        yield PhaseRecall(
            phase=number, name=values["name"], short=number in short, worked_ms=values["worked_ms"], lines=lines
        )
