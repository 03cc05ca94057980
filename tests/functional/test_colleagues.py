"""Two people pause the same task in their own clones of shared records, and git merges what it can."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def test_the_way_out_of_a_merge_of_two_pauses_leads_out_of_it(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("init")
    volon.ok("pause-task", "a", "--commit-state")
    repo.git("switch", "-q", "-c", "theirs")
    volon.ok("pause-task", "b", "--commit-state")
    theirs = repo.git("rev-parse", "HEAD").strip()
    repo.git("switch", "-q", "main")
    volon.ok("pause-task", "c", "--commit-state")
    repo.git("merge", "-q", "theirs", check=False)
    stopped = volon("status")
    assert stopped.code == 7
    assert "git checkout --ours -- .volon/bootstrap.md" in " ".join(stopped.err.split())
    for path in repo.git("diff", "--name-only", "--diff-filter=U").split():
        repo.git("checkout", "-q", "--ours", "--", path)
        repo.git("add", path)
    repo.git("commit", "-q", "-m", "Merged")
    assert volon("validate").code == 0
    assert "paused" in volon.ok("status")
    assert repo.git("merge-base", "HEAD", theirs).strip() == theirs


def test_refs_of_committed_records_are_known_as_volons(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "a", "--commit-state")
    assert "refs/volon/state" in repo.git("for-each-ref")
    assert "not of volon's making" not in volon.ok("doctor")


def test_refs_of_what_a_restore_wrote_are_known_as_volons(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.git("update-ref", f"refs/volon/put/{'0' * 26}", "HEAD")
    assert "not of volon's making" not in volon.ok("doctor")
