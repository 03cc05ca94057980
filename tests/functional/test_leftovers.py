"""Doctor names what a killed git left in the git directory, and moves only what is volon's own."""

from __future__ import annotations

import fcntl
import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC).timestamp()
ULID = "01JD0000000000000000000001"


def leave(path: Path, content: str = "", *, minutes: int = 180) -> Path:
    """Leave a file, so many minutes before volon's now."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    os.utime(path, (NOW - minutes * 60, NOW - minutes * 60))
    return path


def rows(volon: VolonInProcess, *options: str) -> list[dict[str, Any]]:
    """Return what doctor says about git's files."""
    checks = json.loads(volon("doctor", "--json", *options).out)["checks"]
    return [row for row in checks if row["name"] == "git files"]


def test_nothing_is_said_of_a_clean_git_directory(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    volon.ok("resume-task")
    assert rows(volon) == []


def test_locks_of_the_users_git_are_named_with_their_age_and_left_alone(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    repo.git("worktree", "add", "-q", "-b", "feat", str(tmp_path / "other"))
    git = repo.root / ".git"
    left = [
        leave(git / name)
        for name in (
            "index.lock",
            "HEAD.lock",
            "packed-refs.lock",
            "refs/heads/main.lock",
            "worktrees/other/index.lock",
            "objects/maintenance.lock",
        )
    ]
    volon.ok("pause-task", "one")
    found = rows(volon)
    assert [(row["state"], row["command"]) for row in found] == [("problem", None)]
    assert "owner unknown" in found[0]["sentence"]
    assert found[0]["detail"] == sorted(f"{path.relative_to(git).as_posix()}  3 h ago" for path in left)
    assert volon("doctor").code == 1
    assert rows(volon, "--fix") == found
    assert all(path.exists() for path in left)


def test_a_young_lock_is_a_note_because_its_owner_may_be_at_work(repo: RepoBuilder, volon: VolonInProcess) -> None:
    leave(repo.root / ".git/index.lock", minutes=1)
    leave(repo.root / f".git/refs/volon/paused/{ULID}.lock", minutes=1)
    assert [row["state"] for row in rows(volon, "--fix")] == ["note", "note"]
    assert volon("doctor").code == 0
    assert (repo.root / f".git/refs/volon/paused/{ULID}.lock").exists()


def test_volons_own_locks_and_broken_refs_are_set_aside_and_kept(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    refs = repo.root / ".git/refs/volon"
    lock = leave(refs / f"paused/{ULID}.lock", "half")
    cut = leave(refs / f"closed/{ULID}", "\0\0\0")
    assert [(row["state"], row["command"]) for row in rows(volon)] == [("problem", "volon doctor --fix")] * 2
    assert volon("doctor").code == 1
    fixed, *rest = rows(volon, "--fix")
    assert (fixed["state"], rest) == ("fixed", [])
    assert not lock.exists()
    assert not cut.exists()
    kept = {path.read_text() for path in (repo.root / ".git/volon/corrupt").iterdir()}
    assert kept == {"half", "\0\0\0"}
    assert rows(volon, "--fix") == []
    assert repo.git("for-each-ref", "refs/volon/paused").count("\n") == 1
    assert json.loads(volon.ok("resume-task", "--json"))["status"] == "doing"


def test_strange_refs_under_refs_volon_are_named_and_left_alone(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("update-ref", "refs/volon/mine", "HEAD")
    broken = leave(repo.root / ".git/refs/volon/paused/not-a-ulid", "garbage\n")
    found = rows(volon, "--fix")
    assert [(row["state"], [line.split("  ")[0] for line in row["detail"]]) for row in found] == [
        ("problem", ["refs/volon/paused/not-a-ulid"]),
        ("note", ["refs/volon/mine"]),
    ]
    assert broken.read_text() == "garbage\n"
    assert repo.git("rev-parse", "refs/volon/mine") == repo.git("rev-parse", "HEAD")


def test_crash_reports_of_fast_import_are_named_and_volons_told_from_others(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    leave(repo.root / ".git/fast_import_crash_17", "fast-import crash report:\n\n  commit refs/volon/paused/X\n")
    leave(repo.root / ".git/fast_import_crash_18", "fast-import crash report:\n\n  commit refs/heads/main\n")
    (found,) = rows(volon, "--fix")
    assert found["state"] == "note"
    assert found["sentence"].startswith("2 files with crash reports of git fast-import, 1 of them volon's")
    assert found["detail"] == ["fast_import_crash_17  3 h ago", "fast_import_crash_18  3 h ago"]
    assert volon("doctor").code == 0


def test_throw_away_directories_of_a_kill_are_told_and_removed_by_fix_but_none_in_use(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    home = repo.root / ".git/volon/scratch"
    leave(home / "0123456789abcdef/work/file", "tried out")
    (home / "in-use").mkdir()
    held = os.open(home / "in-use", os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    [told] = rows(volon)
    assert (told["state"], told["command"]) == ("note", "volon doctor --fix")
    [fixed] = rows(volon, "--fix")
    assert (fixed["state"], fixed["sentence"]) == ("fixed", "1 throw-away directory of volon's removed")
    assert [path.name for path in home.iterdir()] == ["in-use"]
    os.close(held)
    rows(volon, "--fix")
    assert not home.exists()
