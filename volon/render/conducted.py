"""The end of plans as people read it, and what can be gone on with.

Source: contract §2.13, §6 (conduct, sessions); seeds 000 and 002.
"""

from __future__ import annotations

from volon.model.text import LISTED, listed
from volon.render.page import Page, Span, Style
from volon.render.restored import left_alone, names
from volon.render.words import count, whose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conducted import (
        ConductCompleteResult,
        ConductRollbackResult,
        ConductSessionsResult,
        SessionView,
    )

_SHORT = 12
_STYLES = {"passed": Style.OK, "failed": Style.WARN, "skipped": Style.DIM}


def rollback(page: Page, result: ConductRollbackResult) -> None:
    """Write what a rollback did, or would do."""
    done = result.op is not None
    where = f"the end of phase {result.phase} ({result.name})" if result.phase else result.name
    said = Span(f"{'Rolled' if done else 'Would roll'} {result.plan_id} back to {where}", Style.STRONG)
    page.add(said, f", {result.checkpoint[:_SHORT]}")
    if result.phases:
        are = ("are" if len(result.phases) > 1 else "is") if done else "will be"
        numbers = ", ".join(map(str, result.phases))
        page.field("phases" if len(result.phases) > 1 else "phase", f"{numbers} {are} to be done again")
    if result.commits:
        taken = f"{count(len(result.commits), 'commit')} taken back, and kept in the history: "
        page.field("commits", taken + listed(list(result.commits)), lines=LISTED)
    names(page, "created" if done else "create", result.created)
    names(page, "overwrote" if done else "overwrite", result.overwritten)
    names(page, "deleted" if done else "delete", result.deleted)
    left_alone(page, result.left)
    if result.dry_run:
        page.add(Span("Dry run: nothing was written.", Style.DIM))
    elif result.stopped:
        page.add("Nothing was changed yet. What stands there now is saved first. Go on:")
        page.add("  ", result.next_command or "")
    else:
        page.field("saved", f"everything as it was before, as {(result.safety or '')[:_SHORT]}")
        page.add("To take this back: ", page.spelled("volon undo"))
        page.add(Span("Next: ", Style.DIM), page.spelled(f"volon conduct resume {result.plan_id}"))


def complete(page: Page, result: ConductCompleteResult) -> None:
    """Write the seven points, and what became of the plan."""
    failed = sum(one.state == "failed" for one in result.points)
    called = "called complete by --force" if result.forced else "complete"
    word = called if result.completed else f"not complete, {failed} of {len(result.points)} points failed"
    page.add(Span(f"{result.plan_id}: {result.title}: {word}", Style.STRONG))
    for one in result.points:
        page.add("  ", Span(f"{one.state:<9}", _STYLES[one.state]), f"{one.name}: {one.says}")
    if result.forced:
        page.add("Points had failed: so it stands in the record and the log.")
    page.add("In full: ", page.path(result.output))
    if not result.completed:
        page.add("Mend it, commit, and run this again; --force calls it complete all the same, and is written down.")


def sessions(page: Page, result: ConductSessionsResult) -> None:
    """Write what can be gone on with: two lines each, and all that is known of one that was named."""
    if not result.sessions:
        page.add("Nothing is paused or under way here.")
        page.add(Span("Next: ", Style.DIM), page.spelled("volon conduct start"))
    for one in result.sessions:
        why = " (by --force)" if one.forced else f" ({one.reason})" if one.reason else ""
        page.clipped(Span(f"{one.session_id}  {one.names}: {one.title}", Style.STRONG))
        style = Style.OK if one.status == "active" else Style.WARN if one.status in {"paused", "stale"} else Style.DIM
        page.add("  ", Span(f"{one.status}{why}", style), f"{_progress(one)}{f', {one.age}' if one.age else ''}")
        if one.held_by:
            page.field("held by", f"{one.held_by}, since {one.at}" if one.status == "active" else one.held_by)
        if one.claim:
            page.field("claim", whose(one.claim))
        for step in one.next if result.one else ():
            page.field("next", step)
        look = one.command.startswith("volon conduct status")
        page.add("  ", Span("Look: " if look else "Go on: ", Style.DIM), one.command)


def _progress(one: SessionView) -> str:
    if not one.total:
        return ""
    return f", {one.complete} of {one.total} phases ({(one.complete or 0) * 100 // one.total}%)"
