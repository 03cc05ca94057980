"""Looking and pausing leave git's own files alone, and no damage in git's store locks anybody out."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def _index(root: Path) -> tuple[bytes, int, int]:
    path = root / ".git/index"
    return path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns


@pytest.mark.parametrize(
    "argv", [("pause-task", "half way"), ("status",), ("resume-task", "--dry-run"), ("doctor",), ("validate",)]
)
def test_the_index_is_not_even_refreshed(repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...]) -> None:
    """Staged and taken back again: `git diff HEAD` finds nothing there, and says so by writing a new index."""
    volon.ok("pause-task", "first")
    as_committed = repo.read("src/app.py")
    repo.write("src/app.py", "changed\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", as_committed)
    os.utime(repo.root / "README.md", (1_700_000_000, 1_700_000_000))
    before = _index(repo.root)
    volon(*argv)
    assert _index(repo.root) == before
