"""Names that become file names: what is allowed, what is next, what is refused."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import ULID
from volon.errors import UsageError
from volon.model import ids


@pytest.mark.parametrize(
    "text",
    ["TASK-20261119-001", "A-1", "BACKLOG-20260201-001", "T1-A-B-C-D", "TASK-" + "9" * 59],
)
def test_task_ids(text: str) -> None:
    assert ids.is_task_id(text)
    assert ids.task_id(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "../x",
        "/x",
        "TASK",
        "task-1",
        "TASK-1/",
        "TASK-1\n",
        "TASK-\x00",
        "-x-1",
        "CON",
        "T-é",
        "TASK--1",
        "A-1-2-3-4-5",
        "TASK-" + "9" * 60,
        "TASK-" + "9" * 10000,
        "TASK-١",
        "TASK-1 ",
        "TASK-1.md",
    ],
)
def test_what_is_no_task_id(text: str) -> None:
    assert not ids.is_task_id(text)
    with pytest.raises(UsageError) as caught:
        ids.task_id(text)
    assert len(caught.value.message) < 120
    assert "\x00" not in caught.value.message


def test_the_next_id_is_one_more_than_the_days_highest() -> None:
    day = date(2026, 11, 19)
    assert ids.next_task_id(day, []) == "TASK-20261119-001"
    assert ids.next_task_id(day, ["TASK-20261119-003", "TASK-20261119-001"]) == "TASK-20261119-004"
    assert ids.next_task_id(day, ["TASK-20261119-999"]) == "TASK-20261119-1000"
    assert ids.next_task_id(day, ["TASK-20261118-007", "TASK-20261119-x", "TASK-20261119-0"]) == "TASK-20261119-001"


def test_checkpoint_numbers_are_read_as_people_write_them() -> None:
    assert [ids.parse_checkpoint_number(text) for text in ("1", "01", "007", "100")] == [1, 1, 7, 100]
    assert [ids.checkpoint_label(number) for number in (1, 42, 100)] == ["01", "42", "100"]
    for text in ("", "0", "-1", "x", "1.5", "١", "9" * 10, "1\n"):
        with pytest.raises(UsageError):
            ids.parse_checkpoint_number(text)


def test_commit_ids() -> None:
    assert ids.is_commit("a" * 40)
    assert ids.is_commit("0" * 64)
    assert not any(ids.is_commit(text) for text in ("a" * 41, "A" * 40, "HEAD", "a" * 7, "a" * 40 + "\n", "--output=x"))
    assert ids.is_commit("59e64c3", short=True)
    assert ids.is_ulid(ULID)
    assert not ids.is_ulid(ULID.lower())


@given(st.text("0123456789abcdefABCDEFGHJKMNPQRSTVWXYZILOU\n é", max_size=70) | st.from_regex(ids.ULID))
def test_a_ulid_is_what_the_schema_says(text: str) -> None:
    assert ids.is_ulid(text) == (re.fullmatch(ids.ULID.strip("^$"), text, re.ASCII) is not None)


@given(st.text("0123456789abcdef", max_size=70) | st.text("abcdefg\n", max_size=5) | st.from_regex(ids.COMMIT))
def test_a_commit_is_what_the_schema_says(text: str) -> None:
    assert ids.is_commit(text) == (re.fullmatch(ids.COMMIT.strip("^$"), text, re.ASCII) is not None)
    short = re.fullmatch(ids.SHORT_COMMIT.strip("^$"), text, re.ASCII)
    assert ids.is_commit(text, short=True) == (short is not None)
