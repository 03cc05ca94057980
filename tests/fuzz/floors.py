"""Counts that may not shrink; see `tests.crash.floors`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FLOORS = Path(__file__).with_name("floors.json")


def shrunk(name: str, tier: str, counts: Mapping[str, int]) -> list[str]:
    """One sentence for every count below its floor."""
    floors: dict[str, int] = json.loads(FLOORS.read_text(encoding="utf-8")).get(name, {}).get(tier, {})
    return [
        f"{name}: looked at {counts.get(what, 0)} {what}, the floor is {floor} (tests/fuzz/{FLOORS.name})"
        for what, floor in floors.items()
        if counts.get(what, 0) < floor
    ]
