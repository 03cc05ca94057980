"""Hostile sizes: long lines, many lines and deep nesting are read in time that grows with their length only."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.unit.model.samples import FORMATS
from volon.model import text
from volon.model.checks.checking import check_record
from volon.model.problems import RecordError
from volon.model.records import runlog, todo
from volon.model.records.bootstrap import parse_bootstrap
from volon.model.records.capsule import check_capsule
from volon.model.records.capsulebody import parse_body
from volon.model.records.changes import parse_changes
from volon.model.records.checkpoint import parse_checkpoint
from volon.model.records.handoff import parse_handoff
from volon.model.records.task import parse_task
from volon.model.secrets import redact
from volon.model.syntax import markdown
from volon.model.syntax.frontmatter import Document

if TYPE_CHECKING:
    from collections.abc import Callable

SIZE = 100_000
LONG = {
    "blanks": " " * SIZE,
    "heading of blanks": "# " + " " * SIZE + "x",
    "heading of marks": "#" * SIZE,
    "closing marks": "# x" + " #" * (SIZE // 2),
    "many headings": "# a\n## b\n" * (SIZE // 8),
    "backticks": "`" * SIZE,
    "backtick runs": "` `` " * (SIZE // 5),
    "open fences": "```\n~~~\n" * (SIZE // 8),
    "bullet of blanks": "- a" + " " * SIZE + "b",
    "nested bullets": "  - [ ] a\n" * (SIZE // 10),
    "stars": "*" * SIZE,
    "labels": "**a**: b\n" * (SIZE // 9),
    "backslashes": "\\" * SIZE + "#",
    "conflict starts": "<<<<<<< a\n" * (SIZE // 10),
    "quotes": '"' * SIZE,
    "line breaks": "\u2028" * SIZE,
    "colons": ": " * (SIZE // 2),
    "dashes": " - " * (SIZE // 3),
    "pointers": "Latest checkpoint: ` " + " " * SIZE,
    "iterations": "**Iteration**: x" + " " * SIZE + "y",
    "entry of blanks": "---\na: b\n---\n<position>\nstatus: x" + " " * SIZE + "y\n</position>\n",
    "secrets": "password" * (SIZE // 8) + "=" + "-----BEGIN " * 9 + "eyJ" + "a" * SIZE,
    "begins": "-----BEGIN RSA PRIVATE KEY-----" * (SIZE // 31),
    "urls": "://a:" * (SIZE // 5),
    "bearers": "bearer " * (SIZE // 7),
    "yaml": "---\n" + "a: [" + "x, " * 20_000,
    "yaml depth": "---\n" + "[" * 60_000 + "\n---\n",
}


def each_reader(data: str) -> None:
    raw = data.encode()
    for path in (
        ".volon/tasks/T-1.md",
        ".volon/pcc/tasks/T-1.md",
        ".volon/bootstrap.md",
        ".design/STATE.md",
        "volon.yaml",
    ):
        check_record(raw, path)
    try:
        document = Document.parse(raw, "01-work-2026-11-19.md")
        parse_bootstrap(document)
        check_capsule(document)
        parse_checkpoint(document)
        parse_task(document)
    except RecordError:
        pass


READERS: tuple[Callable[[str], object], ...] = (
    each_reader,
    parse_body,
    parse_changes,
    redact,
    todo.count_open,
    markdown.escape,
    markdown.sections,
    markdown.first_code_block,
    text.one_line,
    text.block,
    lambda data: text.clip_words(data, 5),
    lambda data: parse_handoff(data.encode()),
    lambda data: runlog.entries(data.encode()),
)


@pytest.mark.parametrize("name", LONG)
def test_reading_takes_time_that_grows_with_the_length_only(name: str) -> None:
    for reader in READERS:
        before = time.process_time()
        reader(LONG[name])
        assert time.process_time() - before < 4, reader


def test_thousands_of_tasks_are_read_in_a_moment() -> None:
    data = (FORMATS / "task-v1.md").read_bytes()
    before = time.process_time()
    for number in range(2_000):
        parse_task(Document.parse(data + b"- %d\n" % number, "T-1.md"))
    assert time.process_time() - before < 4
