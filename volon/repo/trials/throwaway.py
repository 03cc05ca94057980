"""A working tree to try things in, gone when the block is left: a repository of its own that borrows the objects.

It is no linked working tree: whatever a program does with git in there, commit, tag or reset, stays in there and goes
with it. HEAD, index, refs and the list of working trees of the user's repository do not know of it, and what a kill
leaves behind is removed by the next scratch directory.

The files are those git would check out; what a snapshot saved is put over them byte for byte. All of it is written by
git, which follows no link out of the tree.

Source: issue "Every byte back" (`checkpoint bisect`); reliability §0 (6), P3, P5.
"""

from __future__ import annotations

from contextlib import contextmanager

from volon.model.syntax.gitpath import force_quote
from volon.repo.blobs import encode
from volon.repo.capped import start_of
from volon.repo.trials.aside import git_aside
from volon.scratch import put

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.repository import Repository

_AS_IT_IS = b"* -text -eol -ident -filter -working-tree-encoding\n"
_NO_LFS = {"filter.lfs.smudge": "", "filter.lfs.process": "", "filter.lfs.required": "false"}
"""git-lfs would ask a server; without it its files are their pointers."""


@contextmanager
def files_of(repository: Repository, commit: str, exact: Sequence[tuple[str, str, str]] = ()) -> Iterator[Path]:
    """Make a working tree with the files of a commit.

    Args:
        repository: whose objects it borrows.
        commit: a full id.
        exact: `(path, mode, blob)` of files whose very bytes are known.

    Raises:
        NotCommitted: there is no room for it in the git directory.
        GitFailed: an object is missing, or a file cannot be written.
    """
    with repository.scratch() as where:
        work = where / "work"
        own = work / ".git"
        git = git_aside(repository, own, work, _NO_LFS)
        put(own / "objects" / "info" / "alternates", encode(_alternate(repository.common_dir / "objects")))
        git.run("config", "core.bare", "false")
        git.run("update-ref", "--no-deref", "HEAD", commit)
        git.run("read-tree", commit)
        git.run("checkout-index", "--all", "--force", "--index", "--quiet")
        if exact:
            _put_exactly(git, own, commit, exact)
        yield work


def _alternate(objects: Path) -> str:
    text = str(objects)
    return f"{force_quote(text)}\n" if not text.isprintable() else f"{text}\n"


def _put_exactly(git: Git, own: Path, commit: str, exact: Sequence[tuple[str, str, str]]) -> None:
    """Let git write these bytes without any conversion, then forget that it did."""
    attributes = start_of(own / "info" / "attributes")
    put(own / "info" / "attributes", _AS_IT_IS)
    rows = b"".join(b"%s %s\t%s\0" % (mode.encode(), blob.encode(), encode(path)) for path, mode, blob in exact)
    git.run("update-index", "-z", "--index-info", stdin=rows)
    names = b"".join(encode(path) + b"\0" for path, _, _ in exact)
    git.run("checkout-index", "--force", "--quiet", "-z", "--stdin", stdin=names)
    put(own / "info" / "attributes", attributes)
    git.run("read-tree", commit)
