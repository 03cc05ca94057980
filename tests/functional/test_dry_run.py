"""`--dry-run` on everything that writes: it says what would be done and no byte changes, git's own included."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.digests import tree_digest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
PAUSED = (("task", "create", "Later"), ("pause-task", "one"))

WRITERS = [
    ((), ("init", "--dry-run")),
    ((), ("task", "start", "A title", "--dry-run")),
    ((), ("task", "create", "A title", "--dry-run")),
    ((), ("pause-task", "note", "--dry-run")),
    ((), ("pause-task", "note", "--commit-state", "--dry-run")),
    (PAUSED, ("pause-task", "again", "--dry-run")),
    (PAUSED, ("resume-task", "--dry-run")),
    (PAUSED, ("resume-task", "1", "--dry-run")),
    (PAUSED, ("continue", "--dry-run")),
    (PAUSED, ("task", "start", TASK, "--dry-run")),
    (PAUSED, ("task", "done", TASK, "--dry-run")),
    (PAUSED, ("task", "block", TASK, "why", "--dry-run")),
    (PAUSED, ("undo", "--dry-run")),
    (PAUSED, ("doctor", "--fix", "--dry-run")),
]


@pytest.mark.parametrize(("before", "argv"), WRITERS, ids=lambda value: " ".join(map(str, value))[:40])
def test_a_dry_run_changes_no_byte(
    repo: RepoBuilder, volon: VolonInProcess, before: tuple[tuple[str, ...], ...], argv: tuple[str, ...]
) -> None:
    repo.write("src/app.py", "changed\n")
    for command in before:
        volon.ok(*command)
    seen = tree_digest(repo.root)
    ran = volon(*argv, "--json")
    assert ran.code == 0, ran
    assert json.loads(ran.out)["dry_run"] is True or argv[0] == "doctor"
    assert tree_digest(repo.root) == seen


@pytest.mark.parametrize(
    "argv", [("status",), ("validate",), ("doctor",), ("task", "list"), ("checkpoint", "list"), ("undo", "--list")]
)
def test_reading_commands_write_nothing(repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...]) -> None:
    seen = tree_digest(repo.root)
    assert volon(*argv).code == 0
    assert tree_digest(repo.root) == seen
    volon.ok("pause-task", "one")
    seen = tree_digest(repo.root)
    assert volon(*argv).code == 0
    assert tree_digest(repo.root) == seen
