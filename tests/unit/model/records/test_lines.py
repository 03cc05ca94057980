"""What records' lines say is read without expressions, which take longer to load than a status takes; these say it."""

from __future__ import annotations

import re
from datetime import date
from itertools import product

from volon.model.records import capsulebody, changes, checkpoint, task
from volon.model.syntax import markdown
from volon.repo import diffstat

_INDENTS = ("", " ", "   ", "    ", "\t", "\u2028")
_BLANKS = ("", " ", "\t", "  ")


def said(expression: str, text: str) -> tuple[str, ...] | None:
    """The groups of an expression that stands where the text begins; None where it does not."""
    found = re.match(expression, text)
    return found and found.groups("")


def test_headings_and_fences_stand_where_the_expressions_find_them() -> None:
    marks = ("", "text", "#", "## a", "###### b #", "#######", "#x", "#\t", "#\r", "```", "```a`b", "````", "~~~ c")
    few = [f"{indent}{mark}" for indent in ("", "   ", "    ") for mark in marks]
    for lines in product(few, few, ("# last", "```", "~~~~\r", "``` x")):
        assert _outline("\n".join(lines)) == _outline_by_expressions(lines)


def _outline(text: str) -> tuple[list[tuple[int, int]], str]:
    return [(one.number, one.level) for one in markdown.sections(text)], markdown.open_fence(text)


def _outline_by_expressions(lines: tuple[str, ...]) -> tuple[list[tuple[int, int]], str]:
    found, fence = [], ""
    for number, line in enumerate(lines, 1):
        mark, rest = said(r" {0,3}(`{3,}|~{3,})(.*)$", line) or ("", "")
        heading = said(r" {0,3}(#{1,6})(?=[ \t]|\r?$)", line)
        if fence:
            closes = mark[:1] == fence[0] and len(mark) >= len(fence) and not rest.strip()
            fence = "" if closes else fence
        elif mark:
            fence = "" if mark[0] == "`" and "`" in rest else mark
        elif heading:
            found.append((number, len(heading[0])))
    return found, fence


def test_a_line_of_a_list_says_what_the_expressions_say() -> None:
    marks = ("", "-", "*", "+", "1.", "123)", "1234.", "٣.", "a.", ".")
    boxes = ("", "[ ]", "[x]", "[X]", "[y]", "[]", "text", "- é")
    for line in map("".join, product(_INDENTS, marks, _BLANKS, boxes, _BLANKS, ("", "more"))):
        box = said(r"\s*[-*+][ \t]+\[([ xX])\](?:[ \t]+(.*))?$", line)
        bullet = said(r" {0,1}[-*+][ \t]+(.*)$", line)
        action = said(r" {0,3}\d{1,3}[.)][ \t]+(.*)$", line)
        assert task.boxed(markdown.entry_of(line.lstrip()) or "") == (box and (box[0] != " ", box[1]))
        assert markdown.entry_of(line.removeprefix(" ")) == (bullet and bullet[0])
        assert capsulebody._action(line) == (action and action[0])  # noqa: SLF001  one line of many


def test_a_label_and_what_follows_it_are_what_the_expressions_say() -> None:
    words, ends = ("", "Label", " A b: ", "a*b", "a**b"), ("", "*", "**", "***")
    for line in map("".join, product(("", " ", "*"), ends, words, ends, ("", ":", "::"), _BLANKS, ("", "**x**: y"))):
        label = said(r"\*\*([^*]+)\*\*:?[ \t]*(.*)$", line)
        known = label and (label[0].strip().rstrip(":").casefold(), label[1])
        assert capsulebody._label(line) == known  # noqa: SLF001
        assert markdown.bold(line, "**:") == said(r"\*\*([^*]+)\*\*:(.*)$", line)


def test_what_follows_a_path_and_which_commit_is_named_are_what_the_expressions_say() -> None:
    separator = r"\s*(?:—|–|->|→|=>|:|\s-\s)\s*"
    marks = ("", "—", "–", "-", "->", "→", "=>", ":", "a-b")
    for text in map("".join, product(("", " ", "\u2028 "), marks, ("", " ", "\xa0"), marks, ("", " ", "why - not"))):
        rest = re.sub(separator, "", text, count=1) if re.match(separator, text) else text
        assert capsulebody._without_separator(text) == rest.strip()  # noqa: SLF001
    words = ("abc", "deadbeef", "a1" * 32, "a1" * 33, "none")
    for text in map("".join, product(("", "`", "é", "_", "x "), words, ("", "`", "g", "_", " "), words, ("", "!"))):
        found = re.search(r"\b[0-9a-f]{4,64}\b", text)
        assert capsulebody._commit(text) == (found and found[0])  # noqa: SLF001


def test_a_change_is_read_from_the_lines_that_the_expression_takes() -> None:
    parts = (
        *(("M.", "??", "M", "M\u2028", " M", ""), (" ", "  ", ""), ("100644", "-", "10064", "100648", ""), (" ", "")),
        *(("-", "a1" * 20, "b" * 64, "c" * 65, "c" * 39, "G" * 40), (" ", ""), ("", "a.py", " a b", "é - - c")),
    )
    for line in map("".join, product(*parts)):
        wanted = re.fullmatch(r"(\S{2}) ([0-7]{6}|-) ([0-9a-f]{40,64}|-) (.+)", line)
        read = changes.parse_change(line)
        assert (read and (read.status, read.mode or "-", read.blob or "-", read.path)) == (wanted and wanted.groups())


def test_a_size_is_read_from_the_lines_that_the_expression_takes() -> None:
    parts = (
        *((" ", "", "  "), ("a.py", "a | 3", " x y", "...cut", "a|b", ""), (" ", "", "   "), ("|", ""), (" ", "")),
        *(("3", "12", "Bin", "", "²", "٣"), ("", " ", " +--", " x", "  +")),
    )
    for line in map("".join, product(*parts)):
        wanted = re.fullmatch(r" (.*[^ ]) +\| (\d+)(?: [+-]*)?", line)
        sizes = {wanted[1]: int(wanted[2])} if wanted and not wanted[1].startswith("...") else {}
        assert diffstat.sizes(line) == sizes


def test_a_files_name_says_stage_and_day_where_the_expression_finds_them() -> None:
    stages, days = ("", "work", "a-b", "a/b", "a\0b", "-"), ("2026-11-19", "2026-11-3", "2026-13-01", " 2026-1-1", "x")
    for number, stage, gap, day, end in product(("01", "7", "", "x"), stages, ("-", ""), days, (".md", "", ".mdx")):
        name = f"{number}-{stage}{gap}{day}{end}"
        found = re.fullmatch(r"(01|7)-([^/\0]+)-([0-9]{4}-[0-9]{2}-[0-9]{2})\.md", name)
        wanted = found and found[3] == days[0] and (int(found[1]), found[2], date(2026, 11, 19))
        assert checkpoint.parse_filename(name) == (wanted or None)


def test_the_digest_is_of_a_checkpoint_without_the_line_that_the_expression_finds() -> None:
    lines = ("", "a: 1", "content_sha256: x", " content_sha256: y", "content_sha256:", "content_sha25: z")
    for text in map("\n".join, product(("---",), lines, lines, lines)):
        assert checkpoint._bare(text) == re.sub(r"(?m)^content_sha256:.*\n", "", text, count=1)  # noqa: SLF001
