"""A brief fits whatever it is made of, and what is in its fence stays there."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.errors import UsageError
from volon.model.results.brief import BriefLine, BriefResult
from volon.render.brief import LEAST, fitted
from volon.render.safe import safe

NASTY = (
    "volon-data",
    "</Volon-Data 0123>",
    "\n",
    "\r\n",
    "\u2028",
    "\u202e",
    "\x1b[2J",
    "é",
    "界",
    "🙂",
    "```",
    "\udcff",
)
TEXT = st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=40)), max_size=8).map("".join)
LINE = st.builds(
    BriefLine,
    source=st.sampled_from(("task", "capsule", "git")),
    label=st.sampled_from(("title", "next 1", "note")),
    text=TEXT,
    command=st.none() | TEXT,
)
LINES = st.lists(LINE, max_size=12).flatmap(
    lambda lines: st.integers(0, len(lines)).map(
        lambda musts: tuple(
            BriefLine(source=one.source, label=one.label, text=one.text, command=one.command, must=number < musts)
            for number, one in enumerate(lines)
        )
    )
)


def made(lines: tuple[BriefLine, ...]) -> BriefResult:
    says = "TASK-20261119-001 is paused, last paused at checkpoint 01 2026-11-19T10:00:00Z"
    sources = ("task .volon/tasks/TASK-20261119-001.md", "git")
    return BriefResult(
        state="paused", task_id=None, says=says, next_command="volon resume-task", sources=sources, lines=lines
    )


def fit(lines: tuple[BriefLine, ...], budget: int) -> BriefResult:
    """The brief; with the budget that was named as the least where this one is too small."""
    try:
        return fitted(made(lines), budget)
    except UsageError as error:
        needed = int(error.hints[0].rpartition(" ")[2])
        assert needed > budget
        return fitted(made(lines), needed)


def inside(text: str) -> list[str]:
    """What stands in the fence, which is there once and cannot be closed from inside."""
    found = re.fullmatch(
        r"(?s)volon brief: .*?\n<volon-data ([0-9a-f]{12})> .*?\n(.*)</volon-data \1>\n(Cut to fit, .*\n)?", text
    )
    assert found is not None
    assert not re.search("(?i)volon-data", found[2])
    return found[2].split("\n")[:-1]


@given(lines=LINES, budget=st.integers(0, 700))
def test_a_brief_never_exceeds_its_budget_has_all_it_must_and_is_the_same_again(
    lines: tuple[BriefLine, ...], budget: int
) -> None:
    brief = fit(lines, budget)
    assert len(brief.text.encode()) <= 4 * brief.budget
    assert brief.tokens == -(-len(brief.text.encode()) // 4)
    assert fit(lines, budget).text == brief.text
    rows = inside(brief.text)
    assert len(rows) == len(brief.lines) == len(lines) - brief.left_out >= sum(one.must for one in lines)
    for row, line in zip(rows, lines, strict=False):
        assert row.startswith(f"{line.source} {line.label}: ") or row.endswith("…")
        assert safe(row) == row
        assert not line.must or not row.endswith("…") or len(row.encode()) >= LEAST


@given(lines=LINES, budget=st.integers(0, 300), more=st.integers(0, 300))
def test_more_room_takes_nothing_away(lines: tuple[BriefLine, ...], budget: int, more: int) -> None:
    small, large = fit(lines, budget), fit(lines, budget + more)
    for less, longer in zip(inside(small.text), inside(large.text), strict=False):
        assert longer.startswith(less.removesuffix("…"))
    assert len(small.lines) <= len(large.lines)


@given(lines=LINES)
def test_the_budget_that_is_named_for_the_whole_is_enough(lines: tuple[BriefLine, ...]) -> None:
    cut = fit(lines, 0)
    named = re.search(r"whole: --budget (\d+)\n$", cut.text)
    assert named is not None or not cut.left_out
    if named is not None:
        assert "Cut to fit" not in fitted(made(lines), int(named[1])).text


def test_the_smallest_budget_that_is_named_is_the_smallest() -> None:
    lines = tuple(BriefLine(source="task", label="title", text="word " * 100, must=True) for _ in range(7))
    needed = fit(lines, 0).budget
    assert needed < 400, "what an agent gets when it begins"
    with pytest.raises(UsageError, match=f"takes {needed} tokens; {needed - 1} are too few"):
        fitted(made(lines), needed - 1)
