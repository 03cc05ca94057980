"""What the status and the brief say of work in progress is so, and names what there is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import VolonInProcess


def status(volon: VolonInProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon.ok("status", "--json"))
    return found


def test_of_a_file_as_saved_of_which_another_version_is_staged_only_that_is_told(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", "edited\n")
    volon.ok("pause-task", "half way")
    repo.git("reset", "-q", "--hard")
    repo.commit("Later", {"other.txt": "another\n"})
    volon.ok("resume-task")
    volon.ok("restore", "01", "--onto", "HEAD")
    # What is committed now is newer, the file is not.
    assert (status(volon)["newer"][1:], status(volon)["restaged"]) == ([], ["src/app.py"])
    assert "(checkpoint 01, 1 staged otherwise)" in volon.ok("status")
    repo.git("reset", "-q", "--soft", "HEAD~")
    repo.git("rm", "-q", "--cached", "other.txt")
    (repo.root / "other.txt").unlink()
    assert volon.ok("status").splitlines()[1] == "  as the checkpoint has it, but staged otherwise: src/app.py"
    assert "git index: src/app.py is as the checkpoint has it, its staged version is another\n" in volon.ok("brief")
    assert "git since: src/app.py" not in volon.ok("brief")
    volon.ok("restore", "01")
    assert (status(volon)["newer"], status(volon)["restaged"]) == ([], [])
    repo.write("src/app.py", "edited further\n")
    assert (status(volon)["newer"], status(volon)["restaged"]) == (["src/app.py"], [])


def test_of_many_files_how_many_more_and_where_they_are_named_is_never_cut(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "half way")
    volon.ok("resume-task")
    names = [f"a-name-that-leaves-no-room-for-another-{number}.txt" for number in range(5)]
    for name in names:
        repo.write(name, "new\n")
    line = volon.ok("status").splitlines()[1]
    assert (line.endswith("… and 2 more (--json names all)"), len(line) <= 80) == (True, True)
    assert status(volon)["newer"] == names


def way_back(volon: VolonInProcess) -> list[str]:
    """The way that the status names for files which are not here, after a resume that names the same."""
    rows = json.loads(volon.ok("resume-task", "--json"))["findings"]
    way: str = status(volon)["next_command"]
    assert [row["command"] for row in rows if row["code"] == "tree.lost"] == [way]
    return way.removeprefix("volon ").split()


def lose(repo: RepoBuilder, volon: VolonInProcess, theirs: str) -> None:
    """Pause with two changed files, then go on from `theirs` without them."""
    repo.commit("Lines", {"a.txt": "1\n2\n3\n4\n5\n6\n7\n8\n", "b.txt": "b\n"})
    repo.write("a.txt", "1\nmine\n3\n4\n5\n6\n7\n8\n")
    repo.write("b.txt", "mine\n")
    repo.write(".env", "KEY=1\n")
    RepoBuilder.init(repo.root / "nested").commit("Inside")
    volon.ok("pause-task", "half way")
    repo.git("reset", "-q", "--hard")
    repo.commit("Theirs", {"a.txt": theirs})


CONFLICTING, FITTING = "1\ntheirs\n3\n4\n5\n6\n7\n8\n", "1\n2\n3\n4\n5\n6\n7\ntheirs\n"


def test_the_way_back_that_is_named_for_work_that_conflicts_writes_markers(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    lose(repo, volon, CONFLICTING)
    way = way_back(volon)
    assert way == ["restore", "01", "--onto", "HEAD", "--conflicts"]
    ran = volon(*way)
    assert (ran.code, "conflicts  a.txt" in ran.out) == (7, True)
    assert (b"<<<<<<<" in repo.read("a.txt"), repo.read("b.txt")) == (True, b"mine\n")


def test_the_way_back_where_files_were_changed_too_leads_to_a_working_tree_beside(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    lose(repo, volon, FITTING)
    assert way_back(volon) == ["restore", "01", "--onto", "HEAD"]
    repo.write("b.txt", "mine, further\n")
    assert volon("restore", "01", "--onto", "HEAD").code == 7
    way = way_back(volon)
    beside = f"../{repo.root.name}-01"
    assert way == f"restore 01 --onto HEAD --worktree {beside}".split()
    assert volon(*way).code == 0
    assert (repo.root / beside / "b.txt").read_bytes() == b"mine\n"
    assert (repo.root / beside / "a.txt").read_text() == "1\nmine\n3\n4\n5\n6\n7\ntheirs\n"
    # It is there now: another one is named, and works as well.
    assert way_back(volon)[-1] == f"{beside}-2"
    assert volon(*way_back(volon)).code == 0


def test_the_way_back_in_the_middle_of_a_merge_leads_to_a_working_tree_beside(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("b.txt", "mine\n")
    volon.ok("pause-task", "half way")
    (repo.root / "b.txt").unlink()
    repo.git("branch", "theirs", repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "Theirs").strip())
    volon.ok("resume-task")
    assert status(volon)["next_command"] == "volon restore 01"
    repo.git("merge", "-q", "--no-ff", "--no-commit", "theirs")
    assert volon("restore", "01").code == 3
    way = status(volon)["next_command"]
    assert way == f"volon restore 01 --worktree ../{repo.root.name}-01"
    volon.ok(*way.split()[1:])
    assert (repo.root.parent / f"{repo.root.name}-01/b.txt").read_bytes() == b"mine\n"


def test_a_file_as_saved_is_in_the_way_only_where_others_changed_it_as_well(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    lose(repo, volon, FITTING)
    # As it was saved, it would have to be merged with what others did to it.
    repo.write("a.txt", "1\nmine\n3\n4\n5\n6\n7\n8\n")
    assert volon("restore", "01", "--onto", "HEAD").code == 7
    assert way_back(volon)[-2] == "--worktree"
    repo.git("checkout", "-q", "a.txt")
    # As it was saved, and nobody else touched it.
    repo.write("b.txt", "mine\n")
    way = way_back(volon)
    assert way == ["restore", "01", "--onto", "HEAD"]
    assert volon(*way).code == 0


def test_only_what_was_saved_is_counted_among_what_fits(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Neither the file that looks secret nor the nested repository, which can be brought nowhere."""
    lose(repo, volon, CONFLICTING)
    rows = json.loads(volon.ok("resume-task", "--dry-run", "--json"))["findings"]
    assert [row["sentence"] for row in rows if row["code"] == "conflict.head"] == [
        "a.txt with HEAD; the other file fits"
    ]


def test_the_way_back_to_a_branch_that_has_moved_on_ends_in_a_merge_into_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("switch", "-q", "-c", "feat")
    lose(repo, volon, CONFLICTING)
    repo.git("switch", "-q", "main")
    rows = json.loads(volon.ok("resume-task", "--dry-run", "--json"))["findings"]
    [way] = [row["command"] for row in rows if row["code"] == "tree.lost"]
    assert way == "git switch feat && volon restore 01 --onto HEAD --conflicts"
    repo.git("switch", "-q", "feat")
    assert (volon(*way.split()[5:]).code, repo.read("b.txt")) == (7, b"mine\n")
    volon.ok("undo")
    # Where the branch is as it was, nothing has to be merged.
    repo.git("reset", "-q", "--hard", "HEAD~")
    repo.git("switch", "-q", "main")
    rows = json.loads(volon.ok("resume-task", "--dry-run", "--json"))["findings"]
    assert "git switch feat && volon resume-task --restore" in [row["command"] for row in rows]


def test_work_saved_before_the_first_commit_is_taken_file_by_file(tmp_path: Path, volon: VolonInProcess) -> None:
    repo = RepoBuilder.init(tmp_path / "new")
    repo.write("a.txt", "mine\n")
    assert volon("pause-task", "half way", cwd=repo.root).code == 0
    (repo.root / "a.txt").unlink()
    repo.commit("First", {"b.txt": "b\n"})
    assert "volon restore 01 --path PATH\n" in volon("resume-task", cwd=repo.root).out
    assert volon("restore", "01", "--path", "a.txt", cwd=repo.root).code == 0
    assert repo.read("a.txt") == b"mine\n"


def test_every_task_in_progress_is_shown(volon: VolonInProcess) -> None:
    for number in range(1, 6):
        volon.ok("task", "start", f"Task {number}", VOLON_FROZEN_NOW=f"2026-11-19T1{number}:00:00Z")
    found = status(volon)
    assert (found["task"]["title"], [row["title"] for row in found["also"]]) == (
        "Task 5",
        ["Task 1", "Task 2", "Task 3", "Task 4"],
    )
    said = volon.ok("status").splitlines()
    assert said[1:5] == [
        *(f"Also doing: TASK-20261119-00{number}  Task {number}" for number in (1, 2, 3)),
        "and 1 more: volon task list",
    ]


def test_a_resume_of_no_task_in_particular_says_which_others_are_in_progress(volon: VolonInProcess) -> None:
    volon.ok("task", "start", "One")
    volon.ok("pause-task", "one")
    volon.ok("task", "start", "Two")
    later = {"VOLON_FROZEN_NOW": "2026-11-20T02:00:00Z"}
    one, two = "TASK-20261119-001", "TASK-20261119-002"
    for words in (["--dry-run"], []):
        taken = json.loads(volon.ok("resume-task", *words, "--json", **later))
        # What a pause left is taken first, whatever is in progress beside it.
        assert taken["task_id"] == one
        said = f"{two} is in progress too. A pause is about {one}, the newest, unless --task names another."
        assert taken["warnings"] == [said]


def test_a_task_in_progress_in_another_working_tree_is_named_where_there_is_none(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "mine\n")
    volon.ok("pause-task", "half way")
    volon.ok("resume-task")
    volon.ok("restore", "01", "--worktree", "../beside")
    beside = repo.root.parent / "beside"
    said = volon("status", cwd=beside).out.splitlines()
    assert said[:2] == [
        "No task in progress here; 1 changed file.",
        "In progress in the main working tree: TASK-20261119-001  half way",
    ]
    repo.git("-C", str(beside), "checkout", "-q", "src/app.py")
    way = json.loads(volon("status", "--json", cwd=beside).out)["next_command"]
    assert way == f"volon -C ../{repo.root.name} status"
    assert "doing" in volon(*way.split()[1:], cwd=beside).out
    volon.ok("task", "done", "TASK-20261119-001")
    assert "In progress" not in volon("status", cwd=beside).out


def test_where_records_are_shared_an_older_commit_elsewhere_is_not_taken_for_work_in_progress(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("init")
    volon.ok("task", "start", "Shared")
    repo.git("add", ".volon")
    repo.git("commit", "-qm", "Begun")
    repo.git("worktree", "add", "-q", "../beside")
    volon.ok("task", "done", "TASK-20261119-001", VOLON_FROZEN_NOW="2026-11-20T02:00:00Z")
    assert status(volon)["also"] == []


def test_the_forecast_is_also_of_work_in_progress_whose_saved_files_are_missing(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    lose(repo, volon, CONFLICTING)
    volon.ok("resume-task")
    found = json.loads(volon.ok("status", "--conflicts", "--json"))["conflicts"]
    told = {(row["work"], row["against"]): row["paths"] for row in found}
    assert told["TASK-20261119-001", "HEAD"] == ["a.txt"]
    volon("restore", "01", "--onto", "HEAD", "--conflicts")
    found = json.loads(volon.ok("status", "--conflicts", "--json"))["conflicts"]
    assert "TASK-20261119-001" not in {row["work"] for row in found}


def test_what_of_the_missing_files_was_not_saved_is_counted_and_named(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """So that more are missing than were saved, and than a restore brings back."""
    for number in range(8):
        repo.write(f"f{number}", "new\n")
    repo.write(".env", "KEY=1\n")
    saved = json.loads(volon.ok("pause-task", "half way", "--json"))
    assert (saved["saved"], [row["path"] for row in saved["not_saved"]]) == ({"untracked": 8}, [".env"])
    repo.git("clean", "-qdf", "--", ".env", *(f"f{number}" for number in range(8)))
    said = " ".join(volon.ok("resume-task").split())
    assert "9 uncommitted changes of the pause are not in the tree; 1 of them not saved: .env" in said
    assert "… 4 more: volon checkpoint show 01" in said
    shown = volon.ok("checkpoint", "show", "01")
    assert ".env: untracked, not saved\n" in shown
    assert all(f" f{number}: untracked\n" in shown for number in range(8))
    assert json.loads(volon.ok("restore", "01", "--json"))["created"] == [f"f{number}" for number in range(8)]


def test_a_status_tells_of_a_merge_in_progress_and_of_what_is_unmerged(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("switch", "-q", "-c", "theirs")
    repo.commit("Theirs", {"src/app.py": "theirs\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Mine", {"src/app.py": "mine\n"})
    repo.git("merge", "-q", "theirs", check=False)
    assert "a merge and 1 changed file, 1 unmerged." in volon.ok("status")
    volon.ok("pause-task", "in the middle")
    volon.ok("resume-task")
    said = volon.ok("status")
    assert "  a merge is in progress; unmerged, to resolve and git add: src/app.py\n" in said
    assert len(said.splitlines()) == 3
    found = json.loads(volon.ok("status", "--json"))
    assert (found["operation"], found["unmerged"]) == ("merge", ["src/app.py"])
    repo.write("src/app.py", "both\n")
    repo.git("add", "src/app.py")
    assert "  a merge is in progress   (1 newer)\n" in volon.ok("status")
    repo.git("commit", "-qm", "Merged")
    assert "merge is in progress" not in volon.ok("status")


def test_a_status_names_unmerged_paths_where_git_is_in_the_middle_of_nothing(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    """As `restore --onto HEAD --conflicts` leaves them."""
    repo.write("src/app.py", "mine\n")
    volon.ok("pause-task", "half")
    repo.git("checkout", "-q", "--", ".")
    repo.commit("On", {"src/app.py": "theirs\n"})
    volon.ok("resume-task")
    assert volon("restore", "1", "--onto", "HEAD", "--conflicts").code == 7
    for argv in (("status",), ("status", "--conflicts")):
        assert "  unmerged, to resolve and git add: src/app.py\n" in volon.ok(*argv)
