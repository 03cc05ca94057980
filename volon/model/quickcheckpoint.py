"""The short way to know a checkpoint: its row in a list, and that it is as it was written, by string methods alone.

As in `volon.model.quick`, whatever is not written as volon writes it gets None, and the caller asks the strict readers.

Source: performance (row 16), reliability S9 (any faster reader must agree with the strict one).
"""

from __future__ import annotations

from volon.model import quick
from volon.model.text import digest
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.syntax.nodes import Value

_TEXTS = ("uid", "parent_uid", "task_id", "stage", "saved_at", "branch", "paused_commit", "note")
_TYPE, _VERSION = "checkpoint", "1"
_LONGEST_NUMBER = 9
_WIDTH = 2 + len(_TEXTS)
_CODE, _CODE_END = "\n```text\n", "\n```\n"
_MARKS = ("```", "~~~", "\n #", "\n  #", "\n   #")
_STAMP = b"\ncontent_sha256:"
_CHANGES, _CAPSULE = "\n## Changes at the pause\n", "\n## Capsule\n\n"
_HEADINGS_ABOVE = 2
"""The title and `## Changes at the pause`."""


class _Known(NamedTuple):
    """What a row holds: the numbers, then the texts, in the order of the frontmatter's names above."""

    number: int
    parent: int | None
    uid: str | None
    parent_uid: str | None
    task_id: str | None
    stage: str | None
    saved_at: str | None
    branch: str | None
    paused_commit: str | None
    note: str | None
    problems: tuple[str, ...] = ()


class CheckpointRow(_Known):
    """What a list of checkpoints knows of one.

    Attributes:
        saved_at: as `volon.model.text.iso` writes it, or None.
        problems: what shows that the file is not as it was written.
    """

    KIND: ClassVar[str] = "checkpoints-1"
    __slots__ = ()

    @classmethod
    def read(cls, data: bytes) -> CheckpointRow | None:
        """The row of a checkpoint that is as it was written; None when this reader is not sure."""
        meta = quick.front(data)
        if not meta or meta.get("type") != _TYPE or meta.get("schema_version") != _VERSION:
            return None
        number, parent = _number(meta.get("number")), _number(meta.get("parent"))
        texts = quick.text_values(meta, _TEXTS)
        if number is None or texts is None or (parent is None and meta.get("parent") is not None):
            return None
        return cls._make([number, parent, *texts, ()]) if _are_sure(*texts) and _is_as_written(data, meta) else None

    def text(self) -> str:
        """All of it on one line; nothing that the quick reader takes has a tab in it, or is empty."""
        return "\t".join(["" if value is None else str(value) for value in self[:_WIDTH]])

    @classmethod
    def of_text(cls, text: str) -> CheckpointRow | None:
        """The row that `text` was made of; None when it was none."""
        values = text.split("\t")
        if len(values) != _WIDTH or not values[0].isdigit() or not (values[1] or "0").isdigit():
            return None
        number, parent, a, b, c, d, e, f, g, h = values
        texts = a or None, b or None, c or None, d or None, e or None, f or None, g or None, h or None
        # Past the constructor, which takes as long as all the rest.
        return tuple.__new__(cls, (int(number), int(parent) if parent else None, *texts, ()))


def _number(value: Value) -> int | None:
    """The number that a value surely is; checkpoints are counted from 1."""
    sure = isinstance(value, str) and value.isascii() and value.isdigit() and value[0] != "0"
    return int(value) if sure and isinstance(value, str) and len(value) <= _LONGEST_NUMBER else None


def _are_sure(*texts: str | None) -> bool:
    uid, parent_uid, task_id, stage, saved_at, branch, commit, note = texts
    ids = uid and quick.is_ulid(uid) and quick.is_ulid(parent_uid) and (task_id is None or quick.is_plain_id(task_id))
    sure = ids and saved_at and quick.is_sure_time(saved_at) and quick.is_sure_commit(commit)
    # A name in quotes holds bytes that are no text; see `volon.model.syntax.gitpath`.
    return bool(sure and stage and note and branch != "" and (branch or "")[:1] != '"')


def _is_as_written(data: bytes, meta: dict[str, Value]) -> bool:
    """Whether both digests hold; see `volon.model.records.checkpoint.verify`."""
    if b"\r" in data:
        return False
    start = data.find(_STAMP) + 1
    bare = data[:start] + data[data.find(b"\n", start) + 1 :]
    stated = meta.get("content_sha256")
    if not start or not stated or stated != digest(bare):
        return False
    stated = meta.get("capsule_sha256")
    if stated is None:
        return True
    capsule = _capsule(data.decode())
    return capsule is not None and stated == digest(capsule.encode())


def _capsule(text: str) -> str | None:
    """The embedded capsule where nothing above it can be mistaken for its section or for code; None for any other."""
    above, found, below = text[text.find("\n---\n", len("---\n")) + len("\n---") :].partition(_CAPSULE)
    return _block(below) if found and _is_plain(above) else None


def _is_plain(above: str) -> bool:
    """Whether two headings stand above the section of the capsule, and at most one piece of code, which is whole."""
    before, _, changes = above.partition(_CHANGES)
    if changes.startswith(_CODE) and changes.endswith(_CODE_END):
        changes = changes[len(_CODE) : -len(_CODE_END)]
    known = before.count("\n#") == before.count("\n# Checkpoint ") == 1 and above.count("\n#") == _HEADINGS_ABOVE
    return known and not any(mark in part for mark in _MARKS for part in (before, f"\n{changes}"))


def _block(below: str) -> str | None:
    """What the code block at the start of a text holds, when it is written as volon writes it."""
    fence = below[: len(below) - len(below.lstrip("`"))]
    start, end = below.find("\n") + 1, below.find(fence, len(fence))
    opened = len(fence) >= len("```") and below[len(fence) : start] == "markdown\n"
    closed = end > start and below[end - 1] == "\n" and below[end + len(fence) :][:1] in ("", "\n")
    return below[start:end] if opened and closed else None
