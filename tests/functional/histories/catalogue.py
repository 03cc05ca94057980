"""All histories: importing this module registers them."""

from __future__ import annotations

from tests.functional.histories import absorbed, moved, operations, places, rewritten, same, staged, trees, upstreams
from tests.functional.histories.bench import HISTORIES

__all__ = [
    "HISTORIES",
    "absorbed",
    "moved",
    "operations",
    "places",
    "rewritten",
    "same",
    "staged",
    "trees",
    "upstreams",
]
