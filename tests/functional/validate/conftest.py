"""A repository with one true record of every kind, for tests that then break one of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.functional.conduct.conftest import HEAD, TAIL
from tests.support.repos import RepoBuilder
from tests.support.running import VolonInProcess
from volon.model.conduct.records import CHECK, COMPLETE, DISCOVERY, PLAN, RESULT, ROLLBACK, rendered
from volon.model.text import digest

if TYPE_CHECKING:
    from pathlib import Path

    from volon.model.records.fields import Field

TASK = "TASK-20261119-001"
PLAN_DIRECTORY = ".volon/plans/PLAN-20261119-001"
FILES = {
    "capsule": f".volon/pcc/tasks/{TASK}.md",
    "task": f".volon/tasks/{TASK}.md",
    "bootstrap": ".volon/bootstrap.md",
    "checkpoint": ".design/checkpoints/01-work-2026-11-19.md",
    "handoff": ".design/HANDOFF.md",
    "config": "volon.yaml",
    "context": ".volon/pcc/global/00_project.md",
    "state": ".design/STATE.md",
    "plan": f"{PLAN_DIRECTORY}/plan.md",
    "specification": f"{PLAN_DIRECTORY}/READY.md",
    "check": f"{PLAN_DIRECTORY}/checks/p1.check.0.md",
    "discovery": f"{PLAN_DIRECTORY}/discoveries/001.md",
    "result": f"{PLAN_DIRECTORY}/results/phase-1.md",
    "completion": f"{PLAN_DIRECTORY}/complete.md",
    "rollback": f"{PLAN_DIRECTORY}/rolled-back/1.md",
    "set aside": f"{PLAN_DIRECTORY}/rolled-back/1-phase-1.md",
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
    _add_plan(built)
    text = built.read(FILES["state"]).decode()
    built.write(FILES["state"], text.replace("status: paused:in_progress", "status: in_progress"))
    assert volon("validate").code == 0
    return built.root


def _add_plan(repo: RepoBuilder) -> None:
    """Write a plan of one phase that is complete, once rolled back before, as `volon conduct` leaves it."""
    ready, when = (HEAD.replace("# Shop", "# A shop") + "### Phase 1: Base\n" + TAIL).encode(), "2026-11-19T10:00:00Z"
    whole = {"plan_id": "PLAN-20261119-001"}
    part = {**whole, "phase": 1, "run": "01J0000000000000000000000A"}
    plan = {"title": "A shop", "created_at": when, "branch": "feat/retry", "base": repo.head()}
    result = {"name": "Base", "start": repo.head(), "checkpoint": repo.head(), "completed_at": when, "worked_ms": 0}
    found = {"number": 1, "kind": "gotcha", "title": "Slow", "evidence": "log.txt", "impact": "minor"}
    found |= {"approved": True, "obsolete": False, "source": "user"}
    result |= {"fixes": 0, "check": FILES["check"]}
    back = {"number": 1, "phase": 0, "op": part["run"], "rolled_back_at": when, "phases": ["1"]}
    own: dict[str, tuple[tuple[Field, ...], dict[str, object]]] = {
        "plan": (PLAN, {**whole, **plan, "ready_sha256": digest(ready)}),
        "check": (CHECK, {**part, "round": 0, "passed": True, "checked_at": when}),
        "discovery": (DISCOVERY, {**whole, **found, "recorded_at": when}),
        "result": (RESULT, {**part, **result}),
        "completion": (COMPLETE, {**whole, "checked_at": when, "commit": repo.head(), "forced": False}),
        "rollback": (ROLLBACK, {**whole, **back, **dict.fromkeys(("checkpoint", "head", "commit"), repo.head())}),
        "set aside": (RESULT, {**part, **result}),
    }
    repo.write(FILES["specification"], ready)
    for name, (fields, values) in own.items():
        repo.write(FILES[name], rendered(fields, values, ""))


@pytest.fixture
def paused(_paused_once: Path, tmp_path: Path) -> RepoBuilder:
    """A repository on branch feat/retry with one task, paused in the middle of changes, and all else there can be."""
    shutil.copytree(_paused_once, tmp_path / "repo", symlinks=True)
    return RepoBuilder(tmp_path / "repo")


@pytest.fixture
def volon(tmp_path: Path) -> VolonInProcess:
    """volon inside this process, working in `paused`."""
    return VolonInProcess(tmp_path / "repo")
