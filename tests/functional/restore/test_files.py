"""Restore in place: files and index come back to the byte, nothing is lost on the way, and it can be taken back."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

import pexpect
import pytest

from tests.functional.restore.helpers import result, work, wreck
from tests.support.digests import user_digest
from tests.support.repos import RepoBuilder, run_git
from tests.support.running import volon_argv, volon_environment
from volon.repo.snapshots import faithful

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.running import VolonInProcess


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


def test_a_file_taken_out_and_only_meant_to_be_added_comes_back_and_is_no_conflict(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("Begin", {"f": "one\n"})
    repo.git("rm", "-q", "--cached", "f")
    repo.write("f", "two\n")
    repo.git("add", "-N", "f")
    volon.ok("pause-task", "a note")
    before = user_digest(repo.root)
    (repo.root / "f").unlink()
    assert "1 DD" in repo.git("status", "--porcelain=v2")
    assert "conflict" not in volon.ok("pause-task", "gone", "--dry-run")
    volon.ok("restore", "1", "--yes")
    assert user_digest(repo.root) == before


def test_a_hard_link_is_named_and_its_other_names_keep_their_bytes(
    paused: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    saved = paused.read("src/app.py")
    os.link(paused.root / "src/app.py", tmp_path / "other")
    paused.write("src/app.py", "edited under both names\n")
    told = "1 file is a hard link; the other names keep their bytes: src/app.py"
    for words in (("--dry-run",), (), ("--yes",)):
        assert result(volon("restore", "1", *words, "--json"))["warnings"] == [told], words
    assert (paused.read("src/app.py"), (tmp_path / "other").read_text()) == (saved, "edited under both names\n")
    assert result(volon("restore", "1", "--yes", "--json"))["warnings"] == []
    volon.ok("undo")
    (paused.root / "src/app.py").unlink()
    paused.git("restore", "src/app.py")
    os.link(paused.root / "src/app.py", tmp_path / "again")
    assert told in result(volon("resume-task", "--restore", "--json"))["warnings"]


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


def test_however_many_files_a_checkout_could_write_otherwise_each_is_looked_at(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faithful, "MOST_FILES", 3)
    repo.commit("Text", {".gitattributes": "*.txt text eol=crlf\n", **{f"{n}.txt": "a\nb\n" for n in range(8)}})
    mixed = {f"{n}.txt": b"a\nb\r\n" for n in (1, 7)}
    for name in (f"{n}.txt" for n in range(8)):
        repo.write(name, mixed.get(name, b"a\r\nb\r\n"))
    repo.git("add", ".")
    assert repo.git("status", "--porcelain") == ""
    volon.ok("pause-task", "one")
    repo.git("rm", "-q", "-r", "--cached", ".")
    repo.git("reset", "-q", "--hard")
    assert not any((repo.root / name).read_bytes() == data for name, data in mixed.items())
    volon.ok("restore", "1", "--yes")
    assert {name: (repo.root / name).read_bytes() for name in mixed} == mixed


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


def test_who_says_no_on_a_terminal_has_seen_the_plan_once(paused: RepoBuilder) -> None:
    wreck(paused)
    before = user_digest(paused.root)
    words = [*volon_argv(), "restore", "1"]
    terminal = pexpect.spawn(
        words[0], words[1:], cwd=str(paused.root), env=volon_environment(), encoding="utf-8", timeout=20
    )
    terminal.expect_exact("to overwrite")
    terminal.expect_exact("Go on? [y/N]")
    terminal.sendline("n")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert "Nothing was changed." in (terminal.before or "")
    assert "to overwrite" not in (terminal.before or "")
    assert (terminal.exitstatus, user_digest(paused.root)) == (3, before)
