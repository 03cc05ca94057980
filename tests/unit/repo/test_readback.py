"""What was written is read back by ids that were computed here, and nothing less than all of it counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.repo.samples import AT, ULIDS, open_at
from volon.repo import fastimport
from volon.repo.blobs import blob_id, tree_ids
from volon.repo.git import GitFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder

FILES = {path: path.encode() for path in ("a.b", "a/b", "a/c/d", "a0", "a/c.d", "index", "b/x")}


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_the_ids_of_trees_are_those_that_git_gives_them(
    make_repo: Callable[..., RepoBuilder], object_format: str
) -> None:
    repo = make_repo("some", f"--object-format={object_format}")
    oid = open_at(repo.root).events.record_pause(ULIDS[0], FILES, None, "x", AT)
    rows = [row.split() for row in repo.git("ls-tree", "-r", "-t", "-z", oid).split("\0") if row]
    trees = {path: name for _, kind, name, path in rows if kind == "tree"}
    blobs = {path: name for _, kind, name, path in rows if kind == "blob"}
    whole = repo.git("rev-parse", f"{oid}^{{tree}}").strip()
    assert tree_ids(blobs, object_format) == {"": whole, **trees}


@pytest.mark.parametrize(
    "promised",
    [
        {**FILES, "more": b"that was never written"},
        {path: data for path, data in FILES.items() if path != "a0"},
        {**FILES, "a0": FILES["index"]},
    ],
    ids=["a file more", "a file less", "another file"],
)
def test_what_was_made_counts_only_when_it_is_what_was_promised(repo: RepoBuilder, promised: dict[str, bytes]) -> None:
    repository, ref = open_at(repo.root), f"refs/volon/paused/{ULIDS[0]}"
    with fastimport.Import(repository.git, repository.common_dir) as importing:
        importing.say([fastimport.import_stream(ref, FILES, None, "x", AT)])
        [oid] = importing.ids_of(fastimport.ALONE)
        importing.promise_whole(oid, {path: blob_id(data, "sha1") for path, data in promised.items()})
        importing.name(ref, oid)
        with pytest.raises(GitFailed):
            importing.end()
