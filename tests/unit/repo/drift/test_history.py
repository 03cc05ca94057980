"""The GitPython door: hidden from the environment, exact about names, and its failures are ours."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import open_at
from volon.errors import NotCommitted
from volon.repo.drift.history import opened, parse_log
from volon.repo.git import GitFailed

if TYPE_CHECKING:
    from pathlib import Path


def test_foreign_git_variables_are_hidden_and_come_back(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = RepoBuilder.init(tmp_path / "other")
    git = open_at(repo.root).git
    head = repo.head()
    foreign = {"GIT_DIR": str(other.root / ".git"), "GIT_INDEX_FILE": "/nowhere", "GIT_PYTHON_TRACE": "full"}
    for name, value in foreign.items():
        monkeypatch.setenv(name, value)
    with opened(git) as history:
        assert not [name for name in os.environ if name.startswith("GIT_") and name != "GIT_PYTHON_GIT_EXECUTABLE"]
        assert history.exists(head)
    assert {name: os.environ[name] for name in foreign} == foreign
    assert "GIT_PYTHON_GIT_EXECUTABLE" not in os.environ


def test_commits_with_their_files(repo: RepoBuilder) -> None:
    start = repo.head()
    plain = repo.commit("Plain: \x1e§", {"new\nline.txt": "x\n", "caf\udce9"[:3]: "y\n", ".volon/s.md": "s\n"})
    repo.git("switch", "-q", "-c", "side", start)
    side = repo.commit("Side", {"README.md": "side\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Main", {"README.md": "main\n"})
    repo.git("merge", "-q", "side", check=False)
    merge = repo.commit("Merge", {"README.md": "both\n"})
    with opened(open_at(repo.root).git) as history:
        found = {commit.oid: commit for commit in history.commits(merge, [start])}
        assert history.merge_base(plain, side) == start
        assert history.is_ancestor(start, merge)
        assert not history.is_ancestor(merge, start)
        assert history.ids(merge, [start]) == found.keys()
        assert history.count(merge, [start]) == 4
        assert history.changed_paths(start, merge, ["README.md", "src"]) == {"README.md"}
    assert found[plain].note.files == ("caf", "new\nline.txt")
    assert found[plain].note.subject == "Plain: \x1e§"
    assert found[plain].identity == ("Ada Author", "ada@example.com", "2026-11-19T08:00:00+00:00")
    assert (found[merge].note.merge, found[merge].note.files) == (True, ("README.md",))
    assert len(found) == 4


def test_state_only_commits_are_known(repo: RepoBuilder) -> None:
    start = repo.head()
    state = repo.commit("State", {".volon/a": "a\n", ".design/HANDOFF.md": "b\n"})
    empty = repo.commit("Empty")
    with opened(open_at(repo.root).git) as history:
        found = {commit.oid: commit.state_only for commit in history.commits(empty, [start])}
    assert found == {state: True, empty: False}


def test_unrelated_histories_have_no_base(repo: RepoBuilder) -> None:
    one = repo.head()
    repo.git("switch", "-q", "--orphan", "fresh")
    two = repo.commit("Fresh", {"f.txt": "f\n"})
    with opened(open_at(repo.root).git) as history:
        assert history.merge_base(one, two) is None


def test_failures_are_ours(repo: RepoBuilder) -> None:
    with opened(open_at(repo.root).git) as history:
        assert not history.exists("0" * 40)
        with pytest.raises(GitFailed) as caught:
            history.commits("0" * 40)
    assert "git log failed" in caught.value.message
    assert caught.value.causes


def test_gitpython_missing_is_said(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> None:
    git = open_at(repo.root).git
    monkeypatch.setitem(sys.modules, "git.cmd", None)
    with pytest.raises(NotCommitted, match="GitPython cannot be loaded"), opened(git):
        pass


def test_nothing_is_read_from_nothing() -> None:
    assert parse_log(b"") == ()
