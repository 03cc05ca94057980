"""What agents install from this repository, before their own judges: `python -m tests.clients --plugins`.

Each agent gets a home of its own and a copy of the checkout; what it says is printed. A command that fails, or says a
word of warning, fails the run, and so does a plugin that costs more than a hundred tokens in every session. Then each
agent that has installed it runs once: its hooks must call, and its model must hear, once, the next action of a pause.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from tests.clients.agents import each, equipped
from tests.clients.hooks import NEXT, trust_hooks
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from tests.support.checkout import checkout
from volon.model.agents.plugin import MARKETPLACE, PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

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
}
"""What each is asked, in a checkout. What a skill must be like, tests of the gate ask those who specified it."""
MOST_TOKENS = 100
_COST = re.compile(r"Always-on:\s+~(\d+) tok")
_WARNS = re.compile(r"warn|⚠|✘|invalid|error", re.IGNORECASE)
_OF_THE_MACHINE = re.compile(r"could not create PATH aliases: Refusing to create helper binaries under temporary dir")
"""Codex says so of a home below /tmp, which is none of a plugin's."""
_SECONDS = 120


def wrong_with(said: str, code: int) -> list[str]:
    """Return what is wrong with an answer."""
    found = [] if code == 0 else [f"exited {code}"]
    found += [line.strip() for line in said.splitlines() if _WARNS.search(line) and not _OF_THE_MACHINE.search(line)]
    cost = _COST.search(said)
    found += [f"{cost[1]} tokens in every session"] if cost and int(cost[1]) > MOST_TOKENS else []
    return found


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Let the judges of the agents judge, and the agents run; 1 when anything is wrong."""
    asked, good = [one for one in chosen if one in JUDGES], "accepts and installs it, and runs its hooks"
    return each("plugins", asked, modules, lambda agent: findings(agent, modules, scratch / agent), good)


def findings(agent: str, modules: Path, scratch: Path) -> list[str]:
    """Let an agent judge, install and run what it installs; print what it says, and return what is wrong."""
    where, shop, wrong = checkout(scratch / "checkout"), Shop(scratch / "shop"), list[str]()
    shop.pause("Half of them", NEXT)
    with Wire() as wire:
        ready = equipped(agent, modules, scratch / "home", wire.url, shop.root)
        for argv in JUDGES[agent]:
            said, code = _asked(argv, where, ready.env)
            print(f"$ {' '.join(argv)}\n{said.strip()}\n", flush=True)
            wrong += [f"{' '.join(argv)}: {one}" for one in wrong_with(said, code)]
        if agent == "codex":
            trust_hooks(ready)
        ready.run("hello")
    return wrong + _unheard(agent, ready.calls.read_text("utf-8"), wire.heard)


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
