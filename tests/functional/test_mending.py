"""Damaged capsules and checkpoints: doctor knows what they were, nobody builds on them, and nothing is lost."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
CAPSULE = f".volon/pcc/tasks/{TASK}.md"
FIRST, SECOND = (f".design/checkpoints/{number}-work-2026-11-19.md" for number in ("01", "02"))


def _aside(repo: RepoBuilder) -> list[bytes]:
    return [path.read_bytes() for path in (repo.root / ".git/volon/corrupt").iterdir()]


def _without_headings(repo: RepoBuilder) -> bytes:
    path: Path = repo.root / CAPSULE
    text = path.read_text().replace("## Goal", "## Ziel").replace("## Next 1–3 actions", "## Next things")
    path.write_text(text)
    return path.read_bytes()


def test_a_capsule_that_breaks_a_rule_is_judged_and_mended_from_its_checkpoint(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "a", "--next", "the only plan")
    whole = repo.read(CAPSULE)
    damaged = _without_headings(repo)
    stopped = volon("resume-task")
    assert stopped.code == 3
    assert "Hint: volon doctor --fix" in stopped.out
    assert "from its copy of the capsule: volon resume-task --checkpoint 1\n" in stopped.out
    assert "volon doctor --fix" in volon("validate").out
    looked = volon("doctor")
    assert looked.code == 1
    assert f"{CAPSULE}:" in looked.out
    assert volon("doctor", "--fix").code == 0
    assert repo.read(CAPSULE) == whole
    assert _aside(repo) == [damaged]
    assert "the only plan" in volon.ok("resume-task")


def test_the_checkpoint_that_a_stopped_resume_names_works(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a", "--next", "the only plan")
    _without_headings(repo)
    assert "the only plan" in volon.ok("resume-task", "--checkpoint", "1")


@pytest.mark.parametrize("argv", [("pause-task",), ("pause-task", "again")])
def test_a_pause_never_builds_on_a_damaged_capsule(
    repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...]
) -> None:
    volon.ok("pause-task", "a", "--next", "the only plan")
    damaged = _without_headings(repo)
    paused = " ".join(volon.ok(*argv).split())
    assert "is damaged: the section `## Goal` is missing; the copy in checkpoint 01 was used" in paused
    assert damaged.decode() in repo.read(SECOND).decode()
    assert "the only plan" in volon.ok("resume-task")


def test_what_a_person_adds_to_a_capsule_is_no_damage(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a", "--next", "the plan")
    path = repo.root / CAPSULE
    path.write_text(path.read_text().replace("1. the plan\n", "1. the plan\n2. b\n3. c\n4. d\n"))
    volon.ok("pause-task", "again")
    assert "2. b" in repo.read(CAPSULE).decode()


def test_checkpoints_that_are_gone_are_missed_and_brought_back(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "x", "--next", "n")
    volon.ok("pause-task", "y")
    before = {path: repo.read(path) for path in (FIRST, SECOND, ".design/HANDOFF.md")}
    shutil.rmtree(repo.root / ".design")
    assert "is gone" in volon.ok("status")
    looked = volon("doctor")
    assert looked.code == 1
    assert f"{FIRST} is missing" in looked.out
    assert "every pause made here has its files" not in looked.out
    assert volon("doctor", "--fix").code == 0
    assert {path: repo.read(path) for path in before} == before
    again = json.loads(volon.ok("doctor", "--json"))
    assert {row["state"] for row in again["checks"]} == {"ok"}


@pytest.mark.parametrize("damage", [b"1. m", b"1. n\n\n# more", None])
def test_an_altered_checkpoint_is_put_back_and_kept_aside(
    repo: RepoBuilder, volon: VolonInProcess, damage: bytes | None
) -> None:
    volon.ok("pause-task", "x", "--next", "n")
    whole = repo.read(FIRST)
    altered = b"garbage\n" if damage is None else whole.replace(b"1. n", damage)
    (repo.root / FIRST).chmod(0o644)
    (repo.root / FIRST).write_bytes(altered)
    seen = volon("resume-task", "--dry-run")
    assert (seen.code, "volon doctor" in seen.out) == (0 if damage is None else 3, True)
    assert volon("doctor").code == 1
    assert volon("doctor", "--fix").code == 0
    assert repo.read(FIRST) == whole
    assert _aside(repo) == [altered]
    assert volon("resume-task").code == 0


def test_what_doctor_set_aside_is_called_what_it_is(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a")
    _without_headings(repo)
    assert "1 file of volon's, damaged and set aside" in volon.ok("doctor", "--fix")
    assert "journal" not in volon.ok("doctor")


def test_a_dry_run_of_a_repair_says_so_and_changes_nothing(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a")
    damaged = _without_headings(repo)
    shown = volon.ok("doctor", "--fix", "--dry-run")
    assert "Dry run: nothing was changed" in shown
    assert "would" in shown
    assert repo.read(CAPSULE) == damaged
    assert not (repo.root / ".git/volon/corrupt").exists()


def test_a_list_with_a_task_that_cannot_be_read_is_not_called_empty(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "A")
    path = repo.root / f".volon/tasks/{TASK}.md"
    path.write_text(path.read_text().replace("status: paused", "status: zz"))
    ran = volon("task", "list")
    assert ran.code == 1
    assert "No tasks yet" not in ran.out
    assert ran.out.count(f"{TASK}.md") == 1
    assert json.loads(volon.ok("status", "--json"))["next_command"] == "volon validate"


MARKERS = b"---\n<<<<<<< HEAD\nmode: soft\n=======\nmode: restart\n>>>>>>> side\n---\n"


@pytest.mark.parametrize("settled", [(), ("add", "-A"), ("commit", "-a", "-q", "-m", "A bad merge")])
def test_the_markers_of_a_merge_that_git_calls_settled_are_mended_like_other_damage(
    repo: RepoBuilder, volon: VolonInProcess, settled: tuple[str, ...]
) -> None:
    volon.ok("init")
    volon.ok("pause-task", "a", "--next", "the only plan", "--commit-state")
    whole = repo.read(CAPSULE)
    repo.write(CAPSULE, MARKERS)
    if settled:
        repo.git(*settled)
    stopped = volon("pause-task", "again")
    assert (stopped.code, "volon doctor --fix" in " ".join(stopped.err.split())) == (7, True)
    looked = volon("doctor")
    assert (looked.code, f"{CAPSULE}:2:1" in looked.out) == (1, True)
    assert "Next: volon doctor --fix" in looked.out
    assert volon("doctor", "--fix").code == 0
    assert repo.read(CAPSULE) == whole
    assert _aside(repo) == [MARKERS]
    volon.ok("pause-task", "again")
    assert "the only plan" in volon.ok("resume-task", "--dry-run")


@pytest.mark.parametrize("unmerged", [CAPSULE, f".volon/tasks/{TASK}.md"])
def test_what_git_has_unmerged_is_named_and_left_to_its_author(
    repo: RepoBuilder, volon: VolonInProcess, unmerged: str
) -> None:
    volon.ok("init")
    volon.ok("pause-task", "a", "--next", "n", "--commit-state")
    repo.git("switch", "-q", "-c", "theirs")
    volon.ok("pause-task", "b", "--task", TASK, "--commit-state")
    repo.git("switch", "-q", "main")
    volon.ok("pause-task", "c", "--task", TASK, "--commit-state")
    repo.git("merge", "-q", "theirs", check=False)
    for path in repo.git("diff", "--name-only", "--diff-filter=U").split():
        if path != unmerged:
            repo.git("checkout", "-q", "--ours", "--", path)
    merging = repo.read(unmerged)
    assert b"<<<<<<<" in merging
    fixed = volon("doctor", "--fix")
    assert (fixed.code, f"{unmerged}:" in fixed.out) == (1, True)
    assert repo.read(unmerged) == merging
    assert not (repo.root / ".git/volon/corrupt").exists()


@pytest.mark.parametrize("damage", [b"---\n", b"\xb5\xff\n", MARKERS])
def test_a_damaged_task_file_is_put_back_as_its_last_pause_wrote_it(
    repo: RepoBuilder, volon: VolonInProcess, damage: bytes
) -> None:
    task = f".volon/tasks/{TASK}.md"
    volon.ok("task", "start", "Another")
    volon.ok("pause-task", "a", "--next", "n")
    volon.ok("pause-task", "b")
    whole = repo.read(task)
    volon.ok("resume-task")
    repo.write(task, damage)
    assert "volon doctor --fix" in " ".join(volon("validate").out.split())
    looked = volon("doctor")
    assert (looked.code, looked.out.count(f"{task}:")) == (1, 1)
    assert volon("doctor", "--fix").code == 0
    assert repo.read(task) == whole
    assert _aside(repo) == [damage]
    assert volon("resume-task").code == 0


def test_a_damaged_task_file_that_no_pause_wrote_is_named_and_left(repo: RepoBuilder, volon: VolonInProcess) -> None:
    task = f".volon/tasks/{TASK}.md"
    volon.ok("task", "start", "Another")
    repo.write(task, b"---\n")
    fixed = volon("doctor", "--fix")
    assert (fixed.code, "volon validate" in fixed.out) == (1, True)
    assert repo.read(task) == b"---\n"
