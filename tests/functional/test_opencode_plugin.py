"""What `volon agents install` writes for OpenCode answers in time, whatever volon does; `tests.clients` runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from volon.templating import packaged

if TYPE_CHECKING:
    from pathlib import Path

_TYPES = re.compile(r": (?:string|any|\{ directory: string \})(?=[,) ])|<string(?:, Promise<string>)?>(?=\()")
ASK = """
import { Volon } from "./plugin.mjs"
const plugin = await Volon({ directory: process.cwd() })
const system = [], context = []
await plugin["experimental.chat.system.transform"]({ sessionID: "s" }, { system })
await plugin["experimental.chat.system.transform"]({ sessionID: "s" }, { system })
await plugin["experimental.session.compacting"]({ sessionID: "s" }, { context })
for (const event of [
  { type: "session.compacted", properties: { sessionID: "s" } },
  { type: "session.deleted", properties: { info: { id: "s" } } },
  { type: "session.deleted" }, {}, undefined]) await plugin.event({ event })
for (const odd of [undefined, null, {}]) {
  await plugin["experimental.chat.system.transform"](odd, odd)
  await plugin["experimental.session.compacting"](odd, odd)
}
console.log(JSON.stringify({ system, context }))
process.exit(0)
"""


def asked(where: Path, volon: str | None) -> dict[str, Any]:
    """What the plugin says of a whole session, given a volon; it is as patient as a test."""
    if (node := shutil.which("node")) is None:
        pytest.skip("not verified: node is not installed")
    programs = where / "bin"
    programs.mkdir()
    if volon is not None:
        (programs / "volon").write_text(f"#!/bin/sh\n{volon}\n")
        (programs / "volon").chmod(0o755)
    text = _TYPES.sub("", packaged("agents/opencode.ts"))
    (where / "plugin.mjs").write_text(text.replace("LONGEST = 10_000", "LONGEST = 500"))
    (where / "ask.mjs").write_text(ASK)
    path = os.pathsep.join([str(programs), os.environ["PATH"]]) if volon is not None else str(programs)
    env = {**os.environ, "PATH": path}
    ran = subprocess.run([node, "ask.mjs"], cwd=where, env=env, capture_output=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    return dict(json.loads(ran.stdout))


def test_it_says_what_volon_says_and_asks_once_for_a_session(tmp_path: Path) -> None:
    said = asked(tmp_path, 'echo "$*" >> calls; cat >> calls; echo >> calls; echo "brief of $2"')
    assert said == {"system": ["brief of session-start"] * 2, "context": ["brief of pre-compact"]}
    calls = (tmp_path / "calls").read_text().splitlines()
    assert calls[::2][:4] == [
        f"hook {event} --agent opencode" for event in ("session-start", "pre-compact", "session-start", "session-end")
    ]
    assert [json.loads(line).get("source") for line in calls[1:8:2]] == ["startup", None, "compact", None]
    assert {json.loads(line)["session_id"] for line in calls[1:8:2]} == {"s"}


@pytest.mark.parametrize(
    "volon",
    [
        None,
        "echo no; exit 1",
        "exec sleep 20",
        # What it started outlives it, and keeps its output open.
        "sleep 20 & echo brief",
        "yes",
    ],
)
def test_where_volon_is_missing_fails_hangs_or_says_too_much_it_says_nothing(tmp_path: Path, volon: str | None) -> None:
    assert asked(tmp_path, volon) == {"system": [], "context": []}
