"""The five agents: their packages, and how each is run, offline and with a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, NamedTuple

from tests.clients.hooks import noting_volon, trust_hooks
from tests.support.running import volon_environment
from tests.support.seal import sealed_environment
from volon.model.agents.hosts import HOSTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

PACKAGES = {
    "claude": "@anthropic-ai/claude-code",
    "codex": "@openai/codex",
    "copilot": "@github/copilot",
    "gemini": "@google/gemini-cli",
    "opencode": "opencode-ai",
}
"""By volon's names for them; the versions are those of the table."""
_SECONDS = 180
ALLOWED = {
    "claude": ("--allowedTools", "Bash(volon:*)"),
    # Its sandbox keeps `.git` read-only otherwise, where volon's lock and what it saves are.
    "codex": ("--sandbox", "workspace-write", "--add-dir", ".git"),
    "gemini": ("--approval-mode", "yolo"),
}
"""What its user says so that it runs volon without asking. Copilot is run so anyway, and OpenCode does not ask."""


def _claude(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    env = {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "x", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    return ["claude", "--output-format", "json", "-p"], {**env, "HOME": str(home)}


def _codex(home: Path, url: str, where: Path) -> tuple[list[str], dict[str, str]]:
    provider = f'name = "mock"\nbase_url = "{url}/v1"\nwire_api = "responses"\nenv_key = "MOCK_KEY"\n'
    head = 'model_provider = "mock"\nmodel = "mock-model"\n'
    trusted = f'[projects."{where}"]\ntrust_level = "trusted"\n'
    _write(home / ".codex/config.toml", f"{head}[model_providers.mock]\n{provider}{trusted}")
    return ["codex", "exec", "--json"], {"MOCK_KEY": "x", "HOME": str(home)}


def _copilot(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    env = {"COPILOT_OFFLINE": "true", "COPILOT_PROVIDER_BASE_URL": f"{url}/v1", "COPILOT_PROVIDER_API_KEY": "x"}
    words = ["copilot", "--trust-folder", "--allow-all-tools", "--output-format", "json", "-p"]
    return words, {**env, "COPILOT_MODEL": "mock-model", "HOME": str(home)}


def _gemini(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    settings = {"security": {"auth": {"selectedType": "gemini-api-key"}}}
    _write(home / ".gemini/settings.json", json.dumps(settings))
    env = {"GEMINI_API_KEY": "x", "GOOGLE_GEMINI_BASE_URL": url, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    return ["gemini", "-m", "gemini-2.5-flash", "-o", "json", "-p"], {**env, "HOME": str(home)}


def _opencode(home: Path, url: str, _where: Path) -> tuple[list[str], dict[str, str]]:
    options = {"baseURL": f"{url}/v1", "apiKey": "x"}
    mock = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"mock-model": {}}}
    settings = {"model": "mock/mock-model", "provider": {"mock": mock}}
    _write(home / "opencode.json", json.dumps(settings))
    env = {"OPENCODE_CONFIG": str(home / "opencode.json"), "OPENCODE_DISABLE_MODELS_FETCH": "1"}
    return ["opencode", "run", "--format", "json"], {**env, "HOME": str(home)}


RUNS: dict[str, Callable[[Path, str, Path], tuple[list[str], dict[str, str]]]] = {
    "claude": _claude,
    "codex": _codex,
    "copilot": _copilot,
    "gemini": _gemini,
    "opencode": _opencode,
}
"""How each is run once, given its own home, the model's address, and the repository; what it is asked follows."""


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


class Ready(NamedTuple):
    """An agent that can be run in a repository.

    Attributes:
        words: what runs it; what it is asked follows.
        env: the whole environment.
        calls: the file where its calls of volon are written down.
        where: the repository.
    """

    words: list[str]
    env: dict[str, str]
    calls: Path
    where: Path

    def run(self, prompt: str, *more: str) -> bytes:
        """Run it once, with more words if there are any; what it said, also when it did not come to an end in time."""
        with self.started(prompt, *more) as process:
            try:
                return process.communicate(timeout=_SECONDS)[0]
            except subprocess.TimeoutExpired as late:
                os.killpg(process.pid, signal.SIGKILL)
                return (late.stdout or b"") + b" (it was still running)"

    def started(self, prompt: str, *more: str) -> subprocess.Popen[bytes]:
        """Start it, as the leader of its processes."""
        return subprocess.Popen(
            [*self.words, prompt, *more],
            cwd=self.where,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def each(part: str, asked: Sequence[str], modules: Path, wrong_with: Callable[[str], list[str]], good: str) -> int:
    """Look at one agent after the other, and say what is wrong; 1 when anything is.

    Args:
        part: what is looked at, for the last line.
        asked: the agents; one that is not there is skipped, and counted.
        modules: where `node_modules` is.
        wrong_with: what is wrong, given an agent; a failed assertion is, too.
        good: what is said when nothing is.
    """
    present, wrong = there(asked, modules), 0
    for agent in present:
        try:
            found = wrong_with(agent)
        except AssertionError as error:
            found = [str(error)]
        wrong += bool(found)
        print(f"{agent} {HOSTS[agent].version}: {'; '.join(found) or good}", flush=True)
    print(f"{part}: {len(present)} agents, {len(asked) - len(present)} skipped; {wrong} wrong")
    return 1 if wrong else 0


def there(asked: Iterable[str], modules: Path) -> list[str]:
    """Return the agents that can be run, for which Node is needed; say of the others that they are skipped."""
    has_node = shutil.which("node") is not None
    present = [one for one in asked if has_node and (modules / "node_modules/.bin" / one).exists()]
    for one in asked:
        if one not in present:
            print(f"{one}: skipped, {PACKAGES[one]} or Node is not installed")
    return present


def prepared(agent: str, modules: Path, home: Path, url: str, where: Path) -> Ready:
    """Make an agent ready; Codex trusts the hooks there are. Arguments as for `equipped`."""
    ready = equipped(agent, modules, home, url, where)
    if agent == "codex":
        trust_hooks(ready)
    return ready


def equipped(agent: str, modules: Path, home: Path, url: str, where: Path) -> Ready:
    """Give an agent a home, its model and a volon that writes down how it is called.

    Args:
        agent: its name.
        modules: where `node_modules` is.
        home: a directory that is not there yet.
        url: where its model is.
        where: the repository.
    """
    home.mkdir(parents=True)
    calls = noting_volon(home.with_name(f"bin-{home.name}"))
    path = os.pathsep.join([str(calls.parent), str(modules / "node_modules/.bin"), os.environ["PATH"]])
    words, own = RUNS[agent](home, url, where)
    env = {**volon_environment(sealed_environment(home)), "PATH": path, "PWD": str(where), **own}
    # Codex asks a login shell, which on some systems makes a PATH of its own.
    _write(home / ".profile", f'PATH="{path}"\n')
    return Ready(words, env, calls, where)
