"""Records of commands: what is written comes back, whatever else is passed over, and no secret is kept."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.model import evidence
from volon.model.evidence import Evidence, Output, Tree, decode, encode, newest, recorded_words, tail_of
from volon.model.secrets import redact_words
from volon.plain import replace

TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
TREE = Tree("a" * 40, "b" * 64, (("src/app.py", "100644", "c" * 40), ("gone\udcff", None, None)))
ROW = Evidence(
    uid="01M7YM1N77RGT4KXZ8NX6AXASA",
    argv=("pytest", "-q", "\udcff \x1b[2J"),
    exact=True,
    cwd="src",
    started_at="2026-11-19T10:00:00Z",
    duration_ms=1234,
    exit_status=-9,
    out=Output(3, "d" * 64),
    err=Output(0, "e" * 64),
    terminal=False,
    before=replace(TREE, files=None),
    after=TREE,
    tail="the end",
    task_id="TASK-20261119-001",
)


def test_what_is_written_comes_back() -> None:
    assert decode(encode(ROW)) == ROW
    assert "\n" not in encode(ROW)
    assert encode(ROW).isascii()


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_a_field_of_another_kind_makes_it_no_record(value: object) -> None:
    whole = json.loads(encode(ROW))
    for name in whole:
        found = decode(json.dumps({**whole, name: value}))
        assert found is None or isinstance(found, Evidence)
        if found is not None:
            assert decode(encode(found)) == found
            assert found.command
            assert found.outcome


@given(st.text())
def test_any_text_is_a_record_or_none(text: str) -> None:
    assert decode(text) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("cwd", text) for text in ("..", "../x", "/etc", "a/../../b", "a\0b")),
        *(("argv", words) for words in ([], ["a", 1], "pytest", ["x"] * 102)),
        *(("exit_status", number) for number in (True, 0.5, 10**16, "0", None)),
        ("duration_ms", 10**400),
        ("schema", "volon/evidence@2"),
        ("more", 1),
        ("out", {"size": -1, "sha256": "d" * 64}),
        ("out", {"size": 1, "sha256": "--output=x"}),
        ("before", {"head": "HEAD", "digest": "b" * 64, "files": None}),
        ("after", {"head": None, "digest": "b" * 64, "files": [["../../x", None, None]]}),
        ("after", {"head": None, "digest": "b" * 64, "files": [["x", 1, None]]}),
        ("after", {"head": None, "digest": "b" * 64, "files": [["x"]]}),
    ],
)
def test_what_no_run_can_have_written_is_no_record(name: str, value: object) -> None:
    assert decode(json.dumps({**json.loads(encode(ROW)), name: value})) is None


def test_of_each_command_the_newest_run_counts_and_only_so_many_commands() -> None:
    rows = [replace(ROW, uid=f"{number:026}", argv=("test", str(number % 12))) for number in range(40)]
    found = newest(reversed(rows))
    assert [row.uid for row in found] == [f"{number:026}" for number in range(32, 40)]
    assert len(found) == evidence.MOST_ROWS
    assert len({row.key for row in newest([ROW, replace(ROW, cwd=".")])}) == 2


@pytest.mark.parametrize(
    ("status", "words"), [(0, "exit 0"), (3, "exit 3"), (-15, "ended by SIGTERM"), (-99, "ended by signal 99")]
)
def test_an_ending_is_said_in_words(status: int, words: str) -> None:
    assert evidence.ending(status) == words


def test_the_end_of_an_output_is_kept_without_secrets_and_not_without_end() -> None:
    key = "-----BEGIN PRIVATE KEY-----\n" + "MIIE\n" * 50 + "-----END PRIVATE KEY-----"
    assert tail_of(f"a {TOKEN}\n{key}\nend\n".encode()) == "a [redacted: GitHub token]\n[redacted: private key]\nend"
    assert len(tail_of(b"x" * 100_000)) <= 300
    assert len(tail_of(b"line\n" * 10_000)) < 400
    assert tail_of(b"\xff\xfe") == "\ufffd\ufffd"


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (["x", "--token", "hunter2"], ["x", "--token", "[redacted: password]"]),
        (["x", "--db-password", "hunter2", "y"], ["x", "--db-password", "[redacted: password]", "y"]),
        (["x", "--api-key=hunter2hunter2"], ["x", "--api-key=[redacted: password]"]),
        (["x", TOKEN], ["x", "[redacted: GitHub token]"]),
        (["x", "--token", "--other"], ["x", "--token", "--other"]),
        (["x", "--token", "$TOKEN"], ["x", "--token", "$TOKEN"]),
        (["x", "--tokenizer", "fast"], ["x", "--tokenizer", "fast"]),
        (["x", "token", "fast"], ["x", "token", "fast"]),
        (["pytest", "-k", "password or token"], ["pytest", "-k", "password or token"]),
    ],
)
def test_secrets_among_words_are_taken_out_and_nothing_else(words: list[str], kept: list[str]) -> None:
    assert redact_words(words) == kept
    assert recorded_words(words) == (tuple(kept), words == kept)
