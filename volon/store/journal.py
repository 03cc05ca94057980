r"""The redo record of one operation: everything needed to finish it, or to take it back, in one checked file.

    VOLON1\n
    <length of the header in bytes, decimal>\n
    <header: one line of JSON>\n
    <the images of the entries, in order: before, then after>
    \n<sha256 of all the above, hex>\n

The decoder answers with a `Journal` or raises `Corrupt`; no input makes it do anything else.

Source: reliability §3.2, M14, M15.
"""

from __future__ import annotations

from volon.digests import sha256
from volon.errors import Corrupt, NotCommitted
from volon.files import OF_THE_USER, Place, Root
from volon.model.ids import is_ulid
from volon.model.quick import plain_json
from volon.model.version import Version
from volon.plain import StrEnum, dataclass, field, replace
from volon.store.layout import may_change

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

MAGIC = b"VOLON1\n"
LARGEST = 16 << 20
MAIN_TREE = "."
"""How operations call the main working tree; a linked one by git's own name of it."""
_TAIL = 66
_HEAD_DIGITS = 12


class Kind(StrEnum):
    """What an entry does to its target."""

    REPLACE = "replace"
    CREATE = "create"
    DELETE = "delete"
    APPEND = "append"


@dataclass(frozen=True, slots=True)
class Entry:
    """One target of an operation.

    Attributes:
        before: its content when it was read, None when it was absent (and for APPEND, which keeps no image). Of a file
            of the user's, here and in `after`, the line that names its version, see `volon.model.version`.
        after: its content when done, None for DELETE; for APPEND the bytes to add.
        mode: the permission bits it will have; `exact` when umask must not touch them.
        before_mode: the bits it had.
        offset, prefix: for APPEND, the length and the digest of what stood before.
    """

    place: Place
    kind: Kind
    before: bytes | None = None
    after: bytes | None = None
    mode: int = 0o666
    exact: bool = False
    before_mode: int | None = None
    offset: int = 0
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class RepoIdentity:
    """Which repository and working tree an operation belongs to; a journal of another is never applied."""

    repo_id: str
    worktree: str

    @classmethod
    def of(cls, worktree: str, common_dir: str) -> RepoIdentity:
        """From the real paths of the working tree and of the common git directory."""
        return cls(digest(common_dir.encode(errors="surrogateescape"))[:16], worktree)


@dataclass(frozen=True, slots=True)
class Journal:
    """One operation. `header` holds whatever else its author wanted remembered, as plain JSON values."""

    op: str
    verb: str
    at: str
    identity: RepoIdentity
    entries: tuple[Entry, ...]
    previous: str | None = None
    header: Mapping[str, Any] = field(default_factory=dict)

    def entry(self, place: Place) -> Entry | None:
        """The entry for a target, if it has one."""
        return next((entry for entry in self.entries if entry.place == place), None)


def digest(data: bytes) -> str:
    """sha256, in hex."""
    return sha256(data)


def encode(journal: Journal) -> bytes:
    """The file. `decode(encode(j)) == j`.

    Raises:
        NotCommitted: it would be larger than 16 MiB.
    """
    import json  # noqa: PLC0415  whoever only reads does not need it

    head = json.dumps(_header(journal), sort_keys=True, separators=(",", ":")).encode() + b"\n"
    images = [image for entry in journal.entries for image in (entry.before, entry.after) if image is not None]
    content = b"".join([MAGIC, b"%d\n" % len(head), head, *images])
    if len(content) > LARGEST:
        raise NotCommitted(f"one operation may write at most 16 MiB; this one has {len(content) >> 20} MiB")
    return content + f"\n{digest(content)}\n".encode()


def decode(data: bytes) -> Journal:
    """Read a journal back.

    Raises:
        Corrupt: it is not, to the last byte, what `encode` wrote.
    """
    content, tail = data[:-_TAIL], data[-_TAIL:]
    if tail != f"\n{digest(content)}\n".encode():
        raise Corrupt("the journal's checksum does not match its content")
    head, start = _decode_head(content)
    try:
        return _with_images(_journal(head), head["entries"], content, start)
    except (ValueError, KeyError, TypeError, AttributeError, NotCommitted) as error:
        raise Corrupt("the journal's header makes no sense", causes=[str(error)]) from error


def header_size(start: bytes) -> int:
    """How many bytes from the beginning `decode_head` needs, told from the first few.

    Raises:
        Corrupt: this is no journal.
    """
    line, found, _ = start[len(MAGIC) : len(MAGIC) + _HEAD_DIGITS].partition(b"\n")
    if not start.startswith(MAGIC) or not found or not line.isdigit() or int(line) > LARGEST:
        raise Corrupt("this is not a journal of volon")
    return len(MAGIC) + len(line) + 1 + int(line)


def decode_head(start: bytes) -> Journal:
    """An operation without its images and without its checksum having been looked at: enough for a list.

    Args:
        start: at least the first `header_size` bytes.

    Raises:
        Corrupt: the header cannot be read.
    """
    head, _ = _decode_head(start)
    try:
        return _journal(head)
    except (ValueError, KeyError, TypeError, AttributeError, NotCommitted) as error:
        raise Corrupt("the journal's header makes no sense", causes=[str(error)]) from error


def _header(journal: Journal) -> dict[str, Any]:
    return {
        "format": 1,
        "op": journal.op,
        "verb": journal.verb,
        "at": journal.at,
        "repo": journal.identity.repo_id,
        "worktree": journal.identity.worktree,
        "previous": journal.previous,
        "header": dict(journal.header),
        "entries": [_entry_header(entry) for entry in journal.entries],
    }


def _entry_header(entry: Entry) -> dict[str, Any]:
    return {
        "root": str(entry.place.root),
        "path": entry.place.path,
        "kind": str(entry.kind),
        "mode": entry.mode,
        "exact": entry.exact,
        "before_mode": entry.before_mode,
        "before": _image_header(entry.before),
        "after": _image_header(entry.after),
        "offset": entry.offset,
        "prefix": entry.prefix,
    }


def _image_header(image: bytes | None) -> dict[str, Any] | None:
    return None if image is None else {"sha256": digest(image), "length": len(image)}


def _decode_head(data: bytes) -> tuple[dict[str, Any], int]:
    end = header_size(data)
    start = data.index(b"\n", len(MAGIC)) + 1
    head = plain_json(data[start:end].decode("utf-8", "replace")) or _json(data[start:end])
    if not isinstance(head, dict) or head.get("format") != 1 or end > len(data):
        raise Corrupt("the journal's header makes no sense")
    return head, end


def _json(data: bytes) -> object:
    import json  # noqa: PLC0415  what is plain needs it no more than what is only read

    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Corrupt("the journal's header is no JSON", causes=[str(error)]) from error


def _journal(head: dict[str, Any]) -> Journal:
    if not is_ulid(_text(head["op"])):
        raise ValueError("the operation has no identity")
    return Journal(
        op=head["op"],
        verb=_text(head["verb"]),
        at=_text(head["at"]),
        identity=RepoIdentity(_text(head["repo"]), _text(head["worktree"])),
        entries=tuple(map(_entry, head["entries"])),
        previous=None if head["previous"] is None else _text(head["previous"]),
        header=dict(head["header"].items()),
    )


def _entry(head: dict[str, Any]) -> Entry:
    place = Place(Root(head["root"]), _text(head["path"]))
    if not place.path or not may_change(place):
        raise ValueError(f"an entry names {place.path!r}, which is not volon's to change")
    return Entry(
        place=place,
        kind=Kind(head["kind"]),
        mode=_bits(head["mode"]),
        exact=bool(head["exact"]),
        before_mode=None if head["before_mode"] is None else _bits(head["before_mode"]),
        offset=_count(head["offset"]),
        prefix=_text(head["prefix"]),
    )


def _with_images(journal: Journal, heads: list[dict[str, Any]], content: bytes, start: int) -> Journal:
    entries = []
    for entry, head in zip(journal.entries, heads, strict=True):
        before, start = _image(head["before"], content, start)
        after, start = _image(head["after"], content, start)
        if entry.place.root in OF_THE_USER:
            _require_versions(entry.kind, before, after)
        entries.append(replace(entry, before=before, after=after))
    if start != len(content):
        raise ValueError("bytes are left over")
    return replace(journal, entries=tuple(entries))


def _image(head: dict[str, Any] | None, content: bytes, start: int) -> tuple[bytes | None, int]:
    if head is None:
        return None, start
    end = start + _count(head["length"])
    image = content[start:end]
    if digest(image) != head["sha256"]:
        raise ValueError("an image does not match its digest")
    return image, end


def _require_versions(kind: Kind, *images: bytes | None) -> None:
    if kind is Kind.APPEND:
        raise ValueError("nothing is ever appended to a file of the user's")
    for image in images:
        if image is not None:
            Version.parse(image)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is no text")
    return value


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no length")
    return value


def _bits(value: object) -> int:
    return _count(value) & 0o7777
