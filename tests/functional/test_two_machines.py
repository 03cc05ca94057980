"""Two machines, and what each is told of the other: who has claimed a task, and how its files come back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.machines import Two

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path / "machines")


def test_the_machine_that_paused_is_warned_of_a_claim_when_it_goes_on(two: Two) -> None:
    a, b = two.at(two.a), two.at(two.b)
    two.paused_in_a()
    b.ok("handoff", "pull")
    b.ok("handoff", "claim")
    a.ok("handoff", "pull")
    for words in (["handoff", "push"], ["pause-task"], ["resume-task"], ["pause-task", "two have it"]):
        ran = a(*words)
        assert (ran.code, "is claimed by Bo <bo@example.org>" in ran.out) == (0, True), (words, ran)
    for words in (["resume-task"], ["pause-task", "mine"]):
        assert "claimed" not in b(*words).out
    b.ok("handoff", "release")
    a.ok("handoff", "pull")
    assert "claimed" not in a("resume-task").out
