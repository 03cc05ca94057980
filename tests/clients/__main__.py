"""Real coding agents read what `volon agents install` wrote: `python -m tests.clients`.

One install for all of them; each agent then runs once, headless, and what it sends to its model must hold the name and
description of every skill, the block of the file of instructions once, and once what its hook says when a session
begins: the next action of a pause. Its hooks must have called. The agents come from npm, in the versions of
`PACKAGES`, 1.4 GB of them: so this is no part of the gate.

    python -m tests.clients                    install them below the user's cache, and run
    python -m tests.clients --modules DIR      they are in DIR/node_modules
    python -m tests.clients --only codex
    python -m tests.clients --mcp              they start `volon mcp`, and name its tools
    python -m tests.clients --plugins          their judges look at the plugin and the extension of this repository
    python -m tests.clients --neighbours       other tools that write for agents are not harmed
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients import neighbours, plugins, servers
from tests.clients.hooks import NEXT, noting_volon, trust_hooks, unheard
from tests.clients.wire import SAYS, Wire
from tests.support.repos import RepoBuilder
from tests.support.running import volon_argv, volon_environment
from tests.support.seal import sealed_environment
from volon.model.agents.hosts import HOSTS
from volon.model.agents.texts import SKILLS, skill_of
from volon.model.agents.transcripts.reading import FORMATS
from volon.templating import packaged
from volon.transcripts import transcript_at

if TYPE_CHECKING:
    from collections.abc import Callable

PACKAGES = {
    "claude": "@anthropic-ai/claude-code",
    "codex": "@openai/codex",
    "copilot": "@github/copilot",
    "gemini": "@google/gemini-cli",
    "opencode": "opencode-ai",
}
"""By volon's names for them; the versions are those of the table."""
_SECONDS = 180
_HEADING = "## Unfinished work"


def _claude(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    env = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "x", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    return ["claude", "-p", "hello", "--output-format", "json"], {**env, "HOME": str(home)}


def _codex(home: Path, url: str, where: Path) -> tuple[list[str], dict[str, str]]:
    provider = f'name = "mock"\nbase_url = "{url}/v1"\nwire_api = "responses"\nenv_key = "MOCK_KEY"\n'
    head = 'model_provider = "mock"\nmodel = "mock-model"\n'
    trusted = f'[projects."{where}"]\ntrust_level = "trusted"\n'
    _write(home / ".codex/config.toml", f"{head}[model_providers.mock]\n{provider}{trusted}")
    return ["codex", "exec", "--json", "hello"], {"MOCK_KEY": "x", "HOME": str(home)}


def _copilot(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    env = {"COPILOT_OFFLINE": "true", "COPILOT_PROVIDER_BASE_URL": f"{url}/v1", "COPILOT_PROVIDER_API_KEY": "x"}
    words = ["copilot", "-p", "hello", "--trust-folder", "--allow-all-tools", "--output-format", "json"]
    return words, {**env, "COPILOT_MODEL": "mock-model", "HOME": str(home)}


def _gemini(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    _write(home / ".gemini/settings.json", json.dumps(settings))
    env = {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return ["gemini", "-m", "gemini-2.5-flash", "-p", "hello", "-o", "json"], {**env, "HOME": str(home)}


def _opencode(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    options = {"baseURL": f"{url}/v1", "apiKey": "x"}
    mock = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"mock-model": {}}}
    settings = {"model": "mock/mock-model", "provider": {"mock": mock}}
    _write(home / "opencode.json", json.dumps(settings))
    env = {"OPENCODE_CONFIG": str(home / "opencode.json"), "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    return ["opencode", "run", "--format", "json", "hello"], {**env, "HOME": str(home)}


RUNS: dict[str, Callable[[Path, str, Path], tuple[list[str], dict[str, str]]]] = {
    "claude": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "gemini": _gemini,
    "opencode": _opencode,
}
"""How each is run once, given its own home, the model's address and the repository."""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def findings(agent: str, modules: Path, where: Path) -> list[str]:
    """Run an agent in a repository, and say what it did not tell its model, and which hooks it did not run."""
    programs = modules / "node_modules/.bin"
    home = where.parent / f"home-{agent}"
    home.mkdir()
    with Wire() as wire:
        words, env = RUNS[agent](home, wire.url, where)
        calls = noting_volon(where.parent / f"bin-{agent}")
        path = os.pathsep.join([str(calls.parent), str(programs), os.environ["PATH"]])
        whole = {**volon_environment(sealed_environment(home)), "PATH": path, "PWD": str(where), **env}
        if agent == "codex":
            trust_hooks(whole, where)
        done = subprocess.run(
            words, cwd=where, env=whole, capture_output=True, timeout=_SECONDS, check=False, stdin=subprocess.DEVNULL
        )
    told = max(wire.heard, key=lambda said: said.count(SKILLS[0]), default="")
    skills = [skill_of(packaged(f"skills/{name}.md"), name) for name in SKILLS]
    wrong = [f"no {text!r}" for one in skills for text in (one.name, one.description) if text not in told]
    # The markers around it are comments, which some leave out.
    blocks = told.count(_HEADING)
    wrong += [f"the block stands there {blocks} times"] if blocks != 1 else []
    wrong += unheard(agent, calls.read_text("utf-8"), told)
    wrong += _unread(agent, home)
    wrong += [] if SAYS in done.stdout.decode("utf-8", "replace") else [f"it said {done.stdout[-300:]!r}"]
    return wrong if wire.heard else [f"asked nothing: {(done.stdout + done.stderr)[-300:]!r}"]


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
    if arguments.plugins:
        return plugins.main(RUNS, modules.absolute(), chosen)
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(sealed_environment(Path(scratch) / "home"))
        repo = RepoBuilder.init(Path(scratch) / "shop")
        repo.commit("Begin", {"README.md": "# Shop\n"})
        install = [word for one in RUNS for word in ("--agent", one)]
        for words in (
            ["agents", "install", "-q", *install],
            ["task", "start", "-q", "Ship the parcels"],
            ["pause-task", "-q", "Half of them are packed", "--next", NEXT],
        ):
            subprocess.run([*volon_argv(), *words], cwd=repo.root, env=volon_environment(), check=True)
        for agent in chosen:
            found = findings(agent, modules.absolute(), repo.root)
            wrong += bool(found)
            session = "; its session is read" if agent in FORMATS else ""
            said = "; ".join(found) or f"reads the skills and the block, runs the hooks{session}"
            print(f"{agent} {HOSTS[agent].version}: {said}", flush=True)
    print(f"clients: {len(chosen)} agents; {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
