"""Looking and pausing leave git's own files alone, and no damage in git's store locks anybody out."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import run_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def _index(root: Path) -> tuple[bytes, int, int]:
    path = root / ".git/index"
    return path.read_bytes(), path.stat().st_ino, path.stat().st_mtime_ns


@pytest.mark.parametrize(
    "argv", [("pause-task", "half way"), ("status",), ("resume-task", "--dry-run"), ("doctor",), ("validate",)]
)
def test_the_index_is_not_even_refreshed(repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...]) -> None:
    """Staged and taken back again: `git diff HEAD` finds nothing there, and says so by writing a new index."""
    volon.ok("pause-task", "first")
    as_committed = repo.read("src/app.py")
    repo.write("src/app.py", "changed\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", as_committed)
    os.utime(repo.root / "README.md", (1_700_000_000, 1_700_000_000))
    before = _index(repo.root)
    volon(*argv)
    assert _index(repo.root) == before


def _event_object(repo: RepoBuilder) -> Path:
    repo.loosen()
    oid = _oid(repo)
    return repo.root / ".git/objects" / oid[:2] / oid[2:]


@pytest.mark.parametrize("damage", [None, b"", b"garbage"])
def test_an_event_that_cannot_be_read_locks_nobody_out(
    repo: RepoBuilder, volon: VolonInProcess, damage: bytes | None
) -> None:
    volon.ok("pause-task", "first")
    commit = _event_object(repo)
    commit.chmod(0o644)
    commit.unlink() if damage is None else commit.write_bytes(damage)
    for argv in (("status",), ("pause-task", "second"), ("task", "start", "Other"), ("doctor", "--fix")):
        assert volon(*argv).code == 0, argv
    ran = volon("doctor")
    assert ran.code == 0
    assert "refs/volon/paused/" in ran.out


def test_a_kept_file_that_cannot_be_read_is_said_by_doctor(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "first")
    blob = repo.git("rev-parse", f"{_oid(repo)}:.volon/tasks/TASK-20261119-001.md").strip()
    shutil.rmtree(repo.root / ".volon")
    repo.loosen()
    (repo.root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    ran = volon("doctor", "--fix")
    assert "cannot be read" in ran.out
    assert volon("pause-task", "second").code == 0


def _oid(repo: RepoBuilder) -> str:
    return repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/paused").split()[0]


def test_a_nested_repository_is_recorded_and_missed(repo: RepoBuilder, volon: VolonInProcess) -> None:
    run_git(repo.root, "init", "-q", "nest")
    volon.ok("pause-task", "half way", "--next", "go on")
    assert "as you left it; not compared: nest/\n" in volon.ok("status")
    shutil.rmtree(repo.root / "nest")
    said = volon("status").out
    assert "it still fits" not in said
    assert "nest/: the nested repository is gone" in volon("resume-task", "--dry-run").out


INDEX_FEATURES = ("core.splitIndex", "core.untrackedCache", "feature.manyFiles")


def test_indexes_of_volons_own_leave_no_halves_behind(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """A git that splits indexes writes halves beside the index; volon asks with indexes of its own, elsewhere."""
    for key in INDEX_FEATURES:
        repo.git("config", "--global", key, "true")
    repo.git("config", "--global", "core.fsmonitor", f"touch '{repo.root.parent}/watched' #")
    volon.ok("task", "start", "-q", "Keep the index")
    volon.ok("pause-task", "nothing changed yet")
    repo.write("src/app.py", "stashed\n")
    repo.git("stash", "push", "-q")
    repo.write("src/app.py", "mine\n")
    repo.git("update-index", "--split-index", "--add", "src/app.py")
    (repo.root.parent / "watched").unlink(missing_ok=True)
    before = _names(repo.root / ".git")
    assert any(name.startswith("sharedindex.") for name in before)
    volon.ok("pause-task", "half way")
    volon.ok("import", "stash")
    for words in (
        ("restore", "01", "--yes"),
        ("undo",),
        ("restore", "02"),
        ("restore", "02", "--worktree", "../beside"),
    ):
        volon.ok(*words)
    assert _names(repo.root / ".git") - before <= {"volon", "worktrees"}
    assert not (repo.root.parent / "watched").exists()


def _names(directory: Path) -> set[str]:
    return {one.name for one in directory.iterdir()}
