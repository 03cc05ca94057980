"""Parts of plans as people read them.

Source: seed 002 (Massive Task Handling); contract §6 (conduct).
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.conduct import ConductSubtaskResult, PlanView

_STYLES = {"complete": Style.OK, "executing": Style.WARN, "paused": Style.WARN}


def made(page: Page, result: ConductSubtaskResult) -> None:
    """Write the plans that were made, what they would run, and how to begin."""
    view = result.plan
    page.add(Span(f"{view.plan_id}: {view.title}, after {len(view.subtasks)} subtasks", Style.STRONG))
    listed(page, view)
    page.add("They would run:")
    for row in result.commands:
        page.add("  ", Span(f"{row.role:<10}", Style.DIM), row.line)
    page.add("Nothing has started; what each would run is shown and asked about before it begins.")
    page.add(Span("Next: ", Style.DIM), page.spelled(f"volon conduct resume {view.plan_id}"))


def listed(page: Page, view: PlanView) -> None:
    """Write the parts of a plan, and what it is a part of."""
    if view.parent:
        page.field("part of", view.parent, width=12)
    for one in view.subtasks:
        counted = f"{one.phases_complete} of {one.phases}"
        page.clipped(
            "  ",
            Span(f"{one.status:<10}", _STYLES.get(one.status, Style.DIM)),
            f"{one.plan_id}  {counted}  {one.title}",
        )
