"""Real coding agents start `volon mcp`, and tell their model of its tools: `python -m tests.clients --mcp`.

Each is told of the server in one of the ways that docs/MCP.md says, runs once, headless, and must name every tool to
its model.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from typing import TYPE_CHECKING

from tests.clients.agents import ALLOWED, each, equipped
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from volon.mcp.tools import TOOLS
from volon.model.agents.servers import ADDED

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.clients.agents import Ready

_SECONDS = 180
_WAITS = {"MCP_CONNECTION_NONBLOCKING": "false", "MCP_CONNECT_TIMEOUT_MS": "60000"}
"""Claude Code would ask its model before the server is ready."""
_REQUIRED = {"codex": (".codex/config.toml", "required = true\n")}
"""So would Codex; the line stands in the server's table, the last of the file."""


_INSTALLED = {"gemini", "opencode"}
"""Of these `volon agents install --with mcp` is shown; of the others what a person does by hand."""


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Run them, and say of each what is missing; 1 when anything is."""
    good = "names the tools to its model"
    return each("mcp", chosen, modules, lambda agent: findings(agent, modules, scratch / agent), good)


def findings(agent: str, modules: Path, scratch: Path) -> list[str]:
    """Run an agent in a repository of its own, and say which tools it did not name to its model."""
    shop = Shop(scratch / "shop")
    with Wire() as wire:
        ready = equipped(agent, modules, scratch / "home", wire.url, shop.root)
        ready = ready._replace(env=ready.env | _WAITS)
        add(agent, scratch / "home", ready)
        if agent in _REQUIRED:
            file, line = _REQUIRED[agent]
            with (scratch / "home" / file).open("a", encoding="utf-8") as config:
                config.write(line)
        # Headless, Gemini keeps from its model whatever it would have to ask a person about.
        said = ready.run("hello", *ALLOWED.get(agent, ()))
    told = "\n".join(wire.heard)
    # Codex puts them into a namespace.
    named = told.partition('"mcp__volon"')[2] if agent == "codex" else ""
    missing = [
        name for name in TOOLS if not re.search(rf"(?<![a-z])volon[_-]+{name}\b", told) and f'"{name}"' not in named
    ]
    heard = [] if wire.heard else [f"asked nothing: {said[-300:]!r}"]
    return [*heard, *(f"no tool {name}" for name in missing)]


def add(agent: str, home: Path, ready: Ready) -> None:
    """Tell an agent of the server, as the table says."""
    file, what = ADDED[agent]
    if agent in _INSTALLED:
        file, what = "", f"volon agents install -q --agent {agent} --with mcp"
    if not file:
        words = shlex.split(what)
        subprocess.run(words, cwd=ready.where, env=ready.env, check=True, capture_output=True, timeout=_SECONDS)
        return
    path = home / file[2:] if file.startswith("~/") else ready.where / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(what, encoding="utf-8")
