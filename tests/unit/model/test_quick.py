"""The quick readers say what the strict ones say, or nothing: on generated files and on the samples."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volon.errors import VolonError
from volon.model.ids import is_task_id
from volon.model.quick import PAUSE, ROW, TaskRow, front, is_plain_id, pause_row, task_row
from volon.model.records.capsule import parse_capsule
from volon.model.records.task import parse_task
from volon.model.syntax.frontmatter import Document, parse_yaml, render_scalar
from volon.model.text import iso
from volon.usecases.records import row_of

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TASK = b"""---
id: TASK-20261119-001
title: Retry with backoff
status: doing
priority: B
tags: []
created_at: "2026-11-19T10:00:00Z"
updated_at: "2026-11-19T10:00:00Z"
uid: "01KD5D6J000000000000000000"
---

# Retry
"""

LETTERS = st.sampled_from(list("aZ09-_./: '\"\\#[]{},&*!|>%@`~?=<é…\t\x1b\x85\u2028\ufeff\n\r"))
VALUES = st.one_of(
    st.text(LETTERS, max_size=12),
    st.text(max_size=8),
    st.text(max_size=8).map(render_scalar),
    st.sampled_from(
        ["todo", "doing", "paused", "blocked", "done", "null", "~", "", "[]", "A", "C", "external", '" A "']
    ),
    st.sampled_from(
        ["TASK-20261119-001", "task-1", "T-1-2-3-4-5", "CON", "1-A", '"2026-02-29T10:00:00Z"', "2026-01-31"]
    ),
    st.datetimes(timezones=st.just(UTC)).map(lambda at: f'"{iso(at)}"'),
    st.sampled_from(['"01KD5D6J000000000000000000"', '"81KD5D6J000000000000000000"', "012", "1_0", "0x1f", "12:30:45"]),
)
KEYS = st.one_of(
    st.sampled_from([*ROW, *PAUSE, "type", "schema_version", "Title", "a b", "<<"]), st.text(LETTERS, max_size=4)
)


@st.composite
def fronts(draw: st.DrawFn) -> bytes:
    """Make a record: mostly a sound task with some of its lines changed, doubled or left out."""
    whole: bool = draw(st.booleans())
    lines = TASK.decode().split("\n")[1:9] if whole else []
    for key, value in draw(st.lists(st.tuples(KEYS, VALUES), max_size=4)):
        line = f"{key}: {value}"
        same = [place for place, other in enumerate(lines) if other.startswith(f"{key}:")]
        replaces: bool = draw(st.booleans())
        if same and replaces:
            lines[same[0]] = line
        else:
            lines.append(line)
    body: str = draw(st.sampled_from(["", "\n# T\n", "<<<<<<< a\n=======\n>>>>>>> b\n", "é\n", "---\n"]))
    end: str = draw(st.sampled_from(["---\n", "--- \n", "---", ""]))
    text = "---\n" + "".join(f"{line}\n" for line in lines) + end + body
    return text.encode("utf-8", "surrogatepass")


def strict_row(data: bytes) -> TaskRow | None:
    """Return what the strict readers make of it; None when they refuse it."""
    try:
        return row_of(parse_task(Document.parse(data, "t.md")))
    except VolonError:
        return None


@given(fronts())
def test_the_quick_reader_never_says_anything_else_than_the_strict_one(data: bytes) -> None:
    quick = front(data)
    if quick is not None:
        assert quick == parse_yaml(data.decode()[4 : data.decode().index("\n---\n") + 1], "t.md").plain()
        assert Document.parse(data, "t.md").meta == quick
    row = task_row(data)
    if row is not None:
        strict = strict_row(data)
        assert strict is not None
        assert row.key() == strict.key()


@given(
    fronts().map(lambda data: data.replace(b"id: TASK", b"type: task-pcc-capsule\nschema_version: 2\ntask_id: TASK"))
)
def test_the_quick_reader_of_capsules_agrees_too(data: bytes) -> None:
    quick = pause_row(data)
    if quick is not None:
        capsule = parse_capsule(Document.parse(data, "c.md"))
        assert (quick.uid, quick.branch, quick.worktree) == (capsule.uid, capsule.branch, capsule.worktree)
        assert (quick.paused_commit, quick.checkpoint) == (capsule.paused_commit, capsule.checkpoint)
        assert quick.paused_at == iso(capsule.paused_at)


@given(st.text(st.sampled_from(list("AZ09-aé²")), max_size=70))
def test_only_task_ids_count_as_such(text: str) -> None:
    assert not is_plain_id(text) or is_task_id(text)


def test_a_task_as_volon_writes_it_is_read_quickly() -> None:
    row = task_row(TASK)
    assert row is not None
    assert (row.id, row.status, row.updated_at) == ("TASK-20261119-001", "doing", "2026-11-19T10:00:00Z")


@pytest.mark.parametrize("title", ['Say "when"', "back\\slash", "Käse für alle", "a: b # c"])
def test_titles_as_people_write_them_are_read_quickly(title: str) -> None:
    row = task_row(TASK.replace(b"Retry with backoff", render_scalar(title).encode(), 1))
    assert row is not None
    assert row.title == title


@pytest.mark.parametrize("path", sorted(GOLDEN.rglob("*.md")), ids=lambda path: path.relative_to(GOLDEN).as_posix())
def test_the_samples_of_every_format_are_read_alike(path: Path) -> None:
    data = path.read_bytes()
    quick = front(data)
    if quick is not None:
        assert quick == parse_yaml(data.decode()[4 : data.decode().index("\n---\n") + 1], path.name).plain()


@given(fronts())
def test_a_row_comes_back_from_its_text(data: bytes) -> None:
    row = TaskRow.read(data)
    if row is not None:
        text = row.text()
        again = TaskRow.of_text(text)
        assert again is not None
        assert again.key() == row.key()
        assert text.startswith(f"{row.status}\t")
        assert "\n" not in text


@pytest.mark.parametrize("text", ["", "todo", "\t" * 8, "todo\tA-1\tt\ttodo\t\t\t\t\t\t", "todo\tA-1\tt\ttodo\t\t\t\t"])
def test_what_is_no_row_gives_none(text: str) -> None:
    assert TaskRow.of_text(text) is None
