"""Which of the files that were read git would commit in another form, and those forms; see `volon.repo.quiet`.

Where a filter fails, or a file changed since it was read, the raw bytes stand for it: they are what was saved anyway.

Source: issue "Every byte back" (the working tree as git would commit it), reliability G10.
"""

from __future__ import annotations

import os

from volon.model.snapshot import is_git_name
from volon.model.text import listed
from volon.plain import replace
from volon.repo.blobs import decode, encode
from volon.repo.fastimport import quoted
from volon.repo.quiet import switched_off
from volon.scratch import room

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path

    from volon.model.snapshot import SavedFile
    from volon.repo.git import Git
    from volon.repo.repository import Repository
    from volon.repo.snapshots.collecting import Collector
    from volon.repo.snapshots.snapshots import Snapshot

_NO_FILTER = ("unspecified", "unset", "lfs")


def filtered_ids(git: Git, collector: Collector, *, converts: bool | None) -> dict[str, SavedFile]:
    """Return the files whose form in a commit is another one than their bytes, with that form written as an object.

    Args:
        git: where to ask.
        collector: has read the files.
        converts: as `Status.converts`; where it is False git is asked only if there are attributes beside the files.
    """
    files = [one for one in collector.found.files.values() if one.kind == "file" and not one.ignored]
    files = [one for one in files if not is_git_name(one.path)]
    if converts is False and not _attributes_above(git.directory, files):
        return {}
    other = {one.path: oid for one, oid in _hashed(git, files) if oid != one.blob and collector.same(one.path)}
    differing = [one for one in files if one.path in other]
    written = _hashed(git, differing, "-w")
    return {one.path: replace(one, filtered=oid) for one, oid in written if oid == other[one.path]}


def _attributes_above(root: Path, files: Iterable[SavedFile]) -> bool:
    """Whether there are attributes on the way to one of the files: where git ignores them it names them nowhere."""
    above = {""}
    for one in files:
        directory = one.path.rpartition("/")[0]
        while directory not in above:
            above.add(directory)
            directory = directory.rpartition("/")[0]
    return any(os.path.lexists(root / directory / ".gitattributes") for directory in above)


def behind_filters(repository: Repository, snapshot: Snapshot) -> dict[str, tuple[str, str]]:
    """Return path and filter of the files that a commit would hold in a filter's form only, by the blob that was saved.

    A filter may encrypt, or strip what is private. What Git LFS takes out of commits is no secret.

    Raises:
        GitFailed: git could not say.
    """
    blobs = {one.path: one.blob for one in snapshot.manifest.files if one.kind == "file" and one.blob is not None}
    if not blobs:
        return {}
    with repository.scratch() as where:
        git = repository.git.checking_out(where / "index", room(where / "tree"))
        git.run("read-tree", snapshot.work)
        names = b"".join(encode(path) + b"\0" for path in blobs)
        fields = decode(git.run("check-attr", "-z", "--cached", "--stdin", "filter", stdin=names)).split("\0")
    rows = zip(fields[::3], fields[2::3], strict=False)
    return {blobs[path]: (path, name) for path, name in rows if name not in _NO_FILTER}


def not_run(git: Git, paths: Collection[str]) -> tuple[str, ...]:
    """Return the paths that git would check out through a filter which only the repository names, and volon does not.

    Raises:
        GitFailed: git could not say.
    """
    off = switched_off(git.run("config", "--list", "--show-scope", "-z")) if paths else frozenset()
    if not off:
        return ()
    names = b"".join(encode(path) + b"\0" for path in sorted(paths))
    fields = decode(git.run("check-attr", "-z", "--stdin", "filter", stdin=names)).split("\0")
    return tuple(path for path, name in zip(fields[::3], fields[2::3], strict=False) if name in off)


def not_run_words(paths: Sequence[str]) -> str:
    """What people are told of such paths."""
    return f"As git stores it, not as a checkout has it (filters only .git/config names do not run): {listed(paths)}"


def _hashed(git: Git, files: list[SavedFile], *options: str) -> Iterable[tuple[SavedFile, str]]:
    if not files:
        return ()
    names = b"".join(quoted(one.path) + b"\n" for one in files)
    status, out = git.ask("hash-object", *options, "--stdin-paths", stdin=names, ok=(0, 128))
    return () if status else zip(files, out.decode("ascii").split(), strict=True)
