"""What volon says leads somewhere: help when nothing was named, whole commands, true counts, no advice that harms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@pytest.mark.parametrize("words", [(), ("task",), ("checkpoint",)], ids=" ".join)
def test_a_group_without_a_command_shows_its_help(volon: VolonInProcess, words: tuple[str, ...]) -> None:
    code, out, err = volon(*words)
    assert (code, out) == (2, "")
    assert err == volon(*words, "--help").out
    assert "Error" not in err


def test_work_that_no_task_stands_for_is_named_with_the_command_that_pauses_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "def run():\n    return 2\n")
    assert volon.ok("status").splitlines() == [
        "No task in progress here; 1 changed file.",
        'Next: volon pause-task "what you are in the middle of"',
    ]
    repo.commit("Change")
    repo.git("switch", "-q", "-c", "other", "HEAD~1")
    repo.commit("Change otherwise", {"src/app.py": "def run():\n    return 3\n"})
    repo.git("merge", "main", check=False)
    assert volon.ok("status").splitlines()[0] == "No task in progress here; a merge and 1 changed file."


def test_a_list_that_is_cut_counts_what_it_leaves_out(repo: RepoBuilder, volon: VolonInProcess) -> None:
    for number in range(30):
        repo.write(f"new-{number:02d}.txt", "x\n")
    volon.ok("pause-task", "thirty files")
    for number in range(30):
        (repo.root / f"new-{number:02d}.txt").unlink()
    assert "… 25 more" in volon.ok("resume-task", "--dry-run")


def test_what_was_undone_is_marked_however_long_its_summary(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "A title that is long enough to be cut " * 4)
    volon.ok("undo")
    rows = volon.ok("undo", "--list").splitlines()
    assert ["undone: " in row for row in rows] == [False, True]


def test_a_repository_that_git_cannot_read_is_not_to_be_made_anew(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(".git/HEAD", "no ref at all\n")
    code, _, err = volon("status")
    assert code != 0
    assert "git init" not in err
    assert ".git" in err


def test_a_task_is_named_as_it_was_typed(volon: VolonInProcess) -> None:
    assert "detours is no task id" in volon("task", "show", "detours").err


def test_unknown_keys_of_a_request_are_answered_with_the_known_ones(volon: VolonInProcess) -> None:
    code, _, err = volon("pause-task", "--from", "-", stdin='{"next": ["x"]}')
    assert code == 2
    assert "next_actions" in err


def test_porcelain_and_json_are_not_mixed(volon: VolonInProcess) -> None:
    assert volon("status", "--porcelain", "--json").code == 2
