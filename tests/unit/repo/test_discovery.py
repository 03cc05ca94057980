"""Finding the repository by reading agrees with what git itself says, and refusals say the way out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder, run_git
from tests.unit.repo.samples import open_at
from volon.repo.discovery import NoRepository, refusal
from volon.repo.git import GitFailed

if TYPE_CHECKING:
    from collections.abc import Callable


def _as_git_says(where: Path) -> tuple[Path, Path, Path]:
    words = ("--path-format=absolute", "--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    root, git_dir, common = run_git(where, "rev-parse", *words).splitlines()
    return Path(root), Path(git_dir), Path(common)


def test_every_kind_of_working_tree_is_found_as_git_finds_it(repo: RepoBuilder, tmp_path: Path) -> None:
    repo.write("a/b/c.txt", "c\n")
    repo.git("worktree", "add", "-q", "-b", "side", "../side")
    repo.git("worktree", "add", "-q", "-b", "inside", "inside")
    run_git(tmp_path, "clone", "-q", "--separate-git-dir=apart.git", str(repo.root), "apart")
    run_git(tmp_path, "clone", "-q", "--bare", str(repo.root), "bare.git")
    run_git(tmp_path / "bare.git", "worktree", "add", "-q", "../of-bare", "main")
    (tmp_path / "link").symlink_to(repo.root)
    places = (repo.root, repo.root / "a/b", tmp_path / "side", repo.root / "inside", tmp_path / "apart")
    for where in (*places, tmp_path / "of-bare", tmp_path / "link/a"):
        found = open_at(where)
        assert (found.root, found.git_dir, found.common_dir) == _as_git_says(where), where


def test_a_working_tree_elsewhere_is_refused_by_name(repo: RepoBuilder, tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    repo.git("config", "core.worktree", str(tmp_path / "tree"))
    with pytest.raises(NoRepository, match="working tree elsewhere"):
        open_at(repo.root / "src")
    repo.git("config", "core.worktree", "..")
    assert open_at(repo.root / "src").root == repo.root


def test_the_usual_case_starts_no_process(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert open_at(repo.root / "src").root == repo.root


def test_an_empty_git_directory_further_down_is_passed_over(repo: RepoBuilder) -> None:
    (repo.root / "src/.git").mkdir()
    assert open_at(repo.root / "src").root == repo.root


@pytest.mark.parametrize(
    ("place", "words", "hint"),
    [
        ("plain", "is not in a git repository", "git init"),
        ("bare.git", "is a bare repository", "linked worktree"),
        ("bare.git/refs", "is a bare repository", "linked worktree"),
        ("repo/.git", "lies inside a git directory", "working tree"),
        ("repo/.git/refs", "lies inside a git directory", "working tree"),
        ("nowhere", "is not a directory", ""),
    ],
)
def test_refusals_say_the_way_out(repo: RepoBuilder, tmp_path: Path, place: str, words: str, hint: str) -> None:
    (tmp_path / "plain").mkdir()
    run_git(tmp_path, "init", "-q", "--bare", "bare.git")
    assert repo.root.exists()
    with pytest.raises(NoRepository) as caught:
        open_at(tmp_path / place)
    assert words in caught.value.message
    assert hint in " ".join(caught.value.hints)
    assert caught.value.exit_code == 5


def test_anothers_repository_is_refused_without_widening_trust(repo: RepoBuilder) -> None:
    said = f"fatal: detected dubious ownership in repository at '{repo.root}'\nadd safe.directory"
    error = refusal(GitFailed(("status",), 128, said), repo.root)
    assert "belongs to another user" in error.message
    assert "safe.directory" not in " ".join((*error.causes, *error.hints))


@pytest.mark.skipif(os.geteuid() != 0, reason="not verified: needs root to give a repository away")
@pytest.mark.parametrize("given", [("", ".git"), (".git",), ("",)])
def test_a_repository_given_away_is_refused_before_anything_is_written(
    repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...]
) -> None:
    for path in given:
        os.chown(repo.root / path, 12345, 12345)
    monkeypatch.delenv("SUDO_UID", raising=False)
    with pytest.raises(NoRepository, match="belongs to another user") as caught:
        open_at(repo.root / "src")
    assert "safe.directory" not in " ".join((*caught.value.causes, *caught.value.hints))


@pytest.mark.skipif(os.geteuid() != 0, reason="not verified: needs root to give a repository away")
def test_a_repository_that_git_trusts_is_used(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    os.chown(repo.root, 12345, 12345)
    os.chown(repo.root / ".git", 12345, 12345)
    monkeypatch.setenv("SUDO_UID", "12345")
    assert open_at(repo.root).root == repo.root
    monkeypatch.delenv("SUDO_UID")
    run_git(Path("/"), "config", "--global", "--add", "safe.directory", str(repo.root))
    assert open_at(repo.root).root == repo.root


def test_a_broken_repository_is_refused_by_name(make_repo: Callable[..., RepoBuilder]) -> None:
    repo = make_repo("broken")
    repo.commit("One", {"a": "a\n"})
    (repo.root / ".git/index").write_bytes(b"DIRC garbage")
    with pytest.raises(GitFailed, match="git status failed"):
        open_at(repo.root).facts()
