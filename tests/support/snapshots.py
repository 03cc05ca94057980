"""Pauses with saved files, for tests of what is done with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def pause(repo: RepoBuilder, volon: VolonInProcess, note: str = "halfway") -> str:
    """Pause, which saves what is not committed, go on, and return the operation."""
    dirty = bool(repo.git("status", "--porcelain"))
    found = json.loads(volon.ok("pause-task", note, "--next", "go on", "--json"))
    uid: str = found["uid"]
    # A clean tree whose files a checkout might write otherwise is saved, too.
    assert repo.git("for-each-ref", f"refs/volon/snap/{uid}") or not dirty
    volon.ok("resume-task", "--force")
    return uid
