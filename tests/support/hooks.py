"""Settings with hooks, and the approval of them, for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import Ran, VolonInProcess, VolonProcess


def settings(**events: list[Any]) -> str:
    """The text of a `volon.yaml` with these hooks: each a list of words, or a dictionary of its keys."""
    lines = ["hooks:"]
    for event, hooks in events.items():
        lines.append(f"  {event}:")
        for hook in hooks:
            keys = hook if isinstance(hook, dict) else {"argv": hook}
            rows = [f"{key}: {json.dumps(value)}" for key, value in keys.items()]
            lines += [f"    - {rows[0]}", *(f"      {row}" for row in rows[1:])]
    return "\n".join(lines) + "\n"


def shell(script: str, **keys: object) -> dict[str, object]:
    """A hook that runs a line of shell."""
    return {"argv": ["sh", "-c", script], **keys}


def approve(volon: VolonInProcess | VolonProcess) -> Ran:
    """Approve what would run now, as a script would: by the digest that was shown."""
    shown = json.loads(volon("trust", "--json").out)
    ran = volon("trust", "--digest", shown["digest"])
    assert ran.code == 0, ran
    return ran


def script(repo: RepoBuilder, path: str, text: str) -> None:
    """Write an executable shell script into the working tree."""
    repo.write(path, f"#!/bin/sh\n{text}\n").chmod(0o755)
