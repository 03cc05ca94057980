"""Where the boxes of a graph stand, so that its arrows all go to the right and cross one another little.

Four steps, as by Sugiyama: a layer for each ticket (one further right than all it needs), a point in each layer that an
arrow passes on its way, an order in each layer by the middle of the neighbours, and heights as near to the
neighbours' as that order allows.

Source: issue "the pipeline" (graph); K. Sugiyama, S. Tagawa, M. Toda, "Methods for visual understanding of hierarchical
system structures", 1981; heights by pooling adjacent violators.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from itertools import pairwise

from volon.plain import NamedTuple, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ROUNDS = 8
_MOST_POINTS = 20_000
"""With more of them, arrows over several layers go straight."""


class Spot(NamedTuple):
    """Something in a layer: a ticket, or a point on the way of an arrow."""

    layer: int
    y: float


@dataclass(slots=True)
class Placed:
    """A graph with places.

    Attributes:
        spots: of each ticket, by its name.
        ways: of each arrow, from what is needed to who needs it, all spots on its way, both ends included.
        layers: how many there are.
    """

    spots: dict[str, Spot]
    ways: dict[tuple[str, str], list[Spot]]
    layers: int


@dataclass(slots=True)
class Layered:
    """The nodes of each layer in their order, and what they are joined to; a node is a number, tickets first."""

    layers: list[list[int]]
    before: dict[int, list[int]] = field(default_factory=dict)
    after: dict[int, list[int]] = field(default_factory=dict)

    def join(self, left: int, right: int) -> None:
        """Let a line lead from a node to one of the next layer."""
        self.before.setdefault(right, []).append(left)
        self.after.setdefault(left, []).append(right)


def placed(needs: Mapping[str, Sequence[str]], height: float, thin: float) -> Placed:
    """Place a graph.

    Args:
        needs: of each ticket; without a circle.
        height: how far apart two tickets of a layer are.
        thin: how far apart two arrows are that pass it.
    """
    names = list(needs)
    number = {name: place for place, name in enumerate(names)}
    depth = depths(needs)
    graph = Layered([[] for _ in range(max(depth.values(), default=-1) + 1)])
    for name in names:
        graph.layers[depth[name]].append(number[name])
    ways = {}
    bent = sum(depth[one] - depth[need] - 1 for one in names for need in needs[one]) <= _MOST_POINTS
    last = len(names)
    for one in names:
        for need in needs[one]:
            between = range(depth[need] + 1, depth[one]) if bent else ()
            way = [number[need], *range(last, last + len(between)), number[one]]
            for layer, point in zip(between, way[1:-1], strict=True):
                graph.layers[layer].append(point)
            last += len(between)
            ways[need, one] = way
            for left, right in pairwise(way):
                graph.join(left, right)
    order(graph)
    heights = _heights(graph, len(names), height, thin)
    where = {node: Spot(layer, heights[node]) for layer, nodes in enumerate(graph.layers) for node in nodes}
    spots = {name: where[number[name]] for name in names}
    return Placed(spots, {arrow: [where[node] for node in way] for arrow, way in ways.items()}, len(graph.layers))


def depths(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The layer of each ticket: one further right than all it needs."""
    depth: dict[str, int] = {}
    for one in TopologicalSorter(needs).static_order():
        depth[one] = 1 + max((depth[need] for need in needs[one]), default=-1)
    return depth


def order(graph: Layered) -> None:
    """Sort layers by the middle of what they are joined to, from the left and from the right in turn."""
    place = {node: at for nodes in graph.layers for at, node in enumerate(nodes)}
    best, kept = _crossings(graph, place), [list(nodes) for nodes in graph.layers]
    for turn in range(_ROUNDS):
        joined = graph.after if turn % 2 else graph.before
        for nodes in reversed(graph.layers) if turn % 2 else graph.layers:
            nodes.sort(key=lambda node: _middle([place[one] for one in joined.get(node, ())], place[node]))
            place.update((node, at) for at, node in enumerate(nodes))
        if (now := _crossings(graph, place)) < best:
            best, kept = now, [list(nodes) for nodes in graph.layers]
    graph.layers[:] = kept


def _middle(places: Sequence[float], own: float) -> float:
    return sum(places) / len(places) if places else own


def _crossings(graph: Layered, place: Mapping[int, int]) -> int:
    """How many arrows cross: inversions between neighbouring layers, counted by a tree of sums."""
    total = 0
    for nodes in graph.layers:
        ends = [place[right] for node in nodes for right in sorted(graph.after.get(node, ()), key=place.__getitem__)]
        size = max(ends, default=0) + 1
        sums = [0] * (size + 1)
        for seen, end in enumerate(ends):
            at, not_above = end + 1, 0
            while at:
                not_above += sums[at]
                at &= at - 1
            total += seen - not_above
            at = end + 1
            while at <= size:
                sums[at] += 1
                at += at & -at
    return total


def _heights(graph: Layered, tickets: int, height: float, thin: float) -> dict[int, float]:
    sizes = [[height if node < tickets else thin for node in nodes] for nodes in graph.layers]
    y: dict[int, float] = {}
    for nodes, room in zip(graph.layers, sizes, strict=True):
        y.update(zip(nodes, _apart([0.0] * len(nodes), room), strict=True))
    for turn in range(2 * _ROUNDS):
        layers = list(zip(graph.layers, sizes, strict=True))
        for nodes, room in reversed(layers) if turn % 2 else layers:
            wished = [
                _middle([y[one] for one in (*graph.before.get(node, ()), *graph.after.get(node, ()))], y[node])
                for node in nodes
            ]
            y.update(zip(nodes, _apart(wished, room), strict=True))
    top = min((y[node] for node in y), default=0.0)
    return {node: at - top for node, at in y.items()}


def _apart(wished: Sequence[float], room: Sequence[float]) -> list[float]:
    """The heights nearest to the wished ones of which each is far enough below the one before."""
    offset, offsets = 0.0, []
    for place, size in enumerate(room):
        offset += (size + room[place - 1]) / 2 if place else 0.0
        offsets.append(offset)
    pools: list[tuple[float, int]] = []
    for wish, least in zip(wished, offsets, strict=True):
        total, many = wish - least, 1
        while pools and pools[-1][0] / pools[-1][1] > total / many:
            before, so_many = pools.pop()
            total, many = total + before, many + so_many
        pools.append((total, many))
    flat = [total / many for total, many in pools for _ in range(many)]
    return [at + least for at, least in zip(flat, offsets, strict=True)]
