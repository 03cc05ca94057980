"""What a person sees who works with Claude Code in a terminal: `python -m tests.clients --menu`.

The status line says what volon says, and after `/pause` the menu shows the skill with its description.
"""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING

from tests.clients.agents import each, prepared
from tests.clients.shop import Shop
from tests.clients.wire import Wire
from tests.support.screens import Screen
from volon.model.agents.texts import skill_of
from volon.templating import packaged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_AGENT, _SKILL = "claude", "pause-task"
_LINE = "paused Ship the parcels"
_COLUMNS = 120


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Look at the terminal, and say what is not to be seen; 1 when anything is not."""
    asked, good = [one for one in chosen if one == _AGENT], "shows the status line and the skill"
    return each("menu", asked, modules, lambda _: unseen(modules, scratch), good)


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
