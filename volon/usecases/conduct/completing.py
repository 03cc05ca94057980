"""A plan called complete: seven points are looked at, all of them, and what was found is written down.

What is run are the command lines of the plan's pipeline, which were agreed to; nothing else that READY.md may say.

Source: seed 002 (Completion Checklist, Final Validation); contract §6 (conduct).
"""

from __future__ import annotations

import io

from volon.errors import CheckFailed, ExitCode
from volon.model.conduct.checklist import POINTS, checked_by
from volon.model.conduct.records import COMPLETE, Validation, check_body, rendered
from volon.model.records import runlog
from volon.model.results.conducted import ConductCompleteResult, PointView
from volon.plain import dataclass, replace
from volon.store import layout
from volon.usecases.conduct.arriving import missing_work, refuse_busy, refused_as_over
from volon.usecases.conduct.going import agree_to
from volon.usecases.conduct.plans import find_plan
from volon.usecases.conduct.rollback import settle
from volon.usecases.conduct.steps import StepRequest
from volon.usecases.conduct.validations import commands, validated
from volon.usecases.pipeline.run import at_rest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.runs import Pipeline
    from volon.workspace import Workspace

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class CompleteRequest:
    """What `conduct complete` was told.

    Attributes:
        force: call it complete although points failed.
        agreed: the digest of the pipeline that was shown, and agreed to; empty where none was.
    """

    plan_id: str | None = None
    force: bool = False
    agreed: str = ""


def complete(workspace: Workspace, request: CompleteRequest, out: BinaryIO | None) -> ConductCompleteResult:
    """Look at the seven points, and call the plan complete where none failed, or all the same.

    Args:
        workspace: where.
        request: what was asked for.
        out: where what runs writes, besides; nowhere when None.

    Raises:
        NothingToDo: there is no such plan, or it is complete.
        NotTrusted: nobody agreed to what its pipeline says now.
        Busy: it is being carried out.
        CheckFailed: something was committed, rolled back or called complete meanwhile; or it is complete, and HEAD
            has not what its results say.
        NotCommitted, Corrupt: see docs/EXIT_CODES.md.
    """
    # A transaction that is not committed: it finishes what somebody who was killed has begun.
    with workspace.store.begin("conduct complete", on_wait=workspace.on_wait) as tx:
        plan = find_plan(tx, request.plan_id)
    if plan.completed:
        raise refused_as_over(
            workspace, plan, f"{plan.id} is complete since {plan.completed['checked_at']}", CheckFailed
        )
    agreed = agree_to(workspace, plan, request.agreed)
    refuse_busy(workspace, plan)
    with at_rest(workspace, plan.file):
        settle(workspace, plan)
    head = workspace.repository.git.resolve("HEAD") or plan.base
    found = _looked(workspace, plan, agreed, out or _Nowhere())
    with at_rest(workspace, plan.file):
        if workspace.repository.git.resolve("HEAD") != head:
            raise _meanwhile("something was committed")
        return _written(workspace, plan, found, head, force=request.force)


def _meanwhile(what: str) -> CheckFailed:
    return CheckFailed(f"{what} meanwhile; what was found is of before", hints=["run the command again"])


class _Nowhere(io.BytesIO):
    """Keeps nothing of what is written."""

    def write(self, data: bytes, /) -> int:  # type: ignore[override]
        """See `BytesIO.write`."""
        return len(data)


def _looked(workspace: Workspace, plan: Plan, agreed: Pipeline, out: BinaryIO) -> list[Validation]:
    """All seven, whatever the others found."""
    lines, ready = checked_by(one.argv for one in agreed.spec.tickets.values()), plan.ready
    tests = tuple(one for one in lines.test if one not in ready.end)
    end = tuple(one for one in lines.test if one in ready.end)
    whole = replace(
        ready.phases[-1],
        expected=tuple(dict.fromkeys(path for one in ready.phases for path in one.expected)),
        stubs=any(one.stubs for one in ready.phases),
    )
    asked = StepRequest("check", plan.id, whole.number, test=tests, imports=lines.imports, lint=lines.lint)
    files, *four = validated(workspace, whole, plan.base, asked, out)
    found = [_phases(plan, files), *four, commands(workspace, "end to end", end, out), _checkpoint(workspace, plan)]
    return [replace(one, name=name) for name, one in zip(POINTS, found, strict=True)]


def _phases(plan: Plan, files: Validation) -> Validation:
    missing = [f"phase {one.number}: {one.name}" for one in plan.ready.phases if one.number not in plan.results]
    says = f"{len(plan.results)} of {len(plan.ready.phases)} are complete"
    if files.state == "failed":
        says = f"{says}; of their files {files.says}"
    state = "failed" if missing or files.state == "failed" else "passed"
    return Validation("", state, says, "\n".join((*missing, files.output)).strip())


def _checkpoint(workspace: Workspace, plan: Plan) -> Validation:
    """Whether HEAD has all that was made: looked at last, for tests may leave something behind."""
    facts = workspace.repository.facts()
    wrong = [] if facts.branch == plan.branch else [f"HEAD is on {facts.branch or 'no branch'}, not on {plan.branch}"]
    wrong += missing_work(workspace, plan)
    wrong += [f"a {facts.operation} is in progress"] if facts.operation else []
    left = [one.path for one in facts.changes if not layout.is_specification(one.path)]
    if left:
        more = f" and {len(left) - _SHOWN} more" if len(left) > _SHOWN else ""
        wrong.append(f"not committed: {', '.join(left[:_SHOWN])}{more}")
    if wrong:
        return Validation("", "failed", "; ".join(wrong))
    return Validation("", "passed", f"{(facts.head or '')[:12]} on {plan.branch} has everything")


def _written(
    workspace: Workspace, plan: Plan, found: list[Validation], head: str, *, force: bool
) -> ConductCompleteResult:
    failed = [one.name for one in found if one.state == "failed"]
    completed, forced = force or not failed, force and bool(failed)
    place = plan.place / "complete.check.md"
    with workspace.store.begin("conduct complete", on_wait=workspace.on_wait) as tx:
        now = find_plan(tx, plan.id)
        # A rollback may leave HEAD where it was; the values of a result name its commit.
        if (now.results, now.rollbacks, now.completed) != (plan.results, plan.rollbacks, None):
            raise _meanwhile("phases were rolled back or came about, or the plan was called complete,")
        values = {"plan_id": plan.id, "checked_at": tx.at, "commit": head, "forced": forced, "failed": failed}
        tx.put(place, rendered(COMPLETE, values, check_body(found)))
        if completed:
            said = "\n".join(f"- {one.name}: {one.state}: {one.says}" for one in found)
            tx.create(plan.place / "complete.md", rendered(COMPLETE, values, said))
            noted = {"plan_id": plan.id, "commit": head, "forced": forced or None, "failed": failed or None}
            tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb="conduct complete", at=workspace.now(), **noted))
        tx.commit(f"{plan.id} {'complete' if completed else 'looked at'}", **({} if completed else {"said": True}))
    return ConductCompleteResult(
        plan_id=plan.id,
        title=plan.title,
        points=tuple(PointView(name=one.name, state=one.state, says=one.says) for one in found),
        completed=completed,
        forced=forced,
        commit=head,
        output=place.path,
        exit_code=ExitCode.DONE if completed else ExitCode.FAILED,
    )
