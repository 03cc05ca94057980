"""Restore onto another commit, and into a working tree of its own."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from tests.functional.restore.helpers import around_git, result, starved, work, wreck
from tests.support.digests import user_digest
from tests.support.repos import RepoBuilder, run_git
from volon.repo.git import GitFailed
from volon.store import transaction
from volon.usecases.restoring import restore

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import VolonInProcess


def test_the_work_comes_to_another_commit_beside_this_tree(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    commit = paused.git("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Elsewhere").strip()
    paused.git("branch", "other", commit)
    before = user_digest(paused.root)
    found = result(volon("restore", "1", "--onto", "other", "--worktree", "../beside", "--json"))
    beside = tmp_path / "beside"
    assert (found["worktree"], found["conflicts"]) == ("../beside", [])
    assert (beside / "src/app.py").read_bytes() == b"def run():\r\n    return 2\n"
    assert (beside / "staged.txt").read_bytes() == b"two\n"
    assert (beside / "new dir/new.sh").stat().st_mode & 0o100
    assert user_digest(paused.root) == before


def test_without_a_commit_it_is_the_same_state_index_and_all(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    said = paused.git("status", "--porcelain=v2")
    volon.ok("restore", "1", "--worktree", "../beside")
    assert run_git(tmp_path / "beside", "status", "--porcelain=v2") == said


def test_a_new_working_tree_is_handed_over_without_a_lock_that_git_could_not_remove(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = paused.root / ".git/worktrees/beside"
    around_git(monkeypatch, "worktree", "add", after=(home / "HEAD.lock").touch)
    volon.ok("restore", "1", "--worktree", "../beside")
    assert list(home.glob("*.lock")) == []
    run_git(tmp_path / "beside", "switch", "-q", "-c", "on")


def test_one_that_was_begun_and_stopped_keeps_no_lock_either(
    paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = paused.root / ".git/worktrees/beside"
    with monkeypatch.context() as stopped:
        stopped.setattr(restore, "stage", starved)
        assert volon("restore", "1", "--worktree", "../beside").code == 5
    for name in ("HEAD.lock", "ORIG_HEAD.lock", "index.lock"):
        (home / name).touch()
    volon.ok("restore", "1", "--worktree", "../beside")
    assert list(home.glob("*.lock")) == []


def test_committed_there_and_not_in_the_files_yet_it_names_the_command_that_finishes_it(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stopped:
        stopped.setattr(transaction, "roll_forward", starved)
        ran = volon("restore", "1", "--worktree", "../beside")
    assert ran.code == 6
    assert (paused.root / ".git/worktrees/beside/volon/journal").exists()
    assert "run the same command again" in " ".join(ran.err.split())
    assert volon("undo", "--list").out.count("restore") == 0
    volon.ok("restore", "1", "--worktree", "../beside")
    assert (tmp_path / "beside/staged.txt").read_bytes() == b"two\n"


def test_here_it_is_merged_into_head_and_conflicts_need_consent(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    (paused.root / "staged.txt").unlink()
    paused.commit("On", {"README.md": "# Other\n", "src/app.py": "def run():\n    return 3\n"})
    before = user_digest(paused.root)
    ran = volon("restore", "1", "--onto", "HEAD", "--yes")
    assert ran.code == 7
    assert "Caused by: src/app.py" in ran.err
    assert user_digest(paused.root) == before
    ran = volon("restore", "1", "--onto", "HEAD", "--yes", "--conflicts", "--json")
    assert ran.code == 7
    found = result(ran)
    assert (found["conflicts"], found["created"]) == (["src/app.py"], ["new dir/new.sh", "staged.txt"])
    marked = paused.read("src/app.py").splitlines()
    assert {b"<<<<<<< onto", b">>>>>>> saved"} <= set(marked)
    assert paused.read("README.md") == b"# Other\n"
    volon.ok("undo")
    assert user_digest(paused.root) == before


def test_conflicts_that_a_restore_leaves_are_no_success_and_unmerged_for_git_too(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    wreck(paused)
    (paused.root / "staged.txt").unlink()
    paused.commit("On", {"src/app.py": "def run():\n    return 3\n"})
    index = paused.git("ls-files", "--stage")
    command = ("restore", "1", "--onto", "HEAD", "--conflicts", "--yes")
    assert volon(*command, "--worktree", "../beside").code == 7
    ran = volon(*command)
    assert (ran.code, "git add -- :/src/app.py" in ran.out, "volon undo" in ran.out) == (7, True, True)
    for root in (paused.root, tmp_path / "beside"):
        assert "UU src/app.py" in run_git(root, "status", "--porcelain")
        stages = run_git(root, "ls-files", "--unmerged").splitlines()
        contents = [run_git(root, "cat-file", "blob", row.split()[1]) for row in stages]
        assert [text.split()[-1] for text in contents] == ["1", "3", "2"]
    with pytest.raises(AssertionError, match="unmerged files"):
        paused.git("commit", "-qm", "With markers")
    volon.ok("undo")
    assert paused.git("ls-files", "--stage") == index
    volon.ok("undo")
    paused.write("src/app.py", "def run():\n    return 5\n")
    paused.git("add", "--", ":/src/app.py")
    paused.git("commit", "-qm", "Resolved")


def test_a_staged_version_is_not_promised_to_come_back_by_a_merge(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    (paused.root / "staged.txt").unlink()
    paused.commit("On", {"README.md": "# Other\n"})
    rows = result(volon("resume-task", "--dry-run", "--json"))["findings"]
    lost = next(row for row in rows if row["code"] == "tree.lost")
    assert lost["command"] == "volon restore 01 --onto HEAD"
    assert "--onto HEAD leaves the index as it is, --worktree DIR" in lost["sentence"]


def test_a_merge_to_begin_again_is_named_with_its_commit(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", "theirs")
    repo.commit("Theirs", {"src/app.py": "theirs\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Mine", {"src/app.py": "mine\n"})
    run_git(repo.root, "merge", "-q", "theirs", check=False)
    said = repo.git("status", "--porcelain=v2")
    volon.ok("pause-task")
    repo.git("merge", "--abort")
    rows = result(volon("resume-task", "--dry-run", "--json"))["findings"]
    named = next(row for row in rows if row["code"] == "tree.lost")["command"]
    for argv in ((), ("--onto", "HEAD"), ("--worktree", "../beside"), ("--onto", "HEAD", "--conflicts")):
        ran = volon("restore", "1", *argv, "--json")
        assert (ran.code, result(ran)["hints"][0].partition(": ")[2]) == (3, named)
        assert result(ran)["hints"][1] == "take single files: volon restore 01 --path PATH"
    assert result(volon("resume-task", "--restore", "--json"))["hints"][0].partition(": ")[2] == named
    merge, restore_ = named.split("; ")
    run_git(repo.root, *merge.split()[1:], check=False)
    volon.ok(*restore_.split()[1:])
    assert repo.git("status", "--porcelain=v2") == said


def test_files_changed_here_too_are_not_merged_over(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    paused.commit("On", {"README.md": "# Other\n"})
    paused.write("staged.txt", "mine")
    before = user_digest(paused.root)
    assert volon("restore", "1", "--onto", "HEAD", "--yes").code == 7
    assert user_digest(paused.root) == before


def test_files_that_could_not_be_handed_over_are_said_to_be_there(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise GitFailed(("worktree", "unlock"), 128, "fatal: no space")

    with monkeypatch.context() as stopped:
        around_git(stopped, "worktree", "unlock", before=refuse)
        ran = volon("restore", "1", "--worktree", "../beside")
    assert (ran.code, "run the same command again" in " ".join(ran.err.split())) == (6, True)
    assert (tmp_path / "beside/staged.txt").read_bytes() == b"two\n"
    volon.ok("restore", "1", "--worktree", "../beside")
    assert not (paused.root / ".git/worktrees/beside/locked").exists()


def test_a_head_that_git_was_killed_before_writing_stops_no_reader(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    home = paused.root / ".git/worktrees/half"
    home.mkdir(parents=True)
    (home / "HEAD").write_text("0" * 40 + "\n")
    (home / "commondir").write_text("../..\n")
    (home / "gitdir").write_text(f"{tmp_path}/half/.git\n")
    paused.git("stash", "-q", "-u")
    assert "src/app.py" in volon.ok("resume-task", "--dry-run")


def test_files_that_git_was_killed_before_writing_are_made_when_it_is_run_again(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    beside = tmp_path / "beside"
    volon.ok("restore", "1", "--worktree", "../beside")
    whole = work(RepoBuilder(beside))
    checkpoint = next(paused.root.glob(".design/checkpoints/01-*")).read_text()
    uid = re.findall(r'^uid: "(\w+)"$', checkpoint, re.MULTILINE)[0]
    head = paused.git("rev-parse", "HEAD").strip()
    reason = f"volon restore {uid} on {head}; run the command again to finish it"
    run_git(beside, "worktree", "lock", "--reason", reason, ".")
    (beside / "README.md").unlink()
    (beside / "src/app.py").write_bytes(b"de")
    (paused.root / ".git/worktrees/beside/index").rename(paused.root / ".git/worktrees/beside/index.lock")
    volon.ok("restore", "1", "--worktree", "../beside")
    assert work(RepoBuilder(beside)) == whole
    assert "locked" not in paused.git("worktree", "list")
    assert volon("restore", "1", "--worktree", "../beside").code == 5


@pytest.mark.parametrize("where", [".git/x", ".git/worktrees/x", ".volon/x", ".design/checkpoints/x", "to-git/x"])
def test_no_working_tree_is_made_inside_what_git_and_volon_keep(
    paused: RepoBuilder, volon: VolonInProcess, where: str
) -> None:
    (paused.root / "to-git").symlink_to(".git")
    for more in ((), ("--dry-run",)):
        ran = volon("restore", "1", "--worktree", where, *more)
        assert (ran.code, f"{where} is inside a directory of git's or volon's own" in ran.err) == (2, True)
        assert "volon restore 01 --worktree ../repo-01" in " ".join(ran.err.split())
    assert not (paused.root / where).exists()


def test_no_working_tree_is_made_inside_the_one_it_is_asked_for_in(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.cwd = paused.root / "src"
    command = "volon restore 01 --onto HEAD --worktree ../../repo-01"
    for where in (".", "..", "beside", "../beside", str(paused.root / "x/y")):
        ran = volon("restore", "1", "--worktree", where, "--onto", "HEAD", "--json")
        assert (ran.code, "is inside this working tree" in ran.out) == (2, True), where
        assert result(ran)["hints"] == [f"put it beside: {command}"]
    volon.ok(*shlex.split(command)[1:])
    assert (tmp_path / "repo-01/staged.txt").read_bytes() == b"two\n"
