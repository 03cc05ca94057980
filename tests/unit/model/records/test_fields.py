"""Fields: values get their types, and what does not fit is named."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.model.records import fields
from volon.model.records.fields import Field, Kind
from volon.model.syntax.frontmatter import Document

ALL_KINDS = (
    Field("line", Kind.LINE, "d"),
    Field("int", Kind.INT, "d"),
    Field("bool", Kind.BOOL, "d"),
    Field("time", Kind.TIME, "d"),
    Field("list", Kind.LIST, "d"),
    Field("map", Kind.MAP, "d"),
    Field("size", Kind.SIZE, "d"),
    Field("path", Kind.PATH, "d"),
    Field("digest", Kind.DIGEST, "d"),
    Field("odd", Kind.LINE, "d", pattern="^x+$"),
)


def test_values_get_their_types_and_what_does_not_fit_is_named() -> None:
    good = "line: a\nint: -7\nbool: True\ntime: 2026-11-19\nlist: one\nmap:\n  a: b\nsize: 1 KiB\npath: a/..b\nodd: xx"
    values, found = fields.decode(Document.parse(f"---\n{good}\n---\n".encode(), "x.md"), ALL_KINDS, "r")
    assert found == ()
    assert (values["int"], values["bool"], values["list"], values["map"], values["size"]) == (
        -7,
        True,
        ("one",),
        {"a": "b"},
        1024,
    )
    bad = (
        "line: [a]\nint: 1.5\nbool: yes\ntime: x\nlist:\n  - [a]\nmap: x\nsize: 1 KB x\npath: a/../b\ndigest: x\nodd: y"
    )
    values, found = fields.decode(Document.parse(f"---\n{bad}\n---\n".encode(), "x.md"), ALL_KINDS, "r")
    assert [problem.key for problem in found] == [field.name for field in ALL_KINDS]
    assert {problem.rule for problem in found} == {"r.field-invalid"}
    assert set(map(str, values.values())) == {"None", "()", "{}"}


@pytest.mark.parametrize("path", ["/x", "../x", "a/..", "..", "a\\..\\b", "\\x"])
def test_paths_stay_inside(path: str) -> None:
    assert fields.typed(Field("p", Kind.PATH, "d"), path)[1] is not None


@given(st.lists(st.sampled_from(["a", ".", "..", "/", "\\", "\0", "", " ", "é"]), max_size=7).map("".join))
def test_a_path_is_refused_where_the_published_pattern_refuses_it(text: str) -> None:
    assert fields.is_relative(text) == (re.search(fields.PATTERNS[Kind.PATH], text, re.ASCII) is not None)
