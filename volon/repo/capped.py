"""Small files that git keeps for itself, read up to a cap: whoever made them as large as a disk gains nothing.

Source: reliability S14.
"""

from __future__ import annotations

from volon.gitfiles import MOST, content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["MOST", "contains", "end_of", "shared_indexes", "start_of"]
_CHUNK = 1 << 20


def start_of(path: Path) -> bytes:
    """Return the first bytes of a file; nothing when it cannot be read or is no regular file, such as a pipe."""
    return content(str(path))


def end_of(path: Path) -> bytes:
    """Return the last bytes of a file; nothing when it cannot be read."""
    try:
        with path.open("rb") as file:
            file.seek(max(path.stat().st_size - MOST, 0))
            return file.read(MOST)
    except OSError:
        return b""


def shared_indexes(git_dir: Path) -> list[Path]:
    """Return the other halves of split indexes, one of which may be the present index's."""
    return [path for path in git_dir.iterdir() if path.name.startswith("sharedindex.")]


def contains(path: Path, wanted: bytes) -> bool:
    """Return whether the bytes stand anywhere in a file, however long it is; False when it cannot be read."""
    try:
        with path.open("rb") as file:
            tail = b""
            while piece := file.read(_CHUNK):
                if wanted in tail + piece:
                    return True
                tail = piece[-len(wanted) :]
    except OSError:
        return False
    return False
