"""What the files say of git's objects is what git says: where they are sure, `git cat-file` finds the object."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.repos import RepoBuilder
from volon import gitfiles
from volon.gitobjects import Objects

if TYPE_CHECKING:
    from collections.abc import Callable


def ids_of(repo: RepoBuilder) -> set[str]:
    """Every object there is."""
    return set(repo.git("cat-file", "--batch-all-objects", "--batch-check=%(objectname)").split())


def sure_of(repo: RepoBuilder, ids: set[str]) -> set[str]:
    """Those of which the files are sure; git has to have each."""
    found = gitfiles.find(str(repo.root.resolve()))
    assert found
    objects = Objects(found.common_dir, found.object_format)
    others = {"", "HEAD", *(one[:12] for one in ids), *(one[::-1] for one in ids), *(one.upper() for one in ids)} - ids
    assert not any(map(objects.surely_has, others))
    sure = set(filter(objects.surely_has, ids))
    argv = ["git", "-C", str(repo.root), "cat-file", "--batch-check"]
    told = subprocess.run(argv, input="\n".join(sure), text=True, capture_output=True, check=True).stdout
    assert {line.split()[0] for line in told.splitlines() if not line.endswith(" missing")} == sure
    return sure


@pytest.fixture(scope="module", params=["sha1", "sha256"])
def grown(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty commits of a file that grows, for each test to copy."""
    repo = RepoBuilder.init(tmp_path_factory.mktemp("grown") / "several", f"--object-format={request.param}")
    for number in range(30):
        repo.commit(f"Change {number}", {"file.txt": "".join(f"line {one}\n" for one in range(100 + number))})
    return repo.root


@pytest.fixture
def several(grown: Path, tmp_path: Path) -> RepoBuilder:
    """A repository with thirty commits of a file that grows."""
    return RepoBuilder(Path(shutil.copytree(grown, tmp_path / "several")))


def test_loose_objects_are_known(several: RepoBuilder) -> None:
    assert sure_of(several, ids_of(several)) == ids_of(several)


def test_packed_commits_are_known(several: RepoBuilder) -> None:
    several.git("gc", "-q", "--prune=now")
    assert not list((several.root / ".git/objects").glob("??/*"))
    assert set(several.git("rev-list", "HEAD").split()) <= sure_of(several, ids_of(several))


def _cut(path: Path, size: int) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:size])


def _other_end(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


def _pack(repo: RepoBuilder, suffix: str) -> Path:
    [path] = (repo.root / ".git/objects/pack").glob(f"*.{suffix}")
    return path


DAMAGES: dict[str, Callable[[RepoBuilder], object]] = {
    "no pack": lambda repo: _pack(repo, "pack").unlink(),
    "half a pack": lambda repo: _cut(_pack(repo, "pack"), 1000),
    "another end of the pack": lambda repo: _other_end(_pack(repo, "pack")),
    "an empty pack": lambda repo: _cut(_pack(repo, "pack"), 0),
    "half an index": lambda repo: _cut(_pack(repo, "idx"), 1000),
    "an empty index": lambda repo: _cut(_pack(repo, "idx"), 0),
    "no index": lambda repo: _pack(repo, "idx").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_of_a_damaged_pack_nothing_is_sure(several: RepoBuilder, damage: str) -> None:
    ids = ids_of(several)
    several.git("gc", "-q", "--prune=now")
    DAMAGES[damage](several)
    assert sure_of(several, ids) == set()


@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100])
def test_of_a_damaged_loose_object_nothing_is_sure(several: RepoBuilder, content: bytes) -> None:
    head = several.git("rev-parse", "HEAD").strip()
    path = several.root / ".git/objects" / head[:2] / head[2:]
    path.chmod(0o644)
    path.write_bytes(content)
    assert sure_of(several, {head}) == set()


def test_of_replaced_objects_nothing_is_sure(several: RepoBuilder) -> None:
    several.git("replace", "HEAD", "HEAD~1")
    assert sure_of(several, ids_of(several)) == set()
    several.git("pack-refs", "--all", "--prune")
    assert sure_of(several, ids_of(several)) == set()
