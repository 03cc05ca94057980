"""Where the working tree and its git directories are, found by reading a few small files instead of asking git.

`volon.gitfiles` does the reading. A repository with an owner other than us is used only when git says that it would
use it too. Whatever is unusual, and nothing found at all, is handed to git itself, so that git's answer, or its
complaint, is the one that counts.

Source: contract §4 (any subdirectory, linked worktrees), reliability G1 to G17; performance, row 4.
"""

from __future__ import annotations

import os

from volon import gitfiles
from volon.errors import NotCommitted
from volon.paths import Path
from volon.plain import dataclass
from volon.repo.git import Git, GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.world import World


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
        raise NoRepository(f"{start} is not a directory", hints=["Name a directory inside a git repository."])
    found = _by_reading(where)
    if found is None:
        return _by_asking(world, where)
    layout = Layout(Path(found.root), Path(found.git_dir), Path(found.common_dir), found.object_format)
    if gitfiles.is_anothers(found):
        _ask_permission(world, layout)
    return layout


def _ask_permission(world: World, layout: Layout) -> None:
    """Let git, which knows `safe.directory` and `sudo`, say whether it uses this repository."""
    try:
        Git(world, layout.root).run("rev-parse", "--git-dir")
    except GitFailed as error:
        raise refusal(error, layout.root) from error


def _by_reading(where: Path) -> gitfiles.Directories | None:
    try:
        return gitfiles.find(str(where))
    except gitfiles.Unsure:
        return None


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
    top = git.run("rev-parse", "--path-format=absolute", "--show-toplevel").removesuffix(b"\n")
    root = Path(top.decode("utf-8", "surrogateescape")).resolve()
    _require_genuine(root, Path(git_dir), where)
    return Layout(root, Path(git_dir).resolve(), Path(common_dir).resolve(), object_format)


def _require_genuine(root: Path, git_dir: Path, where: Path) -> None:
    """Refuse what git itself never makes, and what would have volon write where the user does not work.

    A directory that was unpacked with its `.git` can name any directory as its working tree, or share the refs of
    any other repository.
    """
    if not os.path.lexists(root / ".git"):
        raise _no_working_tree(where, git_dir, bare=False, elsewhere=True)
    main = git_dir == root / ".git" and not (root / ".git").is_file()
    if main and (git_dir / "commondir").exists():
        message = f"{git_dir}/commondir says that this repository is a linked working tree, which it is not"
        raise NoRepository(message, hints=["look where the file points before you use this repository"])


def _no_working_tree(where: Path, git_dir: Path, *, bare: bool, elsewhere: bool = False) -> NoRepository:
    if elsewhere or (not bare and not where.is_relative_to(git_dir.resolve())):
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
    damaged = next((place for place in (where, *where.parents) if (place / ".git").exists()), None)
    if "not a git repository" in error.stderr and damaged is not None:
        return NoRepository(
            f"git does not take {damaged / '.git'} for a repository", causes=said[:1], hints=["git status"]
        )
    if "not a git repository" in error.stderr:
        return NoRepository(
            f"{where} is not in a git repository", hints=["go to your repository, or make this one with `git init`"]
        )
    if "cannot use bare repository" in error.stderr or "must be run in a work tree" in error.stderr:
        return _no_working_tree(where, where, bare="bare" in error.stderr)
    return error
