"""Tasks: what a file says, what may become of it, and that a move touches nothing else."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.model.samples import FORMATS, NOW, TASK, ULID, line, quick, texts
from volon.model.problems import InvalidRecord
from volon.model.records.task import (
    TRANSITIONS,
    AcceptanceItem,
    InvalidTransition,
    Status,
    Task,
    append_update,
    check_task,
    move,
    new_task,
    parse_task,
    unblock,
)
from volon.model.syntax.frontmatter import Document
from volon.model.text import block, iso, one_line
from volon.templating import packaged

TEMPLATE = packaged("task.md")
PATH = f".volon/tasks/{TASK}.md"


def made(**others: object) -> Document:
    values = {"id": TASK, "uid": ULID, "title": "Retry with backoff", "created_at": NOW, **others}
    return Document.parse(new_task(TEMPLATE, **values), PATH)  # type: ignore[arg-type]


def with_status(status: Status, **keys: str) -> tuple[Document, Task]:
    document = made().set("status", status.value)
    for key, value in keys.items():
        document = document.set(key, value)
    return document, parse_task(document)


@quick
@given(line, texts, st.lists(line, max_size=4))
def test_a_new_task_says_what_it_was_given(title: str, description: str, acceptance: list[str]) -> None:
    document = made(title=title, description=description, acceptance=acceptance)
    task = parse_task(document)
    assert task.title == (one_line(title) or task.title)
    assert task.description == (block(description) or one_line(title))
    assert task.acceptance == tuple(AcceptanceItem(one_line(item)) for item in acceptance if one_line(item))
    assert task.updates == (f"[{iso(NOW)}] created",)
    assert (task.id, task.uid, task.status, task.created_at, task.updated_at) == (TASK, ULID, Status.TODO, NOW, NOW)


def test_a_title_may_hold_anything_that_fits_on_a_line() -> None:
    title = "a/b \\ \"c\" 'd': # [x] {{title}} ✨ no"
    assert parse_task(made(title=title)).title == title
    assert check_task(made(title=title)) == ()


def test_the_format_of_the_original_is_read_as_it_is() -> None:
    task = parse_task(Document.parse((FORMATS / "task-original.md").read_bytes(), "x.md"))
    assert task.title == 'Importer / survive "broken" rows ü'
    assert (task.status, task.priority, task.tags) == (Status.DOING, "A", ("importer", "csv"))
    assert iso(task.updated_at or NOW) == "2026-02-24T00:00:00Z"
    assert task.acceptance[0] == AcceptanceItem("broken rows are counted", done=True)
    assert [item.text for item in task.acceptance[1:]] == ["broken rows are written to rejects.csv", "documented"]
    assert task.updates == ("[2026-02-23] created", "[2026-02-24] status → doing (started)")


def test_moving_the_original_changes_four_places() -> None:
    document = Document.parse((FORMATS / "task-original.md").read_bytes(), "x.md")
    moved = move(document, parse_task(document), Status.PAUSED, NOW, "paused (restart): back\nsoon")
    before, after = document.data.decode().splitlines(), moved.data.decode().splitlines()
    assert [row for row in after if row not in before] == [
        "status: paused",
        'updated_at: "2026-11-19T10:00:00Z"   # date only',
        "prior_status: doing",
        "- [2026-11-19T10:00:00Z] paused (restart): back soon",
    ]
    assert [row for row in before if row not in after] == ["status: doing", "updated_at: 2026-02-24   # date only"]
    assert parse_task(moved).updates[-1] == "[2026-11-19T10:00:00Z] paused (restart): back soon"


def test_blocked_by_a_pause_is_paused() -> None:
    document = Document.parse((FORMATS / "task-minimal.md").read_bytes(), "x.md")
    task = parse_task(document)
    assert (task.status, task.blocker_type, task.title) == (Status.PAUSED, None, "no updates here")
    moved = move(document, task, Status.DOING, NOW, "resumed")
    assert moved.meta == {"id": task.id, "status": "doing", "updated_at": iso(NOW)}
    assert moved.section("Updates") == f"- [{iso(NOW)}] resumed"


@pytest.mark.parametrize(("before", "after"), list(product(Status, Status)))
def test_the_table_decides_every_move(before: Status, after: Status) -> None:
    document, task = with_status(before)
    if after not in TRANSITIONS[before]:
        with pytest.raises(InvalidTransition) as caught:
            move(document, task, after, NOW, "x")
        assert caught.value.exit_code == 2
        return
    moved = parse_task(move(document, task, after, NOW, "x"))
    assert moved.status is after
    keeps = after in {Status.PAUSED, Status.BLOCKED} and before is not after
    assert moved.prior_status == (before if keeps else None)
    assert (moved.blocker_type is not None) == (after is Status.BLOCKED)


def test_done_is_final_and_says_what_to_do_instead() -> None:
    document, task = with_status(Status.DONE)
    with pytest.raises(InvalidTransition, match="is done and cannot become doing") as caught:
        move(document, task, Status.DOING, NOW, "again")
    assert caught.value.hints == ("done is final; start a new task: volon task start TITLE",)


def test_pausing_again_remembers_the_first_status() -> None:
    document, task = with_status(Status.DOING)
    once = move(document, task, Status.PAUSED, NOW, "one")
    twice = move(once, parse_task(once), Status.PAUSED, NOW, "two")
    assert parse_task(twice).prior_status is Status.DOING
    back = move(twice, parse_task(twice), Status.DOING, NOW, "resumed")
    assert "prior_status" not in back.meta


def test_a_block_remembers_where_it_came_from_and_unblocking_goes_back() -> None:
    document, task = with_status(Status.DOING)
    blocked = move(document, task, Status.BLOCKED, NOW, "no GPU", blocker_type="technical")
    assert parse_task(blocked).blocker_type == "technical"
    freed = parse_task(unblock(blocked, parse_task(blocked), NOW, "GPU is there"))
    assert (freed.status, freed.prior_status, freed.blocker_type) == (Status.DOING, None, None)


def test_pausing_a_blocked_task_keeps_its_blocker_in_sight() -> None:
    document, task = with_status(Status.BLOCKED, blocker_type="external")
    paused = move(document, task, Status.PAUSED, NOW, "paused")
    read = parse_task(paused)
    assert (read.status, read.prior_status, read.blocker_type) == (Status.PAUSED, Status.BLOCKED, "external")
    freed = parse_task(unblock(paused, read, NOW, "solved"))
    assert (freed.status, freed.prior_status, freed.blocker_type) == (Status.PAUSED, Status.DOING, None)


def test_unblocking_what_is_not_blocked_is_refused() -> None:
    with pytest.raises(InvalidTransition, match="nothing blocks it"):
        unblock(*with_status(Status.DOING), NOW, "x")


@pytest.mark.parametrize(
    ("key", "value", "rule", "usable"),
    [
        ("id", "../x", "task.field-invalid", False),
        ("id", None, "task.field-missing", False),
        ("status", "reopened", "task.field-invalid", False),
        ("status", None, "task.field-missing", False),
        ("title", None, "task.field-missing", True),
        ("priority", "Z", "task.field-invalid", True),
        ("updated_at", "soon", "task.field-invalid", True),
        ("updated_at", "2026-02-30", "task.field-invalid", True),
        ("uid", "x", "task.field-invalid", True),
        ("prior_status", "asleep", "task.field-invalid", True),
        ("blocker_type", "boredom", "task.field-invalid", True),
        ("id", "TASK-20261119-002", "task.id-mismatch", True),
    ],
)
def test_problems_are_named_and_only_the_worst_stop(key: str, value: str | None, rule: str, *, usable: bool) -> None:
    document = made().set(key, value)
    assert [problem.rule for problem in check_task(document)] == [rule]
    if usable:
        assert parse_task(document).status is Status.TODO
    else:
        with pytest.raises(InvalidRecord) as caught:
            parse_task(document)
        assert caught.value.exit_code == 9


def test_an_update_is_one_line() -> None:
    document = append_update(made(), NOW, "## Updates\n- forged\n```")
    assert parse_task(document).updates[-1] == f"[{iso(NOW)}] ## Updates - forged ```"
