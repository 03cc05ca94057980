"""The journal's lines: written and read back, and nothing that is damaged is ever taken for one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import quick
from volon.model.pipeline import records as r
from volon.model.pipeline.state import RunState

AT = "2026-11-21T15:00:00Z"
_texts, _numbers = st.text(max_size=20), st.integers(0, 1 << 40)
RECORDS: st.SearchStrategy[r.Record] = st.one_of(
    st.builds(r.Opened, _numbers, _texts, _texts, _texts, _texts),
    st.builds(r.Started, _texts, _numbers),
    st.builds(r.Ended, _texts, _numbers, _texts, st.booleans(), st.none() | _numbers, _numbers, _texts),
    st.builds(r.Based, _texts),
    st.builds(r.Kept, _texts, _numbers, _texts, st.booleans()),
    st.builds(r.Paused, _texts, _texts, st.booleans()),
    st.builds(r.Decided, _texts, st.booleans()),
    st.builds(r.Attached, _numbers, _texts, _texts, _numbers),
    st.builds(r.Engaged, _texts, _texts, _texts),
    st.just(r.Finished()),
)
LINES: list[r.Record] = [
    r.Opened(r.VERSION, "R", ".", "p.yaml", "0"),
    r.Attached(7, "h", "b", 2),
    r.Started("a", 1),
    r.Ended("a", 1, "done", again=False, exit_status=0, ms=5, why=""),
    r.Paused("me", "user", now=False),
]
JOURNAL = b"".join(r.encode(r.Entry(n, AT, record)) for n, record in enumerate(LINES, 1))


@quick
@given(RECORDS, st.integers(1, 1 << 40), _texts)
def test_what_is_written_is_read_back(record: r.Record, n: int, at: str) -> None:
    entry = r.Entry(n, at, record)
    line = r.encode(entry)
    assert line.isascii()
    assert line.count(b"\n") == 1
    assert r.decode(line[:-1], n) == entry
    values = {"n": n, "at": at, "e": entry.kind, **entry.values(), "c": json.loads(line)["c"]}
    assert line.decode() == json.dumps(values, separators=(",", ":")) + "\n"


def test_every_prefix_of_a_journal_holds_exactly_its_whole_lines() -> None:
    ends = [JOURNAL.index(b"\n", at) + 1 for at in [0, *(n + 1 for n, c in enumerate(JOURNAL) if c == 10)][:-1]]
    for size in range(len(JOURNAL) + 1):
        lines, end = r.whole_lines(JOURNAL[:size])
        assert end == max((one for one in ends if one <= size), default=0)
        assert [r.decode(line, n).record for n, line in enumerate(lines, 1)] == LINES[: len(lines)]


def test_no_flipped_bit_goes_unseen() -> None:
    for place in range(len(JOURNAL) * 8):
        data = bytearray(JOURNAL)
        data[place // 8] ^= 1 << place % 8
        lines, _ = r.whole_lines(bytes(data))
        try:
            found = [r.decode(line, n).record for n, line in enumerate(lines, 1)]
        except ValueError:
            continue
        # Only the very last line's end can look like a line that was never finished.
        assert found == LINES[: len(found)]
        assert place // 8 == len(JOURNAL) - 1


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"", "the checksum is wrong"),
        (r.encode(r.Entry(2, AT, r.Finished()))[:-1], "number 1 was expected"),
        (JOURNAL.split(b"\n")[0].upper(), "the checksum is wrong"),
    ],
)
def test_what_is_no_record_here_is_refused_with_a_reason(line: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        r.decode(line, 1)


def _forged(body: bytes) -> bytes:
    from zlib import crc32  # noqa: PLC0415  only to forge

    return b'%s,"c":"%08x"}' % (body, crc32(body))


@pytest.mark.parametrize(
    "body",
    [
        b'{"n":1,"at":"x","e":"finish","more":1',
        b'{"n":1,"at":"x","e":"nothing"',
        b'{"at":"x","n":1,"e":"finish"',
        b'{"n":true,"at":"x","e":"finish"',
        b'{"n":1,"at":"x","e":"start","ticket":"a","attempt":true',
        b'{"n":1,"at":"x","e":"start","ticket":1,"attempt":1',
        b'{"n":1,"at":1,"e":"finish"',
        b"[1",
        b'{"n":' + b"[" * 100_000,
    ],
)
def test_a_line_with_a_true_checksum_is_no_record_yet(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        r.decode(_forged(body), 1)


@pytest.mark.parametrize(
    ("records", "why"),
    [
        ([LINES[1]], "opens the run"),
        ([LINES[0], LINES[0]], "opens the run"),
        ([LINES[0], LINES[2]], "nobody is there"),
        ([*LINES[:3], LINES[2]], "is running"),
        ([*LINES[:2], r.Started("a", 2)], "had 0 attempts"),
        ([*LINES, r.Started("b", 1)], "behind a pause"),
        ([*LINES[:4], LINES[3]], "not running like that"),
        ([*LINES[:4], LINES[2]], "is done"),
        ([*LINES[:3], r.Left("x")], "still runs"),
        ([*LINES[:3], r.Finished()], "something runs"),
        ([*LINES, r.Finished()], "it is paused"),
        ([*LINES, LINES[4]], "paused already"),
        ([*LINES[:4], r.Resumed("me")], "not paused"),
        ([*LINES[:4], r.Decided("a", done=True)], "nothing to decide"),
        ([*LINES[:4], r.Finished(), LINES[1]], "is finished"),
        ([r.Opened(2, "R", ".", "f", "0")], "another volon"),
        ([*LINES[:3], r.Ended("a", 1, "sort of", again=False, exit_status=0, ms=0, why="")], "no way to end"),
        (
            [
                *LINES[:3],
                r.Ended("a", 1, "lost", again=False, exit_status=None, ms=0, why=""),
                LINES[4],
                r.Resumed("x"),
            ],
            "is not known",
        ),
    ],
)
def test_a_journal_that_breaks_a_rule_is_refused_whoever_wrote_it(records: list[r.Record], why: str) -> None:
    state = RunState()
    with pytest.raises(ValueError, match=why):  # noqa: PT012  only the last may fail
        for n, record in enumerate(records, 1):
            state.apply(r.Entry(n, AT, record))
    assert state.n == len(records) - 1
