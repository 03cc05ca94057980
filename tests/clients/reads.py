"""One install for all of them: what each agent reads of it, and which hooks it runs; `python -m tests.clients`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.clients.agents import RUNS, each, prepared
from tests.clients.hooks import NEXT, unheard
from tests.clients.shop import Shop
from tests.clients.wire import SAYS, Wire
from volon.model.agents.texts import SKILLS, skill_of
from volon.model.agents.transcripts.reading import FORMATS
from volon.templating import packaged
from volon.transcripts import transcript_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_HEADING = "## Unfinished work"


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Run each once, and say what is missing; 1 when anything is."""
    shop = Shop(scratch / "shop", RUNS)
    shop.pause("Half of them are packed", NEXT)
    good = "reads the skills and the block, and runs the hooks"
    return each("reads", chosen, modules, lambda agent: findings(agent, modules, shop.root), good)


def findings(agent: str, modules: Path, where: Path) -> list[str]:
    """Run an agent in a repository, and say what it did not tell its model, and which hooks it did not run."""
    home = where.parent / f"home-{agent}"
    with Wire() as wire:
        ready = prepared(agent, modules, home, wire.url, where)
        said = ready.run("hello")
    told = max(wire.heard, key=lambda said: said.count(SKILLS[0]), default="")
    skills = [skill_of(packaged(f"skills/{name}.md"), name) for name in SKILLS]
    wrong = [f"no {text!r}" for one in skills for text in (one.name, one.description) if text not in told]
    # The markers around it are comments, which some leave out.
    blocks = told.count(_HEADING)
    wrong += [f"the block stands there {blocks} times"] if blocks != 1 else []
    wrong += unheard(agent, ready.calls.read_text("utf-8"), told)
    wrong += _unread(agent, home)
    wrong += [] if SAYS in said.decode("utf-8", "replace") else [f"it said {said[-300:]!r}"]
    return wrong if wire.heard else [f"asked nothing: {said[-300:]!r}"]


def _unread(agent: str, home: Path) -> list[str]:
    """What the session says by its transcript, where the agent writes one."""
    if agent not in FORMATS:
        return []
    said = [transcript_at(str(path), agent) for path in home.glob(FORMATS[agent].files)]
    read = [(one.goal, one.last_message, one.interrupted) for one in said if one is not None]
    return [] if ("hello", SAYS, False) in read else [f"its session is read as {read!r}"]
