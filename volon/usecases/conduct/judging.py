"""A worker that looks at a phase which has passed its checks: it writes tests, or reviews; what it says is a check.

Source: seed 002 (Sub-Agent Usage: code-reviewer, test-implementer).
"""

from __future__ import annotations

from volon.errors import CheckFailed
from volon.foreground import NotStarted, Streams, attend
from volon.model.conduct.plan import JUDGES
from volon.model.conduct.records import Validation, check_body
from volon.usecases.conduct.hearing import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from volon.model.conduct.report import Report
    from volon.model.results.conduct import ConductStepResult
    from volon.usecases.conduct.steps import Step


def judge(step: Step, out: BinaryIO) -> ConductStepResult:
    """Run the worker to its end; where the files are others than those that were checked, look at all five again.

    Raises:
        CheckFailed: it did not come to a judgement, which is for the user to look at.
    """
    asked = step.request
    before = step.round(asked.round, JUDGES[: JUDGES.index(asked.kind)])
    if not before or not all(values["passed"] for values, _ in before):
        return step.said(f"what came before has not passed: nothing to {asked.kind}")
    if asked.round and step.stands(asked.round - 1):
        return step.said("nothing has been changed since it passed")
    report = ran(step, asked.kind, "", step.main.repository.root, out)
    if not report.status:
        hints = [f"volon conduct resume {step.plan.id}"]
        raise CheckFailed(f"the {asked.kind} worker said neither PASS nor FAIL", hints=hints)
    issues = "\n".join(f"- {one}" for one in report.said.get("issues", ()))
    passed = report.status == "PASS"
    says = "its worker says PASS" if passed else "its worker says FAIL"
    found = [Validation(asked.kind, "passed" if passed else "failed", says, issues)]
    if before[-1][0]["tree"] != step.tree():
        found += step.validated(out)
    return step.found(found, check_body(found))


def ran(step: Step, role: str, more: str, directory: Path, out: BinaryIO) -> Report:
    """Run a worker beside this process, and return its report.

    Args:
        step: of which it is a part.
        role: what it does.
        more: what stands in its brief besides.
        directory: where it works.
        out: where it writes, which is the ticket's log.

    Raises:
        CheckFailed: it did not start, or did not end well, or said nothing.
    """
    words, env = step.told(role, more, directory)
    try:
        ended = attend(step.main.world.processes, words, cwd=directory, env=env, streams=Streams(None, out, out))
    except NotStarted as error:
        raise CheckFailed(error.reason) from error
    if ended.returncode:
        raise CheckFailed(f"the {role} worker ended with {ended.returncode}")
    out.flush()
    report = said(step.main, step.run, step.plan.id, step.tag, step.request.worker)
    if report is None or (report.unread and not report.status):
        raise CheckFailed(f"the {role} worker wrote no report", causes=[report.unread] if report else [])
    return report
