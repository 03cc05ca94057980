"""Checkpoints: what is written comes back, and no byte of it can be changed unseen."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import COMMIT, FORMATS, NOW, TASK, ULID, capsules, line, paths, quick, texts
from volon.model.facts import Change
from volon.model.problems import InvalidRecord, RecordError
from volon.model.records.capsule import Capsule, fit, parse_capsule, render_capsule
from volon.model.records.checkpoint import (
    Checkpoint,
    check_checkpoint,
    filename,
    latest,
    parse_checkpoint,
    parse_filename,
    render_checkpoint,
    verify,
)
from volon.model.syntax.frontmatter import Document
from volon.model.text import digest, one_line
from volon.templating import packaged

TEMPLATE = packaged("checkpoint.md")


CAPSULE_TEMPLATE = packaged("task-pcc-capsule.md")


PLAIN = Checkpoint(7, ULID, NOW, task_id=TASK, paused_commit=COMMIT, branch="main", capsule_text="# x\n\n```\ny\n```\n")


PATH = ".design/checkpoints/07-work-2026-11-19.md"


changes = st.builds(
    lambda staged, **known: Change(**known, staged_mode=staged and "100755", staged_blob=staged),
    staged=st.sampled_from([None, None, "b" * 40, "c" * 64]),
    path=paths,
    status=st.sampled_from([".M", "M.", "A.", "UU", "??", "R."]),
    mode=st.sampled_from([None, "100644", "120000"]),
    blob=st.sampled_from([None, COMMIT, "a" * 64]),
    origin=st.one_of(st.none(), paths),
)


lines = st.one_of(st.none(), line)


checkpoints = st.builds(
    Checkpoint,
    number=st.integers(1, 2000),
    uid=st.just(ULID),
    saved_at=st.just(NOW),
    stage=st.sampled_from(["work", "design", "verify"]),
    parent=st.one_of(st.none(), st.integers(1, 99)),
    task_id=st.sampled_from([None, TASK]),
    paused_commit=st.sampled_from([None, COMMIT]),
    note=lines,
    in_progress=lines,
    next=lines,
    context=lines,
    active_sketch=lines,
    completed=st.lists(line, max_size=4).map(tuple),
    capsule_text=texts,
    changes=st.lists(changes, max_size=6).map(tuple),
)


def document(checkpoint: Checkpoint = PLAIN, path: str = PATH) -> Document:
    return Document.parse(render_checkpoint(checkpoint, TEMPLATE), path)


def folded(value: str | None) -> str | None:
    """A bold line's value as it is read: `none` and nothing are None."""
    text = one_line(value or "")
    return None if text.casefold() in {"", "none"} else text


@quick
@given(checkpoints)
def test_what_is_written_comes_back(checkpoint: Checkpoint) -> None:
    written = document(checkpoint, "x.md")
    read = parse_checkpoint(written)
    named: dict[str, Any] = {
        name: folded(getattr(checkpoint, name)) for name in ("in_progress", "next", "context", "active_sketch")
    }
    completed = tuple(text for item in checkpoint.completed if (text := one_line(item)))
    embedded = checkpoint.capsule_text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    embedded += "\n" if embedded and not embedded.endswith("\n") else ""
    assert replace(read, capsule_sha256=None) == replace(
        checkpoint,
        **named,
        completed=() if [text.casefold() for text in completed] == ["none"] else completed,
        capsule_text=embedded,
        note=None if checkpoint.note is None else one_line(checkpoint.note),
    )
    assert check_checkpoint(written) == ()


@quick
@given(capsules)
def test_a_checkpoint_alone_brings_the_capsule_back(capsule: Capsule) -> None:
    data = render_capsule(capsule, CAPSULE_TEMPLATE)
    read = parse_checkpoint(document(replace(PLAIN, capsule_text=data.decode())))
    assert read.capsule_text.encode() == data
    assert read.capsule_sha256 == digest(data)
    assert parse_capsule(Document.parse(read.capsule_text.encode(), "x")) == fit(capsule, CAPSULE_TEMPLATE)


@quick
@given(st.data())
def test_no_byte_can_be_changed_unseen(data: st.DataObject) -> None:
    written = render_checkpoint(PLAIN, TEMPLATE)
    place = data.draw(st.integers(0, len(written) - 1))
    byte = data.draw(st.sampled_from(b"x0 #\n").filter(lambda one: one != written[place]))
    changed = written[:place] + bytes([byte]) + written[place + 1 :]
    try:
        changed_document = Document.parse(changed, PATH)
    except RecordError:
        return  # What stops the reading is seen.
    assert check_checkpoint(changed_document) or not changed_document.has_frontmatter


def test_another_line_end_is_no_tampering() -> None:
    written = render_checkpoint(PLAIN, TEMPLATE)
    assert verify(Document.parse(written.replace(b"\n", b"\r\n"), PATH)) == ()
    assert verify(Document.parse(b"\xef\xbb\xbf" + written, PATH)) == ()


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ("**Context**: none", "**Context**: something", ["content_sha256"]),
        ("number: 7", "number: 8", ["content_sha256"]),
        (f'paused_commit: "{COMMIT}"', f'paused_commit: "{"a" * 40}"', ["content_sha256"]),
        ("\ny\n", "\nz\n", ["content_sha256", "capsule_sha256"]),
    ],
)
def test_what_was_changed_is_named(old: str, new: str, keys: list[str]) -> None:
    text = render_checkpoint(PLAIN, TEMPLATE).decode()
    assert old in text
    problems = verify(Document.parse(text.replace(old, new, 1).encode(), PATH))
    assert [(problem.rule, problem.key) for problem in problems] == [("checkpoint.tampered", key) for key in keys]


def test_taking_the_digest_out_is_seen() -> None:
    (problem,) = verify(document().remove("content_sha256"))
    assert problem.rule == "checkpoint.tampered"


def test_the_body_begins_with_the_nine_lines_of_the_seed() -> None:
    checkpoint = replace(PLAIN, note="x", context="backoff\nuntested", completed=("a; b", "c"), open_todos="3 items")
    assert document(checkpoint).body.splitlines()[1:11] == [
        "# Checkpoint 07",
        "**Saved**: 2026-11-19T10:00:00Z",
        "**Stage**: work",
        "**Cycle**: none",
        "**In progress**: none",
        "**Next**: none",
        "**Context**: backoff untested",
        "**Active sketch**: none",
        "**Open todos**: 3 items",
        "**Completed this session**: a\\; b; c",
    ]


@pytest.mark.parametrize(
    ("name", "number", "stage", "saved"),
    [
        ("1-design-2026-04-24.md", 1, "design", "2026-04-24 16:20:00+00:00"),
        ("100-verify-2026-05-18.md", 100, "verify", "2026-05-18 07:00:00+00:00"),
    ],
)
def test_the_originals_checkpoints_are_read(name: str, number: int, stage: str, saved: str) -> None:
    written = Document.parse((FORMATS / "checkpoints" / name).read_bytes(), f".design/checkpoints/{name}")
    checkpoint = parse_checkpoint(written)
    assert (checkpoint.number, checkpoint.stage, str(checkpoint.saved_at)) == (number, stage, saved)
    assert checkpoint.uid is None
    assert check_checkpoint(written) == ()


def test_an_original_without_a_heading_is_numbered_by_its_name() -> None:
    assert parse_checkpoint(Document.parse(b"**Saved**: x\n", "05-plan-2026-04-24.md")).number == 5
    with pytest.raises(InvalidRecord):
        parse_checkpoint(Document.parse(b"nothing\n", "notes.md"))


@pytest.mark.parametrize(
    ("number", "stage", "name"),
    [
        (1, "work", "01-work-2026-11-19.md"),
        (99, "Design", "99-design-2026-11-19.md"),
        (100, "a/../b c", "100-a-b-c-2026-11-19.md"),
        (7, "é", "07-work-2026-11-19.md"),
    ],
)
def test_file_names(number: int, stage: str, name: str) -> None:
    assert filename(number, stage, NOW) == name
    assert parse_filename(name) == (number, name.split("-", 1)[1][: -len("-2026-11-19.md")], date(2026, 11, 19))


@pytest.mark.parametrize(
    "name",
    [
        "01.md",
        "01-work.md",
        "x-work-2026-11-19.md",
        "01-work-2026-13-19.md",
        "00-work-2026-11-19.md",
        "01-w-2026-11-19.md~",
    ],
)
def test_what_is_no_checkpoints_name(name: str) -> None:
    assert parse_filename(name) is None


def test_the_latest_is_the_one_with_the_highest_number() -> None:
    assert latest([]) is None
    names = ["9-a-2026-01-01.md", "100-b-2026-01-01.md", "0100-a-2026-01-01.md", "999.md", "0999-a-2026-13-01.md"]
    assert latest([*names, "²000-a-2026-01-01.md", "1234567890-a-2026-01-01.md"]) == (100, "100-b-2026-01-01.md")


@given(st.lists(st.from_regex(r"[0-9]{0,3}(-[a-z]{0,2}){0,2}(-2026-0[0-3]-01)?(.md)?", fullmatch=True), max_size=8))
def test_the_latest_is_the_last_of_all_checkpoints(names: list[str]) -> None:
    numbered = sorted((found[0], name) for name in names if (found := parse_filename(name)) is not None)
    assert latest(names) == (numbered[-1] if numbered else None)


def test_a_number_that_is_not_the_names_is_a_problem() -> None:
    (problem,) = check_checkpoint(document(path=".design/checkpoints/08-work-2026-11-19.md"))
    assert problem.rule == "checkpoint.number-mismatch"
