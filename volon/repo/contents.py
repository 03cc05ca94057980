"""The bytes of versions of the user's files, out of git's objects, a few at a time and never all at once.

Promises: what is given out has the content its id promises; an object that nobody has, or that is damaged, is `NoBytes`
and only trouble with git or the machine is an OSError, so that one rotten object never holds up the rest of a restore.

Source: reliability §3.7, M15.
"""

from __future__ import annotations

import errno
from itertools import takewhile

from volon.errors import NotCommitted
from volon.files import NoBytes
from volon.repo.blobs import decode
from volon.repo.catfile import objects

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.repo.git import Git

_AT_ONCE = 16 << 20


class GitContents:
    """See `volon.files.Contents`.

    Args:
        git: the door to git.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, git: Git, object_format: str) -> None:
        self.object_format = object_format
        self._git = git
        self._sizes: dict[str, int] = {}
        self._coming: list[str] = []
        self._read: dict[str, bytes] = {}

    def announce(self, blobs: Sequence[str]) -> tuple[int, tuple[str, ...]]:
        """See `Contents.announce`.

        Raises:
            OSError: git could not say.
        """
        wanted = list(dict.fromkeys(blobs))
        self._sizes, self._coming = self._sizes_of(wanted), wanted
        missing = tuple(blob for blob in wanted if blob not in self._sizes)
        return sum(self._sizes.get(blob, 0) for blob in blobs), missing

    def read(self, blob: str) -> bytes:
        """See `Contents.read`; what was announced behind it is read with it, as far as it is small."""
        # Before one is given up, git is asked a second time: it may have failed for want of memory, not of the object.
        for wanted in ([], self._chunk(blob), [blob]):
            if blob not in self._read:
                self._read = self._batch(wanted)
        if blob not in self._read:
            raise NoBytes(blob)
        return self._read[blob]

    def _chunk(self, blob: str) -> list[str]:
        at = self._coming.index(blob) if blob in self._coming else len(self._coming)
        total = self._sizes.get(blob, 0)

        def fits(other: str) -> bool:
            nonlocal total
            total += self._sizes.get(other, 0)
            return total <= _AT_ONCE and other in self._sizes

        return [blob, *takewhile(fits, self._coming[at + 1 :])]

    def _sizes_of(self, blobs: Sequence[str]) -> dict[str, int]:
        out = self._ask("--batch-check", blobs)
        rows = (decode(line).split(" ") for line in out.splitlines())
        return {row[0]: int(row[2]) for row in rows if row[1:2] == ["blob"]}

    def _batch(self, blobs: Sequence[str]) -> dict[str, bytes]:
        read = objects(self._ask("--batch", blobs))
        return {oid: data for oid, kind, data in read if kind == "blob" and data is not None}

    def _ask(self, how: str, blobs: Sequence[str]) -> bytes:
        """A damaged object ends the answer early; what came before it counts."""
        if not blobs:
            return b""
        try:
            return self._git.run("cat-file", how, stdin="".join(f"{blob}\n" for blob in blobs).encode(), ok=(0, 128))
        except NotCommitted as error:
            raise OSError(errno.EIO, f"{error.message}: {'; '.join(error.causes)}") from error
