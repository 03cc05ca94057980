"""What every restore here begins with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository in which something edited, something staged, something new and something deleted was paused."""
    repo.commit("More", {"old.txt": "old\n", ".gitignore": "*.log\n"})
    repo.write("src/app.py", "def run():\r\n    return 2\n")
    repo.write("staged.txt", "one\n")
    repo.git("add", "staged.txt")
    repo.write("staged.txt", "two\n")
    repo.write("new dir/new.sh", "new\n").chmod(0o755)
    (repo.root / "old.txt").unlink()
    volon.ok("pause-task", "a note")
    return repo
