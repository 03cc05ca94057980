"""Work that `git status` does not name is saved as any other, noticed when it changes, and comes back."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import run_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

MIXED = b"a\r\nb\n"
"""What no checkout writes, and git calls unchanged where line ends are turned."""


def comes_back(repo: RepoBuilder, volon: VolonInProcess, path: str, content: bytes) -> None:
    repo.write(path, "something else\n")
    volon.ok("restore", "1", "--yes")
    assert repo.read(path) == content


def test_a_clean_tree_with_bytes_that_no_checkout_writes_is_saved(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Ends", {".gitattributes": "*.txt text eol=crlf\n", "mixed.txt": MIXED})
    assert repo.git("status", "--porcelain") == ""
    assert json.loads(volon.ok("pause-task", "x", "--json"))["saved"] == {"modified": 1}
    assert "Already paused" in volon.ok("pause-task")
    comes_back(repo, volon, "mixed.txt", MIXED)


def test_rules_in_the_other_half_of_a_split_index_count(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Ends", {".gitattributes": "*.txt text eol=crlf\n", "mixed.txt": MIXED})
    repo.git("update-index", "--split-index")
    volon.ok("pause-task", "x")
    comes_back(repo, volon, "mixed.txt", MIXED)


@pytest.mark.parametrize("version", ["2", "4"])
def test_rules_that_are_ignored_themselves_count(repo: RepoBuilder, volon: VolonInProcess, version: str) -> None:
    repo.write(".git/info/exclude", ".gitattributes\n")
    repo.write(".gitattributes", "*.txt text eol=crlf\n")
    repo.commit("Ends", {"mixed.txt": MIXED})
    repo.git("update-index", "--index-version", version)
    volon.ok("pause-task", "x")
    comes_back(repo, volon, "mixed.txt", MIXED)


def test_a_filter_that_fails_does_not_make_a_pause_fail(repo: RepoBuilder, volon: VolonInProcess, home: Path) -> None:
    run_git(home, "config", "--global", "filter.odd.clean", "cat")
    repo.commit("Filter", {".gitattributes": "*.odd filter=odd\n", "a.odd": "a\n"})
    run_git(home, "config", "--global", "filter.odd.smudge", "false")
    run_git(home, "config", "--global", "filter.odd.required", "true")
    repo.write("src/app.py", "edited\n")
    assert json.loads(volon.ok("pause-task", "x", "--json"))["saved"] == {"modified": 2}
    comes_back(repo, volon, "a.odd", b"a\n")


def test_files_of_git_lfs_are_not_fetched_and_compared(repo: RepoBuilder, volon: VolonInProcess, home: Path) -> None:
    run_git(home, "config", "--global", "filter.lfs.clean", "sha1sum")
    run_git(home, "config", "--global", "filter.lfs.smudge", f"touch {home}/smudged; echo other")
    repo.commit("LFS", {".gitattributes": "*.bin filter=lfs -text\n", "a.bin": "a" * 1000})
    repo.write("src/app.py", "edited\n")
    assert json.loads(volon.ok("pause-task", "x", "--json"))["saved"] == {"modified": 1}
    assert not (home / "smudged").exists()


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_git_was_told_not_to_look_at_is_a_reason_to_pause_again(
    repo: RepoBuilder, volon: VolonInProcess, mark: str
) -> None:
    repo.commit("Base", {"settings": "theirs\n"})
    repo.git("update-index", mark, "settings")
    repo.write("src/app.py", "edited\n")
    volon.ok("pause-task")
    repo.write("settings", "mine\n")
    assert json.loads(volon.ok("pause-task", "--json"))["saved"] == {"modified": 2}
    assert "Already paused" in volon.ok("pause-task")


def test_a_checkpoint_whose_files_were_purged_is_not_taken_for_clean(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Base", {".gitignore": "*.log\n"})
    repo.write("a.log", "kept on purpose\n")
    volon.ok("pause-task", "x", "--include-ignored", "*.log")
    volon.ok("checkpoint", "purge-files", "1", "--yes")
    (repo.root / "a.log").unlink()
    ran = volon("restore", "1", "--yes")
    assert (ran.code, "has no saved files here" in ran.err) == (1, True)
    assert "not saved, or not here" in volon.ok("checkpoint", "diff", "1", "now")


def test_pipes_and_sockets_are_named_though_git_names_them_nowhere(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Base", {".gitignore": "*.sock\n", "far/away": "x\n"})
    repo.write("src/app.py", "edited\n")
    for name in ("top", "src/pipe", "src/a.sock"):
        os.mkfifo(repo.root / name)
    left = json.loads(volon.ok("pause-task", "x", "--json"))["not_saved"]
    assert [(one["path"], one["why"]) for one in left] == [("src/pipe", "special"), ("top", "special")]
    volon.ok("restore", "1", "--yes")


def test_a_partial_clone_compares_and_searches_what_it_has(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    repo.commit("Rules", {".gitattributes": "*.txt text\n", "src/.gitattributes": "*.txt eol=crlf\n", "far.txt": "x\n"})
    repo.git("config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    words = ("clone", "-q", "--no-local", "--filter=blob:none", "--no-checkout", str(repo.root), str(clone))
    run_git(tmp_path, *words)
    run_git(clone, "sparse-checkout", "set", "--no-cone", "src/")
    run_git(clone, "checkout", "-q", "main")
    repo.root.rename(tmp_path / "away")
    volon.cwd = clone
    (clone / "src/app.py").write_text("edited\n")
    volon.ok("pause-task", "x")
    (clone / "src/app.py").write_text("edited again\n")
    assert "src/app.py" in volon.ok("checkpoint", "diff", "1", "now")
    assert "Not searched, because git does not have them here: 2 versions" in " ".join(
        volon.ok("checkpoint", "grep", "edited").split()
    )


@pytest.mark.parametrize("length", [14, 50])
def test_an_index_that_was_cut_off_is_an_error_and_no_crash(
    repo: RepoBuilder, volon: VolonInProcess, length: int
) -> None:
    volon.ok("pause-task", "x")
    index = repo.root / ".git/index"
    index.write_bytes(index.read_bytes()[:length])
    for words in (("pause-task", "y"), ("restore", "1", "--yes")):
        ran = volon(*words)
        assert (ran.code, "Error: " in ran.err) == (5, True), ran
