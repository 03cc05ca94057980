"""`--commit-state`: commit volon's own files to the user's branch, and nothing else.

Promises: the commit differs from HEAD in the given paths only; the branch moves by compare-and-swap, so a commit made
meanwhile by somebody else is never lost; of the user's index only the entries of these paths change, so that
`git status` stays as clean as it was. Work in progress, staged or not, is untouched.

Source: contract §7 (`--commit-state`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import UsageError
from volon.repo.blobs import Blobs, encode
from volon.repo.events import IDENTITY, import_stream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from volon.model.facts import GitFacts
    from volon.repo.repository import Repository

_REF = "refs/volon/state/"


def refuse_in_operation(facts: GitFacts) -> None:
    """Refuse to commit in the middle of a merge, rebase or the like: it would end up inside of it.

    Raises:
        UsageError: an operation is in progress.
    """
    if facts.operation is not None:
        message = f"--commit-state cannot be used during a {facts.operation}."
        raise UsageError(message, hints=["Pause without --commit-state; commit volon's files when it is over."])


def commit_state(
    repository: Repository, op: str, files: Mapping[str, bytes], facts: GitFacts, message: str, at: datetime
) -> str:
    """Commit the files on top of HEAD and return the commit's id.

    Args:
        repository: whose branch moves.
        op: the operation; names the ref that the commit is built under.
        files: path to content, volon's own only.
        facts: HEAD as it was seen; when it moved since, nothing is committed.
        message: one line.
        at: the date.

    Raises:
        GitFailed: git failed or HEAD moved meanwhile; the branch is as it was.
    """
    ref = f"{_REF}{op}"
    stream = import_stream(ref, files, facts.head, f"{message}\n", at, identity=_identity(repository), whole=False)
    repository.git.run("fast-import", "--quiet", "--date-format=raw", "--done", stdin=stream)
    commit = (
        repository.git.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}").decode().strip()
    )
    old = facts.head or "0" * len(commit)
    repository.git.run("update-ref", "-m", message, "HEAD", commit, old)
    blobs = Blobs(repository.root, repository.object_format)
    rows = (f"100644 {blobs.of_bytes(data)}\t".encode() + encode(path) for path, data in files.items())
    repository.git.run("update-index", "-z", "--add", "--index-info", stdin=b"".join(row + b"\0" for row in rows))
    return commit


def _identity(repository: Repository) -> str:
    status, out = repository.git.ask("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", ok=(0, 1, 128))
    name = out.decode("utf-8", "replace").strip().rpartition("> ")[0]
    return f"{name}>" if status == 0 and name else IDENTITY
