"""Every shell block in the documents runs, every session prints what it shows, every command named in passing exists.

`sh` blocks are executed line after line by one shell, in a repository with paused work; `console` blocks are
executed too, and what they show must be what comes out (`…` stands for anything). What starts a harness or the tests
is a real process as well, but it is let go only as far as its arguments: the harness itself is what runs this test.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import typer

from tests.support.pages import Block, blocks, in_passing, pages
from tests.support.running import PROJECT_ROOT, volon_environment
from volon.cli.app import app
from volon.cli.helping import EXAMPLES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

BLOCKS = [block for page in pages() for block in blocks(page)]
SHELL = [block for block in BLOCKS if block.language in {"sh", "console", "bash", "zsh"}]
LANGUAGES = {"sh", "console", "bash", "zsh", "text", "yaml", "toml", "json", "markdown", "python"}
SET_UP = "python3 -m venv"
"""A block that begins so sets the project up; see the test of the README's first command."""

ONE_FILE = "tests/test_gate.py"
"""What pytest collects to show that it knows its words; the tests all stand in the gate that runs this one."""

REHEARSAL = """\
import argparse
_parse = argparse.ArgumentParser.parse_args
def _and_stop(self, *args, **kwargs):
    _parse(self, *args, **kwargs)
    raise SystemExit(0)
argparse.ArgumentParser.parse_args = _and_stop
"""
"""Lets a harness go as far as its arguments; volon itself parses in another way."""


@pytest.fixture
def playground(repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path) -> tuple[Path, dict[str, str]]:
    """A repository with one pause behind it and one before it, with volon and the project's Python on the path."""
    repo.write("src/app.py", "def run():\n    return 2\n")
    volon.ok("pause-task", "halfway", "--next", "pytest")
    volon.ok("resume-task")
    repo.write("src/app.py", "def run():\n    return 3\n")
    rehearsal = tmp_path / "rehearsal"
    rehearsal.mkdir()
    (rehearsal / "sitecustomize.py").write_text(REHEARSAL, encoding="utf-8")
    programs = repo.root / ".venv/bin"
    programs.mkdir(parents=True)
    _program(programs / "volon", f'exec "{sys.executable}" -P -m volon "$@"')
    _program(programs / "git-volon", f'exec "{sys.executable}" -P -m volon "$@"')
    checkout = f'cd "{PROJECT_ROOT}"; export PYTHONPATH="{rehearsal}:$PYTHONPATH"'
    _program(programs / "python", f'{checkout}\nexec "{sys.executable}" "$@"')
    repo.write(".git/info/exclude", repo.read(".git/info/exclude") + b"/.venv/\n")
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    return repo.root, volon_environment({"PATH": path, "PYTEST_ADDOPTS": f"--collect-only -q {ONE_FILE}"})


def _program(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def _run(script: str, place: Path, env: dict[str, str], shell: str = "sh") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [shell, "-euc", script],
        cwd=place,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_every_block_says_what_language_it_is_in(block: Block) -> None:
    assert block.language in LANGUAGES
    if block.language == "text":
        assert not re.search(r"^\$ ", block.text, re.MULTILINE), (
            "a session belongs into a console block, where it is run"
        )


@pytest.mark.slow
@pytest.mark.parametrize("block", [one for one in SHELL if not one.text.startswith(SET_UP)], ids=str)
def test_every_shell_block_runs(block: Block, playground: tuple[Path, dict[str, str]]) -> None:
    place, env = playground
    if block.language != "console":
        if shutil.which(block.language) is None:
            pytest.skip(f"not verified: {block.language} is not installed")
        done = _run(block.text, place, env, shell=block.language)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return
    for command, shown in _session(block.text):
        done = _run(f"({command}) 2>&1", place, env)
        assert _shown(shown).fullmatch(done.stdout.rstrip("\n")), f"$ {command}\n{done.stdout}"


def _session(text: str) -> list[tuple[str, str]]:
    """Split a console block into its commands and what each shows; `> ` goes on with a command."""
    steps: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], ""))
        elif line.startswith("> "):
            steps[-1] = (f"{steps[-1][0]}\n{line[2:]}", "")
        else:
            steps[-1] = (steps[-1][0], f"{steps[-1][1]}{line}\n")
    return steps


def _shown(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.rstrip("\n").split("…"))), re.DOTALL)


@pytest.mark.slow
def test_the_first_command_of_the_readme_sets_up_and_does_the_main_job(tmp_path: Path) -> None:
    """What would come from an index is borrowed from this environment; all the rest is as a stranger has it."""
    clone = tmp_path / "volon"
    shutil.copytree(
        PROJECT_ROOT,
        clone,
        ignore=shutil.ignore_patterns(".git", ".venv", ".volon", ".design", "mutants", "__pycache__", ".*_cache"),
    )
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"]):
        subprocess.run(["git", *words], cwd=clone, check=True)
    borrowed = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    offline = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": borrowed}
    [command, *_] = [block.text for block in blocks(PROJECT_ROOT / "README.md") if block.language == "sh"]
    assert command.startswith(SET_UP)
    done = _run(command, clone, {**os.environ, **offline})
    assert done.returncode == 0, done.stderr
    assert "Paused TASK-20261119-001 at checkpoint 01" in done.stdout
    assert "Now doing. No work file was changed." in done.stdout


def test_what_sets_up_development_is_the_same_everywhere() -> None:
    """The gate cannot run itself within itself: `.ci/run` runs this command, and the pages may only repeat it."""
    gate = (PROJECT_ROOT / ".ci/run").read_text(encoding="utf-8").splitlines()[-1]
    others = {block.text.strip() for block in SHELL if block.text.startswith(SET_UP)}
    assert gate in others
    assert len(others) == 2, "the README's two commands, and no third"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_named_in_passing_exists(page: Path) -> None:
    for words in in_passing(page):
        _check(words)


@pytest.mark.parametrize("words", [line for lines in EXAMPLES.values() for line in lines])
def test_every_example_of_the_help_exists(words: str) -> None:
    _check(words.partition("#")[0].rstrip())


@cache
def _commands() -> Any:  # noqa: ANN401 - typer's own copy of click has no public types
    """The tree of commands, built once: typer takes half a second for it."""
    return typer.main.get_command(app)


def _check(words: str) -> None:
    """Follow the words into the tree of commands; every flag on the way must be one of the command's.

    What follows `--` is somebody else's command.
    """
    command: Any = _commands()
    for word in re.split(r"[\s\[\]|,]+", re.sub(r'"[^"]*"', "TEXT", words))[1:]:
        if word == "--":
            return
        flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
        if word.startswith("-"):
            assert word in {*flags, "--help", "-h"}, f"`{words}`: {command.name} has no {word}"
        elif children := getattr(command, "commands", {}):
            assert word in children, f"`{words}`: there is no command {word}"
            command = children[word]
