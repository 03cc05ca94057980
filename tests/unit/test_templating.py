"""Templates: those that ship, and when an own one is used instead."""

from __future__ import annotations

import pytest

from volon.errors import CheckFailed
from volon.templating import REQUIRED, check, load, packaged


@pytest.mark.parametrize("name", REQUIRED)
def test_every_template_ships_and_would_do_as_ones_own(name: str) -> None:
    text = packaged(name)
    assert check(name, text.encode()) == ()
    assert load(name, b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == text


def test_another_tools_template_is_not_used_and_that_is_said() -> None:
    foreign = b"---\ntype: task-pcc-capsule\n---\n## Goal\n<one sentence>\n"
    assert load("task-pcc-capsule.md", foreign) == packaged("task-pcc-capsule.md")
    (problem,) = check("task-pcc-capsule.md", foreign)
    assert (problem.rule, problem.severity) == ("template.incomplete", "warning")
    assert [one.rule for one in check("task.md", b"\xff")] == ["template.encoding"]


def test_a_missing_template_is_the_installations_fault() -> None:
    with pytest.raises(CheckFailed, match="missing"):
        packaged("nope.md")
