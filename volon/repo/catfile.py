"""What `git cat-file --batch` says: objects with their content, of which none is believed that has another id.

Source: reliability M15 (bit rot).
"""

from __future__ import annotations

from volon import digests
from volon.repo.blobs import decode, format_of
from volon.repo.git import GitFailed, is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from volon.repo.git import Git


def sizes(git: Git, oids: Collection[str]) -> list[int | None]:
    """Return the size of each object; None for what is missing."""
    if not oids:
        return []
    question = "".join(f"{oid}\n" for oid in oids).encode("ascii")
    rows = git.run("cat-file", "--batch-check=%(objectname) %(objectsize)", stdin=question).decode("ascii").splitlines()
    return [int(word) if (word := row.rpartition(" ")[2]).isdigit() else None for row in rows]


def objects(out: bytes) -> Iterator[tuple[str, str, bytes | None]]:
    """Read `cat-file --batch`: id, type and content of each; what is missing or damaged has no content."""
    position = 0
    while (end := out.find(b"\n", position)) >= 0:
        oid, _, rest = decode(out[position:end]).partition(" ")
        kind, _, size_text = rest.partition(" ")
        size = int(size_text) if size_text.isdigit() else None
        data = out[end + 1 : end + 1 + (size or 0)]
        yield oid, kind, data if _is_content(oid, kind, data) else None
        position = end + 1 + (0 if size is None else size + 1)


def _is_content(oid: str, kind: str, data: bytes) -> bool:
    """Whether an object has the content its id promises: git gives a damaged one out as if it were whole."""
    if not is_object_id(oid):
        return False
    head = f"{kind} {len(data)}\0".encode("utf-8", "surrogateescape")
    return digests.new(format_of(oid), len(data), head + data).hexdigest() == oid


def contents(out: bytes, ids: list[bytes]) -> list[bytes]:
    """Return the content of each blob.

    Raises:
        GitFailed: one of them is not there, or damaged.
    """
    read = list(objects(out))
    contents = [data for _, kind, data in read if kind == "blob" and data is not None]
    if len(contents) != len(ids):
        lost = next((oid for oid, kind, data in read if kind != "blob" or data is None), "")
        raise GitFailed(("cat-file", lost), 0, f"{lost} cannot be read")
    return contents
