"""Pausing with a snapshot, in tests."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def save_files(root: Path, uid: str) -> None:
    """See that the pause with this uid has saved the files as they are; nothing is done when it has."""
    from volon.clock import clock_from  # noqa: PLC0415 - the seal must stand before volon is imported
    from volon.model.saving import Rules  # noqa: PLC0415
    from volon.repo.repository import Repository  # noqa: PLC0415
    from volon.repo.snapshots.faithful import with_unfaithful  # noqa: PLC0415
    from volon.world import World  # noqa: PLC0415

    repository = Repository.open(World.real(os.environ), root)
    if repository.snapshots.find(uid) is None:
        facts, seen = repository.look()
        whole = with_unfaithful(repository, facts, seen)
        repository.snapshots.capture(uid, facts, whole, Rules(), clock_from(os.environ).now())
