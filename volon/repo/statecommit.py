"""`--commit-state`: commit volon's own files to the user's branch, and nothing else.

Promises: the commit differs from HEAD in the given paths only; the branch moves by compare-and-swap, so a commit made
meanwhile by somebody else is never lost; of the user's index only the entries of these paths change, so that
`git status` stays as clean as it was. Work in progress, staged or not, is untouched.

Source: contract §7 (`--commit-state`).
"""

from __future__ import annotations

from volon.errors import Busy, CheckFailed, UsageError
from volon.repo import fastimport
from volon.repo.blobs import Blobs, encode
from volon.repo.events import STATE
from volon.repo.fastimport import IDENTITY, import_stream
from volon.repo.git import GitFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from volon.model.facts import GitFacts
    from volon.repo.repository import Repository


def refuse_to_commit(repository: Repository, facts: GitFacts) -> None:
    """Refuse before anything is done when the commit could not be made cleanly.

    Raises:
        UsageError: an operation is in progress; the commit would end up inside of it.
        Busy: another git holds the index.
    """
    if facts.operation is not None:
        message = f"--commit-state cannot be used during a {facts.operation}."
        raise UsageError(message, hints=["Pause without --commit-state; commit volon's files when it is over."])
    if (repository.git_dir / "index.lock").exists():
        message = "Another git is using the index of this working tree; nothing was written."
        raise Busy(message, hints=["Run the command again when git is done, or pause without --commit-state."])


def commit_state(
    repository: Repository, op: str, files: Mapping[str, bytes], facts: GitFacts, message: str, at: datetime
) -> str:
    """Commit the files on top of HEAD and return the commit's id.

    The index comes before the branch: whatever stops in between leaves volon's files staged, and never staged as
    deleted.

    Args:
        repository: whose branch moves.
        op: the operation; names the ref that the commit is built under.
        files: path to content, volon's own only.
        facts: HEAD as it was seen; when it moved since, nothing is committed.
        message: one line.
        at: the date.

    Raises:
        CheckFailed: git failed or HEAD moved meanwhile; branch and index are as they were, the pause stands.
    """
    ref = f"{STATE}{op}"
    stream = import_stream(ref, files, facts.head, f"{message}\n", at, identity=identity(repository), whole=False)
    before = _entries(repository, files)
    try:
        repository.git.run(*fastimport.COMMAND, stdin=fastimport.alone(stream))
        commit = repository.git.resolve(ref) or ""
        _set_entries(repository, _new_entries(repository, files))
        try:
            repository.git.run("update-ref", "-m", message, "HEAD", commit, facts.head or "0" * len(commit))
        except GitFailed:
            _set_entries(repository, [*(_absent(path, commit) for path in files), *before])
            raise
    except GitFailed as error:
        tops = " ".join(sorted({path.partition("/")[0] for path in files}))
        message = "The pause is safe, but volon's files could not be committed; branch and index are as they were."
        raise CheckFailed(message, causes=error.causes, hints=[f"git add {tops} && git commit"]) from error
    return commit


def _entries(repository: Repository, paths: Iterable[str]) -> list[bytes]:
    """Return the index entries of these paths as `update-index --index-info` takes them."""
    out = repository.git.run("--literal-pathspecs", "ls-files", "-s", "-z", "--full-name", "--", *paths)
    return [row for row in out.split(b"\0") if row]


def _new_entries(repository: Repository, files: Mapping[str, bytes]) -> list[bytes]:
    blobs = Blobs(repository.root, repository.object_format)
    return [f"100644 {blobs.of_bytes(data)}\t".encode() + encode(path) for path, data in files.items()]


def _absent(path: str, commit: str) -> bytes:
    return b"0 " + b"0" * len(commit) + b"\t" + encode(path)


def _set_entries(repository: Repository, rows: Iterable[bytes]) -> None:
    repository.git.run("update-index", "-z", "--add", "--index-info", stdin=b"".join(row + b"\0" for row in rows))


def identity(repository: Repository) -> str:
    """Return the user as git names them, `Name <email>`; volon itself where git knows nobody."""
    status, out = repository.git.ask("-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT", ok=(0, 1, 128))
    name = out.decode("utf-8", "replace").strip().rpartition("> ")[0]
    return f"{name}>" if status == 0 and name else IDENTITY
