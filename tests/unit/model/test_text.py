"""Text and time: one way to write a time, ages people understand, lines that stay lines."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import NOW, line, quick, texts, times, words
from volon.model.text import (
    age,
    block,
    clip_line,
    clip_words,
    count_words,
    digest,
    iso,
    lf,
    one_line,
    parse_date,
    parse_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


@quick
@given(times)
def test_a_time_comes_back(moment: datetime) -> None:
    assert parse_time(iso(moment)) == moment
    assert len(iso(moment)) == 20


@pytest.fixture
def _far_away(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own zone is far from UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "XYZ-11")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("_far_away")
def test_times_are_written_in_utc_and_whole_seconds() -> None:
    east = datetime(2026, 11, 19, 12, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))
    assert iso(east) == "2026-11-19T10:00:00Z"
    assert iso(datetime(2026, 11, 19, 10)) == "2026-11-19T10:00:00Z"  # noqa: DTZ001  naive means UTC
    assert iso(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-11-19", "2026-11-19T00:00:00Z"),
        ("2026-11-19T10:00:00Z", "2026-11-19T10:00:00Z"),
        ("2026-11-19 10:00", "2026-11-19T10:00:00Z"),
        ("2026-11-19T12:30:15.123+02:30", "2026-11-19T10:00:15Z"),
        ("2026-11-19t05:00-0500", "2026-11-19T10:00:00Z"),
        (" 2026-11-19T11:00:00 +01 ", "2026-11-19T10:00:00Z"),
        ("2026-11-19T10:00:00z", "2026-11-19T10:00:00Z"),
        ("2026-12-31T23:59:60Z", "2026-12-31T23:59:59Z"),
    ],
)
def test_times_are_read_in_many_forms(text: str, written: str) -> None:
    moment = parse_time(text)
    assert moment is not None
    assert iso(moment) == written


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-13-01",
        "2026-02-30",
        "2026-11-19T25:00",
        "19.11.2026",
        "2026-11-19T",
        "٢٠٢٦-11-19",
        "0001-01-01T00:00+10",
    ],
)
def test_what_is_no_time(text: str) -> None:
    assert parse_time(text) is None
    assert parse_date(text) is None


def test_a_date_is_only_a_date() -> None:
    assert str(parse_date("2026-11-19")) == "2026-11-19"
    assert parse_date("2026-11-19T10:00:00Z") is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-3600, "in the future"),
        (-61, "in the future"),
        (-60, "just now"),
        (-30, "just now"),
        (0, "just now"),
        (10, "10 seconds ago"),
        (60, "1 min ago"),
        (3599, "59 min ago"),
        (16 * 3600, "16 h ago"),
        (86400, "1 day ago"),
        (3 * 86400, "3 days ago"),
        (7 * 86400, "1 week ago"),
        (62 * 86400, "8 weeks ago"),
        (63 * 86400, "2 months ago"),
        (364 * 86400, "12 months ago"),
        (365 * 86400, "1 year ago"),
        (800 * 86400, "2 years ago"),
    ],
)
def test_ages_are_said_as_people_say_them(seconds: int, words: str) -> None:
    assert age(NOW - timedelta(seconds=seconds), NOW) == words


@quick
@given(texts)
def test_a_line_is_one_line_and_stays_it(text: str) -> None:
    folded = one_line(text)
    assert len(folded.splitlines()) <= 1
    assert folded == one_line(folded) == folded.strip()
    assert not any(ord(char) < 0x20 or 0x7F <= ord(char) < 0xA0 for char in folded)


def test_folding_keeps_what_people_typed() -> None:
    assert one_line(' a "b"\r\n\r\n  c\t---\u2028👩\u200d💻 \x1b[31m ') == 'a "b" c ---  👩\u200d💻 [31m'.replace(
        "---  ", "--- "
    )


@quick
@given(texts)
def test_a_block_is_normal_and_stays_it(text: str) -> None:
    folded = block(text)
    assert folded == block(folded)
    assert "\r" not in folded
    assert not folded.startswith("\n")
    assert all(row == row.rstrip() for row in folded.split("\n"))


def test_a_block_keeps_its_shape() -> None:
    assert block("\n\r\n  indented  \r\n\r\nX \x1b\n\n") == "  indented\n\nX"


@pytest.mark.parametrize(
    ("limit", "clipped"), [(9, "one three"), (8, "one thr…"), (5, "one…"), (4, "one…"), (3, "on…"), (1, "…")]
)
def test_a_clipped_line_fits_and_says_so(limit: int, clipped: str) -> None:
    assert clip_line("one three", limit) == clipped


@pytest.mark.parametrize(
    ("limit", "clipped"),
    [(3, "one  two\nX"), (2, "one  two … 1 more words"), (1, "one … 2 more words"), (0, "… 3 more words")],
)
def test_clipping_keeps_the_first_words_as_they_are(limit: int, clipped: str) -> None:
    assert clip_words("one  two\nX", limit) == clipped
    assert clip_words(clip_words("one  two\nX", 2), limit) == (clipped if limit < 2 else "one  two … 1 more words")


@quick
@given(st.one_of(words, line), st.integers(0, 50), st.integers(0, 50))
def test_clipping_counts_what_it_leaves_out(text: str, first: int, second: int) -> None:
    total = count_words(text)
    clipped = clip_words(text, first)
    assert clipped == text or count_words(clipped) == first + 4
    if total > first and "more words" not in text:
        assert clipped.endswith(f"… {total - first} more words")
        if second < first:
            assert clip_words(clipped, second) == clip_words(text, second)


def test_line_ends_and_marks_do_not_change_a_digest() -> None:
    assert digest(b"a\nb\n") == digest(b"a\r\nb\r\n") == digest(b"\xef\xbb\xbfa\nb\n") == digest(b"a\rb\r")
    assert digest(b"a\nb\n") != digest(b"a\nb")
    assert lf("a\r\nb\rc\n") == "a\nb\nc\n"
