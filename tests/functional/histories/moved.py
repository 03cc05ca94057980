"""Histories in which commits were added or taken away, and nothing was rewritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.histories.bench import BEN, Clone, history, text
from tests.functional.histories.same import submodule
from tests.support.repos import run_git

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene

STATE: dict[str, str | bytes] = {".volon/tasks/t.md": "t\n", ".design/HANDOFF.md": "h\n"}


@history("head.ahead", new="B")
def one_commit_more(scene: Scene) -> None:
    scene.feature("A")
    scene.pause()
    scene.commits("B")


@history("head.ahead keyfile.changed", new="B", keys="src/retry.py=committed")
def commit_that_touches_a_key_file(scene: Scene) -> None:
    scene.feature("A")
    scene.pause(key_files="src/retry.py src/app.py")
    scene.commits("B")


@history("head.ahead keyfile.changed", new="B", keys="src/retry.py=committed")
def commit_that_touches_what_the_next_action_names(scene: Scene) -> None:
    scene.feature("A")
    scene.pause(next_action="look at `./src/retry.py:12`, then run pytest tests/none.py")
    scene.commits("B")


@history("head.ahead keyfile.missing", new="B", keys="src/app.py=missing")
def commit_that_removes_a_key_file(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause(key_files="src/app.py")
    work.git("rm", "-q", "src/app.py")
    work.commit("B")


@history("head.ahead keyfile.missing", new="B", keys="src/app.py=missing")
def commit_that_renames_a_key_file(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause(key_files="src/app.py")
    work.git("mv", "src/app.py", "src/main.py")
    work.commit("B")


@history("head.ahead keyfile.changed", new="B", keys="src=committed")
def commit_below_a_key_directory(scene: Scene) -> None:
    scene.feature("A")
    scene.pause(key_files="src")
    scene.commits("B")


@history("head.ahead", new=" ".join(f"C{n}" for n in range(12)))
def twelve_commits_more(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    for number in range(12):
        work.commit(f"C{number}", {f"c{number}.txt": "c\n"})


@history("head.ahead", new="E")
def an_empty_commit(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.commit("E")


@history("head.state-only", state_only=1)
def only_volons_files_committed(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.commit("state", STATE)


@history("head.state-only tree.same", state_only=2)
def volons_files_committed_twice_beside_dirt(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.commit("state", STATE)
    work.commit("state2", {".volon/bootstrap.md": "b\n"})


@history("head.ahead", new="mixed", state_only=1)
def volons_files_in_a_mixed_commit(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.commit("state", STATE)
    work.commit("mixed", {".volon/bootstrap.md": "b\n", "src/app.py": text(l1="x")})


@history("head.state-only", state_only=1)
def merge_that_brings_only_volons_files(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "-c", "state")
    work.commit("state", STATE)
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "--no-ff", "-m", "M", "state")


@history("head.ahead", new="A B")
def first_commits_of_an_unborn_branch(scene: Scene) -> None:
    work = scene.init()
    scene.pause()
    work.commit("A", {"a.txt": "a\n"})
    work.commit("B", {"b.txt": "b\n"})


@history("head.ahead tree.absorbed", new="A", absorbed="a.txt=A")
def unborn_work_is_the_first_commit(scene: Scene) -> None:
    work = scene.init()
    work.write("a.txt", "a\n")
    scene.pause()
    work.commit("A", {"a.txt": "a\n"})


@history("head.ahead", new="M X Y")
def main_merged_into_the_branch(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.commit("Y", {"y.txt": "y\n"})
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "-m", "M", "main")


@history("head.ahead keyfile.changed", new="M X", keys="src/retry.py=committed")
def merge_with_a_conflict_resolved_by_hand(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause(key_files="src/retry.py")
    work.git("switch", "-q", "main")
    work.commit("X", {"src/retry.py": text(l2="theirs")})
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="both"))
    work.git("commit", "-q", "-a", "-m", "M")


@history("head.ahead", new="M X Y")
def octopus_merge(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    for name in ("X", "Y"):
        work.git("switch", "-q", "-c", name, "main")
        work.commit(name, {f"{name}.txt": "x\n"})
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "-m", "M", "X", "Y")


@history("head.ahead", new="C")
def fast_forward_pull(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("C", {"c.txt": "c\n"})
    ben.git("push", "-q")
    work.fetch()
    work.git("merge", "-q", "--ff-only")


@history("head.ahead", new="R")
def paused_commit_reverted(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("revert", "--no-edit", "HEAD")
    work.git("commit", "-q", "--amend", "-m", "R")


@history("head.ahead tree.dirty", new="B", dirty="lib=new")
def submodule_moved_in_the_tree(scene: Scene) -> None:
    submodule(scene)
    scene.pause()
    scene.commits("B")
    inner = Clone(scene.work.root / "lib", scene, BEN)
    inner.commit("L", {"x": "y\n"})


@history("head.ahead", new="L")
def submodule_moved_by_a_commit(scene: Scene) -> None:
    submodule(scene)
    scene.pause()
    Clone(scene.work.root / "lib", scene, BEN).commit("L", {"x": "y\n"})
    scene.work.git("commit", "-q", "-a", "-m", "L")


@history("head.ahead tree.absorbed", new="L", absorbed="lib=L")
def moved_submodule_was_committed(scene: Scene) -> None:
    submodule(scene)
    Clone(scene.work.root / "lib", scene, BEN).commit("L", {"x": "y\n"})
    scene.pause()
    scene.work.git("commit", "-q", "-a", "-m", "L")


@history("head.behind", lost="B")
def reset_back(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")


@history("head.behind tree.dirty", lost="B", dirty="src/retry.py=new", uncommitted=True)
def reset_back_softly(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("reset", "-q", "--soft", "HEAD~1")


@history("head.behind keyfile.changed", lost="B", keys="src/retry.py=committed")
def reset_back_with_a_key_file(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause(key_files="src/retry.py")
    work.git("reset", "-q", "--hard", "HEAD~1")


@history("head.state-only")
def reset_back_over_volons_own_commit(scene: Scene) -> None:
    work = scene.feature("A")
    work.commit("state", STATE)
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")


@history("head.behind branch.detached", lost="B")
def older_commit_checked_out(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("checkout", "-q", "HEAD~1")


@history("head.behind branch.detached", lost="B")
def older_tag_checked_out(scene: Scene) -> None:
    work = scene.feature("A", "B")
    work.git("tag", "v1", "HEAD~1")
    scene.pause()
    work.git("checkout", "-q", "v1")


@history("head.diverged", new="C", lost="B")
def reset_and_went_another_way(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")
    work.commit("C", {"c.txt": "c\n"})


@history("head.diverged", new="C", lost="M X")
def merge_undone_and_went_another_way(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("switch", "-q", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "-m", "M", "main")
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")
    work.commit("C", {"c.txt": "c\n"})


@history("head.diverged branch.switched", lost="")
def orphan_branch_without_commits(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "--orphan", "fresh")


@history("head.diverged branch.switched", new="O", lost="A base")
def orphan_branch_with_a_commit(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("switch", "-q", "--orphan", "fresh")
    work.commit("O", {"o.txt": "o\n"})


@history("head.ahead", new="X")
def graft_by_another_clone_of_the_same_history(scene: Scene) -> None:
    work, ben = scene.shared("A")
    scene.pause()
    ben.commit("X", {"x.txt": "x\n"})
    run_git(work.root, "pull", "-q", "--ff-only", str(ben.root), "feat")


@history("head.behind tree.dirty", lost="B", dirty="src/retry.py=new")
def reset_softly_and_edited_further(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("reset", "-q", "--soft", "HEAD~1")
    work.write("src/retry.py", text(l2="A", l6="B", l9="more"))
