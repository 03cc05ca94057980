"""One file instead of a remote: git's own bundles, written and read as data.

Promises: a file that is there is never overwritten, and what is written is on disk when `write` has returned; reading
one creates objects, never a ref.

Source: contract §4 (`handoff export|import`).
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.files import Root, publish
from volon.repo.blobs import decode
from volon.repo.git import GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from volon.files import FileSystem
    from volon.repo.git import Git


def bases(git: Git, tips: Iterable[str]) -> list[str]:
    """Return the newest commits below these that a remote-tracking branch holds: every other clone can have them."""
    listed = decode(git.run("rev-list", "--boundary", *tips, "--not", "--remotes")).split("\n")
    return sorted(line[1:] for line in listed if line.startswith("-"))


def write(git: Git, files: FileSystem, target: Path, token: str, refs: Iterable[str], without: Iterable[str]) -> None:
    """Write a bundle: under a name of its own first, so that a try that was killed stands in nobody's way.

    Args:
        git: the door to git.
        files: the directory of the target.
        target: where to.
        token: makes the first name unique.
        refs: what goes in, by full names.
        without: commits that whoever reads it has already.

    Raises:
        NotCommitted: it cannot be written, or a file is there by now.
    """
    aside = f".{target.name}.{token}"
    git.run("bundle", "create", "--quiet", str(target.with_name(aside)), *refs, *(f"^{oid}" for oid in without))
    try:
        publish(files, Root.WORKTREE, aside, target.name)
    except OSError as error:
        raise NotCommitted(f"{target} cannot be written", causes=[str(error)]) from error


def heads(git: Git, source: Path) -> dict[str, str]:
    """Return the refs in a bundle that this clone can read.

    Raises:
        NotCommitted: it is no bundle, or it builds on commits that are not here.
    """
    try:
        git.run("bundle", "verify", "--quiet", str(source))
        rows = (
            line.partition(" ") for line in decode(git.run("bundle", "list-heads", str(source))).split("\n") if line
        )
        return {ref: oid for oid, _, ref in rows if is_object_id(oid)}
    except GitFailed as error:
        message = f"{source} cannot be taken in here; nothing was changed."
        other = any("does not look like" in cause for cause in error.causes)
        hint = "name a file that volon handoff export wrote" if other else "bring the commits it builds on: git fetch"
        raise NotCommitted(message, causes=error.causes, hints=[hint]) from error


def unbundle(git: Git, source: Path) -> None:
    """Bring the objects of a bundle here; no ref changes.

    Raises:
        GitFailed: it is damaged.
    """
    git.run("bundle", "unbundle", str(source))
