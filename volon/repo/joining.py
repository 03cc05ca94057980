"""What several commits made, in one commit: merged without a working tree, an index or a branch being touched.

Promises: the same commits give the same one, whoever was killed in between; no merge driver runs that only the
repository's own configuration names; of a merge that has conflicts nothing is left but their names. What is made is
durable, and has no ref: whoever needs it gives it one.

Source: issue "the pipeline" (worktrees); reliability §0 (3), S7.
"""

from __future__ import annotations

from volon.repo.blobs import decode
from volon.repo.fastimport import settle_objects
from volon.repo.statecommit import identity
from volon.repo.trials.aside import git_aside
from volon.repo.trials.forecast import merged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from volon.repo.repository import Repository


class Conflict(Exception):
    """Commits cannot be merged without a person.

    Attributes:
        found: for each that does not fit, what was merged before it and then its own name, and where they conflict.
        names: whose they are.
        paths: where they conflict.
    """

    def __init__(self, found: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]) -> None:
        self.found = tuple(found)
        self.names = tuple(dict.fromkeys(name for names, _ in found for name in names))
        self.paths = tuple(dict.fromkeys(path for _, paths in found for path in paths))


def joined(repository: Repository, commits: Mapping[str, str]) -> str:
    """Return the commit that holds what all of them hold: one of them, or a merge that is made for it.

    Args:
        repository: where.
        commits: by the names they go by, in the order in which they are merged; at least one.

    Raises:
        Conflict: some of them cannot be merged; all of those are named.
        GitFailed, NotCommitted: git could not, or the disk.
    """
    tips = independent(repository, commits.values())
    names = {commit: name for name, commit in commits.items() if commit in tips}
    whole, *others = names
    if not others:
        return whole
    taken, found = [names[whole]], []
    with repository.scratch() as where:
        git = git_aside(repository, where / "git").writing_to(repository.common_dir / "objects")
        for other in others:
            tree, paths = merged(git, whole, other)
            if paths:
                found.append(((*taken, names[other]), paths))
                continue
            message = f"Merge {names[other]} into {', '.join(taken)}\n"
            whole = write_commit(repository, tree, (whole, other), message, (whole, other))
            taken.append(names[other])
    if found:
        raise Conflict(found)
    settle_new(repository, whole, tips)
    return whole


def conflicting(repository: Repository, mine: str, theirs: str, name: str) -> str:
    """Return a commit that holds both of two commits, with markers where they conflict: `merged`, and a name.

    It is for a working tree that somebody resolves them in, and nothing has to lead to it later.

    Raises:
        GitFailed, NotCommitted: git could not, or the disk.
    """
    with repository.scratch() as where:
        git = git_aside(repository, where / "git").writing_to(repository.common_dir / "objects")
        rows = f"update refs/heads/merged {mine}\nupdate refs/heads/{name} {theirs}\n"
        git.run("update-ref", "--stdin", stdin=rows.encode())
        tree, _ = merged(git, "merged", name)
        commit = write_commit(repository, tree, (mine, theirs), f"Conflicts with {name}\n", (mine, theirs))
    settle_new(repository, commit, (mine, theirs))
    return commit


def independent(repository: Repository, commits: Iterable[str]) -> list[str]:
    """Return those that no other one contains."""
    found = list(dict.fromkeys(commits))
    if len(found) < 2:  # noqa: PLR2004  nothing to compare
        return found
    return decode(repository.git.run("merge-base", "--independent", *found)).split()


def write_commit(
    repository: Repository, tree: str, parents: Iterable[str], message: str, dated_as: Sequence[str]
) -> str:
    """Write a commit of the user's, as late as the latest of some others, so that the same one can be made again.

    Raises:
        GitFailed: git could not.
    """
    times = decode(repository.git.run("log", "--no-walk=unsorted", "--format=%ct", *dated_as)).split()
    who = f"{identity(repository)} {max(map(int, times))} +0000"
    lines = (f"tree {tree}", *(f"parent {one}" for one in parents), f"author {who}", f"committer {who}", "", message)
    text = "\n".join(lines).encode("utf-8", "surrogateescape")
    return decode(repository.git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=text)).strip()


def settle_new(repository: Repository, commit: str, known: Iterable[str]) -> None:
    """Make the names durable of all that a commit holds and some others do not.

    Raises:
        NotCommitted: the disk could not.
    """
    words = ("--objects", "--no-object-names", commit, "--not", *known)
    settle_objects(repository.common_dir, decode(repository.git.run("rev-list", *words)).split())
