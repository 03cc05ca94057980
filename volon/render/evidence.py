"""What is said of commands that were run.

Source: contract §4 (`volon run`), §8.5.
"""

from __future__ import annotations

from volon.render.page import Page, Span, Style
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.evidence import RunResult


def run(page: Page, result: RunResult) -> None:
    """Write the one line that follows the output of a command."""
    row = result.evidence
    if row is None:
        page.prose(Span("Error: ", Style.STOP), result.reason)
        return
    of = f" for {result.task_id}" if result.task_id else ""
    said = f"Recorded{of}: {row.outcome}" if result.recorded else f"Not recorded: {row.outcome}"
    page.clipped(Span(said, Style.DIM))
    if row.changed_the_tree:
        files = count(len(row.changed_files), "file") if row.changed_files else "the tree"
        page.add(Span(f"The command itself changed {files}.", Style.DIM))


def run_quietly(page: Page, result: RunResult) -> None:
    """Write only what must not be missed: that it did not run, or was not recorded."""
    if not result.started:
        run(page, result)
    for warning in result.warnings:
        page.prose(Span("Warning: ", Style.WARN), warning)
