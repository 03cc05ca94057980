"""What `volon pipeline` says and proposes is about the pipeline that was named, and can be typed where it is said."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.functional import test_pipeline as ordinary
from tests.functional.test_pipeline import ended, pipeline, ran, tickets_of, until
from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess


def test_fresh_minds_only_runs_of_its_own_file_and_names_it(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    repo.write("one.yaml", pipeline(ordinary.TestGate.WAITS))
    repo.write("two.yaml", pipeline("x"))
    runner = volon_process.start("pipeline", "run", "one.yaml")
    until((repo.root / "begun").exists)
    volon.ok("pipeline", "run", "two.yaml", "--fresh")
    there = volon("pipeline", "run", "one.yaml", "--fresh")
    assert (there.code, "another process runs one.yaml" in there.err) == (4, True), there
    assert "volon pipeline pause one.yaml" in there.err
    runner.send_signal(signal.SIGKILL)
    ended(runner)
    left = volon("pipeline", "run", "one.yaml", "--fresh")
    assert (left.code, "a.1.log" in left.err) == (4, True), left
    assert "volon pipeline pause one.yaml --now" in left.err
    volon.ok("pipeline", "pause", "one.yaml", "--now")
    assert ran(repo) == ["x"]


def test_a_decision_about_a_ticket_that_is_not_there_is_told_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("p.yaml", pipeline("a | run: exit 1", "b: a"))
    assert volon("pipeline", "run", "p.yaml").code == 1
    for words in (("--rerun", "zz"), ("p.yaml", "--done", "zz")):
        got = volon("pipeline", "resume", *words)
        assert (got.code, "There is no ticket zz in p.yaml." in got.err) == (2, True), got
    assert "There is nothing to decide: b is blocked" in volon("pipeline", "resume", "--rerun", "b").err


@pytest.mark.parametrize("options", ["", "--json"])
def test_who_closes_the_output_ends_no_run_and_the_exit_code_is_that_of_the_run(
    repo: RepoBuilder, volon: VolonInProcess, options: str
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a", "c: b | run: exit 1" if options else "c: b"))
    reader, writer = os.pipe()
    os.close(reader)
    argv = [*volon_argv(), "pipeline", "run", "p.yaml", *options.split()]
    try:
        run = subprocess.run(
            argv, cwd=repo.root, env=volon_environment(), stdout=writer, stderr=subprocess.PIPE, check=False, timeout=60
        )
    finally:
        os.close(writer)
    assert (run.returncode, run.stderr) == (1 if options else 0, b"")
    assert tickets_of(volon) == {"a": "done", "b": "done", "c": "failed" if options else "done"}


def test_after_a_resume_that_nobody_was_there_to_hear_a_resume_of_the_file_goes_on(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("a", f"b: a | run: test -e fixed && {ordinary.SAY}"))
    assert volon("pipeline", "run", "p.yaml").code == 1
    opened = volon.ok("pipeline", "resume")
    assert opened.startswith("Paused no more, but nobody runs it.\n")
    assert opened.endswith("Next: volon pipeline run p.yaml\n")
    again = volon("pipeline", "resume")
    assert (again.code, "p.yaml is not paused, and nobody runs it, so there is nothing" in again.err) == (10, True)
    assert "Hint: volon pipeline run p.yaml\n" in again.err
    assert volon("pipeline", "resume", "p.yaml", "--done", "b").code == 10
    repo.write("fixed", "")
    volon.ok("pipeline", "resume", "p.yaml")
    assert ran(repo) == ["a", "b"]
    assert (
        "Hint: all of it once more, as a new run: volon pipeline run p.yaml\n"
        in volon("pipeline", "resume", "p.yaml").err
    )


def test_commands_and_logs_are_named_as_they_are_typed_where_volon_was_called(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("sub/p q.yaml", pipeline("a | run: exit 1"))
    deep = repo.root / "deep/er"
    deep.mkdir(parents=True)
    for cwd, directory in ((deep, ()), (repo.root, ("-C", "deep/er")), (deep, ("-C", "../..")), (repo.root, ())):
        file = os.path.relpath(repo.root / "sub/p q.yaml", cwd.joinpath(*directory[1:]).resolve())
        got = volon(*directory, "pipeline", "run", file, "--fresh", cwd=cwd)
        prefix = shlex.join(["volon", *directory, "pipeline"])
        assert (got.code, f"Next: {prefix} resume '{file}'\n" in got.out) == (1, True), got
        (log,) = (line.strip() for line in got.out.splitlines() if line.endswith("a.1.log"))
        assert (cwd / log).is_file()
        assert f"Hint: {prefix} status '{file}'\n" in volon(*directory, "pipeline", "run", file, cwd=cwd).err


def test_what_was_chosen_with_only_and_until_is_kept_for_the_command_that_is_proposed(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("x", "a | run: exit 1", "b", f"c | run: test -e fixed && {ordinary.SAY}", "d: c"))
    failed = volon("pipeline", "run", "p.yaml", "--only", "c", "--until", "b", "-j1")
    assert (failed.code, failed.out.endswith("Next: volon pipeline resume p.yaml\n"), ran(repo)) == (1, True, ["b"])
    assert ordinary.status(volon)["next"] == ["c"]
    assert volon.ok("pipeline", "resume").endswith("Next: volon pipeline run p.yaml --only c --until b\n")
    repo.write("fixed", "")
    volon.ok("pipeline", "resume", "p.yaml")
    assert ran(repo) == ["b", "c"]
    assert volon.ok("pipeline", "status").endswith("Next: volon pipeline run p.yaml\n")
    assert volon("pipeline", "run", "p.yaml", "-k").code == 1
    assert sorted(ran(repo)) == ["b", "c", "d", "x"]


def test_pipelines_that_are_not_done_are_all_shown_and_the_status_says_so_in_one_line(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    assert "Pipeline" not in volon.ok("status")
    for name in "ab":
        repo.write(f"{name}.yaml", pipeline("x | run: exit 1", "y: x"))
        assert volon("pipeline", "run", f"{name}.yaml").code == 1
        one = f"Pipeline: {name}.yaml paused: volon pipeline status\n"
        assert (one in volon.ok("status")) is (name == "a")
    assert "Pipeline: 2 pipelines not done: volon pipeline status\n" in volon.ok("status")
    said = volon.ok("pipeline", "status")
    assert [line for line in said.splitlines() if line.startswith(("a:", "b:", "Next"))] == [
        *("b: PAUSED", "Next: volon pipeline resume b.yaml"),
        *("a: PAUSED", "Next: volon pipeline resume a.yaml"),
    ]
    assert said.count(" because a ticket failed\n") == said.count("  tickets     1 blocked, 1 failed\n") == 2
    found = json.loads(volon.ok("pipeline", "status", "--json"))
    assert (found["pipeline"]["file"], [one["file"] for one in found["others"]]) == ("b.yaml", ["a.yaml"])
    assert json.loads(volon.ok("status", "--json"))["pipelines"][1] == {
        "file": "a.yaml",
        "status": "paused",
        "attended": False,
    }


def test_a_run_that_reached_what_was_asked_for_says_that_nobody_runs_it_any_more(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a", "c: b | run: exit 1"))
    told = json.loads(volon.ok("pipeline", "run", "p.yaml", "--only", "a", "--json").splitlines()[-1])
    assert (told["outcome"], told["pipeline"]["attended"]) == ("reached", False)
    assert told["pipeline"] == json.loads(volon.ok("pipeline", "status", "--json"))["pipeline"]
    said = volon.ok("pipeline", "run", "p.yaml", "--until", "b")
    assert said.splitlines()[-5:] == [
        "All that was asked for is done.",
        "p: not done, and nobody runs it",
        "  tickets     2 done, 1 ready",
        "  next        c",
        "Next: volon pipeline run p.yaml",
    ]
    failed = json.loads(volon("pipeline", "run", "p.yaml", "--json").out.splitlines()[-1])
    assert (failed["outcome"], failed["pipeline"]["attended"]) == ("paused", False)


def test_what_a_part_of_a_finished_pipeline_lacks_is_said_of_the_new_run_that_it_would_begin(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("p.yaml", pipeline("a", "b: a"))
    volon.ok("pipeline", "run", "p.yaml")
    refused = volon("pipeline", "run", "p.yaml", "--only", "b")
    said = " ".join(refused.err.split())
    assert "b needs a, not done in a new run, which begins because the last one is done." in said
    assert (refused.code, ran(repo)) == (2, ["a", "b"])


def test_all_that_is_said_of_a_pipeline_stands_in_one_column(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("p.yaml", pipeline("a", "b: a | run: exit 1", "c: b"))
    volon("task", "start", "Work")
    said = [line for line in volon("pipeline", "run", "p.yaml").out.splitlines() if line.startswith("  ")]
    rows = [line for line in said if not line.startswith("    ")]
    assert {line.split()[0] for line in rows} == {"tickets", "paused", "next", "failed"}
    assert {(line[13], line[14] != " ") for line in rows} == {(" ", True)}
