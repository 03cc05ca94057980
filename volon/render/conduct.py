"""Plans as people read them: a line for each phase, and what there is to do.

Source: contract §6 (conduct, sessions); seed 000 (pause confirmation), seed 002 (Output Format).
"""

from __future__ import annotations

from volon.model.conduct.recall import way_on
from volon.model.pipeline.board import assigned, banner
from volon.model.text import clip_line
from volon.render import discoveries, pipeline, recalled, subtasks
from volon.render.page import WIDTH, Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conduct import (
        ConductPauseResult,
        ConductRecallResult,
        ConductRunResult,
        ConductStartResult,
        ConductStatusResult,
        ConductStepResult,
        PhaseView,
        PlanView,
    )
    from volon.model.results.pipeline import PipelineView

_SHORT, _LEAST = 12, 20
_FRESH_EVERY = 3
_MARKS = {"complete": ("done", Style.OK), "begun": ("begun", Style.WARN), "pending": ("-", Style.DIM)}


def start(page: Page, result: ConductStartResult) -> None:
    """Write what would run, and that nothing did yet."""
    if result.plan is None:
        page.add(Span(f"Wrote {result.written}, to be filled in.", Style.STRONG))
        page.add(Span("Next: ", Style.DIM), page.spelled("volon conduct start"))
        return
    view = result.plan
    page.add(Span(f"{view.plan_id}: {view.title}", Style.STRONG), f"  ({count(len(view.phases), 'phase')})")
    for one in view.phases:
        page.field(f"phase {one.number}", _about(one))
    page.gap()
    page.add("Changed since it was agreed to:" if result.changed else "It would run:")
    for line in result.changed:
        page.add(f"  {line}")
    width = max((len(row.role) for row in result.commands), default=0)
    for pair in assigned(result.env):
        page.add("  ", Span("every ticket  ", Style.DIM), pair)
    for row in result.commands if not result.changed else ():
        page.add("  ", Span(f"{row.role:<{width}}  ", Style.DIM), " ".join((*assigned(row.env), row.line)))
    if result.unlike:
        page.add(Span("Not what volon makes of READY.md here:", Style.WARN))
        for line in result.unlike:
            page.add(f"  {line}")
    page.add(f"and commit each phase to {view.branch}. To read or edit it before:")
    page.add("  ", page.path(view.file))
    if result.exit_code:
        page.add("Nothing has started. Without a terminal nobody is asked, and nobody has agreed.")
        if view.status == "planned":
            page.add(f"{view.plan_id} is there and waits; another `start` makes no second one.")
        page.add("Whoever agrees to these commands says so:")
        page.add("  ", page.spelled(result.agree))


def run(page: Page, result: ConductRunResult) -> None:
    """Write how far a plan has come."""
    if result.outcome == "told":
        page.add(Span("Resumed: whoever runs it goes on.", Style.STRONG))
    _plan(page, result.plan, result.pipeline)
    _troubles(page, result)
    recalled.budget(page, result.recall)
    _next(page, result.plan, result.pipeline)


def pause(page: Page, result: ConductPauseResult) -> None:
    """Write that a plan is paused, and how far it had come."""
    if result.already:
        page.add("It was paused already.")
    _plan(page, result.plan, result.pipeline)
    page.field("directory", result.recall.directory, width=12)
    pipeline.checkpoint(page, result)
    _troubles(page, result)
    recalled.ahead(page, result.recall)
    _next(page, result.plan, result.pipeline)


def status(page: Page, result: ConductStatusResult) -> None:
    """Write how a plan stands."""
    if result.plan is None:
        recalled.nothing(page)
        return
    _plan(page, result.plan, result.pipeline)
    _troubles(page, result)
    if result.recall is not None:
        recalled.budget(page, result.recall)
    _next(page, result.plan, result.pipeline)


def recall(page: Page, result: ConductRecallResult) -> None:
    """Write what somebody who comes back needs, before anything runs."""
    view, known = result.plan, result.recall
    page.add(Span(f"Resuming {view.plan_id}: {view.title}", Style.STRONG))
    page.field("directory", known.directory, width=12)
    if known.paused_ago:
        page.field("paused", known.paused_ago, width=12)
    page.field("phases", _progress(view), width=12)
    recalled.phases(page, known)
    for said in view.learnt[-_FRESH_EVERY:]:
        page.field("learnt", said, lines=2, width=12)
    discoveries.waiting(page, view.discoveries)
    recalled.ahead(page, known)
    starting = next((one for one in view.phases if one.number == known.phase), None)
    if starting is not None:
        page.add(Span(f"Starting phase {starting.number}: {starting.name}", Style.STRONG))


def step(page: Page, result: ConductStepResult) -> None:
    """Write what a step did; it ends up in the log of its ticket."""
    for line in result.lines:
        page.add(line)
    # A path names the plan, and has no room beside its name.
    whose = "" if f"/{result.plan_id}/" in result.says else f"{result.plan_id} "
    page.add(f"{whose}phase {result.phase} {result.step}: {result.says}")


def _plan(page: Page, view: PlanView, ran: PipelineView | None) -> None:
    running = [one.ticket for one in ran.tickets if one.status == "running"] if ran else []
    why = " (by --force)" if view.forced else f" ({view.reason})" if view.reason else ""
    style = Style.WARN if view.status == "paused" else Style.STRONG
    stands = f"{_word(view.status, ran, running)}{why}"
    title = clip_line(view.title, max(WIDTH - len(f"{view.plan_id}: : {stands}"), _LEAST))
    page.add(Span(f"{view.plan_id}: {title}: {stands}", style))
    if running and view.status == "paused":
        page.add("  ", Span(banner(view.status, running, attended=True), Style.WARN))
    subtasks.listed(page, view)
    page.field("phases", _progress(view), width=12)
    width = len(str(len(view.phases)))
    for one in view.phases:
        word, style = _MARKS[one.status]
        page.prose(Span(f"  {word:<6}{one.number:>{width}}  ", style), f"{_about(one)}{_ended(one)}")
    for said in view.learnt[-_FRESH_EVERY:]:
        page.field("learnt", said, lines=2, width=12)
    discoveries.waiting(page, view.discoveries)


def _word(status: str, ran: PipelineView | None, running: list[str]) -> str:
    """How it stands: what is paused may still have to wait, and what began may have nobody who runs it."""
    if status == "paused":
        return "pausing" if running else "paused"
    return (banner(status, running, attended=ran.attended) if ran else "") or status


def _progress(view: PlanView) -> str:
    total, complete = len(view.phases), view.phases_complete
    return f"{complete} of {total} complete ({complete * 100 // total}%)"


def _about(one: PhaseView) -> str:
    time = f" ({one.time})" if one.time else ""
    modules = f": {', '.join(one.modules)}" if len(one.modules) > 1 else ""
    return f"{one.name}{time}{modules}"


def _ended(one: PhaseView) -> str:
    if one.checkpoint is None:
        return ""
    took = f"  {pipeline.took(one.worked_ms)}" if one.worked_ms else ""
    fixes = f"  {one.fixes} fixed" if one.fixes else ""
    tests = "  tests pass" if one.tests_passing else ""
    files = f"  {count(len(one.files_created) + len(one.files_changed), 'file')}"
    return f"  {one.checkpoint[:_SHORT]}{took}{files}{tests}{fixes}"


def _troubles(page: Page, result: ConductPauseResult | ConductRunResult | ConductStatusResult) -> None:
    for one in result.pipeline.tickets if result.pipeline else ():
        pipeline.troubled(page, one)
        for line in one.output:
            page.add(Span(f"    {line}", Style.DIM))


def _next(page: Page, view: PlanView, ran: PipelineView | None) -> None:
    if view.status == "given-up":
        page.add(f"Given up: called complete by --force, with {_progress(view)}.")
        return
    if view.status == "complete":
        if view.parent:
            word = "status" if view.forced else "resume"
            page.add(Span("Next: ", Style.DIM), page.spelled(f"volon conduct {word} {view.parent}"))
        elif view.completed_at is None:
            page.add(Span("Next: ", Style.DIM), page.spelled("volon conduct complete"))
        return
    if view.status == "executing" and ran and ran.attended:
        page.add(Span("Next: ", Style.DIM), page.spelled("volon conduct pause"))
        return
    if view.phases_complete and view.phases_complete % _FRESH_EVERY == 0:
        page.add("A good moment to begin with a fresh context: all of it is on disk.")
    unknown = [one.ticket for one in ran.tickets if one.status == "unknown"] if ran else []
    page.add(Span("Next: ", Style.DIM), page.spelled(way_on(view.plan_id, unknown)))
    if unknown:
        page.add("  ", Span("--done in place of --rerun where the ticket is done, whatever was seen of it", Style.DIM))
