"""What a pause of a pipeline leaves as it is, and what is kept of it when whoever ran it is gone."""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING

from tests.functional import test_pipeline as ordinary
from tests.functional.test_pipeline import ended, logs, pipeline, ran, status, until

if TYPE_CHECKING:
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
    assert (["ran", "then", "a"] in said, ["next", "c"] in said) == (True, True), said
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
