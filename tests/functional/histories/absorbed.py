"""Histories of uncommitted work that a commit took in, or seems to have taken in: only what HEAD really has counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.histories.bench import Clone, history, text
from tests.functional.histories.same import submodule

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene

PATH = "src/app.py"
MINE, BOTH = text() + "mine\n", text(l1="one") + "two\n"


def _paused(scene: Scene, content: str = MINE) -> Clone:
    work = scene.feature("A")
    work.write(PATH, content)
    scene.pause()
    return work


@history("head.ahead tree.lost", new="w r", gone="src/app.py=commit")
def committed_and_reverted(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.git("revert", "--no-edit", "HEAD")
    work.git("commit", "-q", "--amend", "-m", "r")


@history("head.ahead tree.lost", new="w undo", gone="src/app.py=commit")
def committed_and_undone_by_a_commit(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.git("checkout", "-q", "HEAD~1", "--", PATH)
    work.git("commit", "-q", "-m", "undo")


@history("head.ahead tree.lost", new="w undo", gone="src/app.py=commit")
def taken_out_while_other_lines_came(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("undo", {PATH: text(l9="another")})


@history("head.ahead tree.lost", new="w half", gone="src/app.py=commit")
def half_of_it_taken_out(scene: Scene) -> None:
    work = _paused(scene, BOTH)
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("half", {PATH: text(l1="one")})


@history("head.ahead tree.absorbed", new="w better", absorbed="src/app.py=w")
def committed_and_improved_by_a_commit(scene: Scene) -> None:
    work = _paused(scene, text(l1="one"))
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("better", {PATH: text(l1="one, better")})


@history("head.ahead tree.absorbed", new="w undo redo", absorbed="src/app.py=w")
def committed_undone_and_done_again(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("undo", {PATH: text()})
    work.commit("redo", {PATH: MINE})


@history("head.ahead tree.lost", new="w m", gone="src/app.py=commit")
def merged_with_strategy_ours(scene: Scene) -> None:
    work = _paused(scene)
    work.git("switch", "-q", "-c", "side")
    work.git("commit", "-q", "-a", "-m", "w")
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "-s", "ours", "-m", "m", "side")


@history("head.ahead tree.dirty", new="w r", dirty="src/app.py=edited")
def committed_reverted_and_there_again_with_more(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("r", {PATH: text()})
    work.write(PATH, MINE + "more\n")


@history("head.ahead tree.dirty tree.lost", new="w r", gone="src/app.py=commit", dirty="src/app.py=new")
def committed_reverted_and_something_else_edited(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("r", {PATH: text()})
    work.write(PATH, text(l9="else"))


@history("head.ahead tree.lost", new="w bytes", gone="logo.bin=commit")
def binary_committed_and_taken_back(scene: Scene) -> None:
    work = scene.base()
    work.commit("A", {"logo.bin": b"\0one"})
    work.write("logo.bin", b"\0two")
    scene.pause()
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("bytes", {"logo.bin": b"\0one"})


@history("head.ahead tree.dirty", new="w bytes", dirty="logo.bin=moved-on?")
def binary_committed_and_changed_again(scene: Scene) -> None:
    work = scene.base()
    work.commit("A", {"logo.bin": b"\0one"})
    work.write("logo.bin", b"\0two")
    scene.pause()
    work.git("commit", "-q", "-a", "-m", "w")
    work.commit("bytes", {"logo.bin": b"\0three"})


# --- Git was told not to look ------------------------------------------------------------------------------------


@history("head.ahead tree.same", new="z")
def assumed_unchanged(scene: Scene) -> None:
    work = _paused(scene)
    work.git("update-index", "--assume-unchanged", PATH)
    work.commit("z", {"z": "z\n"})


@history("head.ahead tree.same", new="z")
def skip_worktree_set_since(scene: Scene) -> None:
    work = _paused(scene)
    work.git("update-index", "--skip-worktree", PATH)
    work.commit("z", {"z": "z\n"})


@history("head.ahead tree.same", new="e")
def modes_are_not_looked_at_any_more(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / PATH).chmod(0o755)
    scene.pause()
    work.git("config", "core.fileMode", "false")
    work.commit("e")


@history("head.same tree.same")
def a_program_added_where_modes_are_not_looked_at(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("config", "core.fileMode", "false")
    work.write("run.sh", "#!/bin/sh\n")
    (work.root / "run.sh").chmod(0o755)
    scene.pause()
    work.git("add", "run.sh")


@history("head.same tree.same")
def not_readable_at_the_pause(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("secret", "s\n")
    scene.pause()
    scene.unread("secret")


# --- Commits that take a path away -------------------------------------------------------------------------------


@history("head.ahead tree.same", new="untrack")
def untracked_by_a_commit(scene: Scene) -> None:
    work = _paused(scene)
    work.git("rm", "-q", "--cached", PATH)
    work.write(".gitignore", "app.py\n")
    work.git("add", ".gitignore")
    work.git("commit", "-q", "-m", "untrack")


@history("head.ahead tree.lost", new="untrack", gone="src/app.py=-")
def untracked_by_a_commit_and_deleted(scene: Scene) -> None:
    untracked_by_a_commit(scene)
    (scene.work.root / PATH).unlink()


@history("head.ahead tree.lost", new="w delete", gone="src/app.py=commit")
def committed_and_deleted_by_a_commit(scene: Scene) -> None:
    work = _paused(scene)
    work.git("commit", "-q", "-a", "-m", "w")
    work.git("rm", "-q", PATH)
    work.git("commit", "-q", "-m", "delete")


# --- Edited further, then committed ------------------------------------------------------------------------------


def _paused_above_a_commit(scene: Scene) -> Clone:
    """Paused with the line w1 uncommitted, below the line that the newest commit, B, added."""
    work = scene.feature("A")
    work.commit("B", {PATH: text() + "B\n"})
    work.write(PATH, text() + "B\nw1\n")
    scene.pause()
    return work


@history("head.rewritten tree.dirty", there="B=changed", dirty="src/app.py=moved-on")
def edited_further_and_amended(scene: Scene) -> None:
    work = _paused_above_a_commit(scene)
    work.write(PATH, text() + "B\nw1\nw2\n")
    work.git("commit", "-q", "-a", "--amend", "--no-edit")


@history("head.rewritten tree.dirty", there="B=changed", dirty="src/app.py=moved-on?")
def rewritten_further_and_amended(scene: Scene) -> None:
    work = _paused_above_a_commit(scene)
    work.write(PATH, text() + "B\nw1, better\n")
    work.git("commit", "-q", "-a", "--amend", "--no-edit")


@history("head.rewritten tree.dirty", there="B=changed", dirty="src/app.py=moved-on?")
def rewritten_further_and_squashed_as_a_fixup(scene: Scene) -> None:
    work = _paused_above_a_commit(scene)
    work.write(PATH, text() + "B\nw1, better\n")
    work.git("commit", "-q", "-a", "--fixup", "HEAD")
    work.git("rebase", "-q", "-i", "--autosquash", "HEAD~2", env={"GIT_SEQUENCE_EDITOR": "true"})


@history("head.rewritten tree.lost", there="B=same", gone="src/app.py=-")
def thrown_away_and_only_the_message_amended(scene: Scene) -> None:
    work = _paused_above_a_commit(scene)
    work.git("checkout", "-q", "--", PATH)
    work.git("commit", "-q", "--amend", "-m", "B")


@history("head.ahead tree.lost", new="part", gone="src/app.py=store")
def one_of_two_hunks_committed_the_other_thrown_away(scene: Scene) -> None:
    work = _paused(scene, BOTH)
    work.git("stash", "-q")
    work.commit("part", {PATH: text(l1="one")})
    work.git("stash", "pop", "-q", check=False)
    work.git("checkout", "-q", "HEAD", "--", PATH)
    work.git("stash", "drop", "-q", check=False)


@history("head.ahead tree.lost", new="part", gone="src/app.py=-")
def one_of_two_hunks_committed_and_the_bytes_unknown(scene: Scene) -> None:
    work = _paused(scene, BOTH)
    work.commit("part", {PATH: text(l1="one")})


@history("head.ahead tree.dirty", new="reworded", dirty="src/app.py=moved-on?")
def reworded_and_committed_and_the_bytes_unknown(scene: Scene) -> None:
    _paused(scene, BOTH).commit("reworded", {PATH: text(l1="one, better") + "two, better\n"})


# --- Elsewhere in the tree ---------------------------------------------------------------------------------------


@history("head.same tree.dirty", dirty="src/app.py=renamed u1=renamed")
def moved_to_other_names(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("u1", "u\n")
    work.write(PATH, MINE)
    scene.pause()
    (work.root / "u1").rename(work.root / "u2")
    (work.root / PATH).rename(work.root / "h")


@history("head.same tree.dirty", dirty="src/app.py=renamed")
def copied_away_and_checked_out_again(scene: Scene) -> None:
    work = _paused(scene)
    (work.root / PATH).rename(work.root / "saved.py")
    work.git("checkout", "-q", "--", PATH)


@history("head.same tree.dirty", dirty="README.md→READ.md=new src/app.py=new")
def renamed_and_deleted_since(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("mv", "README.md", "READ.md")
    work.git("rm", "-q", PATH)


@history("head.same tree.dirty", dirty="READ.md=renamed README.md=edited")
def renamed_at_the_pause_and_back(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("mv", "README.md", "READ.md")
    scene.pause()
    (work.root / "READ.md").rename(work.root / "README.md")


@history("head.same tree.same")
def submodule_cleaned_up(scene: Scene) -> None:
    submodule(scene)
    (scene.work.root / "lib" / "x").write_text("changed\n")
    scene.pause()
    Clone(scene.work.root / "lib", scene, {}).git("checkout", "-q", "--", "x")


@history("head.ahead tree.absorbed", new="bump", absorbed="lib=bump")
def submodule_commit_committed(scene: Scene) -> None:
    submodule(scene)
    lib = Clone(scene.work.root / "lib", scene, {})
    lib.commit("newer", {"x": "newer\n"})
    scene.pause()
    scene.work.git("commit", "-q", "-a", "-m", "bump")
