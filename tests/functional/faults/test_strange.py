"""Settings may say anything: doctor goes on, judges what is volon's alone, and shows text as text."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.functional.faults.case import Place
from volon.model.agents.faults import FAULTS
from volon.model.agents.manifest import Manifest
from volon.model.agents.settings import SETTINGS_FILES
from volon.paths import Path as OwnPath
from volon.usecases.agents.faults import called, hooks, trusted
from volon.usecases.agents.faults.scene import Scene
from volon.usecases.agents.faults.sheets import Sheets
from volon.usecases.agents.faults.sheets import _read as read_sheet
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

KEYS = [
    *("hooks", "SessionStart", "sessionStart", "SessionEnd", "PreCompact", "command", "args", "type", "timeout"),
    *("mcpServers", "servers", "mcp", "volon", "statusLine", "context", "fileName", "enabledPlugins", "volon@x"),
    *("disabledMcpjsonServers", "disableAllHooks", "hooksConfig", "enabled", "bash", "", "\x1b[31m"),
]
TEXTS = [
    *("volon", "volon mcp", "volon hook", "volon hook session-start --agent", "/x/volon hook session-end --agent=x"),
    *("", " ", "'", "\x00volon", "other volon hook x", "git volon mcp", "AGENTS.md", "../../volon mcp", "\ud800"),
    *("/x\x00/volon hook session-end", "/x\ud800/volon mcp", "/x\x00/volon"),
]
LEAVES = st.none() | st.booleans() | st.sampled_from([0, 10, -1, 60000, 1e300, 10**400]) | st.sampled_from(TEXTS)
SETTINGS = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=30,
)
ENTRY = st.fixed_dictionaries(
    {"command": st.sampled_from(["volon hook session-end", "/x/volon hook", "volon mcp", "volon", "/x\x00/volon mcp"])},
    optional={"args": SETTINGS, "timeout": LEAVES, "timeoutSec": LEAVES, "type": LEAVES, "enabled": LEAVES},
)
GROUPS = st.lists(
    ENTRY | SETTINGS | st.fixed_dictionaries({"hooks": st.lists(ENTRY | SETTINGS, max_size=2)}), max_size=3
)
EVENTS = st.dictionaries(st.sampled_from(["SessionStart", "sessionStart", "SessionEnd", "BeforeAgent", "x"]), GROUPS)
LIKELY = st.fixed_dictionaries(
    {},
    optional={
        "hooks": EVENTS,
        "SessionStart": GROUPS,
        "statusLine": ENTRY | SETTINGS,
        **{key: st.dictionaries(st.sampled_from(["volon", "x"]), ENTRY | SETTINGS) for key in ("mcpServers", "mcp")},
        "enabledPlugins": st.dictionaries(st.sampled_from(["volon@x", "volon", ""]), LEAVES),
        "disabledMcpjsonServers": SETTINGS | st.just(["volon", ["volon"], {}]),
        "context": st.fixed_dictionaries({"fileName": SETTINGS}),
    },
)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Scene:
    from tests.support.repos import RepoBuilder  # noqa: PLC0415  only here

    root = tmp_path_factory.mktemp("strange")
    RepoBuilder.init(root)
    workspace = Workspace.open(World.real({**os.environ, "HOME": str(root)}), OwnPath(root))
    agents = tuple({file.agent for file in SETTINGS_FILES})
    return Scene(workspace, Manifest(agents), [])


@given(said=LIKELY | SETTINGS, indent=st.sampled_from([None, 1]))
def test_no_settings_stop_the_look_and_each_fault_has_its_line(scene: Scene, said: object, indent: int | None) -> None:
    text = json.dumps(said, indent=indent)
    settings = Sheets.of([read_sheet(file, file.path, text) for file in SETTINGS_FILES])
    for found in (*called.look(scene, settings), *hooks.look(scene, settings), *trusted.look(scene, settings)):
        assert found.code in FAULTS
        assert found.line is None or 1 <= found.line <= text.count("\n") + 1
        assert found.way


@pytest.mark.parametrize("text", ["", " ", "[]", "null", "7", '"volon"', "{", "\ufeff{}", "\x00", "{" * 1000 + "volon"])
def test_no_file_of_the_users_stops_it(repo: RepoBuilder, home: Path, volon: VolonInProcess, text: str) -> None:
    at = Place(repo, home, volon)
    at.run("volon agents install --agent codex --agent gemini --agent claude")
    repo.write(".codex/hooks.json", '{"hooks": {"SessionStart": [{"hooks": [{"command": "volon hook x"}]}]}}')
    for path in (".codex/config.toml", ".gemini/trustedFolders.json", ".claude/settings.json", ".claude.json"):
        (home / path).parent.mkdir(exist_ok=True)
        (home / path).write_text(text)
    assert volon("doctor", env={"PATH": at.path()}).code in {0, 1}
    (home / ".codex/config.toml").unlink()
    os.mkfifo(home / ".codex/config.toml")
    assert volon("doctor", env={"PATH": at.path()}).code in {0, 1}


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_names_that_no_file_has_stop_no_look(repo: RepoBuilder, home: Path, volon: VolonInProcess, name: str) -> None:
    at = Place(repo, home, volon)
    at.run("volon agents install --agent gemini")
    settings = json.loads(repo.read(".gemini/settings.json"))
    hook = {"type": "command", "command": f"/{name}/volon hook session-end --agent gemini"}
    settings["hooks"]["SessionEnd"] = [{"hooks": [hook]}]
    servers = {"volon": {"command": f"/{name}/volon", "args": ["mcp"]}}
    said = {**settings, "context": {"fileName": [name]}, "mcpServers": servers}
    repo.write(".gemini/settings.json", json.dumps(said))
    codes = [row["name"] for row in json.loads(volon("doctor", "--json", env={"PATH": at.path()}).out)["checks"]]
    assert codes.count("agents.path-gone") == 2
    assert "agents.context-name" in codes


def test_what_a_strangers_manifest_names_elsewhere_is_not_looked_at(
    repo: RepoBuilder, home: Path, volon: VolonInProcess
) -> None:
    at = Place(repo, home, volon)
    at.run("volon agents install --agent codex")
    outside = repo.root.parent / "outside/SKILL.md"
    outside.parent.mkdir()
    outside.write_text("---\nname: private\n---\n")
    (repo.root.parent / "Outside").mkdir()
    at.edit(".volon/agents.json", '"files": {', '"files": {"../outside/SKILL.md": {"sha256": "x"},')
    assert at.rows() == []


def test_hooks_without_end_are_told_as_many_as_anybody_has(
    repo: RepoBuilder, home: Path, volon: VolonInProcess
) -> None:
    hook = {"type": "command", "command": "volon hook session-end --agent claude", "timeout": 10**6}
    repo.write(".claude/settings.json", json.dumps({"hooks": {"SessionEnd": [{"hooks": [hook] * 5000}]}}))
    assert 100 < len(Place(repo, home, volon).rows()) < 1000


def test_text_from_settings_is_shown_as_text_and_nothing_is_started(
    repo: RepoBuilder, home: Path, volon: VolonInProcess
) -> None:
    at = Place(repo, home, volon)
    at.run("volon agents install --agent claude --agent codex --agent gemini")
    trace = home / "started"
    for name in ("volon", "git-volon", "claude", "codex", "gemini"):
        at.program(at.tools[0] / name, f"#!/bin/sh\ntouch {trace}\n")
    command = "/no/such/volon hook session-start \x1b]0;title\x07 --agent claude"
    hook = {"hooks": [{"type": "command", "command": command, "timeout": 10**6}]}
    repo.write(".claude/settings.json", json.dumps({"hooks": {"Session\x1b[2JStart": [hook], "PreCompact": [hook]}}))
    ran = volon("doctor", env={"PATH": at.path()})
    assert "agents.path-gone" in ran.out
    assert "\x1b" not in ran.out
    assert not trace.exists()
