"""Restore: files and index come back to the byte, nothing is lost on the way, and it can be taken back."""

from __future__ import annotations

import errno
import json
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.digests import user_digest
from tests.support.repos import RepoBuilder, run_git
from volon.errors import NotCommitted
from volon.repo.git import Git
from volon.store import transaction
from volon.usecases.restoring import restore
from volon.usecases.resuming import return_with_files
from volon.usecases.resuming.resume import resume

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from tests.support.running import Ran, VolonInProcess
    from volon.model.requests import ResumeRequest
    from volon.model.results.protocol import ResumeResult
    from volon.usecases.running.hooks import OnStart
    from volon.workspace import Workspace


@pytest.fixture
def paused(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A repository in which something edited, something staged, something new and something deleted was paused."""
    repo.commit("More", {"old.txt": "old\n", ".gitignore": "*.log\n"})
    repo.write("src/app.py", "def run():\r\n    return 2\n")
    repo.write("staged.txt", "one\n")
    repo.git("add", "staged.txt")
    repo.write("staged.txt", "two\n")
    repo.write("new dir/new.sh", "new\n").chmod(0o755)
    (repo.root / "old.txt").unlink()
    volon.ok("pause-task", "a note")
    return repo


def wreck(repo: RepoBuilder) -> None:
    repo.git("restore", "-q", "--staged", "--worktree", ".")
    repo.write("staged.txt", "three\n")
    (repo.root / "new dir/new.sh").unlink()
    (repo.root / "new dir").rmdir()


def work(repo: RepoBuilder) -> dict[str, str]:
    """The files to the byte, and what git says of them and of the index."""
    files = {name: digest for name, digest in user_digest(repo.root).items() if name.startswith("file ")}
    return {**files, "status": repo.git("status", "--porcelain=v2")}


def _starved(*_words: object, **_how: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def result(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_every_byte_and_the_index_come_back_and_undo_takes_that_back(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    before, said = user_digest(paused.root), paused.git("status", "--porcelain=v2")
    wreck(paused)
    wrecked = user_digest(paused.root)
    found = result(volon("restore", "1", "--yes", "--json"))
    assert (found["created"], found["overwritten"]) == (["new dir/new.sh"], ["src/app.py", "staged.txt"])
    assert (found["deleted"], found["index"], found["left"]) == (["old.txt"], True, [])
    assert user_digest(paused.root) == before
    # git renews its notes in the index; what it says is the same, and no reason to refuse an undo.
    assert paused.git("status", "--porcelain=v2") == said
    volon.ok("undo")
    assert {**user_digest(paused.root), "index": ""} == {**wrecked, "index": ""}
    volon.ok("undo")
    assert paused.git("status", "--porcelain=v2") == said


def test_without_consent_nothing_is_overwritten_and_the_plan_is_shown(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    wreck(paused)
    before = user_digest(paused.root)
    ran = volon("restore", "1")
    assert ran.code == 3
    assert "2 to overwrite, 1 to delete" in ran.out
    assert "\n  volon restore 1 --yes\n" in ran.out
    assert volon("restore", "1", "--dry-run").code == 0
    assert user_digest(paused.root) == before
    assert "refs/volon/snap" not in paused.git("for-each-ref").replace(paused.git("for-each-ref", "refs/volon"), "")


def test_what_is_only_missing_comes_back_without_a_question(paused: RepoBuilder, volon: VolonInProcess) -> None:
    (paused.root / "new dir/new.sh").unlink()
    assert volon("restore", "1").code == 0
    assert (paused.root / "new dir/new.sh").stat().st_mode & 0o100
    assert "Everything is as checkpoint 01 saved it." in volon.ok("restore", "1")


def test_what_head_has_is_overwritten_without_a_question(paused: RepoBuilder, volon: VolonInProcess) -> None:
    before = work(paused)
    paused.git("stash", "-q", "-u")
    found = result(volon("restore", "1", "--json"))
    assert (found["overwritten"], found["deleted"], found["asked"]) == (["src/app.py"], ["old.txt"], [])
    assert work(paused) == before
    volon.ok("undo")
    paused.git("update-index", "--assume-unchanged", "src/app.py")
    paused.write("src/app.py", "only here, and git does not look\n")
    assert result(volon("restore", "1", "--dry-run", "--json"))["asked"] == ["src/app.py"]


def test_the_command_that_agrees_can_be_pasted(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    ran = volon("restore", "1", "--path", "staged.txt", "--path", "new dir")
    command = "volon restore 1 --path staged.txt --path 'new dir' --yes"
    assert ran.code == 3
    assert f"\n  {command}\n" in ran.out
    assert volon(*shlex.split(command)[1:]).code == 0
    assert paused.read("staged.txt") == b"two\n"


def test_what_the_checkpoint_does_not_know_stays_and_is_named_and_exact_removes_it(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    paused.write("later/x", "later")
    paused.write("a.log", "ignored")
    wreck(paused)
    found = result(volon("restore", "1", "--yes", "--json"))
    assert found["left"] == [{"path": "later/x", "why": "not in the checkpoint"}]
    found = result(volon("restore", "1", "--yes", "--exact", "--json"))
    assert found["deleted"] == ["later/x"]
    assert not (paused.root / "later").exists()
    assert paused.read("a.log") == b"ignored"
    volon.ok("undo")
    assert paused.read("later/x") == b"later"


def test_exact_judges_by_the_rules_of_both_sides(paused: RepoBuilder, volon: VolonInProcess) -> None:
    paused.write(".gitignore", "")
    paused.write("a.log", "precious, and ignored at the pause")
    for _ in range(2):
        volon.ok("restore", "1", "--yes", "--exact")
    assert paused.read("a.log") == b"precious, and ignored at the pause"


def test_single_paths_come_back_alone_and_on_another_commit_too(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    paused.git("commit", "-q", "-m", "More", "--allow-empty")
    found = result(volon("restore", "1", "--path", "src", "--path", "old.txt", "--yes", "--json"))
    assert (found["overwritten"], found["deleted"], found["index"]) == (["src/app.py"], ["old.txt"], False)
    assert paused.read("src/app.py") == b"def run():\r\n    return 2\n"
    assert volon("restore", "1", "--path", "nowhere").code == 1
    assert volon("restore", "1", "--path", "../outside").code == 2


def _merge(repo: RepoBuilder) -> None:
    repo.git("stash")
    repo.git("switch", "-q", "-c", "side")
    repo.commit("Side", {"README.md": "side"})
    repo.git("switch", "-q", "main")
    repo.commit("Main", {"README.md": "main"})
    repo.git("merge", "side", check=False)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda repo: repo.git("commit", "-q", "-a", "-m", "On"), "HEAD is not the commit"),
        (lambda repo: repo.git("checkout", "-q", "--orphan", "fresh"), "HEAD is not the commit"),
        (_merge, "A merge is in progress"),
    ],
    ids=["head-moved", "unborn", "merging"],
)
def test_elsewhere_it_is_refused_with_a_way_on(
    paused: RepoBuilder, volon: VolonInProcess, change: Callable[[RepoBuilder], object], said: str
) -> None:
    change(paused)
    before = user_digest(paused.root)
    ran = volon("restore", "1", "--yes")
    assert ran.code == 3
    assert said in ran.err
    assert "Hint:" in ran.err
    assert user_digest(paused.root) == before


def test_a_commit_of_records_alone_is_no_obstacle_and_they_stay_staged_as_they_are(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    paused.git("add", "-f", ".volon/tasks")
    paused.git("commit", "-q", "-m", "Records", "--", ".volon/tasks")
    (paused.root / "src/app.py").unlink()
    volon.ok("restore", "1", "--yes")
    assert paused.read("src/app.py") == b"def run():\r\n    return 2\n"
    assert ".volon" not in paused.git("status", "--porcelain")


def test_what_stands_in_the_way_refuses_everything(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    paused.write("new dir", "a file of mine")
    before = user_digest(paused.root)
    ran = volon("restore", "1", "--yes")
    assert ran.code == 7
    assert "new dir: new dir/new.sh needs a directory of this name" in ran.err
    assert user_digest(paused.root) == before
    volon.ok("restore", "1", "--yes", "--exact")
    assert paused.read("new dir/new.sh") == b"new\n"


def test_a_lock_of_git_refuses_everything(paused: RepoBuilder, volon: VolonInProcess) -> None:
    wreck(paused)
    lock = paused.write(".git/index.lock", "git's own")
    before = user_digest(paused.root)
    assert volon("restore", "1", "--yes").code == 4
    assert (user_digest(paused.root), lock.read_text()) == (before, "git's own")


def test_what_cannot_be_saved_first_is_not_overwritten(paused: RepoBuilder, volon: VolonInProcess) -> None:
    secret = "token = 'ghp_" + "a1B2" * 9 + "'\n"
    paused.write("src/app.py", secret)
    paused.write("README.md", secret)  # It was clean at the pause.
    found = result(volon("restore", "1", "--yes", "--json"))
    why = "cannot be saved first: looks secret"
    assert found["left"] == [{"path": "README.md", "why": why}, {"path": "src/app.py", "why": why}]
    assert (found["already"], found["exit_code"]) == (True, 7)
    assert "Not everything is as checkpoint 01 saved it." in volon("restore", "1", "--yes").out
    assert "README.md was not put back" in " ".join(volon.ok("resume-task", "--restore").split())
    assert paused.read("src/app.py") == paused.read("README.md") == secret.encode()


def test_a_file_that_an_undone_undo_brings_back_has_the_permissions_it_had(
    paused: RepoBuilder, volon: VolonInProcess
) -> None:
    (paused.root / "staged.txt").unlink()
    volon.ok("restore", "1", "--yes")
    (paused.root / "staged.txt").chmod(0o640)
    for _ in range(2):
        volon.ok("undo")
        volon.ok("undo")
    assert (paused.root / "staged.txt").stat().st_mode & 0o777 == 0o640


def test_single_files_come_back_from_a_merge_that_was_given_up(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("switch", "-q", "-c", "other")
    repo.commit("Theirs", {"src/app.py": "theirs\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Ours", {"src/app.py": "ours\n"})
    run_git(repo.root, "merge", "-q", "other", check=False)
    half_way = repo.read("src/app.py")
    volon.ok("pause-task", "x")
    repo.git("merge", "--abort")
    ran = volon("restore", "1", "--yes")
    assert (ran.code, "volon restore 01 --path PATH" in " ".join(ran.err.split())) == (3, True)
    volon.ok("restore", "1", "--path", "src/app.py", "--yes")
    assert repo.read("src/app.py") == half_way


def test_a_link_where_a_directory_was_is_never_followed(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    wreck(paused)
    (tmp_path / "outside").mkdir()
    (paused.root / "new dir").symlink_to(tmp_path / "outside")
    assert volon("restore", "1", "--yes").code == 7
    volon.ok("restore", "1", "--yes", "--exact")
    assert paused.read("new dir/new.sh") == b"new\n"
    volon.ok("undo")
    assert (paused.root / "new dir").is_symlink()
    volon.ok("undo")
    assert paused.read("new dir/new.sh") == b"new\n"
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_pause_on_a_clean_tree_is_as_good_as_its_commit(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "clean")
    repo.write("src/app.py", "other")
    (repo.root / "README.md").unlink()
    volon.ok("restore", "1", "--yes")
    assert repo.git("status", "--porcelain") == ""


def test_a_repository_inside_makes_no_clean_tree_unclean(repo: RepoBuilder, volon: VolonInProcess) -> None:
    RepoBuilder.init(repo.root / "inner")
    volon.ok("pause-task", "clean")
    repo.write("src/app.py", "other")
    volon.ok("restore", "1", "--yes")
    assert repo.git("status", "--porcelain") == "?? inner/\n"


def test_what_was_staged_after_a_pause_on_a_clean_tree_is_taken_out_and_flags_stay(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("update-index", "--assume-unchanged", "README.md")
    volon.ok("pause-task", "clean")
    index = repo.git("ls-files", "-s", "-v")
    repo.git("rm", "-q", "-f", "src/app.py")
    repo.write("new.py", "new\n")
    repo.git("add", "new.py")
    volon.ok("restore", "1", "--yes")
    assert repo.git("ls-files", "-s", "-v") == index
    assert repo.git("status", "--porcelain") == "?? new.py\n"
    assert "as checkpoint 01 saved it" in volon.ok("restore", "1", "--yes")
    volon.ok("undo")
    assert repo.git("status", "--porcelain") == "A  new.py\nD  src/app.py\n"


def test_bytes_that_a_checkout_would_write_otherwise_are_saved_with_a_clean_tree_too(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("Rules", {".gitattributes": "*.txt text eol=crlf\n", "a.txt": "one\n"})
    assert repo.git("status", "--porcelain") == ""
    volon.ok("pause-task", "clean")
    (repo.root / "a.txt").unlink()
    volon.ok("restore", "1", "--yes")
    assert repo.read("a.txt") == b"one\n"


def test_a_file_that_git_calls_unchanged_in_both_its_forms_comes_back_in_the_one_it_had(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("More", {"a.txt": "one\n", "b.txt": "one\n"})
    repo.git("config", "core.autocrlf", "true")
    (repo.root / "b.txt").unlink()
    repo.git("checkout", "-q", "b.txt")
    volon.ok("pause-task", "clean")
    (repo.root / "a.txt").unlink()
    repo.git("checkout", "-q", "a.txt")
    repo.write("b.txt", "one\n")
    assert repo.git("diff") == ""
    volon.ok("restore", "1", "--yes")
    assert (repo.read("a.txt"), repo.read("b.txt")) == (b"one\n", b"one\r\n")


def test_a_file_that_took_the_place_of_a_directory_makes_way_for_it_again(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("thing", "a file\n")
    volon.ok("pause-task", "a file")
    (repo.root / "thing").unlink()
    repo.write("thing/a/inner", "inner\n")
    repo.write("thing/other", "other\n")
    volon.ok("restore", "1", "--yes", "--exact")
    assert repo.read("thing") == b"a file\n"
    volon.ok("undo")
    assert (repo.read("thing/a/inner"), repo.read("thing/other")) == (b"inner\n", b"other\n")
    volon.ok("undo")
    assert repo.read("thing") == b"a file\n"


def test_a_checkpoint_without_saved_files_says_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed")
    volon.ok("pause-task", "a note", "--no-snapshot")
    for ref in repo.git("for-each-ref", "--format=%(refname)", "refs/volon/snap").split():
        repo.git("update-ref", "-d", ref)
    ran = volon("restore", "1")
    assert ran.code == 1
    assert "Checkpoint 01 has no saved files here." in ran.err
    assert volon("restore", "7").code == 2


def test_permissions_of_a_file_that_is_there_stay_but_for_gits_bit(paused: RepoBuilder, volon: VolonInProcess) -> None:
    path = paused.write("src/app.py", "other")
    path.chmod(0o600)
    volon.ok("restore", "1", "--yes")
    assert path.stat().st_mode & 0o777 == 0o600


class TestElsewhere:
    def test_the_work_comes_to_another_commit_beside_this_tree(
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
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
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        said = paused.git("status", "--porcelain=v2")
        volon.ok("restore", "1", "--worktree", "../beside")
        assert run_git(tmp_path / "beside", "status", "--porcelain=v2") == said

    def test_a_new_working_tree_is_handed_over_without_a_lock_that_git_could_not_remove(
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = paused.root / ".git/worktrees/beside"
        add = Git.run

        def add_and_leave(
            self: Git,
            *words: str,
            stdin: bytes | Iterable[bytes] = b"",
            ok: Collection[int] = (0,),
            directory: Path | None = None,
        ) -> bytes:
            done = add(self, *words, stdin=stdin, ok=ok, directory=directory)
            if words[:2] == ("worktree", "add"):
                (home / "HEAD.lock").touch()
            return done

        monkeypatch.setattr(Git, "run", add_and_leave)
        volon.ok("restore", "1", "--worktree", "../beside")
        assert list(home.glob("*.lock")) == []
        run_git(tmp_path / "beside", "switch", "-q", "-c", "on")

    def test_one_that_was_begun_and_stopped_keeps_no_lock_either(
        self, paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        home = paused.root / ".git/worktrees/beside"
        with monkeypatch.context() as stopped:
            stopped.setattr(restore, "_stage", _starved)
            assert volon("restore", "1", "--worktree", "../beside").code == 5
        for name in ("HEAD.lock", "ORIG_HEAD.lock", "index.lock"):
            (home / name).touch()
        volon.ok("restore", "1", "--worktree", "../beside")
        assert list(home.glob("*.lock")) == []

    def test_committed_there_and_not_in_the_files_yet_it_names_the_command_that_finishes_it(
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with monkeypatch.context() as stopped:
            stopped.setattr(transaction, "roll_forward", _starved)
            ran = volon("restore", "1", "--worktree", "../beside")
        assert ran.code == 6
        assert (paused.root / ".git/worktrees/beside/volon/journal").exists()
        assert "run the same command again" in " ".join(ran.err.split())
        assert volon("undo", "--list").out.count("restore") == 0
        volon.ok("restore", "1", "--worktree", "../beside")
        assert (tmp_path / "beside/staged.txt").read_bytes() == b"two\n"

    def test_here_it_is_merged_into_head_and_conflicts_need_consent(
        self, paused: RepoBuilder, volon: VolonInProcess
    ) -> None:
        wreck(paused)
        (paused.root / "staged.txt").unlink()
        paused.commit("On", {"README.md": "# Other\n", "src/app.py": "def run():\n    return 3\n"})
        before = user_digest(paused.root)
        ran = volon("restore", "1", "--onto", "HEAD", "--yes")
        assert ran.code == 7
        assert "Caused by: src/app.py" in ran.err
        assert user_digest(paused.root) == before
        found = result(volon("restore", "1", "--onto", "HEAD", "--yes", "--conflicts", "--json"))
        assert (found["conflicts"], found["created"]) == (["src/app.py"], ["new dir/new.sh", "staged.txt"])
        marked = paused.read("src/app.py").splitlines()
        assert {b"<<<<<<< onto", b">>>>>>> saved"} <= set(marked)
        assert paused.read("README.md") == b"# Other\n"
        volon.ok("undo")
        assert user_digest(paused.root) == before

    def test_files_changed_here_too_are_not_merged_over(self, paused: RepoBuilder, volon: VolonInProcess) -> None:
        wreck(paused)
        paused.commit("On", {"README.md": "# Other\n"})
        paused.write("staged.txt", "mine")
        before = user_digest(paused.root)
        assert volon("restore", "1", "--onto", "HEAD", "--yes").code == 7
        assert user_digest(paused.root) == before


class TestWithResume:
    def test_files_come_back_and_the_task_goes_on(self, paused: RepoBuilder, volon: VolonInProcess) -> None:
        (paused.root / "new dir/new.sh").unlink()
        found = result(volon("resume-task", "--restore", "--json"))
        assert (found["restored"], found["status"]) == (["new dir/new.sh"], "doing")
        assert paused.read("new dir/new.sh") == b"new\n"
        assert "tree.lost" not in [one["code"] for one in found["findings"]]

    def test_coming_back_brings_every_byte(self, paused: RepoBuilder, volon: VolonInProcess) -> None:
        before = work(paused)
        paused.git("stash", "-q", "-u")
        paused.git("switch", "-q", "-c", "elsewhere")
        paused.commit("Meanwhile", {"src/app.py": "another\n"})
        there = volon.ok("resume-task", "--dry-run")
        assert "git switch main && volon resume-task --restore" in there
        paused.git("switch", "-q", "main")
        told = volon.ok("resume-task", "--restore")
        assert work(paused) == before
        assert "Now doing. 4 files put back." in told

    def test_what_would_be_overwritten_stops_both(self, paused: RepoBuilder, volon: VolonInProcess) -> None:
        wreck(paused)
        before = user_digest(paused.root)
        ran = volon("resume-task", "--restore")
        assert ran.code == 3
        assert "overwrite or delete 1 changed file;" in ran.err
        assert "      volon restore 01 --yes && volon resume-task\n" in ran.err
        assert user_digest(paused.root) == before
        assert "paused" in volon.ok("task", "list")

    def test_that_files_were_put_back_is_said_when_the_task_then_cannot_be_resumed(
        self, paused: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (paused.root / "staged.txt").unlink()

        def full(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None = None) -> ResumeResult:
            if request.dry_run:
                return resume(workspace, request, on_start)
            raise NotCommitted("The disk is full; nothing was changed.")

        monkeypatch.setattr(return_with_files, "resume", full)
        ran = volon("resume-task", "--restore")
        assert ran.code == 1
        assert "were put back, but the task was not resumed" in ran.err
        assert (paused.root / "staged.txt").exists()
        # With nothing to put back, nothing was changed is true.
        assert volon("resume-task", "--restore").code == 5


class TestBegunBefore:
    """`--worktree` after a kill: see the crash harness for every point of one."""

    def test_a_head_that_git_was_killed_before_writing_stops_no_reader(
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
    ) -> None:
        home = paused.root / ".git/worktrees/half"
        home.mkdir(parents=True)
        (home / "HEAD").write_text("0" * 40 + "\n")
        (home / "commondir").write_text("../..\n")
        (home / "gitdir").write_text(f"{tmp_path}/half/.git\n")
        paused.git("stash", "-q", "-u")
        assert "src/app.py" in volon.ok("resume-task", "--dry-run")

    def test_files_that_git_was_killed_before_writing_are_made_when_it_is_run_again(
        self, paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
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
