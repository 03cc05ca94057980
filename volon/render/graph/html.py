"""A graph as one page of HTML with a picture in it: nothing is loaded, no script runs, what is said is only text.

The page forbids itself everything but its own style, by a policy that browsers enforce. Below the picture stands a
table of the same, for whoever searches it or listens to it.

Source: issue "the pipeline" (graph); reliability §1.5.
"""

from __future__ import annotations

import html
from base64 import b64encode

from volon.digests import sha256
from volon.render.graph.colours import COLOURS, label
from volon.render.graph.placing import placed
from volon.render.safe import safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.model.results.pipeline import GraphTicketView, PipelineGraphResult
    from volon.render.graph.placing import Placed, Spot

_BOX, _APART, _THIN, _GAP, _EDGE = 40.0, 56.0, 20.0, 64.0, 16.0
"""In pixels: how high a box is, with air, and an arrow that passes; how far layers are apart, and from the edge."""
_LETTER, _LONGEST = 7.3, 30
_STYLE = (
    """
:root { color-scheme: light dark; --page: #ffffff; --text: #252c36; --line: #8a94a3; }
@media (prefers-color-scheme: dark) { :root { --page: #161a20; --text: #e4e8ee; --line: #7c8797; } }
body { margin: 1.5rem; font: 14px/1.45 system-ui, sans-serif; background: var(--page); color: var(--text); }
h1 { font-size: 1.25rem; margin: 0; } p { margin: .25rem 0 1rem; opacity: .75; }
.picture { overflow: auto; } svg { display: block; } svg text { font: 12px ui-monospace, monospace; }
svg .name { font-weight: 600; } path { fill: none; stroke: var(--line); stroke-width: 1.4; }
marker path { fill: var(--line); stroke: none; }
rect { stroke-width: 1.4; }
table { border-collapse: collapse; margin-top: 1.5rem; } th, td { text-align: left; padding: .2rem 1rem .2rem 0; }
th { border-bottom: 1px solid var(--line); } td { vertical-align: top; }
td.status { white-space: nowrap; }
"""
    + "".join(
        f".{status} rect {{ fill: {fill}; stroke: {stroke}; }} .{status} text {{ fill: {text}; }}\n"
        for status, (fill, stroke, text) in COLOURS.items()
    )
    + ".waiting rect { stroke-dasharray: 4 3; } .running rect, .failed rect, .unknown rect { stroke-width: 2.4; }\n"
)
_HASH = b64encode(bytes.fromhex(sha256(_STYLE.encode()))).decode()
_POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"


def render(result: PipelineGraphResult) -> str:
    """Return the page."""
    name = _text(result.name)
    status = f"{result.status}, {_counts(result.tickets)}"
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>{name}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n",
            f"<h1>{name}</h1>\n<p>{_text(result.file)}: {status}</p>\n",
            f'<div class="picture">\n{_picture(result)}</div>\n',
            "<table>\n<thead><tr><th>Ticket</th><th>Status</th><th>Needs</th></tr></thead>\n<tbody>\n",
            *(_row(one) for one in result.tickets),
            "</tbody>\n</table>\n</body>\n</html>\n",
        )
    )


def _picture(result: PipelineGraphResult) -> str:
    graph = placed({one.ticket: one.needs for one in result.tickets}, _APART, _THIN)
    widths = [0.0] * graph.layers
    for one in result.tickets:
        layer = graph.spots[one.ticket].layer
        widths[layer] = max(widths[layer], *(_width(line) for line in _lines(one)))
    lefts = [_EDGE + sum(widths[:layer]) + layer * _GAP for layer in range(graph.layers)]
    width = sum(widths) + _GAP * max(graph.layers - 1, 0) + 2 * _EDGE
    lowest = max((spot.y for way in ([*graph.spots.values()], *graph.ways.values()) for spot in way), default=0.0)
    height = lowest + _BOX + 2 * _EDGE
    return "".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"',
            f' viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{_text(result.name)}">\n',
            '<marker id="end" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">',
            '<path d="M0 0L8 4L0 8z"/></marker>\n',
            *_arrows(graph, lefts, widths),
            *(_box(one, graph.spots[one.ticket], lefts, widths) for one in result.tickets),
            "</svg>\n",
        )
    )


def _arrows(graph: Placed, lefts: Sequence[float], widths: Sequence[float]) -> Iterator[str]:
    """Each leaves a box to the right, passes straight through layers, and bends between them."""
    for way in graph.ways.values():
        first, *rest = way
        x, y = lefts[first.layer] + widths[first.layer], _centre(first)
        path = [f"M{x:.1f} {y:.1f}"]
        for spot in rest:
            left, at = lefts[spot.layer], _centre(spot)
            half = (left - x) / 2
            path.append(f"C{x + half:.1f} {y:.1f} {left - half:.1f} {at:.1f} {left:.1f} {at:.1f}")
            if spot is not rest[-1]:
                left += widths[spot.layer]
                path.append(f"H{left:.1f}")
            x, y = left, at
        yield f'<path d="{"".join(path)}" marker-end="url(#end)"/>\n'


def _box(one: GraphTicketView, spot: Spot, lefts: Sequence[float], widths: Sequence[float]) -> str:
    x, y, width = lefts[spot.layer], _centre(spot), widths[spot.layer]
    name, status = _lines(one)
    needs = f", needs {', '.join(one.needs)}" if one.needs else ""
    middle = x + width / 2
    return (
        f'<g class="{one.status}"><title>{_text(f"{one.ticket}: {status}{needs}")}</title>'
        f'<rect x="{x:.1f}" y="{y - _BOX / 2:.1f}" width="{width:.1f}" height="{_BOX:.0f}" rx="7"/>'
        f'<text class="name" text-anchor="middle" x="{middle:.1f}" y="{y - 3:.1f}">{_text(name)}</text>'
        f'<text text-anchor="middle" x="{middle:.1f}" y="{y + 13:.1f}">{_text(status)}</text></g>\n'
    )


def _row(one: GraphTicketView) -> str:
    name, status = label(one)
    cells = f'<td>{_text(name)}</td><td class="status">{_text(status)}</td><td>{_text(", ".join(one.needs))}</td>'
    return f"<tr>{cells}</tr>\n"


def _lines(one: GraphTicketView) -> tuple[str, str]:
    """What stands in a box; the whole name is told by its title, and in the table."""
    name, status = label(one)
    return name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…", status


def _width(text: str) -> float:
    return len(text) * _LETTER + 24


def _centre(spot: Spot) -> float:
    return spot.y + _EDGE + _BOX / 2


def _counts(tickets: Sequence[GraphTicketView]) -> str:
    statuses = [one.status for one in tickets]
    return ", ".join(f"{statuses.count(status)} {status}" for status in COLOURS if status in statuses)


def _text(text: str) -> str:
    return html.escape(safe(text))
