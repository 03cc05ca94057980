"""A graph as Mermaid, which GitHub, GitLab and many editors draw: `flowchart LR`, statuses as classes.

Letters that could mean something to Mermaid or to HTML are written by number, and tickets have names of our own.

Source: issue "the pipeline" (graph); mermaid.js.org, "Entity codes to escape characters".
"""

from __future__ import annotations

import json

from volon.patterns import pattern
from volon.render.graph.colours import COLOURS, label
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.pipeline import PipelineGraphResult

_MEANS_SOMETHING = pattern(r"[^\w .,-]|--|_|^\W", 0)


def render(result: PipelineGraphResult) -> str:
    """Return the text of a diagram."""
    number = {one.ticket: place for place, one in enumerate(result.tickets)}
    title = json.dumps(safe(result.name)).replace("<", "\\u003c")
    lines = ["---", f"title: {title}", "---", "flowchart LR"]
    for one in result.tickets:
        said = "<br/>".join(_escaped(line) for line in label(one))
        lines.append(f'  t{number[one.ticket]}["{said}"]:::{one.status}')
    lines += [f"  t{number[need]} --> t{number[one.ticket]}" for one in result.tickets for need in one.needs]
    for status in sorted({one.status for one in result.tickets}):
        fill, stroke, text = COLOURS[status]
        lines.append(f"  classDef {status} fill:{fill},stroke:{stroke},color:{text}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return _MEANS_SOMETHING.sub(lambda match: "".join(f"#{ord(one)};" for one in match[0]), safe(text))
