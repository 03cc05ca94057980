"""An agent killed in the middle of its work: `python -m tests.clients --killed`.

It has run a command, which failed, and is asking its model what comes next when it is killed. Nobody paused. When the
next session begins in that repository, a capsule must be there, and that session's model must be told of it: with what
the first one was asked for as its goal, the command with its outcome, and the uncommitted work.
"""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from tests.clients.agents import ALLOWED, each, prepared
from tests.clients.shop import FILE, Shop, Standing
from tests.clients.wire import Wire
from volon.model.agents.transcripts.reading import FORMATS
from volon.model.agents.transcripts.transcript import Outcome
from volon.transcripts import transcript_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_SECONDS = 10
_ASKED, _COMMAND = "Look for the scales of the shop", "ls no-such-shelf"


def main(modules: Path, chosen: Sequence[str], scratch: Path) -> int:
    """Kill the agents, and say what is lost of their work; 1 when anything is."""
    asked, good = [one for one in chosen if one in FORMATS], "killed, and nothing is lost"
    return each("killed", asked, modules, lambda agent: lost(agent, modules, scratch / agent), good)


def lost(agent: str, modules: Path, scratch: Path) -> list[str]:
    """Kill an agent, let it begin once more, and say what is lost.

    Args:
        agent: its name.
        modules: where `node_modules` is.
        scratch: a directory of its own.
    """
    shop, seen = Shop(scratch / "shop", [agent]), list[tuple[str, Standing]]()

    def commands() -> Iterator[str]:
        yield _COMMAND
        (shop.root / FILE).write_text("three quarters of them\n", "utf-8")
        # Some write down with a delay what has been run.
        give_up = time.monotonic() + _SECONDS
        while not _is_written(agent, scratch / "home") and time.monotonic() < give_up:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
        # To nobody.
        yield _COMMAND
        seen.append((wire.heard[-1], shop.standing()))

    with Wire(commands()) as wire:
        ready = prepared(agent, modules, scratch / "home", wire.url, shop.root)
        more = ALLOWED.get(agent, ())
        with ready.started(_ASKED, *more) as process:
            process.communicate()
        said = ready.run("hello", *more)
    if not seen:
        return [f"killed with {process.returncode}; it asked nothing then: {said[-300:]!r}"]
    told, standing = seen[0]
    kept = (_ASKED, f"`{_COMMAND}` → failed (exit 2)", "interrupted; ", FILE)
    wrong = [f"no {text!r} in {standing.capsule!r}" for text in kept if text not in standing.capsule]
    return wrong + [f"its model was not told {text!r}" for text in (_ASKED, _COMMAND, "is doing") if text not in told]


def _is_written(agent: str, home: Path) -> bool:
    """Whether the transcript says how the command ended."""
    said = [transcript_at(str(path), agent) for path in home.glob(FORMATS[agent].files)]
    return any(one.outcome is not Outcome.UNKNOWN for each in said if each is not None for one in each.commands)
