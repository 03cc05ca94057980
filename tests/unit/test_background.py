"""The keeper of tickets, asked by hand; and volon started once more, heard while somebody listens, and going on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.running import volon_environment
from volon.background import Apart, Ends, Launcher, Witnessed, is_attempt, names, wait, witnesses
from volon.process import ProgramMissing

if TYPE_CHECKING:
    from collections.abc import Iterator


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


def test_a_ticket_gets_its_log_and_no_descriptor_of_ours(ends: Ends, tmp_path: Path) -> None:
    before = descriptors()
    launcher = Launcher(volon_environment(), ends)
    fds = "import os; print(*sorted(fd for fd in range(64) if os.path.exists(f'/proc/self/fd/{fd}')))"
    launcher.start("a.1", [sys.executable, "-I", "-c", fds], "", {})
    known: dict[str, Witnessed] = {}
    while known.get("a.1", Witnessed(0)).exit_status is None:
        wait(launcher.said, 1)
        witnesses(launcher.hear(), known)
    launcher.leave(settled=True)
    assert (tmp_path / "a.1.log").read_text() == "0 1 2\n"
    assert descriptors() == before


def test_a_number_is_no_proof_that_a_process_is_a_tickets() -> None:
    child = subprocess.Popen(["sleep", "600"], env={**volon_environment(), **names("run", "a.1")})
    try:
        assert is_attempt(child.pid, "run", "a.1")
        assert not is_attempt(child.pid, "run", "a.2")
    finally:
        child.kill()
        # A zombie is nobody.
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert not is_attempt(child.pid, "run", "a.1")
        child.wait()
    assert not is_attempt(1 << 30, "run", "a.1")


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
