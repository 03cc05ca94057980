"""The forecast of `status --conflicts`: for each piece of work the places it fits, and the paths where it does not.

Source: contract §4, §8 (3).
"""

from __future__ import annotations

from volon.model.syntax.gitpath import quote_path
from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.elsewhere import ForecastView


def forecast(page: Page, views: tuple[ForecastView, ...]) -> None:
    """Write one block for each piece of work, one line for each place."""
    if not views:
        page.add("No unfinished work to bring anywhere.")
    for work in dict.fromkeys(view.work for view in views):
        page.add(Span(work, Style.STRONG))
        for row in (view for view in views if view.work == work):
            _row(page, row)


def _row(page: Page, row: ForecastView) -> None:
    if row.paths is None:
        page.field(row.against, f"cannot be said: {row.reason}")
    elif not row.paths:
        page.add("  ", Span("fits", Style.OK), f"      {row.against}")
    else:
        page.add("  ", Span("conflict", Style.WARN), f"  {row.against}: {count(len(row.paths), 'file')}")
        for path in row.paths:
            page.clipped("            ", quote_path(path))
