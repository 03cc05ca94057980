"""Every command that writes is killed, starved and interrupted: a new one without a scenario fails here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer.main

from tests.crash.scenarios import SCENARIOS, STATE
from volon.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def writing_commands() -> Iterator[str]:
    """Name the commands that have `--dry-run`: those that write."""
    pending = [("", typer.main.get_command(app))]
    while pending:
        name, command = pending.pop()
        inner = getattr(command, "commands", {})
        pending += [(f"{name} {word}".strip(), each) for word, each in inner.items()]
        if not inner and any("--dry-run" in option.opts for option in command.params):
            yield name


def test_every_writing_command_has_a_scenario() -> None:
    aliases = {"pause": "pause-task", "resume": "resume-task"}
    commands = {aliases.get(name, name) for name in writing_commands()}
    assert len(commands) > 8
    tried = {scenario.command.replace("|", " ") for scenario in SCENARIOS}
    assert {name for name in commands if not any(f"{words} ".startswith(f"{name} ") for words in tried)} == set()


def test_the_scenarios_of_a_design_really_rewrite_its_state_file(repo: RepoBuilder, volon: VolonInProcess) -> None:
    line = next(line for line in STATE.splitlines() if line.startswith(".design/STATE.md = "))
    before = line.partition(" = ")[2].replace("\\n", "\n") + "\n"
    repo.write(".design/STATE.md", before)
    volon.ok("task", "start", "Retry with backoff")
    pause, resume = (_words(name) for name in ("pause-design-state", "resume-design-state"))
    volon.ok(*pause)
    paused = repo.read(".design/STATE.md").decode()
    assert "status: paused:in_progress\n" in paused
    assert "the vendor's answer\n" in paused
    volon.ok("task", "unblock", "TASK-20261119-001")
    volon.ok(*resume)
    resumed = repo.read(".design/STATE.md").decode()
    assert len({before, paused, resumed}) == 3
    assert "status: in_progress\n" in resumed


def _words(name: str) -> list[str]:
    return next(scenario.argv for scenario in SCENARIOS if scenario.name == name)


def test_scenarios_have_names_of_their_own() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
