"""A scratch directory: one's own while it lasts, gone afterwards, and no way out of the git directory."""

from __future__ import annotations

import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest

from tests.support.running import PROJECT_ROOT
from volon.errors import NotCommitted
from volon.scratch import put, scratch

token = map(str, count()).__next__
HOLD = """
import sys, pathlib
from volon.scratch import put, scratch
with scratch(pathlib.Path(sys.argv[1]), lambda: "theirs") as where:
    put(where / "deep" / "file", b"x")
    print(where, flush=True)
    sys.stdin.read()
"""


def held(git_dir: Path) -> tuple[subprocess.Popen[str], Path]:
    """Another process that holds one, and where."""
    words = [sys.executable, "-c", HOLD, str(git_dir)]
    process = subprocess.Popen(words, cwd=PROJECT_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_it_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch(tmp_path, token) as where:
        put(where / "a" / "b", b"x")
        assert (where / "a" / "b").read_bytes() == b"x"
        assert where.stat().st_mode & 0o77 == 0
    assert not (tmp_path / "volon" / "scratch").exists()


def test_it_is_gone_when_the_work_in_it_fails(tmp_path: Path) -> None:
    with pytest.raises(NotCommitted), scratch(tmp_path, token) as where:
        put(where, b"a directory is in the way")
    assert not where.exists()


def test_a_live_one_stays_and_one_whose_holder_was_killed_is_removed(tmp_path: Path) -> None:
    process, theirs = held(tmp_path)
    with scratch(tmp_path, token):
        assert (theirs / "deep" / "file").exists()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert theirs.exists()
    with scratch(tmp_path, token):
        assert not theirs.exists()


@pytest.mark.parametrize("part", ["volon", "volon/scratch"])
def test_a_link_is_refused(tmp_path: Path, part: str) -> None:
    outside, git_dir = tmp_path / "outside", tmp_path / "git"
    outside.mkdir()
    (git_dir / part).parent.mkdir(parents=True)
    (git_dir / part).symlink_to(outside)
    with pytest.raises(NotCommitted), scratch(git_dir, token):
        pytest.fail("it was made")
    assert not list(outside.iterdir())


def test_a_link_inside_is_removed_and_not_followed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (tmp_path / "git").mkdir()
    with scratch(tmp_path / "git", token) as where:
        (where / "link").symlink_to(kept)
    assert (kept / "file").exists()
    assert not where.exists()
