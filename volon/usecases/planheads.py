"""The heads of plans: which there are, and what the record of each says, for whoever needs no more of them.

Source: contract §3 (plans).
"""

from __future__ import annotations

from volon.model.conduct.records import PLAN, PLAN_ID, parsed
from volon.patterns import pattern
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from volon.store.store import Reader

_ID = pattern(PLAN_ID)


def is_plan(name: str) -> bool:
    """Whether a name is that of a plan."""
    return _ID.fullmatch(name) is not None


def plan_ids(reader: Reader) -> list[str]:
    """Return all plans, the oldest first; git leaves the briefs, which it ignores, of one that is on another branch."""
    names = filter(is_plan, reader.listdir(layout.PLANS))
    return [name for name in names if reader.listdir(layout.PLANS / name) not in ([], ["briefs"])]


def read_head(reader: Reader, plan_id: str) -> dict[str, Any] | None:
    """Return the values of a plan's own record, or None where that is gone.

    Raises:
        Corrupt, HumanConflict: it cannot be read.
    """
    place = layout.PLANS / plan_id / "plan.md"
    data = reader.read(place)
    return None if data is None else parsed(PLAN, data, place.path)[0]
