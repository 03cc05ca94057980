"""Which task is meant when none is named: newest first, priority between equals, ties refused with the line to type."""

from __future__ import annotations

import pytest

from volon.errors import UsageError
from volon.model.quick import TaskRow
from volon.model.syntax.frontmatter import Document
from volon.usecases.records import TaskFile
from volon.usecases.select import active_task, resumable_task, stale_pointer


def task(number: int, status: str, *, hour: int = 0, priority: str = "B") -> TaskFile:
    """Return a task file with what selection looks at."""
    task_id = f"TASK-20261119-{number:03d}"
    row = TaskRow(task_id, "t", status, priority, None, None, f"2026-11-19T{hour:02d}:00:00Z", None)
    return TaskFile(f"{task_id}.md", row, lambda: Document.parse(b"", f"{task_id}.md"))


def chosen(file: TaskFile | None) -> str | None:
    """Return the last three digits of the chosen task."""
    return file.row.id[-3:] if file else None


def test_the_newest_doing_task_is_active_and_priority_decides_between_equals() -> None:
    assert chosen(active_task([task(1, "doing", hour=1), task(2, "doing", hour=2), task(3, "paused", hour=3)])) == "002"
    assert chosen(active_task([task(1, "doing"), task(2, "doing", priority="A")])) == "002"
    assert active_task([task(1, "todo"), task(2, "done")]) is None


def test_a_tie_is_refused_with_a_line_for_each() -> None:
    with pytest.raises(UsageError) as refused:
        active_task([task(1, "doing"), task(2, "doing"), task(3, "doing", priority="C")])
    assert refused.value.hints == (
        "volon pause-task --task TASK-20261119-001",
        "volon pause-task --task TASK-20261119-002",
    )


def test_resume_follows_the_pointer_then_the_most_recent_then_the_next_todo() -> None:
    files = [task(1, "paused", hour=1), task(2, "blocked", hour=5), task(3, "todo", hour=9)]
    assert chosen(resumable_task(files, "TASK-20261119-001")) == "001"
    assert chosen(resumable_task(files, None)) == "002"
    assert chosen(resumable_task([task(3, "todo", hour=9), task(4, "todo", priority="A")], None)) == "004"
    assert resumable_task([task(5, "done")], None) is None


def test_among_several_paused_the_one_of_this_branch_goes_first() -> None:
    files = [task(1, "paused", hour=1), task(2, "paused", hour=5)]
    assert chosen(resumable_task(files, "TASK-20261119-002", lambda file: file.row.id.endswith("001"))) == "001"
    assert chosen(resumable_task(files, "TASK-20261119-002", lambda _file: False)) == "002"
    assert chosen(resumable_task(files[1:], "TASK-20261119-002", lambda _file: False)) == "002"


def test_among_several_paused_the_branch_does_not_go_before_what_is_more_recent_and_not_paused() -> None:
    """As with one that is paused: only the pointer of a pause goes before what is more recent."""
    files = [task(1, "paused", hour=1), task(2, "paused", hour=2), task(3, "doing", hour=5)]
    assert [chosen(resumable_task(files[first:], None)) for first in (0, 1)] == ["003", "003"]
    assert chosen(resumable_task(files, "TASK-20261119-002")) == "002"
    assert chosen(resumable_task([task(4, "paused", hour=7), *files], None)) == "004"


def test_a_pointer_to_a_done_or_missing_task_is_told_and_not_followed() -> None:
    files = [task(1, "done"), task(2, "paused")]
    assert chosen(resumable_task(files, "TASK-20261119-001")) == "002"
    assert "which is done" in (stale_pointer(files, [], "TASK-20261119-001") or "")
    assert "has no task file" in (stale_pointer(files, [], "TASK-20261119-009") or "")
    assert stale_pointer(files, [], "TASK-20261119-002") is None
