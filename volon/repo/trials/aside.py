"""A git directory of our own, to be thrown away: it borrows the repository's objects, but not its configuration.

Promises: whatever git writes through it lands there; no filter or driver runs that only the repository's own
configuration names, and line ends, attributes and renames are judged as the repository and the user judge them.

Source: reliability S7; contract §8 (3).
"""

from __future__ import annotations

from volon.errors import NotCommitted
from volon.repo.blobs import decode
from volon.repo.capped import start_of
from volon.repo.fastimport import IDENTITY
from volon.repo.git import GitFailed
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

_KEPT = (
    r"^(core\.(autocrlf|eol|filemode|symlinks|ignorecase|precomposeunicode|attributesfile)"
    r"|merge\.(renames|renamelimit|directoryrenames|renormalize)|diff\.(renames|renamelimit))$"
)
"""Settings that change what files are, or how they merge, and start nothing."""


_NOBODY = dict(zip(("user.name", "user.email"), IDENTITY.rstrip(">").split(" <"), strict=True))
"""git makes no commit for somebody without a name."""


def git_aside(
    repository: Repository, own: Path, directory: Path | None = None, more: Mapping[str, str] | None = None
) -> Git:
    """Make the git directory and return a door to it.

    Args:
        repository: whose objects it borrows.
        own: where it will be, in a scratch directory.
        directory: another working tree than the repository's own; it exists, or is where `own` will be.
        more: further settings.

    Raises:
        NotCommitted: there is no room for it in the git directory.
        GitFailed: git could not begin.
    """
    git, common = repository.git, repository.common_dir
    git.run("init", "--quiet", "--bare", "--template=", f"--object-format={repository.object_format}", str(own))
    put(own / "info" / "attributes", start_of(common / "info" / "attributes"))
    put(own / "shallow", start_of(common / "shallow"))
    return git.aside(own, common / "objects", _settings(git) | _NOBODY | dict(more or {}), directory)


def paths_in_index(repository: Repository, halves: Mapping[str, bytes]) -> list[str]:
    """Return every path in an index that somebody sent, as git itself would read it.

    Args:
        repository: where its objects are.
        halves: `index`, and of a split one the other half under its own name.

    Raises:
        NotCommitted: there is no room to ask; that says nothing about the index.
        GitFailed: git cannot read it.
    """
    with repository.scratch() as where:
        try:
            git = git_aside(repository, where / "git")
        except GitFailed as error:
            raise NotCommitted(error.message, causes=error.causes) from error
        for name, data in halves.items():
            put(where / "git" / name, data)
        return [decode(path) for path in git.run("ls-files", "-z", "--full-name").split(b"\0") if path]


def _settings(git: Git) -> dict[str, str]:
    out = git.run("config", "-z", "--get-regexp", _KEPT, ok=(0, 1))
    pairs = (entry.partition("\n") for entry in decode(out).split("\0") if entry)
    return {key: value for key, _, value in pairs}
