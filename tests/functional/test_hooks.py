"""Hooks: they run what was approved, when the pause is safe or before work begins, and can break neither."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import jsonschema
import pexpect
import pytest

from tests.support.digests import tree_digest, user_digest
from tests.support.hooks import approve, script, settings, shell
from tests.support.running import PROJECT_ROOT, volon_argv, volon_environment
from volon.model.hookenv import VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import Ran, VolonInProcess, VolonProcess

TASK = "TASK-20261119-001"
LOG = "../hooks.log"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Where the hooks of these tests leave their traces: beside the repository."""
    return tmp_path / "hooks.log"


def hooked(repo: RepoBuilder, volon: VolonInProcess, **events: list[Any]) -> None:
    """Give the repository hooks, approved, and work to pause."""
    repo.commit("Hooks", {"volon.yaml": settings(**events)})
    approve(volon)
    repo.write("notes.txt", "work")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def result(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def states(ran: Ran) -> list[str]:
    return [hook["state"] for hook in result(ran)["hooks"]]


def status_of(volon: VolonInProcess) -> str:
    return str(result(volon("task", "show", TASK, "--json"))["task"]["status"])


def owed(repo: RepoBuilder) -> list[str]:
    place = repo.root / ".git/volon/outbox"
    return sorted(path.name for path in place.iterdir()) if place.exists() else []


class TestOnPause:
    def test_it_runs_once_the_pause_is_safe_and_no_lock_is_held(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        look = 'test -f "$VOLON_CHECKPOINT_PATH" && flock -n .git/volon/lock echo "$VOLON_TASK_ID" free >>'
        hooked(repo, volon, on_pause=[shell(f"{look} {LOG}"), shell(f"echo second >>{LOG}")])
        ran = volon("pause-task", "note")
        assert ran.code == 0
        assert "hooks      2 hooks ran" in ran.out
        assert lines(log) == [f"{TASK} free", "second"]
        assert owed(repo) == []

    def test_what_is_not_trusted_does_not_run_and_one_calm_line_says_so(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hook = shell(f"echo ran >>{LOG}", required=True)
        repo.write("volon.yaml", settings(on_pause=[hook, hook], on_resume=[shell(f"echo ran >>{LOG}")]))
        ran = volon("pause-task", "note")
        assert ran.code == 0
        assert ran.out.count("volon trust") == 1
        assert volon("resume-task").code == 0
        assert not log.exists()
        assert owed(repo) == []

    def test_what_is_denied_does_not_run(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo ran >>{LOG}")])
        volon.ok("trust", "--deny")
        assert "denied" in volon.ok("pause-task", "note")
        assert not log.exists()

    def test_a_private_key_in_what_it_wrote_is_not_shown(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        key = "-----%s PRIVATE KEY-----"
        hooked(repo, volon, on_pause=[shell(f"echo '{key % 'BEGIN'}'; echo MIIbody; echo '{key % 'END'}'; exit 3")])
        ran = volon("pause-task", "note")
        assert ("| [redacted: private key]" in ran.out, "MIIbody" in ran.out) == (True, False)

    def test_a_failure_un_does_nothing(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_pause=[shell("echo why; exit 3"), shell(f"echo next >>{LOG}")])
        ran = volon("pause-task", "note")
        assert ran.code == 0
        assert "exit status 3" in ran.out
        assert "| why" in ran.out
        assert lines(log) == ["next"]
        assert status_of(volon) == "paused"
        assert owed(repo) == []

    def test_a_required_one_that_fails_is_told_by_the_exit_code(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        hooked(repo, volon, on_pause=[shell("exit 1", required=True)])
        ran = volon("pause-task", "note")
        assert ran.code == 1
        assert "The pause is safe" in ran.out
        assert status_of(volon) == "paused"

    def test_a_program_that_is_not_there_is_named(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        hooked(repo, volon, on_pause=[["no-such-program"], ["./no-such-file"]])
        ran = volon("pause-task", "note", "--json")
        assert (ran.code, states(ran)) == (0, ["not-started", "not-started"])

    def test_one_that_takes_too_long_is_ended_with_all_it_started(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        slow = shell(f"sh -c 'echo $$ >>{LOG}; sleep 60' & wait", timeout_seconds=1)
        hooked(repo, volon, on_pause=[slow, shell("true")])
        ran = volon("pause-task", "note", "--json")
        assert (ran.code, states(ran)) == (0, ["timed-out", "done"])
        assert "1 s" in result(ran)["hooks"][0]["reason"]
        assert _is_gone(int(lines(log)[0]))

    def test_the_user_can_stop_waiting_for_it(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo $$ >>{LOG}; sleep 60"), shell(f"echo never >>{LOG}")])
        running = volon_process.start("pause-task", "note", "--json")
        _until(lambda: bool(lines(log)))
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=30)
        assert running.returncode == 1, err
        found = json.loads(out)
        assert [hook["state"] for hook in found["hooks"]] == ["interrupted", "skipped"]
        assert "The pause is safe" in found["warnings"][-1]
        assert len(lines(log)) == 1
        assert _is_gone(int(lines(log)[0]))
        assert owed(repo) == []
        assert status_of(volon) == "paused"

    def test_an_unchanged_pause_runs_nothing_again(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo ran >>{LOG}")])
        volon.ok("pause-task", "note")
        assert "Already paused" in volon.ok("pause-task")
        assert lines(log) == ["ran"]

    def test_settings_that_cannot_be_read_do_not_keep_anybody_from_pausing(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        repo.write("volon.yaml", "hooks: [")
        ran = volon("pause-task", "note")
        assert ran.code == 0
        assert "volon.yaml" in ran.out
        assert volon("resume-task").code == 9
        assert status_of(volon) == "paused"

    def test_a_person_who_waits_is_told_for_what(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        hooked(repo, volon, on_pause=[shell("sleep 0.1")])
        terminal = pexpect.spawn(
            volon_argv()[0],
            [*volon_argv()[1:], "pause-task", "note"],
            cwd=str(repo.root),
            env=volon_environment(),
            encoding="utf-8",
            timeout=30,
        )
        terminal.expect_exact("Running sh (at most 30 s)")
        terminal.expect_exact("1 hook ran")
        terminal.expect(pexpect.EOF)
        terminal.close()
        assert terminal.exitstatus == 0

    def test_doctor_names_what_waits_for_a_decision_and_settings_that_cannot_be_read(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        repo.write("volon.yaml", settings(on_pause=[["true"]]))
        out = " ".join(volon.ok("doctor").split())
        assert "the hooks in volon.yaml do not run: nobody has approved it on this machine yet" in out
        approve(volon)
        assert "volon.yaml" not in volon.ok("doctor")
        repo.write("volon.yaml", "hooks: [")
        ran = volon("doctor")
        assert ran.code == 1
        assert "volon.yaml" in ran.out


class TestOnResume:
    def test_it_runs_before_the_task_is_taken_up(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        look = f"flock -n .git/volon/lock grep -hc 'status: paused' .volon/tasks/*.md >>{LOG}"
        hooked(repo, volon, on_resume=[shell(look)])
        volon.ok("pause-task", "note")
        ran = volon("resume-task")
        assert ran.code == 0
        assert "1 hook ran" in ran.out
        assert lines(log) == ["1"]
        assert status_of(volon) == "doing"

    def test_what_it_changes_is_seen_by_the_preflight(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        commit = "git add not?s.txt && git -c user.name=a -c user.email=a@b commit -q -m Absorbed"
        hooked(repo, volon, on_resume=[shell(commit)])
        volon.ok("pause-task", "note")
        found = result(volon("resume-task", "--json"))
        assert {"head.ahead", "tree.absorbed"} <= {finding["code"] for finding in found["findings"]}

    def test_a_failure_is_only_reported(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_resume=[shell("exit 1"), shell(f"echo next >>{LOG}")])
        volon.ok("pause-task", "note")
        ran = volon("resume-task", "--json")
        assert (ran.code, states(ran)) == (0, ["failed", "done"])
        assert lines(log) == ["next"]

    def test_a_required_one_that_fails_keeps_it_from_happening(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_resume=[shell("echo no database; exit 1", required=True), shell(f"echo never >>{LOG}")])
        volon.ok("pause-task", "note")
        before = tree_digest(repo.root)
        ran = volon("resume-task", "--json")
        assert (ran.code, states(ran)) == (3, ["failed", "skipped"])
        assert result(ran)["stopped"]
        assert result(ran)["status"] == "paused"
        assert "no database" in volon("resume-task").out
        assert tree_digest(repo.root) == before
        assert not log.exists()

    def test_force_goes_past_it_and_is_logged(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        hooked(repo, volon, on_resume=[shell("exit 1", required=True)])
        volon.ok("pause-task", "note")
        found = result(volon("resume-task", "--force", "--json"))
        assert (found["exit_code"], found["forced"], found["status"]) == (0, True, "doing")
        assert '"forced": true' in repo.read(".volon/logs/run.jsonl").decode().replace('":true', '": true')

    def test_a_required_one_that_is_not_trusted_stops_and_saying_no_is_a_way_on(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        repo.write("volon.yaml", settings(on_resume=[shell(f"echo ran >>{LOG}", required=True)]))
        volon.ok("pause-task", "note")
        before = tree_digest(repo.root)
        for argv in (("resume-task",), ("resume-task", "--force"), ("continue",)):
            code, _, err = volon(*argv)
            assert code == 8
            assert "volon trust" in err
            assert "volon trust --deny" in err
        assert tree_digest(repo.root) == before
        volon.ok("trust", "--deny")
        assert volon("resume-task").code == 0
        assert status_of(volon) == "doing"
        assert not log.exists()

    def test_a_blocker_stops_before_any_hook(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_resume=[shell(f"echo ran >>{LOG}")])
        volon.ok("pause-task", "note", "--blocker", "the key")
        assert volon("resume-task").code == 3
        assert not log.exists()

    def test_an_interrupt_leaves_everything_as_it_was(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_resume=[shell(f"echo $$ >>{LOG}; sleep 60")])
        volon.ok("pause-task", "note")
        before = tree_digest(repo.root)
        running = volon_process.start("resume-task")
        _until(lambda: bool(lines(log)))
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate(timeout=30)
        assert running.returncode == 130
        assert b"nothing was changed" in err
        assert _is_gone(int(lines(log)[0]))
        assert tree_digest(repo.root) == before

    def test_what_changed_meanwhile_is_not_taken_up_blindly(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        """Another person's pause, made while the hooks run, is not the one that was looked at."""
        argv = " ".join([*volon_argv(), "pause-task", "'said meanwhile'"])
        again = f"test -e {LOG} || env -u VOLON_IN_HOOK PYTHONPATH={volon_environment()['PYTHONPATH']} {argv} >{LOG}"
        hooked(repo, volon, on_resume=[shell(again)])
        volon.ok("pause-task", "note")
        code, _, err = volon("resume-task")
        assert "Paused" in log.read_text()
        assert code == 4
        assert "changed while its hooks ran" in err
        assert status_of(volon) == "paused"
        assert "said meanwhile" in volon.ok("resume-task")


class TestTrust:
    """What is started is what was approved, looked at again in the moment before."""

    def test_a_hook_that_changes_the_next_one_ends_the_row(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        script(repo, "tools/two", f"echo approved >>{LOG}")
        hooked(repo, volon, on_pause=[shell(f"echo 'echo evil >>{LOG}' >>tools/two"), ["./tools/two"], shell("true")])
        ran = volon("pause-task", "note", "--json")
        assert states(ran) == ["done", "skipped", "skipped"]
        assert not log.exists()
        assert ran.code == 0

    def test_a_hook_that_changes_the_settings_ends_the_row(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        change = "sed -i 's/approved/evil/' volon.yaml"
        hooked(repo, volon, on_resume=[shell(change), shell(f"echo approved >>{LOG}", required=True)])
        volon.ok("pause-task", "note")
        ran = volon("resume-task", "--json")
        assert (ran.code, states(ran)) == (3, ["done", "skipped"])
        assert not log.exists()

    def test_a_decision_taken_back_in_between_counts(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_pause=[shell('rm -r "$XDG_STATE_HOME/volon/trust"'), shell(f"echo ran >>{LOG}")])
        assert states(volon("pause-task", "note", "--json")) == ["done", "skipped"]
        assert not log.exists()

    def test_a_changed_script_does_not_run(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        script(repo, "tools/note", "true")
        hooked(repo, volon, on_pause=[["./tools/note"]])
        script(repo, "tools/note", f"echo evil >>{LOG}")
        assert states(volon("pause-task", "note", "--json")) == ["untrusted"]
        assert not log.exists()

    def test_a_bare_name_never_means_a_file_of_the_working_tree(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        script(repo, "note", f"echo evil >>{LOG}")
        hooked(repo, volon, on_pause=[["note"], shell("note"), ["env", "note"]])
        env = {"PATH": f".::{os.environ['PATH']}:"}
        ran = volon("pause-task", "note", "--json", env=env)
        assert states(ran) == ["not-started", "failed", "failed"]
        assert not log.exists()


class TestWhatAHookGets:
    def test_exactly_the_documented_variables(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        tell = f"env -0 | grep -z ^VOLON_ | sort -z | tr '\\0' '\\n' >>{LOG}; echo >>{LOG}"
        hooked(repo, volon, on_pause=[shell(tell)], on_resume=[shell(tell)])
        paused = result(volon("pause-task", "restart", "hunter password=hunter2hunter2", "--json"))
        volon.ok("resume-task")
        on_pause, on_resume = (dict(row.split("=", 1) for row in part.split("\n")) for part in _parts(log))
        about = {
            "VOLON_TASK_ID": TASK,
            "VOLON_OP": paused["uid"],
            "VOLON_CHECKPOINT": "1",
            "VOLON_CHECKPOINT_PATH": paused["checkpoint_path"],
            "VOLON_PAUSED_COMMIT": repo.head(),
            "VOLON_BRANCH": "main",
            "VOLON_MODE": "restart",
            "VOLON_NOTE": paused["note"],
            "VOLON_ROOT": str(repo.root),
            "VOLON_IN_HOOK": paused["uid"],
        }
        assert on_pause == {**about, "VOLON_EVENT": "on_pause"}
        assert on_resume == {**about, "VOLON_EVENT": "on_resume"}
        assert set(on_pause) == set(VARIABLES)
        assert "hunter2" not in log.read_text()

    def test_the_page_has_the_same_table(self) -> None:
        page = (PROJECT_ROOT / "docs/HOOKS.md").read_text(encoding="utf-8")
        assert dict(re.findall(r"^\| `(VOLON_\w+)` \| (.*) \|$", page, re.MULTILINE)) == VARIABLES

    def test_the_settings_on_the_page_are_settings(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        page = (PROJECT_ROOT / "docs/HOOKS.md").read_text(encoding="utf-8")
        repo.write("volon.yaml", page.partition("```yaml\n")[2].partition("```")[0])
        found = json.loads(volon("trust", "--json").out)
        assert [len(command["argv"]) for command in found["commands"]] == [2, 2, 2]
        assert "no problems" in volon.ok("validate")

    def test_a_resume_of_what_was_never_paused_leaves_them_empty(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_resume=[shell(f'echo "[$VOLON_OP][$VOLON_NOTE][$VOLON_CHECKPOINT]" >>{LOG}')])
        volon.ok("task", "create", "Later")
        volon.ok("resume-task")
        assert lines(log) == ["[][][]"]

    def test_no_input_no_descriptor_no_terminal_and_a_group_of_its_own(
        self, repo: RepoBuilder, volon_process: VolonProcess, volon: VolonInProcess, log: Path
    ) -> None:
        look = "ls /proc/self/fd | wc -l; readlink /proc/self/fd/0; ps -o pgid= -p $$ | tr -d ' '; echo $$; pwd; cat"
        hooked(repo, volon, on_pause=[shell(f"({look}) >>{LOG}")])
        assert volon_process("pause-task", "note", stdin=b"typed ahead").code == 0
        descriptors, stdin, group, pid, where = lines(log)
        assert (int(descriptors), stdin, group, where) == (4, "/dev/null", pid, str(repo.root))

    def test_its_git_is_about_this_repository(self, repo: RepoBuilder, volon: VolonInProcess, log: Path) -> None:
        hooked(repo, volon, on_pause=[shell(f"git rev-parse --show-toplevel >>{LOG}")])
        volon("pause-task", "note", env={"GIT_DIR": "/nowhere", "GIT_INDEX_FILE": "/nowhere"})
        assert lines(log) == [str(repo.root)]

    @pytest.mark.parametrize(
        "argv", ["pause-task again", "resume-task", "task create X", "undo", "init", "doctor --fix", "trust --deny"]
    )
    def test_a_volon_in_it_changes_nothing_and_never_waits(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, log: Path, argv: str
    ) -> None:
        inner = f"PYTHONPATH={volon_environment()['PYTHONPATH']} {' '.join(volon_argv())}"
        hook = shell(f"{inner} {argv} >&2; echo $? >>{LOG}; {inner} status --quiet >&2; echo $? >>{LOG}")
        hooked(repo, volon, on_pause=[hook], on_resume=[hook])
        assert volon_process("pause-task", "note", timeout=40).code == 0
        assert lines(log) == ["4", "0"]
        if argv in {"resume-task", "pause-task again"}:
            assert volon_process("resume-task", timeout=40).code == 0
            assert lines(log)[2:] == ["4", "0"]


class TestOutput:
    def test_it_cannot_draw_on_the_terminal_nor_carry_secrets(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        evil = b"\x1b]0;title\x07\x1b[2J\xe2\x80\xaeevil\r[bold]x\n\xff\npassword=hunter2hunter2\n"
        (repo.root.parent / "evil").write_bytes(evil)
        hooked(repo, volon, on_pause=[shell("cat ../evil; exit 1")])
        ran = volon("pause-task", "note", env={"FORCE_COLOR": "1"})
        assert "\\x1b]0;title" in ran.out
        for bad in ("\x1b]", "\x1b[2J", "\u202e", "\r", "hunter2", "\ufffd\ufffd"):
            assert bad not in ran.out, bad
        assert "[bold]x" in ran.out
        other = volon("resume-task", "--json")
        assert other.out.isascii()

    def test_only_its_end_is_shown_and_none_of_it_when_all_is_well(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        hooked(repo, volon, on_pause=[shell("seq 100000"), shell("seq 100000; exit 1")])
        ran = volon("pause-task", "note")
        assert ran.out.count("| ") == 10
        assert "| 100000" in ran.out

    def test_results_with_hooks_are_valid_under_their_schema(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        hooked(repo, volon, on_pause=[shell("exit 1"), ["true"]], on_resume=[["true"]])
        for argv in (("pause-task", "--dry-run"), ("pause-task", "x"), ("resume-task", "-n"), ("resume-task",)):
            ran = volon(*argv, "--json")
            found = result(ran)
            assert found["schema"].endswith("@1")
            schema = json.loads(volon.ok("schema", f"{argv[0]}-result"))
            assert found["hooks"]
            jsonschema.Draft202012Validator(schema).validate(found)


class TestDryRun:
    def test_it_tells_what_would_run_and_runs_nothing(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo ran >>{LOG}")], on_resume=[shell(f"echo ran >>{LOG}")])
        before = tree_digest(repo.root)
        ran = volon("pause-task", "note", "--dry-run", "--json")
        assert (ran.code, states(ran)) == (0, ["would-run"])
        assert "1 hook would run" in volon.ok("pause-task", "note", "-n")
        assert tree_digest(repo.root) == before
        volon.ok("pause-task", "note")
        log.unlink()
        before = tree_digest(repo.root)
        ran = volon("resume-task", "--dry-run", "--json")
        assert (ran.code, states(ran)) == (0, ["would-run"])
        assert tree_digest(repo.root) == before
        assert not log.exists()


class TestOwed:
    """A volon that was killed between the pause and its hook owes it; the next one pays, and says so."""

    KILL = f"echo $VOLON_OP >>{LOG}; test -e ../killed || {{ touch ../killed; kill -9 $PPID; sleep 1; }}"

    @pytest.fixture
    def killed(self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess) -> str:
        """Kill volon after its pause; return the operation that is owed for."""
        hooked(repo, volon, on_pause=[shell(self.KILL)])
        assert volon_process("pause-task", "note").code == -signal.SIGKILL
        (op,) = owed(repo)
        assert status_of(volon) == "paused"
        return op

    def test_doctor_names_it_and_reading_runs_nothing(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        for argv in (("doctor",), ("status",), ("task", "list"), ("validate",), ("undo", "--list"), ("undo", "-n")):
            volon(*argv)
        assert "hooks of one pause have not run" in " ".join(volon.ok("doctor").split())
        assert TASK in volon.ok("doctor")
        assert (lines(log), owed(repo)) == ([killed], [killed])

    @pytest.mark.parametrize("argv", [("task", "create", "X"), ("resume-task",), ("pause-task",), ("doctor", "--fix")])
    def test_the_next_writing_command_runs_it_and_says_so(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path, argv: tuple[str, ...]
    ) -> None:
        ran = volon(*argv)
        assert ran.code == 0
        assert "that an earlier pause owed" in " ".join(ran.out.split())
        assert (lines(log), owed(repo)) == ([killed, killed], [])
        volon.ok("task", "create", "Y")
        assert len(lines(log)) == 2

    def test_a_second_pause_runs_both_in_their_order(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        found = result(volon("pause-task", "again", "--json"))
        assert lines(log) == [killed, killed, found["uid"]]
        assert [hook["op"] for hook in found["hooks"]] == [found["uid"]]
        assert owed(repo) == []

    def test_what_is_trusted_no_more_stays_owed_and_named(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        volon.ok("trust", "--revoke")
        volon.ok("task", "create", "X")
        volon.ok("doctor", "--fix")
        assert (lines(log), owed(repo)) == ([killed], [killed])
        approve(volon)
        volon.ok("task", "create", "Y")
        assert (lines(log), owed(repo)) == ([killed, killed], [])

    def test_what_is_denied_is_owed_no_longer(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        volon.ok("trust", "--deny")
        volon.ok("task", "create", "X")
        assert (lines(log), owed(repo)) == ([killed], [])

    def test_an_undone_pause_owes_nothing(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        volon.ok("undo")
        assert (lines(log), owed(repo)) == ([killed], [])

    def test_a_pause_whose_hooks_ran_can_be_undone_and_redone(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo ran >>{LOG}")])
        volon.ok("pause-task", "note")
        assert "outbox" not in volon.ok("undo")
        volon.ok("undo")
        assert status_of(volon) == "paused"
        assert (lines(log), owed(repo)) == (["ran"], [])

    def test_two_commands_do_not_run_it_at_the_same_time(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, log: Path
    ) -> None:
        hooked(
            repo,
            volon,
            on_pause=[shell(f"echo begin >>{LOG}; until test -e ../go; do sleep 0.05; done; echo end >>{LOG}")],
        )
        first = volon_process.start("pause-task", "note")
        _until(lambda: lines(log) == ["begin"])
        second = volon_process.start("task", "create", "X")
        _until((repo.root / ".volon/tasks/TASK-20261119-002.md").exists)
        (repo.root.parent / "go").touch()
        for running in (first, second):
            running.communicate(timeout=30)
            assert running.returncode == 0
        assert lines(log) == ["begin", "end"]

    def test_a_note_that_makes_no_sense_runs_nothing_and_is_named(
        self, repo: RepoBuilder, volon: VolonInProcess, killed: str, log: Path
    ) -> None:
        place = repo.root / ".git/volon/outbox" / killed
        for bad in (b"", b"{", b"[]", b'{"format": 1, "variables": {}}', b'{"format":2,"variables":{"VOLON_OP":"x"}}'):
            place.write_bytes(bad)
            volon.ok("task", "create", "X")
            assert "cannot be read" in volon.ok("doctor")
        assert lines(log) == [killed]


class TestHarmless:
    def test_a_pause_with_a_hook_leaves_the_users_bytes_alone(
        self, repo: RepoBuilder, volon: VolonInProcess, log: Path
    ) -> None:
        hooked(repo, volon, on_pause=[shell(f"echo ran >>{LOG}")], on_resume=[shell(f"echo ran >>{LOG}")])
        before = user_digest(repo.root)
        volon.ok("pause-task", "note")
        volon.ok("resume-task")
        assert user_digest(repo.root) == before
        assert len(lines(log)) == 2


def _parts(path: Path) -> list[str]:
    return path.read_text().rstrip("\n").split("\n\n")


def _until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def _is_gone(pid: int) -> bool:
    for _ in range(250):
        done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
        if not done.stdout.strip() or done.stdout.startswith("Z"):
            return True
        time.sleep(0.02)
    return False
