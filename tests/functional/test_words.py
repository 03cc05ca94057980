"""The everyday commands without typer: the table agrees with typer's commands, and both make the same of any words."""

from __future__ import annotations

import inspect
import itertools
import shutil
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import typer.main

from volon.cli import everyday, words
from volon.cli.app import app
from volon.cli.words import FORMS, Read, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

LEFT_TO_TYPER: dict[tuple[str, ...], frozenset[str]] = {
    ("validate",): frozenset({"--format"}),
    ("pipeline", "status"): frozenset({"--watch", "-w"}),
}
"""Options that are seldom used, and read by typer."""
SHARED = {"--json", "--quiet", "-q", "-C"}
HELP = {"--help", "-h"}


@cache
def typers(name: tuple[str, ...]) -> Any:  # noqa: ANN401  typer's own copy of click has no public types
    """The command as typer has it."""
    command: Any = typer.main.get_command(app)
    for word in name:
        command = command.commands[word]
    return command


@pytest.mark.parametrize("name", FORMS, ids=" ".join)
def test_the_table_has_the_options_that_typer_has(name: tuple[str, ...]) -> None:
    form, left, most = FORMS[name], LEFT_TO_TYPER.get(name, frozenset()), 0
    kinds: dict[str, set[str]] = {"flag": set(), "value": set(), "list": set()}
    for parameter in typers(name).params:
        if parameter.param_type_name == "argument":
            most = 1 if parameter.nargs == 1 else words.MANY
            assert not parameter.required
            continue
        kind = "flag" if parameter.is_flag else "list" if parameter.multiple else "value"
        kinds[kind] |= set(parameter.opts)
        if kind != "flag" and "-C" not in parameter.opts and not left & set(parameter.opts):
            assert parameter.type.name == "str"
    assert kinds["flag"] | kinds["value"] >= SHARED
    assert kinds["flag"] - SHARED - HELP - left == form.flags.keys()
    assert kinds["value"] - SHARED - left == form.values.keys()
    assert kinds["list"] == form.lists.keys()
    assert most == form.words


@pytest.mark.parametrize("form", {id(form): form for form in FORMS.values()}.values(), ids=lambda form: form.run)
def test_every_parameter_of_the_table_is_one_of_its_function(form: words.Form) -> None:
    names = {*form.flags.values(), *form.values.values(), *form.lists.values()}
    parameters = inspect.signature(getattr(everyday, form.run)).parameters
    free = {"task", "plan", "goal", "confidence", "summary", "tokens", *form.lists.values()}
    assert names - parameters.keys() <= (free if "said" in parameters else set())


NAMES = sorted(FORMS)
TAILS = [
    (),
    ("--json",),
    ("-q",),
    ("--quiet", "--json"),
    ("-n",),
    ("--dry-run", "-n"),
    ("--porcelain",),
    ("--porcelain", "--json"),
    ("word",),
    ("two", "words"),
    ("1",),
    ("01", "--checkpoint", "1"),
    ("01", "--checkpoint", "2"),
    ("--checkpoint", "1", "-n"),
    ("--task", "TASK-20261119-001"),
    ("--task=task-20261119-001", "-n"),
    ("--task", "nothing", "--task", "TASK-20261119-001"),
    ("--task",),
    ("--task", "-n"),
    ("--task="),
    ("--short", "-n"),
    ("--strict",),
    ("--next", "a", "--next=b", "note", "-n"),
    ("--next", "a", "--next", "b", "--next", "c", "--next", "d"),
    ("soft", "note", "-n"),
    ("restrat", "note"),
    ("--from", "-", "-n"),
    ("--from", "request.json", "-n"),
    ("--cmd", "make", "-n"),
    ("--confidence", "no", "-n"),
    ("--tokens=1/2", "-n"),
    ("--explain", "meta.required"),
    ("--explain", "nothing"),
    ("--staged", "--strict"),
    ("--format", "json"),
    ("--format", "nothing"),
    (".volon",),
    ("-C", "src"),
    ("-C", "nowhere"),
    ("-Csrc",),
    ("-C=src",),
    ("-nq",),
    ("-x",),
    ("--unknown", "value"),
    ("--js",),
    ("--json=1",),
    ("--help",),
    ("-h",),
    ("--", "word"),
    ("",),
    ("-",),
    ("ünïcode \udcff", "-n"),
]
HEADS = [(), ("-C", "src"), ("-C", "nowhere"), ("-C",), ("--version",)]


def command_lines() -> list[tuple[str, ...]]:
    """Every command with every tail, and some of them after something else."""
    every = [(*name, *tail) for name, tail in itertools.product(NAMES, TAILS)]
    return [*every, *((*head, *line) for head, line in itertools.product(HEADS[1:], every[:: len(TAILS) // 4]))]


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository with a paused task and a changed file."""
    volon.ok("task", "start", "Retry with backoff")
    repo.write("README.md", "# Shop, open\n")
    repo.write("request.json", '{"plan": "first this"}')
    volon.ok("pause-task", "untested")
    # It is copied some hundred times; git's examples of hooks are most of its files.
    shutil.rmtree(repo.root / ".git/hooks")
    return repo


def test_both_ways_print_the_same_and_leave_with_the_same_code(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changes something is asked of a copy each."""
    taken = 0
    for line in command_lines():
        short = read(line, {})
        if short is None:
            continue
        taken += 1
        outcomes = []
        for way in ("short", "long"):
            copy = tmp_path / "copy"
            shutil.copytree(paused.root, copy, symlinks=True)
            with monkeypatch.context() as patched:
                if way == "long":
                    patched.setattr(words, "read", lambda _argv, _environ: None)
                outcomes.append(volon(*line, cwd=copy))
            shutil.rmtree(copy)
        assert outcomes[0] == outcomes[1], line
    assert taken > 150


def test_what_is_not_plain_is_left_to_typer() -> None:
    for line in (
        (),
        ("--help",),
        ("stauts",),
        ("status", "--help"),
        ("status", "word"),
        ("resume", "--task"),
        ("resume", "--task", "-n"),
        ("resume", "--task", "a", "--task", "b"),
        ("continue", "a", "b"),
        ("pause", "--", "note"),
        ("pause", "-nq"),
        ("pause", ""),
        ("task",),
        ("task", "start", "x"),
        ("-C", "a", "-C", "b", "status"),
        ("status", "-C", "a", "-C", "b"),
    ):
        assert read(line, {}) is None, line
    assert read(("status",), {"_VOLON_COMPLETE": "complete_bash"}) is None
    shared = {"json": False, "quiet": False, "directory": "b"}
    assert read(("-C", "a", "status", "-C", "b"), {}) == Read("status", {}, shared, "a")
