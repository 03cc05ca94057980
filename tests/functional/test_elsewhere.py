"""What is paused is known by ref: on other branches, in other worktrees, and after `rm -rf .volon`."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"


def status(volon: VolonInProcess, cwd: Path | None = None) -> dict[str, Any]:
    """Return `volon status --json`."""
    ran = volon("status", "--json", cwd=cwd)
    assert ran.code == 0, ran
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_rm_rf_of_the_state_is_survivable(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way", "--next", "go on")
    kept = {
        path: (repo.root / path).read_bytes() for path in (f".volon/tasks/{TASK}.md", f".volon/pcc/tasks/{TASK}.md")
    }
    shutil.rmtree(repo.root / ".volon")
    shutil.rmtree(repo.root / ".design")
    seen = status(volon)
    assert seen["state"] == "elsewhere"
    assert (seen["elsewhere"][0]["task_id"], seen["elsewhere"][0]["command"]) == (TASK, "volon doctor --fix")
    assert volon("doctor").code == 1
    assert volon("doctor", "--fix").code == 0
    assert {path: (repo.root / path).read_bytes() for path in kept} == kept
    result = json.loads(volon.ok("resume-task", "--json"))
    assert result["next_actions"] == ["go on"]
    assert volon("doctor").code == 0


def test_a_pause_in_a_linked_worktree_is_seen_from_the_main_one_until_it_is_resumed(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    (other / "src/app.py").write_text("changed\n")
    assert volon("pause-task", "in the other one", cwd=other).code == 0
    seen = status(volon)
    assert [(row["task_id"], row["branch"], row["worktree"]) for row in seen["elsewhere"]] == [
        (TASK, "feat", "../other")
    ]
    assert seen["elsewhere"][0]["command"] == "volon -C ../other resume-task"
    assert not (repo.root / ".volon").exists()
    assert volon("resume-task", cwd=other).code == 0
    assert status(volon)["elsewhere"] == []


def test_what_is_paused_elsewhere_is_seen_where_the_status_says(repo: RepoBuilder, volon: VolonInProcess) -> None:
    others = [repo.root.parent / name for name in ("other", "third")]
    for other in others:
        repo.git("worktree", "add", "-q", "-b", other.name, str(other))
        assert volon("pause-task", f"in {other.name}", cwd=other).code == 0
    volon.ok("task", "start", "Here")
    assert "(2 more paused: volon status --json)" in volon.ok("status")
    assert len(status(volon)["elsewhere"]) == 2
    assert "in third" not in volon.ok("task", "list")


def test_a_moved_worktree_is_named_where_it_is_now_and_is_the_same_one_inside(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    other, moved = repo.root.parent / "other", repo.root.parent / "moved here"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    (other / "src/app.py").write_text("changed\n")
    assert volon("pause-task", "in the other one", cwd=other).code == 0
    repo.git("worktree", "move", str(other), str(moved))
    # Another one in the old place is not it.
    repo.git("worktree", "add", "-q", "-b", "again", str(other))
    seen = status(volon)["elsewhere"]
    assert [(row["worktree"], row["command"]) for row in seen] == [
        ("../moved here", "volon -C '../moved here' resume-task")
    ]
    assert status(volon, cwd=other)["elsewhere"][0]["command"] == "volon -C '../moved here' resume-task"
    inside = status(volon, cwd=moved)
    assert (inside["state"], [finding["code"] for finding in inside["findings"]]) == (
        "paused",
        ["head.same", "tree.same"],
    )
    # The same work, so a second pause is about the same task.
    assert json.loads(volon("pause-task", "again", "--json", cwd=moved).out)["task_id"] == TASK
    ran = volon(*shlex.split(seen[0]["command"])[1:], "--json")
    assert (ran.code, json.loads(ran.out)["status"]) == (0, "doing")
    assert status(volon)["elsewhere"] == []


def test_the_command_of_work_paused_in_another_worktree_resumes_it_there(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    other = repo.root.parent / "other"
    volon.ok("pause-task", "on main", "--commit-state")
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    ran = volon("resume-task", "--dry-run", "--json", cwd=other)
    finding = next(row for row in json.loads(ran.out)["findings"] if row["code"] == "worktree.other")
    result = json.loads(volon(*shlex.split(finding["command"])[1:], "--json", cwd=other).out)
    assert (result["task_id"], result["note"]) == (TASK, "on main")
    assert b"status: doing" in repo.read(f".volon/tasks/{TASK}.md")


def test_committed_state_on_another_branch_is_seen_with_the_way_there(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", "feat")
    volon.ok("pause-task", "on feat", "--commit-state")
    repo.git("switch", "-q", "main")
    assert not (repo.root / f".volon/tasks/{TASK}.md").exists()
    seen = status(volon)
    assert [(row["task_id"], row["command"]) for row in seen["elsewhere"]] == [(TASK, "git switch feat")]


def test_an_undone_pause_is_not_paused_anywhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    volon.ok("undo")
    seen = status(volon)
    assert (seen["state"], seen["elsewhere"]) == ("idle", [])
    volon.ok("undo")
    assert status(volon)["task"]["status"] == "paused"


def test_a_finished_task_is_not_paused_anywhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("worktree", "add", "-q", "-b", "feat", str(repo.root.parent / "other"))
    volon.ok("pause-task", "one")
    volon.ok("task", "done", TASK)
    assert status(volon, cwd=repo.root.parent / "other")["elsewhere"] == []


def test_a_checkpoint_alone_brings_a_task_back(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one", "--next", "go on")
    volon.ok("resume-task")
    shutil.rmtree(repo.root / ".volon")
    result = json.loads(volon.ok("resume-task", "1", "--json"))
    assert (result["task_id"], result["next_actions"]) == (TASK, ["go on"])
    assert "status: doing\n" in repo.read(f".volon/tasks/{TASK}.md").decode()


def test_a_checkpoint_is_never_taken_for_one_of_another_task_with_its_id(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "alpha")
    task = repo.root / f".volon/tasks/{TASK}.md"
    old = task.read_text()
    uid = old.split('uid: "')[1][:26]
    task.write_text(old.replace(uid, "01JD" + uid[4:]))
    ran = volon("resume-task", "1")
    assert ran.code == 2
    assert "another task that was called" in " ".join(ran.err.split())


def test_of_several_paused_tasks_the_one_of_this_branch_is_meant_and_the_others_named(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    for branch in ("x", "y"):
        repo.git("switch", "-q", "-c", branch)
        repo.write(f"{branch}.txt", branch)
        volon.ok("pause-task", f"work on {branch}")
    repo.git("switch", "-q", "x")
    seen = status(volon)
    assert seen["task"]["title"] == "work on x"
    assert [(row["title"], row["command"]) for row in seen["elsewhere"]] == [("work on y", "git switch y")]
    assert json.loads(volon.ok("resume-task", "--json"))["title"] == "work on x"


def test_every_way_to_what_is_paused_elsewhere_really_leads_there(repo: RepoBuilder, volon: VolonInProcess) -> None:
    other = repo.root.parent / "other"
    repo.git("worktree", "add", "-q", "-b", "feat", str(other))
    assert volon("pause-task", "in the other one", cwd=other).code == 0
    commit = repo.git("rev-parse", "feat").strip()
    shutil.rmtree(other)
    # Until git is told that the working tree is gone it refuses to switch to its branch: it may only have been moved.
    assert status(volon)["elsewhere"][0]["command"] == "git worktree list"
    assert f"{other} " in repo.git("worktree", "list")
    way = "(deleted? git worktree prune; moved? git worktree repair, inside it): git worktree list"
    assert way in " ".join(volon("resume-task", "--task", TASK).err.split())
    repo.git("worktree", "prune")
    # The working tree is gone for good, and the records with it: they can be brought back right here.
    assert status(volon)["elsewhere"][0]["command"] == "volon doctor --fix"
    repo.git("branch", "-q", "-D", "feat")
    assert status(volon)["elsewhere"][0]["command"] == "volon doctor --fix"
    volon.ok("doctor", "--fix")
    seen = status(volon)
    assert seen["task"]["task_id"] == TASK
    assert "worktree.missing" in [finding["code"] for finding in seen["findings"]]
    assert json.loads(volon.ok("resume-task", "--force", "--json"))["paused_commit"] == commit


def test_status_is_three_lines_or_fewer_and_eighty_columns_wide_in_every_state(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    def check() -> None:
        out = volon.ok("status")
        assert out.count("\n") <= 3, out
        # Only a command may need more room: one that is cut cannot be pasted.
        lines = [re.sub(r"   \(also .*\)$", "", line) for line in out.splitlines()]
        assert max(map(len, lines)) <= 80, out
        assert "…" not in out.splitlines()[-1], out

    check()
    volon.ok("task", "start", "A title that is much longer than any title should ever be, and then some more words")
    check()
    repo.git("switch", "-q", "-c", "a-branch-with-a-rather-long-name-to-fill-the-line")
    for name in range(30):
        repo.write(f"a/rather/long/path/to/some/file-{name}.txt", "x\n")
    check()
    volon.ok("pause-task", "one " * 40)
    check()
    repo.commit(
        "A commit after the pause with a long subject line to fill the whole width of it", {"src/app.py": "2\n"}
    )
    check()
    repo.git("switch", "-q", "main")
    repo.write("b.txt", "b\n")
    volon.ok("pause-task", "two")
    check()
    volon.ok("task", "done", "TASK-20261119-002")
    check()


def test_work_of_a_removed_worktree_comes_back_here_by_the_commands_that_are_named(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("worktree", "add", "-q", "-b", "side", "../side")
    volon("pause-task", "deep work", "--next", "finish it", cwd=repo.root.parent / "side")
    repo.git("worktree", "remove", "../side")
    assert "Paused in ../side, which is gone" in volon.ok("status")
    assert volon("doctor").code == 1
    for argv in (("resume-task",), ("resume-task", "--task", TASK)):
        assert "was paused in ../side, which is gone: volon doctor --fix" in " ".join(volon(*argv).err.split())
    commands = []
    while not (command := status(volon)["next_command"]).startswith("volon pause-task"):
        commands.append(command)
        words = command.split()
        repo.git(*words[1:]) if words[0] == "git" else volon.ok(*words[1:])
    assert commands == ["volon doctor --fix", "git switch side", f"volon resume-task --task {TASK} --force"]


def test_a_removed_worktree_whose_records_are_committed_is_left_to_its_branch(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("worktree", "add", "-q", "-b", "side", "../side")
    volon("pause-task", "deep work", "--commit-state", cwd=repo.root.parent / "side")
    repo.git("worktree", "remove", "../side")
    assert status(volon)["next_command"] == "git switch side"
    assert volon("doctor", "--fix").code == 0
    repo.git("switch", "-q", "side")
    assert status(volon)["task"]["task_id"] == TASK


def test_records_that_are_missing_here_are_not_called_elsewhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one", "--next", "go on")
    shutil.rmtree(repo.root / ".volon")
    assert "Paused here, its records are missing" in volon.ok("status")
    ran = volon("resume-task")
    assert ran.code == 10
    assert f"Hint: the records of {TASK} are missing here: volon doctor --fix" in " ".join(ran.err.split())


def test_a_pause_on_a_renamed_branch_is_about_the_same_task(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", "foo")
    volon.ok("pause-task", "first", "--next", "go on")
    repo.git("branch", "-m", "bar")
    second = json.loads(volon.ok("pause-task", "second", "--json"))
    assert (second["task_id"], second["created_task"], second["branch"]) == (TASK, False, "bar")
    assert second["next_actions"] == ["go on"]
    repo.git("switch", "-q", "main")
    other = json.loads(volon.ok("pause-task", "on main", "--json"))
    assert other["created_task"] is True
    repo.git("branch", "-m", "bar", "baz")
    assert [row["command"] for row in status(volon)["elsewhere"]] == ["git switch baz"]


def test_a_pause_in_a_rebase_of_the_paused_branch_is_about_the_same_task(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("switch", "-q", "-c", "feat")
    repo.commit("Mine", {"src/app.py": "mine\n"})
    volon.ok("pause-task", "first")
    repo.git("switch", "-q", "main")
    repo.commit("Theirs", {"src/app.py": "theirs\n"})
    repo.git("rebase", "main", "feat", check=False)
    second = json.loads(volon.ok("pause-task", "second", "--json"))
    assert (second["task_id"], second["created_task"], second["operation"]) == (TASK, False, "rebase")


@pytest.mark.parametrize("note", [("note",), ()])
def test_a_pause_that_makes_a_task_says_so(note: tuple[str, ...], repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    assert "  new task  " in volon.ok("pause-task", *note)
    repo.git("switch", "-q", "--detach")
    assert "  new task   two\n" in volon.ok("pause-task", "two")
    repo.git("switch", "-q", "main")
    assert "on None" not in volon.ok("status")
    assert "new task" not in volon.ok("pause-task", "three")


def test_a_head_that_is_a_link_is_on_its_branch(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Old versions of git make it so, and git reads it as it reads any other."""
    volon.ok("pause-task", "on main")
    head = repo.root / ".git/HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")
    assert "\nbranch main\n" in volon.ok("status", "--porcelain")
    volon.ok("pause-task", "again")
    assert volon.ok("checkpoint", "list").count("TASK-20261119-001") == 2
    repo.git("checkout", "-q", "-b", "other")
    volon.ok("pause-task", "there")
    head.unlink()
    head.symlink_to("refs/heads/main")
    said = volon.ok("status")
    assert said.startswith("TASK-20261119-001  paused  on main ")
    assert said.endswith("(also TASK-20261119-002: git switch other)\n")
