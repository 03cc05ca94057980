"""Branches, upstreams and working trees whose names are bytes and no text: recorded exactly, shown escaped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.repos import run_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
NAME = os.fsdecode(b"caf\xe9/x")


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A pause on a branch whose name is no UTF-8."""
    repo.git("switch", "-q", "-c", NAME)
    repo.write("src/app.py", "changed\n")
    assert "(caf\\xe9/x, " in volon.ok("pause-task", "half way")
    return repo


def codes(out: str) -> dict[str, Any]:
    """Return the findings of a JSON answer by code."""
    return {finding["code"]: finding for finding in json.loads(out)["findings"]}


def shell(repo: RepoBuilder, command: str) -> None:
    """Run a command as somebody who pastes it."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("not verified: there is no bash")
    subprocess.run([bash, "-c", command], cwd=repo.root, check=True, capture_output=True)


def test_such_a_branch_is_the_one_of_the_pause(paused: RepoBuilder, volon: VolonInProcess) -> None:
    for path in paused.root.rglob(".volon/**/*.md"):
        assert path.read_text("utf-8")
    assert volon("validate").code == 0
    assert codes(volon.ok("status", "--json")).keys() == {"head.same", "tree.same"}
    assert json.loads(volon.ok("pause-task", "--json"))["already"]
    assert codes(volon.ok("resume-task", "--json")).keys() == {"head.same", "tree.same"}


def test_the_way_back_to_such_a_branch_leads_there(paused: RepoBuilder, volon: VolonInProcess) -> None:
    paused.git("switch", "-q", "main")
    assert "main, was caf\\xe9/x" in volon.ok("resume-task", "--dry-run")
    command = codes(volon.ok("resume-task", "--dry-run", "--json"))["branch.switched"]["command"]
    assert command == r"git switch $'caf\351/x'"
    shell(paused, command)
    assert codes(volon.ok("resume-task", "--json")).keys() == {"head.same", "tree.same"}


def test_such_a_branch_that_is_gone_can_be_made_again(paused: RepoBuilder, volon: VolonInProcess) -> None:
    paused.git("switch", "-q", "main")
    paused.git("branch", "-q", "-D", NAME)
    command = codes(volon.ok("resume-task", "--dry-run", "--json"))["branch.deleted"]["command"]
    shell(paused, command)
    assert paused.git("rev-parse", f"refs/heads/{NAME}") == paused.git("rev-parse", "main")


def test_such_a_branch_in_another_worktree_is_known_by_its_ref(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    other = tmp_path / os.fsdecode(b"other\xff dir")
    repo.git("worktree", "add", "-q", "-b", NAME, str(other))
    assert volon("pause-task", "over there", "--commit-state", cwd=other).code == 0
    assert codes(volon("status", "--json", cwd=other).out).keys() == {"head.state-only"}
    row = json.loads(volon.ok("status", "--json"))["elsewhere"][0]
    assert (row["branch"], row["worktree"]) == (NAME, f"../{other.name}")
    assert row["command"] == r"volon -C $'../other\377 dir' resume-task"
    run_git(repo.root, "worktree", "remove", "--force", str(other))
    assert json.loads(volon.ok("status", "--json"))["elsewhere"][0]["command"] == r"git switch $'caf\351/x'"


def test_such_an_upstream_is_followed(repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path) -> None:
    hub = tmp_path / "hub.git"
    run_git(tmp_path, "init", "-q", "--bare", str(hub))
    repo.git("switch", "-q", "-c", NAME)
    repo.git("remote", "add", "origin", str(hub))
    repo.git("push", "-q", "-u", "origin", NAME)
    repo.git("fetch", "-q")
    volon.ok("pause-task", "half way")
    head = repo.head()
    theirs = repo.git("commit-tree", "-p", head, "-m", "Theirs", f"{head}^{{tree}}").strip()
    repo.git("update-ref", f"refs/remotes/origin/{NAME}", theirs)
    finding = codes(volon.ok("resume-task", "--json"))["upstream.ahead"]
    assert finding["sentence"].startswith(f"origin/{NAME}: 1 new commit")
    assert "origin/caf\\xe9/x: 1 new commit" in volon.ok("resume-task", "1", "--dry-run")


def test_without_a_note_the_task_is_called_by_what_git_shows(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", NAME)
    repo.write(os.fsdecode(b"r\xe9sum\xe9.txt"), "x\n")
    volon.ok("pause-task")
    task = repo.read(f".volon/tasks/{TASK}.md").decode()
    assert r'title: "Work on \"caf\\351/x\""' in task
    assert r'changing "r\351sum\351.txt"' in task
    assert volon("validate").code == 0
