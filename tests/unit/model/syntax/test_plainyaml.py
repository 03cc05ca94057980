"""The short way reads what the strict loader reads, place for place, and leaves everything else to it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import line, quick
from volon.model.problems import FrontmatterError
from volon.model.syntax.frontmatter import render_scalar
from volon.model.syntax.plainyaml import ITEM, read_plain
from volon.model.syntax.strictyaml import parse_yaml

keys = st.one_of(st.sampled_from(["id", "y", "no", "null", "a_1", "_", "title"]), st.text("abz_09", min_size=1))
values = st.one_of(
    st.one_of(st.none(), line).map(render_scalar),
    st.sampled_from(
        [
            "null",
            "NULL",
            "~",
            "a",
            "a: b",
            "a  b",
            "a b ",
            "a #b",
            "a - b",
            "[]",
            "[a]",
            '[a, "b, c", null]',
            "[a,b]",
            "[a, ]",
            "[~]",
            "",
            "'x'",
            "a:",
            '""',
        ]
    ),
    st.text('ab -./_0"\\#:', max_size=8),
    st.text('019xeE_.- é…"\xa0\x85\u2028\ufeff\U0001f600', max_size=8),
    st.text("0é…\xa0\x85\u2028\ufeff\U0001f600 #:", max_size=8).map('"{}"'.format),
    st.sampled_from(["012", "0x1f", "1_000", "12:30:45", "1e3", "2026-11-19", "0", ".inf", "-1"]),
)
fronts = st.lists(st.tuples(keys, values), max_size=6).map(lambda rows: "".join(f"{k}: {v}\n" for k, v in rows))


@given(fronts)
@quick
def test_what_it_reads_is_what_the_strict_loader_reads(text: str) -> None:
    found = read_plain(text, 2)
    try:
        expected = parse_yaml(text, "x", 2)
    except FrontmatterError:
        assert found is None
        return
    assert found is None or found == expected


def test_the_frontmatter_volon_writes_takes_the_short_way() -> None:
    numbers = 'schema_version: 2\nnumber: 012\ntitle: "Käse für alle"\n'
    assert read_plain(numbers, 2) == parse_yaml(numbers, "x", 2)
    lists = 'files: [".prelude/READY.md", p1.implement.main, null, a b]\nnone: []\n'
    assert read_plain(lists, 2) == parse_yaml(lists, "x", 2)
    assert read_plain('title: a task\nuid: "01"\ntags: []\nmodel: null\n', 2) == parse_yaml(
        'title: a task\nuid: "01"\ntags: []\nmodel: null\n', "x", 2
    )


@pytest.mark.parametrize("text", ["", "a: b", "a: b\r\n", "a: b\na: c\n", " a: b\n", "a: &x b\n", "a: ü\n", "---\n"])
def test_what_is_not_plain_is_left_to_the_strict_loader(text: str) -> None:
    assert read_plain(text, 2) is None


def test_an_item_of_a_list_is_ascii_but_for_what_means_something_there() -> None:
    special = "\n:#?,[]{}\"'\\\x7f"
    assert [char for char in map(chr, range(0x300)) if re.fullmatch(ITEM, f"a{char}b") is None] == [
        char for char in map(chr, range(0x300)) if char in special or not char.isascii()
    ]
