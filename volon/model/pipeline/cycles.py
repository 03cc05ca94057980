"""What can never begin: tickets that need each other in a circle.

Source: issue "the pipeline" (cycles are errors that print the cycle).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def find_cycles(needs: Mapping[str, Sequence[str]]) -> list[tuple[str, ...]]:
    """Some circles: at least one whenever there is one, none twice, no two with a ticket in common.

    Args:
        needs: by ticket, those it needs; all of them are keys.

    Returns:
        Each in the direction of needing, beginning with the ticket that stands first.
    """
    order = {one: number for number, one in enumerate(needs)}
    left: set[str] = set()
    cycles: list[tuple[str, ...]] = []
    for first in needs:
        if first not in left and (cycle := _from(first, needs, left)):
            start = min(range(len(cycle)), key=lambda n: order[cycle[n]])
            cycles.append((*cycle[start:], *cycle[:start]))
    return cycles


def _from(first: str, needs: Mapping[str, Sequence[str]], left: set[str]) -> list[str]:
    """Walk along what is needed until the walk meets itself; whatever was walked is never walked again."""
    trail: dict[str, Iterator[str]] = {first: iter(needs[first])}
    while trail:
        here = next(reversed(trail))
        for need in trail[here]:
            if need in trail:
                left.update(trail)
                walked = list(trail)
                return walked[walked.index(need) :]
            if need not in left:
                trail[need] = iter(needs[need])
                break
        else:
            left.add(here)
            del trail[here]
    return []
