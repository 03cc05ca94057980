"""Histories in which branch, working tree or repository is another one, or the paused commit is not there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.functional.histories.bench import ADA, history, text
from tests.support.repos import run_git

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene


@history("head.same branch.switched")
def new_branch_at_the_same_commit(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "-c", "other")


@history("head.behind branch.switched", lost="A")
def switched_to_main(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "main")


@history("head.diverged branch.switched", new="X", lost="A")
def switched_to_main_that_moved(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})


@history("head.ahead branch.switched", new="C")
def switched_to_a_branch_on_top(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "-c", "top")
    scene.commits("C")


@history("head.ahead branch.deleted", new="M")
def merged_into_main_and_deleted(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "main")
    work.git("merge", "-q", "--no-ff", "-m", "M", "feat")
    work.git("branch", "-q", "-d", "feat")


@history("head.same branch.renamed")
def renamed(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("branch", "-m", "better")


@history("head.same branch.renamed")
def renamed_twice(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("branch", "-m", "better")
    work.git("branch", "-m", "best")


@history("head.behind branch.renamed branch.switched", lost="A")
def renamed_and_switched(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("branch", "-m", "better")
    work.git("switch", "-q", "main")


@history("head.same branch.renamed")
def renamed_without_a_reflog(scene: Scene) -> None:
    work, _ = scene.shared("A")
    scene.pause()
    work.git("branch", "-m", "better")
    shutil.rmtree(work.root / ".git/logs")


@history("head.behind branch.deleted", lost="A")
def deleted(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "main")
    work.git("branch", "-q", "-D", "feat")


@history("head.same branch.deleted")
def deleted_while_detached(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("checkout", "-q", "--detach")
    work.git("branch", "-q", "-D", "feat")


@history("head.same branch.detached")
def detached(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("checkout", "-q", "--detach")


@history("head.ahead branch.detached", new="C")
def detached_and_went_on(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("checkout", "-q", "--detach")
    scene.commits("C")


@history("head.same branch.switched")
def paused_detached_and_on_a_branch_now(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("checkout", "-q", "--detach")
    scene.pause()
    work.git("switch", "-q", "feat")


@history("head.ahead branch.switched", new="base")
def unborn_branch_left_for_another(scene: Scene) -> None:
    work = scene.init()
    scene.pause()
    work.git("switch", "-q", "-c", "other")
    work.commit("base", {"a.txt": "a\n"})


@history("head.behind branch.switched worktree.other", lost="A")
def paused_in_a_worktree_resumed_in_the_main_one(scene: Scene) -> None:
    work = scene.base()
    work.git("worktree", "add", "-q", "-b", "feat", "../side")
    side = work.root.parent / "side"
    work.git("-C", str(side), "commit", "-q", "--allow-empty", "-m", "A")
    scene.pause(side)


@history("head.same branch.switched worktree.other")
def paused_in_the_main_one_resumed_in_a_worktree(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("worktree", "add", "-q", "-b", "other", "../side")
    scene.at = work.root.parent / "side"


@history("head.ahead branch.switched worktree.other", new="C")
def two_worktrees(scene: Scene) -> None:
    work = scene.feature("A")
    for name in ("one", "two"):
        work.git("worktree", "add", "-q", "-b", name, f"../{name}")
    scene.pause(work.root.parent / "one")
    scene.at = work.root.parent / "two"
    work.git("-C", str(scene.at), "commit", "-q", "--allow-empty", "-m", "C")


@history("head.same branch.deleted worktree.missing")
def worktree_removed_with_its_branch(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side")
    scene.pause(work.root.parent / "side")
    work.git("worktree", "remove", "../side")
    work.git("branch", "-q", "-D", "side")


@history("head.same branch.switched worktree.missing")
def worktree_deleted_by_hand(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side")
    scene.pause(work.root.parent / "side")
    shutil.rmtree(work.root.parent / "side")


@history("head.same")
def worktree_moved(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side")
    scene.pause(work.root.parent / "side")
    work.git("worktree", "move", "../side", "../elsewhere")
    scene.at = work.root.parent / "elsewhere"


@history("head.same")
def worktree_moved_and_the_op_log_is_gone(scene: Scene) -> None:
    worktree_moved(scene)
    scene.recorded(tree=None)


@history("head.same")
def worktree_moved_that_never_was_called_as_its_directory(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root.parent / "one").mkdir()
    (work.root.parent / "two").mkdir()
    work.git("worktree", "add", "-q", "-b", "side", "../one/side")
    work.git("worktree", "add", "-q", "-b", "other", "../two/side")
    scene.pause(work.root.parent / "two/side")
    work.git("worktree", "move", "../two/side", "../elsewhere")
    scene.at = work.root.parent / "elsewhere"


@history("head.same branch.switched worktree.other")
def worktree_moved_and_another_one_made_in_its_place(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side")
    scene.pause(work.root.parent / "side")
    work.git("worktree", "move", "../side", "../elsewhere")
    work.git("worktree", "add", "-q", "-b", "again", "../side")
    scene.at = work.root.parent / "side"


@history("head.same branch.switched worktree.other")
def worktree_moved_and_resumed_in_the_main_one(scene: Scene) -> None:
    worktree_moved(scene)
    scene.at = scene.work.root


@history("head.same worktree.other")
def worktree_made_again_under_another_name_and_the_op_log_is_gone(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side")
    scene.pause(work.root.parent / "side")
    scene.recorded(tree=None)
    work.git("worktree", "remove", "../side")
    work.git("worktree", "add", "-q", "../again", "side")
    scene.at = work.root.parent / "again"


@history("head.same worktree.other")
def worktree_of_another_clone(scene: Scene) -> None:
    work, _ = scene.shared("A")
    work.git("switch", "-q", "main")
    work.git("worktree", "add", "-q", "../side", "feat")
    scene.pause(work.root.parent / "side", made_here=False)
    scene.at = scene.clone("laptop", ADA, "feat").root


@history("head.missing branch.switched fetch.stale", reason="shallow")
def shallow_clone(scene: Scene) -> None:
    work, _ = scene.shared("A", "B")
    scene.pause(made_here=False)
    work.commit("C", {"c.txt": "c\n"})
    work.git("push", "-q")
    work.git("push", "-q", "origin", "HEAD:refs/heads/top")
    scene.at = scene.clone("laptop", ADA, "top", "--depth=1").root


@history("head.diverged", new="Z", lost="B")
def shallow_clone_fetched_again(scene: Scene) -> None:
    """Both commits are here, each without its past: git shows them as adding every file, which proves nothing."""
    _, ben = scene.shared("A", "B")
    laptop = scene.clone("laptop", ADA, "feat", "--depth=1")
    scene.at = laptop.root
    scene.pause(laptop.root)
    for name in ("X", "Y", "Z"):
        ben.commit(name, {f"{name}.txt": f"{name}\n"})
    ben.git("push", "-q")
    laptop.fetch("--depth=1")
    laptop.git("reset", "-q", "--hard", "origin/feat")


@history("head.missing", reason="elsewhere")
def another_clone_that_never_saw_the_commit(scene: Scene) -> None:
    work, _ = scene.shared("A")
    work.commit("unpushed", {"u.txt": "u\n"})
    scene.pause(made_here=False)
    scene.at = scene.clone("laptop", ADA, "feat").root


@history("head.same")
def another_clone_that_has_the_commit(scene: Scene) -> None:
    scene.shared("A")
    scene.pause(made_here=False)
    scene.at = scene.clone("laptop", ADA, "feat").root


@history("head.same tree.lost", gone="src/app.py=-")
def another_clone_has_no_uncommitted_work(scene: Scene) -> None:
    work, _ = scene.shared("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause(made_here=False)
    scene.at = scene.clone("laptop", ADA, "feat").root


@history("head.missing", reason="pruned")
def garbage_collected(scene: Scene) -> None:
    scene.feature("A", "B")
    scene.pause()
    _collect(scene)


@history("head.missing", reason="unknown")
def garbage_collected_and_nobody_remembers(scene: Scene) -> None:
    scene.feature("A", "B")
    scene.pause(made_here=None)
    _collect(scene)


@history("head.missing", reason="pruned")
def garbage_collected_though_its_event_is_known(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause(made_here=None)
    scene.recorded(uid="01JD0000000000000000000001")
    work.git("update-ref", "refs/volon/paused/01JD0000000000000000000001", "main")
    _collect(scene)


@history("head.missing branch.switched fetch.stale", reason="elsewhere")
def another_clone_that_never_saw_branch_or_commit(scene: Scene) -> None:
    work, _ = scene.shared("A")
    work.git("switch", "-q", "-c", "private")
    work.commit("unpushed", {"u.txt": "u\n"})
    work.git("push", "-q", "-u", "origin", "private")
    scene.pause(made_here=None)
    scene.recorded(uid="01JD0000000000000000000001")
    work.git("push", "-q", "origin", ":private")
    scene.at = scene.clone("laptop", ADA, "feat").root


@history("head.rewritten", there="A=unread B=unread", new="X")
def partial_clone_without_the_content(scene: Scene) -> None:
    work, ben = scene.shared("A", "B")
    scene.pause(made_here=False)
    run_git(work.root.parent / "hub.git", "config", "uploadpack.allowFilter", "true")
    ben.git("switch", "-q", "-c", "base", "origin/main")
    ben.commit("X", {"src/retry.py": text(l2="X")})
    ben.git("switch", "-q", "feat")
    ben.git("rebase", "-q", "base", check=False)
    ben.write("src/retry.py", text(l2="A and X"))
    ben.git("add", "src/retry.py")
    ben.git("rebase", "--continue", env={"GIT_EDITOR": "true"})
    ben.git("push", "-q", "--force", "origin", "feat", "origin/feat:refs/heads/before")
    laptop = scene.clone("laptop", ADA, "feat", "--filter=blob:none")
    scene.recorded(upstream=None, upstream_commit=None)
    laptop.git("branch", "--unset-upstream")
    scene.at = laptop.root


@history("head.rewritten", there="B=changed")
def garbage_collected_but_anchored(scene: Scene) -> None:
    scene.feature("A", "B")
    scene.pause()
    scene.anchor()
    _collect(scene)


def _collect(scene: Scene) -> None:
    """Amend the last commit, forget that it ever was another one, and collect the garbage."""
    scene.work.write("src/retry.py", text(l2="A", l6="B, better"))
    scene.work.git("commit", "-q", "--amend", "--no-edit", "-a")
    scene.work.git("reflog", "expire", "--expire=now", "--all")
    scene.work.git("gc", "-q", "--prune=now")
