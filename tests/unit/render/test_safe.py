"""Nothing that reaches a terminal can steer it: controls, escapes, bidi and invisible characters are spelled out."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.render.page import Page, Span, Style
from volon.render.safe import safe

SEEN = set("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd")
"""Format characters that are drawn: signs of numbers, years and verses."""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain – 日本 🎉", "plain – 日本 🎉"),
        ("a\tb", "a b"),
        ("a\r\nb", "a\\r\\nb"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("tag\U000e0041", "tag\\U000e0041"),
        ("\x9f\xa0\xad", "\\x9f\xa0\\xad"),
        ("caf\udce9", "caf\\xe9"),
        ("\udc80\udcff", "\\x80\\xff"),
        ("\udc7f\udd00", "\\udc7f\\udd00"),
        ("[bold]not markup[/]", "[bold]not markup[/]"),
    ],
)
def test_each_kind_is_spelled_out_and_the_rest_stays(text: str, shown: str) -> None:
    assert safe(text) == shown


@given(st.text(st.characters(codec=None)))
def test_no_control_or_format_character_survives(text: str) -> None:
    shown = set(safe(text)) - SEEN
    assert not {unicodedata.category(char) for char in shown} & {"Cc", "Cf", "Cs", "Zl", "Zp"}


def test_no_format_character_of_this_unicode_is_forgotten() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = set(safe(every)) - SEEN
    assert not {f"U+{ord(c):04X}" for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}


@given(st.text(), st.text())
def test_a_page_has_one_printed_line_for_each_line_added(first: str, second: str) -> None:
    page = Page()
    page.add(first)
    page.add(Span(second, Style.STRONG), first)
    assert page.text().count("\n") == 2
    assert "\x1b" not in page.text()


def test_long_text_is_wrapped_at_80_columns_under_its_label() -> None:
    page = Page()
    page.field("note", "word " * 40)
    lines = page.text().splitlines()
    assert max(map(len, lines)) <= 80
    assert {line[:13] for line in lines[1:]} == {" " * 13}
