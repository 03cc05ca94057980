"""Markdown: headings only count outside code, and user text can be made harmless and read back."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.model.samples import line, quick, texts
from volon.model.syntax import markdown
from volon.model.text import lf


@quick
@given(texts)
def test_escaped_text_holds_no_heading_and_no_fence_and_comes_back(text: str) -> None:
    plain = lf(text)
    escaped = markdown.escape(plain)
    assert markdown.unescape(escaped) == plain
    assert markdown.sections(escaped) == ()
    assert markdown.open_fence(escaped) == ""
    assert not any(one.fenced for one in markdown.walk(escaped))


@quick
@given(texts)
def test_a_code_block_holds_anything(text: str) -> None:
    plain = lf(text)
    whole = f"before\n\n{markdown.code_block(plain)}\n\n## After\n"
    assert markdown.first_code_block(whole) == (plain if plain.endswith("\n") or not plain else plain + "\n")
    assert [one.title for one in markdown.sections(whole)] == ["After"]


@quick
@given(st.text(st.characters(exclude_characters="\n\r"), min_size=1), line)
def test_a_code_span_holds_anything_on_one_line(code: str, rest: str) -> None:
    found = markdown.parse_code_span(markdown.code_span(code) + " " + rest.replace("\n", ""))
    assert found is not None
    assert found[0] == code


@quick
@given(texts)
def test_walking_visits_every_line_once(text: str) -> None:
    lines = list(markdown.walk(text))
    assert [one.text for one in lines] == [part.removesuffix("\r") for part in text.split("\n")][: len(lines)]
    assert [one.number for one in lines] == list(range(1, len(lines) + 1))
    assert all(text[one.start : one.end] == one.text for one in lines)


@example("```\n\r")
@given(st.lists(st.text("#`~ a\r\t", max_size=7), max_size=9).map("\n".join))
def test_headings_and_code_are_found_as_a_walk_line_by_line_finds_them(text: str) -> None:
    lines = list(markdown.walk(text))
    headings = [(one.number, one.start, one.end) for one in lines if not one.fenced and is_heading(one.text)]
    assert [(one.number, *one.head) for one in markdown.sections(text)] == headings
    assert bool(markdown.open_fence(text)) == (walked_fence(text) != "")
    assert markdown.first_code_block(text) == walked_block(text)


def is_heading(line: str) -> bool:
    """Say of one line outside of code whether it is a heading."""
    bare = line.removeprefix(" ").removeprefix(" ").removeprefix(" ")
    marks = len(bare) - len(bare.lstrip("#"))
    return 1 <= marks <= 6 and bare[marks : marks + 1] in ("", " ", "\t")


def walked_fence(text: str) -> str:
    """Return what is open at the end: the last line is code, and one more line would be too."""
    return "open" if [*markdown.walk(f"{text}\nx")][-1].fenced else ""


def walked_block(text: str) -> str | None:
    """Return the first block of code, told from a walk: the code lines between the first fence and what closes it."""
    lines = list(markdown.walk(text))
    first = next((place for place, one in enumerate(lines) if one.fenced), None)
    if first is None:
        return None
    inner = []
    for place in range(first + 1, len(lines)):
        if not walked_fence("\n".join(one.text for one in lines[first : place + 1])):
            break
        inner.append(lines[place].text)
    return "".join(f"{line}\n" for line in inner)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("# A\n## B ##\n###\tC\n", ["A", "B", "C"]),
        ("#A\n    # B\n\\# C\n####### D\n", []),
        ("   # A\n", ["A"]),
        ("```\n# A\n```\n# B\n", ["B"]),
        ("```\n# A\n~~~\n# B\n", []),
        ("````\n```\n# A\n````\n# B", ["B"]),
        ("``` not `a` fence\n# A", ["A"]),
        ("~~~ a`b\n# A\n~~~\n# B", ["B"]),
        ("```\n# A\n``` x\n# B", []),
        ("## \n# C #x", ["", "C #x"]),
        ("# A\r\n\r\n## B\r\n", ["A", "B"]),
    ],
)
def test_what_is_a_heading(text: str, titles: list[str]) -> None:
    assert [one.title for one in markdown.sections(text)] == titles


def test_a_section_ends_at_the_next_heading_of_its_level_or_above() -> None:
    text = "# T\n## A\na\n### A1\nb\n## B\nc\n# U\nd"
    found = {one.title: text[one.start : one.end] for one in markdown.sections(text)}
    assert found == {"T": "## A\na\n### A1\nb\n## B\nc\n", "A": "a\n### A1\nb\n", "A1": "b\n", "B": "c\n", "U": "d"}


def test_titles_are_compared_as_people_write_them() -> None:
    assert markdown.find_section("## next 1-3  Actions\nx", "Next 1–3 actions") is not None
    assert markdown.find_section("### Goal\nx", "Goal") is None


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("", "## U\n\n- x\n"),
        ("a", "a\n\n## U\n\n- x"),
        ("a\n", "a\n\n## U\n\n- x\n"),
        ("a\n\n", "a\n\n## U\n\n- x\n"),
        ("## U", "## U\n\n- x"),
        ("## U\n", "## U\n\n- x\n"),
        ("## U\n\n", "## U\n\n- x\n"),
        ("## U\n\n\n\n## V\n", "## U\n\n- x\n\n\n## V\n"),
        ("## U\n## V\n", "## U\n\n- x\n\n## V\n"),
        ("## U\n- a\n## V", "## U\n- a\n- x\n\n## V"),
        ("## U\n\n- a\n\n## V\n", "## U\n\n- a\n- x\n\n## V\n"),
        ("## U\n- a", "## U\n- a\n- x"),
        ("### U\n- a\n", "### U\n- a\n\n## U\n\n- x\n"),
        ("```\n## U\n```\n", "```\n## U\n```\n\n## U\n\n- x\n"),
        ("```\n## U\n", "```\n## U\n```\n\n## U\n\n- x\n"),
    ],
)
def test_appending_to_a_section(text: str, after: str) -> None:
    assert markdown.append_to_section(text, "U", "- x", "\n") == after
    crlf = text.replace("\n", "\r\n")
    assert markdown.append_to_section(crlf, "U", "- x", "\r\n") == after.replace("\n", "\r\n")


@quick
@given(st.text("`a ", max_size=40).filter(lambda text: "``" not in text))
def test_single_backticks_close_each_other_as_runs_of_any_length_do(text: str) -> None:
    """A run that nothing closes sends the same text the other way round."""
    assert [one[:2] for one in markdown.code_spans(text)] == [one[:2] for one in markdown.code_spans(f"{text} ``")]
