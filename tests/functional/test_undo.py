"""Undo takes back volon's last operation, can itself be undone, and never overwrites a human edit."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.support.digests import user_digest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"


def state(repo: RepoBuilder) -> dict[str, bytes]:
    """Return volon's records, logs left out."""
    files = (path for top in (".volon", ".design") for path in (repo.root / top).rglob("*") if path.is_file())
    return {str(path.relative_to(repo.root)): path.read_bytes() for path in files if "/logs/" not in str(path)}


def ids(volon: VolonInProcess) -> dict[str, str]:
    """Return the newest operation of each kind; whole, as their ends are alike where the same seed makes them."""
    rows = json.loads(volon.ok("undo", "--list", "--json"))["operations"]
    return {row["verb"]: row["op"] for row in reversed(rows)}


def test_undo_puts_every_record_back_and_undo_of_undo_too(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    before = state(repo)
    volon.ok("pause-task", "one")
    paused, user = state(repo), user_digest(repo.root)
    volon.ok("undo")
    assert state(repo) == before
    volon.ok("undo")
    assert state(repo) == paused
    assert user_digest(repo.root) == user


def test_undoing_again_and_again_goes_on_with_what_is_left(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    volon.ok("pause-task", "one")
    operations = json.loads(volon.ok("undo", "--list", "--json"))["operations"]
    assert [row["verb"] for row in operations] == ["pause", "task start"]
    volon.ok("undo")
    operations = json.loads(volon.ok("undo", "--list", "--json"))["operations"]
    assert [(row["verb"], row["undone"]) for row in operations] == [
        ("undo", False),
        ("pause", True),
        ("task start", False),
    ]


def test_an_edit_made_since_is_kept_and_exits_7(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    task = repo.root / f".volon/tasks/{TASK}.md"
    task.write_text(task.read_text() + "my own line\n")
    before = state(repo)
    ran = volon("undo")
    assert ran.code == 7
    assert f"{TASK}.md is not as volon left it" in ran.err
    assert f"Error: task start {TASK} cannot be taken back" in ran.err
    assert "Hint: Keep the change and go on" in ran.err
    assert not re.search(r"\b01[0-9A-Z]{24}\b", ran.err)
    assert state(repo) == before


def test_with_nothing_to_undo_it_exits_10(volon: VolonInProcess) -> None:
    assert volon("undo").code == 10


def test_an_undone_number_is_never_used_again(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    volon.ok("undo")
    paused = json.loads(volon.ok("pause-task", "two", "--json"))
    assert paused["checkpoint"] == 2
    assert repo.git("for-each-ref", "--format=%(refname)", "refs/volon/paused").count("\n") == 2


def test_undo_still_knows_its_operations_after_the_repository_was_moved(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "one")
    moved = repo.root.parent / "moved"
    repo.root.rename(moved)
    assert volon("undo", cwd=moved).code == 0
    assert not (moved / f".volon/tasks/{TASK}.md").exists()


def test_undo_in_one_worktree_never_takes_back_what_another_did(repo: RepoBuilder, volon: VolonInProcess) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    volon.ok("pause-task", "in the main one")
    assert volon("pause-task", "in the other one", cwd=other).code == 0
    volon.ok("undo")
    assert not list((repo.root / ".volon/tasks").glob("*.md"))
    assert list((other / ".volon/tasks").glob("*.md"))


def test_a_pause_that_replaced_another_gives_way_to_it_everywhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))

    def seen() -> list[int]:
        return [row["checkpoint"] for row in json.loads(volon("status", "--json", cwd=other).out)["elsewhere"]]

    repo.write("src/app.py", "one\n")
    volon.ok("pause-task", "one")
    repo.write("src/app.py", "two\n")
    volon.ok("pause-task", "two")
    assert seen() == [2]
    for expected in ([1], [2], [1]):
        volon.ok("undo")
        assert seen() == expected
    volon.ok("resume-task")
    assert seen() == []
    volon.ok("undo")
    assert seen() == [1]


def test_an_undo_of_an_undo_is_said_as_doing_it_again(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Retry")
    volon.ok("pause-task", "one")
    what = f"pause {TASK} at checkpoint 01"
    assert f"Would undo: {what}\n" in (planned := volon.ok("undo", "--dry-run"))
    assert "take this back" not in planned
    assert f"Undid: {what}\n" in volon.ok("undo")
    assert f"Did again: {what}\n" in volon.ok("undo")
    assert f"Undid: {what}\n" in volon.ok("undo")
    rows = [row[27:] for row in volon.ok("undo", "--list").splitlines()]
    expected = [
        f"undo         {what}",
        f"again        undone: {what}",
        f"undo         {what}",
        f"pause        undone: {what.removeprefix('pause ')}",
    ]
    assert all(whole.startswith(row.rstrip("…")) for row, whole in zip(rows, expected, strict=False)), rows


def test_an_earlier_operation_is_taken_back_by_the_id_that_the_list_shows(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "mine\n")
    volon.ok("pause-task", "one")
    repo.write("src/app.py", "theirs\n")
    volon.ok("restore", "1", "--yes")
    volon.ok("resume-task", "--force")
    restored = ids(volon)["restore"]
    volon.ok("undo", restored.lower())
    assert (repo.root / "src/app.py").read_text() == "theirs\n"
    twice = volon("undo", restored)
    assert (twice.code, f"To do it again: volon undo {ids(volon)['undo'][-6:]}" in twice.err) == (10, True)
    volon.ok("undo")
    assert (repo.root / "src/app.py").read_text() == "mine\n"


def test_an_earlier_operation_whose_files_were_written_since_stays(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    volon.ok("resume-task")
    before = state(repo)
    assert volon("undo", ids(volon)["pause"]).code == 7
    assert state(repo) == before


def test_what_must_be_undone_first_is_named_and_then_it_can_be(repo: RepoBuilder, volon: VolonInProcess) -> None:
    pristine = state(repo)
    volon.ok("pause-task", "one")
    first = ids(volon)["pause"]
    volon.ok("resume-task")
    volon.ok("pause-task", "two")
    volon.ok("undo")
    resumed = ids(volon)["resume"]
    before = state(repo)
    ran = volon("undo", first)
    chain = f"volon undo {resumed[-6:]} && volon undo {first[-6:]}\n"
    assert (ran.code, chain in ran.err, "as volon left it" in ran.err) == (7, True, False), ran
    assert state(repo) == before
    repo.write(".design/HANDOFF.md", "mine\n")
    assert "HANDOFF.md is not as volon left it" in volon("undo", first).err
    (repo.root / ".design/HANDOFF.md").write_bytes(before[".design/HANDOFF.md"])
    volon.ok("undo", resumed)
    volon.ok("undo", first)
    assert state(repo) == pristine


def test_an_operation_that_is_not_here_is_an_error_with_a_way_on(volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    for op in ("nothing", "", "../x"):
        ran = volon("undo", op)
        assert (ran.code, "volon undo --list" in ran.err) == (2, True)
