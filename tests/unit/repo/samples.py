"""What the tests of volon.repo share."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from volon.model.drift.observed import PausedState
from volon.repo.fewpaths import differences
from volon.repo.repository import Repository
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from volon.model.facts import GitFacts

AT = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
ULIDS = tuple(f"01JD000000000000000000000{letter}" for letter in "123456789")


def open_at(where: Path) -> Repository:
    """Open a repository in the sealed environment."""
    return Repository.open(World.real(os.environ), where)


def compared(repository: Repository) -> tuple[str, str | None]:
    """The sizes of the changes and where the last one was made, as a pause writes them down."""
    with differences(repository, *repository.look()) as said:
        return said()


def diffstat(repository: Repository) -> str:
    """The sizes of the changes alone."""
    return compared(repository)[0]


def paused_as(facts: GitFacts, **more: object) -> PausedState:
    """Return the facts as a pause would have recorded them."""
    return PausedState(
        task_id="TASK-20261119-001",
        known=True,
        paused_commit=facts.head,
        branch=facts.branch,
        upstream=facts.upstream,
        upstream_commit=facts.upstream_commit,
        worktree=facts.worktree,
        operation=facts.operation,
        operation_head=facts.operation_head,
        changes=facts.changes,
        **more,  # type: ignore[arg-type]
    )
