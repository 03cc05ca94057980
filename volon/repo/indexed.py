"""What the index has beyond HEAD: its raw bytes, the versions staged in it, the sides of its conflicts.

Nothing is written, and the index is read as a file: `write-tree` could not hold a conflict.

Source: reliability G3, G8; issue "Every byte back".
"""

from __future__ import annotations

import re
from hashlib import sha256

from volon.model.snapshot import Staged
from volon.plain import dataclass
from volon.repo.blobs import decode
from volon.repo.status import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from volon.repo.git import Git
    from volon.repo.status import Entry

_RESOLVE_UNDO, _LINK = b"REUC", b"link"
_SIZES = {"sha1": 20, "sha256": 32}


@dataclass(frozen=True, slots=True)
class IndexFiles:
    """The index as it lies on disk; of a split one also the other half, with its name."""

    data: bytes
    shared: str | None = None
    shared_data: bytes | None = None

    @property
    def digest(self) -> str:
        """SHA-256 of the index file."""
        return sha256(self.data).hexdigest()


def read_index_files(git_dir: Path, object_format: str) -> IndexFiles | None:
    """Return the bytes of the index, or None when there is none yet.

    Raises:
        OSError: it cannot be read.
    """
    try:
        data = (git_dir / "index").read_bytes()
    except FileNotFoundError:
        return None
    halves = {path.name: path for path in git_dir.glob("sharedindex.*")}
    pattern = _LINK + rb".{4}(.{%d})" % _SIZES[object_format]
    names = (f"sharedindex.{found[1].hex()}" for found in re.finditer(pattern, data, re.DOTALL)) if halves else ()
    name = next((name for name in names if name in halves), None)
    return IndexFiles(data, name, halves[name].read_bytes() if name else None)


def staged_versions(entries: Iterable[Entry]) -> Iterator[Staged]:
    """Yield what differs from HEAD at stage 0, and the sides of conflicts."""
    for entry in entries:
        if entry.status[0] in STAGED and entry.staged is not None:
            yield Staged(entry.path, 0, entry.staged_mode, entry.staged)
        for stage, side in enumerate(entry.stages, 1):
            if side is not None:
                yield Staged(entry.path, stage, *side)


def undone_versions(git: Git, index: IndexFiles | None) -> Iterator[Staged]:
    """Yield the sides of conflicts that were resolved: the index can bring them back, so git wants them to exist."""
    if index is None or _RESOLVE_UNDO not in index.data + (index.shared_data or b""):
        return
    for row in git.run("ls-files", "--resolve-undo", "--full-name", "-z").split(b"\0"):
        head, _, path = row.partition(b"\t")
        if path:
            mode, oid, stage = head.decode("ascii").split(" ")
            yield Staged(decode(path), int(stage), mode, oid)
