"""What agents install from this repository: true to their forms, of one version, and its hooks say what they can hear.

Their own validators judge it in `python -m tests.clients --plugins`.
"""

from __future__ import annotations

import importlib.util
import json
import re
import struct
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import skills_ref

from tests.clients.plugins import JUDGES, wrong_with
from tests.support.running import PROJECT_ROOT, VolonProcess
from volon import __version__
from volon.model.agents.events import PROTOCOLS, SECONDS
from volon.model.agents.plugin import ICON, MARKETPLACE, PLUGIN
from volon.model.agents.texts import SKILLS

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def read(path: str) -> Any:  # noqa: ANN401
    return json.loads((PROJECT_ROOT / path).read_text(encoding="utf-8"))


def commands(path: str) -> dict[str, dict[str, Any]]:
    """The hook of each event."""
    found = {}
    for event, groups in read(path)["hooks"].items():
        ((found[event],),) = (group["hooks"] for group in groups)
    return found


def test_all_manifests_are_of_this_version_and_name_the_same() -> None:
    plugin, extension = read(f"{PLUGIN}/.claude-plugin/plugin.json"), read("gemini-extension.json")
    market = read(".claude-plugin/marketplace.json")
    (listed,) = market["plugins"]
    assert {one["version"] for one in (plugin, extension, listed)} == {__version__}
    assert {one["name"] for one in (plugin, extension, listed)} == {"volon"}
    assert market["name"] == MARKETPLACE
    assert (PROJECT_ROOT / listed["source"]).resolve() == PROJECT_ROOT / PLUGIN
    assert (PROJECT_ROOT / extension["contextFileName"]).is_file()


@pytest.mark.parametrize("name", SKILLS)
def test_the_skills_of_the_plugin_are_to_the_specification(name: str) -> None:
    assert skills_ref.validate(PROJECT_ROOT / PLUGIN / "skills" / name) == []


def test_the_readme_is_long_enough_and_says_how_to_install() -> None:
    text = (PROJECT_ROOT / PLUGIN / "README.md").read_text(encoding="utf-8")
    assert len(text.split()) >= 40
    # Whatever one is told to type was typed for a real agent, in `python -m tests.clients --plugins`.
    typed = [" ".join(words) for asked in JUDGES.values() for words in asked]
    told = [line.replace("CLONE", ".") for line in re.findall(r"`(\w+ (?:plugin|extensions) [^`]+)`", text)]
    assert len(told) == 7
    assert [line for line in told if not any(f"{one} ".startswith(f"{line} ") for one in typed)] == []
    assert (PROJECT_ROOT / PLUGIN / "LICENSE").read_bytes() == (PROJECT_ROOT / "LICENSE").read_bytes()


def test_the_hooks_have_each_agents_own_names_and_units() -> None:
    ours, geminis = commands(f"{PLUGIN}/hooks/hooks.json"), commands("hooks/hooks.json")
    for agent, hooks, second in (("claude", ours, 1), ("codex", ours, 1), ("gemini", geminis, 1000)):
        events = {name: event for event, name in PROTOCOLS[agent].names.items()}
        for name, hook in hooks.items():
            assert hook["timeout"] == SECONDS[events[name]] * second
            assert hook["command"].startswith(f"volon hook {events[name]}")
    # Three agents read the first: none of them is named. What does not end in time could block a user.
    assert all(len(hook["command"].split()) == 3 for hook in ours.values())
    assert all(hook["command"].endswith(" --agent gemini") for hook in geminis.values())


@pytest.mark.parametrize(
    ("path", "mark", "form"),
    [
        (f"{PLUGIN}/hooks/hooks.json", {"CLAUDECODE": "1"}, {"hookSpecificOutput"}),
        (f"{PLUGIN}/hooks/hooks.json", {"COPILOT_CLI": "1"}, {"hookSpecificOutput", "additionalContext"}),
        (f"{PLUGIN}/hooks/hooks.json", {}, {"hookSpecificOutput"}),
        ("hooks/hooks.json", {"GEMINI_SESSION_ID": "1"}, {"hookSpecificOutput"}),
    ],
    ids=["claude", "copilot", "codex", "gemini"],
)
def test_every_hook_exits_0_and_the_first_tells_what_is_next_in_the_form_its_agent_takes(
    path: str, mark: dict[str, str], form: set[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "start", "Ship the parcels")
    volon.ok("pause-task", "half of them", "--next", "Pack the green ones")
    outer = dict.fromkeys(("CLAUDECODE", "COPILOT_CLI", "CURSOR_VERSION", "GEMINI_SESSION_ID"), "")
    told = json.dumps({"session_id": "s1", "cwd": str(repo.root), "source": "startup"}).encode()
    for name, hook in commands(path).items():
        program, *words = hook["command"].split()
        assert program == "volon"
        ran = VolonProcess(repo.root)(*words, env={**outer, **mark}, stdin=told)
        assert (ran.code, ran.err) == (0, "")
        if name == "SessionStart":
            assert set(json.loads(ran.out)) == form
            assert "Pack the green ones" in ran.out


def test_the_icon_is_what_the_script_draws() -> None:
    spec = importlib.util.spec_from_file_location("docs_icon", PROJECT_ROOT / "docs/icon.py")
    assert spec is not None
    assert spec.loader is not None
    icon = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(icon)
    data = (PROJECT_ROOT / ICON).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == height
    assert 512 <= width <= 2048
    # Another zlib may pack it otherwise.
    start = data.index(b"IDAT")
    (size,) = struct.unpack(">I", data[start - 4 : start])
    drawn = zlib.decompress(data[start + 4 : start + 4 + size])
    assert drawn == b"".join(b"\0" + line for line in icon.rows())


def test_the_harness_with_the_vendors_validators_notices_a_warning_and_a_token_too_many() -> None:
    assert wrong_with("✔ Validation passed\nAlways-on:   ~100 tok   added to every session\n", 0) == []
    assert wrong_with("fine\n", 1) == ["exited 1"]
    assert wrong_with("⚠ Found 1 warning:\n", 0) == ["⚠ Found 1 warning:"]
    assert wrong_with("Always-on:   ~101 tok   added to every session\n", 0) == ["101 tokens in every session"]
