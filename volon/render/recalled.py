"""What comes back with a plan, as people read it: its phases, its tokens, and what is ahead.

Source: seed 000 (pause confirmation, Token Budget Management); origins §4.2 (resume display blocks).
"""

from __future__ import annotations

from volon.render.page import Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conduct import ConductBudgetResult
    from volon.model.results.recalled import BudgetView, RecallView
    from volon.render.page import Page

_WIDTH = 12
_ADVICE = {
    "high": "more than 70% are used: a resume tells older phases in short",
    "pause": "more than 85% are used: pause at the end of this phase",
}


def told(page: Page, result: ConductBudgetResult) -> None:
    """Write the tokens of a plan, phase by phase."""
    if result.budget is None:
        nothing(page)
        return
    page.add(Span(f"{result.plan_id}: {result.title}", Style.STRONG))
    _used(page, result.budget, result.phase)


def nothing(page: Page) -> None:
    """Write that there is no plan."""
    page.add("There is no plan here.")
    page.add(Span("Next: ", Style.DIM), page.spelled("volon conduct start"))


def budget(page: Page, view: RecallView) -> None:
    """Write how many tokens were used, of how many, and what is to be done about it."""
    _share(page, view.budget, view.phase)


def _share(page: Page, known: BudgetView, phase: int | None) -> None:
    if known.used is None:
        page.field("tokens", "not recorded", width=_WIDTH)
        return
    of = f" / {known.limit:,} ({known.percent}%)" if known.limit else ""
    none = "" if known.limit else "; no limit is set (tokens.limit in volon.yaml)"
    page.field("tokens", f"{known.used:,}{of}{none}", width=_WIDTH)
    if known.advice and phase is not None:
        page.add("  ", Span("warn  ", Style.WARN), _ADVICE[known.advice])


def ahead(page: Page, view: RecallView) -> None:
    """Write what comes next, what it may take, and what is used, phase by phase."""
    if view.next_steps:
        page.add("  Next steps:")
    for number, step in enumerate(view.next_steps, 1):
        page.prose(f"    {number}. ", step, lines=2)
    _used(page, view.budget, view.phase)
    left = "not known before a phase is complete" if view.remaining_ms is None else f"~{_long(view.remaining_ms)}"
    if view.phase is not None:
        page.field("remaining", f"{left} (an estimate)" if view.remaining_ms is not None else left, width=_WIDTH)


def _used(page: Page, known: BudgetView, phase: int | None) -> None:
    _share(page, known, phase)
    for one in known.phases if known.used is not None else ():
        used = f"{one.tokens_in:,} in, {one.tokens_out or 0:,} out" if one.tokens_in is not None else "not recorded"
        page.add(f"    phase {one.phase}: {used}")
    page.field("resume", f"reads about {known.resume:,} tokens (an estimate)", width=_WIDTH)


def phases(page: Page, view: RecallView) -> None:
    """Write each complete phase, in full or in short."""
    for one in view.phases:
        took = f" ({_long(one.worked_ms)})" if one.worked_ms else ""
        page.add("  ", Span(f"phase {one.phase}", Style.OK), f"  {one.name}{took}{': in short' if one.short else ''}")
        for line in one.lines:
            page.prose("    ", line, lines=3)
    if short := [one for one in view.phases if one.short]:
        page.add(Span(f"  {count(len(short), 'phase')} in short; in full in results/.", Style.DIM))


def _long(ms: int) -> str:
    minutes = -(-ms // 60_000)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"  # noqa: PLR2004  an hour
