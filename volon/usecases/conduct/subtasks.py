"""Subtasks: plans that are parts of another, which begins when all of them are complete.

Source: seed 002 (Massive Task Handling); contract §6 (conduct: subtasks with a parent).
"""

from __future__ import annotations

from volon.errors import Corrupt, PreflightStopped, VolonError
from volon.model.conduct.parts import INTEGRATION
from volon.model.conduct.records import PLAN, parsed, rendered
from volon.model.pipeline.cycles import find_cycles
from volon.model.results.conduct import SubtaskView
from volon.plain import replace
from volon.store import layout
from volon.usecases.conduct.plans import find_plan, newest_run, standing
from volon.usecases.planheads import plan_ids, read_head

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from volon.model.results.conduct import PlanView
    from volon.model.results.pipeline import PipelineView
    from volon.store.store import Reader
    from volon.usecases.conduct.plans import Plan
    from volon.workspace import Workspace


def subtasks_of(reader: Reader, plan_id: str) -> tuple[str, ...]:
    """Return the plans that are parts of another, in the order in which they are carried out.

    A plan that is damaged is in the way of the whole that it may be a part of, and of no other.

    Raises:
        Corrupt, HumanConflict: the record of it, or of what may be a part of it, cannot be read; or it is a part of
            what is a part of it.
    """
    heads: dict[str, dict[str, Any]] = {}
    damaged: dict[str, VolonError] = {}
    for one in plan_ids(reader):
        try:
            heads[one] = _head(reader, one)
        except VolonError as error:
            damaged[one] = error
    if (lost := damaged.get(plan_id) or _lost_part(heads, damaged, plan_id)) is not None:
        raise lost
    parents = {one: head["parent"] for one, head in heads.items() if head["parent"]}
    for cycle in find_cycles({one: [parent] if parent in parents else [] for one, parent in parents.items()}):
        if plan_id in cycle:
            shown = " → ".join((*cycle, cycle[0]))
            raise Corrupt(f"these plans are parts of each other: {shown}", hints=["git log -- .volon/plans"])
    return tuple(one for one, parent in parents.items() if parent == plan_id)


def _lost_part(
    heads: Mapping[str, dict[str, Any]], damaged: Mapping[str, VolonError], plan_id: str
) -> VolonError | None:
    """Why a part of a whole cannot be read: parts are numbered in their order, and then comes the whole."""
    if plan_id not in heads or heads[plan_id]["part"] != INTEGRATION:
        return None
    day, _, number = plan_id.rpartition("-")
    for part in (f"{day}-{at:03d}" for at in range(int(number) - 1, 0, -1)):
        if part not in heads:
            return damaged.get(part) or Corrupt(
                f"{part}, a part of {plan_id}, is gone", hints=["git log -- .volon/plans"]
            )
        if heads[part]["parent"] != plan_id or heads[part]["part"].startswith("1-"):
            break
    return None


def _head(reader: Reader, plan_id: str) -> dict[str, Any]:
    head = read_head(reader, plan_id)
    if head is None:
        raise Corrupt(f"{(layout.PLANS / plan_id / 'plan.md').path} is gone")
    return head


def due(reader: Reader, plan_id: str | None, *, found: bool = True) -> Plan:
    """Return the plan that goes on when one is told to: the first of its subtasks that is not complete, or itself.

    Whatever was called complete is over, with all of its parts.

    Args:
        reader: where plans are read.
        plan_id: the newest without.
        found: as for `find_plan`.

    Raises:
        NothingToDo, Corrupt, HumanConflict: as `find_plan`.
    """
    plan = find_plan(reader, plan_id, found=found)
    for one in subtasks_of(reader, plan.id) if plan.completed is None else ():
        part = due(reader, one, found=found)
        if part.completed is None and len(part.results) < len(part.ready.phases):
            return part
    return plan


def learnt_by(reader: Reader, plan: Plan) -> tuple[str, ...]:
    """Return what workers reported without evidence, of a plan and all that are parts of the same whole.

    Raises:
        Corrupt, HumanConflict: as `find_plan`.
    """
    others = [one for one in subtasks_of(reader, plan.parent or plan.id) if one != plan.id]
    return (*(said for one in others for said in find_plan(reader, one, found=False).learnt), *plan.learnt)


def in_turn(reader: Reader, plan: Plan) -> None:
    """See that a subtask is not begun before those it builds upon.

    Raises:
        PreflightStopped: another one comes first.
    """
    first = due(reader, plan.parent, found=False) if plan.parent else plan
    if first.id != plan.id and plan.completed is None and len(plan.results) < len(plan.ready.phases):
        message = f"{plan.id} comes after {first.id}, which is not complete."
        raise PreflightStopped(message, hints=[f"volon conduct resume {plan.parent}"])


def is_last(workspace: Workspace, plan: Plan) -> None:
    """See that a plan can be rolled back: of the parts of a whole, only the one that began last.

    Raises:
        PreflightStopped: it has not begun, or another part builds upon it.
    """
    names = (*subtasks_of(workspace.store, plan.whole), plan.whole)
    begun = [one for one in names if _has_begun(workspace, one)] if len(names) > 1 else [plan.id]
    if begun and begun[-1] != plan.id:
        message = f"{begun[-1]} builds upon {plan.id}." if plan.id in begun else f"{plan.id} has not begun."
        raise PreflightStopped(message, hints=[f"volon conduct rollback {begun[-1]}"])
    if not begun:
        raise PreflightStopped(f"{plan.id} has not begun.", hints=["volon conduct status"])


def _has_begun(workspace: Workspace, plan_id: str) -> bool:
    plan = find_plan(workspace.store, plan_id)
    run = newest_run(workspace, plan)
    if run is not None:
        run.close()
    return run is not None or bool(plan.results)


def from_here(workspace: Workspace, plan: Plan, head: str | None) -> None:
    """Write down that a plan which has not begun begins from here: it was made before those that ran meanwhile.

    Raises:
        NotCommitted, Corrupt, HumanConflict, Busy: see docs/EXIT_CODES.md.
    """
    if head is None or head == plan.base or plan.results or plan.rollbacks:
        return
    from volon.repo.phases import holds, made  # noqa: PLC0415  each step of a phase loads this module

    own = workspace.repository
    # In another clone the first phase may be committed, and its result be missing: then it begins where it began.
    if holds(own, plan.base) and made(own, plan.base, plan.mark(1)) is not None:
        return
    place = plan.place / "plan.md"
    with workspace.store.begin("conduct", on_wait=workspace.on_wait) as tx:
        values, body = parsed(PLAN, tx.read(place) or b"", place.path)
        tx.put(place, rendered(PLAN, {**values, "base": head}, body))
        tx.commit(f"{plan.id} begins", said=True)


def whole_standing(workspace: Workspace, plan: Plan) -> tuple[PlanView, PipelineView | None]:
    """Return how a plan stands with its subtasks; where one of those is due, its pipeline is the one that counts."""
    view, pipeline = standing(workspace, plan)
    names = subtasks_of(workspace.store, plan.id)
    if not names:
        return view, pipeline
    turn = due(workspace.store, plan.id, found=False)
    rows = []
    for one in names:
        part, ran = whole_standing(workspace, find_plan(workspace.store, one))
        rows.append(_row(part))
        if one == turn.id:
            view, pipeline = replace(view, status=part.status, reason=part.reason), ran
    return replace(view, subtasks=tuple(rows)), pipeline


def _row(view: PlanView) -> SubtaskView:
    return SubtaskView(
        plan_id=view.plan_id,
        title=view.title,
        status=view.status,
        phases=len(view.phases),
        phases_complete=view.phases_complete,
    )


def is_under_way(workspace: Workspace, plan: Plan) -> bool:
    """Whether a plan, or a part of it, has begun and the whole is not complete."""
    view, pipeline = whole_standing(workspace, plan)
    if view.status in {"complete", "given-up"}:
        return False
    return (pipeline is not None and pipeline.status != "done") or any(one.phases_complete for one in view.subtasks)
