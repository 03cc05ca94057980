"""Handing over, as people read it.

Source: contract §4 (`handoff`).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style
from volon.render.words import count, whose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.handoff import (
        HandoffClaimResult,
        HandoffReceiveResult,
        HandoffSendResult,
        SentView,
    )


def send(page: Page, result: HandoffSendResult) -> None:
    """Write the page of what was sent."""
    what = f"{result.task_id} at checkpoint {result.checkpoint:02d}"
    if not result.sent:
        page.add(Span(f"{what} is on {result.to} already", Style.STRONG))
        return
    page.add(Span(f"{'Would hand' if result.dry_run else 'Handed'} {what} to {result.to}", Style.STRONG))
    page.field("sent", _kinds(result.sent))
    page.field("searched", f"{count(result.searched, 'object')}, no secrets found")
    page.field("untouched", "branches, tags, your files")
    if result.needs:
        page.field("needs", f"a clone that has {', '.join(oid[:12] for oid in result.needs)}")
    if result.plan is not None and not result.plan.missing:
        page.field("plan", f"{result.plan.plan_id}, in the commit of the pause")
    page.add(Span("There: ", Style.DIM), result.next_command)


def receive(page: Page, result: HandoffReceiveResult) -> None:
    """Write the page of what came."""
    where = f"in {result.source}" if "/" in result.source else f"on {result.source}"
    if not result.came:
        page.add(f"Nothing new {where}." if not result.refused else f"Nothing was taken from {result.source}.")
    else:
        verb = "Would learn" if result.dry_run else "Learned"
        page.add(Span(f"{verb} what is new {where}", Style.STRONG))
        for row in {row.task_id: row for row in result.came if row.title}.values():
            word = "paused" if row.ref.startswith("refs/volon/paused/") else "gone on with, or closed"
            page.clipped(f"  {row.task_id}  {word}, checkpoint {row.checkpoint or 0:02d}  {row.title}")
        if result.dry_run:
            page.add(f"  {_kinds(result.came)}")
    if result.plan is not None:
        page.add(f"  {result.plan.plan_id}  came along, in {result.plan.commit[:12]}. To go on with it here:")
        page.add("    ", result.plan.command)
    for claim in result.claims:
        page.clipped(f"  {claim.task_id or 'a task'}  {whose(claim)}")
    if result.came:
        page.add(Span("Next: ", Style.DIM), result.next_command)


def claim(page: Page, result: HandoffClaimResult) -> None:
    """Write the page of a claim."""
    one = result.claim
    word = "Claimed" if one.held else "Released"
    if result.already:
        word = f"Already {word.lower()}:"
    elif result.dry_run:
        word = f"Would have {word.lower()}"
    page.clipped(Span(f"{word} {one.task_id} on {result.remote}", Style.STRONG), f"  {result.title}")
    if result.before is not None:
        page.field(
            "taken from", f"{result.before.who}, clone {result.before.clone}, who had it since {result.before.at}"
        )
    page.add(Span("Next: ", Style.DIM), result.next_command)


def _kinds(sent: tuple[SentView, ...]) -> str:
    kinds = [row.ref.split("/")[2] for row in sent]
    named = (
        ("paused", "pause", "pauses"),
        ("closed", "end of a pause", "ends of pauses"),
        ("snap", "snapshot", "snapshots"),
    )
    counted = ((kinds.count(kind), one, many) for kind, one, many in named)
    return ", ".join(f"{number} {one if number == 1 else many}" for number, one, many in counted if number)
