"""Every fault of the table is told with its place, alone, and is gone once its way out was followed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.faults.called import CALLED, grouped, trusted
from tests.functional.faults.case import Place
from tests.functional.faults.told import TOLD
from volon.model.agents.faults import FAULTS
from volon.usecases.agents.faults import called

if TYPE_CHECKING:
    from pathlib import Path

    from tests.functional.faults.case import Case
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

CASES = [*TOLD, *CALLED]


@pytest.fixture
def at(repo: RepoBuilder, home: Path, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch) -> Place:
    # Tests themselves are run in a temporary directory.
    monkeypatch.setattr(called, "TEMPORARY", (f"{home.parent}/fresh/",))
    monkeypatch.delenv("TMPDIR", raising=False)
    return Place(repo, home, volon)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.code} {case.make.__name__}")
def test_a_fault_is_told_with_its_place_and_gone_once_its_way_out_was_followed(at: Place, case: Case) -> None:
    if case.agents:
        at.run(f"volon agents install {' '.join(f'--agent {one}' for one in case.agents)}")
    if case.innocent:
        case.innocent(at)
    assert at.rows() == []
    place = case.make(at)
    rows = at.rows()
    assert [row["name"] for row in rows] == [case.code]
    row = rows[0]
    assert row["sentence"].startswith(place.replace("$REPO", str(at.repo.root)))
    assert row["state"] == FAULTS[case.code].severity
    assert row["detail"] or row["command"]
    if case.mend:
        case.mend(at)
    else:
        at.run(row["command"])
    assert at.rows() == []


def test_every_fault_of_the_table_has_a_case() -> None:
    assert {case.code for case in CASES} == set(FAULTS)
    assert len(FAULTS) >= 25


def test_what_was_just_installed_for_all_has_no_fault_and_where_nothing_is_nothing_is_said(at: Place) -> None:
    assert at.rows() == []
    at.run("volon agents install --all")
    assert at.rows() == []
    at.run("volon agents uninstall")
    at.tools.clear()
    assert at.rows() == []


def test_where_others_have_settings_and_instructions_already_an_install_is_without_a_fault(at: Place) -> None:
    theirs = {"hooks": {"Stop": [{"matcher": "x", "hooks": [{"type": "command", "command": "/gone/other/run"}]}]}}
    files: dict[str, str | bytes] = {
        "AGENTS.md": "# Rules\n",
        "CLAUDE.md": "# Be good\n",
        "GEMINI.md": "# Be good\n",
        ".claude/settings.json": json.dumps({**theirs, "permissions": {"allow": ["Bash(volon:*)"]}}),
        ".gemini/settings.json": '{\n  // ours\n  "context": {"fileName": ["GEMINI.md", "AGENTS.md"]},\n}\n',
        ".codex/hooks.json": json.dumps(theirs),
        ".mcp.json": '{"mcpServers": {"other": {"command": "npx -y other", "enabled": false}}}',
        ".claude/commands/review.md": "Review.\n",
    }
    at.repo.commit("Use agents", files)
    at.repo.write(".cursor/hooks.json", "no JSON, and nobody asked\n")
    assert at.rows() == []
    at.run("volon agents install --agent claude --agent codex --agent gemini --agent copilot --agent opencode")
    assert at.rows() == []
    at.repo.commit("Tell them of volon")
    assert at.rows() == []


def test_two_hooks_of_one_event_for_different_matchers_are_meant(at: Place) -> None:
    hook = {"type": "command", "command": "volon hook session-start --agent claude"}
    groups = [{"matcher": match, "hooks": [hook]} for match in ("startup", "resume")]
    at.repo.write(".claude/settings.json", json.dumps({"hooks": {"SessionStart": groups}}))
    assert at.rows() == []


def test_trust_in_the_main_working_tree_is_trust_in_the_others(at: Place) -> None:
    at.repo.commit("Hooks", {".codex/hooks.json": json.dumps(grouped("codex"))})
    trusted(at)
    assert at.rows() == []
    at.repo.git("worktree", "add", "-q", "../other")
    at.volon.cwd = at.repo.root.parent / "other"
    assert at.rows() == []


@pytest.mark.parametrize(
    "case", [case for case in CASES if FAULTS[case.code].mends], ids=lambda case: case.make.__name__
)
def test_fix_mends_what_volon_wrote_and_a_dry_run_only_says_so(at: Place, case: Case) -> None:
    at.run(f"volon agents install {' '.join(f'--agent {one}' for one in case.agents)}")
    case.make(at)
    planned = at.volon("doctor", "--fix", "--dry-run", "--json", env={"PATH": at.path()})
    assert '"planned"' in planned.out
    assert [row["name"] for row in at.rows()] == [case.code]
    at.volon("doctor", "--fix", env={"PATH": at.path()})
    assert at.rows() == []
    at.run("volon undo")
    assert [row["name"] for row in at.rows()] == [case.code]
