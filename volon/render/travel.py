"""The pages of time travel: the difference of two checkpoints, where a text stands, where a command began to fail."""

from __future__ import annotations

from volon.model.syntax.gitpath import quote_path
from volon.render.page import WIDTH, Page, Span, Style
from volon.render.words import count, listing, short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.results import checkpoints as r

_MOST_FILES = 200
_MODES = {"100644": "plain", "100755": "executable", "120000": "link", "160000": "submodule"}
_TRIED = {"good": Style.OK, "bad": Style.STOP, "skipped": Style.DIM}
_LONGEST = 300


def checkpoint_diff(page: Page, result: r.CheckpointDiffResult) -> None:
    """Write what differs."""
    second = f"{result.b.number:02d}" if result.b else "now"
    page.add(Span(f"Checkpoint {result.a.number:02d} → {second}", Style.STRONG))
    width = max((len(name) for name, _, _ in result.fields), default=0)
    for name, before, after in result.fields:
        page.prose(f"  {name:<{width}}  ", f"{before or 'none'} → {after or 'none'}")
    listing(page, "Commits in between", result.commits)
    listing(page, "Uncommitted work on record", (f"{kind:<8} {quote_path(path)}" for path, kind in result.recorded))
    if result.files:
        _files(page, result.files)
    if result.capsule_diff and result.patched:
        page.gap()
        _lines(page, result.capsule_diff, "  ")
    elif result.capsule_diff:
        page.add("  the words of the pause differ too; --patch shows them")
    if result.patch:
        page.gap()
        _lines(page, result.patch)
    if result.more:
        page.add(f"… {result.more} more lines; name paths to see less of it")
    if not (result.fields or result.files or result.commits or result.capsule_diff or result.recorded):
        page.add("  no difference")


def _files(page: Page, files: tuple[r.FileDiffView, ...]) -> None:
    page.gap()
    page.add("  ", Span("Files", Style.DIM))
    for row in files[:_MOST_FILES]:
        name = quote_path(row.path) if row.origin is None else f"{quote_path(row.origin)} → {quote_path(row.path)}"
        page.add(f"    {row.change:<8} ", name, Span(f"  {_size(row)}", Style.DIM))
    if len(files) > _MOST_FILES:
        page.add(f"    … {len(files) - _MOST_FILES} more; --json has them all")
    added, deleted = (sum(getattr(row, name) or 0 for row in files) for name in ("added", "deleted"))
    page.add(f"    {count(len(files), 'file')}, +{added} -{deleted} lines")


def _size(row: r.FileDiffView) -> str:
    lines = "binary" if row.added is None else f"+{row.added} -{row.deleted}"
    modes = [_MODES.get(mode, mode) for mode in (row.old_mode, row.new_mode) if mode]
    return lines if len(set(modes)) <= 1 else f"{lines}, {' → '.join(modes)}"


def _lines(page: Page, lines: Iterable[str], margin: str = "") -> None:
    for line in lines:
        style = Style.OK if line.startswith("+") else Style.STOP if line.startswith("-") else Style.DIM
        page.add(margin, Span(line, style))


def checkpoint_grep(page: Page, result: r.CheckpointGrepResult) -> None:
    """Write the lines that match, each with the checkpoints it stands in."""
    for hit in result.hits:
        text = hit.text if len(hit.text) <= _LONGEST else hit.text[:_LONGEST] + "…"
        where = Span(f"{quote_path(hit.path)}:{hit.line}:", Style.STRONG)
        page.add(Span(f"{ranges(hit.checkpoints)}  ", Style.NOTE), where, " ", text)
    if result.more:
        page.add(f"… {result.more} more lines match; --json has them all")
    if not result.hits:
        page.add(f"No line matches in {count(len(result.searched), 'checkpoint')}.")


def ranges(numbers: tuple[int, ...]) -> str:
    """Return numbers as people read them: `01-04, 07`."""
    runs: list[list[int]] = []
    for number in sorted(set(numbers)):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]:02d}" if len(run) == 1 else f"{run[0]:02d}-{run[-1]:02d}" for run in runs)


def checkpoint_bisect(page: Page, result: r.CheckpointBisectResult) -> None:
    """Write what was tried and where it began to fail."""
    for row in result.trials:
        why = row.reason or f"exit status {row.exit_status}"
        page.clipped("  ", Span(f"{row.verdict:<8}", _TRIED[row.verdict]), f"{_state(row):<15}  ", Span(why, Style.DIM))
    page.add(Span(_verdict(result), Style.STRONG))
    for line in result.output:
        page.add("    ", Span(line[: WIDTH * 4], Style.DIM))


def _state(row: r.TrialView) -> str:
    return f"commit {short(row.commit)}" if row.checkpoint is None else f"checkpoint {row.checkpoint:02d}"


def _verdict(result: r.CheckpointBisectResult) -> str:
    suspects = [_state(row) for row in result.suspects]
    if result.outcome == "never-bad":
        return "It succeeds on the last state as well; there is nothing to find."
    if result.outcome == "always-bad":
        return f"It fails on the first state already: {suspects[0]}."
    if result.outcome == "undecided" and all(row.verdict == "skipped" for row in result.trials):
        return "None of them could be tried."
    if result.outcome == "undecided":
        return f"The first bad one is among: {', '.join(suspects)}; the others of them were skipped."
    return f"First bad: {suspects[0]}" + (f"; last good: {_state(result.good)}" if result.good else "")
