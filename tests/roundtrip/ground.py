"""Building a repository by a recipe, and doing to it what the recipe says; by files and plain git, nothing of volon."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tests.roundtrip.corpus import Deed, Recipe

USERS_CONFIG = """
[filter "turn"]
    clean = tr a-z n-za-m
    smudge = tr n-za-m a-z
[protocol "file"]
    allow = always
[user]
    name = Somebody
    email = somebody@example.org
"""
"""Added to the configuration of the user: a filter that is theirs, and same in length."""


class Ground:
    """One repository on disk.

    Attributes:
        top: the directory that everything is in.
        root: the working tree that work is done in.
    """

    def __init__(self, top: Path, recipe: Recipe) -> None:
        self.top, self.recipe = top, recipe
        self.root = top / "repo"

    def git(self, *words: str, check: bool = False, stdin: bytes = b"") -> bytes:
        """Run git in the working tree; a command that makes no sense here may fail."""
        done = subprocess.run(["git", *words], cwd=self.root, input=stdin, capture_output=True, check=False)
        if check and done.returncode:
            message = f"git {' '.join(words)}: {done.stderr.decode(errors='replace')}"
            raise RuntimeError(message)
        return done.stdout

    def build(self) -> None:
        """Make the repository and do the work, up to the moment of the pause."""
        recipe = self.recipe
        self.root.mkdir(parents=True)
        self.git("init", "-q", "-b", "main", "--template=", f"--object-format={recipe.object_format}", check=True)
        with (self.root / ".git" / "config").open("a") as file:
            file.write('[filter "own"]\n    clean = sed s/^/x/\n    smudge = sed s/^x//\n')
            file.write(f"[core]\n    autocrlf = {recipe.autocrlf}\n" if recipe.autocrlf else "")
        if recipe.attributes:
            self.write(".gitattributes", recipe.attributes)
        self.do_all(recipe.base)
        if recipe.head != "unborn":
            self.write("always", b"there\n")
            self.write("both", b"before\n")
            self.git("add", "-A")
            self.git("commit", "-q", "--allow-empty", "-m", "Begin", check=True)
            self.before_work()
        self.do_all(recipe.work)
        for extra in recipe.extras:
            self.further(extra)

    def before_work(self) -> None:
        """What needs commits and a clean tree."""
        if "linked" in self.recipe.extras:
            self.git("worktree", "add", "-q", "-b", "beside", str(self.top / "beside"), check=True)
            self.root = self.top / "beside"
        if any(extra.startswith("submodule") for extra in self.recipe.extras):
            self.module("library")
            self.git("submodule", "add", "-q", str(self.top / "library"), "lib")
            self.git("commit", "-q", "-m", "Library")
        if self.recipe.head == "detached":
            self.git("checkout", "-q", "--detach")
        if {"conflict", "resolved"} & set(self.recipe.extras):
            self.conflict(self.recipe.during)
        if "packed" in self.recipe.extras:
            self.git("gc", "-q")

    def conflict(self, during: str) -> None:
        """Stop in the middle of something, with conflicts of several kinds."""
        if during == "stash apply":
            self.side(b"theirs\n", keep=False)
            self.git("stash", "-q")
            self.side(b"ours\n", keep=True)
        else:
            here = self.git("symbolic-ref", "-q", "--short", "HEAD") or self.git("rev-parse", "HEAD")
            self.git("checkout", "-q", "-b", "side")
            self.side(b"theirs\n", keep=False)
            self.git("commit", "-q", "-m", "Theirs")
            self.git("checkout", "-q", here.decode().strip())
            self.side(b"ours\n", keep=True)
        self.git("commit", "-q", "-m", "Ours")
        if during == "revert":
            self.write("both", b"later\n")
            self.git("commit", "-q", "-a", "-m", "Later")
        self.git(*_DURING[during])

    def side(self, text: bytes, *, keep: bool) -> None:
        """What one of two sides did, staged: a change, two new files, and one that only one of them kept."""
        own = "only" + text.decode().strip()
        for name in ("both", "new", own):
            self.write(name, text)
        self.write("always", b"changed\n") if keep else (self.root / "always").unlink(missing_ok=True)
        self.git("add", "-A", "-f", "both", "new", "always", own)

    def module(self, name: str, *, unborn: bool = False) -> Path:
        """Another repository beside this one."""
        where = self.top / name
        kind = f"--object-format={self.recipe.object_format}"
        subprocess.run(["git", "init", "-q", "-b", "main", "--template=", kind, str(where)], check=True)
        (where / "inner").write_bytes(b"inner\n")
        if not unborn:
            subprocess.run(["git", "add", "-A"], cwd=where, check=True)
            subprocess.run(["git", "commit", "-q", "-m", "Inner"], cwd=where, check=True)
        return where

    def further(self, extra: str) -> None:
        """A further circumstance, after the work."""
        for words in _FURTHER.get(extra, ()):
            self.git(*words)
        if extra not in _ELSEWHERE or "linked" not in self.recipe.extras:
            for name, text in _FILES.get(extra, {}).items():
                self.write(name, text)
        match extra:
            case "nested" | "nested-unborn":
                shutil.move(self.module(extra, unborn=extra == "nested-unborn"), self.root / "nested repo")
            case "submodule-changed" if (self.root / "lib").exists():
                (self.root / "lib" / "inner").write_bytes(b"changed inside\n")
            case "sparse" | "sparse-cone" if "linked" not in self.recipe.extras:
                self.git("sparse-checkout", "set", *_SPARSE[extra])
            case "pipe":
                os.mkfifo(self.root / "a pipe")
            case "stash" if self.recipe.head != "unborn" and not {"conflict", "resolved"} & set(self.recipe.extras):
                commit = self.git("stash", "create").decode().strip()
                if commit:
                    self.git("stash", "store", "-m", "kept", commit)

    def do_all(self, deeds: tuple[Deed, ...]) -> None:
        """Do one after the other; what makes no sense is left."""
        for deed in deeds:
            try:
                self.do(deed)
            except OSError:
                continue

    def do(self, deed: Deed) -> None:
        """Do one thing to the working tree or the index."""
        path, name = self.root / deed.name, f":(top,literal){deed.name}"
        match deed.verb:
            case "write" | "append":
                before = path.read_bytes() if deed.verb == "append" and path.is_file() else b""
                self.write(deed.name, before + deed.data)
            case "delete":
                path.unlink()
            case "mode":
                path.chmod(0o755 ^ (path.lstat().st_mode & stat.S_IXUSR), follow_symlinks=True)
            case "link":
                self.make_room(path)
                os.symlink(deed.data.replace(b"\0", b"")[:80] or b"x", os.fsencode(path))  # noqa: PTH211  any bytes
            case "move":
                path.rename(self.make_room(self.root / "dir" / "moved"))
            case "remove-tree":
                shutil.rmtree(path.parent) if path.parent != self.root else path.unlink()
            case "scratch":
                self.write(f"scratch/{len(deed.data)}", deed.data)
            case "refresh":
                self.git("status")
            case "read-only":
                path.chmod(0o444)
            case _:
                self.git(*_GIT[deed.verb], *([] if deed.verb in _WHOLE else ["--", name]))

    def write(self, name: str, data: bytes) -> None:
        """A file with this content, whatever is in the way."""
        self.make_room(self.root / name).write_bytes(data)

    def make_room(self, path: Path) -> Path:
        """Make a name free, and the directories above it."""
        for above in (path, *path.parents):
            if above == self.root:
                break
            if above.is_symlink() or (above.exists() and not above.is_dir()):
                above.unlink()
            elif above == path and above.is_dir():
                shutil.rmtree(above)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


_GIT = {
    "stage": ("add", "-A", "-f"),
    "unstage": ("rm", "-q", "-f", "-r", "--cached"),
    "intend": ("add", "-N", "-f"),
    "checkout": ("checkout", "-q"),
    "reset": ("reset", "-q"),
    "add-all": ("add", "-A"),
}
_FURTHER: dict[str, list[tuple[str, ...]]] = {
    "skip-worktree": [("update-index", "--skip-worktree", "always")],
    "assume-unchanged": [("update-index", "--assume-unchanged", "always")],
    "resolved": [("add", "both")],
    "split-index": [("update-index", "--split-index")],
    "untracked-cache": [("update-index", "--force-untracked-cache"), ("status",)],
    "index-version-4": [("update-index", "--index-version", "4")],
}
_FILES = {
    "ignored": {".gitignore": b"*.log\n/out/\n", "x.log": b"log\n", "out/made": b"made\n"},
    "exclude": {".git/info/exclude": b"*.bin\n"},
    "info-attributes": {".git/info/attributes": b"*.txt text eol=crlf\n"},
}
_ELSEWHERE = {"exclude", "info-attributes"}
"""A linked worktree has no such directory of its own."""
_SPARSE = {"sparse": ("--no-cone", "/*", "!/dir/sub/"), "sparse-cone": ("--cone", "dir")}
_DURING = {
    "merge": ("merge", "-q", "side"),
    "cherry-pick": ("cherry-pick", "side"),
    "rebase": ("rebase", "-q", "side"),
    "revert": ("revert", "--no-edit", "HEAD~1"),
    "stash apply": ("stash", "pop", "-q"),
}
_WHOLE = {"reset", "add-all"}
