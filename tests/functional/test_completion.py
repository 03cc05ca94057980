"""Shell completion knows the live task ids and checkpoint numbers, and stays silent when it cannot know."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from tests.functional.test_help import NAMES
from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def complete(where: Path, line: str) -> list[str]:
    """Ask volon as bash would, with the cursor at the end of the line."""
    words = line.split(" ")
    env = volon_environment({"_VOLON_COMPLETE": "complete_bash", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)})
    done = subprocess.run(volon_argv(), cwd=where, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    return [row.split(",")[-1] for row in done.stdout.split()]


def test_task_ids_and_checkpoint_numbers_are_offered(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "create", "One")
    volon.ok("pause-task", "two")
    assert complete(repo.root, "volon task show TASK-2026") == ["TASK-20261119-002", "TASK-20261119-001"]
    assert complete(repo.root, "volon checkpoint show ") == ["01"]
    assert complete(repo.root, "volon resume-task --checkpoint 0") == ["01"]


def test_outside_a_repository_nothing_is_offered_and_nothing_said(tmp_path: Path) -> None:
    os.chdir(tmp_path)
    assert complete(tmp_path, "volon task show ") == []


def test_every_command_of_the_help_is_offered_and_no_alias(repo: RepoBuilder) -> None:
    offered = complete(repo.root, "volon ")
    assert sorted(offered) == sorted({name.split()[0] for name in NAMES})
    assert complete(repo.root, "volon pau") == ["pause-task"]


def test_a_resume_is_offered_tasks_and_checkpoints(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "two")
    assert complete(repo.root, "volon resume-task ") == ["TASK-20261119-001", "01"]
