"""Pauses with saved files, for tests of what is done with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def pause(repo: RepoBuilder, volon: VolonInProcess, note: str = "halfway", *, saves: bool | None = None) -> str:
    """Pause, which saves what is not committed, go on, and return the operation.

    Where git sees no change and files are saved all the same (`saves`), a checkout would write them otherwise.
    """
    expected = bool(repo.git("status", "--porcelain")) if saves is None else saves
    found = json.loads(volon.ok("pause-task", note, "--next", "go on", "--json"))
    uid: str = found["uid"]
    assert bool(repo.git("for-each-ref", f"refs/volon/snap/{uid}")) == expected
    volon.ok("resume-task", "--force")
    return uid
