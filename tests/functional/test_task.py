"""What starting a task says about the others."""

from __future__ import annotations

import json
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


def test_the_same_title_twice_is_said_with_the_way_back(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    assert "same title" not in volon.ok("task", "start", "Another")
    assert "has the same title. If it is the same work:" in volon.ok("task", "start", "Retry")
    volon.ok("undo")
    assert [row["title"] for row in json.loads(volon.ok("task", "list", "--json"))["tasks"]] == ["Retry", "Another"]
