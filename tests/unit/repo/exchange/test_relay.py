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


def opened(repo: RepoBuilder, tmp_path: Path) -> tuple[Repository, Remote]:
    """A repository and its remote."""
    repo.git("remote", "add", "origin", str(tmp_path / "remote.git"))
    repository = Repository.open(World.real(os.environ), repo.root)
    return repository, Remote.open(repository.git, None, None)
