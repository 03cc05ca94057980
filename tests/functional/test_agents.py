"""Coding agents know of volon by files that volon writes, renews and takes back; what a person wrote is left alone."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from typing import TYPE_CHECKING

import pytest
import skills_ref
import yaml

from tests.functional.test_help import NAMES
from volon.model.agents.hosts import HOSTS
from volon.model.agents.texts import BEGIN, BLOCK, SKILLS, skill_of, skill_text
from volon.templating import packaged

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

FEW = ["--agent", "claude", "--agent", "aider", "--agent", "gemini"]
PAUSE = ".claude/skills/pause-task/SKILL.md"


def everything(root: Path) -> dict[str, bytes | str]:
    """Every name of the user's with its bytes; directories too, as none may be left over."""
    found = [path for path in root.rglob("*") if not {".git", ".volon"} & set(path.relative_to(root).parts)]
    return {str(one.relative_to(root)): one.read_bytes() if one.is_file() else "directory" for one in found}


def install(volon: VolonInProcess, *agents: str) -> str:
    return volon.ok("agents", "install", *(word for one in agents for word in ("--agent", one)))


def states(volon: VolonInProcess, *words: str) -> dict[str, str]:
    said = json.loads(volon.ok("agents", *words, "--json"))
    return {file["path"]: file["state"] for file in said["files"]}


@pytest.mark.parametrize(
    ("theirs", "words"),
    [
        (None, ["--all"]),
        (b"", FEW),
        (b"# Rules\r\n\r\nBe good.\r\n", FEW),
        (b"# Rules\n\nBe good.", FEW),
    ],
    ids=["nothing", "empty", "crlf", "no end of line"],
)
def test_a_second_run_changes_nothing_and_uninstalling_leaves_every_byte_as_it_was(
    repo: RepoBuilder, volon: VolonInProcess, theirs: bytes | None, words: list[str]
) -> None:
    for path in ("AGENTS.md", "CLAUDE.md", ".aider.conf.yml") if theirs is not None else ():
        (repo.root / path).write_bytes(theirs or b"")
    before = everything(repo.root)
    volon.ok("agents", "install", *words)
    installed = everything(repo.root)
    assert set(states(volon, "install", *words).values()) == {"unchanged"}
    assert set(states(volon, "status").values()) == {"unchanged"}
    assert everything(repo.root) == installed
    assert (repo.root / "CLAUDE.md").exists() is (theirs is not None)
    volon.ok("agents", "uninstall")
    assert everything(repo.root) == before
    assert not (repo.root / ".volon").exists()
    volon.ok("undo")
    assert everything(repo.root) == installed


def test_what_a_person_edited_is_kept_and_is_theirs_once_volon_is_uninstalled(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    install(volon, "claude")
    for path in (PAUSE, "AGENTS.md"):
        repo.write(path, (repo.root / path).read_text().replace("nfinished", "nended"))
    edited = everything(repo.root)
    kept = {PAUSE: "kept", "AGENTS.md": "kept"}
    for words in (("status",), ("upgrade",), ("uninstall",)):
        found = states(volon, *words)
        assert {path: state for path, state in found.items() if state == "kept"} == kept
        assert {path: everything(repo.root)[path] for path in kept} == {path: edited[path] for path in kept}
    assert not (repo.root / ".claude/skills/resume-task").exists()
    assert not (repo.root / ".volon/agents.json").exists()


def test_one_agent_is_taken_back_and_what_others_read_stays(repo: RepoBuilder, volon: VolonInProcess) -> None:
    install(volon, "claude", "codex", "zed")
    done = states(volon, "uninstall", "--agent", "codex")
    assert {path for path, state in done.items() if state != "unchanged"} == {".codex/hooks.json"}
    gone = states(volon, "uninstall", "--agent", "claude")
    assert {path.partition("/")[0] for path, state in gone.items() if state == "removed"} == {".claude"}
    assert (repo.root / ".agents/skills/pause-task/SKILL.md").exists()
    assert BEGIN in (repo.root / "AGENTS.md").read_text()


def test_a_name_that_is_taken_is_left_to_its_owner_and_the_skill_gets_volons_before_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(PAUSE, "ours\n")
    repo.write(".claude/commands/conduct.md", "ours too\n")
    repo.write(".claude/skills/task-status/SKILL.md", "ours\n")
    repo.write(".claude/skills/volon-task-status/SKILL.md", "ours as well\n")
    said = install(volon, "claude")
    assert (repo.root / PAUSE).read_text() == "ours\n"
    for name in ("volon-pause-task", "volon-conduct"):
        assert f"\nname: {name}\n" in (repo.root / f".claude/skills/{name}/SKILL.md").read_text()
    assert (repo.root / ".claude/skills/volon-task-status/SKILL.md").read_text() == "ours as well\n"
    assert "is not volon's" in said
    assert (repo.root / ".claude/skills/resume-task/SKILL.md").exists()
    # What answers to the name by now does not move a skill that is there.
    repo.write(".claude/commands/resume-task.md", "ours\n")
    assert states(volon, "upgrade")[".claude/skills/resume-task/SKILL.md"] == "unchanged"


@pytest.mark.parametrize(
    ("own", "where"), [("Be good.\n", "CLAUDE.md"), ("See @AGENTS.md.\n", "AGENTS.md"), (None, "AGENTS.md")]
)
def test_the_block_stands_in_the_file_that_the_agent_reads(
    repo: RepoBuilder, volon: VolonInProcess, own: str | None, where: str
) -> None:
    if own is None:
        (repo.root / "CLAUDE.md").symlink_to("AGENTS.md")
    else:
        repo.write("CLAUDE.md", own)
    install(volon, "claude")
    holding = {one.name for one in repo.root.glob("*.md") if not one.is_symlink() and BEGIN in one.read_text()}
    assert holding == {where}


def test_nothing_is_written_through_a_link_and_the_rest_is(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (repo.root / ".claude").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "hooks.json").write_text("{}")
    (repo.root / ".codex").mkdir()
    (repo.root / ".codex/hooks.json").symlink_to(tmp_path / "hooks.json")
    assert "is reached through a link" in install(volon, "claude", "codex")
    assert "is reached through a link" in volon.ok("agents", "status")
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (tmp_path / "hooks.json").read_text() == "{}"
    assert (repo.root / ".agents/skills/pause-task/SKILL.md").exists()


def test_upgrade_brings_what_an_older_volon_wrote_up_to_date(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("AGENTS.md", "# Rules\n")
    install(volon, "codex")
    wanted = everything(repo.root)
    path, manifest = ".agents/skills/pause-task/SKILL.md", repo.root / ".volon/agents.json"
    older = '---\nname: pause-task\ndescription: "Pause with volon."\n---\nRun `volon pause-task`.\n'
    said = json.loads(manifest.read_text())
    said["files"][path]["sha256"] = "e31adb6ac22ed1d96e7c9ae85a98cf2d3e9ba45ffd7b5a6a1c2e4d6f0b8f5d1c"
    manifest.write_text(json.dumps(said))
    repo.write(path, older)
    assert states(volon, "status")[path] == "kept", "it is not what the manifest says"
    said["files"][path]["sha256"] = hashlib.sha256(older.encode()).hexdigest()
    said["files"]["AGENTS.md"]["added"] = "\n<!-- volon:begin -->\nold\n<!-- volon:end -->\n"
    manifest.write_text(json.dumps(said))
    repo.write("AGENTS.md", "# Rules\n\n<!-- volon:begin -->\nold\n<!-- volon:end -->\nand more\n")
    assert states(volon, "upgrade") == states(volon, "status") | {path: "updated", "AGENTS.md": "updated"}
    assert everything(repo.root)[path] == wanted[path]
    assert (repo.root / "AGENTS.md").read_text() == f"# Rules\n\n{BLOCK}and more\n"


def test_a_clone_without_the_manifest_knows_what_came_with_the_commit(repo: RepoBuilder, volon: VolonInProcess) -> None:
    before = everything(repo.root)
    install(volon, "claude", "codex")
    repo.write(".codex/config.toml", "")
    (repo.root / ".volon/agents.json").unlink()
    status = json.loads(volon.ok("agents", "status", "--json"))
    assert status["installed"] == ["claude", "codex"]
    assert {one["state"] for one in status["files"]} == {"unchanged"}
    assert set(states(volon, "upgrade").values()) == {"unchanged"}
    assert (repo.root / ".volon/agents.json").exists()
    (repo.root / ".volon/agents.json").unlink()
    (repo.root / ".codex/config.toml").unlink()
    volon.ok("agents", "uninstall")
    assert everything(repo.root) == before


def test_a_clone_without_the_manifest_knows_settings_that_have_only_some_of_its_entries(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    theirs = '{\n  "model": "opus"\n}\n'
    repo.write(".claude/settings.json", theirs)
    volon.ok("agents", "install", "--agent", "claude")
    (repo.root / ".volon/agents.json").unlink()
    settings = json.loads(repo.read(".claude/settings.json"))
    del settings["hooks"]["SessionStart"]
    repo.write(".claude/settings.json", json.dumps(settings, indent=2) + "\n")
    said = json.loads(volon.ok("agents", "status", "--json"))
    [found] = [one for one in said["files"] if one["path"] == ".claude/settings.json"]
    assert (found["state"], said["next_command"]) == ("updated", "volon agents upgrade")
    assert "hooks" in said["parts"]
    volon.ok("agents", "uninstall")
    assert repo.read(".claude/settings.json").decode() == theirs


@pytest.mark.parametrize(
    "theirs", [b"# Rules\n", b"# Rules\r\n\r\nBe good.\r\n", b"# R\xe8gles\n"], ids=["lf", "crlf", "latin"]
)
def test_a_clone_without_the_manifest_gives_a_file_of_instructions_back_with_its_blank_lines(
    repo: RepoBuilder, volon: VolonInProcess, theirs: bytes
) -> None:
    (repo.root / "CLAUDE.md").write_bytes(theirs)
    for _ in range(2):
        install(volon, "claude")
        (repo.root / ".volon/agents.json").unlink()
        volon.ok("agents", "uninstall")
        assert (repo.root / "CLAUDE.md").read_bytes() == theirs


def test_agents_are_named_as_arguments_or_by_the_option(repo: RepoBuilder, volon: VolonInProcess) -> None:
    said = volon.ok("agents", "install", "claude", "codex", "--agent", "zed")
    assert said.startswith("Installed for Claude Code, Codex, Zed\n")
    assert "\nThere: " in said
    again = volon.ok("agents", "install", "claude", "codex")
    assert again == "No file has to change for Claude Code, Codex\n", "nothing is anybody's to commit"
    assert volon.ok("agents", "uninstall", "codex").startswith("Taken back from Codex\n")
    assert volon.ok("agents", "uninstall", "codex") == "No file has to change for Codex\n"
    assert volon("agents", "install", "claude", "--all").code == 2
    assert "did you mean codex?" in volon("agents", "uninstall", "codx").err
    assert not (repo.root / ".codex").exists()


def test_that_pauses_are_shared_by_init_is_said_where_there_are_hooks_until_there_was_one(
    volon: VolonInProcess,
) -> None:
    said = "run volon init, and commit what it writes"
    assert said not in install(volon, "zed"), "it has no hooks"
    assert said in " ".join(install(volon, "claude").split())
    volon.ok("init")
    assert said not in " ".join(install(volon, "codex").split())


def test_what_is_typed_there_is_the_name_that_volons_skill_got(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(PAUSE, "ours\n")
    assert "\nThere: /volon-pause-task (" in install(volon, "claude")


def test_the_list_begins_with_what_is_used_here_and_says_what_comes_next(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    alone = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    assert volon("agents", "list", env=alone).out.endswith("\nNext: volon agents install NAME\n")
    repo.write(".zed/settings.json", "{}")
    said = volon("agents", "list", env=alone).out
    assert said.split()[0] == "zed"
    assert said.endswith("\nNext: volon agents install\n")
    install(volon, "shai")
    said = volon("agents", "list", env=alone).out
    assert [line.split()[0] for line in said.splitlines()[:3]] == ["shai", "zed", "agents"]
    assert said.endswith("\nNext: volon agents status\n")


def test_uninstalling_for_no_agent_says_what_it_takes_back(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert volon.ok("agents", "uninstall") == "volon is installed for no agent here.\n"
    repo.write("AGENTS.md", f"# Rules\n\n{BLOCK}")
    files = {"AGENTS.md": {"added": f"\n{BLOCK}"}}
    repo.write(".volon/agents.json", json.dumps({"schema_version": 2, "agents": [], "parts": [], "files": files}))
    left = "volon is installed for no agent here; what is left of it:\n  updated    AGENTS.md\n"
    assert volon.ok("agents", "uninstall", "--dry-run").startswith(left.replace("updated ", "update  "))
    assert volon.ok("agents", "uninstall") == left
    assert (repo.root / "AGENTS.md").read_text() == "# Rules\n"


def test_instructions_in_another_encoding_are_kept_and_named(repo: RepoBuilder, volon: VolonInProcess) -> None:
    theirs = "# Rules\n".encode("utf-16")
    repo.write("AGENTS.md", theirs)
    assert "is no text in UTF-8" in install(volon, "codex")
    assert (repo.root / "AGENTS.md").read_bytes() == theirs


def test_doctor_says_for_how_many_agents_volon_is_well_installed(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert "installed for" not in volon.ok("doctor")
    install(volon, "zed")
    assert "installed for 1 agent, 5 files as written" in volon.ok("doctor")
    repo.write("AGENTS.md", "# Rules\n")
    assert "as written" not in volon("doctor").out


def test_a_manifest_from_a_stranger_makes_volon_touch_nothing_but_its_own(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "mine\n")
    digest = hashlib.sha256(b"mine\n").hexdigest()
    files = {path: {"sha256": digest} for path in ("src/app.py", "../x", ".git/config", "/etc/passwd")}
    repo.write(".volon/agents.json", json.dumps({"schema_version": 1, "agents": ["claude", "x"], "files": files}))
    assert "src/app.py" not in volon.ok("agents", "uninstall")
    assert (repo.root / "src/app.py").read_text() == "mine\n"
    denied = '{"permissions": {"deny": ["volon mcp"]}}'
    repo.write(".claude/settings.json", denied)
    entries = {"permissions/deny": hashlib.sha256(b'"volon mcp"').hexdigest()}
    claimed = {".claude/settings.json": {"entries": entries, "within": ["", "permissions"]}}
    said = {"schema_version": 2, "agents": ["claude"], "parts": ["hooks"], "files": claimed}
    repo.write(".volon/agents.json", json.dumps(said))
    volon.ok("agents", "upgrade")
    volon.ok("agents", "uninstall")
    assert (repo.root / ".claude/settings.json").read_text() == denied
    repo.write(".volon/agents.json", "<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n")
    assert "it holds both sides of a merge: delete it" in volon("agents", "uninstall").err
    half = '{"schema_version": 1, "agents": [], "files": {"AGENTS.md": {"sha256": "\\ud800"}}}'
    for text in ("{", "[]", '{"schema_version": 1}', '{"schema_version": 1, "agents": 3, "files": {"a": 1}}', half):
        repo.write(".volon/agents.json", text)
        ran = volon("agents", "status")
        assert ran.code == 9, text
        assert ".volon/agents.json" in ran.err
        assert (repo.root / ".volon/agents.json").read_text() == text


@pytest.mark.parametrize(
    "words",
    [["upgrade"], ["install", "--agent", "codex"], ["uninstall"], ["uninstall", "--agent", "codex"]],
    ids=" ".join,
)
def test_a_manifest_from_a_stranger_takes_nothing_out_of_a_persons_files(
    repo: RepoBuilder, volon: VolonInProcess, words: list[str]
) -> None:
    theirs = {
        ".claude/settings.json": '{"permissions":{"deny":["Bash(rm:*)"], "allow":[]}}\n',
        ".mcp.json": '{"mcpServers":{"other":{"command":"x"}}}\n',
        ".cursor/hooks.json": '{\n  "version": 1\n}\n',
        ".github/hooks/volon.json": '{"version": 1, "hooks": {"sessionStart": [{"bash": "volon status; lint"}]}}\n',
        ".opencode/plugin/volon.ts": "export const Mine = 1\n",
        PAUSE: "---\nname: pause-task\n---\nours\n",
        "CLAUDE.md": "# My rules\nnever push\n",
        ".aider.conf.yml": "read: [RULES.md]\n",
    }
    digests = {path: {"sha256": hashlib.sha256(text.encode()).hexdigest()} for path, text in theirs.items()}
    whole = {path: {"added": text, "made": True} for path, text in theirs.items()}
    emptied = {".cursor/hooks.json": {"entries": {"hooks/sessionStart": "x"}, "within": ["", "hooks"]}}
    for files in (digests, whole, whole | {"CLAUDE.md": {"added": "never "}}, emptied):
        for path, text in theirs.items():
            repo.write(path, text)
        said = {"schema_version": 2, "agents": ["codex"], "parts": ["skills"], "files": files}
        repo.write(".volon/agents.json", json.dumps(said))
        volon.ok("agents", *words)
        assert {path: (repo.root / path).read_text() for path in theirs} == theirs


def test_settings_of_another_tool_get_volons_entries_and_are_given_back_with_what_was_edited_meanwhile(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    theirs = '{\n\t// ours\n\t"hooks": {"Stop": [{"hooks": []}]},\n\t"model": "x", // fast\n}\n'
    repo.write(".claude/settings.json", theirs)
    repo.write(".gemini/settings.json", "{'a'}\n")
    said = install(volon, "claude", "gemini")
    assert ".claude/settings.json: hooks, statusline" in said
    assert "cannot be read, line 1: this is not JSON" in said
    assert '&& volon hook session-start --agent gemini || true"' in said, "it can be pasted"
    assert "in folders that you trust" in said
    assert (repo.root / ".gemini/settings.json").read_text() == "{'a'}\n"
    there = (repo.root / ".claude/settings.json").read_text()
    assert '"command": "volon statusline"' in there
    repo.write(".claude/settings.json", there.replace('"x"', '"y"'))
    assert set(states(volon, "upgrade").values()) == {"unchanged", "kept"}
    volon.ok("agents", "uninstall")
    assert (repo.root / ".claude/settings.json").read_text() == theirs.replace('"x"', '"y"')


def test_a_part_that_another_tool_has_is_not_told_as_written(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(".claude/settings.json", '{"statusLine": {"type": "command", "command": "theirs"}}\n')
    said = install(volon, "claude")
    assert ".claude/settings.json: hooks\n" in said
    assert "statusLine is of another tool" in said


def test_parts_are_chosen_once_and_upgrades_keep_to_them(repo: RepoBuilder, volon: VolonInProcess) -> None:
    before = everything(repo.root)
    install(volon, "claude", "cursor")
    volon.ok("agents", "install", "--without", "hooks", "--with", "mcp")
    settings = json.loads((repo.root / ".claude/settings.json").read_text())
    assert set(settings) == {"statusLine"}
    assert not (repo.root / ".cursor/hooks.json").exists()
    assert json.loads((repo.root / ".mcp.json").read_text())["mcpServers"]["volon"]["args"] == ["mcp"]
    status = json.loads(volon.ok("agents", "status", "--json"))
    assert status["parts"] == ["skills", "instructions", "statusline", "mcp"]
    chosen = everything(repo.root)
    assert set(states(volon, "upgrade").values()) == {"unchanged"}
    install(volon, "codex")
    assert not (repo.root / ".codex").exists(), "what was left out stays out"
    volon.ok("agents", "uninstall", "--agent", "codex")
    # Where the manifest was not shared, the parts are known by the files.
    (repo.root / ".volon/agents.json").unlink()
    assert set(states(volon, "upgrade").values()) == {"unchanged"}
    assert json.loads(volon.ok("agents", "status", "--json"))["parts"] == status["parts"]
    assert everything(repo.root) == chosen
    volon.ok("agents", "uninstall")
    assert everything(repo.root) == before


def test_a_part_there_is_not_or_that_cannot_start_is_refused(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(repo.root)
    for words, hint in (
        (["--with", "hook"], "the parts are skills, instructions, hooks, statusline, mcp"),
        (["--with", "mcp", "--without", "mcp"], "mcp is asked for and left out"),
    ):
        ran = volon("agents", "install", "--agent", "claude", *words)
        assert ran.code == 2
        assert hint in ran.err
    monkeypatch.setattr("volon.usecases.agents.installing.find_spec", lambda _: None)
    ran = volon("agents", "install", "--agent", "claude", "--with", "mcp")
    assert ran.code == 5
    assert "pip install 'volon[mcp]'" in ran.err
    assert everything(repo.root) == before


def test_the_manifest_of_a_volon_that_knew_no_parts_is_read_and_kept_to(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    before = everything(repo.root)
    volon.ok("agents", "install", "--agent", "claude", "--without", "hooks", "--without", "statusline")
    told = everything(repo.root)
    path = repo.root / ".volon/agents.json"
    said = json.loads(path.read_text())
    assert said.pop("parts") == ["skills", "instructions"]
    path.write_text(json.dumps(said | {"schema_version": 1}))
    assert set(states(volon, "upgrade").values()) == {"unchanged"}
    assert everything(repo.root) == told
    assert json.loads(path.read_text())["schema_version"] == 2
    volon.ok("agents", "install", "--with", "hooks")
    assert set(json.loads((repo.root / ".claude/settings.json").read_text())) == {"hooks"}
    volon.ok("agents", "uninstall")
    assert everything(repo.root) == before


def test_an_agent_that_is_not_known_is_refused_and_without_one_those_seen_here_are_taken(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    ran = volon("agents", "install", "--agent", "cloude")
    assert ran.code == 2
    assert "did you mean claude?" in ran.err
    # Whatever agents this machine has.
    (tmp_path / "bin").mkdir()
    alone = {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}
    assert volon("agents", "status", env=alone).out.endswith("\nNext: volon agents list\n")
    repo.write(".zed/settings.json", "{}")
    (tmp_path / "bin/aider").write_text("#!/bin/sh\n")
    (tmp_path / "bin/aider").chmod(0o755)
    assert volon("agents", "status", env=alone).out.endswith("\nNext: volon agents install\n")
    said = volon("agents", "install", env=alone).out
    assert "Aider: aider on PATH" in said
    assert "Zed: .zed" in said
    assert json.loads(volon.ok("agents", "status", "--json"))["installed"] == ["aider", "zed"]


@pytest.mark.parametrize("name", SKILLS)
def test_a_skill_is_one_by_its_specification_and_names_only_commands_there_are(name: str, tmp_path: Path) -> None:
    template = packaged(f"skills/{name}.md")
    (tmp_path / name).mkdir()
    (tmp_path / name / "SKILL.md").write_text(skill_text(skill_of(template, name), f"{name}/SKILL.md"))
    assert skills_ref.validate(tmp_path / name) == []
    _only_commands_there_are(template)


def test_what_agents_always_carry_is_at_most_a_hundred_tokens_and_the_block_ten_lines() -> None:
    skills = [skill_of(packaged(f"skills/{name}.md"), name) for name in SKILLS]
    assert sum(len(f"{one.name}{one.description}") for one in skills) <= 4 * 100
    assert len(BLOCK.splitlines()) <= 10
    _only_commands_there_are(BLOCK)


def _only_commands_there_are(text: str) -> None:
    spans = [inline or line for inline, line in re.findall(r"`([^`\n]*)`|^ +(volon .*)$", text, re.MULTILINE)]
    said = [span.split()[1:3] for span in spans if span.startswith("volon ")]
    assert said
    assert [words for words in said if words[0] not in NAMES and " ".join(words) not in NAMES] == []


def test_a_skill_is_written_in_the_format_of_each_agent() -> None:
    skill = skill_of(packaged("skills/conduct.md"), "conduct")
    formats = {host.skills.rpartition(".")[2]: host.skills.replace("{name}", "conduct") for host in HOSTS.values()}
    assert set(formats) == {"", "md", "mdc", "toml", "yaml"}
    assert tomllib.loads(skill_text(skill, formats["toml"]))["prompt"] == skill.body
    recipe = yaml.safe_load(skill_text(skill, formats["yaml"]))
    assert recipe["instructions"] == skill.body
    assert recipe["description"] == skill.description
    assert skill_text(skill, formats["mdc"]) == f'---\ndescription: "{skill.description}"\n---\n{skill.body}'
