"""What became of the upstream branch is said with what resolves it, and how old the knowledge is."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.functional.histories.bench import FETCHED, Clone, Scene

if TYPE_CHECKING:
    from pathlib import Path

    from volon.model.drift.finding import Finding

DAY = 86_400


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """Our clone on feat with two commits that are pushed, and a colleague's."""
    return Scene(tmp_path)


def told(scene: Scene) -> dict[str, Finding]:
    """Return the findings by code."""
    return {finding.code: finding for finding in scene.resume()[1].findings}


def _merge(ben: Clone, *how: str) -> str:
    """Let the colleague merge the branch into main and delete it; return what main is then."""
    ben.git("switch", "-q", "-c", "m", "origin/main")
    ben.commit("X", {"x.txt": "x\n"})
    ben.git("merge", "-q", *how, "origin/feat")
    ben.git("commit", "-q", "--allow-empty", "-m", "Feature (#8)")
    ben.git("push", "-q", "origin", "m:main", ":feat")
    return ben.head()


def test_a_branch_that_is_gone_because_it_was_squashed_says_where_its_commits_are(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    merged = _merge(ben, "--squash")
    work.fetch("--prune")
    finding = told(scene)["upstream.gone"]
    assert finding.sentence == (
        "origin/feat does not exist any more; "
        f"your 2 commits are in origin/main squashed as {merged[:7]}, fetched 1 h ago"
    )
    assert finding.command == f"git show --stat {merged[:12]}"


def test_a_branch_that_is_gone_because_it_was_merged_says_so(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    merged = _merge(ben, "--no-edit")
    work.fetch("--prune")
    finding = told(scene)["upstream.gone"]
    assert finding.sentence.startswith("origin/feat does not exist any more; it is merged into origin/main, fetched")
    assert finding.command == f"git log --oneline -5 {merged[:12]}"


def test_a_branch_that_is_gone_and_was_not_merged_says_how_to_stop_following_it(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("push", "-q", "origin", ":feat")
    work.fetch("--prune")
    finding = told(scene)["upstream.gone"]
    assert finding.sentence == "origin/feat does not exist any more, fetched 1 h ago"
    assert finding.command == "git branch --unset-upstream feat"
    work.git(*finding.command.split()[1:])
    scene.pause()
    assert told(scene).keys() == {"head.same"}


def test_a_branch_that_follows_another_one_now_says_which(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    work.git("push", "-q", "origin", "feat:better")
    scene.pause()
    ben.git("push", "-q", "origin", ":feat")
    work.fetch("--prune")
    work.git("branch", "-q", "-u", "origin/better")
    assert told(scene)["upstream.gone"].sentence.startswith(
        "origin/feat does not exist any more; feat follows origin/better now"
    )


def test_news_carry_the_age_of_the_last_fetch_until_it_has_a_finding_of_its_own(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("C", {"c.txt": "c\n"})
    ben.git("push", "-q")
    work.fetch()
    assert told(scene)["upstream.ahead"].sentence == "origin/feat: 1 new commit, fetched 1 h ago"
    _fetched(work, FETCHED.timestamp() - 3 * DAY)
    found = told(scene)
    assert found["upstream.ahead"].sentence == "origin/feat: 1 new commit"
    assert found["fetch.stale"].sentence == "last fetched 3 days ago"


def test_news_of_a_branch_of_ones_own_were_never_fetched(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("branch", "-q", "-u", "main")
    scene.pause()
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("switch", "-q", "feat")
    found = told(scene)
    assert found.keys() == {"head.same", "upstream.ahead"}
    assert found["upstream.ahead"].sentence == "main: 1 new commit"


def test_only_some_of_the_own_commits_being_there_is_said(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    work.git("branch", "-q", "-u", "origin/main")
    scene.pause()
    ben.git("switch", "-q", "-c", "m", "origin/main")
    ben.commit("X", {"x.txt": "x\n"})
    ben.git("cherry-pick", "origin/feat~1")
    ben.git("push", "-q", "origin", "m:main")
    work.fetch()
    assert told(scene)["upstream.ahead"].sentence.startswith("origin/main: 1 of your 2 commits is there as ")


def test_a_renamed_branch_says_when_and_that_nothing_is_to_be_done(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("branch", "-m", "better")
    finding = told(scene)["branch.renamed"]
    assert finding.sentence == "feat is called better now; the next pause will say so"
    assert "renamed refs/heads/feat to refs/heads/better" in work.git(*(finding.command or "").split()[1:])


def _fetched(work: Clone, at: float) -> None:
    os.utime(work.root / ".git/FETCH_HEAD", (at, at))
