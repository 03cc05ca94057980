"""Histories of uncommitted work: it went on, it was committed, it is gone, and who still has it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.functional.histories.bench import BEN, Clone, history, text
from tests.support.repos import run_git

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene


def _dirty(scene: Scene) -> Clone:
    """Pause with one modified and one untracked file."""
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    work.write("new.txt", "new\n")
    scene.pause()
    return work


@history("head.same tree.dirty", dirty="src/app.py=edited")
def edited_further(scene: Scene) -> None:
    _dirty(scene).write("src/app.py", text(l1="mine", l2="more"))


@history("head.same tree.dirty", dirty="later.txt=new")
def a_new_file(scene: Scene) -> None:
    _dirty(scene).write("later.txt", "later\n")


@history("head.same tree.dirty", dirty="README.md=new later.txt=new")
def clean_at_the_pause_dirty_now(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.write("README.md", "# Other\n")
    work.write("later.txt", "later\n")
    work.git("add", "later.txt")


@history("head.same tree.dirty keyfile.changed", dirty="README.md=new", keys="README.md=edited")
def a_key_file_edited(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause(key_files="README.md src/app.py")
    work.write("README.md", "# Other\n")


@history("head.same tree.dirty keyfile.missing", dirty="README.md=new", keys="README.md=missing")
def a_key_file_deleted(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause(key_files="README.md")
    (work.root / "README.md").unlink()


@history("head.same tree.lost", gone="nest/=-")
def nested_repository_gone(scene: Scene) -> None:
    work = scene.feature("A")
    run_git(work.root, "init", "-q", "nest")
    scene.pause()
    shutil.rmtree(work.root / "nest")


@history("head.same tree.lost", gone="src/app.py=-")
def checked_out_again(scene: Scene) -> None:
    _dirty(scene).git("checkout", "-q", "--", "src/app.py")


@history("head.same tree.lost", gone="src/app.py=-")
def a_dirty_key_file_checked_out_again(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause(key_files="src/app.py")
    work.git("checkout", "-q", "--", "src/app.py")


@history("head.same tree.lost", gone="new.txt=-")
def untracked_file_deleted(scene: Scene) -> None:
    (_dirty(scene).root / "new.txt").unlink()


@history("head.same tree.lost", gone="src/app.py=-")
def modified_file_deleted(scene: Scene) -> None:
    (_dirty(scene).root / "src/app.py").unlink()


@history("head.same tree.lost", gone="src/app.py=stash@{0}")
def stashed(scene: Scene) -> None:
    _dirty(scene).git("stash", "-q")


@history("head.same tree.lost", gone="new.txt=stash@{1} src/app.py=stash@{1}")
def stashed_with_untracked_files_below_another_stash(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("stash", "-q", "--include-untracked")
    work.write("README.md", "other\n")
    work.git("stash", "-q")


@history("head.same tree.lost", gone="staged.txt=index")
def deleted_but_still_in_the_index(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("staged.txt", "staged\n")
    work.git("add", "staged.txt")
    scene.pause()
    (work.root / "staged.txt").unlink()


@history("head.same tree.lost", gone="staged.txt=store")
def unstaged_and_deleted_but_still_an_object(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("staged.txt", "staged\n")
    work.git("add", "staged.txt")
    scene.pause()
    work.git("rm", "-q", "-f", "staged.txt")


@history("head.same tree.lost", gone="src/app.py=commit")
def committed_on_another_branch(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("switch", "-q", "-c", "side")
    work.git("commit", "-q", "-a", "-m", "side")
    work.git("switch", "-q", "feat")


@history("head.same tree.lost", gone="src/app.py=commit")
def committed_and_reset_away(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("commit", "-q", "-a", "-m", "away")
    work.git("reset", "-q", "--hard", "HEAD~1")


@history("head.same tree.lost", gone="README.md=-")
def deleted_file_is_back(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "README.md").unlink()
    scene.pause()
    work.git("checkout", "-q", "--", "README.md")


@history("head.same tree.lost", gone="src/app.py=-")
def mode_change_is_gone(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "src/app.py").chmod(0o755)
    scene.pause()
    (work.root / "src/app.py").chmod(0o644)


@history("head.same tree.dirty", dirty="link=edited")
def link_replaced_by_a_file(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "link").symlink_to("README.md")
    scene.pause()
    (work.root / "link").unlink()
    work.write("link", "README.md")


@history("head.ahead tree.absorbed", new="all", absorbed="new.txt=all src/app.py=all")
def all_committed(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("add", "-A")
    work.commit("all")


@history(
    "head.ahead tree.absorbed keyfile.changed", new="all later", absorbed="src/app.py=all", keys="src/app.py=committed"
)
def committed_and_changed_by_a_later_commit(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause(key_files="src/app.py")
    work.git("commit", "-q", "-a", "-m", "all")
    work.commit("later", {"src/app.py": text(l1="mine", l9="later")})


@history("head.ahead tree.absorbed", new="part", absorbed="src/app.py=part")
def part_committed(scene: Scene) -> None:
    _dirty(scene).git("commit", "-q", "-a", "-m", "part")


@history("head.ahead tree.lost tree.absorbed", new="part", absorbed="src/app.py=part", gone="new.txt=-")
def part_committed_part_deleted(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("commit", "-q", "-a", "-m", "part")
    (work.root / "new.txt").unlink()


@history("head.ahead tree.absorbed tree.dirty", new="part", absorbed="src/app.py=part", dirty="src/app.py=new")
def committed_and_edited_again(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("commit", "-q", "-a", "-m", "part")
    work.write("src/app.py", text(l1="mine", l5="again"))


@history("head.ahead tree.absorbed", new="renamed", absorbed="new.txt=renamed")
def committed_under_another_name(scene: Scene) -> None:
    work = _dirty(scene)
    (work.root / "new.txt").rename(work.root / "better.txt")
    work.git("add", "better.txt")
    work.git("commit", "-q", "-m", "renamed")


@history("head.ahead tree.dirty", new="more", dirty="src/app.py=moved-on")
def edited_further_and_committed(scene: Scene) -> None:
    work = _dirty(scene)
    work.commit("more", {"src/app.py": text(l1="mine", l2="more")})


@history("head.ahead tree.lost", new="C", gone="src/app.py=-")
def thrown_away_and_pulled_anothers_version(scene: Scene) -> None:
    work, ben = scene.shared("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.git("checkout", "-q", "--", "src/app.py")
    ben.commit("C", {"src/app.py": text(l3="theirs")})
    ben.git("push", "-q")
    work.fetch()
    work.git("merge", "-q", "--ff-only")


@history("head.ahead tree.lost", new="more", gone="src/app.py=stash@{0}")
def stashed_before_another_version_was_committed_here(scene: Scene) -> None:
    work = _dirty(scene)
    work.git("stash", "-q")
    work.commit("more", {"src/app.py": text(l9="something else")})


@history("head.rewritten tree.lost", new="X", there="A=same B=same", gone="src/retry.py=-")
def thrown_away_and_the_branch_rebased(scene: Scene) -> None:
    work = scene.feature("A", "B")
    work.write("src/retry.py", text(l2="A", l6="B", l30="mine"))
    scene.pause()
    work.git("checkout", "-q", "--", "src/retry.py")
    work.git("worktree", "add", "-q", "../beside", "main")
    beside = Clone(work.root.parent / "beside", scene, BEN)
    beside.commit("X", {"src/retry.py": text(l40="X")})
    work.git("rebase", "-q", "main")


@history("head.ahead tree.absorbed", new="gone", absorbed="README.md=gone")
def deletion_committed(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "README.md").unlink()
    scene.pause()
    work.git("commit", "-q", "-a", "-m", "gone")


@history("head.ahead tree.absorbed", new="moved", absorbed="src/app.py=moved src/main.py=moved")
def rename_committed(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("mv", "src/app.py", "src/main.py")
    scene.pause()
    work.commit("moved")


@history("head.ahead tree.absorbed", new="crlf", absorbed="a.txt=crlf")
def crlf_committed_under_autocrlf(scene: Scene) -> None:
    work = scene.init()
    work.git("config", "core.autocrlf", "true")
    work.commit("A", {"a.txt": "one\r\ntwo\r\n"})
    work.write("a.txt", "one\r\nthree\r\n")
    scene.pause()
    work.git("commit", "-q", "-a", "-m", "crlf")


@history("head.behind branch.switched tree.same", lost="A")
def carried_to_another_branch(scene: Scene) -> None:
    _dirty(scene).git("switch", "-q", "main")


@history("head.same tree.dirty", dirty="new.txt=new src/app.py=new")
def version_one_capsule_in_a_dirty_tree(scene: Scene) -> None:
    _dirty(scene)
    scene.recorded(changes=None, place_known=False)


version_one_capsule_in_a_dirty_tree.__doc__ = "Nothing is known of what was dirty at the pause."
