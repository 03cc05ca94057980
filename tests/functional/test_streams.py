"""Whatever the caller did to streams, locale and directory: a true exit code and never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.running import volon_argv, volon_environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonProcess

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
LATIN = {"PYTHONIOENCODING": "latin-1"}
TASK = "TASK-20261119-001"


def shell(repo: RepoBuilder, line: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a shell line in which `volon` is this checkout's."""
    script = "volon() { " + " ".join(volon_argv()) + ' "$@"; }; ' + line
    return subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=repo.root,
        env=volon_environment(env),
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("env", [ASCII, LATIN], ids=["ascii", "latin-1"])
def test_text_the_terminal_cannot_show_is_spelled_out_and_the_pause_is_done(
    repo: RepoBuilder, volon_process: VolonProcess, env: dict[str, str]
) -> None:
    repo.write("ü.txt", "untracked\n")
    paused = volon_process("pause-task", "café → €", "--next", "gö on", "-C", ".", env=env)
    assert (paused.code, "Traceback" in paused.err) == (0, False)
    assert "café → €" in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()
    assert "?? 100644" in repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    assert volon_process("status", env=env).code == 0


def test_a_repository_below_a_directory_outside_ascii_works_in_every_locale(
    repo: RepoBuilder, volon_process: VolonProcess
) -> None:
    repo.write("dir-ü/x", "y\n")
    assert volon_process("pause-task", "n", "-C", "dir-ü", env=ASCII).code == 0
    assert volon_process("status", cwd=repo.root / "dir-ü", env=ASCII).code == 0


@pytest.mark.parametrize("closed", [">&-", "<&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_as_good_as_the_null_device(repo: RepoBuilder, closed: str) -> None:
    repo.write("x", "y\n")
    for command in ("pause-task n --next x", "status", "--help"):
        done = shell(repo, f"volon {command} {closed}")
        assert (done.returncode, done.stderr) == (0, b""), command
    assert repo.read(f".volon/tasks/{TASK}.md")


def test_output_that_cannot_be_written_is_no_traceback(repo: RepoBuilder) -> None:
    done = shell(repo, "volon status > /dev/full")
    assert done.returncode == 5
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr
    porcelain = shell(repo, "volon status --porcelain > /dev/full")
    assert (porcelain.returncode, b"No space left" in porcelain.stderr) == (5, True)
    assert shell(repo, "volon prompt > /dev/full").returncode == 0
    paused = shell(repo, "volon pause-task n > /dev/full")
    assert paused.returncode == 1
    assert b"The operation is done" in paused.stderr


def test_a_deleted_working_directory_is_said(repo: RepoBuilder) -> None:
    done = shell(repo, "mkdir gone; cd gone; rmdir ../gone; volon status")
    assert done.returncode == 5
    assert b"The directory that volon was started in is gone." in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_request_on_standard_input_is_utf8_in_every_locale(repo: RepoBuilder, volon_process: VolonProcess) -> None:
    request = '{"note": "café", "plan": "→"}'.encode()
    assert volon_process("pause-task", "--from", "-", stdin=request, env=LATIN).code == 0
    assert "café" in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()


def test_an_interrupt_during_start_up_is_no_traceback(repo: RepoBuilder, tmp_path: Path) -> None:
    slow = tmp_path / "slow"
    slow.mkdir()
    (slow / "sitecustomize.py").write_text(
        "import sys\n"
        "class Slow:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'volon.cli.main':\n"
        "            import pathlib, time\n"
        f"            pathlib.Path({str(slow / 'started')!r}).touch()\n"
        # Not one long sleep: an interrupt just before it would wait for its end.
        "            for _ in range(3000): time.sleep(0.01)\n"
        "sys.meta_path.insert(0, Slow())\n",
        encoding="utf-8",
    )
    env = volon_environment()
    env["PYTHONPATH"] = f"{slow}{os.pathsep}{env['PYTHONPATH']}"
    running = subprocess.Popen([*volon_argv(), "status"], cwd=repo.root, env=env, stderr=subprocess.PIPE)
    while not (slow / "started").exists():
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=10)
    assert running.returncode == 130
    assert err == b"Error: Interrupted; nothing was changed.\n"
