"""Two index files side by side: do they say the same, and one with volon's own entries out of the other.

An index is compared by what it says about paths: versions, stages, flags and sides of resolved conflicts. The times and
sizes in it are git's notes about files, which every `git status` renews.

Source: reliability §3.7 (5); contract §7 (*restore N* changes no task).
"""

from __future__ import annotations

from contextlib import contextmanager

from volon.model.facts import STATE_PATHS
from volon.repo.blobs import encode
from volon.repo.git import GitFailed
from volon.scratch import put, room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from volon.model.version import Version
    from volon.repo.git import Git
    from volon.repo.repository import Repository

_OURS = tuple(f":(top){path}" for path in STATE_PATHS)


def say_the_same(repository: Repository, one: bytes | None, other: bytes | None) -> bool:
    """Whether two index files differ in nothing but git's notes about files.

    Raises:
        GitFailed: git cannot read one of them.
    """
    if one is None or other is None or one == other:
        return one == other
    with _scratch(repository, one, other) as indexes:
        said = [_said(git) for _, git in indexes]
    return said[0] == said[1]


def of_commit(repository: Repository, commit: str, current: bytes | None) -> bytes | None:
    """Return the current index with nothing but a commit staged, flags kept; None when it says so already.

    Args:
        repository: where.
        commit: what nothing differs from then, but for volon's own paths, which stay as they are.
        current: the index now; None when there is none.

    Raises:
        GitFailed: git cannot read one of them.
    """
    with _scratch(repository, current) as [(index, git)]:
        git.run("read-tree", "--reset", commit)
        made = index.read_bytes()
    whole = with_own_entries(repository, made, current)
    return None if say_the_same(repository, whole, current) else whole


def with_own_entries(repository: Repository, saved: bytes, current: bytes | None) -> bytes:
    """Return an index as it was saved, except that volon's own paths are as they are in the current one.

    Args:
        repository: where.
        saved: comes back as it is, to the byte, when the two agree about those paths.
        current: the index now; None when there is none.

    Raises:
        GitFailed: git cannot read one of them.
    """
    if current is None:
        return saved
    with _scratch(repository, saved, current) as [(index, git), (_, today)]:
        try:
            then, now = _own(git), _own(today)
        except GitFailed:
            return saved
        if then == now:
            return saved
        gone = [b"0 " + row.partition(b" ")[2].partition(b" ")[0] + b"\t" + row.partition(b"\t")[2] for row in then]
        rows = b"".join(row + b"\0" for row in (*gone, *now))
        git.run("update-index", "-z", "--add", "--index-info", stdin=rows)
        return index.read_bytes()


def with_conflicts(
    repository: Repository, current: bytes | None, sides: Mapping[str, Sequence[Version | None]]
) -> bytes:
    """Return the current index with paths unmerged, as git leaves them where a merge has conflicts.

    Args:
        repository: where; it has every version.
        current: the index now; None when there is none.
        sides: what the common base has of each path, this side, and the other side.

    Raises:
        GitFailed: git cannot read or write it.
    """
    with _scratch(repository, current) as [(index, git)]:
        rows = []
        for path, versions in sides.items():
            staged = [(one, stage) for stage, one in enumerate(versions, 1) if one is not None]
            rows += [f"0 {one.blob}\t{path}" for one, _ in staged[:1]]
            rows += [f"{one.mode} {one.blob} {stage}\t{path}" for one, stage in staged]
        git.run("update-index", "-z", "--add", "--index-info", stdin=b"".join(encode(row) + b"\0" for row in rows))
        return index.read_bytes()


@contextmanager
def _scratch(repository: Repository, *indexes: bytes | None) -> Iterator[list[tuple[Path, Git]]]:
    """Put copies of index files where nobody else looks, each with a git that has it for its index."""
    with repository.scratch() as where:
        tree = room(where / "tree")
        paths = [where / f"index-{number}" for number in range(len(indexes))]
        for path, data in zip(paths, indexes, strict=True):
            if data is not None:
                put(path, data)
        yield [(path, repository.git.checking_out(path, tree)) for path in paths]


def _own(git: Git) -> list[bytes]:
    out = git.run("ls-files", "-s", "-z", "--full-name", "--", *_OURS)
    return [row for row in out.split(b"\0") if row]


def _said(git: Git) -> tuple[bytes, ...]:
    return (
        git.run("ls-files", "-s", "-z", "--full-name"),
        git.run("ls-files", "-v", "-z", "--full-name"),
        git.run("ls-files", "--resolve-undo", "-z", "--full-name"),
    )
