"""Histories in which git is in the middle of something, at the resume, at the pause, or at both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.histories.bench import history, text

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene


def _conflicting(scene: Scene) -> None:
    """Make main and feat change the same line."""
    work = scene.feature("A", "B")
    work.git("switch", "-q", "main")
    work.commit("X", {"src/retry.py": text(l2="X")})
    work.git("switch", "-q", "feat")


@history("head.same tree.dirty operation.in-progress", dirty="src/retry.py=new")
def merge(scene: Scene) -> None:
    _conflicting(scene)
    scene.pause()
    scene.work.git("merge", "-q", "main", check=False)


@history("head.same tree.same operation.in-progress")
def merge_as_it_was_left(scene: Scene) -> None:
    _conflicting(scene)
    scene.work.git("merge", "-q", "main", check=False)
    scene.pause()


@history("head.same tree.dirty operation.in-progress", dirty="src/retry.py=edited y.txt=new")
def another_merge_than_at_the_pause(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("branch", "other", "main")
    work.git("switch", "-q", "other")
    work.commit("Y", {"y.txt": "y\n"})
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "main", check=False)
    scene.pause()
    work.git("merge", "--abort")
    work.git("merge", "-q", "other", check=False)
    work.write("src/retry.py", text(l2="otherwise"))


@history("head.ahead tree.dirty", new="M X", dirty="src/retry.py=moved-on")
def merge_finished_since(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("merge", "-q", "main", check=False)
    scene.pause()
    work.write("src/retry.py", text(l2="both", l6="B"))
    work.git("commit", "-q", "-a", "-m", "M")


@history("head.ahead tree.absorbed", new="M X", absorbed="src/retry.py=M")
def merge_resolved_at_the_pause_and_finished_since(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("merge", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="both", l6="B"))
    scene.pause()
    work.git("commit", "-q", "-a", "-m", "M")


@history("head.same tree.lost", gone="src/retry.py=store")
def merge_aborted_since(scene: Scene) -> None:
    _conflicting(scene)
    scene.work.git("merge", "-q", "main", check=False)
    scene.pause()
    scene.work.git("merge", "--abort")


@history("head.diverged tree.dirty operation.in-progress", new="X", lost="A B", dirty="src/retry.py=new")
def rebase(scene: Scene) -> None:
    _conflicting(scene)
    scene.pause()
    scene.work.git("rebase", "-q", "main", check=False)


@history("head.same tree.same operation.in-progress")
def rebase_as_it_was_left(scene: Scene) -> None:
    _conflicting(scene)
    scene.work.git("rebase", "-q", "main", check=False)
    scene.pause()


@history("head.ahead branch.switched tree.absorbed", new="A B", absorbed="src/retry.py=A")
def rebase_finished_since(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("rebase", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="A and X"))
    scene.pause()
    work.git("add", "src/retry.py")
    work.git("rebase", "--continue", env={"GIT_EDITOR": "true"})


def _one_line_each(scene: Scene) -> None:
    """Make main and feat change the same line, in one commit each, the branch's the older one."""
    work = scene.feature()
    work.commit("A", {"src/retry.py": text(l2="A")})
    work.git("switch", "-q", "main")
    work.commit("X", {"src/retry.py": text(l2="X")})
    work.git("switch", "-q", "feat")


@history("branch.switched head.diverged tree.lost", new="A", lost="X", gone="src/retry.py=store")
def rebase_aborted_since(scene: Scene) -> None:
    _one_line_each(scene)
    scene.work.git("rebase", "-q", "main", check=False)
    scene.pause()
    scene.work.git("rebase", "--abort")


@history("branch.switched head.diverged tree.same", new="A", lost="X")
def rebase_aborted_since_with_what_the_branch_had(scene: Scene) -> None:
    _one_line_each(scene)
    scene.work.git("rebase", "-q", "main", check=False)
    scene.work.write("src/retry.py", text(l2="A"))
    scene.pause()
    scene.work.git("rebase", "--abort")


@history("branch.switched head.ahead tree.lost", new="B", gone="src/retry.py=-")
def rebase_stopped_for_an_edit_and_aborted_since(scene: Scene) -> None:
    work = scene.feature("A", "B")
    work.git("rebase", "-q", "-i", "main", env={"GIT_SEQUENCE_EDITOR": "sed -i '1s/^pick/edit/'"})
    work.write("src/retry.py", text(l2="A", l9="mine"))
    scene.pause()
    work.git("checkout", "-q", "--", ".")
    work.git("rebase", "--abort")


@history("branch.switched head.diverged tree.lost", new="A C", lost="X", gone="src/retry.py=store")
def rebase_aborted_since_and_gone_on(scene: Scene) -> None:
    _one_line_each(scene)
    scene.work.git("rebase", "-q", "main", check=False)
    scene.pause()
    scene.work.git("rebase", "--abort")
    scene.work.commit("C", {"README.md": "# Other\n"})


@history("head.diverged tree.dirty operation.in-progress", new="X", lost="A B", dirty="src/retry.py=new")
def rebase_with_the_apply_backend(scene: Scene) -> None:
    _conflicting(scene)
    scene.pause()
    scene.work.git("rebase", "-q", "--apply", "main", check=False)


@history("head.same operation.in-progress")
def am(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    patch = work.git("format-patch", "-1", "--stdout", "main")
    scene.pause()
    (work.root.parent / "x.patch").write_text(patch)
    work.git("am", "-q", "../x.patch", check=False)


@history("head.same tree.dirty operation.in-progress", dirty="src/retry.py=new")
def cherry_pick(scene: Scene) -> None:
    _conflicting(scene)
    scene.pause()
    scene.work.git("cherry-pick", "main", check=False)


@history("head.ahead operation.in-progress", new="X")
def cherry_pick_between_two_commits(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("switch", "-q", "main")
    work.commit("Y", {"src/retry.py": text(l2="X", l6="Y")})
    work.git("switch", "-q", "feat")
    scene.pause()
    work.git("cherry-pick", "main~1", "main", check=False)
    work.write("src/retry.py", text(l2="X", l6="B"))
    work.git("commit", "-q", "-a", "-m", "X")


@history("head.same tree.dirty operation.in-progress", dirty="src/retry.py=new")
def revert(scene: Scene) -> None:
    work = scene.feature("A")
    work.commit("B", {"src/retry.py": text(l2="B")})
    scene.pause()
    work.git("revert", "--no-edit", "HEAD~1", check=False)


@history("head.behind operation.in-progress", lost="B C D")
def bisect(scene: Scene) -> None:
    work = scene.feature("A", "B", "C", "D")
    scene.pause()
    work.git("bisect", "start", "HEAD", "main")
    work.git("checkout", "-q", "feat~3")


@history("head.same operation.in-progress")
def bisect_as_it_was_left(scene: Scene) -> None:
    work = scene.feature("A", "B", "C", "D")
    work.git("bisect", "start", "HEAD", "main")
    scene.pause()


@history("head.same tree.dirty operation.in-progress", dirty="src/retry.py=new")
def merge_in_a_linked_worktree(scene: Scene) -> None:
    _conflicting(scene)
    work = scene.work
    work.git("switch", "-q", "main")
    work.git("worktree", "add", "-q", "../side", "feat")
    scene.at = work.root.parent / "side"
    scene.pause(scene.at)
    work.git("-C", str(scene.at), "merge", "-q", "main", check=False)
