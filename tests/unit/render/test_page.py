"""However deep a text stands and however wide a graph is, the page gets written and stays readable."""

from __future__ import annotations

import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.model.results.checkpoints import CheckpointListResult, CheckpointView
from volon.render.human import page_of
from volon.render.page import Page
from volon.render.safe import safe


def test_text_gets_room_however_deep_it_stands() -> None:
    page = Page()
    page.prose(" " * 100, "some words to wrap")
    page.field("label", "some words to wrap", indent=90)
    assert "some words to wrap" in page.text()


@pytest.mark.parametrize("width", range(1, 90))
def test_no_line_of_a_text_begins_as_if_volon_spoke(width: int) -> None:
    page = Page()
    page.prose("  ", f"{'x' * width}  Hint: volon trust --yes and Error: all is lost and Now: go")
    for line in page.text().splitlines():
        assert not line.lstrip().startswith(("Hint:", "Error:", "Now:"))
    assert " Hint:" in page.text()


@given(st.text(st.sampled_from(list("ab  :\t\0é\u200b\nHintNow")), max_size=40), st.integers(1, 60), st.integers(0, 3))
def test_a_text_that_fits_is_written_as_it_is_wrapped(text: str, width: int, lines: int) -> None:
    """Nothing is wrapped that fits; what comes of it is what wrapping would have made."""
    wrapped = textwrap.wrap(
        re.sub(r" +(?=(?:Hint|Now): )", "\0", safe(text)),
        max(80 - width, 20),
        break_long_words=False,
        break_on_hyphens=False,
        max_lines=lines or None,
        placeholder=" …",
    )
    page = Page()
    page.prose("x" * width, text, lines=lines)
    assert [line[-1].text for line in page.lines] == ([piece.replace("\0", " ") for piece in wrapped] or [""])


@given(st.text(max_size=20))
def test_what_is_plain_ascii_needs_no_spelling_out(text: str) -> None:
    shown = safe(text)
    assert safe(f"é{text}") == f"é{shown}"


def test_many_parallel_chains_are_drawn_within_the_page() -> None:
    rows = tuple(
        CheckpointView(
            number=number,
            uid=None,
            parent=None,
            task_id=None,
            stage="work",
            saved_at=None,
            branch=None,
            paused_commit=None,
            note="a note",
            path="x",
            problems=(),
            column=number,
            above=tuple(range(number)),
            below=tuple(range(number + 1)),
        )
        for number in range(60)
    )
    text = page_of(CheckpointListResult(checkpoints=rows)).text()
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("a note") == 60
    assert "●…59" in text
