"""Help: a newcomer finds five commands first, and every command says what one types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from volon.cli.app import app
from volon.cli.helping import EXAMPLES, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.running import VolonInProcess

ALIASES = {"pause", "resume"}


def _names(command: Any, above: str = "") -> Iterator[str]:  # noqa: ANN401  typer's own copy of click has no public types
    for name, one in command.commands.items():
        if hasattr(one, "commands"):
            yield from _names(one, f"{above}{name} ")
        elif f"{above}{name}" not in ALIASES:
            yield f"{above}{name}"


NAMES = sorted(_names(typer.main.get_command(app)))


def test_the_first_five_commands_are_those_of_every_day(volon: VolonInProcess) -> None:
    said = volon.ok("--help")
    named = re.findall(r"^  ([a-z-]+)  ", said, re.MULTILINE)
    assert named[:5] == ["pause-task", "resume-task", "status", "restore", "undo"]
    assert named[:8] == [name for names in SECTIONS.values() for name in names], "the short help shows eight"
    assert said.index("undo") < said.index("Options:")
    assert all(re.search(rf"\b{name.split()[0]}\b", said) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_command_has_an_example_and_says_whole_sentences(volon: VolonInProcess, name: str) -> None:
    said = volon.ok(*name.split(), "--help")
    assert f"\n  Examples:\n    volon {name}" in said
    assert max(map(len, said.splitlines())) <= 80
    assert "..." not in said.replace("[OPTIONS] COMMAND [ARGS]...", "")
    assert "{" not in said


@pytest.mark.parametrize(
    "group", [(), ("task",), ("checkpoint",), ("handoff",), ("pipeline",), ("conduct",), ("agents",)], ids=" ".join
)
def test_no_sentence_of_a_list_is_cut(volon: VolonInProcess, group: tuple[str, ...]) -> None:
    assert "..." not in volon.ok(*group, "--help").replace("COMMAND [ARGS]...", "")


def test_there_are_examples_of_commands_only() -> None:
    assert set(EXAMPLES) == set(NAMES)
