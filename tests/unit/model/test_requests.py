"""A request is refused as soon as it is said, with the option named; what is said is kept, what is not stays empty."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.errors import UsageError
from volon.model.requests import PauseRequest, TaskRequest, request_schema


def test_nothing_said_is_nothing_to_write_down() -> None:
    assert not PauseRequest.of(note="  ", next_actions=[], plan=None).says_something
    assert PauseRequest.of(note="x").says_something
    assert not PauseRequest.of(mode="restart", task="TASK-20261119-001").says_something


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ({"confidence": "sure"}, "--confidence"),
        ({"next_actions": ["a", "b", "c", "d"]}, "at most 3"),
        ({"commands": ["pytest"]}, "--cmd"),
        ({"tokens": "1/0"}, "--tokens"),
        ({"tokens": "x/2"}, "--tokens"),
        ({"mode": "hard"}, "mode"),
        ({"tokens": "9" * 5_000 + "/1"}, "--tokens"),
        ({"questions": ["q"] * 101}, "--question"),
        ({"blockers": ["b" * 20_001]}, "--blocker"),
        ({"plan": "p" * 20_001}, "--plan"),
        ({"completed": ["c" * 20_000] * 51}, "The request"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused_by_name(said: dict[str, object], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        PauseRequest.of(**said)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "text",
    [
        *("", "[]", "{", '{"nex": 1}', '{"note": 1}', '{"next_actions": "one"}', '{"next_actions": [1]}'),
        *("[" * 100_000, '{"note": "a", "note": "b"}', '{"key_files": ["\\ud800"]}', '{"note": "\\udfff"}'),
    ],
)
def test_json_that_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"given\.json"):
        PauseRequest().with_json(text, "given.json")


def test_the_command_line_wins_over_the_json() -> None:
    request = PauseRequest.of(note="said").with_json('{"note": "written", "plan": "p"}', "-")
    assert (request.note, request.plan) == ("said", "p")


@given(st.text())
def test_no_text_makes_it_crash(text: str) -> None:
    try:
        request = PauseRequest().with_json(text, "-")
    except UsageError:
        return
    assert isinstance(request, PauseRequest)


def test_what_the_schema_allows_is_taken_and_what_it_forbids_is_not() -> None:
    validator = jsonschema.Draft202012Validator(request_schema())
    good = {"note": "n", "next_actions": ["a"], "confidence": "low", "mode": "compact"}
    validator.validate(good)
    assert PauseRequest().with_json(json.dumps(good), "-").mode == "compact"
    assert not validator.is_valid({"unknown": 1})


def test_a_task_request_checks_priority_and_type() -> None:
    with pytest.raises(UsageError, match="--priority"):
        TaskRequest("x", priority="D")
    with pytest.raises(UsageError, match="--type"):
        TaskRequest("x", blocker_type="bad")


def test_a_plan_keeps_the_indentation_of_its_first_line() -> None:
    assert PauseRequest.of(plan="\n \n    if x:\n        y()\n").plan == "    if x:\n        y()"
    assert PauseRequest.of(plan=" \n ").plan is None
