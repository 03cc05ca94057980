"""What workers send back: it counts as the commit at the ref of its own attempt, and is never more than a commit."""

from __future__ import annotations

import os
import shlex
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from volon.engine.attempts import Over
from volon.errors import NotCommitted, VolonError
from volon.model.pipeline.records import Engaged
from volon.model.pipeline.state import Outcome
from volon.repo.exchange.remotes import Remote
from volon.repo.runtrees import RunTrees
from volon.usecases.pipeline.afar import Post
from volon.usecases.pipeline.executor import refuse_elsewhere
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from volon.usecases.pipeline.runs import Run
    from volon.usecases.pipeline.trees import TicketTrees

RUN = "01M7YM1N77RGT4KXZ8NX6AXASA"
REFS = f"refs/volon/run/{RUN}/a/"


class Ground:
    """A repository, its remote, a worker that may push what it likes, and who brings it here."""

    def __init__(self, repo: RepoBuilder, where: Path) -> None:
        self.repo, self.there, self._attempt = repo, where / "worker", 0
        repo.commit("Begin", {"base.txt": "base\n"})
        for words in (("init", "-q", "--bare", str(where / "r.git")), ("clone", "-q", str(repo.root), str(self.there))):
            subprocess.run(["git", *words], check=True)
        repo.git("remote", "add", "origin", str(where / "r.git"))
        self.git("remote", "set-url", "origin", str(where / "r.git"))
        self.workspace = Workspace.open(World.real(os.environ), repo.root)
        run, trees = SimpleNamespace(id=RUN), SimpleNamespace(undisturbed=lambda deed: deed())
        remote = Remote.open(self.workspace.repository.git, None, "origin")
        self.post = Post(self.workspace, cast("Run", run), cast("TicketTrees", trees), remote)

    def git(self, *words: str, said: str = "") -> str:
        """What git does where the worker is."""
        argv = ["git", "-C", str(self.there), "-c", "user.name=w", "-c", "user.email=w@example.com", *words]
        return subprocess.run(argv, input=said, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, tree: str) -> str:
        """A commit of the worker's."""
        return self.git("commit-tree", "-p", "HEAD", "-m", f"x{self._attempt}", tree)

    def brought(self, claimed: str, sent: str = "", how: Outcome = Outcome.DONE) -> tuple[Outcome, str, str]:
        """Say what became of an attempt, and what is kept of it here, after a worker claimed one and sent another."""
        self._attempt += 1
        if sent:
            self.git("push", "-q", "origin", f"{sent}:{REFS}{self._attempt}")
        over = self.post.bring(Over("a", how, 0, 5, "", claimed), f"a.{self._attempt}")
        assert over.how is Outcome.DONE or not over.commit
        return (
            over.how,
            over.commit,
            self.repo.git("for-each-ref", "--format=%(objectname)", f"{REFS}{self._attempt}").strip(),
        )


@pytest.fixture
def ground(repo: RepoBuilder, tmp_path: Path) -> Ground:
    return Ground(repo, tmp_path)


def test_a_result_counts_only_as_the_commit_that_the_ref_of_its_own_attempt_is(ground: Ground) -> None:
    head, blob = ground.git("rev-parse", "HEAD"), ground.git("rev-parse", "HEAD:base.txt")
    tree = ground.git("mktree", said=f"100644 blob {blob}\tnew.txt\n")
    made, other = ground.commit(tree), ground.git("commit-tree", "-m", "other", tree)
    ground.git("tag", "-a", "-m", "x", "tag", made)
    refused = (Outcome.FAILED, "", "")
    assert ground.brought(made) == refused
    assert ground.brought(made, other) == refused
    assert ground.brought(head) == refused
    assert ground.brought(head, made) == refused
    for one in (blob, tree, ground.git("rev-parse", "tag")):
        assert ground.brought(one, one) == refused
        assert ground.brought("", one, Outcome.LOST) == refused
    assert ground.brought("") == refused
    assert ground.brought(made, made) == (Outcome.DONE, made, made)
    assert ground.brought("", made, Outcome.LOST) == (Outcome.DONE, made, made)


def test_a_result_that_leads_into_the_git_directory_leads_nowhere(ground: Ground, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    blob = ground.git("hash-object", "-w", "--stdin", said=f"#!/bin/sh\ntouch {fired}\n")
    inner = ground.git("mktree", said=f"100755 blob {blob}\tpost-checkout\n")
    for name in (".git", ".GIT", "git~1"):
        hooks = ground.git("mktree", said=f"040000 tree {inner}\thooks\n")
        evil = ground.commit(ground.git("mktree", said=f"040000 tree {hooks}\t{name}\n"))
        assert ground.brought(evil, evil) == (Outcome.FAILED, "", "")
        # Were it here all the same, no working tree could be made of it.
        trees = RunTrees.of(ground.workspace.world, ground.workspace.repository, RUN)
        (ground.repo.root / f".git/volon/runs/{RUN}/trees").mkdir(parents=True, exist_ok=True)
        with pytest.raises(VolonError):
            trees.make("b.1", evil)
        trees.abandon("b.1")
    assert (ground.repo.root / ".git/hooks/post-checkout").exists() is fired.exists() is False
    assert ground.repo.git("status", "--porcelain") == ""


def test_what_a_journal_says_of_where_it_runs_is_one_word_each_to_whoever_pastes_it() -> None:
    engaged = Engaged("dask; x", "tls://h:1 `x`; $(x)", "origin")
    state = SimpleNamespace(engaged=engaged, running={"a": 1}, pause=None)
    with pytest.raises(NotCommitted) as refused:
        refuse_elsewhere(cast("Run", SimpleNamespace(state=state, file="p; x.yaml")), None)
    words = ["volon", "pipeline", "run", "p; x.yaml", "--executor", engaged.engine, "--address", engaged.address]
    assert shlex.split(refused.value.hints[0]) == words
