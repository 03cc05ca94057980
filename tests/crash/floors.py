"""Counts that may not shrink: a harness that finds nothing because it tries nothing fails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOORS = Path(__file__).with_name("floors.json")


def shrunk(name: str, tier: str, counts: Mapping[str, int]) -> list[str]:
    """One sentence for every count that is below its recorded floor.

    Args:
        name: of the harness, as in `floors.json`.
        tier: `short` or `long`.
        counts: what it looked at.
    """
    floors: dict[str, int] = json.loads(FLOORS.read_text(encoding="utf-8")).get(name, {}).get(tier, {})
    return [
        f"{name}: looked at {counts.get(what, 0)} {what}, the floor is {floor} (tests/crash/{FLOORS.name})"
        for what, floor in floors.items()
        if counts.get(what, 0) < floor
    ]
