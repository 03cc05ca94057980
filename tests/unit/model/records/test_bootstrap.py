"""The bootstrap: three keys and one line are volon's, the rest comes back byte for byte."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.unit.model.samples import FORMATS, NOW, TASK, quick, texts
from volon.model.records.bootstrap import (
    Bootstrap,
    check_bootstrap,
    clear_paused,
    new_bootstrap,
    next_line,
    parse_bootstrap,
    set_paused,
)
from volon.model.syntax.frontmatter import Document
from volon.model.text import one_line
from volon.templating import packaged

TEMPLATE = packaged("bootstrap.md")
ORIGINAL = Document.parse((FORMATS / "bootstrap-original.md").read_bytes(), "b.md")
PLAIN = Document.parse((FORMATS / "bootstrap-plain.md").read_bytes(), "b.md")


def paused(document: Document | None, hint: str = "h", line: str = "Resume it.") -> Document:
    return set_paused(document, TEMPLATE, TASK, NOW, hint, line)


def test_a_new_one_points_at_nothing_until_a_pause() -> None:
    fresh = Document.parse(new_bootstrap(TEMPLATE), "b.md")
    assert parse_bootstrap(fresh) == Bootstrap()
    assert check_bootstrap(fresh) == ()
    pointing = paused(None, "backoff\nuntested", "Resume it.")
    assert parse_bootstrap(pointing) == Bootstrap(TASK, NOW, "backoff untested")
    assert next_line(pointing) == "Resume it."
    assert clear_paused(pointing, next_line(fresh) or "").data == fresh.data


@pytest.mark.parametrize("document", [ORIGINAL, PLAIN], ids=["original", "without frontmatter"])
def test_only_its_own_keys_and_line_change(document: Document) -> None:
    pointing = paused(document)
    kept = pointing.data.decode()
    for row in document.data.decode().splitlines():
        assert row in kept
    assert parse_bootstrap(pointing).paused_task_id == TASK
    assert paused(pointing).data == pointing.data
    cleared = clear_paused(pointing, "Nothing is paused.")
    assert parse_bootstrap(cleared).paused_task_id is None
    assert {key: cleared.meta.get(key) for key in document.meta} == document.meta
    assert paused(cleared).data == pointing.data


def test_the_line_comes_first_under_the_heading_and_is_replaced_in_place() -> None:
    assert paused(ORIGINAL).section("What to do next") == "Resume it. <!-- volon -->\n\n- Take the first task below."
    moved = paused(ORIGINAL).data.replace(b"## What to do next\n", b"## Renamed by hand\n")
    again = paused(Document.parse(moved, "b.md"), line="Other.")
    assert again.data == moved.replace(b"Resume it.", b"Other.")


def test_the_iteration_is_read_from_either_shape() -> None:
    assert parse_bootstrap(ORIGINAL).iteration == "4"
    assert parse_bootstrap(PLAIN).iteration == "7"


@quick
@given(texts, texts)
def test_hint_and_line_are_one_line_and_forge_nothing(hint: str, line: str) -> None:
    pointing = paused(ORIGINAL, hint, line)
    read = parse_bootstrap(pointing)
    assert read.resume_hint is None or one_line(hint).startswith(read.resume_hint.removesuffix("…"))
    assert next_line(pointing) == one_line(one_line(line).replace("<!-- volon -->", ""))
    assert pointing.body.count("\n") == ORIGINAL.body.count("\n") + 2
    assert pointing.section("Guardrails") == ORIGINAL.section("Guardrails")


def test_a_wrong_pointer_is_a_problem_and_points_nowhere() -> None:
    wrong = ORIGINAL.set("paused_task_id", "../x")
    assert parse_bootstrap(wrong).paused_task_id is None
    assert [problem.rule for problem in check_bootstrap(wrong)] == ["bootstrap.field-invalid"]
