"""`--dry-run` on everything that writes: it says what would be done and no byte changes, git's own included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from tests.functional.test_help import NAMES
from tests.support.digests import tree_digest
from tests.support.running import PROJECT_ROOT
from volon.cli.app import app

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
PAUSED = (("task", "create", "Later"), ("pause-task", "one"))

WRITERS = [
    ((), ("init", "--dry-run")),
    ((), ("task", "start", "A title", "--dry-run")),
    ((), ("task", "create", "A title", "--dry-run")),
    ((), ("pause-task", "note", "--dry-run")),
    ((), ("pause-task", "note", "--commit-state", "--dry-run")),
    (PAUSED, ("pause-task", "again", "--dry-run")),
    (PAUSED, ("resume-task", "--dry-run")),
    (PAUSED, ("resume-task", "1", "--dry-run")),
    (PAUSED, ("continue", "--dry-run")),
    (PAUSED, ("task", "start", TASK, "--dry-run")),
    (PAUSED, ("task", "done", TASK, "--dry-run")),
    (PAUSED, ("task", "block", TASK, "why", "--dry-run")),
    (PAUSED, ("undo", "--dry-run")),
    (PAUSED, ("doctor", "--fix", "--dry-run")),
]


@pytest.mark.parametrize(("before", "argv"), WRITERS, ids=lambda value: " ".join(map(str, value))[:40])
def test_a_dry_run_changes_no_byte(
    repo: RepoBuilder, volon: VolonInProcess, before: tuple[tuple[str, ...], ...], argv: tuple[str, ...]
) -> None:
    repo.write("src/app.py", "changed\n")
    for command in before:
        volon.ok(*command)
    seen = tree_digest(repo.root)
    ran = volon(*argv, "--json")
    assert ran.code == 0, ran
    assert json.loads(ran.out)["dry_run"] is True or argv[0] == "doctor"
    assert tree_digest(repo.root) == seen


def test_every_command_has_dry_run_and_json_but_those_the_readme_names() -> None:
    """Those that read need no dry run; the README names the others, and those without JSON."""
    reading = {*(f"checkpoint {one}" for one in ("bisect", "diff", "grep", "list", "show"))}
    reading |= {
        "agents list",
        "agents status",
        "brief",
        "prompt",
        "schema",
        "status",
        "statusline",
        "task list",
        "task show",
        "validate",
    }
    without = {option: set[str]() for option in ("--dry-run", "--json")}
    whole: Any = typer.main.get_command(app)
    for name in NAMES:
        command = whole
        for word in name.split():
            command = command.commands[word]
        has = {option for one in command.params for option in one.opts}
        for option in without.keys() - has:
            without[option].add(name)
    writing = {name.split()[0] for name in without["--dry-run"] - reading}
    assert writing == {"run", "pipeline", "conduct", "hook", "mcp", "trust"}
    assert without["--json"] == {"prompt", "statusline", "hook"}
    said = " ".join((PROJECT_ROOT / "README.md").read_text(encoding="utf-8").split())
    named = "what starts your commands (`run`, `pipeline`, `conduct`), what agents start (`hook`, `mcp`) and `trust`;"
    assert f"Everything that writes has `--dry-run`, but for {named}" in said
    assert "every command but `volon prompt`, `statusline` and `hook` has `--json`" in said


@pytest.mark.parametrize(
    "argv", [("status",), ("validate",), ("doctor",), ("task", "list"), ("checkpoint", "list"), ("undo", "--list")]
)
def test_reading_commands_write_nothing(repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...]) -> None:
    seen = tree_digest(repo.root)
    assert volon(*argv).code == 0
    assert tree_digest(repo.root) == seen
    volon.ok("pause-task", "one")
    seen = tree_digest(repo.root)
    assert volon(*argv).code == 0
    assert tree_digest(repo.root) == seen


def test_what_is_not_there_yet_is_not_called_created(volon: VolonInProcess) -> None:
    for words in (["init"], ["agents", "install", "claude"], ["agents", "uninstall", "claude"]):
        foretold = volon.ok(*words, "--dry-run").splitlines()
        done = volon.ok(*words).splitlines()
        would = [line.split() for line in foretold if line.split()[0] in {"create", "remove"}]
        did = [line.split() for line in done if line.split()[0] in {"created", "removed"}]
        assert [[f"{verb}d", *rest] for verb, *rest in would] == did != []
        assert not any(line.split()[0] in {"created", "updated", "removed"} for line in foretold)
    assert volon.ok("init", "--dry-run").endswith("Dry run: nothing was written.\n")
