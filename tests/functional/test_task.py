"""What starting a task says about the others."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.running import VolonInProcess

ONE, TWO = "TASK-20261119-001", "TASK-20261119-002"
LATER = {"VOLON_FROZEN_NOW": "2026-11-19T12:00:00Z"}


def test_starting_a_task_beside_another_says_which_one_a_pause_is_about(volon: VolonInProcess) -> None:
    assert volon("task", "start", "one").err == ""
    ran = volon("task", "start", "two", env=LATER)
    assert " ".join((ran.out + ran.err).split()).endswith(
        f"Warning: {ONE} is in progress too. A pause is about {TWO}, the newest, unless --task names another."
    )
    assert json.loads(volon.ok("pause-task", "here", "--json", **LATER))["task_id"] == TWO


def test_a_task_that_was_started_before_is_not_called_the_newest(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "one")
    volon.ok("task", "start", "two", **LATER)
    warnings = json.loads(volon.ok("task", "start", ONE, "--json", **LATER))["warnings"]
    assert warnings == [f"{TWO} is in progress too. A pause is about {TWO}, the newest, unless --task names another."]


def test_two_tasks_of_the_same_instant_have_to_be_told_apart(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "one")
    warnings = json.loads(volon.ok("task", "start", "two", "--json"))["warnings"]
    assert warnings == [f"{ONE} is in progress too. A pause has to be told which one: volon pause-task --task ID"]
    assert volon("pause-task", "here").code == 2


def test_a_list_names_an_urgency_by_its_word_and_the_usual_one_not_at_all(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "usual")
    volon.ok("task", "start", "urgent", "--priority", "A")
    rows = volon.ok("task", "list").splitlines()
    assert f"{ONE}  doing    usual" in rows
    assert f"{TWO}  doing    urgent  (priority A)" in rows


def test_quiet_leaves_the_id_of_the_task_that_is_here(volon: VolonInProcess) -> None:
    assert (volon.ok("status", "-q"), volon.ok("task", "list", "-q")) == ("", "")
    volon.ok("task", "start", "one")
    assert (volon.ok("status", "-q"), volon.ok("task", "list", "-q")) == (f"{ONE}\n", f"{ONE}\n")
    volon.ok("pause-task", "x")
    assert (volon.ok("status", "-q"), volon.ok("task", "list", "-q")) == (f"{ONE}\n", f"{ONE}\n")
    volon.ok("task", "done", ONE)
    assert volon.ok("task", "list", "-q") == ""


def test_a_title_that_is_cut_says_so(volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a word " * 20)
    [row] = json.loads(volon.ok("task", "list", "--json"))["tasks"]
    assert (len(row["title"]), row["title"][-1]) == (72, "…")


def test_an_option_without_its_value_names_the_help_that_has_it(volon: VolonInProcess) -> None:
    for words, named in (
        (("handoff", "claim", "--take-over"), "handoff claim"),
        (("pause-task", "--next"), "pause-task"),
    ):
        ran = volon(*words)
        assert ran.code == 2
        assert f"volon {named} --help" in ran.err


def test_the_same_title_twice_is_said_with_the_way_back(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    assert "same title" not in volon.ok("task", "start", "Another")
    assert "has the same title. If it is the same work:" in volon.ok("task", "start", "Retry")
    volon.ok("undo")
    assert [row["title"] for row in json.loads(volon.ok("task", "list", "--json"))["tasks"]] == ["Retry", "Another"]


def test_a_resume_of_a_task_by_its_id_says_that_another_is_in_progress_too(volon: VolonInProcess) -> None:
    for title in ("One", "Two"):
        volon.ok("task", "start", title)
    warnings = json.loads(volon.ok("resume-task", TWO, "--json"))["warnings"]
    assert [one.split(". ")[0] for one in warnings] == [f"{ONE} is in progress too"]


def test_a_replay_of_a_pause_without_commands_names_the_command_that_records_one(volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way")
    [warning] = json.loads(volon.ok("resume-task", "--replay", "--json"))["warnings"]
    assert ("volon run -- " in warning, "docs/" in warning) == (True, False)


def test_where_none_of_two_tasks_is_the_newest_what_status_names_works_and_a_refusal_keeps_the_note(
    volon: VolonInProcess,
) -> None:
    for title in ("One", "Two"):
        volon.ok("task", "start", title)
    named = json.loads(volon.ok("status", "--json"))["next_command"]
    assert named == f'volon pause-task --task {ONE} "where you are"'
    hints = json.loads(volon("pause-task", "half way", "--json").out)["hints"]
    assert hints == [f"volon pause-task --task {one} 'half way'" for one in (ONE, TWO)]
    assert json.loads(volon.ok(*shlex.split(named)[1:], "--json"))["task_id"] == ONE
