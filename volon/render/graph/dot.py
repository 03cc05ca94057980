"""A graph as DOT, the language of Graphviz.

Source: issue "the pipeline" (graph); graphviz.org, "The DOT Language" (quoted strings, escString).
"""

from __future__ import annotations

from volon.render.graph.colours import COLOURS, label
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.pipeline import PipelineGraphResult

_HEAD = (
    '  graph [rankdir=LR, fontname="Helvetica", labelloc=t, nodesep=0.25, ranksep=0.6]',
    '  node [shape=box, style="rounded,filled", fontname="Helvetica", fontsize=11, margin="0.18,0.09"]',
    '  edge [color="#8a94a3", arrowsize=0.7]',
)


def render(result: PipelineGraphResult) -> str:
    """Return the text of a directed graph."""
    number = {one.ticket: place for place, one in enumerate(result.tickets)}
    name = _quoted(result.name)
    lines = [f"digraph {name} {{", *_HEAD, f"  label={name}"]
    for one in result.tickets:
        fill, stroke, text = COLOURS[one.status]
        colours = f'fillcolor="{fill}", color="{stroke}", fontcolor="{text}"'
        lines.append(f"  t{number[one.ticket]} [label={_quoted(*label(one))}, {colours}]")
    lines += [f"  t{number[need]} -> t{number[one.ticket]}" for one in result.tickets for need in one.needs]
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(*lines: str) -> str:
    r"""A quoted string: a backslash means itself, a break between lines is `\n`, and `&` begins no entity."""
    said = (safe(line).replace("&", "&amp;").replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return '"' + "\\n".join(said) + '"'
