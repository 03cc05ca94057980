"""The pages of `volon checkpoint`: the timeline as a graph, and one checkpoint."""

from __future__ import annotations

from volon.model.syntax.gitpath import quote_path
from volon.render.page import Page, Span, Style
from volon.render.words import minute, place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results import checkpoints as r

_MOST_COLUMNS = 16
_MOST_FILES = 20


def checkpoint_list(page: Page, result: r.CheckpointListResult) -> None:
    """Write the timeline."""
    if not result.checkpoints:
        page.add("No checkpoints yet.")
        page.add(Span("Next: ", Style.DIM), page.spelled('volon pause-task "what you are in the middle of"'))
        return
    placed = {(row.column, row.joins, row.above, row.below) for row in result.checkpoints}
    columns = 1 + max(max((column, *above, *below)) for column, _, above, below in placed)
    drawn = {one: _drawn(columns, *one) for one in placed}
    here = (Span(" ← here", Style.OK),)
    numbers = sorted([row.number for row in result.checkpoints])
    twice = {one for at, one in enumerate(numbers) if at and numbers[at - 1] == one}
    for row in result.checkpoints:
        graph, lead = drawn[row.column, row.joins, row.above, row.below]
        page.clipped(
            graph,
            # Not as formats, which would be parsed again for each of thousands of rows.
            Span(str(row.number).zfill(2), Style.STRONG),
            f"  {minute(row.saved_at).ljust(17)}  {row.task_id or '-'}  {place(row.branch, row.paused_commit)}",
            *(here if row.current else ()),
        )
        if row.number in twice:
            page.add(lead, row.uid or row.path)
        page.prose(lead, row.note or "no note", lines=2, under=lead.text)
        for problem in row.problems:
            page.prose(Span(lead.text, Style.WARN), problem, under=lead.text)
    page.add(
        Span("Back to one: ", Style.DIM),
        page.spelled("volon resume-task N"),
        "; by its uid where two have a number" if twice else "",
    )


def _drawn(
    columns: int, column: int, joins: tuple[int, ...], above: tuple[int, ...], below: tuple[int, ...]
) -> tuple[Span, Span]:
    """What stands before a checkpoint's two lines; in a long list that is mostly the same."""
    margin = _narrow("".join("│ " if each in below else "  " for each in range(columns)))
    return Span(_narrow(_graph(columns, column, joins, above), column), Style.NOTE), Span(f"{margin}    ", Style.DIM)


def _narrow(graph: str, column: int = 0) -> str:
    """Keep the first columns of a wide graph; a checkpoint behind them stands at their end."""
    if len(graph) <= _MOST_COLUMNS * 2:
        return graph
    kept = graph[: _MOST_COLUMNS * 2 - 2]
    return kept + ("●…" if column >= _MOST_COLUMNS - 1 else "… ")


def _graph(columns: int, own: int, joins: tuple[int, ...], above: tuple[int, ...]) -> str:
    """Draw one row: the checkpoint, the columns that pass by, and those that join it here."""
    last = max(joins, default=own)
    cells = []
    for column in range(columns):
        if column == own:
            cells.append("●")
        elif column in joins:
            cells.append("╯" if column == last else "┴")
        else:
            cells.append("│" if column in above else "─" if own < column < last else " ")
        cells.append("─" if own <= column < last else " ")
    return "".join(cells)


def checkpoint_show(page: Page, result: r.CheckpointShowResult) -> None:
    """Write what a checkpoint says, for people."""
    one = result.checkpoint
    number = f"{one.number:02d}"
    page.clipped(Span(f"Checkpoint {number}", Style.STRONG), f"  {one.task_id or '-'}  ", result.title)
    page.gap()
    upstream = f" (upstream {result.upstream})" if result.upstream else ""
    page.field("Saved", f"{minute(one.saved_at)}, {place(one.branch, one.paused_commit)}{upstream}")
    texts = (
        ("Note", one.note if one.note != result.title else ""),
        ("Goal", result.goal if result.goal != result.title else ""),
        ("Plan", result.plan),
        ("Summary", result.summary),
        ("You were", result.you_were or ""),
    )
    for label, text in texts:
        if text:
            page.field(label, text)
    files = {f"{quote_path(path)}: {kind}": path for path, kind in result.changes}
    unsaved = frozenset(result.unsaved)
    said = [f"{text}{', not saved' * (path in unsaved)}" for text, path in files.items()]
    more = [f"… {len(files) - _MOST_FILES} more; volon checkpoint diff {result.called} --patch"][
        : len(files) > _MOST_FILES
    ]
    lists = (
        ("Changed", (*said[:_MOST_FILES], *more)),
        ("Key files", [one for one in result.key_files if one not in files]),
        ("Ran", result.commands),
        ("Done", result.completed),
        ("Questions", result.questions),
        ("Blockers", result.blockers),
        ("Next", [f"{number}. {action}" for number, action in enumerate(result.next_actions, 1)]),
    )
    for label, items in lists:
        page.items(label, items)
    page.field("Record", page.path(one.path))
    for problem in one.problems:
        page.prose(Span("Warning: ", Style.WARN), problem)
    files_back = f"; its files: {page.spelled(f'volon restore {result.called}')}" if result.saved else ""
    page.add(Span("Back: ", Style.DIM), page.spelled(f"volon resume-task {result.called}"), files_back)
