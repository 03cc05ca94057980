"""`volon pipeline`: tickets run in their order, pause on request, and none is lost or done twice.

Real processes do real things: what ran is told by a file to which every ticket appends its name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from tests.support.running import volon_argv, volon_environment
from volon.usecases.pipeline.following import Following
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

SAY = "echo $VOLON_TICKET >> ran"
PATIENCE = 60.0
BARE_WAITS = "a | run: exec env -i sh -c 'touch begun; until [ -e go ]; do sleep 0.05; done; echo a >> ran'"
"""It gives its variables up."""


def pipeline(*tickets: str, head: str = "") -> str:
    """A spec of tickets such as `a`, `b: a` (which needs a) or `c: a b | run: x | retries: 1`."""
    lines = ["version: 1", *([head] if head else []), "tickets:"]
    for ticket in tickets:
        first, *rest = (part.strip() for part in ticket.split("|"))
        name, _, needs = first.partition(":")
        lines += [f"  - id: {name}", f"    needs: [{', '.join(needs.split())}]"]
        lines += [f"    {line}" for line in rest]
        lines += [] if any(line.startswith("run:") for line in rest) else [f"    run: {SAY}"]
    return "\n".join(lines) + "\n"


@pytest.fixture
def spec(repo: RepoBuilder) -> Callable[..., str]:
    """Write `p.yaml`; its text is given back."""

    def write(*tickets: str, head: str = "") -> str:
        repo.write("p.yaml", text := pipeline(*tickets, head=head))
        return text

    return write


def ran(repo: RepoBuilder) -> list[str]:
    path = repo.root / "ran"
    return path.read_text().split() if path.exists() else []


def until(holds: Callable[[], Any]) -> Any:  # noqa: ANN401  whatever it gives
    """Wait for something to become true; the limit is there for a test that fails."""
    give_up = time.monotonic() + PATIENCE
    while not (found := holds()):
        assert time.monotonic() < give_up
        time.sleep(0.02)
    return found


def ended(runner: subprocess.Popen[bytes]) -> int:
    """Wait for a process; its exit code."""
    runner.communicate(timeout=PATIENCE)
    return runner.returncode


def status(volon: VolonInProcess | VolonProcess, *file: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon("pipeline", "status", "--json", *file).out)["pipeline"]
    return found


def tickets_of(volon: VolonInProcess | VolonProcess, *file: str) -> dict[str, str]:
    return {one["ticket"]: one["status"] for one in status(volon, *file)["tickets"]}


def logs(repo: RepoBuilder) -> Path:
    (run,) = (repo.root / ".git/volon/runs").glob("0*")
    return run


def keeper_and_ticket(repo: RepoBuilder) -> list[int]:
    """The groups of the keeper of tickets and of the first that it started."""
    words = until(lambda: _begun((logs(repo) / "exits").read_text().split()))
    return [int(words[1]), int(words[7])]


def _begun(words: list[str]) -> list[str]:
    """`K <keeper>`, `S <tag> 0`, `S <tag> <pid>`, and what came after."""
    return words if len(words) > 7 else []


class TestRunning:
    def test_tickets_run_in_the_order_of_needs_then_priority_then_the_file(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("z", "a: z", "b: z | priority: 5", "c: a b", "d | priority: -1", "e: z")
        out = volon.ok("pipeline", "run", "p.yaml", "-j", "1")
        assert ran(repo) == ["z", "b", "a", "c", "e", "d"]
        assert out.endswith("Done: 6 tickets of p.yaml.\n")
        assert tickets_of(volon) == dict.fromkeys("zabcde", "done")

    def test_a_list_of_words_is_seen_by_no_shell(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        code = "import sys, pathlib; pathlib.Path('said').write_text(repr(sys.argv[1:]))"
        words = [sys.executable, "-c", code, "$HOME", "a b", "", "*", "--"]
        spec(f"a | run: {json.dumps(words)}")
        volon.ok("pipeline", "run", "p.yaml")
        assert repo.read("said").decode() == repr(words[3:])

    def test_a_word_that_a_shell_has_a_command_for_is_a_program_all_the_same(
        self, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a | run: [exit, '0']")
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert "exit was not found in PATH" in volon("pipeline", "status").out

    def test_a_ticket_has_the_variables_of_the_pipeline_and_its_own_reads_nothing_and_runs_at_the_top(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec(
            "a | run: 'pwd > said; echo $A $B $VOLON_TICKET.$VOLON_ATTEMPT >> said; cat >> said; env > env'"
            " | env: {}".replace("{}", "\n      B: own"),
            head="env:\n  A: all\n  B: all",
        )
        (repo.root / "sub").mkdir()
        ok = volon("pipeline", "run", "../p.yaml", cwd=repo.root / "sub", env={"t": "mine", "OUTER": "x"})
        assert ok.code == 0, ok
        assert repo.read("said").decode() == f"{repo.root}\nall own a.1\n"
        env = repo.read("env").decode().splitlines()
        assert {"t=mine", "OUTER=x"} <= set(env)

    @pytest.mark.parametrize(
        ("run", "said"),
        [
            ("exit 3", "exit status 3"),
            ("[nosuchprogram]", "nosuchprogram was not found in PATH"),
            ("[./p.yaml]", "exit status 126"),
            ("nosuchprogram", "exit status 127"),
            ("kill -9 $$", "exit status 137"),
            ("exit 125", "exit status 125"),
        ],
    )
    def test_a_failure_pauses_the_pipeline_says_how_and_shows_the_end_of_the_output(
        self, volon: VolonInProcess, spec: Callable[..., str], run: str, said: str
    ) -> None:
        spec("a | run: 'echo first; echo last'", f"b: a | run: {run}", "c: b")
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, f"failed  b: {said}" in got.out, "PAUSED" in got.out) == (1, True, True)
        found = status(volon)
        assert (found["status"], found["reason"], found["settled"]) == ("paused", "failure", True)
        assert tickets_of(volon) == {"a": "done", "b": "failed", "c": "blocked"}

    def test_output_that_is_no_text_is_kept_as_it_is_and_shown_harmless(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a | run: \"printf '\\\\377\\\\033[31mred\\\\n'; seq 100000; exit 1\"")
        out = volon("pipeline", "run", "p.yaml").out
        assert "\x1b" not in out
        assert "    100000\n" in out
        assert (logs(repo) / "logs/a.1.log").read_bytes().startswith(b"\xff\x1b[31mred\n1\n2\n")

    def test_after_the_cause_is_mended_a_resume_tries_again_and_runs_nothing_that_is_done(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", f"b: a | run: test -e fixed && {SAY}", "c: b")
        assert volon("pipeline", "run", "p.yaml").code == 1
        paused = volon("pipeline", "run", "p.yaml")
        assert (paused.code, "volon pipeline resume p.yaml" in paused.err) == (11, True)
        repo.write("fixed", "")
        volon.ok("pipeline", "resume", "p.yaml")
        assert ran(repo) == ["a", "b", "c"]

    def test_what_a_resume_tries_again_is_next_in_the_order_in_which_it_will_start(
        self, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b | run: exit 1 | priority: 1", "c: b")
        assert volon("pipeline", "run", "p.yaml", "-j", "1").code == 1
        assert status(volon)["next"] == ["b", "a"]

    def test_retries_are_made_and_counted_anew_after_a_resume(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec(f"a | run: {SAY}; test $(wc -l < ran) -ge 5 | retries: 2")
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert len(ran(repo)) == 3
        volon.ok("pipeline", "resume", "p.yaml")
        assert len(ran(repo)) == 5

    def test_keep_going_does_all_that_does_not_depend_on_the_failure(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a | run: exit 1", "b: a", "c", "d: c")
        assert volon("pipeline", "run", "p.yaml", "-j", "1", "--keep-going").code == 1
        assert ran(repo) == ["c", "d"]
        assert tickets_of(volon) == {"a": "failed", "b": "blocked", "c": "done", "d": "done"}

    def test_what_outlives_its_time_is_ended_with_its_children_also_when_it_ignores_that(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a | run: \"trap '' TERM; sleep 600 & echo $! > child; wait; sleep 600\" | timeout: 1")
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, "it took longer than 1 s" in got.out) == (1, True)
        until(lambda: not lives(int(repo.read("child"))))

    def test_what_a_ticket_leaves_in_the_background_is_not_waited_for(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a | run: sleep 600 & echo $! > child", "b: a")
        volon.ok("pipeline", "run", "p.yaml")
        child = int(repo.read("child"))
        assert lives(child)
        os.kill(child, signal.SIGKILL)

    @pytest.mark.parametrize(
        ("script", "mode", "status", "said"),
        [("echo hello", 0o755, 0, "hello"), ("echo hello", 0o644, 126, "denied"), (None, 0, 127, "No such file")],
    )
    def test_a_script_without_a_first_line_is_for_the_shell_and_what_cannot_be_run_says_so_in_its_log(
        self,
        repo: RepoBuilder,
        volon: VolonInProcess,
        spec: Callable[..., str],
        script: str | None,
        mode: int,
        status: int,
        said: str,
    ) -> None:
        spec("a | run: [./script]")
        if script is not None:
            repo.write("script", script)
            (repo.root / "script").chmod(mode)
        assert volon("pipeline", "run", "p.yaml").code == (status != 0)
        assert said in (logs(repo) / "logs/a.1.log").read_text()
        assert f"E a.1 {status}\n" in (logs(repo) / "exits").read_text()

    def test_outputs_that_are_not_there_are_a_failure(self, volon: VolonInProcess, spec: Callable[..., str]) -> None:
        spec("a | run: 'mkdir -p out; touch out/x.py' | outputs: ['out/*.py', out/y]")
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, "it did not make out/y" in got.out) == (1, True)

    @pytest.mark.parametrize("shared", ["locks: [tree]", "isolation: inplace"])
    def test_tickets_that_share_a_lock_never_run_at_the_same_time(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str], shared: str
    ) -> None:
        alone = f"mkdir here && sleep 0.1 && rmdir here && {SAY}"
        spec(*(f"{name} | run: {alone} | {shared}" for name in "abcd"), "free")
        volon.ok("pipeline", "run", "p.yaml", "-j", "5")
        assert sorted(ran(repo)) == ["a", "b", "c", "d", "free"]

    def test_only_and_until_run_a_part_and_a_later_run_the_rest(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a", "c: b", "d")
        refused = volon("pipeline", "run", "p.yaml", "--only", "b")
        assert (refused.code, ran(repo), status(volon, "p.yaml")["status"]) == (2, [], "planning")
        assert "b needs a, not done in this run" in refused.err
        volon.ok("pipeline", "run", "p.yaml", "--until", "b")
        assert ran(repo) == ["a", "b"]
        volon.ok("pipeline", "run", "p.yaml", "--only", "c")
        assert status(volon)["status"] == "executing"
        volon.ok("pipeline", "run", "p.yaml")
        assert ran(repo) == ["a", "b", "c", "d"]
        assert volon("pipeline", "run", "p.yaml", "--until", "x").code == 2

    def test_a_finished_pipeline_begins_anew(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a")
        volon.ok("pipeline", "run", "p.yaml")
        volon.ok("pipeline", "run", "p.yaml")
        assert ran(repo) == ["a", "a"]

    def test_json_is_one_line_for_each_thing_that_happens_and_the_result_last(
        self, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a | run: 'echo why; exit 4'")
        lines = [json.loads(line) for line in volon("pipeline", "run", "p.yaml", "--json").out.splitlines()]
        assert [line.get("event") for line in lines] == [
            *("runner", "start", "end", "start", "end", "pause", "leave"),
            None,
        ]
        events = jsonschema.Draft202012Validator(json.loads(volon.ok("schema", "pipeline-event")))
        for line in lines[:-1]:
            events.validate(line)
        assert lines[4]["output"] == ["why"]
        jsonschema.Draft202012Validator(json.loads(volon.ok("schema", "pipeline-run-result"))).validate(lines[-1])
        assert (lines[-1]["exit_code"], lines[-1]["outcome"]) == (1, "paused")


def lives(pid: int) -> bool:
    """Whether a process runs, and is not only waited for."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class TestSpec:
    def test_a_file_that_cannot_be_used_starts_nothing_and_is_wrong_usage_not_corrupt_state(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a: b", "b: a", "c")
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, ran(repo)) == (2, [])
        assert "p.yaml:3:5: tickets: these need each other" in got.err
        assert "a (p.yaml:3) → b (p.yaml:6) → a (p.yaml:3)" in got.err
        assert volon("pipeline", "run", "nothing.yaml").code == 5
        assert volon("pipeline", "run", "src").code == 5
        assert not (repo.root / ".git/volon/runs").exists()

    def test_a_changed_file_is_shown_and_starts_nothing_until_it_is_accepted(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a", "c: b")
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        spec("a", f"b: a | run: {SAY}; echo new >> ran", "c: b")
        refused = volon("pipeline", "run", "p.yaml")
        assert refused.code == 3
        assert "-    run: echo $VOLON_TICKET >> ran\n" in refused.err
        assert "+    run: echo $VOLON_TICKET >> ran; echo new >> ran\n" in refused.err
        assert ran(repo) == ["a"]
        volon.ok("pipeline", "run", "p.yaml", "--accept-spec")
        assert ran(repo) == ["a", "b", "new", "c"]

    def test_a_change_that_says_nothing_else_is_none(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        text = spec("a", "b: a")
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        repo.write("p.yaml", f"# a remark\n{text}")
        volon.ok("pipeline", "run", "p.yaml")
        assert ran(repo) == ["a", "b"]

    def test_fresh_begins_a_new_run_and_leaves_the_last_one_as_it_is(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a | run: exit 1")
        assert volon("pipeline", "run", "p.yaml").code == 1
        spec("a", "b: a")
        volon.ok("pipeline", "run", "p.yaml", "--fresh")
        assert ran(repo) == ["a", "a", "b"]

    def test_each_working_tree_has_runs_of_its_own(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str], tmp_path: Path
    ) -> None:
        spec("a", "b: a")
        repo.git("worktree", "add", "-q", str(tmp_path / "other"))
        (tmp_path / "other/p.yaml").write_text(pipeline("x"))
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        assert volon("pipeline", "run", "p.yaml", cwd=tmp_path / "other").code == 0
        assert status(volon)["counts"] == {"done": 1, "ready": 1}


class TestGate:
    def begun(self, process: VolonProcess, repo: RepoBuilder, *options: str) -> subprocess.Popen[bytes]:
        """A pipeline that runs, with a ticket `a` that waits for a file `go`."""
        runner = process.start("pipeline", "run", "p.yaml", *options)
        until(lambda: runner.poll() is not None or (repo.root / "begun").exists())
        assert runner.poll() is None
        return runner

    WAITS = "a | run: 'touch begun; while ! test -e go; do sleep 0.02; done; echo a >> ran'"

    def test_after_a_pause_nothing_starts_what_runs_finishes_and_a_resume_goes_on(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a", "c")
        runner = self.begun(volon_process, repo, "-j", "1")
        said = volon.ok("pipeline", "pause")
        assert "pausing, waiting for 1: a" in said
        found = status(volon)
        assert (found["status"], found["settled"], found["running_at_pause"]) == ("paused", False, ["a"])
        assert (found["next"], found["attended"]) == (["c"], True)
        repo.write("go", "")
        assert ended(runner) == 11
        assert ran(repo) == ["a"]
        found = status(volon)
        assert (found["settled"], found["attended"], found["running_at_pause"]) == (True, False, ["a"])
        assert "It was paused already." in volon.ok("pipeline", "pause", "--wait")
        volon.ok("pipeline", "resume", "p.yaml", "-j", "1")
        assert ran(repo) == ["a", "c", "b"] or ran(repo) == ["a", "b", "c"]

    def test_a_resume_from_elsewhere_is_heard_by_who_still_runs_it(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a")
        runner = self.begun(volon_process, repo)
        volon.ok("pipeline", "pause")
        assert "the process that runs it goes on" in volon.ok("pipeline", "resume")
        repo.write("go", "")
        assert ended(runner) == 0
        assert ran(repo) == ["a", "b"]

    def test_pause_now_ends_what_runs_and_asks_about_it(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, f"s | run: 'touch s; sleep 600; {SAY}' | rerun: safe", "b: a", "c | run: 'touch c; sleep 600'")
        runner = self.begun(volon_process, repo, "-j", "3")
        until(lambda: (repo.root / "s").exists() and (repo.root / "c").exists())
        volon.ok("pipeline", "pause", "--now")
        assert tickets_of(volon) == {"a": "unknown", "s": "ready", "b": "blocked", "c": "unknown"}
        assert ended(runner) == 11
        # What is to be typed names all of them, in the order in which they ended, with what was said already.
        for said in ((), ("--done", "c")):
            asked = volon("pipeline", "resume", "p.yaml", *said)
            way = asked.err.rpartition("Hint: volon pipeline resume p.yaml ")[2]
            assert (asked.code, sorted(way.split())) == (11, ["--done", "--done", "a", "c"]), asked.err
        assert volon("pipeline", "resume", "--rerun", "b").code == 2
        repo.write("p.yaml", repo.read("p.yaml").decode().replace("sleep 600; ", ""))
        volon.ok("pipeline", "resume", "p.yaml", "--done", "a", "--done", "c", "--accept-spec")
        assert sorted(ran(repo)) == ["b", "s"]

    def test_the_first_ctrl_c_pauses_and_the_second_ends_what_runs(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a")
        runner = self.begun(volon_process, repo)
        runner.send_signal(signal.SIGINT)
        until(lambda: status(volon)["status"] == "paused")
        assert status(volon)["paused_by"] == "Ctrl-C"
        assert runner.poll() is None
        runner.send_signal(signal.SIGINT)
        assert ended(runner) == 11
        assert tickets_of(volon) == {"a": "unknown", "b": "blocked"}
        assert ran(repo) == []

    def test_a_pause_by_hand_pauses_the_task_in_progress_like_any_pause(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a")
        volon.ok("task", "start", "Ship it")
        runner = self.begun(volon_process, repo)
        assert "checkpoint  01; TASK-20261119-001 is paused with it" in volon.ok("pipeline", "pause")
        repo.write("go", "")
        assert ended(runner) == 11
        shown = " ".join(volon.ok("checkpoint", "show", "1").split())
        assert "pipeline p.yaml paused: 1 running, 1 waiting; a ran; volon pipeline resume p.yaml" in shown
        assert json.loads(volon.ok("task", "show", "TASK-20261119-001", "--json"))["task"]["status"] == "paused"

    def test_a_failure_is_nobodys_pause_and_leaves_the_task_as_it_is(
        self, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("x | run: exit 1")
        volon.ok("task", "start", "Ship it")
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert json.loads(volon.ok("task", "show", "TASK-20261119-001", "--json"))["task"]["status"] == "doing"

    def test_ctrl_c_pauses_the_task_as_well_and_what_goes_wrong_there_is_only_a_warning(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a")
        volon.ok("task", "start", "Ship it")
        runner = self.begun(volon_process, repo)
        repo.write(".volon/pcc", "in the way")
        runner.send_signal(signal.SIGINT)
        until(lambda: status(volon)["status"] == "paused")
        repo.write("go", "")
        out, _ = runner.communicate(timeout=PATIENCE)
        assert (runner.returncode, b"its task is not: " in out) == (11, True)

    def test_pausing_what_does_not_run_and_resuming_what_is_not_paused_are_refused(
        self, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a")
        for words in (("pause",), ("resume",), ("pause", "p.yaml"), ("resume", "p.yaml")):
            assert volon("pipeline", *words).code == 10
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        assert "is not paused, and nobody runs it, so there is nothing to resume" in volon("pipeline", "resume").err
        volon.ok("pipeline", "pause")
        assert volon("pipeline", "run", "p.yaml").code == 11
        volon.ok("pipeline", "resume")
        volon.ok("pipeline", "run", "p.yaml")
        assert "nothing to pause" in volon("pipeline", "pause").err

    def test_a_second_runner_is_refused_and_two_pipelines_have_to_be_named(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(self.WAITS, "b: a")
        runner = self.begun(volon_process, repo)
        assert volon("pipeline", "run", "p.yaml").code == 4
        assert volon("pipeline", "run", "p.yaml", "--fresh").code == 4
        repo.write("q.yaml", pipeline("x | run: exit 1"))
        assert volon("pipeline", "run", "q.yaml").code == 1
        assert (volon("pipeline", "pause").code, volon("pipeline", "pause", "p.yaml").code) == (2, 0)
        repo.write("go", "")
        assert ended(runner) == 11


class TestDeath:
    def killed(self, process: VolonProcess, repo: RepoBuilder) -> None:
        """The runner is killed while `a` runs."""
        runner = process.start("pipeline", "run", "p.yaml")
        until(lambda: runner.poll() is not None or (repo.root / "begun").exists())
        assert runner.poll() is None
        runner.kill()
        ended(runner)

    def test_what_runs_goes_on_without_its_runner_and_the_next_one_takes_it_over(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(TestGate.WAITS, "b: a")
        self.killed(volon_process, repo)
        # Its keeper has the right to run it for a moment longer.
        until(lambda: "not done, and nobody runs it" in volon.ok("pipeline", "status"))
        repo.write("go", "")
        volon.ok("pipeline", "run", "p.yaml")
        assert ran(repo) == ["a", "b"]

    def test_what_ended_meanwhile_is_known_by_its_witness(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(TestGate.WAITS, "b: a | run: exit 1")
        self.killed(volon_process, repo)
        repo.write("go", "")
        until(lambda: b"E a.1 0" in (logs(repo) / "exits").read_bytes())
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert tickets_of(volon) == {"a": "done", "b": "failed"}
        assert ran(repo) == ["a"]

    def test_what_ended_without_its_runner_is_not_shown_as_running_nor_with_a_time_nobody_knows(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(TestGate.WAITS, "b: a")
        self.killed(volon_process, repo)
        assert tickets_of(volon) == {"a": "running", "b": "waiting"}
        repo.write("go", "")
        until(lambda: b"E a.1 0" in (logs(repo) / "exits").read_bytes())
        journal = (logs(repo) / "journal").read_bytes()
        said = volon.ok("pipeline", "status")
        assert "running" not in said
        assert "ended       a: exit status 0, not yet written down" in said
        (a, _) = status(volon)["tickets"]
        assert (a["status"], a["exit_status"], a["ms"], status(volon)["settled"]) == ("ended", 0, 0, False)
        drawn = json.loads(volon.ok("pipeline", "graph", "p.yaml", "--json"))["tickets"]
        assert [(one["status"], one["ms"]) for one in drawn] == [("ended", 0), ("waiting", 0)]
        with closing(Following(Workspace.open(World.real(os.environ), repo.root), None)) as following:
            assert following.look().counts == {"ended": 1, "waiting": 1}
        assert (logs(repo) / "journal").read_bytes() == journal
        assert "done    a\n" in volon.ok("pipeline", "run", "p.yaml")

    @pytest.mark.parametrize("rerun", ["safe", "ask", "never"])
    def test_what_died_with_its_runner_runs_again_only_where_that_is_safe(
        self,
        repo: RepoBuilder,
        volon: VolonInProcess,
        volon_process: VolonProcess,
        spec: Callable[..., str],
        rerun: str,
    ) -> None:
        spec(f"{TestGate.WAITS} | rerun: {rerun}", "b: a")
        self.killed(volon_process, repo)
        for group in keeper_and_ticket(repo):
            os.killpg(group, signal.SIGKILL)
        until(lambda: "ended       a: nothing of it runs any more" in volon.ok("pipeline", "status"))
        repo.write("go", "")
        got = volon("pipeline", "run", "p.yaml")
        if rerun == "safe":
            assert (got.code, ran(repo)) == (0, ["a", "b"])
            return
        assert (got.code, ran(repo), status(volon)["reason"]) == (11, [], "unknown-outcome")
        assert "nobody saw how it ended" in got.out
        volon.ok("pipeline", "resume", "p.yaml", "--rerun", "a")
        assert ran(repo) == ["a", "b"]

    def test_what_writes_elsewhere_lives_also_when_its_keeper_does_not(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(f"a | run: 'exec >/dev/null 2>&1; {SAY}; touch begun; until [ -e go ]; do sleep 0.05; done' | rerun: safe")
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until((repo.root / "begun").exists)
        os.killpg(keeper_and_ticket(repo)[0], signal.SIGKILL)
        assert runner.poll() is None
        runner.kill()
        ended(runner)
        assert tickets_of(volon) == {"a": "running"}
        again = volon_process.start("pipeline", "run", "p.yaml")
        until(lambda: status(volon)["attended"])
        assert ran(repo) == ["a"]
        volon.ok("pipeline", "pause")
        repo.write("go", "")
        assert ended(again) == 11
        # Nobody saw how it ended, so that it may run again: but only now.
        assert (tickets_of(volon), ran(repo)) == ({"a": "ready"}, ["a"])

    def test_who_kills_the_keeper_alone_ends_no_ticket_and_the_next_one_has_another(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., str]
    ) -> None:
        spec(f"{TestGate.WAITS} | rerun: never", "b")
        runner = volon_process.start("pipeline", "run", "p.yaml", "-j", "1", "--keep-going")
        until(lambda: runner.poll() is not None or (repo.root / "begun").exists())
        os.killpg(keeper_and_ticket(repo)[0], signal.SIGKILL)
        repo.write("go", "")
        assert ended(runner) == 11
        volon.ok("pipeline", "resume", "p.yaml", "--done", "a")
        assert ran(repo) == ["a", "b"]

    @pytest.mark.parametrize("first", [TestGate.WAITS, BARE_WAITS])
    def test_pause_now_ends_what_a_dead_runner_left(
        self,
        repo: RepoBuilder,
        volon: VolonInProcess,
        volon_process: VolonProcess,
        spec: Callable[..., str],
        first: str,
    ) -> None:
        spec(f"{first} | rerun: safe", "b: a")
        self.killed(volon_process, repo)
        assert "pausing, waiting for 1: a" in volon.ok("pipeline", "pause")
        volon.ok("pipeline", "pause", "--now")
        assert tickets_of(volon) == {"a": "ready", "b": "waiting"}
        assert status(volon)["settled"] is True
        repo.write("go", "")
        volon.ok("pipeline", "resume", "p.yaml")
        assert ran(repo) == ["a", "b"]

    def test_a_full_disk_stops_the_runner_and_loses_nothing(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec(*(f"t{n}" + (f": t{n - 1}" if n else "") for n in range(12)))
        # No file may grow beyond a block or two: the journal cannot, and a write of half a record is taken back.
        script = "ulimit -f 4; exec " + " ".join(volon_argv()) + " pipeline run p.yaml"
        full = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=repo.root,
            env=volon_environment(),
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert (full.returncode, b"Traceback" in full.stderr) == (5, False), full
        assert b"what happens could not be written down" in full.stderr
        assert b"Hint: Make room on the disk" in full.stderr
        (journal,) = (repo.root / ".git/volon/runs").glob("*/journal")
        assert journal.read_bytes().endswith(b"}\n")
        until(lambda: volon("pipeline", "run", "p.yaml").code == 0)
        assert ran(repo) == [f"t{n}" for n in range(12)]

    def test_half_a_line_at_the_end_of_the_journal_is_no_record(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a")
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        journal = logs(repo) / "journal"
        whole = journal.read_bytes()
        journal.write_bytes(whole + b'{"n":7,"at":"2026')
        assert tickets_of(volon) == {"a": "done", "b": "ready"}
        volon.ok("pipeline", "run", "p.yaml")
        assert journal.read_bytes().startswith(whole + b'{"n":7,"at":"2026-11-19T10:00:00Z","e":"want"')
        assert ran(repo) == ["a", "b"]

    def test_a_damaged_journal_is_named_and_never_guessed_at(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a")
        volon.ok("pipeline", "run", "p.yaml", "--until", "a")
        journal = logs(repo) / "journal"
        journal.write_bytes(journal.read_bytes().replace(b'"attempt":1', b'"attempt":2', 1))
        for words in (("status",), ("run", "p.yaml"), ("pause",)):
            got = volon("pipeline", *words)
            assert (got.code, "line 4" in got.err) == (9, True), got
        volon.ok("pipeline", "run", "p.yaml", "--fresh")
        assert ran(repo) == ["a", "a", "b"]

    def test_an_attempt_that_the_journal_lost_with_the_power_is_asked_about(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., str]
    ) -> None:
        spec("a", "b: a")
        volon.ok("pipeline", "run", "p.yaml", "--until", "b")
        journal = logs(repo) / "journal"
        lines = journal.read_bytes().splitlines(keepends=True)
        journal.write_bytes(b"".join(lines[:4]))
        assert volon("pipeline", "run", "p.yaml").code == 11
        assert tickets_of(volon) == {"a": "done", "b": "unknown"}
