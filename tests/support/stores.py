"""A store on a real disk, without git: what the tests of `volon.store` and of the race harness work on."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from volon.disk import RealFiles
from volon.files import NoBytes, Place, Root, Roots
from volon.model.version import Version
from volon.store.store import Store
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from volon.files import FileSystem


class Kept:
    """The bytes of versions of the user's files, as git would keep them; `add` makes one known."""

    object_format = "sha1"

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}

    def add(self, data: bytes, mode: str = "100644") -> Version:
        """Keep bytes and give their version."""
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        self.blobs[blob] = data
        return Version(mode, blob)

    def read(self, blob: str) -> bytes:
        """See `volon.files.Contents`."""
        if blob not in self.blobs:
            raise NoBytes(blob)
        return self.blobs[blob]

    def announce(self, blobs: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """See `volon.files.Contents`."""
        known = [self.blobs[blob] for blob in blobs if blob in self.blobs]
        return sum(map(len, known)), tuple(blob for blob in blobs if blob not in self.blobs)


@dataclass(frozen=True)
class Disk:
    """A working tree with a git directory of the right shape.

    Attributes:
        root: the top of the working tree.
        git_dir: its own git directory.
        common_dir: the shared one.
    """

    root: Path
    git_dir: Path
    common_dir: Path
    contents: Kept = field(default_factory=Kept)

    @classmethod
    def make(cls, root: Path) -> Disk:
        """A main working tree."""
        (root / ".git").mkdir(parents=True)
        return cls(root, root / ".git", root / ".git")

    def linked(self, root: Path) -> Disk:
        """A second working tree of the same repository."""
        root.mkdir()
        git_dir = self.common_dir / "worktrees" / root.name
        git_dir.mkdir(parents=True)
        return Disk(root, git_dir, self.common_dir)

    @property
    def roots(self) -> Roots:
        """The same, as volon takes it."""
        return Roots(str(self.root), str(self.git_dir), str(self.common_dir), lambda: self.contents)

    def store(self, env: Mapping[str, str] | None = None, files: Callable[[Roots], FileSystem] = RealFiles) -> Store:
        """A store on it, as a new process would open it."""
        real = World.real({**os.environ, **(env or {})})
        world = World(real.clock, real.ids, real.processes, files, real.env)
        return Store.open(
            world, root=self.root, git_dir=self.git_dir, common_dir=self.common_dir, contents=lambda: self.contents
        )

    def path(self, place: Place) -> Path:
        """Where a place is on the real disk."""
        base, parts = self.roots.locate(place)
        return Path(base, *parts)

    def write(self, place: Place, data: bytes) -> Path:
        """Write it as somebody else would."""
        path = self.path(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def tree(self) -> dict[str, bytes]:
        """Every file below the working tree and the git directories, with its content; the lock's note left out."""
        found = {}
        for top in {self.root, self.git_dir, self.common_dir}:
            for path in top.rglob("*"):
                if path.is_file() and path.name != "lock":
                    found[str(path)] = path.read_bytes()
        return found


def private(path: str) -> Place:
    """A place in the working tree's own private directory."""
    return Place(Root.GIT, path)
