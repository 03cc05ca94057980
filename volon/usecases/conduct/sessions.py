"""Everything that can be gone on with here: plans, and paused tasks, each with how far it is and how old.

A session has no record of its own: it is a plan with its results and its run, or a task with its checkpoint. Its name
follows from those, so that it is the same in every clone, and nothing can say something else than they do.

Source: contract §1 (session), §6 (`sessions`); seed 000.
"""

from __future__ import annotations

from contextlib import closing

from volon.errors import NothingToDo, UsageError, VolonError
from volon.model.conduct.recall import way_on
from volon.model.results.conducted import ConductSessionsResult, SessionView
from volon.model.syntax.gitpath import shell_word
from volon.model.text import age, digest, parse_time
from volon.usecases import claims, records
from volon.usecases.conduct.arriving import held_by
from volon.usecases.conduct.plans import find_plan, newest_run
from volon.usecases.conduct.subtasks import due
from volon.usecases.handoff.alongside import claimed_as
from volon.usecases.planheads import plan_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

STATUSES = ("active", "stale", "paused", "planned", "complete", "given-up")
"""`active` somebody carries it out; `stale` somebody did, and died; `planned` it never ran here;
`given-up` it was called complete by force, and phases have no result."""
PREFIX = "sess_"
_LENGTH = 10
_NEXT = 5


def list_sessions(
    workspace: Workspace, statuses: Collection[str] = (), name: str | None = None
) -> ConductSessionsResult:
    """Return the sessions with one of the statuses, the newest first; without any, those that are not complete.

    Args:
        workspace: where.
        statuses: of `STATUSES`.
        name: of a session, a plan or a task; then only that one, whatever its status.

    Raises:
        UsageError: there is no such status.
        NothingToDo: there is no such session.
    """
    if unknown := [one for one in statuses if one not in STATUSES]:
        raise UsageError(f"There is no status {unknown[0]}.", hints=[f"one of {', '.join(STATUSES)}"])
    found, damaged = [], []
    for plan_id in plan_ids(workspace.store):
        try:
            found.append(_of_plan(workspace, find_plan(workspace.store, plan_id, found=False)))
        except VolonError as error:
            damaged.append(f"{plan_id} cannot be read: {'; '.join(error.causes) or error.message}")
    found += _of_tasks(workspace)
    wanted = set(statuses or STATUSES[:-2])
    if name is None:
        chosen = [one for one in found if one.status in wanted]
    elif not (chosen := [one for one in found if name in {one.session_id, one.names}]):
        raise NothingToDo(f"There is no session {name} here.", hints=["volon conduct sessions"])
    chosen.sort(key=lambda one: one.at or "", reverse=True)
    return ConductSessionsResult(sessions=tuple(chosen), one=name is not None, warnings=tuple(damaged))


def plan_of(workspace: Workspace, name: str) -> str:
    """Return the plan that a session is of.

    Raises:
        NothingToDo: there is no such session.
        UsageError: it is a task's.
    """
    (one,) = list_sessions(workspace, name=name).sessions
    if one.kind != "plan":
        raise UsageError(f"{name} is a pause of {one.names}, and no plan.", hints=[one.command])
    return one.names


def _of_plan(workspace: Workspace, plan: Plan) -> SessionView:
    run = newest_run(workspace, plan)
    results = list(plan.results.values())
    at, who, reason = results[-1]["completed_at"] if results else None, None, None
    status = "planned"
    if run is not None:
        with closing(run):
            status, who, reason, ran_at = _stands(run)
            at = ran_at or at
    left = [one for one in plan.ready.phases if one.number not in plan.results]
    if plan.completed or not left:
        status, reason = "given-up" if left else "complete", None
        at = plan.completed["checked_at"] if plan.completed else at
    return SessionView(
        session_id=f"{PREFIX}{digest(f'{plan.id} {plan.title}'.encode())[:_LENGTH]}",
        kind="plan",
        names=plan.id,
        title=plan.title,
        status=status,
        reason=reason,
        complete=len(results),
        total=len(plan.ready.phases),
        at=at,
        age=_age(workspace, at),
        held_by=who,
        next=tuple(f"Phase {one.number}: {one.name}" for one in left[:_NEXT]),
        command=_command(workspace, plan, status),
        forced=plan.completed is not None and plan.completed["forced"],
        claim=None if plan.completed else claims.held(workspace, claimed_as(workspace.store, plan.id)[1]),
    )


def _command(workspace: Workspace, plan: Plan, status: str) -> str:
    """What fits: whom somebody carries out, or what is over, can only be looked at; parts come in their turn."""
    if status == "active" or plan.completed:
        return f"volon conduct status {plan.id}"
    if plan.parent:
        turn = due(workspace.store, plan.parent)
        return way_on(plan.id if turn.id == plan.id else plan.parent)
    return f"volon conduct complete {plan.id}" if status == "complete" else way_on(plan.id)


def _stands(run: Run) -> tuple[str, str | None, str | None, str]:
    """Its status, who runs it, why it is paused, and since when."""
    who, pause = held_by(run), run.state.pause
    if pause is not None:
        return "paused", who, pause.reason, pause.at
    return ("active" if who else "stale"), who, None, run.state.runner_at or run.state.opened_at


def _of_tasks(workspace: Workspace) -> Iterator[SessionView]:
    """Each paused task, by its newest checkpoint."""
    tasks = {file.row.id: file.row for file in records.read_tasks(workspace.store, "paused")[0]}
    newest = {row.task_id: row for _, row in records.read_checkpoint_rows(workspace.store)[0] if row.task_id in tasks}
    for task_id, row in newest.items():
        yield SessionView(
            session_id=f"{PREFIX}{(row.uid or '')[-_LENGTH:].lower()}",
            kind="task",
            names=task_id,
            title=tasks[task_id].title,
            status="paused",
            reason=None,
            complete=None,
            total=None,
            at=row.saved_at,
            age=_age(workspace, row.saved_at),
            held_by=None,
            next=(),
            command=f"volon resume-task --task {shell_word(task_id)}",
        )


def _age(workspace: Workspace, at: str | None) -> str:
    then = parse_time(at or "")
    return age(then, workspace.now()) if then else ""
