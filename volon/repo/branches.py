"""What became of names: branches that were renamed, upstream branches, other working trees.

Source: contract §5 (`branch.*`, `upstream.*`, `worktree.*`).
"""

from __future__ import annotations

from volon.repo.blobs import decode
from volon.repo.capped import contains, start_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from volon.repo.git import Git

_RENAMED = "Branch: renamed refs/heads/"
_MOST_RENAMES = 50


def renamed_to(git: Git, was: str, now: str | None, names: Mapping[str, str] | None = None) -> str | None:
    """Return the present name of a branch that does not exist any more, or None when it was not renamed.

    The reflog tells it; where there is none, the branch that is checked out is taken for it when it still follows an
    upstream branch of the old name.

    Args:
        git: where to ask.
        was: the name at the pause.
        now: the branch that is checked out.
        names: what `renames` says, when it was asked before.
    """
    names, name = renames(git) if names is None else names, was
    for _ in range(_MOST_RENAMES):
        if name not in names:
            break
        name = names[name]
    if name != was:
        return name if git.resolve(f"refs/heads/{name}") else None
    return now if now is not None and _follows(git, now) == was else None


def renames(git: Git) -> dict[str, str]:
    """Return old name → new name, from all reflogs; of several the latest."""
    words = ("log", "--walk-reflogs", "--all", f"--grep-reflog=^{_RENAMED}", "--format=%gs", "--")
    status, out = git.ask(*words, ok=(0, 128))
    found: dict[str, str] = {}
    for line in decode(out).splitlines() if status == 0 else []:
        old, separator, new = line.removeprefix(_RENAMED).partition(" to refs/heads/")
        if separator:
            found.setdefault(old, new)
    return found


def _follows(git: Git, branch: str) -> str | None:
    """Return the name, on its remote, of the branch that a branch follows."""
    status, out = git.ask("config", "--get", f"branch.{branch}.merge", ok=(0, 1))
    return decode(out).strip().removeprefix("refs/heads/") if status == 0 else None


def upstream_commit(git: Git, name: str) -> str | None:
    """Return where an upstream branch such as `origin/main` is now, or None when it does not exist."""
    return git.resolve(f"refs/remotes/{name}") or git.resolve(f"refs/heads/{name}")


def default_upstream(git: Git, upstream: str) -> tuple[str, str] | None:
    """Return name and commit of the branch that the remote of an upstream branch merges into, as far as it is known.

    Args:
        git: where to ask.
        upstream: such as `origin/feat`.
    """
    remote = upstream.partition("/")[0]
    status, out = git.ask("symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD", ok=(0, 1, 128))
    said = decode(out).strip().removeprefix("refs/remotes/") if status == 0 else ""
    names = (name for name in (said, f"{remote}/main", f"{remote}/master") if name and name != upstream)
    found = ((name, oid) for name in names if (oid := git.resolve(f"refs/remotes/{name}")) is not None)
    return next(found, None)


def is_remote(git: Git, upstream: str) -> bool:
    """Return whether an upstream branch is one of a remote: one may as well follow a branch of one's own."""
    if git.resolve(f"refs/remotes/{upstream}") is not None:
        return True
    if git.resolve(f"refs/heads/{upstream}") is not None:
        return False
    return git.ask("config", "--name-only", "--get-regexp", r"^remote\..+\.", ok=(0, 1))[0] == 0


def reflogs_name(common_dir: Path, oid: str) -> bool:
    """Return whether some reflog of this repository still names a commit: then it was here."""
    wanted = oid.encode("ascii", "replace")
    return any(contains(path, wanted) for path in _logs(common_dir))


def _logs(common_dir: Path) -> Iterator[Path]:
    homes = [common_dir, *(common_dir / "worktrees").glob("*")]
    return (path for home in homes for path in (home / "logs").rglob("*") if path.is_file())


def shallow_ends(common_dir: Path) -> frozenset[str]:
    """Return the commits where a shallow clone ends; none in a whole one."""
    return frozenset(decode(start_of(common_dir / "shallow")).split())


def fetching(common_dir: Path) -> str:
    """Return the command that brings commits which should be here: a shallow clone has to be told to get older ones."""
    return "git fetch --unshallow" if shallow_ends(common_dir) else "git fetch"


def main_worktree(common_dir: Path) -> Path | None:
    """Return the main working tree, or None when the repository is bare or keeps it elsewhere."""
    return common_dir.parent if common_dir.name == ".git" else None


def worktree_path(common_dir: Path, worktree: str, tree: str | None = None) -> str | None:
    """Return the absolute path of a working tree of this repository, or None when it is gone.

    Args:
        common_dir: the git directory shared by all.
        worktree: `.` for the main one, else relative to the main one.
        tree: the name of its own git directory, where known: that stays when a working tree is moved.
    """
    main = main_worktree(common_dir)
    if worktree == ".":
        return str(main) if main is not None else None
    linked = dict(_linked(common_dir))
    if tree in linked:
        return str(linked[tree])
    wanted = ((main or common_dir) / worktree).resolve()
    return str(wanted) if wanted in linked.values() else None


def worktrees(common_dir: Path) -> Iterator[tuple[Path, Path]]:
    """Return the top and the own git directory of each working tree that is there, the main one first."""
    main = main_worktree(common_dir)
    if main is not None:
        yield main.resolve(), common_dir
    yield from ((root, common_dir / "worktrees" / name) for name, root in _linked(common_dir))


def is_astray(common_dir: Path, branch: str) -> bool:
    """Return whether git holds a branch for a linked working tree that is not where git looks for it.

    It was removed, or moved, by hand. git then neither switches to the branch nor makes a working tree for it.
    """
    head = f"ref: refs/heads/{branch}"
    there = {name for name, _ in _linked(common_dir)}
    homes = (home for home in (common_dir / "worktrees").glob("*") if home.name not in there)
    return any(decode(start_of(home / "HEAD")).strip() == head for home in homes)


def _linked(common_dir: Path) -> Iterator[tuple[str, Path]]:
    """Return name and place of each linked working tree that is there."""
    for pointer in (common_dir / "worktrees").glob("*/gitdir"):
        # Since git 2.48 the pointer may be relative to where it stands.
        marker = pointer.parent / decode(start_of(pointer)).strip()
        if marker.exists():
            yield pointer.parent.name, marker.parent.resolve()
