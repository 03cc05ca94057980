"""Histories that were rewritten: the commits of the pause are there under other ids, and must not be called new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.functional.histories.bench import BEN, history, text
from tests.functional.histories.moved import STATE

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene


def _main_moves(scene: Scene, line: str = "main's", at: int = 40) -> None:
    """Add commit X to main, and come back."""
    scene.work.git("switch", "-q", "main")
    scene.work.commit("X", {"src/retry.py": scene.line(at, line)})
    scene.work.git("switch", "-q", "feat")


def _sequence(scene: Scene, *edits: str) -> None:
    """Run an interactive rebase of feat on main whose list is edited by sed."""
    script = " ".join(f"-e '{edit}'" for edit in edits)
    scene.work.git("rebase", "-q", "-i", "main", env={"GIT_SEQUENCE_EDITOR": f"sed -i {script}", "GIT_EDITOR": "true"})


@history("head.rewritten", there="A=same B=same", new="X")
def rebased(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.rewritten", there="A=same B=same", new="X")
def rebased_beside_changed_lines(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene, at=12)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.rewritten", there="A=changed B=same", new="X")
def rebased_with_a_conflict(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene, at=2)
    scene.pause()
    work.git("rebase", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="A and main's"))
    work.git("add", "src/retry.py")
    work.git("rebase", "--continue", env={"GIT_EDITOR": "true"})


@history("head.rewritten", there="B=same", new="X", lost="A")
def rebased_onto(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "--onto", "main", "HEAD~1")


@history("head.rewritten", there="A=same B=same C=same")
def reordered(scene: Scene) -> None:
    scene.feature("A", "B", "C")
    scene.pause()
    _sequence(scene, "1{h;d}", "2G")


@history("head.rewritten", there="C=same", lost="B")
def dropped_one(scene: Scene) -> None:
    scene.feature("A", "B", "C")
    scene.pause()
    _sequence(scene, "2d")


@history("head.rewritten", there="B=squashed C=squashed")
def fixup(scene: Scene) -> None:
    scene.feature("A", "B", "C")
    scene.pause()
    _sequence(scene, "3s/^pick/fixup/")


@history("head.rewritten", there="A=squashed B=same C=squashed")
def fixup_across_another(scene: Scene) -> None:
    scene.feature("A", "B", "C")
    scene.pause()
    _sequence(scene, "2{h;d}", "3{s/^pick/fixup/;G}")


@history("head.rewritten", there="A=squashed B=squashed C=squashed", new="X")
def squashed_and_rebased(scene: Scene) -> None:
    scene.feature("A", "B", "C")
    _main_moves(scene, at=8)
    scene.pause()
    _sequence(scene, "2,3s/^pick/squash/")


@history("head.rewritten", there="A=squashed B=squashed")
def squashed_by_hand(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("reset", "-q", "--soft", "main")
    work.commit("AB")


@history("head.rewritten", there="A=squashed B=squashed")
def squashed_where_one_commit_corrects_the_other(scene: Scene) -> None:
    work = scene.feature("A")
    work.commit("B", {"src/retry.py": text(l2="A, corrected")})
    scene.pause()
    work.git("reset", "-q", "--soft", "main")
    work.commit("AB")


@history("head.rewritten", there="A=split A=split")
def split_in_two(scene: Scene) -> None:
    work = scene.base()
    work.git("switch", "-q", "-c", "feat")
    work.commit("A", {"one.txt": "one\n", "two.txt": "two\n"})
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.commit("one", {"one.txt": "one\n"})
    work.commit("two", {"two.txt": "two\n"})


@history("head.rewritten", there="B=same")
def amended_message(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("commit", "-q", "--amend", "-m", "better")


@history("head.rewritten", there="B=changed")
def amended_content(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.write("src/retry.py", text(l2="A", l6="B, better", l20="more"))
    work.git("commit", "-q", "--amend", "--no-edit", "-a")


@history("head.rewritten", there="B=changed")
def amended_content_author_and_message(scene: Scene) -> None:
    work = scene.base()
    body = {f"l{n}": f"B {n}" for n in range(10, 20)}
    work.commit("B", {"src/retry.py": text(**body)})
    scene.pause()
    work.write("src/retry.py", text(**{**body, "l10": "B ten"}))
    work.git("commit", "-q", "--amend", "--reset-author", "-a", "-m", "other words")


@history("head.rewritten tree.absorbed", there="B=changed", absorbed="src/app.py=B")
def amended_with_the_uncommitted_work(scene: Scene) -> None:
    work = scene.feature("A", "B")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.git("commit", "-q", "--amend", "--no-edit", "-a")


@history("head.rewritten", there="base=same")
def amended_root_commit(scene: Scene) -> None:
    work = scene.base()
    scene.pause()
    work.git("commit", "-q", "--amend", "-m", "root")


@history("head.rewritten", there="E=same")
def amended_empty_commit(scene: Scene) -> None:
    work = scene.feature("A")
    work.commit("E")
    scene.pause()
    work.git("commit", "-q", "--amend", "--allow-empty", "--no-edit")


@history("head.rewritten branch.switched", there="A=squashed B=squashed", new="X")
def squash_merged_into_main(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene)
    scene.pause()
    work.git("switch", "-q", "main")
    work.git("merge", "-q", "--squash", "feat")
    work.commit("feature (#7)")


@history("head.rewritten branch.deleted", there="A=squashed B=squashed", new="X Y")
def squash_merged_into_main_that_went_on_and_branch_deleted(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene, at=4)
    scene.pause()
    work.git("switch", "-q", "main")
    work.git("merge", "-q", "--squash", "feat")
    work.commit("feature (#7)")
    work.commit("Y", {"src/retry.py": scene.line(6, "after")})
    work.git("branch", "-q", "-D", "feat")


@history("head.rewritten", there="A=squashed B=squashed C=squashed")
def squashed_with_more_edits(scene: Scene) -> None:
    work = scene.feature("A", "B", "C")
    scene.pause()
    work.git("reset", "-q", "--soft", "main")
    work.write("src/app.py", text(l30="and more"))
    work.write("src/retry.py", scene.line(30, "and more here"))
    work.git("commit", "-q", "-a", "-m", "all of it")


@history("head.diverged", lost="Mine", new="Theirs")
def another_replacement_of_the_same_lines_is_no_rewrite(scene: Scene) -> None:
    work = scene.feature()
    work.commit("Mine", {"src/app.py": "mine entirely\n"})
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.commit("Theirs", {"src/app.py": "theirs entirely\n"})


@history("head.rewritten", there="A=content")
def only_the_resulting_bytes_are_the_same(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.write("src/retry.py", text(l2="A"))
    work.write("src/app.py", text(l2="and something else"))
    work.git("commit", "-q", "-a", "-m", "one", env={"GIT_AUTHOR_EMAIL": "x@example.com"})


@history("head.rewritten", there="A=split A=split")
def done_again_in_two_steps(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.write("src/retry.py", text(l2="half of A"))
    work.git("commit", "-q", "-a", "-m", "one", env={"GIT_AUTHOR_EMAIL": "x@example.com"})
    work.write("src/retry.py", text(l2="A"))
    work.git("commit", "-q", "-a", "-m", "two", env={"GIT_AUTHOR_EMAIL": "x@example.com"})


@history("head.rewritten branch.switched", there="A=same B=same")
def cherry_picked_to_another_branch(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("switch", "-q", "-c", "release", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("cherry-pick", "feat~1", "feat")
    work.git("rebase", "-q", "--onto", "main", "HEAD~2")


@history("head.rewritten branch.switched", there="B=same", lost="A", new="X")
def cherry_picked_only_one(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("switch", "-q", "-c", "release", "main")
    work.commit("X", {"x.txt": "x\n"})
    work.git("cherry-pick", "feat")


@history("head.rewritten", there="A=same B=same", new="C X")
def rebased_and_went_on(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")
    scene.commits("C")


@history("head.rewritten tree.same", there="A=same B=same", new="X")
def rebased_with_autostash(scene: Scene) -> None:
    work = scene.feature("A", "B")
    _main_moves(scene)
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.git("rebase", "-q", "--autostash", "main")


@history("head.rewritten", there="A=same", new="X", state_only=1)
def rebased_with_volons_own_commit(scene: Scene) -> None:
    work = scene.feature("A")
    _main_moves(scene)
    work.commit("state", STATE)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.state-only", state_only=1)
def volons_own_commit_amended(scene: Scene) -> None:
    work = scene.feature("A")
    work.commit("state", STATE)
    scene.pause()
    work.write(".volon/tasks/t.md", "other\n")
    work.git("commit", "-q", "--amend", "--no-edit", "-a")


@history("head.rewritten", there="mixed=same", new="X")
def rebased_with_volons_files_in_a_mixed_commit(scene: Scene) -> None:
    work = scene.feature()
    _main_moves(scene)
    work.commit("mixed", {**STATE, "src/app.py": text(l1="x")})
    scene.pause()
    work.git("rebase", "-q", "main")
    work.write(".volon/tasks/t.md", "other\n")
    work.git("commit", "-q", "--amend", "--no-edit", "-a")


@history("head.rewritten", there="A=same C=same", new="X")
def rebased_over_a_merge(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("switch", "-q", "-c", "side", "main")
    work.git("switch", "-q", "feat")
    work.git("merge", "-q", "--no-ff", "-m", "M", "side", check=False)
    scene.commits("C")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.rewritten", there="moves=same", new="X")
def rebased_a_commit_that_only_moves_lines(scene: Scene) -> None:
    work = scene.feature()
    lines = text().splitlines()
    work.commit("moves", {"src/app.py": "\n".join([*lines[5:10], *lines[:5], *lines[10:]]) + "\n"})
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.rewritten", there="binary=same mode=same", new="X")
def rebased_binary_and_mode(scene: Scene) -> None:
    work = scene.feature()
    work.commit("binary", {"logo.bin": b"\0\1\2" * 50})
    (work.root / "src/app.py").chmod(0o755)
    work.git("commit", "-q", "-a", "-m", "mode")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.rewritten", there="rename=same", new="X")
def rebased_a_rename(scene: Scene) -> None:
    work = scene.feature()
    work.git("mv", "src/app.py", "src/main.py")
    work.commit("rename")
    _main_moves(scene)
    scene.pause()
    work.git("rebase", "-q", "main")


@history("head.diverged", new="other", lost="binary")
def another_binary_is_not_the_same(scene: Scene) -> None:
    work = scene.feature()
    work.commit("binary", {"logo.bin": b"\0\1\2" * 50})
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.git("config", "user.name", "x")
    work.write("logo.bin", b"\0\7\7" * 50)
    work.git("add", "logo.bin")
    work.git("commit", "-q", "-m", "other", env={"GIT_AUTHOR_EMAIL": "x@example.com"})


@history("head.diverged", new="wip", lost="wip")
def another_commit_of_the_same_subject_is_not_the_same(scene: Scene) -> None:
    work = scene.feature()
    work.commit("wip", {"src/retry.py": text(l2="mine")})
    scene.pause()
    work.git("reset", "-q", "--hard", "main")
    work.commit("wip", {"src/retry.py": text(l30="something else")})


@history("head.rewritten branch.deleted", there="A=same B=same")
def moved_to_a_new_branch_by_cherry_pick(scene: Scene) -> None:
    work = scene.feature("A", "B")
    scene.pause()
    work.git("switch", "-q", "-c", "again", "main")
    work.git("cherry-pick", "feat~1", "feat", env={"GIT_COMMITTER_NAME": "Somebody"})
    work.git("branch", "-q", "-D", "feat")


def _merged_with_a_fix(scene: Scene, *, fix: bool) -> None:
    """Pause behind a merge whose conflict was resolved by hand, with or without something more."""
    work = scene.feature("A")
    _main_moves(scene, at=2)
    work.git("merge", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="A and main's"))
    if fix:
        work.write("README.md", "# Shop\nIMPORTANT\n")
    work.git("add", "-A")
    work.git("commit", "-q", "-m", "M")
    scene.pause()
    work.git("rebase", "-q", "main", check=False)
    work.write("src/retry.py", text(l2="A and main's"))
    work.git("add", "-A")
    work.git("rebase", "--continue", env={"GIT_EDITOR": "true"})


@history("head.rewritten", there="A=changed", lost="M")
def rebased_over_a_merge_that_had_a_fix_of_its_own(scene: Scene) -> None:
    _merged_with_a_fix(scene, fix=True)


@history("head.rewritten", there="A=changed")
def rebased_over_a_merge_resolved_the_same_way(scene: Scene) -> None:
    _merged_with_a_fix(scene, fix=False)


_CONFIG = ["a:", "  x: 1", "b:", "  y: 1"]


@history("head.diverged", new="Enable-B", lost="Enable-A")
def the_same_line_by_somebody_else_at_another_place(scene: Scene) -> None:
    work = scene.feature()
    work.commit("cfg", {"c.yml": "\n".join(_CONFIG) + "\n"})
    work.commit("Enable-A", {"c.yml": "\n".join([*_CONFIG[:2], "  on: 1", *_CONFIG[2:]]) + "\n"})
    scene.pause()
    work.git("reset", "-q", "--hard", "HEAD~1")
    work.write("c.yml", "\n".join([*_CONFIG, "  on: 1"]) + "\n")
    work.git("commit", "-q", "-a", "-m", "Enable-B", env=BEN)


@history("head.rewritten", there="A=content A=content B=content B=content")
def regrouped_by_file(scene: Scene) -> None:
    work = scene.feature()
    for subject, lines in (("A", "a\n"), ("B", "a\nb\n")):
        work.commit(subject, {"f": lines, "g": lines})
    scene.pause()
    work.git("reset", "-q", "main")
    work.commit("g-part", {"g": "a\nb\n"})
    work.commit("f-part", {"f": "a\nb\n"})
