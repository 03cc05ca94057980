"""`volon pipeline` where the world does not cooperate: files that are gone, read-only, in the way or no spec at all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional import test_pipeline as ordinary
from tests.functional.test_pipeline import PATIENCE, SAY, ended, lives, logs, pipeline, ran, tickets_of, until
from tests.support.running import volon_argv, volon_environment
from volon.background import Witnessed, witnesses
from volon.engine import attempts
from volon.usecases.pipeline import gate

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess


@pytest.fixture
def failed(repo: RepoBuilder, volon: VolonInProcess) -> Path:
    """A run in which `a` is done and `b` failed; its directory."""
    repo.write("p.yaml", pipeline("a", f"b: a | run: test -e fixed && {SAY}"))
    assert volon("pipeline", "run", "p.yaml").code == 1
    return logs(repo)


def checks(volon: VolonInProcess, *options: str) -> list[tuple[str, str]]:
    """What doctor says of pipelines."""
    found = json.loads(volon("doctor", "--json", *options).out)["checks"]
    return [(one["state"], one["sentence"]) for one in found if one["name"] == "pipelines"]


def test_a_journal_that_may_only_be_read_is_shown_and_named_when_it_must_be_written(
    repo: RepoBuilder, volon: VolonInProcess, failed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.open

    def refusing(path: Any, flags: int, *rest: Any, **named: Any) -> int:  # noqa: ANN401  as it stands there
        if path == "journal" and flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return really(path, flags, *rest, **named)

    repo.write("fixed", "")
    monkeypatch.setattr(os, "open", refusing)
    assert tickets_of(volon) == {"a": "done", "b": "failed"}
    refused = volon("pipeline", "resume", "p.yaml")
    assert (refused.code, f"{failed.relative_to(repo.root)}/journal" in refused.err) == (5, True), refused
    monkeypatch.undo()
    assert ran(repo) == ["a"]


def test_logs_that_are_gone_stop_nobody(repo: RepoBuilder, volon: VolonInProcess, failed: Path) -> None:
    for log in (failed / "logs").iterdir():
        log.unlink()
    (failed / "logs").rmdir()
    assert any("logs is gone" in sentence for _, sentence in checks(volon))
    repo.write("fixed", "")
    volon.ok("pipeline", "resume", "p.yaml")
    assert ran(repo) == ["a", "b"]


def test_an_interpreter_that_does_not_come_to_life_is_a_failure_and_tried_no_further(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("q.yaml", pipeline("a", "b"))
    for program, said in (("/bin/false", "its keeper did not come to life"), ("/no/such", "could not be started")):
        monkeypatch.setattr(sys, "executable", program)
        got = volon("pipeline", "run", "q.yaml", "--fresh")
        assert (got.code, said in got.out, ran(repo)) == (1, True, [])


def test_half_a_witness_spoils_no_other(repo: RepoBuilder, volon: VolonInProcess, failed: Path) -> None:
    with (failed / "exits").open("ab") as file:
        file.write(b"E b")
    repo.write("fixed", "")
    volon.ok("pipeline", "resume", "p.yaml")
    known: dict[str, Witnessed] = {}
    witnesses((failed / "exits").read_bytes(), known)
    assert known["b.2"].exit_status == 0


@pytest.mark.parametrize("name", [".", "fifo", "nothing"])
def test_what_is_no_file_is_no_spec(repo: RepoBuilder, volon: VolonInProcess, name: str) -> None:
    os.mkfifo(repo.root / "fifo")
    got = volon("pipeline", "run", name)
    assert (got.code, "is not a file" in got.err or "there is no nothing" in got.err) == (5, True)


def test_a_spec_outside_of_the_repository_runs_here_and_is_named_in_full(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/q.yaml").write_text(pipeline("a", "b: a | run: exit 1"))
    got = volon("pipeline", "run", str(tmp_path / "out/q.yaml"))
    assert (got.code, ran(repo)) == (1, ["a"])
    assert f"volon pipeline resume {tmp_path}/out/q.yaml" in got.out


def test_a_ticket_is_never_taken_for_an_option(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("p.yaml", "version: 1\ntickets:\n  - id: --now\n    run: [x]\n")
    got = volon("pipeline", "run", "p.yaml")
    assert (got.code, "p.yaml:3:9: tickets[0].id: `id: --now`" in got.err) == (2, True)


def test_volons_own_hooks_run_no_pipeline(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("p.yaml", pipeline("a"))
    for words in (("run", "p.yaml"), ("pause",), ("resume",)):
        assert volon("pipeline", *words, env={"VOLON_IN_HOOK": "x"}).code == 4
    assert ran(repo) == []


def test_much_output_goes_to_its_log_and_only_its_end_is_read(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write("p.yaml", pipeline('a | run: "truncate -s 3G /dev/stdout; echo; echo the end; exit 1"'))
    read: list[int] = []
    really = os.pread

    def counting(fd: int, size: int, at: int) -> bytes:
        read.append(size)
        return really(fd, size, at)

    monkeypatch.setattr(os, "pread", counting)
    got = volon("pipeline", "run", "p.yaml")
    assert (got.code, "    the end\n" in got.out) == (1, True)
    assert (logs(repo) / "logs/a.1.log").stat().st_size > 3 << 30
    assert max(read) <= 1 << 16


def test_output_of_any_size_takes_no_memory_and_only_its_end_is_shown(
    repo: RepoBuilder, volon_process: VolonProcess
) -> None:
    def peak(lines: int) -> int:
        """The KiB of memory that the process needed which ran a ticket with so much output."""
        repo.write("p.yaml", pipeline(f"a | run: seq {lines}; echo the end; exit 1"))
        process = volon_process.start("pipeline", "run", "p.yaml", "--fresh")
        assert process.stdout is not None
        said = process.stdout.read()
        _, state, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(state)
        process.communicate()
        assert (process.returncode, b"    the end\n" in said, len(said) < 1 << 14) == (1, True, True), said[:500]
        return used.ru_maxrss

    little = peak(100)
    assert peak(24_000_000) < little + (8 << 10)
    large = max(repo.root.glob(".git/volon/runs/*/logs/a.1.log"))
    assert large.stat().st_size > 200_000_000
    large.unlink()


def test_on_a_disk_that_is_really_full_nothing_is_lost_and_what_helps_is_said(tmp_path: Path) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("not verified: no unshare here")
    tickets = [f"t{n}" + (f": t{n - 1}" if n else "") for n in range(40)]
    tickets[3] += " | run: 'echo $VOLON_TICKET >> ran; head -c 9M /dev/zero > large; true'"
    (tmp_path / "p.yaml").write_text(pipeline(*tickets))
    (tmp_path / "disk").mkdir()
    script = """
        mount -t tmpfs -o size=1m none disk 2>&1 || exit 77
        cd disk && git init -q . && cp ../p.yaml . || exit 78
        "$@" pipeline run p.yaml --quiet; echo "first $?"
        rm large; "$@" pipeline resume p.yaml --quiet; echo "then $?"
        cat ran
    """
    done = subprocess.run(
        ["unshare", "-rm", "/bin/sh", "-c", script, "sh", *volon_argv()],
        cwd=tmp_path,
        env=volon_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
    )
    if done.returncode in {1, 77} and "first" not in done.stdout:
        pytest.skip(f"not verified: no disk of any size can be mounted here: {done.stdout}{done.stderr}")
    first, then, *ran_there = done.stdout.splitlines()
    assert (first in {"first 1", "first 5"}, then) == (True, "then 0"), done
    assert ("Traceback" in done.stderr, "No space left on device" in done.stderr) == (False, True), done
    assert first == "first 1" or "Hint: Make room on the disk" in done.stderr, done
    assert ran_there == [f"t{n}" for n in range(40)]


def test_a_pause_that_is_written_and_not_durable_or_not_told_says_that_it_is_a_pause(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    repo.write("p.yaml", pipeline("a", "b: a"))
    volon.ok("pipeline", "run", "p.yaml", "--until", "a")
    monkeypatch.setattr(os, "fdatasync", failing)
    got = volon("pipeline", "pause")
    assert (got.code, "p.yaml is paused, but that may not outlast a power cut" in got.err) == (6, True), got
    assert "Hint: volon pipeline pause p.yaml\n" in got.err
    got = volon("pipeline", "resume")
    assert (got.code, "p.yaml is resumed, but that may not outlast a power cut" in got.err) == (6, True), got
    monkeypatch.undo()
    monkeypatch.setattr(gate, "view_of", failing)
    got = volon("pipeline", "pause")
    assert (got.code, "p.yaml is paused, but what came after that failed." in got.err) == (1, True), got
    monkeypatch.undo()
    volon.ok("pipeline", "resume", "p.yaml")
    assert ran(repo) == ["a", "b"]


def test_pause_now_ends_what_ignores_that_with_its_children_also_of_a_runner_that_is_gone(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.write(
        "p.yaml", pipeline("a | run: \"trap '' TERM; sleep 600 & echo $! > new; mv new child; wait; sleep 600\"")
    )
    runner = volon_process.start("pipeline", "run", "p.yaml")
    until((repo.root / "child").exists)
    runner.kill()
    ended(runner)
    monkeypatch.setattr(attempts, "GRACE_SECONDS", 0.1)
    volon.ok("pipeline", "pause", "--now")
    assert tickets_of(volon) == {"a": "unknown"}
    until(lambda: not lives(int(repo.read("child"))))


class TestDoctor:
    def test_runs_that_can_be_read_are_no_news_and_where_there_are_none_nothing_is_said(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        assert checks(volon) == []
        repo.write("p.yaml", pipeline("a"))
        volon.ok("pipeline", "run", "p.yaml")
        assert checks(volon) == [("ok", "1 run, all can be read")]

    def test_half_a_record_is_named_and_cut_off(self, volon: VolonInProcess, failed: Path) -> None:
        journal = failed / "journal"
        whole = journal.read_bytes()
        journal.write_bytes(whole + b'{"n":')
        [(state, sentence)] = checks(volon)
        assert (state, sentence.startswith("half a record at the end of .git/volon/runs/")) == ("note", True)
        assert [state for state, _ in checks(volon, "--fix")] == ["fixed", "ok"]
        assert journal.read_bytes() == whole

    def test_a_damaged_journal_is_a_problem_until_another_run_has_taken_its_place(
        self, volon: VolonInProcess, failed: Path
    ) -> None:
        journal = failed / "journal"
        journal.write_bytes(journal.read_bytes().replace(b'"attempt":1', b'"attempt":2', 1))
        for options in ((), ("--fix",)):
            [(state, sentence)] = checks(volon, *options)
            assert (state, "is damaged" in sentence, "line 3" in sentence) == ("problem", True, True)
        assert volon("doctor").code == 1
        volon("pipeline", "run", "p.yaml", "--fresh")
        assert [state for state, _ in checks(volon)] == ["note"]

    def test_a_log_that_the_journal_does_not_know_is_named_and_stays(self, volon: VolonInProcess, failed: Path) -> None:
        (failed / "logs/a.2.log").write_bytes(b"")
        [(state, sentence)] = checks(volon, "--fix")
        assert (state, "1 log of which the journal" in sentence) == ("note", True)
        assert (failed / "logs/a.2.log").exists()

    def test_a_runner_that_was_killed_is_told_with_what_to_do(
        self, volon: VolonInProcess, volon_process: VolonProcess, repo: RepoBuilder
    ) -> None:
        repo.write("p.yaml", pipeline(ordinary.TestGate.WAITS, "b: a"))
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until((repo.root / "begun").exists)
        assert [state for state, _ in checks(volon)] == ["ok"]
        runner.send_signal(signal.SIGKILL)
        ended(runner)
        # Its keeper has the right to run it for a moment longer.
        until(lambda: checks(volon) == [("note", "the process that ran p.yaml is gone; 1 ticket was running")])
        repo.write("go", "")
        volon.ok("pipeline", "run", "p.yaml")
        assert ran(repo) == ["a", "b"]
