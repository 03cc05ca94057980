"""Real coding agents read what `volon agents install` wrote: `python -m tests.clients`.

One install for all of them; each agent then runs once, headless, and what it sends to its model must hold the name and
description of every skill, the block of the file of instructions once, and once what its hook says when a session
begins: the next action of a pause. Its hooks must have called. The agents come from npm, in the versions of
the table, 1.4 GB of them: so this is no part of the gate.

    python -m tests.clients                    install them below the user's cache, and run
    python -m tests.clients --modules DIR      they are in DIR/node_modules
    python -m tests.clients --only codex
    python -m tests.clients --mcp              they start `volon mcp`, and name its tools
    python -m tests.clients --pairs            what one pauses, each other resumes
    python -m tests.clients --plugins          their judges look at the plugin and the extension of this repository
    python -m tests.clients --neighbours       other tools that write for agents are not harmed
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.clients import neighbours, pairs, plugins, servers
from tests.clients.agents import PACKAGES, RUNS, prepared
from tests.clients.hooks import NEXT, unheard
from tests.clients.shop import Shop
from tests.clients.wire import SAYS, Wire
from tests.support.seal import sealed_environment
from volon.model.agents.hosts import HOSTS
from volon.model.agents.texts import SKILLS, skill_of
from volon.model.agents.transcripts.reading import FORMATS
from volon.templating import packaged
from volon.transcripts import transcript_at

_HEADING = "## Unfinished work"


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


def main() -> int:
    """Run them, and say of each what is missing; 1 when anything is."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__.splitlines()[0])
    parser.add_argument("--modules", type=Path, help="where node_modules is; installed there otherwise")
    parser.add_argument("--mcp", action="store_true", help="they start `volon mcp`; nothing else is looked at")
    parser.add_argument("--pairs", action="store_true", help="each pauses, and each other resumes")
    parser.add_argument("--plugins", action="store_true", help="their judges look at the plugin; nothing else is done")
    parser.add_argument("--neighbours", action="store_true", help="install volon over other tools' set-ups instead")
    parser.add_argument("--only", choices=RUNS, action="append")
    arguments = parser.parse_args()
    modules = arguments.modules or Path.home() / ".cache/volon-tests/clients"
    chosen = arguments.only or list(RUNS)
    if arguments.neighbours:
        return neighbours.main(modules.absolute())
    if arguments.modules is None:
        versions = [f"{PACKAGES[one]}@{HOSTS[one].version}" for one in chosen]
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(modules)]
        subprocess.run([*words, *versions], check=True)
    if arguments.mcp:
        return servers.main(RUNS, modules.absolute(), chosen)
    if arguments.pairs:
        return pairs.main(modules.absolute(), chosen)
    if arguments.plugins:
        return plugins.main(RUNS, modules.absolute(), chosen)
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(sealed_environment(Path(scratch) / "home"))
        shop = Shop(Path(scratch) / "shop", RUNS)
        shop.pause("Half of them are packed", NEXT)
        for agent in chosen:
            found = findings(agent, modules.absolute(), shop.root)
            wrong += bool(found)
            session = "; its session is read" if agent in FORMATS else ""
            said = "; ".join(found) or f"reads the skills and the block, runs the hooks{session}"
            print(f"{agent} {HOSTS[agent].version}: {said}", flush=True)
    print(f"clients: {len(chosen)} agents; {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
