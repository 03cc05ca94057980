"""What volon says when it is stopped or stumbles: before the commit point nothing changed, after it never says so."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from volon.errors import NotCommitted
from volon.repo import questions

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

SLOW_GIT = """#!/bin/sh
echo $$ >> "{pids}"
exec sleep 60
"""


@pytest.mark.usefixtures("hangups")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_ends_volon_and_the_git_it_started(
    volon_process: VolonProcess, repo: RepoBuilder, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "bin").mkdir()
    pids, git = tmp_path / "pids", tmp_path / "bin" / "git"
    git.write_text(SLOW_GIT.format(pids=pids), encoding="utf-8")
    git.chmod(0o755)
    repo.write("notes.txt", "work")
    running = volon_process.start("pause-task", "a note", env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    _until(lambda: pids.exists() and pids.read_text().strip())
    running.send_signal(number)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert b"nothing was changed" in err
    _until(lambda: not any(_lives(int(pid)) for pid in pids.read_text().split()))
    assert not (repo.root / ".volon").exists()


def test_a_failure_after_the_commit_point_does_not_say_that_nothing_changed(
    volon: VolonInProcess, repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise NotCommitted("git could not be started")

    monkeypatch.setattr(questions, "untracked_state", fail)
    code, _, err = volon("init")
    assert code == 1
    assert "The operation is done, but what came after it failed." in err
    assert "git could not be started" in err
    assert (repo.root / ".volon" / "README.md").exists()


def _until(condition: object, seconds: float = 10) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
