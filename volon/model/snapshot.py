"""What a snapshot says about itself: `manifest.json` in the tree of the commit at `refs/volon/snap/<ulid>`.

The commit's parents are HEAD at the time (none on an unborn branch), then a commit with the index as a tree, then one
with the working tree as git would commit it. Its own tree holds `manifest.json`, `index` (the raw bytes), `sharedindex`
where the index was split, and `blobs/<2>/<rest>`: the raw bytes of everything the manifest names, under their ids.

Promises: any path git can hold comes back byte for byte; equal manifests are equal bytes; what is read may have come
from a stranger, so a path that leads out of the working tree or into `.git` is refused here, once, for everybody.

Source: issue "Every byte back", reliability G10, G12, G15; contract §7 (secrets, uid).
"""

from __future__ import annotations

import json
import re

from volon.model.facts import SUBMODULE
from volon.model.problems import Problem, UnreadableRecord
from volon.patterns import pattern
from volon.plain import asdict, dataclass, fields, replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, Self

    Kind = Literal["file", "link", "deleted"]
    Why = Literal[
        "secret", "excluded", "size", "total", "nested", "submodule", "special", "unreadable", "changed-while-reading"
    ]

SCHEMA = "volon/snapshot@1"
NAME, INDEX, SHARED_INDEX = "manifest.json", "index", "sharedindex"

KINDS: tuple[Kind, ...] = ("file", "link", "deleted")
REASONS: tuple[Why, ...] = (
    *("secret", "excluded", "size", "total"),
    *("nested", "submodule", "special", "unreadable", "changed-while-reading"),
)
MODES = {"file": ("100644", "100755"), "link": ("120000",), "deleted": (None,)}
_STAGED_MODES = ("100644", "100755", "120000", SUBMODULE)
_STAGES = (0, 1, 2, 3)
_OBJECT_ID = pattern(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_SHARED_NAME = pattern(r"sharedindex\.[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DIGEST = pattern(r"[0-9a-f]{64}")
_IGNORABLE = dict.fromkeys([*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF])
_GIT_NAME = pattern(r"(?:\.git|git~1)[ .]*(?:[:\\].*)?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class SavedFile:
    """One path whose state in the working tree is recorded.

    Attributes:
        path: relative to the root; bytes that are no UTF-8 are surrogate-escaped.
        kind: `deleted` when git (HEAD or index) knows the path and the working tree has nothing there.
        mode: `100644`, `100755` or `120000`; None for what is deleted.
        blob: the raw bytes (of a link: its text).
        filtered: the bytes as git would commit them, when they are others; None when they are the same or unknown.
        tracked: the index knows the path.
        ignored: an ignored file that was asked for.
    """

    path: str
    kind: Kind
    mode: str | None = None
    blob: str | None = None
    filtered: str | None = None
    tracked: bool = False
    ignored: bool = False


@dataclass(frozen=True, slots=True)
class Staged:
    """One version that the index has: a stage 1 to 3 of a conflict, or at stage 0 what differs from HEAD.

    The blob of a submodule (`160000`) is a commit that lives elsewhere.
    """

    path: str
    stage: int
    mode: str
    blob: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One path that was not saved, and why; `detail` is for people (how large, which fingerprint lets it in)."""

    path: str
    why: Why
    detail: str = ""


@dataclass(frozen=True, slots=True)
class RawIndex:
    """The index file as it was.

    Attributes:
        blob: its bytes, at `index` in the tree.
        digest: SHA-256 of them.
        shared: of a split index the name `sharedindex.<id>` of the other half, whose bytes are at `sharedindex`.
        shared_blob: the id of those.
    """

    blob: str
    digest: str
    shared: str | None = None
    shared_blob: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was saved, and what was not.

    Attributes:
        uid: the operation.
        head: the commit it is based on; None on an unborn branch.
        branch: None when HEAD was detached.
        operation: the merge, rebase, … that was in progress.
        index: None when there was no index file.
        files: by path; also paths that differ from the index alone, untracked ones and ignored ones asked for.
        stages: what the index has beyond HEAD, by path and stage.
        undone: the versions of conflicts that were resolved, which the index still remembers.
    """

    uid: str
    object_format: str
    head: str | None
    branch: str | None
    created_at: str
    worktree: str
    operation: str | None = None
    index: RawIndex | None = None
    files: tuple[SavedFile, ...] = ()
    stages: tuple[Staged, ...] = ()
    undone: tuple[Staged, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def blobs(self) -> frozenset[str]:
        """Every blob that the manifest names and `blobs/` holds; the index files have places of their own."""
        staged = (one.blob for one in (*self.stages, *self.undone) if one.mode != SUBMODULE)
        saved = (oid for one in self.files for oid in (one.blob, one.filtered) if oid is not None)
        return frozenset((*staged, *saved))

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read what `render` wrote.

        Raises:
            UnreadableRecord: it is no manifest, or one that no volon wrote (exit 9).
        """
        try:
            return cls(**_Reader(json.loads(data)).values())
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            said = str(error) if isinstance(error, _Refused) else "not a manifest of a snapshot"
            raise UnreadableRecord(Problem(NAME, None, None, None, "snapshot.unreadable", said)) from error

    def render(self) -> bytes:
        """The bytes of `manifest.json`: ASCII, sorted, one line; odd bytes of names as lone surrogates escaped."""
        values = asdict(replace(self, files=())) | {"files": list(map(_values, self.files)), "schema": SCHEMA}
        return json.dumps(values, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def _values(file: SavedFile) -> dict[str, object]:
    """As `asdict`, of which a snapshot can have thousands."""
    return {name: getattr(file, name) for name in SavedFile.__match_args__}


def blob_path(oid: str) -> str:
    """Where in a snapshot's tree the blob with this id is."""
    return f"blobs/{oid[:2]}/{oid[2:]}"


def is_git_name(path: str) -> bool:
    """Whether git would refuse the path in a tree, because on some file system a part of it means `.git`."""
    if path.isascii() and "git" not in path.lower():
        return False
    return any(_GIT_NAME.fullmatch(part.translate(_IGNORABLE)) for part in path.split("/"))


class _Refused(ValueError):
    """What is wrong, for people."""


class _Reader:
    """Types every value; extra keys and wrong ones are refused."""

    def __init__(self, tree: object) -> None:
        if not isinstance(tree, dict) or tree.pop("schema", None) != SCHEMA:
            raise _Refused(f"the manifest is not of the schema {SCHEMA}")
        self.tree = tree

    def values(self) -> dict[str, Any]:
        self.known(self.tree, Manifest)
        tree = self.tree
        texts = {name: self.text(tree[name]) for name in ("uid", "object_format", "created_at", "worktree")}
        maybe = {name: self.text(tree[name], none=True) for name in ("branch", "operation")}
        return {
            **texts,
            **maybe,
            "head": self.oid(tree["head"], none=True),
            "index": None if tree["index"] is None else self.index(tree["index"]),
            "files": tuple(map(self.file, tree["files"])),
            "stages": tuple(map(self.staged, tree["stages"])),
            "undone": tuple(map(self.staged, tree["undone"])),
            "left_out": tuple(map(self.left_out, tree["left_out"])),
        }

    def file(self, tree: dict[str, Any]) -> SavedFile:
        self.known(tree, SavedFile)
        kind, deleted = tree["kind"], tree["kind"] == "deleted"
        if kind not in KINDS or tree["mode"] not in MODES[kind] or deleted != (tree["blob"] is None):
            raise _Refused(f"a file of the kind {kind!r} with the mode {tree['mode']!r}")
        blob, filtered = self.oid(tree["blob"], none=deleted), self.oid(tree["filtered"], none=True)
        flags = {name: self.flag(tree[name]) for name in ("tracked", "ignored")}
        return SavedFile(self.path(tree["path"]), kind, tree["mode"], blob, filtered, **flags)

    def staged(self, tree: dict[str, Any]) -> Staged:
        self.known(tree, Staged)
        if tree["stage"] not in _STAGES or tree["mode"] not in _STAGED_MODES:
            raise _Refused(f"a version at stage {tree['stage']!r} with the mode {tree['mode']!r}")
        return Staged(self.path(tree["path"]), int(tree["stage"]), tree["mode"], self.oid(tree["blob"]) or "")

    def left_out(self, tree: dict[str, Any]) -> LeftOut:
        self.known(tree, LeftOut)
        if tree["why"] not in REASONS:
            raise _Refused(f"a path left out because of {tree['why']!r}")
        return LeftOut(self.text(tree["path"]) or "", tree["why"], self.text(tree["detail"]) or "")

    def index(self, tree: dict[str, Any]) -> RawIndex:
        self.known(tree, RawIndex)
        digest, shared = self.text(tree["digest"]) or "", self.text(tree["shared"], none=True)
        if not _DIGEST.fullmatch(digest) or not (shared is None or _SHARED_NAME.fullmatch(shared)):
            raise _Refused("an index without a digest, or with another half of an unknown name")
        return RawIndex(
            self.oid(tree["blob"]) or "", digest, shared, self.oid(tree["shared_blob"], none=shared is None)
        )

    @staticmethod
    def known(tree: dict[str, Any], cls: type[Any]) -> None:
        names = {one.name for one in fields(cls)}
        if set(tree) != names:
            raise _Refused(f"the keys {sorted(set(tree) ^ names)} are missing or not known")

    @staticmethod
    def text(value: object, *, none: bool = False) -> str | None:
        if isinstance(value, str) or (none and value is None):
            return value
        raise _Refused(f"{value!r} where a text was expected")

    @staticmethod
    def flag(value: object) -> bool:
        if isinstance(value, bool):
            return value
        raise _Refused(f"{value!r} where true or false was expected")

    def oid(self, value: object, *, none: bool = False) -> str | None:
        text = self.text(value, none=none)
        if text is not None and not _OBJECT_ID.fullmatch(text):
            raise _Refused(f"{text!r} is no object id")
        return text

    def path(self, value: object) -> str:
        text = self.text(value) or ""
        parts = text.split("/")
        if "\0" in text or {"", ".", "..", ".git"} & set(parts):
            raise _Refused(f"the path {text!r} leads out of the working tree or into .git")
        text.encode("utf-8", "surrogateescape")
        return text
