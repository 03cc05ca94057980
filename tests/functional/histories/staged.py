"""Histories of versions that only the index had: kept, dropped, committed, put away, superseded, forgotten by git."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.histories.bench import Clone, history, text

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene

STAGED, TREE = text(l1="staged"), text(l1="staged", l2="and edited")


def _staged_then_edited(scene: Scene) -> Clone:
    """Pause with a version in the index and another one in the working tree."""
    work = scene.feature("A")
    work.write("src/app.py", STAGED)
    work.git("add", "src/app.py")
    work.write("src/app.py", TREE)
    scene.pause()
    return work


def _staged_then_removed(scene: Scene) -> Clone:
    """Pause with a new file that only the index has."""
    work = scene.feature("A")
    work.write("new.txt", "new\n")
    work.git("add", "new.txt")
    (work.root / "new.txt").unlink()
    scene.pause()
    return work


@history("head.same tree.same")
def kept(scene: Scene) -> None:
    _staged_then_edited(scene)


@history("head.same tree.same")
def kept_without_its_file(scene: Scene) -> None:
    _staged_then_removed(scene)


@history("head.same tree.same")
def kept_with_a_staged_mode(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "src/app.py").chmod(0o755)
    work.git("add", "src/app.py")
    (work.root / "src/app.py").chmod(0o644)
    scene.pause()


@history("head.same tree.lost", gone="staged:src/app.py=-")
def staged_mode_dropped(scene: Scene) -> None:
    kept_with_a_staged_mode(scene)
    scene.work.git("reset", "-q")


@history("head.same tree.lost", gone="staged:src/app.py=store")
def dropped_by_a_reset(scene: Scene) -> None:
    _staged_then_edited(scene).git("reset", "-q")


@history("head.same tree.lost", gone="staged:new.txt=store")
def dropped_without_its_file(scene: Scene) -> None:
    _staged_then_removed(scene).git("reset", "-q")


@history("head.same tree.lost", gone="staged:new.txt=store")
def its_removal_was_staged(scene: Scene) -> None:
    _staged_then_removed(scene).git("add", "-A")


@history("head.same tree.lost", gone="staged:new.txt=-")
def dropped_and_forgotten_by_git(scene: Scene) -> None:
    work = _staged_then_removed(scene)
    work.git("reset", "-q")
    work.git("prune", "--expire=now")


@history("head.ahead tree.absorbed", new="part", absorbed="staged:src/app.py=part")
def committed_while_the_tree_stays(scene: Scene) -> None:
    _staged_then_edited(scene).git("commit", "-q", "-m", "part")


@history("head.ahead tree.absorbed", new="part", absorbed="staged:new.txt=part")
def committed_without_its_file(scene: Scene) -> None:
    _staged_then_removed(scene).git("commit", "-q", "-m", "part")


@history("head.ahead tree.absorbed", new="all", absorbed="src/app.py=all")
def superseded_by_a_commit_of_everything(scene: Scene) -> None:
    _staged_then_edited(scene).git("commit", "-q", "-a", "-m", "all")


@history("head.same tree.same")
def superseded_by_staging_the_rest(scene: Scene) -> None:
    _staged_then_edited(scene).git("add", "src/app.py")


@history("head.same tree.dirty tree.lost", dirty="src/app.py=edited", gone="staged:src/app.py=store")
def dropped_and_edited_further(scene: Scene) -> None:
    work = _staged_then_edited(scene)
    work.git("reset", "-q")
    work.write("src/app.py", text(l9="else"))


@history("head.same tree.dirty", dirty="src/app.py=edited")
def in_the_working_tree_now(scene: Scene) -> None:
    work = _staged_then_edited(scene)
    work.git("reset", "-q")
    work.write("src/app.py", STAGED)


@history("head.same tree.lost", gone="src/app.py=stash@{0} staged:src/app.py=stash@{0}")
def stashed(scene: Scene) -> None:
    _staged_then_edited(scene).git("stash", "-q")


@history("head.same tree.same")
def stashed_and_brought_back_with_the_index(scene: Scene) -> None:
    work = _staged_then_edited(scene)
    work.git("stash", "-q")
    work.git("stash", "pop", "-q", "--index")


@history("head.same tree.lost", gone="staged:src/app.py=store")
def stashed_and_brought_back_without_the_index(scene: Scene) -> None:
    work = _staged_then_edited(scene)
    work.git("stash", "-q")
    work.git("stash", "pop", "-q")


@history("head.same tree.same")
def a_staged_deletion_of_a_file_that_stays(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("rm", "-q", "--cached", "src/app.py")
    scene.pause()


@history("head.same tree.same")
def an_intent_to_add(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("new.txt", "new\n")
    work.git("add", "-N", "new.txt")
    scene.pause()
