"""Sketches and spikes that nobody has ended: recorded at a pause, never aborted by it.

A sketch is open until its directory holds `WINNER.md`, a spike until it holds `FINDINGS.md`.

Source: contract §3, origins §3.3 (what "in-progress marker" means).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

SKETCHES = ".design/sketches"
SPIKES = ".design/spikes"
ENDINGS = {SKETCHES: "WINNER.md", SPIKES: "FINDINGS.md"}


def is_open(kind: str, names: Collection[str]) -> bool:
    """Whether the directory of a sketch or spike that holds these names is still open.

    Args:
        kind: `sketches` or `spikes`.
        names: the names directly in it.
    """
    return ENDINGS[f".design/{kind}"] not in names


def open_directories(listing: Mapping[str, Mapping[str, Collection[str]]]) -> tuple[str, ...]:
    """The open ones, as paths with `/`, in order.

    Args:
        listing: for `SKETCHES` and `SPIKES`, the names in each directory below it.
    """
    return tuple(
        f"{root}/{name}"
        for root, ending in ENDINGS.items()
        for name, files in sorted(listing.get(root, {}).items())
        if ending not in files
    )
