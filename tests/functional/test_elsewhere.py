"""What is paused is known by ref: on other branches, in other worktrees, and after `rm -rf .volon`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"


def status(volon: VolonInProcess, cwd: Path | None = None) -> dict[str, Any]:
    """Return `volon status --json`."""
    ran = volon("status", "--json", cwd=cwd)
    assert ran.code == 0, ran
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_rm_rf_of_the_state_is_survivable(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way", "--next", "go on")
    kept = {
        path: (repo.root / path).read_bytes() for path in (f".volon/tasks/{TASK}.md", f".volon/pcc/tasks/{TASK}.md")
    }
    shutil.rmtree(repo.root / ".volon")
    shutil.rmtree(repo.root / ".design")
    seen = status(volon)
    assert seen["state"] == "elsewhere"
    assert (seen["elsewhere"][0]["task_id"], seen["elsewhere"][0]["command"]) == (TASK, "volon doctor --fix")
    assert volon("doctor").code == 1
    assert volon("doctor", "--fix").code == 0
    assert {path: (repo.root / path).read_bytes() for path in kept} == kept
    result = json.loads(volon.ok("resume-task", "--json"))
    assert result["next_actions"] == ["go on"]
    assert volon("doctor").code == 0


def test_a_pause_in_a_linked_worktree_is_seen_from_the_main_one_until_it_is_resumed(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    (other / "src/app.py").write_text("changed\n")
    assert volon("pause-task", "in the other one", cwd=other).code == 0
    seen = status(volon)
    assert [(row["task_id"], row["branch"], row["worktree"]) for row in seen["elsewhere"]] == [
        (TASK, "feat", "../other")
    ]
    assert seen["elsewhere"][0]["command"] == "cd ../other"
    assert not (repo.root / ".volon").exists()
    assert volon("resume-task", cwd=other).code == 0
    assert status(volon)["elsewhere"] == []


def test_committed_state_on_another_branch_is_seen_with_the_way_there(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", "feat")
    volon.ok("pause-task", "on feat", "--commit-state")
    repo.git("switch", "-q", "main")
    assert not (repo.root / f".volon/tasks/{TASK}.md").exists()
    seen = status(volon)
    assert [(row["task_id"], row["command"]) for row in seen["elsewhere"]] == [(TASK, "git switch feat")]


def test_an_undone_pause_is_not_paused_anywhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    volon.ok("undo")
    seen = status(volon)
    assert (seen["state"], seen["elsewhere"]) == ("idle", [])
    volon.ok("undo")
    assert status(volon)["task"]["status"] == "paused"


def test_a_finished_task_is_not_paused_anywhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("worktree", "add", "-q", "-b", "feat", str(repo.root.parent / "other"))
    volon.ok("pause-task", "one")
    volon.ok("task", "done", TASK)
    assert status(volon, cwd=repo.root.parent / "other")["elsewhere"] == []
