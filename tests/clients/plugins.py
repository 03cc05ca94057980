"""What agents install from this repository, before their own judges: `python -m tests.clients --plugins`.

Each agent gets a home of its own and a copy of the checkout; what it says is printed. A command that fails, or says a
word of warning, fails the run, and so does a plugin that costs more than a hundred tokens in every session. Then each
agent that has installed it runs once: its hooks must call, and its model must hear, once, the next action of a pause.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.clients.agents import RUNS, there
from tests.clients.hooks import NEXT, noting_volon, trust_hooks
from tests.clients.wire import Wire
from tests.support.repos import RepoBuilder
from tests.support.running import PROJECT_ROOT, volon_argv, volon_environment
from tests.support.seal import sealed_environment
from volon.model.agents.plugin import MARKETPLACE, PLUGIN
from volon.model.agents.texts import SKILLS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_NAMED = f"volon@{MARKETPLACE}"
JUDGES: dict[str, tuple[tuple[str, ...], ...]] = {
    "claude": (
        ("claude", "plugin", "validate", "--strict", "--profile", "directory", PLUGIN),
        ("claude", "plugin", "validate", "--strict", "."),
        ("claude", "plugin", "marketplace", "add", "."),
        ("claude", "plugin", "install", _NAMED),
        ("claude", "plugin", "details", "volon"),
    ),
    "codex": (
        ("codex", "plugin", "marketplace", "add", "."),
        ("codex", "plugin", "add", _NAMED),
        ("codex", "plugin", "list"),
    ),
    "copilot": (
        ("copilot", "plugin", "marketplace", "add", "."),
        ("copilot", "plugin", "install", _NAMED),
        ("copilot", "plugin", "list"),
    ),
    "gemini": (
        ("gemini", "extensions", "validate", "."),
        ("gemini", "extensions", "install", ".", "--consent", "--skip-settings"),
    ),
    "agentskills": tuple(("agentskills", "validate", f"{PLUGIN}/skills/{name}") for name in SKILLS),
}
"""What each is asked, in a checkout."""
MOST_TOKENS = 100
_COST = re.compile(r"Always-on:\s+~(\d+) tok")
_WARNS = re.compile(r"warn|⚠|✘|invalid|error", re.IGNORECASE)
_OF_THE_MACHINE = re.compile(r"could not create PATH aliases: Refusing to create helper binaries under temporary dir")
"""Codex says so of a home below /tmp, which is none of a plugin's."""
_OFFLINE = {"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "COPILOT_OFFLINE": "true"}
_SECONDS = 120


def checkout(target: Path) -> Path:
    """Copy what is in this checkout, as a repository of its own."""
    listing = ("git", "-C", str(PROJECT_ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    listed = subprocess.run(listing, capture_output=True, check=True).stdout.decode()
    for name in listed.split("\0"):
        if name and (PROJECT_ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(PROJECT_ROOT / name, target / name)
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Checkout")):
        subprocess.run(["git", "-C", str(target), *words], check=True, capture_output=True)
    return target


def wrong_with(said: str, code: int) -> list[str]:
    """Return what is wrong with an answer."""
    found = [] if code == 0 else [f"exited {code}"]
    found += [line.strip() for line in said.splitlines() if _WARNS.search(line) and not _OF_THE_MACHINE.search(line)]
    cost = _COST.search(said)
    found += [f"{cost[1]} tokens in every session"] if cost and int(cost[1]) > MOST_TOKENS else []
    return found


def main(modules: Path, chosen: Collection[str]) -> int:
    """Let the judges of some agents judge, and `agentskills` the skills; 1 when any found anything.

    Args:
        modules: where `node_modules` is.
        chosen: the agents; one that is not there is skipped.
    """
    able = [one for one in JUDGES if one in chosen]
    present, wrong = there(able, modules), 0
    for agent, asked in JUDGES.items():
        if agent in {*present, "agentskills"}:
            with tempfile.TemporaryDirectory() as scratch, Wire() as wire:
                wrong += _judged(agent, asked, modules, Path(scratch), wire)
    print(f"plugins: {len(present)} agents, {len(able) - len(present)} skipped; {wrong} wrong")
    return 1 if wrong else 0


def _judged(agent: str, asked: tuple[tuple[str, ...], ...], modules: Path, scratch: Path, wire: Wire) -> int:
    """How many of the answers are wrong."""
    home, where, shop = scratch / "home", checkout(scratch / "checkout"), scratch / "shop"
    home.mkdir()
    words, own = RUNS[agent](home, wire.url, shop) if agent in RUNS else ([], {})
    calls = noting_volon(scratch / "bin")
    programs = (calls.parent, modules / "node_modules/.bin", Path(sys.executable).parent, os.environ["PATH"])
    env = {**volon_environment(sealed_environment(home)), **_OFFLINE, "HOME": str(home), **own}
    env["PATH"] = os.pathsep.join(map(str, programs))
    wrong = 0
    for argv in asked:
        said, code = _asked(argv, where, env)
        wrong += _told(" ".join(argv), said, wrong_with(said, code))
    if words:
        _pause(shop, env)
        if agent == "codex":
            trust_hooks(env, shop)
        said, _ = _asked((*words, "hello"), shop, env)
        wrong += _told(" ".join(words), said[-200:], _unheard(agent, calls.read_text("utf-8"), wire.heard))
    return wrong


def _told(asked: str, said: str, found: list[str]) -> bool:
    verdict = f"WRONG: {'; '.join(found)}" if found else "ok"
    print(f"$ {asked}\n{said.strip()}\n{verdict}\n", flush=True)
    return bool(found)


def _pause(shop: Path, env: Mapping[str, str]) -> None:
    """A repository with a pause."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in env.items():
            patch.setenv(name, value)
        RepoBuilder.init(shop).commit("Begin", {"README.md": "# Shop\n"})
    for words in (["task", "start", "-q", "Ship"], ["pause-task", "-q", "Half of them", "--next", NEXT]):
        subprocess.run([*volon_argv(), *words], cwd=shop, env=env, check=True, capture_output=True)


def _unheard(agent: str, calls: str, heard: Iterable[str]) -> list[str]:
    """What an agent that has the plugin did not do."""
    named = " --agent gemini" if agent == "gemini" else ""
    wrong = [] if f"hook session-start{named}\n" in calls else [f"its hooks called {calls.split(chr(10))}"]
    times = max((told.count(NEXT) for told in heard), default=0)
    return wrong if times == 1 else [*wrong, f"the next action came {times} times"]


def _asked(argv: tuple[str, ...], where: Path, env: dict[str, str]) -> tuple[str, int]:
    words = [str(where) if word == "." else word for word in argv]
    try:
        done = subprocess.run(
            words,
            cwd=where,
            env={**env, "PWD": str(where)},
            # To the question whether what lies here may be installed.
            input=b"y\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return (late.stdout or b"").decode("utf-8", "replace"), -1
    return done.stdout.decode("utf-8", "replace"), done.returncode
