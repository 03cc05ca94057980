"""Commits by way of a remote: a ref is made once there, nothing secret leaves, and only what was asked for comes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from volon.errors import NotCommitted
from volon.repo.exchange import relay
from volon.repo.exchange.remotes import Remote
from volon.repo.repository import Repository
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder

REF = "refs/volon/run/R/a/1"
KEY = "ghp_" + "a1B2" * 9


def test_what_is_put_there_comes_elsewhere_and_is_never_replaced(
    repo: RepoBuilder, make_repo: Callable[..., RepoBuilder], tmp_path: Path
) -> None:
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    here, there = opened(repo, tmp_path), opened(make_repo("there"), tmp_path)
    first = repo.head()
    relay.put(*here, REF, first)
    relay.put(*here, REF, first)
    relay.get(*there, REF, first)
    assert there[0].git.resolve(first) == first
    second = repo.commit("More", {"more.txt": "more\n"})
    with pytest.raises(NotCommitted, match="refuses"):
        relay.put(*here, REF, second)
    with pytest.raises(NotCommitted, match="is not"):
        relay.get(*there, REF, second)
    third = repo.commit("Oops", {"key.txt": f"{KEY}\n"})
    with pytest.raises(NotCommitted, match="looks secret") as refused:
        relay.put(*here, f"{REF}0", third)
    assert "key.txt" in refused.value.causes[0]
    assert here[1].refs() == {REF: first}


@pytest.mark.parametrize("files", [0, 200])
def test_what_is_checked_is_not_taken_with_a_tree_that_git_would_never_make(
    repo: RepoBuilder, make_repo: Callable[..., RepoBuilder], tmp_path: Path, files: int
) -> None:
    """A worker's result is merged; asked for again, it is refused again, whether it is few objects or many."""
    subprocess.run(["git", "init", "-q", "--bare", str(tmp_path / "remote.git")], check=True)
    here, there = opened(repo, tmp_path), opened(make_repo("there"), tmp_path)
    good = repo.commit("Many", {f"{number}.txt": f"{number}\n" for number in range(files + 1)})
    blob = repo.git("hash-object", "-w", "README.md").strip()
    rows = b"".join(b"100644 %s\0" % name + bytes.fromhex(blob) for name in (b".git", b"a"))
    (tmp_path / "tree").write_bytes(rows)
    tree = repo.git("hash-object", "-t", "tree", "--literally", "-w", str(tmp_path / "tree")).strip()
    bad = repo.git("commit-tree", "-p", "HEAD", "-m", "Bad", tree).strip()
    repo.git("push", "-q", "origin", f"{bad}:{REF}0")
    for _ in range(2):
        with pytest.raises(NotCommitted) as refused:
            relay.get(*there, f"{REF}0", bad, checked=True)
        assert "hasDotgit" in " ".join(refused.value.causes)
    relay.put(*here, REF, good)
    relay.get(*there, REF, good, checked=True)


def opened(repo: RepoBuilder, tmp_path: Path) -> tuple[Repository, Remote]:
    """A repository and its remote."""
    repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repository = Repository.open(World.real(os.environ), repo.root)
    return repository, Remote.open(repository.git, None, None)
