"""Whether git has an object, from its files alone: no process, next to nothing imported.

It is sure, or it is not, and then git has to be asked: of abbreviations, replaced and borrowed objects, deltas and
whatever is damaged it knows nothing. It looks at what `git cat-file --batch-check` looks at: the header of a loose
object, or an entry of a pack that belongs to its index.

Source: performance (row 10), contract §8.6.
"""

from __future__ import annotations

import os
from zlib import decompressobj, error

from volon import gitfiles

_SIZES = {"sha1": 20, "sha256": 32}
_HEX = "0123456789abcdef"
_KINDS = (b"commit", b"tree", b"blob", b"tag")
_HEADER = 64
_INDEX, _TABLES = b"\xfftOc\0\0\0\x02", 8 + 256 * 4
_PACK = (b"PACK\0\0\0\x02", b"PACK\0\0\0\x03")
_PACK_HEADER = 12
_BEHIND = 1 << 31
"""An offset from here on stands in another table."""


class Objects:
    """The objects of a repository.

    Args:
        common: the git directory that all working trees share.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, common: str, object_format: str) -> None:
        self._directory, self._size = f"{common}/objects", _SIZES[object_format]
        packed = gitfiles.content(f"{common}/packed-refs", gitfiles.MOST_PACKED)
        self._replaced = os.path.lexists(f"{common}/refs/replace") or b" refs/replace/" in packed

    def surely_has(self, name: str, *, packed: bool = False) -> bool:
        """Whether git surely has an object of this id; where not, it may have.

        Args:
            name: the id.
            packed: it has to be in a pack, which git makes durable, as it does not every object with a file of its own.
        """
        if self._replaced or len(name) != 2 * self._size or name.strip(_HEX):
            return False
        try:
            return (not packed and self._is_loose(name)) or self._is_packed(bytes.fromhex(name))
        except (OSError, error):
            return False

    def _is_loose(self, name: str) -> bool:
        data = gitfiles.content(f"{self._directory}/{name[:2]}/{name[2:]}", 8 * _HEADER)
        kind, _, rest = decompressobj().decompress(data, _HEADER).partition(b" ")
        size, end, _ = rest.partition(b"\0")
        return kind in _KINDS and end != b"" and size.isdigit() and (size == b"0" or size[:1] != b"0")

    def _is_packed(self, oid: bytes) -> bool:
        names = os.listdir(f"{self._directory}/pack") if os.path.isdir(f"{self._directory}/pack") else []
        return any(self._is_in(f"{self._directory}/pack/{name[:-4]}", oid) for name in names if name[-4:] == ".idx")

    def _is_in(self, path: str, oid: bytes) -> bool:
        index = os.open(f"{path}.idx", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if os.pread(index, len(_INDEX), 0) != _INDEX:
                return False
            ends = [int.from_bytes(os.pread(index, 4, 8 + 4 * place), "big") for place in (oid[0] - 1, oid[0], 255)]
            start, end, count = 0 if oid[0] == 0 else ends[0], ends[1], ends[2]
            names = os.pread(index, (end - start) * self._size, _TABLES + start * self._size)
            place = names.find(oid)
            while place % self._size and place >= 0:
                place = names.find(oid, place + 1)
            if place < 0:
                return False
            behind = _TABLES + count * (self._size + 4) + 4 * (start + place // self._size)
            offset = int.from_bytes(os.pread(index, 4, behind), "big")
            checksum = os.pread(index, self._size, os.fstat(index).st_size - 2 * self._size)
            return offset < _BEHIND and self._is_sound(f"{path}.pack", count, checksum, offset)
        finally:
            os.close(index)

    def _is_sound(self, path: str, count: int, checksum: bytes, offset: int) -> bool:
        """Whether a pack is the one of its index, and has a whole object at an offset."""
        pack = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            head, end = os.pread(pack, _PACK_HEADER, 0), os.fstat(pack).st_size - self._size
            same = head[:8] in _PACK and head[8:] == count.to_bytes(4, "big")
            if not same or os.pread(pack, self._size, end) != checksum or not _PACK_HEADER <= offset < end:
                return False
            return (os.pread(pack, 1, offset)[0] >> 4) & 7 in range(1, 5)
        finally:
            os.close(pack)
