"""The commit of a phase: all that git would commit, and nothing that it was told not to look at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.unit.repo.samples import ULIDS, open_at
from volon.repo.phases import commit_phase
from volon.world import World

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder


@pytest.mark.parametrize("how", ["sparse", "hidden"])
def test_phases_commit_neither_what_is_outside_a_sparse_checkout_nor_what_git_was_told_not_to_look_at(
    repo: RepoBuilder, how: str
) -> None:
    base = dict.fromkeys(("in/a", "out/b", "out/deep/c", "settings", ".env"), "theirs\n")
    repo.commit("Base", {**base})
    if how == "sparse":
        repo.git("sparse-checkout", "set", "--cone", "--sparse-index", "in")
    else:
        repo.git("update-index", "--skip-worktree", ".env")
        repo.write(".env", "TOKEN=mine\n")
    repo.git("update-index", "--assume-unchanged", "settings")
    repo.write("settings", "mine\n")
    marks = repo.git("ls-files", "-v")
    for phase, ulid in enumerate(ULIDS[:2], 1):
        head = repo.head()
        repo.write("in/a", f"{phase}\n")
        made = commit_phase(
            World.real(os.environ), open_at(repo.root), "main", "One", f"x/{phase}", f"refs/volon/run/{ulid}"
        )
        assert repo.git("diff", "--name-only", head, made).split() == ["in/a"]
        assert (repo.head(), repo.git("status", "--porcelain")) == (made, "")
        assert repo.git("ls-files", "-v") == marks
    again = commit_phase(World.real(os.environ), open_at(repo.root), "main", "Two", "x/3", "refs/volon/run/none")
    assert again == repo.head(), "nothing else is to be committed"
