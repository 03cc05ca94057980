"""Programs end, are found where they may be found, and inherit nothing; signals wait where they must."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.support.running import PROJECT_ROOT
from volon.identity import Identity
from volon.interrupts import DeferredSignals
from volon.process import (
    Processes,
    ProgramMissing,
    ProgramTimedOut,
    restart_in_utf8,
)
from volon.supervised import Supervised, supervise

PYTHON = sys.executable


@pytest.fixture
def processes() -> Processes:
    return Processes(os.environ)


def program(where: Path, name: str = "tool", text: str = "#!/bin/sh\necho found\n") -> Path:
    where.mkdir(exist_ok=True)
    path = where / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


class TestFinding:
    def test_only_absolute_entries_of_path_count(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        program(tmp_path / "here")
        monkeypatch.chdir(tmp_path / "here")
        for path in (".", "", ":", "../here", f":.:{tmp_path / 'empty'}"):
            with pytest.raises(ProgramMissing):
                Processes({"PATH": path}).resolve("tool")
        assert Processes({"PATH": f".:{tmp_path / 'here'}"}).resolve("tool") == str(tmp_path / "here" / "tool")

    def test_it_is_looked_up_once(self, tmp_path: Path) -> None:
        program(tmp_path / "second")
        processes = Processes({"PATH": f"{tmp_path / 'first'}:{tmp_path / 'second'}"})
        assert processes.run(["tool"]).stdout == b"found\n"
        program(tmp_path / "first", text="#!/bin/sh\necho replaced\n")
        assert processes.run(["tool"]).stdout == b"found\n"

    def test_what_cannot_be_run_is_passed_over(self, tmp_path: Path) -> None:
        program(tmp_path / "a").chmod(0o644)
        (tmp_path / "b" / "tool").mkdir(parents=True)
        good = program(tmp_path / "c")
        path = ":".join(str(tmp_path / name) for name in "abc")
        assert Processes({"PATH": path}).resolve("tool") == str(good)

    def test_an_entry_of_path_that_cannot_even_be_looked_into_is_passed_over(self, tmp_path: Path) -> None:
        """As a shell does. Another user's directory is one; a name that no file system takes fails for root, too."""
        program(tmp_path / "closed")
        good = program(tmp_path / "open")
        (tmp_path / "closed").chmod(0)
        closed = ("n" * 300) if os.access(tmp_path / "closed", os.X_OK) else "closed"
        try:
            assert Processes({"PATH": f"{tmp_path / closed}:{good.parent}"}).resolve("tool") == str(good)
        finally:
            (tmp_path / "closed").chmod(0o755)

    def test_each_of_a_name_is_found_in_the_order_of_path_and_once(self, tmp_path: Path) -> None:
        found = [str(program(tmp_path / name)) for name in "ba"]
        path = ":".join(str(tmp_path / name) for name in ("b", "no", "a", "b"))
        assert Processes({"PATH": path}).every("tool") == found
        assert Processes({"PATH": path}).has("tool")
        assert not Processes({"PATH": str(tmp_path / "no")}).has("tool")

    @pytest.mark.parametrize("name", ["no-such-program", "sub/tool", "./tool", ""])
    def test_what_is_nowhere_is_named(self, name: str) -> None:
        with pytest.raises(ProgramMissing):
            Processes(os.environ).resolve(name)

    def test_a_program_that_cannot_start_is_an_error_of_volon(self, tmp_path: Path) -> None:
        path = program(tmp_path / "bad", text="#!/no/such/interpreter\n")
        with pytest.raises(ProgramMissing, match="could not be started"):
            Processes(os.environ).run([str(path)])


class TestRunning:
    def test_words_reach_the_program_untouched(self, processes: Processes) -> None:
        done = processes.run(
            [PYTHON, "-c", "import os,sys; print(list(map(os.fsencode, sys.argv[1:])))", "$HOME;", b"\xff*"]
        )
        assert done.stdout == b"[b'$HOME;', b'\\xff*']\n"

    def test_input_output_and_status(self, processes: Processes) -> None:
        script = "import sys; sys.stdout.write(sys.stdin.read() + 'out'); sys.stderr.write('e'); sys.exit(3)"
        done = processes.run([PYTHON, "-c", script], stdin=b"in ")
        assert (done.returncode, done.stdout, done.stderr) == (3, b"in out", b"e")

    def test_its_environment_is_the_one_given(self, processes: Processes) -> None:
        done = processes.run(["env"], env={"ONLY": "this"})
        assert done.stdout == b"ONLY=this\n"

    def test_nothing_of_ours_is_inherited(self, processes: Processes, tmp_path: Path) -> None:
        with (tmp_path / "secret").open("wb"):
            done = processes.run([PYTHON, "-c", "import os; print(os.listdir('/proc/self/fd'))"])
        assert len(done.stdout.split(b",")) == 4

    def test_what_was_left_open_to_volon_is_not_left_open_to_a_program(self, processes: Processes) -> None:
        """A lock of the caller's would be held as long as anything of the program lives."""
        fd = os.open(os.devnull, os.O_RDONLY)
        os.set_inheritable(fd, True)  # noqa: FBT003  the name of the function says what
        try:
            done = processes.run([PYTHON, "-c", "import os; print(os.listdir('/proc/self/fd'))"])
        finally:
            os.close(fd)
        assert len(done.stdout.split(b",")) == 4

    def test_signals_that_python_ignores_reach_it(self, processes: Processes) -> None:
        done = processes.run(["grep", "SigIgn", "/proc/self/status"])
        assert int(done.stdout.split()[1], 16) & 1 << signal.SIGPIPE - 1 == 0

    def test_it_leads_a_session_of_its_own(self, processes: Processes) -> None:
        done = processes.run([PYTHON, "-c", "import os; print(os.getsid(0) == os.getpgid(0) == os.getpid())"])
        assert done.stdout == b"True\n"

    def test_one_that_reads_nothing_is_not_waited_for_to_read(self, processes: Processes) -> None:
        done = processes.run([PYTHON, "-c", "print('said')"], stdin=b"x" * 1_000_000)
        assert (done.returncode, done.stdout) == (0, b"said\n")

    def test_where_the_system_keeps_no_status_what_it_said_counts(self) -> None:
        """Whoever started volon may have had it ignore the ends of children."""
        script = (
            "import os, signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN); from volon.process import Processes;"
            "print(Processes(os.environ).run(['echo', 'said']))"
        )
        done = subprocess.run([PYTHON, "-c", script], cwd=PROJECT_ROOT, capture_output=True, check=True)
        assert b"returncode=0, stdout=b'said\\n'" in done.stdout

    def test_it_is_told_in_parts_and_heard_line_by_line(self, processes: Processes) -> None:
        script = "import sys\nfor line in sys.stdin: print(line.upper(), end='', flush=True)\nprint('end')"
        begun = processes.begin([PYTHON, "-c", script])
        begun.tell([b"one\n", b"two\n"], 60)
        assert [begun.hear(60), begun.hear(60)] == [b"ONE\n", b"TWO\n"]
        assert begun.finish([b"thr", b"ee\n"], 60).stdout == b"THREE\nend\n"

    def test_one_that_takes_too_long_to_answer_or_to_listen_is_ended(self, processes: Processes) -> None:
        silent, deaf = (processes.begin([PYTHON, "-c", "import time; time.sleep(60)"]) for _ in range(2))
        assert silent.hear(0.1) == b""
        deaf.tell([b"x" * 1_000_000], 0.1)
        assert [one.finish(b"", 60).returncode for one in (silent, deaf)] == [-signal.SIGKILL] * 2

    def test_much_output_does_not_block(self, processes: Processes) -> None:
        done = processes.run([PYTHON, "-c", "import sys; sys.stdout.write(sys.stdin.read() * 9)"], stdin=b"x" * 500_000)
        assert len(done.stdout) == 4_500_000


TIMELY = 2.5
"""What every program that is started here has begun within, on a machine that has much else to do."""


def interrupt_once_it_runs(mark: Path) -> None:
    """Ctrl-C, when the program has written down that it runs and this thread waits for its end."""

    def wait() -> None:
        for _ in range(1000):
            if mark.exists() and mark.read_text():
                break
            time.sleep(0.02)
        time.sleep(0.3)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=wait, daemon=True).start()


class TestEnding:
    def test_what_takes_too_long_is_killed_with_all_its_children(self, processes: Processes, tmp_path: Path) -> None:
        mark = tmp_path / "pid"
        began = time.monotonic()
        with pytest.raises(ProgramTimedOut, match=r"2\.5 seconds") as raised:
            processes.run(["sh", "-c", f"sleep 60 & echo $! >{mark}; wait"], timeout=TIMELY)
        assert "pipe" in raised.value.hints[0]
        assert time.monotonic() - began < 40
        assert _is_gone(int(mark.read_text()))

    def test_a_child_that_left_the_group_is_not_waited_for(self, processes: Processes, tmp_path: Path) -> None:
        mark = tmp_path / "pid"
        began = time.monotonic()
        with pytest.raises(ProgramTimedOut):
            processes.run(["sh", "-c", f"setsid sh -c 'echo $$ >{mark}; exec sleep 60' & wait"], timeout=TIMELY)
        assert time.monotonic() - began < 40
        os.kill(int(mark.read_text()), signal.SIGKILL)

    def test_an_interrupt_ends_the_program_too(self, processes: Processes, tmp_path: Path) -> None:
        mark = tmp_path / "pid"
        interrupt_once_it_runs(mark)
        with pytest.raises(KeyboardInterrupt):
            processes.run(["sh", "-c", f"echo $$ >{mark}; exec sleep 60"])
        assert _is_gone(int(mark.read_text()))


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        state = (_read(f"/proc/{pid}/stat").rpartition(")")[2].split() or ["gone"])[0]
        if state in {"gone", "Z"}:
            return True
        time.sleep(0.02)
    return False


def _read(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - procfs
            return file.read()
    except OSError:
        return ""


class TestSupervising:
    """Programs of others: no input, little memory, limited time, and nobody left behind in their group."""

    @staticmethod
    def run(processes: Processes, where: Path, *argv: str, timeout: float = 20) -> Supervised:
        return supervise(processes, argv, cwd=where, env=dict(os.environ), timeout=timeout)

    def test_output_and_errors_come_in_their_order_with_the_status(self, processes: Processes, tmp_path: Path) -> None:
        done = self.run(processes, tmp_path, "sh", "-c", "echo one; echo two >&2; pwd; cat; exit 7")
        assert done == Supervised(7, f"one\ntwo\n{tmp_path}\n".encode())

    def test_only_the_end_of_much_output_is_kept(self, processes: Processes, tmp_path: Path) -> None:
        script = "import sys; sys.stdout.write('a' * 5_000_000 + 'the end')"
        done = self.run(processes, tmp_path, PYTHON, "-c", script)
        assert (len(done.output), done.output[-8:], done.cut) == (65536, b"athe end", True)

    def test_no_descriptor_of_ours_is_inherited(self, processes: Processes, tmp_path: Path) -> None:
        with (tmp_path / "secret").open("wb"):
            done = self.run(processes, tmp_path, PYTHON, "-c", "import os; print(len(os.listdir('/proc/self/fd')))")
        assert done.output == b"4\n"

    def test_a_background_child_that_keeps_the_output_open_is_not_waited_for(
        self, processes: Processes, tmp_path: Path
    ) -> None:
        began = time.monotonic()
        done = self.run(processes, tmp_path, "sh", "-c", f"sleep 60 & echo $! >{tmp_path}/pid; echo said")
        assert (done.returncode, done.output, done.timed_out) == (0, b"said\n", False)
        assert time.monotonic() - began < 40
        os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)

    def test_a_program_that_closed_its_output_is_still_waited_for(self, processes: Processes, tmp_path: Path) -> None:
        done = self.run(processes, tmp_path, "sh", "-c", "exec >&- 2>&-; sleep 0.4; exit 5")
        assert (done.returncode, done.timed_out) == (5, False)

    @pytest.mark.parametrize("ignoring", ["", "trap '' TERM;"], ids=["polite", "stubborn"])
    def test_too_long_ends_it_and_its_grandchildren(self, processes: Processes, tmp_path: Path, ignoring: str) -> None:
        script = f"{ignoring} sh -c '{ignoring} sleep 60 & echo $! >{tmp_path}/pid; wait' & wait"
        done = self.run(processes, tmp_path, "sh", "-c", script, timeout=TIMELY)
        assert done.timed_out
        assert done.returncode < 0
        assert _is_gone(int((tmp_path / "pid").read_text()))

    def test_it_is_asked_to_end_before_it_is_made_to(self, processes: Processes, tmp_path: Path) -> None:
        script = f"trap 'echo tidied >{tmp_path}/mark; exit 0' TERM; while :; do sleep 0.05; done"
        assert self.run(processes, tmp_path, "sh", "-c", script, timeout=TIMELY).timed_out
        assert (tmp_path / "mark").read_text() == "tidied\n"

    def test_an_interrupt_ends_the_group(self, processes: Processes, tmp_path: Path) -> None:
        interrupt_once_it_runs(tmp_path / "pid")
        with pytest.raises(KeyboardInterrupt):
            self.run(processes, tmp_path, "sh", "-c", f"sleep 60 & echo $! >{tmp_path}/pid; wait")
        assert _is_gone(int((tmp_path / "pid").read_text()))

    def test_what_is_nowhere_is_named(self, processes: Processes, tmp_path: Path) -> None:
        with pytest.raises(ProgramMissing):
            self.run(processes, tmp_path, "no-such-program")


class TestSignals:
    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_they_are_held_back_and_noted(self, number: signal.Signals) -> None:
        before = signal.signal(number, signal.default_int_handler)
        try:
            with DeferredSignals() as held:
                os.kill(os.getpid(), number)
                os.kill(os.getpid(), number)
                assert held.received == number
            assert signal.getsignal(number) == signal.default_int_handler
        finally:
            signal.signal(number, before)

    def test_one_that_is_ignored_stays_ignored(self) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            with DeferredSignals() as held:
                os.kill(os.getpid(), signal.SIGHUP)
            assert held.received is None
        finally:
            signal.signal(signal.SIGHUP, before)

    def test_outside_the_main_thread_nothing_is_held_back(self) -> None:
        seen: list[int | None] = []

        def work() -> None:
            with DeferredSignals() as held:
                seen.append(held.received)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert seen == [None]


class TestRestarting:
    """A process cannot be replaced within a test; what it would be replaced by is looked at."""

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str]]]:
        started: list[tuple[str, list[str]]] = []
        monkeypatch.setattr(os, "execv", lambda path, argv: started.append((path, argv)))
        monkeypatch.setattr(sys, "orig_argv", [PYTHON, "-P", "-m", "volon", "status"])
        monkeypatch.setenv("PYTHONIOENCODING", "gone")
        monkeypatch.delenv("PYTHONIOENCODING")
        return started

    def test_it_is_the_same_command_in_utf8_and_that_only_once(
        self, started: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        restart_in_utf8()
        assert started == [(PYTHON, [PYTHON, "-X", "utf8", "-P", "-m", "volon", "status"])]
        assert os.environ["PYTHONIOENCODING"] == f"{sys.stdout.encoding}:backslashreplace"
        monkeypatch.setattr(sys, "orig_argv", started.pop()[1])
        restart_in_utf8()
        assert started == []

    def test_what_the_user_said_about_the_encoding_stays(
        self, started: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYTHONIOENCODING", "latin-1")
        restart_in_utf8()
        assert started
        assert os.environ["PYTHONIOENCODING"] == "latin-1"

    def test_where_there_is_no_way_to_do_it_it_goes_on(
        self, started: list[tuple[str, list[str]]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise PermissionError

        with monkeypatch.context() as patch:
            patch.setattr(os, "execv", refuse)
            restart_in_utf8()
        monkeypatch.setattr(sys, "executable", "")
        restart_in_utf8()
        assert started == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="not verified: no /proc here")
def test_an_identity_tells_the_boot_the_namespace_and_the_start_whatever_the_program_is_called() -> None:
    name = "import sys; open('/proc/self/comm', 'wb').write(b'a) \\xff 1 (2'); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([PYTHON, "-c", name], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        before = Identity.of(child.pid)
        assert child.stdout is not None
        child.stdout.readline()
        assert Identity.of(child.pid) == before
        assert before.start.isdigit()
        child.kill()
    own = Identity.own()
    assert (own.boot, own.pids) == (before.boot, before.pids)
    assert own.boot == _read("/proc/sys/kernel/random/boot_id").strip() != ""
    assert own.pids == str(Path("/proc/self/ns/pid").readlink())


def test_a_process_has_an_identity_and_a_dead_one_another() -> None:
    own = Identity.own()
    assert own == Identity.of(os.getpid())
    assert own.pid == os.getpid()
    assert own.start
    assert Identity.of(2**22 + 1).start == ""
