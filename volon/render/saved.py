"""The pages of what pauses saved of the user's files: the list, and what a purge removes."""

from __future__ import annotations

from volon.model.syntax.gitpath import quote_path
from volon.render.page import Page, Span, Style
from volon.render.words import count, minute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results import checkpoints as r

_NAMED = 5
_KINDS = {
    "safety": "before a restore or undo",
    "elsewhere": "records not here",
    "orphan": "never finished",
}


def checkpoint_files(page: Page, result: r.CheckpointFilesResult) -> None:
    """Write what was saved."""
    if not result.saved:
        page.add("No files were saved.")
        return
    for row in result.saved:
        _row(page, row)
        for path, why in row.left_out:
            page.field("not saved", f"{quote_path(path)} ({why})", indent=4)
    page.add(f"{count(len(result.saved), 'checkpoint')} with files{_disk(result.on_disk)}")


def _row(page: Page, row: r.SavedView) -> None:
    what = f"{count(len(row.files), 'file')}, {_size(row.bytes)}" if not row.problem else "cannot be read"
    origin = "" if row.here else "from another machine"
    about = ", ".join(filter(None, [_KINDS.get(row.kind), origin, "unfinished work" if row.live else ""]))
    when = f"  {minute(row.saved_at):<17}  {what}  "
    page.add(Span(_label(row), Style.STRONG), when, Span(about, Style.NOTE))
    if row.problem:
        page.prose(Span("    ", Style.WARN), row.problem)


def purge_files(page: Page, result: r.PurgeFilesResult) -> None:
    """Write what goes, by name, and how it can be had back."""
    if not result.removed:
        page.add("Nothing to remove.")
    for row in result.removed:
        _row(page, row)
        for path in row.files[:_NAMED]:
            page.add("    ", quote_path(path))
        if len(row.files) > _NAMED:
            page.add("    ", Span(f"… {len(row.files) - _NAMED} more; --json names all", Style.DIM))
    for row in result.spared:
        page.add(f"Kept {_label(row)}: an unfinished task stands on it; it goes only when it is named.")
    if not result.removed:
        return
    verb = "Would remove" if result.dry_run else "Removed"
    said = f"{verb} the files of {count(len(result.removed), 'checkpoint')}; {result.kept} kept"
    page.add(Span(said, Style.STRONG), _disk(result.on_disk))
    if result.dry_run:
        page.add("Nothing was changed; --yes removes them. The records of checkpoints stay.")
        return
    page.add("Until git collects them (two weeks, unless set otherwise) each can be had back:")
    for line in result.back:
        page.add("  ", Span(line, Style.NOTE))


def _label(row: r.SavedView) -> str:
    return f"{row.checkpoint:02d}" if row.checkpoint is not None else row.uid


def _disk(size: int | None) -> str:
    return "" if size is None else f", {_size(size)} on disk that nothing else needs"


def _size(size: int | None) -> str:
    if size is None:
        return "size unknown"
    value, unit = float(size), "B"
    for larger in ("KiB", "MiB", "GiB"):
        if value < 1024:  # noqa: PLR2004  what a unit is made of
            break
        value, unit = value / 1024, larger
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
