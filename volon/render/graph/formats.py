"""The formats of `volon pipeline graph --format` that are no page of text: a module for each, found here."""

from __future__ import annotations

from volon.render.graph import dot, html, mermaid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.results.pipeline import PipelineGraphResult

RENDERERS: dict[str, Callable[[PipelineGraphResult], str]] = {
    "mermaid": mermaid.render,
    "dot": dot.render,
    "html": html.render,
}
"""By name; `text` is a page like that of every command."""
