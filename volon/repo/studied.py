"""What was found out of a large index, by the signature of the file: as long as that stays nobody has to read it again.

git replaces its index by a rename, so every change has another signature. What is believed of the user's cache
`volon.cached` says.

Source: performance (rows 5 to 8).
"""

from __future__ import annotations

from volon import peek
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from volon.memory import Memory

LARGE = 1 << 20
"""Whatever is smaller is read as fast as it would be recalled."""
_KIND = "index-3"
_SIZE = 2
"""Which number of a signature it is."""


@dataclass(frozen=True, slots=True)
class Studied:
    """What is known of one index.

    Attributes:
        version: which form it has.
        blob: its id as a blob.
        digest: its SHA-256.
        words: which are in it, of those that are asked for.
    """

    version: int
    blob: str
    digest: str
    words: frozenset[bytes]


def recall(memory: Memory, index: Path, signed: str) -> Studied | None:
    """What is known of an index; None of one that is small, or was written since.

    Args:
        memory: where it is kept.
        index: where it lies.
        signed: its signature; empty where it has none to rely on.
    """
    size = int(signed.split(" ")[_SIZE], 16) if signed else 0
    known = memory.recall(_KIND, _home(index)).get(signed) if size >= LARGE else None
    if known is None:
        return None
    version, blob, digest, *words = known.split(" ")
    return Studied(int(version), blob, digest, frozenset(map(bytes.fromhex, words)))


def keep(memory: Memory, index: Path, signed: str, known: Studied) -> None:
    """Keep what was found out of an index that was at rest, instead of what was kept."""
    said = [str(known.version), known.blob, known.digest, *sorted(word.hex() for word in known.words)]
    memory.keep(_KIND, _home(index), {signed: " ".join(said)})


def _home(index: Path) -> str:
    return peek.identity(str(index.parent))
