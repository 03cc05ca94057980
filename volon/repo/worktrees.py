"""A linked working tree that volon makes and fills: whoever was stopped on the way can run the same command again.

git makes one by many writes, and refuses to use what a killed git has left of it. So it is made locked, with a reason
that says what it is to hold, and unlocked when it holds it. What is locked with that reason has been handed to nobody
yet: where no file of it is there, it is thrown away and made again; where files are, they stay and are completed.

Source: reliability P7, M1; contract §4 (`restore --worktree`).
"""

from __future__ import annotations

import os
from contextlib import suppress

from volon.errors import NotCommitted
from volon.repo.blobs import decode
from volon.repo.capped import start_of
from volon.repo.fastimport import sync_directory, sync_file
from volon.repo.git import GitFailed
from volon.scratch import drop_empty, room, take_away

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from volon.repo.repository import Repository


def begin(repository: Repository, where: Path, commit: str, reason: str) -> bool:
    """Make a working tree with HEAD detached, or find one that was begun for the same reason.

    Args:
        repository: whose.
        where: a directory that is not there, or is empty, or was begun.
        commit: a full id.
        reason: what git shows as the reason of the lock; the same for the same command.

    Returns:
        Whether it was begun before: its files are there in part, its index perhaps not.

    Raises:
        NotCommitted: something stands there.
        GitFailed: git cannot make it.
    """
    for home in homes(repository.common_dir, where, reason):
        if _has_files(where, home):
            take_locks(repository, home)
            return True
        with repository.scratch() as scratch:
            if _points_to(where, home):
                take_away(where / ".git", scratch)
            take_away(home, scratch)
    if where.exists() and not (where.is_dir() and not any(where.iterdir())):
        message = f"{os.path.normpath(where)} is there already, and not empty."
        raise NotCommitted(message, hints=["Move it away, or name a directory that is not there yet."])
    words = ("--quiet", "--detach", "--lock", "--reason", reason)
    repository.git.run("worktree", "add", *words, str(where), commit)
    for home in homes(repository.common_dir, where, reason):
        take_locks(repository, home)
    return False


def finish(repository: Repository, where: Path, reason: str) -> None:
    """Hand it over, once everything about it that git does not sync would outlast a power cut.

    Raises:
        NotCommitted: it is whole, and stays begun: the same command hands it over.
    """
    common = repository.common_dir
    begun = homes(common, where, reason)
    for path in (where / ".git", *(home / name for home in begun for name in ("gitdir", "HEAD", "commondir"))):
        sync_file(path)
    for directory in (where.parent, where, *begun, common / "worktrees", common):
        sync_directory(directory)
    try:
        repository.git.run("worktree", "unlock", str(where))
    except GitFailed:
        if homes(common, where, reason):
            raise
    # A power cut before this may bring back the lock, and with it the words that say how to go on.
    with suppress(NotCommitted):
        for home in begun:
            sync_directory(home)


def abandon(repository: Repository, where: Path, reason: str) -> None:
    """Throw away a working tree that was begun and that nobody has worked in; it may be gone already, or in part.

    Raises:
        NotCommitted: it cannot be moved.
    """
    with repository.scratch() as scratch:
        take_away(where, room(scratch / "tree"))
        for home in homes(repository.common_dir, where, reason):
            take_away(home, scratch)
    # As git does itself with the last one.
    drop_empty(repository.common_dir / "worktrees")


def reasons(common_dir: Path) -> list[str]:
    """Why working trees are locked, as far as a reason was given."""
    return [decode(start_of(lock)).strip() for lock in _locks(common_dir)]


def take_locks(repository: Repository, home: Path) -> None:
    """Take away git's locks on index, HEAD and the like of a working tree that was handed to nobody yet.

    Only a git that was killed, or that could not remove them, can have left them: nobody else knows of it.
    """
    if locks := sorted(home.glob("*.lock")):
        with repository.scratch() as scratch:
            for lock in locks:
                take_away(lock, scratch)


def homes(common_dir: Path, where: Path, reason: str) -> list[Path]:
    """The administrative directories that were made for it; a kill may have left several."""
    return list(_begun(common_dir, where, reason))


def _locks(common_dir: Path) -> Iterator[Path]:
    # git makes no links here; through one, something outside could be taken for its own.
    return (lock for lock in (common_dir / "worktrees").glob("*/locked") if not lock.parent.is_symlink())


def _begun(common_dir: Path, where: Path, reason: str) -> Iterator[Path]:
    for lock in _locks(common_dir):
        pointer = decode(start_of(lock.parent / "gitdir")).strip()
        ours = decode(start_of(lock)).strip() == reason
        if ours and (not pointer or os.path.realpath(lock.parent / pointer) == os.path.realpath(where / ".git")):
            yield lock.parent


def _has_files(where: Path, home: Path) -> bool:
    return _points_to(where, home) and any(path.name != ".git" for path in where.iterdir())


def _points_to(where: Path, home: Path) -> bool:
    marker = where / ".git"
    if not marker.is_file():
        return False
    target = decode(start_of(marker)).removeprefix("gitdir: ").strip()
    return not target or os.path.realpath(where / target) == os.path.realpath(home)
