"""Histories of the upstream branch: what others pushed, what they rewrote, and what is only one's own push."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.functional.histories.bench import ADA, BEGIN, history, text
from tests.functional.histories.moved import STATE

if TYPE_CHECKING:
    from tests.functional.histories.bench import Clone, Scene


@history("head.same")
def nothing_happened(scene: Scene) -> None:
    scene.shared("A")
    scene.pause()


@history("head.same upstream.ahead", up_new="C D")
def colleague_pushed(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("C", {"c.txt": "c\n"})
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()


@history("head.same")
def colleague_pushed_only_volons_files(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("state", STATE)
    ben.git("push", "-q")
    work.fetch()


@history("head.same upstream.rewritten", up_there="A=same B=same", up_new="X Y")
def colleague_rebased_and_pushed(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("rebase", "-q", "--onto", _ben_main(ben), "origin/main", "feat")
    ben.git("push", "-q", "--force")
    work.fetch()


@history("head.same upstream.rewritten", up_there="A=same", up_lost="B")
def colleague_dropped_a_commit(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("commit", "-q", "--amend", "-m", "gone", "--allow-empty")
    ben.git("reset", "-q", "--hard", "origin/main")
    ben.git("cherry-pick", "--allow-empty", "origin/feat~1", env={"GIT_COMMITTER_NAME": "Ben"})
    ben.git("push", "-q", "--force")
    work.fetch()


@history("head.same upstream.rewritten", up_lost="B")
def colleague_moved_it_back(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("reset", "-q", "--hard", "HEAD~1")
    ben.git("push", "-q", "--force")
    work.fetch()


@history("head.same upstream.rewritten", up_lost="A B", up_new="Z")
def colleague_replaced_it(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("reset", "-q", "--hard", "origin/main")
    ben.commit("Z", {"z.txt": "z\n"})
    ben.git("push", "-q", "--force")
    work.fetch()


@history("head.same upstream.ahead", up_there="C=squashed D=squashed", up_new="")
def colleague_squash_merged_my_unpushed_work(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.commits("C", "D")
    work.git("push", "-q", "origin", "HEAD:refs/heads/pr")
    scene.pause()
    ben.fetch()
    ben.git("merge", "-q", "--squash", "origin/pr")
    ben.commit("pr (#8)")
    ben.git("push", "-q")
    work.fetch()


@history("head.same upstream.ahead", up_there="A=squashed B=squashed", up_new="X Y")
def pull_request_squashed_into_the_main_branch_that_is_followed(scene: Scene) -> None:
    work, ben = _pull_request(scene)
    scene.pause()
    _squash(ben)
    ben.commit("Y", {"src/retry.py": text(l2="A", l6="B", l30="Y")})
    ben.git("push", "-q", "origin", "pr:main")
    work.fetch()


@history("head.ahead upstream.ahead", new="C", up_there="A=squashed B=squashed", up_new="X")
def pull_request_squashed_after_the_work_went_on(scene: Scene) -> None:
    work, ben = _pull_request(scene)
    scene.pause()
    scene.commits("C")
    _squash(ben)
    work.fetch()


@history("head.same upstream.ahead", up_there="A=squashed B=squashed", up_new="X")
def pull_request_squashed_after_a_merge_with_conflicts(scene: Scene) -> None:
    """Neither of the commits, nor their sum, is what was squashed; the whole branch is."""
    work, ben = _pull_request(scene)
    _merge_main_with_a_conflict(scene, ben)
    scene.pause()
    _squash(ben)
    work.fetch()


@history("head.rewritten branch.switched", there="A=squashed B=squashed", new="X")
def pull_request_squashed_after_a_merge_with_conflicts_and_pulled(scene: Scene) -> None:
    work, ben = _pull_request(scene)
    _merge_main_with_a_conflict(scene, ben)
    scene.pause()
    _squash(ben)
    work.fetch()
    work.git("switch", "-q", "-c", "other", "origin/main")


@history("head.same upstream.ahead conflict.upstream", up_new="S X")
def pull_request_replaced_by_something_else(scene: Scene) -> None:
    work, ben = _pull_request(scene)
    scene.pause()
    ben.git("switch", "-q", "-c", "pr", "origin/main")
    ben.commit("X", {"x.txt": "x\n"})
    ben.commit("S", {"src/retry.py": text(l2="something", l6="else")})
    ben.git("push", "-q", "origin", "pr:main")
    work.fetch()


@history("head.same")
def pushed_my_own_work(scene: Scene) -> None:
    work, _ = scene.shared("A")
    scene.commits("C", "D")
    scene.pause()
    work.git("push", "-q")


@history("head.ahead", new="E")
def went_on_and_pushed(scene: Scene) -> None:
    work, _ = scene.shared("A")
    scene.pause()
    scene.commits("E")
    work.git("push", "-q")


@history("head.rewritten", there="A=same B=same", new="X")
def rebased_and_force_pushed_myself(scene: Scene) -> None:
    work, _ = scene.shared("A", "B")
    scene.pause()
    _my_rebase(scene)
    work.git("push", "-q", "--force")


@history("head.rewritten", there="A=same B=same", new="E X")
def rebased_force_pushed_and_went_on(scene: Scene) -> None:
    work, _ = scene.shared("A", "B")
    scene.pause()
    _my_rebase(scene)
    work.git("push", "-q", "--force")
    scene.commits("E")


@history("head.rewritten upstream.ahead", there="A=same B=same", new="X", up_new="D")
def rebased_force_pushed_and_a_colleague_went_on(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    _my_rebase(scene)
    work.git("push", "-q", "--force")
    ben.fetch()
    ben.git("reset", "-q", "--hard", "origin/feat")
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()


@history("head.behind", lost="B")
def moved_back_and_force_pushed_myself(scene: Scene) -> None:
    work, _ = scene.shared("A", "B")
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")
    work.git("push", "-q", "--force")


@history("head.ahead upstream.ahead", new="E", up_new="D")
def both_went_on(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    scene.commits("E")
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()


@history("head.ahead", new="D M")
def pulled_by_merge_and_pushed(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.commits("E")
    scene.pause()
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()
    work.git("merge", "-q", "-m", "M", "origin/feat")
    work.git("push", "-q")


@history("head.same upstream.gone")
def deleted_on_the_remote(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.git("push", "-q", "origin", "--delete", "feat")
    work.fetch("--prune")


@history("head.rewritten branch.deleted upstream.gone", there="A=squashed B=squashed")
def merged_on_the_remote_and_everything_cleaned_up(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause()
    ben.git("switch", "-q", "main")
    ben.git("merge", "-q", "--squash", "origin/feat")
    ben.commit("feature (#7)")
    ben.git("push", "-q", "origin", "main", ":feat")
    work.fetch("--prune")
    work.git("switch", "-q", "main")
    work.git("merge", "-q", "--ff-only", "origin/main")
    work.git("branch", "-q", "-D", "feat")


@history("head.behind branch.switched upstream.ahead", lost="A", up_new="D")
def upstream_of_the_pause_is_looked_at_from_another_branch(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()
    work.git("switch", "-q", "main")


@history("head.same upstream.ahead", up_new="D")
def upstream_was_set_after_the_pause(scene: Scene) -> None:
    work, ben = scene.shared("A")
    work.git("branch", "--unset-upstream")
    scene.pause()
    ben.commit("D", {"d.txt": "d\n"})
    ben.git("push", "-q")
    work.fetch()
    work.git("branch", "-q", "-u", "origin/feat")


@history("head.same upstream.ahead", up_new="X")
def upstream_is_a_local_branch(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("branch", "-q", "-u", "main")
    (work.root / ".git/FETCH_HEAD").touch()
    os.utime(work.root / ".git/FETCH_HEAD", (1795078800, 1795078800))
    scene.pause()
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("switch", "-q", "feat")


@history("head.same fetch.stale")
def fetched_long_ago(scene: Scene) -> None:
    work, _ = scene.shared("A")
    scene.pause()
    os.utime(work.root / ".git/FETCH_HEAD", (BEGIN.timestamp(), BEGIN.timestamp()))


@history("head.same")
def followed_a_branch_of_ones_own_and_there_is_no_remote(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("branch", "-q", "-u", "main")
    scene.pause()


@history("head.same")
def a_clone_counts_as_a_fetch(scene: Scene) -> None:
    scene.shared("A")
    laptop = scene.clone("laptop", ADA, "feat")
    assert not (laptop.root / ".git/FETCH_HEAD").exists()
    scene.at = laptop.root
    scene.pause(laptop.root)


@history("head.same")
def a_clone_counts_as_a_fetch_when_the_reflog_of_head_is_gone(scene: Scene) -> None:
    a_clone_counts_as_a_fetch(scene)
    (scene.at / ".git/logs/HEAD").unlink()


@history("head.same fetch.stale")
def never_fetched(scene: Scene) -> None:
    work, _ = scene.shared("A")
    (work.root / ".git/FETCH_HEAD").unlink()
    scene.pause()


@history("head.same tree.same upstream.ahead", up_new="D")
def colleague_pushed_beside_uncommitted_work(scene: Scene) -> None:
    work, ben = scene.shared("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause(key_files="src/app.py")
    ben.commit("D", {"src/app.py": text(l9="theirs")})
    ben.git("push", "-q")
    work.fetch()


def _pull_request(scene: Scene) -> tuple[Clone, Clone]:
    """Let our branch be pushed while it follows the main branch, as pull requests often do."""
    work, ben = scene.shared("A", "B")
    work.git("branch", "-q", "-u", "origin/main")
    return work, ben


def _squash(ben: Clone) -> None:
    """Let the colleague add X to main, and squash the pull request on top."""
    ben.fetch()
    ben.git("switch", "-q", "-c", "pr", "origin/main")
    ben.commit("X", {"x.txt": "x\n"})
    ben.git("merge", "-q", "--squash", "origin/feat")
    ben.commit("Feature (#8)")
    ben.git("push", "-q", "origin", "pr:main")


def _merge_main_with_a_conflict(scene: Scene, ben: Clone) -> None:
    """Let main change the line that A changed, and our branch take that in."""
    work = scene.work
    ben.git("switch", "-q", "-c", "before", "origin/main")
    ben.commit("P", {"src/retry.py": text(l2="P")})
    ben.git("push", "-q", "origin", "before:main")
    work.fetch()
    work.git("merge", "-q", "origin/main", check=False)
    work.write("src/retry.py", text(l2="A and P", l6="B"))
    work.git("commit", "-q", "-a", "-m", "merge")
    work.git("push", "-q", "origin", "feat")


def _ben_main(ben: Clone) -> str:
    """Let the colleague add X and Y to main; return where main is."""
    ben.git("switch", "-q", "-c", "base", "origin/main")
    ben.commit("X", {"x.txt": "x\n"})
    head = ben.commit("Y", {"y.txt": "y\n"})
    ben.git("switch", "-q", "feat")
    return head


def _my_rebase(scene: Scene) -> None:
    work = scene.work
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("switch", "-q", "feat")
    work.git("rebase", "-q", "main")
