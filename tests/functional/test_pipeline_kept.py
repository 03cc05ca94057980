"""What a pause of a pipeline leaves as it is, and what is kept of it when whoever ran it is gone."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
from contextlib import ExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.functional import test_pipeline as ordinary
from tests.functional.test_pipeline import ended, keeper_and_ticket, logs, pipeline, ran, status, tickets_of, until
from volon.usecases.pipeline import run as running

if TYPE_CHECKING:
    import subprocess

    import pytest

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess


def test_a_pause_changes_no_status_by_a_byte_and_who_ran_is_kept_also_after_all_of_them_died(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    def statuses() -> str:
        return json.dumps(status(volon)["tickets"])

    repo.write("p.yaml", pipeline("d", ordinary.TestGate.WAITS.replace("a |", "a: d |"), "b: a", "c: d", "e: c"))
    runner = volon_process.start("pipeline", "run", "p.yaml", "--jobs", "1")
    until((repo.root / "begun").exists)
    journal = logs(repo) / "journal"
    before, known = statuses(), journal.read_bytes()
    volon.ok("pipeline", "pause")
    assert statuses() == before
    (record,) = journal.read_bytes().removeprefix(known).splitlines()
    assert (json.loads(record)["e"], journal.read_bytes().startswith(known)) == ("pause", True)
    runner.kill()
    ended(runner)
    assert statuses() == before
    os.killpg(int((logs(repo) / "exits").read_text().rpartition("S a.1 ")[2].split()[0]), signal.SIGKILL)
    until(lambda: "ended" in statuses())
    found = status(volon)
    assert (found["status"], found["running_at_pause"], found["next"]) == ("paused", ["a"], ["c"])
    said = [line.split() for line in volon.ok("pipeline", "status").splitlines()]
    assert (["at", "pause", "a"] in said, ["next", "c"] in said) == (True, True), said
    assert journal.read_bytes().removeprefix(known).count(b"\n") == 1
    assert ran(repo) == ["d"]


def test_a_draft_may_be_edited_until_its_first_run_and_nothing_is_written_for_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a"))
    found = status(volon, "p.yaml")
    assert (found["status"], found["run"], found["next"]) == ("planning", None, ["a"])
    repo.write("p.yaml", pipeline("b", "c: b"))
    assert status(volon, "p.yaml")["next"] == ["b"]
    assert not (repo.root / ".git/volon/runs").exists()
    volon.ok("pipeline", "run", "p.yaml")
    assert ran(repo) == ["b", "c"]


def test_who_waited_while_another_brought_the_run_to_its_end_says_so_and_begins_no_second_one(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("p.yaml", pipeline(ordinary.TestGate.WAITS))
    really = running._take  # noqa: SLF001  where it waits
    for place, runs in (("runner.lock", 1), ("choosing", 2)):
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until((repo.root / "begun").exists)
        with ExitStack() as stack, monkeypatch.context() as patch:
            if place == "choosing":
                choosing = stack.enter_context((repo.root / ".git/volon/runs/choosing").open())
                until(partial(_locked, choosing.fileno()))

            def finishing(*words: Any) -> Any:  # noqa: ANN401  as that one
                if words[2].name == place:  # noqa: B023  called in this round
                    repo.write("go", "")
                    assert ended(runner) == 0  # noqa: B023
                    stack.close()
                return really(*words)

            patch.setattr(running, "_take", finishing)
            assert volon.ok("pipeline", "run", "p.yaml").endswith("Done: 1 ticket of p.yaml.\n")
        assert ran(repo) == ["a"] * runs
        for name in ("begun", "go"):
            (repo.root / name).unlink()


def test_a_stopped_keeper_whose_runner_is_gone_is_let_go_on_and_a_stopped_runner_is_named(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    repo.write("p.yaml", pipeline(ordinary.TestGate.WAITS))

    def begun() -> subprocess.Popen[bytes]:
        runner = volon_process.start("pipeline", "run", "p.yaml", "--fresh")
        until((repo.root / "begun").exists)
        (repo.root / "begun").unlink()
        return runner

    def keepers() -> list[int]:
        return [int(one.read_text().split()[1]) for one in sorted((repo.root / ".git/volon/runs").glob("0*/exits"))]

    def abandoned() -> None:
        runner = begun()
        os.kill(keepers()[-1], signal.SIGSTOP)
        runner.kill()
        ended(runner)

    try:
        abandoned()
        volon.ok("pipeline", "pause", "--now")
        assert ran(repo) == []
        abandoned()
        volon.ok("pipeline", "pause")
        repo.write("go", "")
        volon.ok("pipeline", "resume", "p.yaml")
        assert ran(repo) == ["a"]
        (repo.root / "go").unlink()
        runner = begun()
        os.kill(runner.pid, signal.SIGSTOP)
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, f"process {runner.pid} runs it, since 20" in got.err) == (4, True), got
        assert f"Hint: kill -CONT {runner.pid}" in got.err
        os.kill(runner.pid, signal.SIGCONT)
        repo.write("go", "")
        assert (ended(runner), ran(repo)) == (0, ["a", "a"])
    finally:
        repo.write("go", "")
        for one in keepers():
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)


def test_a_ticket_for_which_the_machine_has_no_room_waits_for_it_and_where_nothing_would_make_any_it_is_no_failure(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    def leaving_room_for(tickets: int) -> str:
        """A ticket after which its keeper, which has its log open now, has so many descriptors for others."""
        code = (
            "import os, resource as r; up = os.getppid(); hard = r.prlimit(up, r.RLIMIT_NOFILE)[1]; "
            f"r.prlimit(up, r.RLIMIT_NOFILE, (len(os.listdir(f'/proc/{{up}}/fd')) - 1 + {tickets}, hard))"
        )
        return f"run: {json.dumps([sys.executable, '-c', code])}"

    until_refused = f"run: 'until grep -q \"^E d.1 125\" .git/volon/runs/0*/exits; do sleep 0.02; done; {ordinary.SAY}'"
    waiting = [f"{name}: a | {until_refused}" for name in "bc"]
    repo.write(
        "p.yaml", pipeline(f"a | {leaving_room_for(2)}", *waiting, "d: a", f"e: b c d | {leaving_room_for(0)}", "f: e")
    )
    got = volon("pipeline", "run", "p.yaml", "--jobs", "3")
    assert (got.code, sorted(ran(repo)), tickets_of(volon)["f"]) == (5, ["b", "c", "d"], "ready"), got
    assert "unstarted d: it could not be started: Too many open files; it runs again" in got.out
    assert "no ticket can be started" in got.err
    assert "Let volon open more files" in got.err
    assert not [one for one in status(volon)["tickets"] if one["status"] == "failed"]
    volon.ok("pipeline", "run", "p.yaml")
    assert sorted(ran(repo)) == ["b", "c", "d", "f"]


def _locked(fd: int) -> bool:
    """Whether this process has it now."""
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def test_a_keeper_that_somebody_stopped_does_not_keep_a_pause_now_from_ending_what_runs(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    repo.write("p.yaml", pipeline(ordinary.TestGate.WAITS))
    runner = volon_process.start("pipeline", "run", "p.yaml")
    until((repo.root / "begun").exists)
    keeper, _ = keeper_and_ticket(repo)
    os.kill(keeper, signal.SIGSTOP)
    try:
        volon.ok("pipeline", "pause", "--now")
    finally:
        with suppress(ProcessLookupError):
            os.kill(keeper, signal.SIGCONT)
    assert (ended(runner), ran(repo)) == (11, [])
