"""One sample of every format volon itself has written: what it said then, it says for ever.

A sample is never edited. When a format changes, its version goes up and a new sample joins the old ones.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.unit.model.samples import COMMIT, FORMATS, NOW, TASK, ULID
from volon.model.checks.checking import check_record
from volon.model.facts import Change
from volon.model.records import runlog
from volon.model.records.bootstrap import Bootstrap, next_line, parse_bootstrap
from volon.model.records.capsule import Capsule, CommandOutcome, KeyFile, parse_capsule
from volon.model.records.checkpoint import Checkpoint, parse_checkpoint
from volon.model.records.task import AcceptanceItem, Status, Task, parse_task
from volon.model.syntax.frontmatter import Document
from volon.model.text import digest

CAPSULE = Capsule(
    TASK,
    ULID,
    COMMIT,
    NOW,
    branch="feat/retry",
    upstream="origin/feat/retry",
    upstream_commit="72ae525" + "0" * 33,
    worktree=".",
    mode="restart",
    checkpoint=".design/checkpoints/07-work-2026-11-19.md",
    operation="rebase",
    operation_head="d49331f" + "0" * 33,
    resumed_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
    you_were="src/retry.py:6",
    note='backoff "untested" # yet',
    summary="Retries",
    goal="Retry with backoff",
    acceptance=(AcceptanceItem("tests pass", done=True), AcceptanceItem("jitter")),
    plan="Double the wait.\n\n```\n## not a heading\n```",
    key_files=(KeyFile("src/retry.py", "the loop"), KeyFile("a b.py")),
    commands=(CommandOutcome("pytest -q", "fail"),),
    diffstat=" src/retry.py | 2 +-\n 1 file changed",
    untracked=("new.py", "line\nbreak.py"),
    next_actions=("pytest tests/test_retry.py", "add jitter"),
    questions=("How long at most?",),
    blockers=("no network",),
)
CHECKPOINT = Checkpoint(
    7,
    ULID,
    NOW,
    parent=6,
    parent_uid="01ARZ3NDEKTSV4RRFFQ69G5FAA",
    resumed_from=6,
    task_id=TASK,
    capsule=f".volon/pcc/tasks/{TASK}.md",
    paused_commit=COMMIT,
    branch="feat/retry",
    worktree=".",
    mode="restart",
    note="backoff untested",
    in_progress="Retry with backoff",
    next="pytest tests/test_retry.py",
    context="backoff untested",
    open_todos="3 items (see .design/TODO.md)",
    completed=("loop; done", "tests"),
    changes=(
        Change("src/retry.py", ".M", "100644", "a" * 40),
        Change("new name.py", "R.", "100755", "b" * 40, "old.py"),
        Change("gone.py", "D."),
        Change("bad\udcff.py", "??", "100644", "c" * 40),
    ),
)


def sample(name: str, path: str) -> Document:
    data = (FORMATS / name).read_bytes()
    assert check_record(data, path) == ()
    return Document.parse(data, path)


@pytest.mark.parametrize("name", ["capsule-v2.md"])
def test_capsules(name: str) -> None:
    assert parse_capsule(sample(name, f".volon/pcc/tasks/{TASK}.md")) == CAPSULE


@pytest.mark.parametrize("name", ["checkpoint-v1.md"])
def test_checkpoints(name: str) -> None:
    read = parse_checkpoint(sample(name, ".design/checkpoints/07-work-2026-11-19.md"))
    assert read.capsule_text.encode() == (FORMATS / "capsule-v2.md").read_bytes()
    assert read.capsule_sha256 == digest(read.capsule_text.encode())
    assert {**as_dict(read), "capsule_text": "", "capsule_sha256": None} == as_dict(CHECKPOINT)


def as_dict(checkpoint: Checkpoint) -> dict[str, object]:
    return {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}


def test_tasks() -> None:
    assert parse_task(sample("task-v1.md", f".volon/tasks/{TASK}.md")) == Task(
        TASK,
        'Retry: with / "backoff" ✨',
        Status.PAUSED,
        "A",
        "feature",
        tags=("net", "no"),
        prior_status=Status.DOING,
        created_at=NOW,
        updated_at=NOW,
        uid=ULID,
        description="Why:\n\n# because",
        acceptance=(AcceptanceItem("tests pass"), AcceptanceItem("jitter")),
        updates=("[2026-11-19T10:00:00Z] created", "[2026-11-19T10:00:00Z] paused (restart): backoff untested"),
    )


def test_bootstraps() -> None:
    document = sample("bootstrap-v1.md", ".volon/bootstrap.md")
    assert parse_bootstrap(document) == Bootstrap(TASK, NOW, "backoff untested")
    assert next_line(document) == "Resume it: `volon resume-task`"


def test_run_logs() -> None:
    (entry,) = runlog.entries((FORMATS / "runlog-v1.jsonl").read_bytes())
    assert (entry["op"], entry["verb"], entry["at"], entry["note"]) == (
        ULID,
        "pause",
        "2026-11-19T10:00:00Z",
        'a "b"\n✨',
    )
