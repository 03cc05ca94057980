"""The keeper of tickets, asked by hand; and volon started once more, heard while somebody listens, and going on."""

from __future__ import annotations

import fcntl
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.running import volon_environment
from volon.again import Apart
from volon.background import Ends, Launcher, Witnessed, is_attempt, names, witnesses
from volon.process import ProgramMissing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    (tmp_path / "a.1.log").touch()
    files = [os.open(tmp_path / name, os.O_RDWR | os.O_APPEND | os.O_CREAT) for name in ("exits", "lock")]
    found = Ends(files[0], os.open(tmp_path, os.O_RDONLY), files[1])
    yield found
    for fd in found:
        os.close(fd)


def until(holds: Callable[[], object]) -> None:
    """Wait for something to become true; the limit is there for a test that fails."""
    for _ in range(1500):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("it never came true")


def witnessed(where: Path) -> dict[str, Witnessed]:
    known: dict[str, Witnessed] = {}
    witnesses((where / "exits").read_bytes(), known)
    return known


def heard(launcher: Launcher, tag: str) -> Witnessed:
    known: dict[str, Witnessed] = {}

    def over() -> bool:
        witnesses(launcher.hear(), known)
        return tag in known and known[tag].exit_status is not None

    until(over)
    return known[tag]


def test_a_ticket_gets_its_log_and_no_descriptor_of_ours(ends: Ends, tmp_path: Path) -> None:
    leaked = fcntl.fcntl(ends.lock, fcntl.F_DUPFD, 10)
    before = descriptors()
    launcher = Launcher(volon_environment(), ends)
    fds = "import os; print(*sorted(fd for fd in range(64) if os.path.exists(f'/proc/self/fd/{fd}')))"
    launcher.start("a.1", [sys.executable, "-I", "-c", fds], "", {})
    heard(launcher, "a.1")
    launcher.leave(settled=True)
    assert (tmp_path / "a.1.log").read_text() == "0 1 2\n"
    assert descriptors() == before
    os.close(leaked)


def test_a_number_is_no_proof_that_a_process_is_a_tickets() -> None:
    env = {**volon_environment(), **names("run", "a.1")}
    with subprocess.Popen(
        ["sh", "-c", "echo; read line"], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        # Until it has said something it may not have its variables yet.
        assert child.stdout
        assert child.stdout.readline() == b"\n"
        assert is_attempt(Witnessed(child.pid), "run", "a.1")
        assert not is_attempt(Witnessed(child.pid), "run", "a.2")
        child.kill()
        # A zombie is nobody.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_attempt(Witnessed(child.pid), "run", "a.1")
    assert not is_attempt(Witnessed(1 << 30), "run", "a.1")


def test_a_ticket_that_gave_up_its_variables_and_its_log_is_known_by_its_birth(ends: Ends, tmp_path: Path) -> None:
    launcher = Launcher(volon_environment(), ends)
    launcher.start("a.1", [], "exec env -i sh -c 'exec >/dev/null 2>&1; : > gone; sleep 600'", {}, str(tmp_path))
    try:
        until((tmp_path / "gone").exists)
        found = witnessed(tmp_path)["a.1"]
        assert is_attempt(found, "run", "a.1")
        assert not is_attempt(found._replace(birth=f"1{found.birth}"), "run", "a.1")
        assert not is_attempt(found._replace(birth=found.birth.replace(".", ".x")), "run", "a.1")
    finally:
        os.killpg(witnessed(tmp_path)["a.1"].pid, signal.SIGKILL)
        assert heard(launcher, "a.1").exit_status == 137
        launcher.leave(settled=True)
    assert not is_attempt(found, "run", "a.1")


def test_the_end_of_a_ticket_is_heard_also_where_volon_was_started_deaf_to_it(ends: Ends, tmp_path: Path) -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGTERM])
    try:
        launcher = Launcher(volon_environment(), ends)
        launcher.start("a.1", ["grep", "SigBlk", "/proc/self/status"], "", {})
        assert heard(launcher, "a.1").exit_status == 0
        launcher.leave(settled=True)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert int((tmp_path / "a.1.log").read_text().split()[1], 16) == 0


def test_a_log_that_takes_no_more_and_a_program_that_is_missing_are_the_trouble_of_one_ticket(
    ends: Ends, tmp_path: Path
) -> None:
    os.truncate(tmp_path / "a.1.log", 1 << 20)
    (tmp_path / "b.1.log").touch()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, before[1]))
    try:
        launcher = Launcher(volon_environment(), ends)
        for tag, program in (("a.1", "/no/such/program"), ("b.1", "/bin/true")):
            launcher.start(tag, [program], "", {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert heard(launcher, "b.1").exit_status == 0
    launcher.leave(settled=True)
    assert witnessed(tmp_path)["a.1"].exit_status == 127


def test_the_number_of_a_ticket_that_could_not_be_written_down_is_said_and_written_once_it_can_be(
    ends: Ends, tmp_path: Path
) -> None:
    (tmp_path / "b.1.log").touch()
    launcher = Launcher(volon_environment(), ends)
    launcher.start("b.1", ["true"], "", {})
    heard(launcher, "b.1")
    exits = (tmp_path / "exits").read_bytes()
    keeper = int(exits.split()[1])
    limits = resource.prlimit(keeper, resource.RLIMIT_FSIZE)
    resource.prlimit(keeper, resource.RLIMIT_FSIZE, (len(exits) + len(b"\nS a.1 0\n"), limits[1]))
    launcher.start("a.1", ["sleep", "600"], "", {})
    said: dict[str, Witnessed] = {}
    until(lambda: witnesses(launcher.hear(), said))
    try:
        assert witnessed(tmp_path)["a.1"].pid == 0
        resource.prlimit(keeper, resource.RLIMIT_FSIZE, limits)
        until(lambda: witnessed(tmp_path)["a.1"] == said["a.1"])
    finally:
        os.killpg(said["a.1"].pid, signal.SIGKILL)
        heard(launcher, "a.1")
        launcher.leave(settled=True)


def test_what_it_says_on_stderr_and_its_exit_code_are_known_once_it_has_ended() -> None:
    before = descriptors()
    apart = Apart(["no-such-command"], volon_environment())
    while (over := apart.over()) is None:
        time.sleep(0.02)
    assert (over[0], "no-such-command" in over[1]) == (2, True)
    assert descriptors() == before


def test_who_leaves_keeps_nothing_of_it() -> None:
    before = descriptors()
    apart = Apart(["--version"], volon_environment())
    apart.leave()
    assert descriptors() == before
    assert os.waitpid(apart.pid, 0)[1] == 0


def test_an_interpreter_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descriptors()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(ProgramMissing, match="volon could not be started once more"):
        Apart([], {})
    assert descriptors() == before
