"""Where the working tree and its git directories are, found by reading a few small files instead of asking git.

It walks up from the start like git does. A repository with an owner other than us is used only when git says that it
would use it too. Whatever is unusual (`core.worktree`, includes in the configuration,
`.git` that is neither directory nor pointer, nothing found at all) is handed to git itself, so that git's answer,
or its complaint, is the one that counts.

Source: contract §4 (any subdirectory, linked worktrees), reliability G1 to G17; performance, row 4.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from volon.errors import NotCommitted
from volon.repo.git import Git, GitFailed

if TYPE_CHECKING:
    from volon.world import World

_SHA256 = re.compile(rb"^\s*objectformat\s*=\s*\"?sha256", re.IGNORECASE | re.MULTILINE)
_UNUSUAL = re.compile(rb"^\s*(?:worktree|path|bare\s*=\s*\"?(?:true|yes|on|1))\b", re.IGNORECASE | re.MULTILINE)


class NoRepository(NotCommitted):
    """There is no git working tree here, or git refuses to use it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The directories of one working tree, absolute and without links in them.

    Attributes:
        root: top of the working tree.
        git_dir: its own git directory.
        common_dir: the one shared by all working trees; the same as `git_dir` in the main one.
        object_format: `sha1` or `sha256`.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    object_format: str = "sha1"


def discover(world: World, start: Path) -> Layout:
    """Return the layout of the working tree that `start` lies in.

    Raises:
        NoRepository: none, or a bare one, or one that git refuses.
        NotCommitted: git is missing.
    """
    where = start.resolve()
    if not where.is_dir():
        raise NoRepository(f"{start} is not a directory")
    found = _by_reading(where)
    if found is None:
        return _by_asking(world, where)
    if _is_anothers(found):
        _ask_permission(world, found)
    return found


def _is_anothers(layout: Layout) -> bool:
    """Whether something git looks at has another owner: the working tree, its `.git`, the git directory."""
    return any(_owner(path) != os.geteuid() for path in (layout.root, layout.root / ".git", layout.git_dir))


def _owner(path: Path) -> int | None:
    try:
        return path.lstat().st_uid
    except OSError:
        return None


def _ask_permission(world: World, layout: Layout) -> None:
    """Let git, which knows `safe.directory` and `sudo`, say whether it uses this repository."""
    try:
        Git(world, layout.root).run("rev-parse", "--git-dir")
    except GitFailed as error:
        raise refusal(error, layout.root) from error


def _by_reading(where: Path) -> Layout | None:
    for directory in (where, *where.parents):
        marker = directory / ".git"
        if marker.is_dir() and not marker.is_symlink():
            return _main(directory, marker) if _is_git_dir(marker) else None
        if marker.is_file():
            return _linked(directory, marker)
        if directory.name == ".git" or (directory / "HEAD").is_file():
            return None
    return None


def _is_git_dir(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _main(root: Path, git_dir: Path) -> Layout | None:
    if (git_dir / "commondir").exists():
        return None
    config = _read(git_dir / "config")
    return None if _UNUSUAL.search(config) else Layout(root, git_dir, git_dir, _format(config))


def _linked(root: Path, marker: Path) -> Layout | None:
    """Read a working tree whose `.git` is a file that says where the git directory is."""
    text = _read(marker).strip()
    if not text.startswith(b"gitdir: "):
        return None
    git_dir = _below(root, text.removeprefix(b"gitdir: "))
    pointer = _read(git_dir / "commondir").strip()
    if not pointer or not (git_dir / "HEAD").is_file():
        return None
    common = _below(git_dir, pointer)
    return Layout(root, git_dir, common, _format(_read(common / "config"))) if _is_common(common) else None


def _is_common(path: Path) -> bool:
    return (path / "objects").is_dir() and (path / "refs").is_dir()


def _below(base: Path, pointer: bytes) -> Path:
    return (base / pointer.decode("utf-8", "surrogateescape")).resolve()


def _format(config: bytes) -> str:
    return "sha256" if _SHA256.search(config) else "sha1"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _by_asking(world: World, where: Path) -> Layout:
    git = Git(world, where)
    try:
        out = git.run(
            "rev-parse",
            "--is-bare-repository",
            "--is-inside-work-tree",
            "--show-object-format",
            "--absolute-git-dir",
            "--path-format=absolute",
            "--git-common-dir",
        )
        bare, inside, object_format, git_dir, common_dir = out.decode("utf-8", "surrogateescape").splitlines()
    except GitFailed as error:
        raise refusal(error, where) from error
    if inside != "true":
        raise _no_working_tree(where, Path(git_dir), bare=bare == "true")
    root = git.run("rev-parse", "--path-format=absolute", "--show-toplevel").removesuffix(b"\n")
    return Layout(
        Path(root.decode("utf-8", "surrogateescape")).resolve(),
        Path(git_dir).resolve(),
        Path(common_dir).resolve(),
        object_format,
    )


def _no_working_tree(where: Path, git_dir: Path, *, bare: bool) -> NoRepository:
    if not bare and not where.is_relative_to(git_dir.resolve()):
        return NoRepository(
            f"the repository at {where} keeps its working tree elsewhere (core.worktree)",
            hints=["run volon in a clone or in a linked worktree of it"],
        )
    if bare and ".git" not in where.parts:
        return NoRepository(
            f"{where} is a bare repository: there is no work to pause",
            hints=["run volon in a clone or in a linked worktree of it"],
        )
    return NoRepository(f"{where} lies inside a git directory", hints=["go to the working tree and run volon there"])


def refusal(error: GitFailed, where: Path) -> NotCommitted:
    """Return what a refusing git means, in words and with a way out; it never widens whom git trusts.

    A failure of another kind is returned as it is.
    """
    said = [line for line in error.stderr.strip().splitlines() if line][:2]
    if "dubious ownership" in error.stderr:
        return NoRepository(
            f"{where} belongs to another user, so git refuses to use it",
            causes=said[:1],
            hints=["run volon as the owner of the repository, or work in a clone of your own"],
        )
    if "not a git repository" in error.stderr:
        return NoRepository(
            f"{where} is not in a git repository", hints=["go to your repository, or make this one with `git init`"]
        )
    if "cannot use bare repository" in error.stderr or "must be run in a work tree" in error.stderr:
        return _no_working_tree(where, where, bare="bare" in error.stderr)
    return error
