"""The end of a phase: committed, and then its result written down, which makes it complete.

What is committed is what was looked at: where the files are others by then, because somebody edited them while the plan
was paused, say, all five are looked at again before anything is.

Source: seed 002 (Execute Each Phase); contract §6 (conduct: result, git checkpoint).
"""

from __future__ import annotations

from volon.errors import CheckFailed
from volon.model.conduct.checklist import checked_by
from volon.model.conduct.plan import MOST_FIXES
from volon.model.conduct.records import RESULT, check_body, rendered, result_body, validations
from volon.model.text import clip_line
from volon.plain import replace
from volon.repo import phases
from volon.store import layout
from volon.usecases.conduct.discoveries import hear
from volon.usecases.conduct.hearing import reports_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

    from volon.model.results.conduct import ConductStepResult
    from volon.usecases.conduct.steps import Step

_SUBJECT = 60


def finish(step: Step, out: BinaryIO) -> ConductStepResult:
    """Commit the phase, then write down its result.

    Args:
        step: which.
        out: where commands write, if they have to run again.

    Raises:
        CheckFailed: it has not passed its checks, or cannot be committed.
        GitFailed, NotCommitted, Corrupt, Busy: see docs/EXIT_CODES.md.
    """
    number, own = step.phase.number, step.main.repository
    last = max((n for n in range(MOST_FIXES + 1) if step.round(n)), default=0)
    step.on_branch()
    commit = phases.made(own, step.start, step.plan.mark(number))
    if commit is None or any(not layout.is_specification(one.path) for one in own.facts().changes):
        if step.round(last) and not step.stands(last) and (again := _again(step, last, out)).exit_code:
            return again
        if not step.passed(last):
            raise CheckFailed(f"phase {number} has not passed its checks", hints=["volon conduct status"])
        commit = None
    reports, tokens = reports_of(step.main, step.run, step.plan.id, number)
    if commit is None:
        hear(step.main, step.plan, number, reports)
        attempt = step.main.world.env.get("VOLON_ATTEMPT", "1")
        ref = f"refs/volon/run/{step.run.id}/p{number}.finish/{attempt}.saved"
        subject = clip_line(f"Phase {number}: {step.phase.name}", _SUBJECT)
        commit = phases.commit_phase(step.main.world, own, step.plan.branch, subject, step.plan.mark(number), ref)
    found = [one for _, body in step.round(last) for one in validations(body)]
    values = _result(step, commit, last, found, tokens)
    place = step.plan.place / "results" / f"phase-{number}.md"
    said = "\n".join(f"- {name}: {state}" for name, state in found)
    # Made exclusively: whoever comes second has nothing to say.
    step.put({place: rendered(RESULT, values, result_body(said, reports))}, f"phase {number}", create=True)
    unread = tuple(f"{who}: {one.unread}" for who, one in reports.items() if one.unread)
    return replace(step.said(f"complete at {commit[:12]}"), warnings=unread)


def _again(step: Step, last: int, out: BinaryIO) -> ConductStepResult:
    """Look at all five once more, with the commands of the last check, which were agreed to."""
    ticket = step.run.spec().tickets.get(f"p{step.phase.number}.check.{last}")
    lines = checked_by([ticket.argv] if ticket else [])
    asked = replace(
        step.request, kind="check", round=last, last=True, test=lines.test, imports=lines.imports, lint=lines.lint
    )
    looking = type(step)(step.here, step.main, step.run, asked)
    found = looking.validated(out)
    return looking.found(found, check_body(found))


def _result(
    step: Step, commit: str, last: int, found: list[tuple[str, str]], tokens: tuple[int, int] | None
) -> dict[str, object]:
    number, state = step.phase.number, step.run.state
    mine = [one for ticket, one in state.tickets.items() if ticket.startswith(f"p{number}.")]
    files = phases.touched(step.main.repository, step.start, commit)
    fixes = sum(1 for n in range(last) if step.round(n) and not step.passed(n))
    return {
        "plan_id": step.plan.id,
        "phase": number,
        "run": step.run.id,
        "name": step.phase.name,
        "start": step.start,
        "checkpoint": commit,
        "completed_at": step.now(),
        "worked_ms": sum(one.ms for one in mine),
        "fixes": fixes,
        # What ran, and not what READY.md names: the pipeline may have been edited.
        "tests_passing": True if ("tests", "passed") in found else None,
        "check": step.check_place(last).path,
        "tokens_in": tokens[0] if tokens else None,
        "tokens_out": tokens[1] if tokens else None,
        "files_created": files.get("A", []),
        "files_changed": files.get("M", []),
        "files_deleted": files.get("D", []),
    }
