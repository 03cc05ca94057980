"""What the index has beyond HEAD: its raw bytes, the versions staged in it, the sides of its conflicts.

Nothing is written, and the index is read as a file: `write-tree` could not hold a conflict.

Source: reliability G3, G8; issue "Every byte back".
"""

from __future__ import annotations

import re
from functools import cached_property
from struct import Struct
from struct import error as StructError  # noqa: N812  what is raised when bytes are missing

from volon import cached, peek
from volon.digests import sha256
from volon.errors import NotCommitted
from volon.model.facts import STATE_PATHS
from volon.model.snapshot import Staged
from volon.plain import dataclass, field
from volon.repo import studied
from volon.repo.blobs import blob_id, decode
from volon.repo.capped import shared_indexes
from volon.repo.quiet import GITLINK
from volon.repo.status import STAGED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from volon.memory import Memory
    from volon.repo.git import Git
    from volon.repo.status import Entry

_RESOLVE_UNDO, _LINK = b"REUC", b"link"
_VOLON, _DESIGN, ATTRIBUTES = b".volon/", b".design/", b".gitattributes"
_WORDS = (_VOLON, _DESIGN, ATTRIBUTES, _RESOLVE_UNDO, GITLINK)
STATE = tuple(f":(top,literal){path}" for path in STATE_PATHS)
_SIZES = {"sha1": 20, "sha256": 32}


@dataclass()
class IndexFiles:
    """The index as it lies on disk; of a split one also the other half, with its name.

    Attributes:
        path: where it lies.
        signed: its signature, taken before anything of it was read; empty where it was not at rest by then.
        words: which of `_WORDS` are in it, once that is known of a large one.
    """

    path: Path
    object_format: str
    signed: str
    shared: str | None = None
    shared_data: bytes | None = None
    words: frozenset[bytes] | None = None
    _held: dict[bytes, bool] = field(default_factory=dict)

    @cached_property
    def data(self) -> bytes:
        """All of it.

        Raises:
            NotCommitted: it is not the one any more that something is known of.
            OSError: it cannot be read.
        """
        data = self.path.read_bytes()
        if self.words is not None and not self._stays:
            raise NotCommitted("the index changed while volon looked at it", hints=["Run the command again."])
        return data

    @property
    def _stays(self) -> bool:
        return peek.signature(None, str(self.path)) == self.signed

    @property
    def is_large(self) -> bool:
        """Whether it is worth something not to look at all of it again."""
        return self.shared is None and (self.words is not None or len(self.data) >= studied.LARGE)

    def recall(self, memory: Memory) -> bool:
        """Take what was found out of a large one before, so that nobody has to read it; False when nothing was."""
        known = studied.recall(memory, self.path, self.signed)
        if known is not None:
            self.version, self.blob, self.digest, self.words = known.version, known.blob, known.digest, known.words
            self.hidden = []
        return known is not None

    def study(self, memory: Memory) -> None:
        """Find out now what takes long, and keep it of a large one that was at rest and hides nothing."""
        if not self.is_large:
            _ = self.blob, self.digest, self.hidden
        elif self.words is None:
            self.words = frozenset(word for word in _WORDS if word in self.data)
            if self.hidden == [] and self._stays:
                known = studied.Studied(self.version, self.blob, self.digest, self.words)
                studied.keep(memory, self.path, self.signed, known)

    @cached_property
    def version(self) -> int:
        """Which form it has."""
        return int.from_bytes(self.data[4:8], "big")

    @cached_property
    def hidden(self) -> list[Hidden] | None:
        """What is marked in it as not to be looked at; None where it is of a rarer form: only git can tell then."""
        plain = self.shared is None and self.version in _PLAIN
        try:
            return list(_marked(self.data, _SIZES[self.object_format])) if plain else None
        except (StructError, ValueError) as error:
            raise NotCommitted("the index is damaged", causes=[str(error)], hints=["git fsck"]) from error

    @cached_property
    def blob(self) -> str:
        """The id of the index file as a blob."""
        return blob_id(self.data, self.object_format)

    @property
    def may_name_state(self) -> bool:
        """Whether it may have files of volon's own."""
        return self.may_name(_VOLON) or self.may_name(_DESIGN)

    def may_name(self, word: bytes) -> bool:
        """Whether the word may be in a name; of version 4 it has of each name only the end."""
        return self.version == _SHORTENED or self.holds(word)

    def holds(self, word: bytes) -> bool:
        """Whether the bytes are in it anywhere."""
        if self.words is not None and word in _WORDS:
            return word in self.words
        if word not in self._held:
            self._held[word] = word in self.data or (self.shared_data is not None and word in self.shared_data)
        return self._held[word]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the index file."""
        return sha256(self.data)


def read_index_files(git_dir: Path, object_format: str, memory: Memory, looked_ns: int) -> IndexFiles | None:
    """Return the index, or None when there is none yet.

    Args:
        git_dir: where it lies.
        object_format: `sha1` or `sha256`.
        memory: where it is kept what was found out of a large one before, by its signature.
        looked_ns: the present, on the clock that files get their times from.

    Raises:
        OSError: it cannot be read.
    """
    path = git_dir / "index"
    signed = peek.signature(None, str(path))
    index = IndexFiles(path, object_format, signed if signed and cached.is_settled(signed, looked_ns) else "")
    halves = {path.name: path for path in shared_indexes(git_dir)}
    if not halves and index.recall(memory):
        return index
    try:
        data = index.data
    except FileNotFoundError:
        return None
    pattern = _LINK + rb".{4}(.{%d})" % _SIZES[object_format]
    names = (f"sharedindex.{found[1].hex()}" for found in re.finditer(pattern, data, re.DOTALL)) if halves else ()
    index.shared = next((name for name in names if name in halves), None)
    index.shared_data = halves[index.shared].read_bytes() if index.shared else None
    return index


@dataclass(frozen=True, slots=True)
class Hidden:
    """One path that git was told not to look at: marked as assume-unchanged or skip-worktree."""

    path: str
    blob: str


def hidden_paths(git: Git, index: IndexFiles | None) -> list[Hidden]:
    """Return what git status passes over without a word; git is asked only about an index of a rarer form.

    Raises:
        NotCommitted: the index ends too early.
    """
    if index is None:
        return []
    if index.hidden is not None:
        return index.hidden
    rows = (_ROW.fullmatch(row) for row in git.run("ls-files", "-v", "-s", "--full-name", "-z").split(b"\0"))
    return [Hidden(decode(row[2]), row[1].decode("ascii")) for row in rows if row]


def _marked(data: bytes, size: int) -> Iterator[Hidden]:
    """Read the entries of a plain index: stat, id, flags, name, and one to eight NULs up to a multiple of eight."""
    fixed = 42 + size
    at = 12 + fixed - 2
    for _ in range(int.from_bytes(data[8:12], "big")):
        flags = _SHORT(data, at)[0]
        if flags < _LONG:  # Nearly every entry: no flag, no conflict, no endless name.
            at += (fixed + flags + 8) & ~7
            continue
        begin, start = at - fixed + 2, at + 2
        more = _SHORT(data, start)[0] if flags & _EXTENDED else 0
        start += 2 * bool(flags & _EXTENDED)
        length = flags & _LONG
        if length == _LONG:
            length = data.index(b"\0", start) - start
        if flags & _ASSUME_VALID or more & _SKIP_WORKTREE:
            yield Hidden(decode(data[start : start + length]), data[begin + 40 : begin + 40 + size].hex())
        at += (start + length - begin + 8) & ~7


_PLAIN, _SHORTENED = (2, 3), 4
_SHORT = Struct(">H").unpack_from
_ASSUME_VALID, _EXTENDED, _SKIP_WORKTREE, _LONG = 0x8000, 0x4000, 0x4000, 0xFFF
_ROW = re.compile(rb"[a-zS] [0-7]{6} ([0-9a-f]+) 0\t(.+)", re.DOTALL)


def staged_state(git: Git, head: str | None, index: IndexFiles | None) -> tuple[list[Staged], list[str]]:
    """Return what is staged of volon's own files, and which of them the index has no more.

    They are no work of the user's but part of the index. git is asked only when the index can have some.
    """
    if index is None or not index.may_name_state:
        return [], []
    if head is None:
        rows = (row.partition(b"\t") for row in git.run("ls-files", "-s", "-z", "--", *STATE).split(b"\0") if row)
        words = ((decode(fields).split(" "), decode(path)) for fields, _, path in rows)
        return [Staged(path, 0, mode, oid) for (mode, oid, stage), path in words if stage == "0"], []
    out = git.run("diff-index", "--cached", "--raw", "--no-renames", "--abbrev=64", "-z", head, "--", *STATE)
    fields = decode(out).split("\0")
    there, gone = list[Staged](), list[str]()
    for told, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, oid, letter = told.split(" ")
        if letter in STAGED:
            there.append(Staged(path, 0, mode, oid))
        elif letter == "D":
            gone.append(path)
    return there, gone


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
    if index is None or not index.holds(_RESOLVE_UNDO):
        return
    for row in git.run("ls-files", "--resolve-undo", "--full-name", "-z").split(b"\0"):
        head, _, path = row.partition(b"\t")
        if path:
            mode, oid, stage = head.decode("ascii").split(" ")
            yield Staged(decode(path), int(stage), mode, oid)
