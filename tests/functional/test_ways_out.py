"""What volon says leads somewhere: help when nothing was named, whole commands, true counts, no advice that harms."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from volon.model.results.operations import OperationView, UndoListResult
from volon.render.human import page_of

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
    assert volon.ok("status").splitlines()[0] == "No task in progress here; a merge and 1 changed file, 1 unmerged."


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


def test_many_files_are_counted_and_the_first_named_wherever_they_stop_or_come_back(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    names = [f"f{number:02d}.txt" for number in range(30)]
    repo.commit("Many", dict.fromkeys(names, "one\n"))
    for text in ("two\n", "three\n"):
        for name in names:
            repo.write(name, text)
        if text == "two\n":
            volon.ok("pause-task", "many")
    stopped = volon("resume-task", "--restore")
    assert (stopped.code, stopped.err.count("Caused by: ")) == (3, 1)
    assert "f11.txt … 18 more" in " ".join(stopped.err.split())
    volon.ok("restore", "1", "--yes")
    undone = " ".join(volon.ok("undo").split())
    assert "as before 30 files: f00.txt, f01.txt," in undone
    assert "… 18 more" in undone
    assert "as after 30 files: f00.txt," in " ".join(volon.ok("undo").split())


def test_a_word_that_is_none_of_those_expected_is_told_the_one_that_was_meant(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    assert "Hint: For example: --confidence medium" in volon("pause-task", "x", "--confidence", "medum").err
    volon.ok("task", "create", "One")
    task = repo.root / ".volon/tasks/TASK-20261119-001.md"
    task.write_text(task.read_text().replace("status: todo", "status: pausd"))
    assert "Hint: Did you mean paused?" in volon("validate").out
    kinds = volon("validate", "--explain", "X")
    assert (kinds.code, "docs/" in kinds.err, "capsule" in kinds.err) == (2, False, True)
    assert "capsule.section-missing" in volon("validate", "--explain", "capsule").err


def test_a_working_tree_is_not_made_where_something_stands_and_that_is_said(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "x")
    (repo.root.parent / "there").mkdir()
    (repo.root.parent / "there/mine").touch()
    ran = volon("restore", "1", "--worktree", "../there")
    said = " ".join(ran.err.split())
    assert (ran.code, "there is there already, and not empty." in said) == (5, True)
    assert "name a directory that is not there yet" in said


def test_a_file_left_out_for_looking_secret_names_the_option_that_takes_it_in(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(".env", "x\n")
    repo.write("plain", "x\n")
    said = " ".join(volon.ok("pause-task", "x").split())
    mark = said.partition("--allow-secret ")[2].partition(")")[0]
    assert ".env" not in volon.ok("pause-task", "y", "--allow-secret", mark)


def test_an_operation_with_a_long_name_keeps_the_columns_of_the_list() -> None:
    rows = [
        OperationView(op="01KA0000000000000000000000", verb=verb, at="2026-11-21T10:00:00Z", summary="TASK")
        for verb in ("handoff release", "pause")
    ]
    said = page_of(UndoListResult(operations=tuple(rows))).text().splitlines()
    assert len({row.index("TASK") for row in said}) == 1


def test_the_way_past_a_stopped_resume_is_about_the_same_task_and_all_that_was_asked(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    first = "TASK-20261119-001"
    repo.write("src/app.py", "edited\n")
    volon.ok("pause-task", "one")
    volon.ok("task", "block", first, "an answer from ops")
    repo.commit("More", {"more.txt": "more\n"})
    volon.ok("task", "start", "Another")
    volon.ok("pause-task", "two")
    for words, again in (
        ((first,), f"--task {first} --force"),
        ((first, "--strict", "--short"), f"--task {first} --short --force"),
        (("1", "--restore", "--replay"), "--checkpoint 1 --replay --restore --force"),
        ((first, "then this & that", "--restore"), f"--task {first} --restore --force -- 'then this & that'"),
    ):
        stopped = volon("resume-task", *words)
        assert stopped.code == 3
        hint = " ".join(stopped.out.split("Warning:")[0].split("Hint: go on all the same,")[1].split())
        assert hint == f"which is logged: volon resume-task {again}"
    assert f"{first}  " in volon.ok("resume-task", "--task", first, "--force", "--dry-run", "--", "this & that")
    volon.ok("task", "block", "TASK-20261119-002", "x")
    stopped = volon("continue", first, "--strict")
    assert f"volon resume-task --task {first} --short --force" in " ".join(stopped.out.split())


def test_one_wrong_word_in_the_task_in_progress_is_led_out_of_line_by_line(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    path = ".volon/tasks/TASK-20261119-001.md"
    volon.ok("task", "start", "Work")
    repo.write("src/app.py", "edited\n")
    whole = repo.read(path).decode()
    lines = whole.splitlines()
    number = lines.index("status: doing") + 1
    repo.write(path, whole.replace("status: doing", "status: wat"))
    assert volon.ok("status").splitlines()[1] == "Next: volon validate"
    edit = f"edit line {number} to one of todo, doing, paused, blocked, done"
    assert edit in " ".join(volon("validate").out.split())
    for words in (("pause-task", "x"), ("resume-task",)):
        ran = volon(*words)
        said = " ".join(ran.err.split())
        assert (ran.code, edit in said, "leave it for now: volon task start " in said) == (9, True, True)
    other = volon.ok("task", "start", "what you are about to do")
    assert "TASK-20261119-002" in other
    volon.ok("pause-task", "x")
    volon.ok("undo")
    repo.write(path, whole)
    volon.ok("pause-task", "x", "--task", "TASK-20261119-001")
