"""The first minute reads as the contract wants it: short, aligned, true, each output naming the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.golden import Golden
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

NEXT_DAY = {"VOLON_FROZEN_NOW": "2026-11-20T02:00:00Z"}


def test_the_first_minute(repo: RepoBuilder, volon: VolonInProcess, golden: Golden) -> None:
    repo.git("switch", "-q", "-c", "feat/retry")
    repo.commit("Add retry", {"src/retry.py": "def retry():\n    pass\n"})
    repo.write("src/retry.py", "def retry():\n    pass\n\n\ndef backoff():\n    pass\n")
    repo.write("notes.txt", "ideas\n")
    story = [
        _told(volon, "task", "start", "Retry with backoff"),
        _told(volon, "pause-task", "backoff untested", "--next", "pytest tests/test_retry.py"),
        _told(volon, "status"),
        _told(volon, "resume-task", env=NEXT_DAY),
        _told(volon, "status", env=NEXT_DAY),
    ]
    golden("first-minute", "\n".join(story))


def test_a_pause_needs_neither_init_nor_task_nor_note(repo: RepoBuilder, volon: VolonInProcess, golden: Golden) -> None:
    repo.write("src/app.py", "def run():\n    return 2\n")
    golden("zero-ceremony", _told(volon, "pause-task") + "\n" + _told(volon, "continue"))
    assert repo.git("status", "--porcelain") == " M src/app.py\n"


def test_with_nothing_to_pause_nothing_is_written(repo: RepoBuilder, volon: VolonInProcess) -> None:
    ran = volon("pause-task")
    assert ran.code == 10
    assert ran.err.startswith("Error: Nothing to pause")
    assert "Hint: volon pause-task" in ran.err
    assert not (repo.root / ".volon").exists()
    assert not (repo.root / ".git" / "volon" / "ops").exists()


def _told(volon: VolonInProcess, *argv: str, env: dict[str, str] | None = None) -> str:
    ran = volon(*argv, env=env)
    assert (ran.code, ran.err) == (0, "")
    return f"$ volon {' '.join(word if ' ' not in word else repr(word) for word in argv)}\n{ran.out}"
