"""A repository with a READY.md and a worker that really edits files, for every test of `volon conduct`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

HEAD = """\
# Shop

## Problem Statement
No shop.
## User Impact
None can buy.
## Mission
Build it.
## Success Criteria
- it sells
## Requirements (IMMUTABLE)
- none
## Proposed Approach (EVOLVABLE)
As it comes.
## Implementation Phases

"""
TAIL = """
## Known Gotchas
- prices have cents
## Quality Requirements
- Lint: `! grep -rn forbidden --include=*.py .`
## Files to Create/Modify
### New Files
### Modified Files
"""


class Ground:
    """A repository with a READY.md and a worker.

    Args:
        repo: where.
        outside: a directory that is no part of it.
    """

    def __init__(self, repo: RepoBuilder, outside: Path) -> None:
        self.repo, self.worker, self._ran = repo, outside / "worker.sh", outside / "ran"

    def write(self, *phases: str, worker: str) -> None:
        self.repo.write(".prelude/READY.md", HEAD + "\n".join(phases) + TAIL)
        lines = ("#!/bin/sh", "set -e", f"echo $VOLON_TICKET >> {self._ran}", "case $VOLON_TICKET in")
        self.worker.write_text("\n".join([*lines, worker.strip(), "esac", ""]))
        self.worker.chmod(0o755)

    def ran(self) -> list[str]:
        return self._ran.read_text().split() if self._ran.exists() else []

    def plan(self, name: str) -> Path:
        (home,) = (self.repo.root / ".volon/plans").iterdir()
        return home / name

    def subjects(self) -> list[str]:
        return self.repo.git("log", "--first-parent", "--format=%s").splitlines()


@pytest.fixture
def ground(repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    # What the tickets run is this checkout's volon.
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))
    return Ground(repo, tmp_path)


@pytest.fixture
def start(ground: Ground, volon: VolonInProcess) -> Callable[..., Any]:
    """`conduct start` with the worker, agreed to."""
    return lambda *more: volon("conduct", "start", "--worker", str(ground.worker), "--yes", *more)


def status(volon: VolonInProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon.ok("conduct", "status", "--json"))["plan"]
    return found


def agree(volon: VolonInProcess, ground: Ground) -> list[int]:
    """The phases that are complete: the same in what is said, in the results, and in the history."""
    said = [one["number"] for one in status(volon)["phases"] if one["status"] == "complete"]
    home = ground.plan("results")
    results = sorted(int(one.stem.removeprefix("phase-")) for one in home.iterdir()) if home.exists() else []
    assert said == results
    assert sum(one.startswith("Phase ") for one in ground.subjects()) == len(results)
    return said


def planned_to_begin(ground: Ground, volon: VolonInProcess) -> None:
    """Make a plan of one phase beside a committed file, and begin nothing of it."""
    ground.repo.commit("Begin", {"a.txt": "a\n"})
    ground.write("### Phase 1: One", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
