"""nthkill does what it says: it counts over the whole tree, and the Nth call is never executed."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.crash.nthkill import Action, NotVerified, Plan, library, program, trace_call, trace_command

if TYPE_CHECKING:
    from pathlib import Path

try:
    library()
except NotVerified as missing:
    pytest.skip(f"not verified: {missing}", allow_module_level=True)


def three_files(where: Path) -> int:
    for name in ("a", "b", "c"):
        fd = os.open(where / name, os.O_CREAT | os.O_WRONLY)
        os.close(fd)
    print("done")
    return 7


def test_counting_changes_nothing(tmp_path: Path) -> None:
    traced = trace_call(lambda: three_files(tmp_path), Plan(), listed=True)
    assert (traced.count, traced.hit, traced.code, traced.out) == (3, False, 7, "done\n")
    assert traced.calls == tuple(f"{n} openat {tmp_path}/{name}" for n, name in enumerate("abc", start=1))


def test_of_all_opens_only_those_that_make_or_empty_a_file_count(tmp_path: Path) -> None:
    def opens() -> int:
        for flags in (os.O_CREAT | os.O_RDWR, os.O_RDONLY, os.O_WRONLY, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY):
            os.close(os.open(tmp_path / "a", flags))
        return 0

    assert trace_call(opens, Plan()).count == 2
    assert trace_call(opens, Plan(2, Action.ERRNO, errno.EIO)).hit


@pytest.mark.parametrize("at", [1, 2, 3])
def test_the_nth_call_is_not_executed(tmp_path: Path, at: int) -> None:
    traced = trace_call(lambda: three_files(tmp_path), Plan(at, Action.KILL))
    assert (traced.hit, traced.code) == (True, 128 + signal.SIGKILL)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == list("abc"[: at - 1])


def test_a_point_beyond_the_end_is_not_hit(tmp_path: Path) -> None:
    traced = trace_call(lambda: three_files(tmp_path), Plan(4, Action.KILL))
    assert (traced.hit, traced.code) == (False, 7)


def test_children_are_counted_and_killed_too(tmp_path: Path) -> None:
    script = "touch one; (sleep 30; touch late) & mkdir two; touch three"

    def shell() -> int:
        os.chdir(tmp_path)
        return subprocess.run(["sh", "-c", script], check=False).returncode

    began = time.monotonic()
    traced = trace_call(shell, Plan(3, Action.KILL), listed=True)
    assert traced.hit
    assert time.monotonic() - began < 25
    assert "mkdir" in " ".join(traced.calls) or "touch" in " ".join(traced.calls) or traced.count == 3
    assert not (tmp_path / "three").exists()


def test_an_errno_comes_once_or_for_ever(tmp_path: Path) -> None:
    def attempts() -> int:
        failed = 0
        for name in ("a", "b", "c"):
            try:
                os.close(os.open(tmp_path / name, os.O_CREAT | os.O_WRONLY))
            except OSError as error:
                failed += 1 if error.errno == errno.ENOSPC else 100
        return failed

    assert trace_call(attempts, Plan(2, Action.ERRNO, errno.ENOSPC)).code == 1
    assert trace_call(attempts, Plan(2, Action.ERRNO, errno.ENOSPC, sticky=True)).code == 2


def test_below_a_directory_reading_can_fail_too(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "f").write_text("x", encoding="utf-8")
    (tmp_path / "g").write_text("x", encoding="utf-8")

    def read_both() -> int:
        (tmp_path / "g").read_bytes()
        try:
            (tmp_path / "here" / "f").read_bytes()
        except OSError as error:
            return error.errno or -1
        return 0

    plan = Plan(1, Action.ERRNO, errno.EMFILE, below=tmp_path / "here")
    assert trace_call(read_both, plan).code == errno.EMFILE


def test_where_directories_fail_for_ever_git_is_not_kept_for_ever(tmp_path: Path) -> None:
    git, environment = shutil.which("git") or "git", dict(os.environ)
    subprocess.run([git, "init", "-q", tmp_path], check=True)
    subprocess.run([git, "-C", tmp_path, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    argv = [git, "rev-list", "--reflog"]
    calls = trace_command(argv, Plan(below=tmp_path), cwd=tmp_path, env=environment, listed=True).calls
    at = next(number for number, call in enumerate(calls, 1) if "getdents64" in call and "logs" in call)
    plan = Plan(at, Action.ERRNO, errno.EIO, sticky=True, below=tmp_path)
    traced = trace_command(argv, plan, cwd=tmp_path, env=environment)
    assert (traced.hit, traced.hung) == (True, False)


def test_a_signal_arrives_and_the_call_still_runs(tmp_path: Path) -> None:
    traced = trace_call(lambda: three_files(tmp_path), Plan(2, Action.SIGNAL_ROOT, signal.SIGTERM))
    assert (traced.hit, traced.code) == (True, 128 + signal.SIGTERM)


def test_a_hang_is_ended_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.crash.nthkill.HANG_SECONDS", 1)

    def hang() -> int:
        time.sleep(60)
        return 0

    assert trace_call(hang, Plan()).hung


def test_a_program_is_traced_from_its_start(tmp_path: Path) -> None:
    argv = [sys.executable, "-c", "open('x', 'w').close()"]
    assert trace_command(argv, Plan(), cwd=tmp_path, env=dict(os.environ)).count == 1
    assert not trace_command(argv, Plan(1, Action.KILL), cwd=tmp_path, env=dict(os.environ)).out


def test_the_program_says_the_same_as_the_library(tmp_path: Path) -> None:
    words = [str(program()), "2", "--", "sh", "-c", "mkdir a && mkdir b"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stderr == "count=2 hit=1 timeout=0 status=137\n"
    assert (tmp_path / "a").exists()
    assert not (tmp_path / "b").exists()
