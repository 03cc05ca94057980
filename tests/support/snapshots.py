"""Snapshots of pauses, for tests of what is done with them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from volon.model.saving import Rules
from volon.repo.repository import Repository
from volon.world import World

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def pause(repo: RepoBuilder, volon: VolonInProcess, note: str = "halfway") -> str:
    """Pause with a snapshot, go on, and return the operation."""
    found = json.loads(volon.ok("pause-task", note, "--next", "go on", "--json"))
    world = World.real(os.environ)
    repository = Repository.open(world, repo.root)
    uid: str = found["uid"]
    if repository.snapshots.find(uid) is None:
        facts, seen = repository.look()
        repository.snapshots.capture(uid, facts, seen, Rules(), world.clock.now())
    volon.ok("resume-task", "--force")
    return uid
