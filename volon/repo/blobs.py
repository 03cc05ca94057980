"""Git object ids of working-tree bytes, computed here: no process, no filter, nothing written, no link followed.

A file that changes while it is read is read again; one that will not hold still, or cannot be read, has no id.

Source: contract §7 (dirty facts), reliability G14.
"""

# Names are bytes here, which pathlib cannot hold.
# ruff: noqa: PTH115, PTH118

from __future__ import annotations

import os
import stat

from volon import digests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from hashlib import _Hash
    from pathlib import Path

_CHUNK = 1 << 20
_ATTEMPTS = 3
_MOST_READ = 2 << 20
_TREE = b"40000 "
_SHA1 = 40
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Blobs:
    """Computes ids for paths of one working tree.

    Args:
        root: the top of the working tree.
        object_format: `sha1` or `sha256`.
    """

    def __init__(self, root: Path, object_format: str) -> None:
        self._root = os.fsencode(root)
        self._format = object_format
        self._real_dirs: dict[bytes, bool] = {b"": True}

    def of_bytes(self, data: bytes) -> str:
        """Return the id of a blob with this content."""
        return blob_id(data, self._format)

    def of_path(self, path: str) -> tuple[str | None, str | None]:
        """Return `(mode, id)` of what is at a path now, without filters; `(None, None)` when there is nothing to read.

        Args:
            path: relative to the root; bytes that are no UTF-8 surrogate-escaped.
        """
        name = encode(path)
        if not self.parents_are_real(name):
            return None, None
        full = os.path.join(self._root, name)
        try:
            info = os.lstat(full)
            if stat.S_ISLNK(info.st_mode):
                return "120000", self.of_bytes(os.readlink(full))
            if stat.S_ISREG(info.st_mode):
                return ("100755" if info.st_mode & stat.S_IXUSR else "100644"), self._of_file(full)
        except OSError:
            return None, None
        return None, None

    def content(self, path: str) -> bytes | None:
        """Return the bytes of a regular file, None when there is none, or it is very large or cannot be read.

        Args:
            path: as for `of_path`.
        """
        name = encode(path)
        if not self.parents_are_real(name):
            return None
        try:
            descriptor = os.open(os.path.join(self._root, name), _READ)
        except OSError:
            return None
        with os.fdopen(descriptor, "rb") as file:
            info = os.fstat(descriptor)
            return file.read() if stat.S_ISREG(info.st_mode) and info.st_size <= _MOST_READ else None

    def parents_are_real(self, name: bytes) -> bool:
        """Return whether no directory on the way is a link: what lies behind one is not this path's content."""
        parent = name.rpartition(b"/")[0]
        if parent not in self._real_dirs:
            try:
                real = stat.S_ISDIR(os.lstat(os.path.join(self._root, parent)).st_mode)
            except OSError:
                real = False
            self._real_dirs[parent] = real and self.parents_are_real(parent)
        return self._real_dirs[parent]

    def _of_file(self, full: bytes) -> str | None:
        try:
            return next((found for _ in range(_ATTEMPTS) if (found := self._read_once(full))), None)
        except PermissionError:
            return None

    def _read_once(self, full: bytes) -> str | None:
        """Return the id, or None when the file was not as long as it said."""
        descriptor = os.open(full, _READ)
        try:
            size = os.fstat(descriptor).st_size
            digest, seen = self._hasher(size), 0
            while chunk := os.read(descriptor, _CHUNK):
                digest.update(chunk)
                seen += len(chunk)
        finally:
            os.close(descriptor)
        return digest.hexdigest() if seen == size else None

    def _hasher(self, size: int) -> _Hash:
        return digests.new(self._format, size, b"blob %d\0" % size)


def blob_id(data: bytes, object_format: str) -> str:
    """Return the id of a blob with this content."""
    return _object_id(b"blob", data, object_format)


def tree_ids(files: Mapping[str, str], object_format: str) -> dict[str, str]:
    """Return the ids of the trees that hold exactly these files, by their paths; that of the whole is at "".

    Args:
        files: path to blob; none of them may be executed, and none is a link.
        object_format: `sha1` or `sha256`.
    """
    rows: dict[str, list[tuple[bytes, bytes, str]]] = {"": []}
    for path, oid in files.items():
        above, _, name = path.rpartition("/")
        if above not in rows:
            parts = above.split("/")
            rows |= {part: rows.get(part, []) for part in ("/".join(parts[: at + 1]) for at in range(len(parts)))}
        rows[above].append((encode(name), b"100644 ", oid))
    found = dict[str, str]()
    # Those below have longer names; git orders a tree as if it had a slash at its end.
    for path in sorted(rows, key=len, reverse=True):
        entries = sorted(rows[path], key=lambda row: row[0] + b"/" * (row[1] == _TREE))
        data = b"".join(mode + name + b"\0" + bytes.fromhex(oid) for name, mode, oid in entries)
        found[path] = _object_id(b"tree", data, object_format)
        if path:
            above, _, name = path.rpartition("/")
            rows[above].append((encode(name), _TREE, found[path]))
    return found


def format_of(oid: str) -> str:
    """Return the object format of a full id."""
    return "sha1" if len(oid) == _SHA1 else "sha256"


def _object_id(kind: bytes, data: bytes, object_format: str) -> str:
    digest = digests.new(object_format, len(data), b"%s %d\0" % (kind, len(data)))
    digest.update(data)
    return digest.hexdigest()


def encode(path: str) -> bytes:
    """Return the bytes of a path as git has them."""
    return path.encode("utf-8", "surrogateescape")


def decode(path: bytes) -> str:
    """Return a path as text; bytes that are no UTF-8 are surrogate-escaped."""
    return path.decode("utf-8", "surrogateescape")
