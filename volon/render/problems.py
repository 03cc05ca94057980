"""Errors as people read them: `Error:`, `Caused by:`, `Hint:`, always in this order.

Source: contract §4.
"""

from __future__ import annotations

from volon.model.results.protocol import ErrorResult
from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.errors import VolonError


def error_page(error: VolonError) -> Page:
    """Return the lines that tell a person what went wrong and how to get on."""
    page = Page()
    page.prose(Span("Error: ", Style.STOP), error.message)
    for cause in error.causes:
        page.prose(Span("Caused by: ", Style.DIM), cause)
    for hint in error.hints:
        page.told(Span("Hint: ", Style.NOTE), hint)
    return page


def error_result(error: VolonError) -> ErrorResult:
    """Return the same facts for `--json`."""
    return ErrorResult(exit_code=error.exit_code, error=error.message, causes=error.causes, hints=error.hints)
