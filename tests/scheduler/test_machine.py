"""The short tier of `python -m tests.scheduler`, and that it would notice: the same examples every time."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

from tests.scheduler.known_bad import BAD, SCRIPTS, caught, play
from tests.scheduler.machine import OnFile

TestOnFile = OnFile.TestCase
TestOnFile.settings = settings(max_examples=40, stateful_step_count=40, derandomize=True, phases=[Phase.generate])


@pytest.mark.parametrize("name", BAD)
def test_a_bad_scheduler_is_caught(name: str) -> None:
    assert caught(name)


@pytest.mark.parametrize("name", SCRIPTS)
def test_what_catches_it_lets_the_good_one_pass(name: str) -> None:
    play(name)
