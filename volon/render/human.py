"""Results as people read them: short, aligned, calm, and every warning with the command that resolves it.

One function per result; `page_of` finds it.

Source: contract §4 (*The first minute we want*).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from volon.model import results as r
from volon.render.page import Page, Span, Style

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SEVERITY = {
    "ok": ("ok", Style.OK),
    "note": ("note", Style.NOTE),
    "warning": ("warn", Style.WARN),
    "blocker": ("stop", Style.STOP),
    "problem": ("bad", Style.STOP),
    "fixed": ("fixed", Style.OK),
}


def page_of(result: r.Result) -> Page:
    """Return the page for any result."""
    page = Page()
    _RENDERERS[type(result)](page, result)
    for warning in result.warnings:
        page.prose(Span("Warning: ", Style.WARN), warning)
    return page


def quiet_page_of(result: r.Result) -> Page:
    """Return what `--quiet` leaves: the one identifier a script wants, or nothing."""
    page = Page()
    if isinstance(result, r.PauseResult):
        page.add(f"{result.checkpoint:02d}")
    elif isinstance(result, r.ResumeResult):
        page.add(result.task_id)
    elif isinstance(result, r.TaskResult):
        page.add(result.task.task_id)
    return page


def _short(commit: str | None) -> str:
    return commit[:7] if commit else "no commit yet"


def _place(branch: str | None, commit: str | None) -> str:
    return f"{branch or 'detached'}, {_short(commit)}"


def _init(page: Page, result: r.InitResult) -> None:
    verb = "Would share" if result.dry_run else "Shared"
    page.add(Span(f"{verb} .volon/ and .design/ with this repository", Style.STRONG))
    if result.created:
        page.field("created", ", ".join(result.created))
    if result.state_files:
        page.field("waiting", f"{_count(len(result.state_files), 'file')} of volon for your next commit")
    page.add('Next: volon task start "what you are about to do"')


def _task(page: Page, result: r.TaskResult) -> None:
    _task_line(page, result.task)
    if result.verb == "show":
        if result.description:
            page.gap()
            page.prose("  ", result.description)
        _listing(page, "Acceptance", result.acceptance)
        _listing(page, "Updates", result.updates)
    if result.next_command:
        page.add(Span("Next: ", Style.DIM), result.next_command)


def _task_line(page: Page, task: r.TaskView) -> None:
    status = task.status
    if task.status == "blocked" and task.blocker_type:
        status = f"blocked ({task.blocker_type})"
    elif task.status == "paused" and task.blocker_type:
        status = f"paused, blocked ({task.blocker_type})"
    page.add(Span(task.task_id, Style.STRONG), f"  {status}  {task.title}")


def _listing(page: Page, title: str, items: Iterable[str]) -> None:
    rows = tuple(items)
    if rows:
        page.gap()
        page.add("  ", Span(title, Style.DIM))
        for row in rows:
            page.prose("    ", row)


def _task_list(page: Page, result: r.TaskListResult) -> None:
    if not result.tasks:
        page.add("No tasks yet.")
        page.add(Span("Next: ", Style.DIM), 'volon task start "what you are about to do"')
    width = max((len(task.task_id) for task in result.tasks), default=0)
    for task in result.tasks:
        page.add(f"{task.task_id:<{width}}  {task.status:<7}  {task.priority or '-'}  {task.title}")
    _problems(page, result.problems)


_NAMES = 3
_KINDS = ("conflicted", "modified", "added", "deleted", "renamed", "untracked")


def _noted(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts.get(kind))


def _pause(page: Page, result: r.PauseResult) -> None:
    number = f"{result.checkpoint:02d}"
    if result.already:
        page.add(
            Span(f"Already paused: {result.task_id} at checkpoint {number}", Style.STRONG),
            ", and nothing changed since.",
        )
        page.add(Span("Back: ", Style.DIM), result.resume_command)
        return
    verb = "Would pause" if result.dry_run else "Paused"
    page.add(
        Span(f"{verb} {result.task_id} at checkpoint {number}", Style.STRONG),
        f" ({_place(result.branch, result.paused_commit)})",
    )
    if result.created_task:
        page.field("new task", result.title)
    page.field("note", result.note + (" (derived)" if result.note_derived else ""))
    if result.operation:
        page.field("during", f"a {result.operation} in progress; it is left as it is")
    noted = _noted(result.noted)
    page.field("noted", f"{noted}; their bytes stay in the working tree" if noted else "no uncommitted work")
    if result.skipped:
        page.field("not noted", ", ".join(result.skipped) + " (nested repository)")
    page.field("untouched", "files, index, branch")
    if result.state_commit:
        page.field("committed", f"volon's own files, as {_short(result.state_commit)}")
    _advice(page, result)


def _advice(page: Page, result: r.PauseResult) -> None:
    back = result.resume_command
    if result.mode == "restart":
        page.add("End this session. In a new one, here: ", Span(back, Style.STRONG))
    elif result.mode == "compact":
        page.add("Compact the context now. Then: ", Span(back, Style.STRONG))
    else:
        page.add("Back: ", Span(back, Style.STRONG))


def _findings(page: Page, findings: Iterable[r.FindingView]) -> None:
    rows = tuple(findings)
    width = max((len(_topic(row.code)) for row in rows), default=0)
    for row in rows:
        word, style = _SEVERITY[row.severity]
        lead = f"{word:<5} {_topic(row.code):<{width}}  "
        room = Page()
        room.prose(Span("  " + lead), row.sentence)
        for number, line in enumerate(room.lines):
            page.add(*_coloured(line, word, style) if number == 0 else line)
        margin = " " * (len(lead) + 2)
        for detail in row.detail:
            page.prose(margin, detail)
        if row.command:
            page.add(margin, Span(row.command, Style.NOTE))


def _coloured(line: tuple[Span, ...], word: str, style: Style) -> list[Span | str]:
    lead = line[0].text
    return ["  ", Span(word, style), lead[2 + len(word) :], *line[1:]]


def _topic(code: str) -> str:
    topic = code.partition(".")[0]
    return {"head": "HEAD", "tree": "files", "keyfile": "key file"}.get(topic, topic)


def _resume(page: Page, result: r.ResumeResult) -> None:
    when = []
    if result.age:
        when.append(f"paused {result.age}")
    if result.resumed_from is not None:
        when.append(f"from checkpoint {result.resumed_from:02d}")
    elif result.checkpoint is not None:
        when.append(f"checkpoint {result.checkpoint:02d}")
    page.add(Span(result.task_id, Style.STRONG), f"  {result.title}   ", Span(", ".join(when), Style.DIM))
    if result.findings:
        page.gap()
        _findings(page, result.findings)
    if result.stopped:
        return
    page.gap()
    _brief(page, result)
    page.gap()
    _closing(page, result)


def _brief(page: Page, result: r.ResumeResult) -> None:
    if result.brief == "full":
        _full_brief(page, result)
    elif result.note:
        page.field("Note", result.note)
    for number, action in enumerate(result.next_actions, 1):
        page.field("Next" if number == 1 else "", f"{number}. {action}")
    if not result.next_actions:
        page.field("Next", "nothing was written down")


def _full_brief(page: Page, result: r.ResumeResult) -> None:
    rows = (
        ("Goal", result.goal),
        ("Note", result.note),
        ("Plan", result.plan),
        ("Summary", result.summary),
        ("You were", result.you_were or ""),
        ("Read", ", ".join(result.read_first)),
        ("Stage", result.route or ""),
    )
    for label, text in rows:
        if text:
            page.field(label, text)
    lists = (
        ("Done when", result.acceptance),
        ("Key files", result.key_files),
        ("Ran", result.commands),
        ("Questions", result.questions),
        ("Blockers", result.blockers),
    )
    for label, items in lists:
        for number, item in enumerate(items):
            page.field(label if number == 0 else "", item)


def _closing(page: Page, result: r.ResumeResult) -> None:
    if result.dry_run:
        page.add("Dry run: nothing was changed. ", Span("To go on: ", Style.DIM), "volon resume-task")
    else:
        page.add(f"Now {result.status}. No work file was changed.")
    for hint in result.hints:
        page.prose(Span("Hint: ", Style.NOTE), hint)


def _status(page: Page, result: r.StatusResult) -> None:
    task = result.task
    if task is None:
        page.add("Nothing in progress.")
    elif result.state == "doing":
        _status_doing(page, result, task)
    else:
        _status_paused(page, result, task)
    shown = result.elsewhere[:3] if task is None else result.elsewhere[:1]
    for row in shown:
        where = f"on {row.branch}" if row.branch else f"in {row.worktree}"
        page.add(f"Paused {where}: {row.task_id}  {row.title}  ", Span(f"({row.age}) {row.command}", Style.DIM))
    hidden = len(result.elsewhere) - len(shown)
    if hidden:
        page.add(Span(f"… and {hidden} more paused elsewhere: volon status --json", Style.DIM))
    if result.next_command:
        page.add(Span("Next: ", Style.DIM), result.next_command)


def _status_doing(page: Page, result: r.StatusResult, task: r.TaskView) -> None:
    since = f"checkpoint {result.checkpoint:02d}" if result.checkpoint is not None else "no checkpoint yet"
    page.add(Span(task.task_id, Style.STRONG), f"  doing  {task.title}   ", Span(f"({since})", Style.DIM))
    if result.newer:
        more = len(result.newer) - _NAMES
        names = ", ".join(result.newer[:_NAMES]) + (f" and {more} more" if more > 0 else "")
        page.add(f"  newer than the last checkpoint: {names}")


def _status_paused(page: Page, result: r.StatusResult, task: r.TaskView) -> None:
    number = f", checkpoint {result.checkpoint:02d}" if result.checkpoint is not None else ""
    word = task.status if task.status != "todo" else "todo"
    page.add(
        Span(task.task_id, Style.STRONG),
        f"  {word}  {task.title}   ",
        Span(f"({result.age or 'not paused'}{number})", Style.DIM),
    )
    bad = [row for row in result.findings if row.severity in {"warning", "blocker"}]
    if bad:
        word, style = _SEVERITY[bad[0].severity]
        more = f" (+{len(bad) - 1} more)" if len(bad) > 1 else ""
        page.prose(Span(f"  {word}  ", style), f"{_topic(bad[0].code)}: {bad[0].sentence}{more}")
    elif result.state == "paused":
        page.add("  ", Span("ok", Style.OK), "    it still fits: HEAD and files are as you left them")


def _checkpoint_list(page: Page, result: r.CheckpointListResult) -> None:
    if not result.checkpoints:
        page.add("No checkpoints yet.")
        page.add(Span("Next: ", Style.DIM), 'volon pause-task "what you are in the middle of"')
        return
    columns = 1 + max(row.column for row in result.checkpoints)
    for row in result.checkpoints:
        day = (row.saved_at or "")[:16].replace("T", " ")
        mark = Span(" ← here", Style.OK) if row.current else ""
        page.add(
            Span(_graph(row, columns), Style.NOTE),
            Span(f"{row.number:02d}", Style.STRONG),
            f"  {day:<16}  {row.task_id or '-'}  {_place(row.branch, row.paused_commit)}",
            mark,
        )
        margin = "".join("│ " if column in row.below else "  " for column in range(columns))
        page.prose(Span(f"{margin}    ", Style.DIM), row.note or "no note")
        for problem in row.problems:
            page.prose(Span(f"{margin}    ", Style.WARN), problem)
    page.add(Span("Back to one: ", Style.DIM), "volon resume-task N")


def _graph(row: r.CheckpointView, columns: int) -> str:
    """Draw one row: the checkpoint, the columns that pass by, and those that join it here."""
    last = max(row.joins, default=row.column)
    cells = []
    for column in range(columns):
        if column == row.column:
            cells.append("●")
        elif column in row.joins:
            cells.append("╯" if column == last else "┴")
        else:
            cells.append("│" if column in row.above else "─" if row.column < column < last else " ")
        cells.append("─" if row.column <= column < last else " ")
    return "".join(cells)


def _checkpoint_show(page: Page, result: r.CheckpointShowResult) -> None:
    for line in result.text.splitlines():
        page.add(line)


def _checkpoint_diff(page: Page, result: r.CheckpointDiffResult) -> None:
    page.add(Span(f"Checkpoint {result.a.number:02d} → {result.b.number:02d}", Style.STRONG))
    width = max((len(name) for name, _, _ in result.fields), default=0)
    for name, before, after in result.fields:
        page.prose(f"  {name:<{width}}  ", f"{before or 'none'} → {after or 'none'}")
    _listing(page, "Commits in between", result.commits)
    _listing(page, "Uncommitted work", (f"{kind:<8} {path}" for path, kind in result.files))
    if result.capsule_diff:
        page.gap()
        for line in result.capsule_diff:
            style = Style.OK if line.startswith("+") else Style.STOP if line.startswith("-") else Style.DIM
            page.add("  ", Span(line, style))
    if not (result.fields or result.files or result.commits or result.capsule_diff):
        page.add("  no difference")


def _problems(page: Page, problems: Iterable[r.ProblemView]) -> None:
    for problem in problems:
        where = ":".join(str(part) for part in (problem.path, problem.line, problem.column) if part is not None)
        page.add(Span(where, Style.STRONG), ": ", problem.message, " ", Span(f"[{problem.rule}]", Style.DIM))
        if problem.hint:
            page.prose(Span("    Hint: ", Style.NOTE), problem.hint)


def _validate(page: Page, result: r.ValidateResult) -> None:
    _problems(page, result.problems)
    verdict = "no problems" if not result.problems else _count(len(result.problems), "problem")
    page.add(f"{_count(result.checked, 'record')} checked, {verdict}.")


def _doctor(page: Page, result: r.DoctorResult) -> None:
    width = max(len(row.name) for row in result.checks)
    for row in result.checks:
        word, style = _SEVERITY[row.state]
        page.add("  ", Span(f"{word:<6}", style), f"{row.name:<{width}}  {row.sentence}")
        margin = " " * (width + 10)
        for detail in row.detail:
            page.prose(margin, detail)
        if row.command:
            page.add(margin, Span(row.command, Style.NOTE))
    if result.exit_code:
        page.add("Next: ", Span("volon doctor --fix", Style.STRONG))


def _undo(page: Page, result: r.UndoResult) -> None:
    verb = "Would undo" if result.dry_run else "Undid"
    page.add(Span(f"{verb}: {result.undone.verb} {result.undone.summary}".rstrip(), Style.STRONG))
    page.field("put back", ", ".join(result.written))
    page.add(Span("To take this back: ", Style.DIM), "volon undo")


def _undo_list(page: Page, result: r.UndoListResult) -> None:
    if not result.operations:
        page.add("No operations yet.")
    for row in result.operations:
        mark = " (undone)" if row.undone else ""
        page.add(f"{row.at[:16].replace('T', ' ')}  {row.op[-6:]}  {row.verb:<12} {row.summary}", Span(mark, Style.DIM))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_RENDERERS = cast(
    "dict[type[r.Result], Callable[[Page, r.Result], None]]",
    {
        r.InitResult: _init,
        r.TaskResult: _task,
        r.TaskListResult: _task_list,
        r.PauseResult: _pause,
        r.ResumeResult: _resume,
        r.StatusResult: _status,
        r.CheckpointListResult: _checkpoint_list,
        r.CheckpointShowResult: _checkpoint_show,
        r.CheckpointDiffResult: _checkpoint_diff,
        r.ValidateResult: _validate,
        r.DoctorResult: _doctor,
        r.UndoResult: _undo,
        r.UndoListResult: _undo_list,
    },
)
