"""What was found out while a plan is carried out, as people read it.

Source: seed 002 (Handling Spec Discrepancies); contract §6 (conduct).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conduct import ConductDiscoverResult, DiscoveryView

_SAID = {"recorded": "Wrote down", "approved": "Approved", "obsolete": "Holds no longer:"}


def discover(page: Page, result: ConductDiscoverResult) -> None:
    """Write the list, or the one thing with all that is known of it."""
    if result.done == "listed":
        page.add(Span(f"{result.plan_id}: {len(result.discoveries)} found out", Style.STRONG))
        for one in result.discoveries:
            page.add(f"  {one.number:>3}  ", Span(f"{_state(one):<12}", _style(one)), f" {one.title}")
        return
    for one in result.discoveries:
        lead = f"{_SAID[result.done]} " if result.done in _SAID else ""
        page.add(Span(f"{lead}{result.plan_id} {one.kind} {one.number}: {one.title}", Style.STRONG))
        _parts(page, one)
    if result.page:
        page.add("For people it is in ", page.path(result.page), "; later briefs have it.")
    if result.archived:
        page.add("Older entries went to ", page.path(result.archived))


def waiting(page: Page, found: tuple[DiscoveryView, ...]) -> None:
    """Write how much was found out, and what waits for somebody to approve it."""
    known = [one for one in found if not one.obsolete]
    if known:
        page.field("found out", f"{len(known)}, with evidence: volon conduct discover", width=12)
    for one in known:
        if _state(one) == "not approved":
            page.add(Span(f"  Core correction {one.number} waits for a person: {one.title}", Style.WARN))
            page.add(
                Span("  To approve it: ", Style.DIM), page.spelled(f"volon conduct discover {one.number} --approved")
            )


def _parts(page: Page, one: DiscoveryView) -> None:
    named = (
        ("spec", one.original_spec),
        ("reality", one.reality),
        ("evidence", one.evidence),
        ("action", one.action_taken),
        ("impact", f"{one.impact}, {_state(one)}"),
        ("from", one.source),
    )
    for name, text in named:
        if text:
            page.field(name, text)


def _state(one: DiscoveryView) -> str:
    if one.obsolete:
        return "obsolete"
    return "approved" if one.approved else "not approved" if one.impact == "core" else "not checked"


def _style(one: DiscoveryView) -> Style:
    return Style.DIM if one.obsolete else Style.OK if one.approved else Style.WARN
