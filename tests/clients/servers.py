"""Real coding agents start `volon mcp`, and tell their model of its tools: `python -m tests.clients --mcp`.

Each is told of the server in one of the ways that docs/MCP.md says, runs once, headless, and must name every tool to
its model.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.agents import RUNS, there
from tests.clients.wire import Wire
from tests.support.repos import RepoBuilder
from tests.support.running import PROJECT_ROOT
from tests.support.seal import sealed_environment
from volon.mcp.tools import TOOLS
from volon.model.agents.hosts import HOSTS
from volon.model.agents.servers import ADDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECONDS = 180
_MORE = {"gemini": ["--approval-mode", "yolo"]}
"""Headless, it keeps from its model whatever it would have to ask a person about."""
_WAITS = {"MCP_CONNECTION_NONBLOCKING": "false", "MCP_CONNECT_TIMEOUT_MS": "60000"}
"""Claude Code would ask its model before the server is ready."""
_REQUIRED = {"codex": (".codex/config.toml", "required = true\n")}
"""So would Codex; the line stands in the server's table, the last of the file."""


_INSTALLED = {"gemini", "opencode"}
"""Of these `volon agents install --with mcp` is shown; of the others what a person does by hand."""


def add(agent: str, home: Path, where: Path, env: Mapping[str, str]) -> None:
    """Tell an agent of the server, as the table says."""
    if agent in _INSTALLED:
        words = ["volon", "agents", "install", "-q", "--agent", agent, "--with", "mcp"]
        subprocess.run(words, cwd=where, env=env, check=True, capture_output=True, timeout=_SECONDS)
        return
    file, what = ADDED[agent]
    if not file:
        subprocess.run(shlex.split(what), cwd=where, env=env, check=True, capture_output=True, timeout=_SECONDS)
        return
    path = home / file[2:] if file.startswith("~/") else where / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(what, encoding="utf-8")


def findings(agent: str, path: str, scratch: Path) -> list[str]:
    """Run an agent in a repository of its own, and say which tools it did not name to its model."""
    home = scratch / f"home-{agent}"
    home.mkdir()
    repo = RepoBuilder.init(scratch / agent)
    repo.commit("Begin", {"README.md": "# Shop\n"})
    with Wire() as wire:
        words, own = RUNS[agent](home, wire.url, repo.root)
        env = {**sealed_environment(home), "PATH": path, "PWD": str(repo.root), **_WAITS, **own}
        add(agent, home, repo.root, env)
        if agent in _REQUIRED:
            file, line = _REQUIRED[agent]
            with (home / file).open("a", encoding="utf-8") as config:
                config.write(line)
        done = subprocess.run(
            [*words, "hello", *_MORE.get(agent, ())],
            cwd=repo.root,
            env=env,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    told = "\n".join(wire.heard)
    # Codex puts them into a namespace.
    named = told.partition('"mcp__volon"')[2] if agent == "codex" else ""
    missing = [
        name for name in TOOLS if not re.search(rf"(?<![a-z])volon[_-]+{name}\b", told) and f'"{name}"' not in named
    ]
    heard = [] if wire.heard else [f"asked nothing: {(done.stdout + done.stderr)[-300:]!r}"]
    return [*heard, *(f"no tool {name}" for name in missing)]


def main(modules: Path, chosen: Sequence[str]) -> int:
    """Run them, and say of each what is missing; 1 when anything is.

    Args:
        modules: where `node_modules` is.
        chosen: the agents; one that is not there is skipped.
    """
    present, wrong = there(chosen, modules), 0
    with tempfile.TemporaryDirectory() as directory:
        scratch = Path(directory)
        os.environ.update(sealed_environment(scratch / "home"))
        programs = scratch / "bin"
        programs.mkdir()
        # Some agents start a server with next to nothing of their environment.
        script = f'#!/bin/sh\nPYTHONPATH="{PROJECT_ROOT}" exec "{sys.executable}" -P -m volon "$@"\n'
        (programs / "volon").write_text(script, encoding="utf-8")
        (programs / "volon").chmod(0o755)
        path = os.pathsep.join([str(programs), str(modules / "node_modules/.bin"), os.environ["PATH"]])
        for agent in present:
            found = findings(agent, path, scratch)
            wrong += bool(found)
            print(f"{agent} {HOSTS[agent].version}: {'; '.join(found) or 'names the tools to its model'}", flush=True)
    print(f"clients: {len(present)} agents with the MCP server, {len(chosen) - len(present)} skipped; {wrong} wrong")
    return 1 if wrong else 0
