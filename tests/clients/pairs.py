"""Pause in one agent, resume in each other: `python -m tests.clients --pairs`.

All ordered pairs, one after the other in one repository: each agent resumes what the one before it paused, then pauses
for the next. Each has a new home, so it knows of the pause by what volon says alone: the brief of the hook, in what it
asks its model first. The model answers that `volon resume-task` shall be run, and then `volon pause-task`; the agent
runs both with its own tool.
"""

from __future__ import annotations

import time
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, NamedTuple

from tests.clients.agents import ALLOWED, prepared, there
from tests.clients.shop import Shop
from tests.clients.wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


class Pause(NamedTuple):
    """What a pause says: where the work stands, and what comes next."""

    note: str
    step: str


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Let each agent take over from each other, and say what went wrong; 1 when anything did.

    Args:
        modules: where `node_modules` is.
        chosen: the agents; the pairs of one that is not there are skipped.
        scratch: a directory of its own.
    """
    every, order = len(list(permutations(chosen, 2))), circuit(there(chosen, modules))
    began, wrong = time.monotonic(), 0
    shop, former = Shop(scratch / "shop", chosen), Pause("Packed by hand", "weigh what is packed")
    shop.pause(former.note, former.step)
    for turn, (before, agent) in enumerate(pairwise(["a person", *order])):
        since = time.monotonic()
        own = Pause(f"Packed with {agent} in turn {turn}", f"weigh what {agent} left on shelf {turn}")
        found = taken_over(agent, shop, modules, scratch / f"home-{turn}", (former, own))
        wrong += bool(found)
        took = time.monotonic() - since
        print(f"{before} -> {agent}: {'; '.join(found) or 'resumed'} ({took:.1f} s)", flush=True)
        former = own
    tried = max(len(order) - 1, 0)
    print(f"pairs: {tried} in {time.monotonic() - began:.0f} s, {every - tried} skipped (not installed); {wrong} wrong")
    return 1 if wrong else 0


def circuit(agents: Sequence[str]) -> list[str]:
    """Return an order in which each agent comes once right after each other one, as Hierholzer finds it."""
    left = {one: [other for other in agents if other != one] for one in agents}
    path, order = list(agents[:1]), list[str]()
    while path:
        if left[path[-1]]:
            path.append(left[path[-1]].pop())
        else:
            order.append(path.pop())
    return order[::-1] if len(order) > 1 else []


def taken_over(agent: str, shop: Shop, modules: Path, home: Path, pauses: tuple[Pause, Pause]) -> list[str]:
    """Let an agent resume what the former one paused, and pause; say what went wrong.

    Args:
        agent: its name.
        shop: the repository.
        modules: where `node_modules` is.
        home: of the agent, not there yet.
        pauses: the one before, and its own.
    """
    (former, own), told, seen = pauses, "", [shop.standing()]

    def commands() -> Iterator[str]:
        nonlocal told
        told = wire.heard[-1]
        yield "volon resume-task"
        seen.append(shop.standing())
        yield f"volon pause-task '{own.note}' --next '{own.step}'"
        seen.append(shop.standing())

    with Wire(commands()) as wire:
        said = prepared(agent, modules, home, wire.url, shop.root).run("hello", *ALLOWED.get(agent, ()))
    if len(seen) != 3:
        return [f"it ran {len(seen) - 1} commands: {said[-300:]!r}"]
    paused, resumed, again = seen
    wrong = [f"its model was not told {text!r}" for text in former if text not in told]
    for when, at, status, pause in (
        ("before", paused, "paused", former),
        ("resumed", resumed, "doing", former),
        ("paused", again, "paused", own),
        ("at its end", shop.standing(), "paused", own),
    ):
        wrong += [] if at.status == status else [f"{when}, it is {at.status}"]
        wrong += [f"{when}, the capsule does not say {text!r}" for text in pause if text not in at.capsule]
    return wrong if resumed.checkpoint == paused.checkpoint else [*wrong, "its checkpoint is another one"]
