"""Some points of the sweep over the process that runs a pipeline; all: `python -m tests.crash.runner_kills --long`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.runner_kills import Bench, attempt, chosen, doctor, points

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_a_killed_runner_loses_no_ticket_and_repeats_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "bench")
    total = points(bench)
    assert total > 200
    assert [line for at in chosen(total, long=False, seed="1") for line in attempt(bench, *at)] == []


@pytest.mark.slow
def test_a_killed_runner_commits_the_work_of_no_ticket_twice_and_loses_no_working_tree(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "bench", trees=True)
    total = points(bench)
    assert [line for at in chosen(total, long=False, seed="1", few=2) for line in attempt(bench, *at)] == []
    wrong, passed = doctor(bench, 0)
    assert wrong == []
    assert [line for (at,) in chosen(passed, long=False, seed="1", few=1) for line in doctor(bench, at)[0]] == []
