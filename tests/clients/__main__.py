"""Real coding agents and what `volon agents install` wrote: `python -m tests.clients`.

One install for all of them; each agent then runs once, headless, and what it sends to its model must hold the name and
description of every skill, the block of the file of instructions once, and once what its hook says when a session
begins: the next action of a pause. Its hooks must have called. The agents come from npm, in the versions of
the table, 1.4 GB of them: so this is no part of the gate. One that is not there is skipped, and counted.

    python -m tests.clients                    install them below the user's cache, and run
    python -m tests.clients --modules DIR      they are in DIR/node_modules
    python -m tests.clients --only codex
    python -m tests.clients --pairs            one of `PARTS` instead; several are done one after the other
    python -m tests.clients --all              everything
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients import compaction, killed, menu, neighbours, pairs, plugins, reads, servers
from tests.clients.agents import PACKAGES, RUNS
from tests.support.seal import sealed_environment
from volon.model.agents.hosts import HOSTS

if TYPE_CHECKING:
    from collections.abc import Sequence

PARTS = {
    "reads": ("what is read, and which hooks run; this is done when nothing is asked for", reads.main),
    "pairs": ("what one pauses, each other resumes", pairs.main),
    "compaction": ("what three compact comes back", compaction.main),
    "killed": ("what one that was killed left, the next one is told", killed.main),
    "menu": ("what a person sees in a terminal", menu.main),
    "mcp": ("they start `volon mcp`, and name its tools", servers.main),
    "plugins": ("their judges look at the plugin and the extension of this repository", plugins.main),
    "neighbours": ("other tools that write for agents are not harmed", neighbours.main),
}
"""What is looked at, and what does so, given where `node_modules` is, the agents, and a directory of its own."""


def main() -> int:
    """Look at what is asked for; 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.clients", description=__doc__.splitlines()[0])
    parser.add_argument("--modules", type=Path, help="where node_modules is; installed there otherwise")
    parser.add_argument("--only", choices=RUNS, action="append")
    parser.add_argument("--all", dest="parts", action="store_const", const=list(PARTS), help="all of these:")
    for name, (what, _) in PARTS.items():
        parser.add_argument(f"--{name}", dest="parts", action="append_const", const=name, help=what)
    arguments = parser.parse_args()
    modules = arguments.modules or Path.home() / ".cache/volon-tests/clients"
    chosen = arguments.only or list(RUNS)
    if arguments.modules is None and arguments.parts != ["neighbours"]:
        versions = [f"{PACKAGES[one]}@{HOSTS[one].version}" for one in chosen]
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(modules)]
        subprocess.run([*words, *versions], check=True)
    return max(_looked_at(part, modules.absolute(), chosen) for part in arguments.parts or ["reads"])


def _looked_at(part: str, modules: Path, chosen: Sequence[str]) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(sealed_environment(Path(scratch) / "home"))
        return PARTS[part][1](modules, chosen, Path(scratch))


if __name__ == "__main__":
    sys.exit(main())
