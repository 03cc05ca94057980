"""A repository with one true record of every kind, for tests that then break one of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder
from tests.support.running import VolonInProcess

if TYPE_CHECKING:
    from pathlib import Path

TASK = "TASK-20261119-001"
FILES = {
    "capsule": f".volon/pcc/tasks/{TASK}.md",
    "task": f".volon/tasks/{TASK}.md",
    "bootstrap": ".volon/bootstrap.md",
    "checkpoint": ".design/checkpoints/01-work-2026-11-19.md",
    "handoff": ".design/HANDOFF.md",
    "config": "volon.yaml",
    "context": ".volon/pcc/global/00_project.md",
    "state": ".design/STATE.md",
}
"""Where each kind of record lies in `paused`."""
CONFIG = 'version: 1\nsnapshot:\n  exclude: ["*.log"]\ntokens:\n  limit: 200000\n'
STATE = (
    "---\nstage: work\n---\n\n# Pipeline State\n\n<position>\nstage: work\nstatus: in_progress\n</position>\n\n"
    "<blockers>\n</blockers>\n"
)


@pytest.fixture(scope="session")
def _paused_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built once, because a pause waits for the disk; `paused` is a copy."""
    built = RepoBuilder.init(tmp_path_factory.mktemp("paused") / "repo")
    volon = VolonInProcess(built.root)
    built.commit("Begin", {"README.md": "# Shop\n", FILES["config"]: CONFIG, "src/old.py": ""})
    built.commit("Retry", {"src/retry.py": "def retry():\n    return 1\n"})
    built.git("checkout", "-q", "-b", "feat/retry")
    built.commit("Begin the retry", {"src/retry.py": "def retry():\n    return 2\n"})
    built.write("src/retry.py", "def retry():\n    return 3\n")
    built.write("src/new.py", "")
    built.write(FILES["context"], "The shop sells books.\n")
    built.write(FILES["state"], STATE)
    volon.ok("task", "start", "Retry with backoff")
    volon.ok(
        "pause-task",
        "backoff untested",
        *("--goal", "Retry with backoff", "--plan", "Double the wait.", "--cmd", "pytest -q => fail"),
        *("--next", "Test `src/retry.py`", "--next", "Add jitter"),
        *("--key-file", "src/retry.py: the loop", "--key-file", "src/old.py: what it was"),
    )
    text = built.read(FILES["state"]).decode()
    built.write(FILES["state"], text.replace("status: paused:in_progress", "status: in_progress"))
    assert volon("validate").code == 0
    return built.root


@pytest.fixture
def paused(_paused_once: Path, tmp_path: Path) -> RepoBuilder:
    """A repository on branch feat/retry with one task, paused in the middle of changes, and all else there can be."""
    shutil.copytree(_paused_once, tmp_path / "repo", symlinks=True)
    return RepoBuilder(tmp_path / "repo")


@pytest.fixture
def volon(tmp_path: Path) -> VolonInProcess:
    """volon inside this process, working in `paused`."""
    return VolonInProcess(tmp_path / "repo")
