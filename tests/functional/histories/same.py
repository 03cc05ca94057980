"""Histories in which nothing happened, in every kind of repository: the answer has to be that nothing happened."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.functional.histories.bench import history, text
from tests.support.repos import run_git

if TYPE_CHECKING:
    from tests.functional.histories.bench import Scene


@history("head.same")
def clean_and_untouched(scene: Scene) -> None:
    scene.feature("A", "B")
    scene.pause()


@history("head.same tree.same")
def dirty_and_untouched(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/retry.py", text(l30="mine"))
    work.write("src/app.py", text(l1="staged"))
    work.git("add", "src/app.py")
    work.write("notes/new.txt", "new\n")
    (work.root / "README.md").unlink()
    scene.pause()


@history("head.same tree.same")
def paused_and_resumed_in_subdirectories(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/deep/x.txt", "x\n")
    scene.pause(work.root / "src")
    scene.at = work.root / "src" / "deep"


@history("head.same tree.same")
def unborn_and_untouched(scene: Scene) -> None:
    scene.init().write("a.txt", "a\n")
    scene.pause()


@history("head.same")
def detached_and_untouched(scene: Scene) -> None:
    scene.feature("A", "B").git("checkout", "-q", "HEAD~1")
    scene.pause()


@history("head.same")
def at_a_tag_and_untouched(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("tag", "v1")
    work.git("checkout", "-q", "v1")
    scene.pause()


@history("head.same tree.same")
def linked_worktree_and_untouched(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("worktree", "add", "-q", "-b", "side", "../side", "main")
    scene.at = work.root.parent / "side"
    (scene.at / "README.md").write_text("mine\n")
    scene.pause(scene.at)


@history("head.same tree.same")
def sparse_checkout(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("sparse-checkout", "set", "--no-cone", "src/app.py")
    work.write("src/app.py", text(l1="mine"))
    scene.pause(key_files="src/retry.py README.md")


@history("head.same")
def skip_worktree(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("update-index", "--skip-worktree", "src/app.py")
    work.write("src/app.py", "local only\n")
    scene.pause()


@history("head.same tree.same")
def split_index(scene: Scene) -> None:
    work = scene.feature("A")
    work.git("update-index", "--split-index")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()


@history("head.same tree.same")
def sha256(scene: Scene) -> None:
    work = scene.init("--object-format=sha256")
    work.commit("A", {"a.txt": "a\n"})
    work.write("a.txt", "b\n")
    scene.pause()


@history("head.same tree.same")
def names_that_are_no_utf8(scene: Scene) -> None:
    work = scene.feature("A")
    for name in (b"caf\xe9.txt", b"new\nline", b'quo"te', b"-dash", "snow \u2603".encode(), b" blank ", b"tab\there"):
        (work.root / os.fsdecode(name)).write_bytes(name)
    work.git("add", "--", "-dash", 'quo"te')
    scene.pause()


@history("head.same tree.same")
def symlink_and_mode(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "link").symlink_to("README.md")
    (work.root / "dangling").symlink_to("nowhere")
    (work.root / "src/app.py").chmod(0o755)
    scene.pause()


@history("head.same tree.same")
def directory_that_became_a_link(scene: Scene) -> None:
    work = scene.feature("A")
    (work.root / "src").rename(work.root / "moved")
    (work.root / "src").symlink_to("moved")
    scene.pause()


@history("head.same tree.same")
def crlf_under_autocrlf(scene: Scene) -> None:
    work = scene.init()
    work.git("config", "core.autocrlf", "true")
    work.commit("A", {"a.txt": "one\r\ntwo\r\n"})
    work.write("a.txt", "one\r\nthree\r\n")
    scene.pause()


@history("head.same tree.same")
def submodule_with_changes(scene: Scene) -> None:
    submodule(scene)
    (scene.work.root / "lib" / "x").write_text("changed\n")
    scene.pause()


@history("head.same tree.same")
def nested_repositories(scene: Scene) -> None:
    work = scene.feature("A")
    run_git(work.root, "init", "-q", "unborn")
    work.write("new.txt", "new\n")
    scene.pause()


@history("head.same tree.same")
def renamed_file(scene: Scene) -> None:
    scene.feature("A").git("mv", "src/app.py", "src/main.py")
    scene.pause()


@history("head.same tree.same")
def only_the_index_changed(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.git("add", "src/app.py")


@history("head.same tree.same")
def intent_to_add(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("new.txt", "new\n")
    work.git("add", "-N", "new.txt")
    scene.pause()


@history("head.same tree.same")
def untracked_file_that_is_ignored_now(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("out.log", "log\n")
    scene.pause()
    (work.root / ".git/info/exclude").write_text("*.log\n")


@history("head.same tree.same")
def volons_own_files_changed(scene: Scene) -> None:
    work = scene.feature("A")
    work.write("src/app.py", text(l1="mine"))
    scene.pause()
    work.write(".volon/tasks/TASK-20261119-001.md", "x\n")
    work.write(".design/checkpoints/01-work-2026-11-19.md", "x\n")


@history("head.same")
def version_one_capsule(scene: Scene) -> None:
    work = scene.feature("A")
    scene.pause()
    scene.recorded(branch=None, worktree=".", changes=None, place_known=False)
    work.git("branch", "-m", "other")


@history("head.same")
def abbreviated_commit_of_an_old_capsule(scene: Scene) -> None:
    scene.feature("A")
    commit = scene.pause()
    scene.recorded(paused_commit=commit[:7], changes=None)


def submodule(scene: Scene) -> None:
    lib = scene.work.root.parent / "lib"
    run_git(scene.work.root.parent, "init", "-q", "-b", "main", str(lib))
    (lib / "x").write_text("x\n")
    run_git(lib, "add", "x")
    run_git(lib, "commit", "-q", "-m", "lib")
    work = scene.feature("A")
    work.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(lib), "lib")
    work.git("commit", "-q", "-m", "S")
