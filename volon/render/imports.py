"""Imports, as people read them.

Source: contract §4; issue "Where agents live" (importers).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.imports import ImportedView, ImportListResult, ImportResult

_FROM = {
    "said": "as the source says",
    "branch": "the tip of the branch it names; it names no commit",
    "HEAD": "HEAD now; it names no commit",
}


def imported(page: Page, result: ImportResult) -> None:
    """Write what was taken over."""
    for number, one in enumerate(result.imported):
        if number:
            page.gap()
        _one(page, one, dry_run=result.dry_run)
    if any(one.already for one in result.imported):
        page.add(Span("Nothing was done of it again. ", Style.DIM), page.spelled("volon status"))


def _one(page: Page, one: ImportedView, *, dry_run: bool) -> None:
    if one.already:
        page.prose(Span(f"{one.task_id} was made of it before: ", Style.STRONG), one.source)
        return
    verb = "Would import" if dry_run else "Imported"
    page.prose(Span(f"{verb} {one.source} as {one.task_id}: ", Style.STRONG), one.title)
    if one.at:
        page.field("written", one.at)
    if one.paused_commit is not None:
        where = f"{one.branch}@{one.paused_commit[:12]}" if one.branch else one.paused_commit[:12]
        page.field("commit", f"{where} ({_FROM[one.commit_from]})")
    if one.saved is not None:
        page.field("files", ", ".join(f"{number} {kind}" for kind, number in one.saved.items()) or "none")
    page.items("left out", [f"{page.path(left.path)}: {left.detail}" for left in one.not_saved])
    page.items("next", one.next_actions)
    page.field("checkpoint", f"{one.checkpoint or 0:02d}  {one.checkpoint_path}")
    if one.derived:
        page.field("derived", "nobody wrote it to be read by the next one; look before you believe it")
    page.field("untouched", "the source, HEAD, index, stash, your files")
    if not dry_run:
        page.add(Span("Next: ", Style.DIM), one.next_command)


def listing(page: Page, result: ImportListResult) -> None:
    """Write what can be imported."""
    if not result.found:
        page.add(
            "Nothing to import: no stash entry, no handoff of GSD or Continuous-Claude, no session of an agent here."
        )
        return
    page.add(Span(f"{count(len(result.found), 'source')} here", Style.STRONG))
    for one in result.found:
        state = f"is {one.task_id}" if one.task_id else one.problem or one.title
        if one.agent and not one.problem:
            # The paths of sessions are long, and alike but for their ends.
            page.clipped(f"  {one.kind:<10}  {one.at or '-':<20}  {one.agent}: ", state, "  ", page.path(one.source))
        else:
            page.clipped(f"  {one.kind:<10}  {one.at or '-':<20}  ", page.path(one.source), f"  {state}")
    if result.more:
        page.add(Span(f"Not listed are older ones of: {', '.join(result.more)}. They can be named.", Style.DIM))
    fresh = next((one for one in result.found if not (one.task_id or one.problem)), None)
    if fresh is not None:
        page.add(Span("Next: ", Style.DIM), page.spelled(fresh.command))
