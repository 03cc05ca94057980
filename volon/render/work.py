"""The pages of the everyday commands: a pause, a resume, the status.

Source: contract §4 (*The first minute we want*; `status` in three lines or fewer).
"""

from __future__ import annotations

from volon.model.text import clip_line
from volon.plain import replace
from volon.render.page import WIDTH, Page, Span, Style
from volon.render.words import RANK, SEVERITY, count, place, report, short, topic, whose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results import protocol as r
    from volon.model.results.elsewhere import ElsewhereView
    from volon.model.results.evidence import EvidenceView
    from volon.model.results.handoff import ClaimView
    from volon.model.results.hooks import HookView
    from volon.model.results.pipeline import PipelineGlance
    from volon.model.results.standing import FindingView, StatusResult, TaskView

_NAMES = 3
_DETAILS = 5
_BRIEF_LINES = 4
_KINDS = ("conflicted", "modified", "added", "deleted", "renamed", "untracked", "ignored")


def _noted(counts: dict[str, int]) -> str:
    return ", ".join(f"{counts[kind]} {kind}" for kind in _KINDS if counts.get(kind))


def pause(page: Page, result: r.PauseResult) -> None:
    """Write the page of a pause."""
    number = f"{result.checkpoint:02d}"
    if result.already:
        page.add(
            Span(f"Already paused: {result.task_id} at checkpoint {number}", Style.STRONG),
            ", and nothing changed since.",
        )
        _advice(page, result)
        return
    verb = "Would pause" if result.dry_run else "Saved" if result.going_on else "Paused"
    page.clipped(
        Span(f"{verb} {result.task_id} at checkpoint {number}", Style.STRONG),
        f" ({place(result.branch, result.paused_commit)})",
    )
    if result.created_task:
        page.field("new task", result.title, lines=1)
    if not result.created_task or result.title != result.note:
        page.field("note", result.note, lines=2)
    if result.operation:
        page.field("during", f"a {result.operation} in progress; it is left as it is")
    for blocker in result.blockers:
        page.field("waits for", blocker, lines=2)
    _files(page, result)
    page.field("untouched", "files" if result.state_commit else "files, index, branch")
    if result.state_commit:
        page.field("committed", f"volon's own files, as {short(result.state_commit)}")
    _hooks(page, result.hooks)
    _advice(page, result)


def _files(page: Page, result: r.PauseResult) -> None:
    """What was saved of the uncommitted work, or why nothing was; and each path that was not."""
    noted = _noted(result.noted)
    if not noted and not result.saved:
        page.field("saved", "the commit; there is no uncommitted work")
    elif result.saved is None:
        page.field("noted", f"{noted}; their bytes stay in the working tree")
    else:
        page.field("would save" if result.dry_run else "saved", _noted(result.saved) or "the index")
    for number, row in enumerate(result.not_saved[:_DETAILS]):
        page.field("not saved" if number == 0 else "", f"{row.path} ({_why(row)})", lines=2)
    if (more := len(result.not_saved) - _DETAILS) > 0:
        page.field("", f"and {more} more: --json names all")


def _why(row: r.NotSavedView) -> str:
    """Why a file was left out; of what looks secret also the option that takes it in, which knows this very content."""
    return row.detail if row.why == "secret" else row.detail.partition("; ")[0]


def _hooks(page: Page, views: tuple[HookView, ...]) -> None:
    if views:
        from volon.render.hooks import hooks  # noqa: PLC0415  most run none

        hooks(page, views)


def _advice(page: Page, result: r.PauseResult) -> None:
    if result.dry_run:
        page.add(Span("Dry run: nothing was written.", Style.DIM))
        return
    if result.going_on:
        page.add("It stays in progress.")
        return
    back = Span(result.resume_command, Style.STRONG)
    if result.mode == "restart":
        page.add("End this session. In a new one, here: ", back)
    elif result.mode == "compact":
        page.add("Compact the context now. Then: ", back)
    else:
        page.add("Back: ", back)


def _findings(page: Page, result: r.ResumeResult) -> None:
    width = max((len(topic(row.code)) for row in result.findings), default=0)
    show = page.spelled(f"volon checkpoint show {result.called}") if result.called else ""
    for row in result.findings:
        told = replace(row, detail=()) if result.brief == "short" else row
        # What others did is shown by the command of the finding; this one brings files back.
        rest = show if row.code == "tree.lost" else ""
        report(page, topic(row.code), width, told, details=_DETAILS, rest=rest)


def resume(page: Page, result: r.ResumeResult) -> None:
    """Write the page of a resume, or of what stopped it."""
    when = []
    if result.age:
        when.append(f"paused {result.age}")
    if result.resumed_from is not None:
        when.append(f"from checkpoint {result.resumed_from:02d}")
    elif result.checkpoint is not None:
        when.append(f"checkpoint {result.checkpoint:02d}")
    about = f"   {', '.join(when)}" if when else ""
    room = WIDTH - len(result.task_id) - len(about) - 2
    title = result.title if len(result.title) <= room else result.title[: max(room - 1, 10)] + "…"
    page.clipped(Span(result.task_id, Style.STRONG), f"  {title}", Span(about, Style.DIM))
    if result.findings:
        page.gap()
        _findings(page, result)
    page.gap()
    if result.stopped:
        _stopped(page, result)
        return
    _brief(page, result)
    page.gap()
    if result.restored:
        page.field("restored" if not result.dry_run else "restore", ", ".join(result.restored), lines=4)
    _closing(page, result)


def _stopped(page: Page, result: r.ResumeResult) -> None:
    _hooks(page, result.hooks)
    page.add(Span("Stopped: nothing was changed.", Style.STRONG))
    for hint in result.hints:
        page.told(Span("Hint: ", Style.NOTE), hint)


def _brief(page: Page, result: r.ResumeResult) -> None:
    if result.brief == "full":
        _full_brief(page, result)
    elif result.note:
        page.field("Note", result.note)
    numbered = [f"{number}. {action}" for number, action in enumerate(result.next_actions, 1)]
    page.items("Next", numbered or ["nothing was written down"])


def _full_brief(page: Page, result: r.ResumeResult) -> None:
    rows = (
        ("Goal", result.goal if result.goal != result.title else ""),
        ("Note", result.note if result.note != result.title else ""),
        ("Plan", result.plan),
        ("Summary", result.summary),
        ("You were", result.you_were or ""),
        ("Read", ", ".join(result.read_first)),
        ("Stage", result.route or ""),
    )
    for label, text in rows:
        if text:
            page.field(label, text, lines=_BRIEF_LINES)
    lists = (
        ("Done when", result.acceptance),
        ("Key files", (*result.key_files, *[f"… {result.key_files_more} more"] * bool(result.key_files_more))),
        ("Ran", result.commands),
        ("Questions", result.questions),
        ("Blockers", result.blockers),
    )
    for label, items in lists:
        page.items(label, items)


def _closing(page: Page, result: r.ResumeResult) -> None:
    _hooks(page, result.hooks)
    if result.dry_run:
        page.add("Dry run: nothing was changed.")
    else:
        files = f"{count(len(result.restored), 'file')} put back." if result.restored else "No work file was changed."
        page.add(f"Now {result.status}. {files}")
    for hint in result.hints:
        page.told(Span("Hint: ", Style.NOTE), hint)


def status(page: Page, result: StatusResult) -> None:
    """Write the page of the status: three lines or fewer, and the forecast below when it was asked for."""
    task = result.task
    if task is None:
        unfinished = _unfinished(result)
        page.clipped(f"No task in progress here; {unfinished}." if unfinished else "Nothing in progress here.")
        for row in result.elsewhere[:1]:
            page.clipped(f"{_where(row, result)}: {row.task_id}  {row.title}", Span(_more(page, result, 1), Style.DIM))
            _claimed(page, row.claim)
    elif result.state == "doing":
        _status_doing(page, result, task)
    else:
        _status_paused(page, result, task)
    _also(page, result)
    _claimed(page, result.claim)
    if result.next_command:
        room = WIDTH - len(f"Next: {result.next_command}")
        more = "" if task is None else _more(page, result, 0, room)
        page.add(Span("Next: ", Style.DIM), result.next_command, Span(more, Style.DIM))
    _pipelines(page, result.pipelines)
    if result.conflicts is not None:
        from volon.render.forecast import forecast  # noqa: PLC0415  few ask

        page.add("")
        forecast(page, result.conflicts)


def _also(page: Page, result: StatusResult) -> None:
    """A line for each other task in progress, as far as there are few."""
    for row in result.also[:_NAMES]:
        where = "the main working tree" if row.worktree == "." else row.worktree
        word = "Also doing" if result.task else f"In progress in {where}"
        page.clipped(f"{word}: {row.task_id}  {row.title}")
    if (more := len(result.also) - _NAMES) > 0:
        page.add(f"and {more} more: ", page.spelled("volon task list" if result.task else "volon status --json"))


def _pipelines(page: Page, rows: tuple[PipelineGlance, ...]) -> None:
    """One line, whatever the number."""
    if not rows:
        return
    first, *others = rows
    word = "paused" if first.status == "paused" else "runs" if first.attended else "is not done, and nobody runs it"
    said = f"{count(len(rows), 'pipeline')} not done" if others else f"{first.file} {word}"
    page.add("Pipeline: ", f"{said}: ", page.spelled("volon pipeline status"))


def _unfinished(result: StatusResult) -> str:
    """Work that no task stands for yet."""
    files = f"{count(len(result.newer), 'changed file')}" if result.newer else ""
    files += f", {len(result.unmerged)} unmerged" if result.unmerged else ""
    return " and ".join(filter(None, [f"a {result.operation}" if result.operation else "", files]))


def _claimed(page: Page, claim: ClaimView | None) -> None:
    if claim is not None and claim.held:
        page.clipped("  ", whose(claim))


def _where(row: ElsewhereView, result: StatusResult) -> str:
    if row.came:
        return "Paused on another machine"
    if row.gone == "records":
        return "Paused here, its records are missing"
    if row.worktree != result.worktree:
        where = "the main working tree" if row.worktree == "." else row.worktree
        return f"Paused in {where}{', which is gone' * bool(row.gone)}"
    return f"Paused on {row.branch or 'a detached HEAD'}" if row.branch != result.branch else "Paused here"


def _more(page: Page, result: StatusResult, shown: int, room: int = WIDTH) -> str:
    """What else is paused: its command where there is one and room for it; a command is never cut."""
    rows = tuple(row for row in result.elsewhere[shown:] if not _is_later(result, row))
    one = f"   (also {rows[0].task_id}: {rows[0].command})" if len(rows) == 1 and not shown else ""
    if not rows or (one and len(one) <= room):
        return one
    seen = "volon task list" if all(row.listed for row in rows) else "volon status --json"
    return f"   ({len(rows)} more paused: {page.spelled(seen)})"


def _is_later(result: StatusResult, row: ElsewhereView) -> bool:
    """Whether it is a later pause of the very task that is paused here: a warning and the next command are about it."""
    task = result.task
    if task is None or task.status != "paused":
        return False
    return row.came and row.command == f"volon resume-task --task {task.task_id}"


def _headline(page: Page, task: TaskView, word: str, about: str) -> None:
    room = WIDTH - len(task.task_id) - len(word) - len(about) - 9
    title = task.title if len(task.title) <= room else task.title[: max(room - 1, 10)] + "…"
    page.clipped(Span(task.task_id, Style.STRONG), f"  {word}  {title}   ", Span(f"({about})", Style.DIM))


def _status_doing(page: Page, result: StatusResult, task: TaskView) -> None:
    about = [_checkpoint_words(result) or "no checkpoint yet", *map(_last_run, result.evidence[-1:])]
    if result.restaged and (result.newer or result.findings):
        about.append(f"{len(result.restaged)} staged otherwise")
    _headline(page, task, "doing", ", ".join(about))
    counted = ((len(result.unmerged), "unmerged"), (len(result.newer), "newer"))
    also = [f"{number} {word}" for number, word in counted if number]
    git = f"a {result.operation} is in progress" if result.operation else ""
    if result.findings:
        more = ", ".join([*filter(None, [git]), *also])
        _worst(page, result.findings[0], f"   ({more})" if more else "")
    elif result.unmerged:
        _named(page, f"{git}{'; ' * bool(git)}unmerged, to resolve and git add", result.unmerged)
    elif git:
        page.clipped("  ", git, Span(f"   ({', '.join(also)})" if also else "", Style.DIM))
    elif result.newer:
        _named(page, "newer than the checkpoint", result.newer)
    elif result.restaged:
        them = "it" if len(result.restaged) == 1 else "them"
        _named(page, f"as the checkpoint has {them}, but staged otherwise", result.restaged)


def _named(page: Page, what: str, names: tuple[str, ...]) -> None:
    """One line of the first names: where they are too long it is they that are cut, not how many more there are."""
    more = len(names) - _NAMES
    rest = f" and {more} more (--json names all)" if more > 0 else ""
    page.add("  ", clip_line(Span(f"{what}: {', '.join(names[:_NAMES])}").text, WIDTH - 2 - len(rest)), rest)


def _last_run(row: EvidenceView) -> str:
    from volon.model.evidence import ending  # noqa: PLC0415  only when something was run

    how = ending(row.exit_status)
    return f"last run {how}" if row.state == "valid" else f"last run {how}, stale"


def _checkpoint_words(result: StatusResult) -> str:
    return f"checkpoint {result.checkpoint:02d}" if result.checkpoint is not None else ""


def _status_paused(page: Page, result: StatusResult, task: TaskView) -> None:
    about = ", ".join(filter(None, [result.age, _checkpoint_words(result)])) or "never paused"
    _headline(page, task, task.status, about)
    bad = sorted((row for row in result.findings if row.severity in RANK), key=lambda row: RANK[row.severity])
    if bad:
        _worst(page, bad[0], f"   ({len(bad) - 1} more)" if len(bad) > 1 else "")
    elif later := [row for row in result.elsewhere if _is_later(result, row)]:
        word, style = SEVERITY["warning"]
        page.add(
            "  ", Span(word, style), f"  it went on elsewhere: checkpoint {later[0].checkpoint:02d}, {later[0].age}"
        )
    elif any(row.code.startswith("head.") for row in result.findings):
        same = [line for row in result.findings if row.code == "tree.same" for line in row.detail]
        unknown = [line.rpartition(": ")[0] or line for line in same]
        what = "HEAD is as you left it; not compared: " if unknown else "HEAD and files are as you left them"
        page.clipped("  ", Span("ok", Style.OK), f"    it still fits: {what}{', '.join(unknown)}")


def _worst(page: Page, row: FindingView, more: str) -> None:
    word, style = SEVERITY[row.severity]
    text = f"{topic(row.code)}: {row.sentence}"
    room = WIDTH - len(word) - len(more) - 4
    page.add(
        "  ", Span(word, style), f"  {text if len(text) <= room else text[: room - 1] + '…'}", Span(more, Style.DIM)
    )
