"""Results as people read them: short, aligned, calm, and every warning with the command that resolves it.

One function for each result; `page_of` finds it.

Source: contract §4 (*The first minute we want*).
"""

from __future__ import annotations

from volon.model.text import LISTED, listed
from volon.plain import replace
from volon.render.page import Page, Span, Style
from volon.render.words import count, listing, minute, report, topic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from volon.model.results import Result
    from volon.model.results import operations as o
    from volon.model.results import protocol as r
    from volon.model.results.checks import ProblemView, RuleResult, ValidateResult
    from volon.model.results.evidence import RunResult
    from volon.model.results.restore import RestoreResult
    from volon.model.results.standing import TaskView


def page_of(result: Result, spelled: Callable[[str], str] = str, path: Callable[[str], str] = str) -> Page:
    """Return the page for any result; `spelled` says how a command of volon's is typed here, `path` a path."""
    page = Page(spelled=spelled, path=path)
    renderer(type(result).__name__)(page, result)
    for warning in result.warnings:
        page.told(Span("Warning: ", Style.WARN), warning)
    return page


def renderer(name: str) -> Callable[[Page, Any], None]:
    """Return what makes the page of a result, by the name of its class; it is loaded then."""
    if name in _OWN:
        return _OWN[name]
    module, function = _OTHERS[name]
    found: Callable[[Page, Any], None] = getattr(__import__(f"volon.render.{module}", fromlist=[function]), function)
    return found


def quiet_page_of(result: Result) -> Page:
    """Return what `--quiet` leaves: the one identifier a script wants, or nothing."""
    page = Page()
    if (line := _QUIET.get(type(result).__name__)) is not None:
        line(page, result)
    return page


def _number(page: Page, result: r.PauseResult | RestoreResult) -> None:
    page.add(f"{result.checkpoint:02d}")


def _first_open(page: Page, result: r.TaskListResult) -> None:
    for task in [task for task in result.tasks if task.status != "done"][:1]:
        page.add(task.task_id)


def _ended(page: Page, result: RunResult) -> None:
    from volon.render import evidence  # noqa: PLC0415  as for its page

    evidence.run_quietly(page, result)


def _init(page: Page, result: r.InitResult) -> None:
    shared = "Would share" if result.dry_run else "Shared" if result.shared or result.created else "Already shared:"
    page.add(Span(f"{shared} .volon/ and .design/ with this repository", Style.STRONG))
    if result.created:
        page.field("create" if result.dry_run else "created", ", ".join(result.created))
    if result.dry_run:
        page.add(Span("Dry run: nothing was written.", Style.DIM))
    elif result.state_files:
        page.field("waiting", f"{count(len(result.state_files), 'file')} of volon for your next commit")
        # Only what is there: git adds nothing at all when one of the names is not.
        tops = " ".join(sorted({path.partition("/")[0] for path in result.state_files}))
        page.add(Span("Next: ", Style.DIM), page.spelled(f'git add {tops} && git commit -m "Share volon\'s records"'))
    else:
        page.add(Span("Next: ", Style.DIM), page.spelled("volon status"))


def _task(page: Page, result: r.TaskResult) -> None:
    _task_line(page, result.task)
    if result.verb == "show":
        if result.description:
            page.gap()
            page.prose("  ", result.description)
        listing(page, "Acceptance", result.acceptance)
        listing(page, "Updates", result.updates)
    if result.next_command:
        page.add(Span("Next: ", Style.DIM), result.next_command)


def _task_line(page: Page, task: TaskView) -> None:
    status = task.status
    if task.status == "blocked" and task.blocker_type:
        status = f"blocked ({task.blocker_type})"
    elif task.status == "paused" and task.blocker_type:
        status = f"paused, blocked ({task.blocker_type})"
    page.clipped(Span(task.task_id, Style.STRONG), f"  {status}  {task.title}")


def _task_list(page: Page, result: r.TaskListResult) -> None:
    if not (result.tasks or result.problems):
        page.add("No tasks yet.")
        page.add(Span("Next: ", Style.DIM), page.spelled('volon task start "what you are about to do"'))
    width = max((len(task.task_id) for task in result.tasks), default=0)
    for task in result.tasks:
        # What is as urgent as most says nothing of it.
        urgency = f"  (priority {task.priority})" if task.priority not in {None, "B"} else ""
        page.add(f"{task.task_id:<{width}}  {task.status:<7}  {task.title}", Span(urgency, Style.DIM))
    _problems(page, result.problems)


def _problems(page: Page, problems: Iterable[ProblemView]) -> None:
    for problem in problems:
        where = ":".join(str(part) for part in (problem.path, problem.line, problem.column) if part is not None)
        grave = "" if problem.severity == "error" else f"{problem.severity}: "
        key = f"{problem.key}: " if problem.key else ""
        tail = Span(f"[{problem.rule}]", Style.DIM)
        page.add(Span(where, Style.STRONG), ": ", Span(grave, Style.WARN), key, problem.message, " ", tail)
        if problem.hint:
            page.prose(Span("    Hint: ", Style.NOTE), problem.hint)


def _validate(page: Page, result: ValidateResult) -> None:
    """Notes are counted, not listed: they say nothing about the records."""
    shown = [problem for problem in result.problems if problem.severity != "note"]
    _problems(page, shown)
    verdict = "no problems" if not shown else count(len(shown), "problem")
    staged = "staged " if result.staged else ""
    from volon.render.porcelain import checked  # noqa: PLC0415  what the front door says, too

    page.add(checked(result.checked, f"{staged}record", verdict))
    if notes := len(result.problems) - len(shown):
        page.add(f"{count(notes, 'claim')} could not be verified in this clone; --json lists them.")


def _rule(page: Page, result: RuleResult) -> None:
    page.add(Span(result.rule, Style.STRONG), f"  {result.severity}, exit {result.exits}")
    page.gap()
    page.prose("  ", f"{result.says} {result.advice}")
    for title, lines in (("Wrong", result.wrong), ("Right", result.right)):
        page.gap()
        page.add(f"{title}, in a {result.where}:")
        for line in lines.split("\n"):
            page.add(f"    {line}")


def _doctor(page: Page, result: r.DoctorResult) -> None:
    width = max(len(topic(row.name)) for row in result.checks)
    for row in result.checks:
        coded = replace(row, sentence=f"{row.sentence} [{row.name}]") if "." in row.name else row
        report(page, topic(row.name), width, coded)
    if result.dry_run:
        page.add("Dry run: nothing was changed; `would` is what --fix would do.")
    elif any((row.command or "").endswith(" doctor --fix") for row in result.checks):
        page.add("Next: ", Span(page.spelled("volon doctor --fix"), Style.STRONG))


def _undo(page: Page, result: o.UndoResult) -> None:
    times, what = _undone(result.undone)
    undid, again = ("Would undo", "Would do again") if result.dry_run else ("Undid", "Did again")
    page.add(Span(f"{again if times % 2 else undid}: {what}", Style.STRONG))
    if result.written:
        many = f"{count(len(result.written), 'file')}: " if len(result.written) > LISTED else ""
        page.field("as after" if times % 2 else "as before", many + listed(sorted(result.written)))
    if result.dry_run:
        page.add(Span("Dry run: nothing was changed.", Style.DIM))
    else:
        page.add(Span("To take this back: ", Style.DIM), page.spelled("volon undo"))


def _undone(row: o.OperationView) -> tuple[int, str]:
    """How many times undone an operation is by this one, and which: an undo of an undo does it again."""
    said = f"{row.verb} {row.summary}".rstrip()
    what = said.removeprefix(_UNDO * (times := said.count(_UNDO)))
    return times, what


def _undo_list(page: Page, result: o.UndoListResult) -> None:
    if not result.operations:
        page.add("No operations yet.")
    width = max((len(row.verb) for row in result.operations if not row.undoes), default=0)
    for row in result.operations:
        mark = "undone: " if row.undone else "stays: " if row.stays else ""
        verb, summary = row.verb, row.summary
        if row.undoes:
            times, summary = _undone(row)
            verb = "undo" if times % 2 else "again"
        page.clipped(f"{minute(row.at)}  {row.short}  {verb:<{max(width, 12)}} ", Span(mark, Style.DIM), summary)
    if any(row.stays for row in result.operations):
        page.add(Span("stays: it says what ran, or what a remote has; undo passes over it", Style.DIM))


def _schema(page: Page, result: r.SchemaResult) -> None:
    for line in result.text.splitlines():
        page.add(line)


_UNDO = "undo of "
_OWN: dict[str, Callable[[Page, Any], None]] = {
    "InitResult": _init,
    "TaskResult": _task,
    "TaskListResult": _task_list,
    "ValidateResult": _validate,
    "RuleResult": _rule,
    "DoctorResult": _doctor,
    "UndoResult": _undo,
    "UndoListResult": _undo_list,
    "SchemaResult": _schema,
}
_OTHERS = {
    "PauseResult": ("work", "pause"),
    "ResumeResult": ("work", "resume"),
    "StatusResult": ("work", "status"),
    "CheckpointListResult": ("timeline", "checkpoint_list"),
    "CheckpointShowResult": ("timeline", "checkpoint_show"),
    "CheckpointDiffResult": ("travel", "checkpoint_diff"),
    "CheckpointGrepResult": ("travel", "checkpoint_grep"),
    "CheckpointBisectResult": ("travel", "checkpoint_bisect"),
    "CheckpointFilesResult": ("saved", "checkpoint_files"),
    "PurgeFilesResult": ("saved", "purge_files"),
    "RestoreResult": ("restored", "restore"),
    "TrustResult": ("trust", "trust"),
    "TrustListResult": ("trust", "trust_list"),
    "RunResult": ("evidence", "run"),
    "HandoffSendResult": ("handoff", "send"),
    "HandoffReceiveResult": ("handoff", "receive"),
    "HandoffClaimResult": ("handoff", "claim"),
    "PipelineRunResult": ("pipeline", "run"),
    "PipelinePauseResult": ("pipeline", "pause"),
    "PipelineStatusResult": ("pipeline", "status"),
    "PipelineGraphResult": ("graph.text", "graph"),
    "ConductStartResult": ("conduct", "start"),
    "ConductRecallResult": ("conduct", "recall"),
    "ConductRunResult": ("conduct", "run"),
    "ConductPauseResult": ("conduct", "pause"),
    "ConductStatusResult": ("conduct", "status"),
    "ConductBudgetResult": ("recalled", "told"),
    "ConductStepResult": ("conduct", "step"),
    "BriefResult": ("brief", "brief"),
    "ConductRollbackResult": ("conducted", "rollback"),
    "ConductSubtaskResult": ("subtasks", "made"),
    "ConductDiscoverResult": ("discoveries", "discover"),
    "ConductCompleteResult": ("conducted", "complete"),
    "ConductSessionsResult": ("conducted", "sessions"),
    "AgentsResult": ("agents", "agents"),
    "AgentsListResult": ("agents", "listing"),
    "ImportResult": ("imports", "imported"),
    "ImportListResult": ("imports", "listing"),
}
"""Where the pages of other results are made; a command loads the module of its own."""
_QUIET: dict[str, Callable[[Page, Any], None]] = {
    "BriefResult": lambda page, result: page.add(result.task_id) if result.task_id else None,
    "PauseResult": _number,
    "RestoreResult": _number,
    "ResumeResult": lambda page, result: page.add(result.task_id),
    "StatusResult": lambda page, result: page.add(result.task.task_id) if result.task else None,
    "TaskResult": lambda page, result: page.add(result.task.task_id),
    "TaskListResult": _first_open,
    "RunResult": _ended,
    "ConductStartResult": lambda page, result: page.add(result.plan.plan_id) if result.plan else None,
    "ConductSubtaskResult": lambda page, result: page.add(result.plan.plan_id),
}
"""What `--quiet` leaves of a result, by the name of its class; nothing of the others."""
