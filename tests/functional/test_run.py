"""`volon run`: the command runs as it would without volon, and what came of it is recorded whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pty
import resource
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import TYPE_CHECKING, Any, Self

import pytest

from tests.support.running import volon_argv, volon_environment
from volon.model.evidence import decode

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess
    from volon.model.evidence import Evidence

TASK = "TASK-20261119-001"
TOKEN = "ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2
PYTHON = [sys.executable, "-c"]


def kept(repo: RepoBuilder) -> list[Evidence]:
    """The records of the working tree, oldest first; each must be whole."""
    place = repo.root / ".git/volon/evidence"
    rows = [decode(path.read_text()) for path in sorted(place.iterdir())] if place.exists() else []
    assert all(rows)
    return [row for row in rows if row is not None]


def everything(repo: RepoBuilder) -> bytes:
    """Every byte that volon has written here."""
    tops = (repo.root / ".volon", repo.root / ".git/volon")
    return b"".join(path.read_bytes() for top in tops for path in sorted(top.rglob("*")) if path.is_file())


class TestTransparency:
    def test_output_comes_through_untouched_on_the_stream_it_was_written_to(self, volon_process: VolonProcess) -> None:
        script = "import os; os.write(1, bytes(range(256))); os.write(2, b'\\x00\\xff\\r\\n'); os.write(1, b'end')"
        done = subprocess.run(
            [*volon_argv(), "run", "--", *PYTHON, script],
            cwd=volon_process.cwd,
            env=volon_environment(),
            capture_output=True,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, bytes(range(256)) + b"end", b"\x00\xff\r\n")

    def test_input_reaches_the_command(self, volon_process: VolonProcess) -> None:
        assert volon_process("run", "--", "cat", stdin=b"what was typed\n").out == "what was typed\n"

    @pytest.mark.parametrize("status", [0, 1, 2, 3, 70, 130, 255])
    def test_the_exit_status_is_the_commands_own(self, volon: VolonInProcess, repo: RepoBuilder, status: int) -> None:
        assert volon("run", "--", "sh", "-c", f"exit {status}").code == status
        assert [row.exit_status for row in kept(repo)] == [status]

    def test_a_command_ended_by_a_signal_gives_128_and_its_number(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        assert volon("run", "--", "sh", "-c", "kill -9 $$").code == 137
        assert [row.exit_status for row in kept(repo)] == [-9]
        assert kept(repo)[0].outcome.startswith("ended by SIGKILL in ")

    @pytest.mark.parametrize(
        ("words", "code"),
        [(["no-such-program"], 127), (["./no/such"], 127), (["README.md"], 127), (["./README.md"], 126), (["./"], 126)],
    )
    def test_a_command_that_cannot_start_exits_as_in_a_shell_and_is_no_evidence(
        self, volon: VolonInProcess, repo: RepoBuilder, words: list[str], code: int
    ) -> None:
        ran = volon("run", "--", *words)
        assert (ran.code, ran.out) == (code, "")
        assert ran.err.startswith("Error: ")
        assert kept(repo) == []

    def test_words_are_words_and_no_shell_sees_them(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        words = ["a b", "$HOME", "`id`", "*", "--json", "--", "-q", ""]
        ran = volon("run", "--", *PYTHON, "import sys; print(sys.argv[1:])", *words)
        assert ran.out == f"{words}\n"
        assert kept(repo)[0].argv[3:] == tuple(words)

    def test_options_end_where_the_command_begins(self, volon: VolonInProcess) -> None:
        assert volon("run", "echo", "--json", "-q", "-C", "x").out == "--json -q -C x\n"
        assert volon("run", "--", "sh", "-c", "exit 4", "--json").code == 4

    def test_it_runs_where_it_was_called(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        assert volon("run", "--", "pwd", cwd=repo.root / "src").out == f"{repo.root / 'src'}\n"
        assert volon("-C", "src", "run", "--", "./app.sh").code == 127
        assert volon("run", "-C", "src", "--", "pwd").out == f"{repo.root / 'src'}\n"
        assert [row.cwd for row in kept(repo)] == ["src", "src"]

    def test_json_is_one_object_and_the_output_goes_to_standard_error(self, volon_process: VolonProcess) -> None:
        ran = volon_process("run", "--json", "--", "sh", "-c", "echo out; echo err >&2; exit 5")
        found = json.loads(ran.out)
        assert (ran.code, found["exit_code"], found["evidence"]["exit_status"]) == (5, 5, 5)
        assert sorted(ran.err.splitlines()) == ["err", "out"]

    def test_a_reader_that_leaves_ends_the_command_as_it_would_without_volon(self, repo: RepoBuilder) -> None:
        line = " ".join([*volon_argv(), "run", "--", "yes"])
        done = subprocess.run(
            ["bash", "-c", f"{line} | head -n 1; exit ${{PIPESTATUS[0]}}"],
            cwd=repo.root,
            env=volon_environment(),
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGPIPE, b"y\n", b"")
        assert kept(repo)[0].exit_status == -signal.SIGPIPE

    def test_what_runs_on_in_the_background_is_not_waited_for(self, volon: VolonInProcess) -> None:
        began = time.monotonic()
        assert volon("run", "--", "sh", "-c", "sleep 50 & echo started; echo $! >&2").out == "started\n"
        assert time.monotonic() - began < 40


class TestRecord:
    def test_it_says_how_it_ended_on_which_tree_and_what_came_out(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "Retry")
        repo.write("notes.txt", "work")
        volon("run", "--", "sh", "-c", "printf out; printf err >&2; exit 3")
        (row,) = kept(repo)
        assert (row.task_id, row.exit_status, row.cwd, row.exact) == (TASK, 3, ".", True)
        assert (row.out.size, row.out.sha256) == (3, hashlib.sha256(b"out").hexdigest())
        assert (row.err.size, row.err.sha256) == (3, hashlib.sha256(b"err").hexdigest())
        assert sorted(row.tail.replace("out", "out ").split()) == ["err", "out"]
        assert row.before == row.after
        assert row.before.head == repo.head()
        assert row.before.files is not None
        assert [path for path, *_ in row.before.files] == ["notes.txt"]
        assert not row.changed_the_tree

    def test_a_command_that_changes_files_is_said_to(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        found = json.loads(volon("run", "--json", "--", "sh", "-c", "echo x >> README.md; touch new.txt").out)
        assert found["evidence"]["changed_the_tree"]
        assert found["evidence"]["changed_files"] == ["README.md", "new.txt"]
        assert kept(repo)[0].before != kept(repo)[0].after

    def test_a_command_that_commits_is_said_to(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        volon("run", "--", "git", "commit", "-q", "--allow-empty", "-m", "by the command")
        (row,) = kept(repo)
        assert row.before.head != row.after.head == repo.head()
        assert row.changed_the_tree

    def test_ten_thousand_changed_files_are_known_by_one_digest(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        for number in range(300):
            repo.write(f"many/{number}.txt", str(number))
        volon("run", "--", "true")
        volon("run", "--", "true")
        one, two = kept(repo)
        assert one.before.files is None
        assert one.before.identity == two.before.identity
        repo.write("many/7.txt", "another")
        volon("run", "--", "true")
        assert kept(repo)[-1].before.identity != two.before.identity

    def test_secrets_are_in_no_byte_that_is_written(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEkeykeykey\nmore\n-----END RSA PRIVATE KEY-----"
        script = f"echo {TOKEN}; echo '{key}'; true"
        ran = volon("run", "--", "sh", "-c", script, "x", "--token", "hunter2hunter2", f"PASSWORD={TOKEN}")
        assert TOKEN in ran.out
        for secret in (TOKEN, "hunter2hunter2", "MIIEkeykeykey"):
            assert secret.encode() not in everything(repo)
        assert not kept(repo)[0].exact

    def test_the_environment_is_not_recorded(self, volon_process: VolonProcess, repo: RepoBuilder) -> None:
        ran = volon_process("run", "--", "sh", "-c", "echo $MARK >/dev/null", env={"MARK": "only-in-the-environment"})
        assert ran.code == 0
        assert b"only-in-the-environment" not in everything(repo)

    def test_words_that_are_no_text_and_very_long_ones_are_kept_as_far_as_they_go(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon("run", "--", "true", os.fsdecode(b"\xff\xfe"), "x" * 100_000, *map(str, range(2000)))
        (row,) = kept(repo)
        assert row.argv[1] == "\udcff\udcfe"
        assert not row.exact
        assert len(" ".join(row.argv)) < 2000

    def test_no_output_and_binary_output_are_recorded(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        volon("run", "--", "true")
        volon("run", "--", *PYTHON, "import os; os.write(1, b'\\x1b[2J\\x00\\xff' * 50)")
        nothing, binary = kept(repo)
        assert (nothing.out.size, nothing.tail) == (0, "")
        assert binary.out.size == 300
        assert "\x1b" not in volon("run", "--json", "--", "true").out

    def test_a_hundred_megabytes_stay_bounded_in_memory(self, repo: RepoBuilder) -> None:
        script = "import os\nfor _ in range(1600): os.write(1, b'x' * 65535 + b'\\n')"

        def limit() -> None:
            resource.setrlimit(resource.RLIMIT_DATA, (220 << 20, 220 << 20))

        with subprocess.Popen(
            [*volon_argv(), "run", "--", *PYTHON, script],
            cwd=repo.root,
            env=volon_environment(),
            stdout=subprocess.PIPE,
            preexec_fn=limit,  # noqa: PLW1509
        ) as running:
            assert running.stdout is not None
            whole, size = hashlib.sha256(), 0
            while piece := running.stdout.read(1 << 20):
                whole.update(piece)
                size += len(piece)
        assert (running.returncode, size) == (0, 1600 * 65536)
        assert kept(repo)[0].out.sha256 == whole.hexdigest()
        assert len(everything(repo)) < 100_000

    def test_only_the_newest_hundred_are_kept(
        self, volon: VolonInProcess, repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("volon.usecases.running.run._MOST", 3)
        for number in range(5):
            volon("run", "--", "sh", "-c", f"exit {number}")
        assert [row.exit_status for row in kept(repo)] == [2, 3, 4]

    def test_undo_takes_the_record_back_and_an_undo_of_that_puts_it_back(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon("run", "--", "true")
        volon.ok("undo")
        assert kept(repo) == []
        volon.ok("undo")
        assert len(kept(repo)) == 1


class TestTask:
    def test_several_tasks_in_progress_are_refused_before_anything_runs(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "One")
        volon.ok("task", "start", "Two")
        ran = volon("run", "--", "touch", "it-ran")
        assert (ran.code, kept(repo)) == (2, [])
        assert "volon run --task" in ran.err
        assert not (repo.root / "it-ran").exists()
        assert volon("run", "--task", TASK, "--", "true").code == 0
        assert kept(repo)[0].task_id == TASK

    def test_without_a_task_it_is_recorded_for_the_next_pause(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        assert volon("run", "--", "true").code == 0
        assert kept(repo)[0].task_id is None
        assert repo.git("status", "--porcelain") == ""

    def test_inside_a_hook_nothing_runs(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        assert volon("run", "--", "touch", "it-ran", env={"VOLON_IN_HOOK": "x"}).code == 4
        assert not (repo.root / "it-ran").exists()

    def test_outside_of_a_repository_nothing_runs(self, volon: VolonInProcess, tmp_path: Path) -> None:
        assert volon("run", "--", "touch", "it-ran", cwd=tmp_path).code == 5
        assert not (tmp_path / "it-ran").exists()


class TestLock:
    def test_no_lock_is_held_while_it_runs_so_that_it_may_call_volon_itself(
        self, volon_process: VolonProcess, repo: RepoBuilder
    ) -> None:
        inner = [*volon_argv(), "pause-task", "from within", "--quiet"]
        ran = volon_process("run", "--", *inner)
        assert (ran.code, ran.out) == (0, "01\n")
        assert len(kept(repo)) == 1

    def test_what_cannot_be_recorded_is_never_a_success(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        script = "mkdir -p .git/volon && : > .git/volon/evidence"
        ran = volon("run", "--", "sh", "-c", script)
        assert ran.code not in {0, 1}
        assert "The command ran, but it was not recorded" in ran.err
        (repo.root / ".git/volon/evidence").unlink()
        assert volon("run", "--", "sh", "-c", f"{script}; exit 1").code == 1


class TestSignals:
    @pytest.mark.usefixtures("hangups")
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1])
    def test_what_reaches_volon_reaches_the_command_once(
        self, volon_process: VolonProcess, repo: RepoBuilder, number: signal.Signals
    ) -> None:
        script = (
            f"import os, signal, sys\nmeant = [{int(number)}]\n"
            # Waited for, not handled: a handler of Python's runs late when its signal comes just before a sleep.
            "signal.pthread_sigmask(signal.SIG_BLOCK, meant); os.write(1, b'ready\\n')\n"
            "os.write(1, b'heard %d\\n' % signal.sigwait(meant))\n"
            "sys.exit(8 if signal.sigtimedwait(meant, 0.2) else 9)"
        )
        running = volon_process.start("run", "--", *PYTHON, script)
        assert running.stdout is not None
        assert running.stdout.readline() == b"ready\n"
        running.send_signal(number)
        out, _ = running.communicate(timeout=30)
        assert (running.returncode, out) == (9, b"heard %d\n" % number)
        assert [row.exit_status for row in kept(repo)] == [9]

    def test_a_signal_that_ends_the_command_ends_volon_with_128_and_its_number(
        self, volon_process: VolonProcess, repo: RepoBuilder
    ) -> None:
        running = volon_process.start("run", "--", "sh", "-c", "echo ready; exec sleep 60")
        assert running.stdout is not None
        running.stdout.readline()
        running.terminate()
        running.communicate(timeout=30)
        assert running.returncode == 143
        assert [row.exit_status for row in kept(repo)] == [-15]

    def test_volon_killed_while_it_runs_leaves_no_record_and_nothing_to_mend(
        self, volon_process: VolonProcess, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        running = volon_process.start("run", "--", "sh", "-c", "echo ready; sleep 2; echo late; echo late")
        assert running.stdout is not None
        running.stdout.readline()
        running.kill()
        running.communicate(timeout=30)
        assert kept(repo) == []
        assert not list((repo.root / ".git").glob("**/*.lock"))
        assert volon("run", "--", "true").code == 0

    def test_stopped_and_let_go_on_it_goes_on(self, volon_process: VolonProcess) -> None:
        script = "import os, time; print(os.getpid(), flush=True); time.sleep(1); print('end')"
        running = volon_process.start("run", "--", *PYTHON, script)
        assert running.stdout is not None
        pid = int(running.stdout.readline())
        running.send_signal(signal.SIGTSTP)
        _until(lambda: _state(running.pid) == _state(pid) == "T")
        running.send_signal(signal.SIGCONT)
        assert running.communicate(timeout=30)[0] == b"end\n"
        assert running.returncode == 0


class TestTerminal:
    def test_where_volon_has_a_terminal_the_command_has_one_of_the_same_size(self, repo: RepoBuilder) -> None:
        script = "import os, sys; print([os.isatty(n) for n in range(3)], os.get_terminal_size(), flush=True); input()"
        with _Terminal(repo.root, "run", "--", *PYTHON, script) as terminal:
            terminal.expect(b"[True, True, True] os.terminal_size(columns=101, lines=33)\r\n")
            terminal.type(b"x\n")
            terminal.expect(b"Recorded: exit 0 in ")
            assert terminal.ended() == 0
        assert kept(repo)[0].terminal

    def test_ctrl_c_reaches_the_command_once_and_the_terminal_is_put_back(self, repo: RepoBuilder) -> None:
        script = (
            "import signal\nmeant = [signal.SIGINT]\nsignal.pthread_sigmask(signal.SIG_BLOCK, meant)\n"
            "print('ready', flush=True); signal.sigwait(meant); print('heard', flush=True)\n"
            "if signal.sigtimedwait(meant, 0.5): print('twice')"
        )
        with _Terminal(repo.root, "run", "--", *PYTHON, script) as terminal:
            before = termios.tcgetattr(terminal.fd)
            terminal.expect(b"ready")
            terminal.type(b"\x03")
            terminal.expect(b"Recorded: exit 0 in ")
            assert terminal.ended() == 0
            assert terminal.seen.count(b"heard") == 1
            assert b"twice" not in terminal.seen
            assert termios.tcgetattr(terminal.fd) == before

    def test_a_new_size_reaches_the_command(self, repo: RepoBuilder) -> None:
        script = (
            "import os, signal\n"
            # Waited for, not handled: a handler of Python's runs late when its signal comes just before a sleep.
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])\n"
            "os.write(1, b'ready\\n')\n"
            "while os.get_terminal_size().lines != 44: signal.sigwait([signal.SIGWINCH])\n"
            "os.write(1, b'%s\\n' % str(os.get_terminal_size()).encode())"
        )
        with _Terminal(repo.root, "run", "--", *PYTHON, script) as terminal:
            terminal.expect(b"ready")
            terminal.resize(44, 55)
            terminal.expect(b"os.terminal_size(columns=55, lines=44)")
            assert terminal.ended() == 0

    def test_output_that_is_no_terminal_stays_none(self, repo: RepoBuilder, tmp_path: Path) -> None:
        words = " ".join([*volon_argv(), "run", "--", "sh", "-c", "'test ! -t 1 && test -t 2 && echo plain'"])
        with _Terminal(repo.root, line=f"{words} > {tmp_path / 'out'}") as terminal:
            assert terminal.ended() == 0
        assert (tmp_path / "out").read_bytes() == b"plain\n"


class _Terminal:
    """volon on a terminal of 33 lines and 101 columns."""

    def __init__(self, where: Path, *argv: str, line: str = "") -> None:
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            self.fd = 0
            self.resize(33, 101)
            os.chdir(where)
            words = ["sh", "-c", line] if line else [*volon_argv(), *argv]
            os.execvpe(words[0], words, volon_environment({"TERM": "dumb"}))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: bytes) -> None:
        os.write(self.fd, keys)

    def expect(self, text: bytes) -> None:
        deadline = time.monotonic() + 30
        while text not in self.seen:
            assert time.monotonic() < deadline, self.seen
            self._read(0.2)

    def ended(self) -> int:
        while self._read(10):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self, seconds: float) -> bool:
        try:
            if not select.select([self.fd], [], [], seconds)[0]:
                return False
            piece = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.seen += piece
        return bool(piece)


def _until(condition: Any, seconds: float = 20) -> None:  # noqa: ANN401 - a lambda
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def _state(pid: int) -> str:
    with open(f"/proc/{pid}/stat", encoding="ascii") as found:  # noqa: PTH123
        return found.read().rpartition(") ")[2][0]
