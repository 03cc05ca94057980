"""What volon says to type works where it is typed: with `-C`, from a path of its own, and in one piece."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.repos import run_git
from volon.cli.edge import Edge
from volon.cli.spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@pytest.fixture
def outside(repo: RepoBuilder, volon: VolonInProcess) -> VolonInProcess:
    """volon called from the directory above the repository, with work paused in it."""
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way")
    volon.cwd = repo.root.parent
    return volon


def _commands(found: Any) -> Iterator[str]:  # noqa: ANN401  JSON
    if isinstance(found, dict):
        yield from (value for key, value in found.items() if key.endswith("command") and isinstance(value, str))
        for value in found.values():
            yield from _commands(value)
    elif isinstance(found, list):
        for value in found:
            yield from _commands(value)


def test_with_a_directory_every_command_repeats_it_and_works_from_there(
    outside: VolonInProcess, repo: RepoBuilder
) -> None:
    directory = repo.root.name
    repo.git("switch", "-q", "-c", "other")
    repo.commit("Meanwhile", {"other.txt": "x\n"})
    for argv in (("status",), ("resume-task", "--dry-run"), ("restore", "1")):
        ran = outside("-C", directory, *argv, "--json")
        found = json.loads(ran.out)
        said = [*_commands(found), *(hint.rpartition(": ")[2] for hint in found.get("hints", []))]
        assert said, argv
        for command in said:
            assert command.startswith((f"volon -C {directory} ", f"git -C {directory} ")), command
            words = shlex.split(command.partition(" && ")[0])
            assert words[0] == "git" or "PATH" in words or outside(*words[1:], "--dry-run").code in {0, 3, 7}
    assert f"Next: volon -C {directory} resume-task\n" in outside.ok("-C", directory, "status")
    assert f"Hint: volon -C {directory} checkpoint list\n" in outside("restore", "99", "-C", directory).err
    assert f"To take this back: volon -C {directory} undo\n" in outside.ok("-C", directory, "undo")


def test_words_of_people_are_not_respelled(outside: VolonInProcess, repo: RepoBuilder) -> None:
    outside.ok("-C", repo.root.name, "pause-task", "then volon status", "--next", "volon run -- pytest")
    said = outside.ok("-C", repo.root.name, "resume-task")
    assert "then volon status\n" in said
    assert "1. volon run -- pytest\n" in said


def test_what_agents_are_told_of_names_the_repository_once(outside: VolonInProcess, repo: RepoBuilder) -> None:
    directory = repo.root.name
    assert f"Next: volon -C {directory} agents list\n" in outside.ok("-C", directory, "agents", "status")
    outside.ok("-C", directory, "agents", "install", "claude")
    (repo.root / ".claude/settings.json").unlink()
    assert f"Next: volon -C {directory} agents upgrade\n" in outside.ok("-C", directory, "agents", "status")


def test_another_working_tree_is_named_as_seen_from_where_volon_was_called() -> None:
    spelling = Spelling("shop", "volon")
    assert spelling.text("volon -C ../shop-2 resume-task") == "volon -C shop-2 resume-task"
    below = Spelling(None, "volon", "/shop", "/shop/src")
    assert below.text("volon -C ../shop-2 resume-task") == "volon -C ../../shop-2 resume-task"
    assert Spelling("src", "volon", "/shop", "/shop/src").text("volon -C ../x status") == "volon -C ../x status"
    assert spelling.text("see it: git status") == "see it: git -C shop status"
    assert spelling.text("volon takes it away") == "volon takes it away"


def test_every_path_in_a_command_holds_in_the_directory_below_where_it_was_printed(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way")
    repo.git("stash", "-q")
    repo.commit("Meanwhile", {"src/app.py": "other\n"})
    volon.cwd = repo.root / "src"
    command = ""
    for argv in (("resume-task", "--restore"), ("restore", "1", "--onto", "HEAD")):
        hints = json.loads(volon(*argv, "--json").out)["hints"]
        [command] = [hint.rpartition(": ")[2] for hint in hints if "--worktree" in hint]
        assert command.endswith(" --worktree ../../repo-01"), command
    assert volon(*shlex.split(command)[1:]).code == 7
    assert (repo.root.parent / "repo-01/src/app.py").is_file()
    again = json.loads(volon("restore", "1", "--onto", "HEAD", "--worktree", "../../new", "--json").out)["hints"][0]
    assert again.endswith(" --worktree ../../new --conflicts")
    assert json.loads(volon("-C", "..", "resume-task", "--restore", "--json").out)["hints"][-2].endswith("../repo-01-2")
    add = volon.ok("init").partition("Next: ")[2].partition(" && ")[0]
    run_git(volon.cwd, *shlex.split(add)[1:])
    assert "A  .volon/" in repo.git("status", "--porcelain")


def test_a_volon_that_is_not_in_the_path_is_named_as_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", [".venv/bin/volon", "status"])
    spelling = Edge({"PATH": str(tmp_path)}, tmp_path).spelling()
    assert spelling is not None
    assert spelling.text("Back: volon resume-task") == "Back: .venv/bin/volon resume-task"
    (tmp_path / "volon").write_text("#!/bin/sh\n")
    (tmp_path / "volon").chmod(0o755)
    assert Edge({"PATH": str(tmp_path)}, tmp_path).spelling() is None


def test_a_status_with_other_work_stays_within_80_columns(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "One")
    volon.ok("pause-task")
    volon.ok("task", "start", "Two")
    said = volon.ok("status").splitlines()
    assert max(map(len, said)) <= 80
    assert "(1 more paused: volon task list)" in said[-1]


@pytest.mark.parametrize("is_paused", [False, True])
def test_what_shares_the_records_adds_those_that_are_there(
    repo: RepoBuilder, volon: VolonInProcess, *, is_paused: bool
) -> None:
    """Before the first pause there is no `.design/`, and git adds nothing where one of the names is not."""
    if is_paused:
        volon.ok("pause-task", "half way")
    said = volon.ok("init").partition("Next: ")[2].strip()
    add, _, commit = said.partition(" && ")
    for command in (add, commit):
        repo.git(*shlex.split(command)[1:])
    assert repo.git("status", "--porcelain") == ""
