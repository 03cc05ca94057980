"""Cases of what agents are told, of programs and of what colleagues get."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.functional.faults.case import Case
from volon import __version__
from volon.model.agents.texts import BEGIN, BLOCK, END

if TYPE_CHECKING:
    from tests.functional.faults.case import Place

MANIFEST = ".volon/agents.json"
PAUSE = ".agents/skills/pause-task/SKILL.md"
CLAUDES = ".claude/skills/pause-task/SKILL.md"


def manifest_of_a_later_volon(at: Place) -> str:
    at.edit(MANIFEST, '"schema_version": 2', '"schema_version": 99')
    return MANIFEST


def a_skill_is_gone(at: Place) -> str:
    (at.repo.root / PAUSE).unlink()
    return PAUSE


def the_block_is_gone(at: Place) -> str:
    at.repo.write("AGENTS.md", "# Rules\n")
    return "AGENTS.md"


def a_skill_is_older(at: Place) -> str:
    from volon.model.agents.manifest import digest  # noqa: PLC0415  only here

    older = at.repo.read(PAUSE).replace(b"Pause", b"Halt")
    at.edit(MANIFEST, digest(at.repo.read(PAUSE)), digest(older))
    at.repo.write(PAUSE, older)
    return PAUSE


def a_skill_is_edited(at: Place) -> str:
    at.edit(PAUSE, "unfinished", "unended")
    return PAUSE


def a_directory_is_a_link(at: Place) -> str:
    skills = at.repo.root / ".claude/skills/pause-task"
    skills.rename(at.home / "elsewhere")
    skills.symlink_to(at.home / "elsewhere")
    return CLAUDES


def no_link(at: Place) -> None:
    (at.repo.root / ".claude/skills/pause-task").unlink()
    (at.home / "elsewhere").rename(at.repo.root / ".claude/skills/pause-task")


def another_encoding(at: Place) -> str:
    at.run("volon agents uninstall")
    at.repo.write("AGENTS.md", "# Rules\n".encode("utf-16"))
    at.run("volon agents install --agent claude")
    return "AGENTS.md"


def utf8_again(at: Place) -> None:
    at.repo.write("AGENTS.md", at.repo.read("AGENTS.md").decode("utf-16"))
    at.run("volon agents upgrade")


def both_names_are_taken(at: Place) -> str:
    at.run("volon agents uninstall --agent claude")
    for name in ("pause-task", "volon-pause-task"):
        at.repo.write(f".claude/skills/{name}/SKILL.md", "theirs\n")
    at.run("volon agents install --agent claude")
    return f"{CLAUDES}:1"


def one_is_free(at: Place) -> None:
    (at.repo.root / ".claude/skills/volon-pause-task").rename(at.repo.root / ".claude/skills/other")
    at.run("volon agents upgrade")


def other_capitals(at: Place) -> str:
    at.repo.write("agents.md", "# Rules\n")
    return "agents.md"


def the_block_twice(at: Place) -> str:
    at.repo.write("AGENTS.md", at.repo.read("AGENTS.md") + b"\n" + BLOCK.encode())
    return f"AGENTS.md:{BLOCK.count(chr(10)) + 2}"


def half_a_block(at: Place) -> str:
    at.edit("AGENTS.md", END, "")
    return "AGENTS.md:1"


def no_block(at: Place) -> None:
    (at.repo.root / "AGENTS.md").unlink()
    at.run("volon agents upgrade")


def a_claude_md_came_later(at: Place) -> str:
    at.repo.write("CLAUDE.md", "# Be good\n")
    return "CLAUDE.md:1"


def aider_reads_others(at: Place) -> str:
    at.repo.write(".aider.conf.yml", "# ours\nread: [CONVENTIONS.md]\n")
    at.run("volon agents install --agent aider")
    return ".aider.conf.yml:2 (read)"


def another_name(at: Place) -> str:
    at.edit(PAUSE, "name: pause-task", "name: pause")
    return f"{PAUSE}:2 (name)"


def an_unknown_key(at: Place) -> str:
    at.edit(PAUSE, "description:", "argument-hint: NOTE\ndescription:")
    return f"{PAUSE}:3 (argument-hint)"


def a_copy_for_codex(at: Place) -> str:
    at.repo.write(".codex/skills/pause-task/SKILL.md", at.repo.read(PAUSE))
    return ".codex/skills/pause-task/SKILL.md:1"


def a_copy_at_home(at: Place) -> str:
    path = at.home / ".codex/skills/pause-task/SKILL.md"
    path.parent.mkdir(parents=True)
    path.write_bytes(at.repo.read(PAUSE))
    return "~/.codex/skills/pause-task/SKILL.md:1"


def a_command_of_the_name(at: Place) -> str:
    at.repo.write(".opencode/command/pause-task.md", "Do otherwise.\n")
    return ".opencode/command/pause-task.md:1"


def no_volon(at: Place) -> str:
    at.tools.clear()
    return ""


def two_volons(at: Place) -> str:
    at.tools.append(at.installed("older", "0.0.1"))
    return ""


def another_volon(at: Place) -> str:
    at.tools[:] = [at.installed("older", "0.0.1")]
    return ""


def no_git_volon(at: Place) -> str:
    (at.tools[0] / "git-volon").unlink()
    return ""


def an_old_codex(at: Place, version: str = "0.100.0") -> str:
    package = at.home.parent / "npm/lib/node_modules/codex"
    at.program(package / "bin/codex.js")
    (package / "package.json").write_text(json.dumps({"name": "codex", "version": version}))
    (at.home.parent / "npm/bin").mkdir(exist_ok=True)
    program = at.home.parent / "npm/bin/codex"
    if not program.exists():
        program.symlink_to(package / "bin/codex.js")
        at.tools.append(program.parent)
    return str(program)


def ignored(at: Place) -> str:
    at.repo.write(".gitignore", "*.log\n/.claude/skills/pause-task/\n")
    return f"{CLAUDES}: git ignores it, by .gitignore:2: "


def half_of_them(at: Place) -> str:
    at.repo.git("add", "AGENTS.md", ".agents")
    return "6 of 11 files"


TOLD = [
    Case(
        "agents.manifest",
        manifest_of_a_later_volon,
        lambda at: at.edit(MANIFEST, '"schema_version": 99', '"schema_version": 2'),
    ),
    Case("agents.file-gone", a_skill_is_gone),
    Case("agents.file-gone", the_block_is_gone),
    Case("agents.file-old", a_skill_is_older),
    Case("agents.file-edited", a_skill_is_edited, lambda at: at.edit(PAUSE, "unended", "unfinished")),
    Case("agents.file-linked", a_directory_is_a_link, no_link),
    Case("agents.file-unfit", another_encoding, utf8_again),
    Case("agents.name-taken", both_names_are_taken, one_is_free),
    Case("agents.name-clash", other_capitals, lambda at: (at.repo.root / "agents.md").unlink()),
    Case("agents.block-twice", the_block_twice, lambda at: at.repo.write("AGENTS.md", BLOCK)),
    Case("agents.block-open", half_a_block, no_block, innocent=lambda at: at.repo.write("notes.md", BEGIN)),
    Case(
        "agents.block-hidden",
        a_claude_md_came_later,
        lambda at: at.repo.write("CLAUDE.md", "See @AGENTS.md\n"),
        innocent=lambda at: at.repo.write("GEMINI.md", "# Be good\n"),
    ),
    Case("agents.block-hidden", a_claude_md_came_later, agents=("claude",)),
    Case(
        "agents.aider-reads",
        aider_reads_others,
        lambda at: at.edit(".aider.conf.yml", "CONVENTIONS.md", "CONVENTIONS.md, AGENTS.md"),
    ),
    Case("agents.skill-name", another_name, lambda at: at.edit(PAUSE, "name: pause", "name: pause-task")),
    Case("agents.skill-key", an_unknown_key, lambda at: at.edit(PAUSE, "argument-hint: NOTE\n", "")),
    Case(
        "agents.skill-twice",
        a_copy_for_codex,
        lambda at: (at.repo.root / ".codex/skills").rename(at.home / "moved"),
        innocent=lambda at: at.repo.write(".codex/skills/other/SKILL.md", "---\nname: other\n---\n"),
    ),
    Case("agents.skill-twice", a_copy_at_home, lambda at: (at.home / ".codex").rename(at.home / "moved")),
    Case(
        "agents.skill-shadowed",
        a_command_of_the_name,
        lambda at: (at.repo.root / ".opencode/command/pause-task.md").rename(at.repo.root / "halt.md"),
        agents=("opencode",),
        innocent=lambda at: at.repo.write(".opencode/command/other.md", "Do.\n"),
    ),
    Case("agents.volon-missing", no_volon, lambda at: at.tools.append(at.installed("new", __version__))),
    Case("agents.volon-twice", two_volons, lambda at: at.tools.pop()),
    Case("agents.volon-other", another_volon, lambda at: at.tools.__setitem__(0, at.home.parent / "tool/bin")),
    Case("agents.git-volon", no_git_volon, lambda at: at.program(at.tools[0] / "git-volon")),
    Case(
        "agents.program-old",
        an_old_codex,
        lambda at: an_old_codex(at, "1.0.0"),
        innocent=lambda at: an_old_codex(at, "0.169.0"),
    ),
    Case(
        "agents.ignored",
        ignored,
        lambda at: at.repo.write(".gitignore", "*.log\n"),
        innocent=lambda at: at.repo.write(".git/info/exclude", "/.volon/\n/.agents/skills/conduct/\n"),
    ),
    Case("agents.half-committed", half_of_them),
]
