"""A value put into somebody's JSON and taken out again leaves every byte where it was, whatever changed meanwhile."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.model.samples import quick
from tests.unit.model.syntax.jsontexts import DOCUMENTS, EDITS, edited
from volon.model.syntax.jsonc import NotJson, read
from volon.model.syntax.jsonedit import added, rewritten, without

if TYPE_CHECKING:
    from volon.model.syntax.jsonc import Item, Json

OURS: Json = {"hooks": [{"type": "command", "command": "volon hook"}]}


def _put(text: str) -> str:
    return added(text, (), OURS, "ours" if isinstance(read(text).plain, dict) else "")


def _ours(text: str) -> Item:
    return next(one for one in read(text).items if one.node.plain == OURS)


def _plain(text: str) -> object:
    """What a strict reader makes of it, comments and last commas taken out."""
    without_comments = r'("(?:[^"\\]|\\.)*")|//[^\r\n]*|/\*.*?\*/'
    bare = re.sub(without_comments, lambda found: found[1] or " ", text, flags=re.DOTALL)
    without_commas = r'("(?:[^"\\]|\\.)*")|,(?=\s*[}\]])'
    return json.loads(re.sub(without_commas, lambda found: found[1] or "", bare))


@quick
@given(DOCUMENTS)
def test_a_text_says_what_a_strict_reader_says_of_it_without_comments(text: str) -> None:
    assert read(text).plain == _plain(text)


@quick
@given(DOCUMENTS)
def test_what_was_put_in_is_there_and_is_taken_out_to_the_byte(text: str) -> None:
    before, new = _plain(text), _put(text)
    assert _plain(new) == ({**before, "ours": OURS} if isinstance(before, dict) else [*before, OURS])  # type: ignore[misc]
    assert without(new, (), _ours(new)) == text


@quick
@given(DOCUMENTS, EDITS)
def test_taking_out_keeps_what_was_edited_meanwhile(text: str, edits: list[tuple[str, int, str]]) -> None:
    between = edited(_put(text), edits)
    assert without(between, (), _ours(between)) == edited(text, edits)


@quick
@given(DOCUMENTS, st.lists(st.integers(0, 99), min_size=9, max_size=9))
@example("[ // c\n1 /* \n */,]", [0] * 9)
def test_taking_out_anything_leaves_json_without_it(text: str, picked: list[int]) -> None:
    text = _put(text)
    while items := list(read(text).items):
        gone = items.pop(picked[len(items)] % len(items))
        text = without(text, (), gone)
        found = _plain(text)
        assert (list(found.values()) if isinstance(found, dict) else found) == [one.node.plain for one in items]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}\n", '{\n  "a": [\n    1\n  ]\n}\n'),
        ('{"b": 1}', '{"b": 1, "a": [1]}'),
        ('{\n\t"b": 1\n}', '{\n\t"b": 1,\n\t"a": [\n\t\t1\n\t]\n}'),
        ('{\r\n    "b": 1 // c\r\n}', '{\r\n    "b": 1, // c\r\n    "a": [\r\n        1\r\n    ]\r\n}'),
        ('{\n  "b": 1, // c\n}', '{\n  "b": 1, // c\n  "a": [\n    1\n  ],\n}'),
        ("{ // c\n}", '{ // c\n  "a": [\n    1\n  ]\n}'),
    ],
    ids=["empty", "one line", "tabs", "crlf", "last comma", "comment"],
)
def test_what_is_put_in_looks_like_what_stands_around_it(before: str, after: str) -> None:
    assert added(before, (), [1], "a") == after
    assert rewritten(after, read(after).items[-1], [1]) == after


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "it ends too early"),
        ('{\n"a": 1,\n"a": 2}', 3, '"a" stands here a second time'),
        ('{"a" 1}', 1, "a colon is missing"),
        ("[1 2]", 1, "a comma or ] is missing"),
        ("[1,\n,]", 2, "this is not JSON"),
        ("[NaN]", 1, "this is not JSON"),
        ("['a']", 1, "this is not JSON"),
        ("{1: 2}", 1, "a key is missing"),
        ("[] /* c", 1, "this is not JSON"),
        ("[]\n[]", 2, "something follows the value"),
        ("[" * 99 + "]" * 99, 1, "it is nested too deeply"),
    ],
)
def test_what_is_no_json_is_refused_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(NotJson, match=re.escape(what)) as caught:
        read(text)
    assert caught.value.line == line
