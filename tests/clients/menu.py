"""What a person sees who works with Claude Code in a terminal: `python -m tests.clients --menu`.

The status line says what volon says, and after `/pause` the menu shows the skill with its description.
"""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.agents import prepared, there
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from tests.support.screens import Screen
from tests.support.seal import sealed_environment
from volon.model.agents.hosts import HOSTS
from volon.model.agents.texts import skill_of
from volon.templating import packaged

if TYPE_CHECKING:
    from collections.abc import Sequence

_AGENT, _SKILL = "claude", "pause-task"
_LINE = "paused Ship the parcels"
_COLUMNS = 120


def main(modules: Path, chosen: Sequence[str]) -> int:
    """Look at the terminal, and say what is not to be seen; 1 when anything is not.

    Args:
        modules: where `node_modules` is.
        chosen: the agents; only one of them is looked at.
    """
    asked = [one for one in chosen if one == _AGENT]
    present = there(asked, modules)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(sealed_environment(Path(scratch) / "home"))
        found = [text for _ in present for text in unseen(modules, Path(scratch))]
    for agent in present:
        print(f"{agent} {HOSTS[agent].version}: {'; '.join(found) or 'shows the status line and the skill'}")
    print(f"menu: {len(present)} agents, {len(asked) - len(present)} skipped; {int(bool(found))} wrong")
    return 1 if found else 0


def unseen(modules: Path, scratch: Path) -> list[str]:
    """Say what is not to be seen, with what is.

    Args:
        modules: where `node_modules` is.
        scratch: a directory of its own.
    """
    shop = Shop(scratch / "shop", [_AGENT])
    shop.pause("Half of them are packed", "weigh them")
    description = skill_of(packaged(f"skills/{_SKILL}.md"), _SKILL).description
    with Wire() as wire:
        ready = prepared(_AGENT, modules, scratch / f"home-{_AGENT}", wire.url, shop.root)
        _answer_all(scratch / f"home-{_AGENT}", shop.root, ready.env["ANTHROPIC_API_KEY"])
        screen = Screen(shop.root, [_AGENT], _COLUMNS, {**ready.env, "NO_COLOR": ""})
        try:
            screen.until(re.escape(_LINE))
            screen.child.send("/pause")
            screen.until(rf"/{_SKILL}\s+\w")
            # It is wrapped, and stands in columns.
            seen = re.sub(r"\s+", " ", screen.text)
            assert description in seen, screen.text
            assert _LINE in seen, screen.text
        except AssertionError as error:
            return [f"seen:\n{error}"]
        finally:
            screen.kill(signal.SIGKILL)
            screen.ended()
    return []


def _answer_all(home: Path, where: Path, key: str) -> None:
    """Answer beforehand what it asks a user the first time."""
    answered = {
        "hasCompletedOnboarding": True,
        "theme": "dark",
        "customApiKeyResponses": {"approved": [key], "rejected": []},
        "projects": {str(where): {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}},
    }
    (home / ".claude.json").write_text(json.dumps(answered), "utf-8")
