"""What shows that an agent runs the hooks volon installed: each call is written down, and the model hears the brief.

The `volon` that agents find on PATH is a script that writes down its words and then is volon. Codex runs no hook that
its user has not trusted; what its user would do at `/hooks` is done here, in a home of the test's own.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.talks import CodexTalk
from tests.support.running import PROJECT_ROOT, volon_argv
from volon.model.agents.wiring import events

if TYPE_CHECKING:
    from tests.clients.agents import Ready

NEXT = "weigh the parcels by hand"
"""The next action of the capsule: nothing that is committed says it, so that a model hears it by a hook alone."""
_UNSEEN = {"pre-compact", "post-compact"}
"""What does not come of a single turn."""
_NOT_AWAITED = {"gemini": {"session-end"}, "opencode": {"session-end"}}
"""What an agent need not do while it runs once: it goes without waiting, or its session goes on."""


def noting_volon(directory: Path) -> Path:
    """Put a volon into a directory that writes down how it is called; returns the file with the calls."""
    log, program = directory / "calls", directory / "volon"
    directory.mkdir()
    # Some agents start a server with next to nothing of their environment.
    words = shlex.join(["env", f"PYTHONPATH={PROJECT_ROOT}", *volon_argv()])
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$*" >> {shlex.quote(str(log))}\nexec {words} "$@"\n')
    program.chmod(0o755)
    log.touch()
    return log


def trust_hooks(ready: Ready) -> None:
    """Do for Codex what its user does: look at the hooks there are, and trust them as they stand."""
    with CodexTalk(ready) as talk:
        listed = talk.ask("hooks/list", cwds=[str(ready.where)])["data"][0]
    if listed["errors"] or {one["trustStatus"] for one in listed["hooks"]} != {"untrusted"}:
        raise AssertionError(listed)
    config = Path(ready.env["HOME"]) / ".codex/config.toml"
    # Behind the slash stands the digest of a plugin, which is not part of the trust.
    digests = {one["key"]: one["currentHash"].partition("/")[0] for one in listed["hooks"]}
    states = [f'[hooks.state."{key}"]\ntrusted_hash = "{digest}"\n' for key, digest in digests.items()]
    config.write_text(config.read_text("utf-8") + "".join(states), "utf-8")


def unheard(agent: str, calls: str, told: str) -> list[str]:
    """Say what is missing of an agent's hooks, given the calls it made and what its model heard."""
    called = {line.split()[1] for line in calls.splitlines() if line.endswith(f"--agent {agent}")}
    wanted = set(events(agent)) - _UNSEEN - _NOT_AWAITED.get(agent, set())
    wrong = [f"no hook {event}" for event in sorted(wanted - called)]
    return wrong if told.count(NEXT) == 1 else [*wrong, f"the next action came {told.count(NEXT)} times"]
