"""Restore as a part of a resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.restore.helpers import result, starved, work, wreck
from tests.support.digests import user_digest
from volon.errors import NotCommitted
from volon.store import transaction
from volon.usecases.resuming import return_with_files
from volon.usecases.resuming.resume import resume

if TYPE_CHECKING:
    import pytest

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess
    from volon.model.requests import ResumeRequest
    from volon.model.results.protocol import ResumeResult
    from volon.usecases.running.hooks import OnStart
    from volon.workspace import Workspace


def test_files_come_back_and_the_task_goes_on(paused: RepoBuilder, volon: VolonInProcess) -> None:
    (paused.root / "new dir/new.sh").unlink()
    found = result(volon("resume-task", "--restore", "--json"))
    assert (found["restored"], found["status"]) == (["new dir/new.sh"], "doing")
    assert paused.read("new dir/new.sh") == b"new\n"
    assert "tree.lost" not in [one["code"] for one in found["findings"]]


def test_coming_back_brings_every_byte(paused: RepoBuilder, volon: VolonInProcess) -> None:
    before = work(paused)
    paused.git("stash", "-q", "-u")
    paused.git("switch", "-q", "-c", "elsewhere")
    paused.commit("Meanwhile", {"src/app.py": "another\n"})
    there = volon.ok("resume-task", "--dry-run")
    assert "git switch main && volon resume-task --restore" in there
    paused.git("switch", "-q", "main")
    told = volon.ok("resume-task", "--restore")
    assert work(paused) == before
    assert "Now doing. 4 files put back." in told


def test_on_another_branch_the_way_back_to_that_of_the_pause_comes_first(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    before, head = work(paused), paused.git("rev-parse", "HEAD").strip()[:12]
    paused.git("stash", "-q", "-u")
    paused.git("switch", "-q", "-c", "elsewhere")
    paused.commit("Meanwhile", {"src/app.py": "another\n"})
    alone = " ".join(volon("restore", "1", "--exact").err.split())
    assert "go back to the branch it was on: git switch main && volon restore 1 --exact Hint:" in alone
    ran = volon("resume-task", "--restore")
    said = " ".join(ran.err.split())
    assert (ran.code, f"it was {head} on main, it is" in said, " on elsewhere Hint:" in said) == (3, True, True)
    way = said.split("Hint: ")[1]
    assert way.startswith("go back to the branch it was on: git switch main && ")
    paused.git("switch", "-q", "main")
    volon.ok(*way.split(" && volon ")[1].split())
    assert work(paused) == before
    paused.git("stash", "-q", "-u")
    paused.commit("On", {"src/app.py": "further\n"})
    paused.git("switch", "-q", "elsewhere")
    assert "git switch main" not in volon("restore", "1").err


def test_what_would_be_overwritten_stops_both(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    before = user_digest(paused.root)
    ran = volon("resume-task", "--restore")
    assert ran.code == 3
    assert "overwrite or delete 1 changed file;" in ran.err
    said = " ".join(ran.err.split())
    assert "volon restore 01 --yes && volon resume-task --task TASK-20261119-001 Hint:" in said
    assert said.endswith("files as they are: volon resume-task --task TASK-20261119-001")
    assert user_digest(paused.root) == before
    assert "paused" in volon.ok("task", "list")


def test_that_files_were_put_back_is_said_when_the_task_then_cannot_be_resumed(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paused.root / "staged.txt").unlink()

    def full(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None = None) -> ResumeResult:
        if request.dry_run:
            return resume(workspace, request, on_start)
        raise NotCommitted("The disk is full; nothing was changed.")

    monkeypatch.setattr(return_with_files, "resume", full)
    ran = volon("resume-task", "--restore")
    assert ran.code == 1
    assert "were put back, but the task was not resumed" in ran.err
    assert (paused.root / "staged.txt").exists()
    # With nothing to put back, nothing was changed is true.
    assert volon("resume-task", "--restore").code == 5


def test_that_files_were_put_back_is_said_when_the_user_stops_it_before_the_task_is_resumed(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paused.root / "staged.txt").unlink()

    def stopped(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None = None) -> ResumeResult:
        if request.dry_run:
            return resume(workspace, request, on_start)
        raise KeyboardInterrupt

    monkeypatch.setattr(return_with_files, "resume", stopped)
    ran = volon("resume-task", "--restore")
    said = "Error: The files were put back, but the task was not resumed.\nCaused by: it was interrupted\n"
    assert (ran.code, ran.err.startswith(said), (paused.root / "staged.txt").exists()) == (1, True, True), ran.err
    # With nothing to put back, nothing was changed is true.
    assert volon("resume-task", "--restore").code == 130


def test_that_the_task_was_not_resumed_is_said_when_files_are_still_to_come(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    (paused.root / "staged.txt").unlink()
    with monkeypatch.context() as stopped:
        stopped.setattr(transaction, "roll_forward", starved)
        ran = volon("resume-task", "--restore")
    said = " ".join(ran.err.split())
    assert (ran.code, "and the task was not resumed. " in said) == (6, True)
    assert "then: volon resume-task --task TASK-20261119-001 --restore" in said
    assert "paused" in volon.ok("task", "list")
    volon.ok("resume-task", "--restore")
    assert (paused.root / "staged.txt").read_bytes() == b"two\n"
    assert "doing" in volon.ok("task", "list")
