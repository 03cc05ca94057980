"""`.design/STATE.md`, which another tool owns: read as it is, changed in three places, every other byte untouched.

A pause flips `status` to `paused:<prior>`, stamps `last_checkpoint` and the stage's timestamp, and appends
blockers; a resume takes the prefix off again and stamps. The stage is never changed.

Source: seed 003 (steps 1 and 4), contract §2.2, §3, origins §3.1.
"""

from __future__ import annotations

from volon.model.problems import InvalidRecord, Problem, RecordError
from volon.model.syntax import markdown
from volon.model.syntax.frontmatter import Document
from volon.model.text import iso, one_line
from volon.patterns import pattern
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

PATH = ".design/STATE.md"
PREFIX = "paused:"
MAX_BYTES = 1024 * 1024
_COMMENT = pattern(r"(?:^|[ \t])#")
MAX_LINES = 20_000
STAGES = ("brief", "explore", "plan", "design", "verify")
_AFTER_BLOCKERS = ("parallelism_decision", "todos", "timestamps")
_ENTRY = pattern(r"[ \t]*(?P<key>[A-Za-z_][A-Za-z0-9_]*)[ \t]*:[ \t]*")
_WORD = pattern(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class DesignState:
    """What STATE.md says; what it leaves out is None."""

    stage: str | None = None
    cycle: str | None = None
    wave: str | None = None
    task_progress: str | None = None
    status: str | None = None
    last_checkpoint: str | None = None
    blockers: tuple[str, ...] = ()

    @property
    def paused(self) -> bool:
        """Whether the status carries the pause prefix."""
        return self.status is not None and self.status.startswith(PREFIX)

    @property
    def prior_status(self) -> str | None:
        """The status without the pause prefix."""
        return (self.status or "").removeprefix(PREFIX) or None


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a value stands in the body, and whether it follows its colon without a blank."""

    start: int
    value: str
    tight: bool


@dataclass(frozen=True, slots=True)
class _Raw:
    """The document and where its blocks are: tag name to the lines between the tags."""

    document: Document
    lines: tuple[markdown.Line, ...]
    blocks: dict[str, tuple[int, int]] = field(default_factory=dict)

    def inside(self, tag: str) -> tuple[markdown.Line, ...]:
        start, end = self.blocks.get(tag, (0, 0))
        return self.lines[start:end]

    def entry(self, tag: str, key: str) -> _Entry | None:
        """The `key: value` line of a block; a comment behind the value is not part of it."""
        for line in self.inside(tag):
            match = _ENTRY.match(line.text)
            if match and match["key"] == key:
                comment = _COMMENT.search(line.text[match.end() :])
                value = line.text[match.end() :][: comment.start() if comment else None].rstrip(" \t")
                return _Entry(line.start + match.end(), value, tight=line.text[match.end() - 1] == ":")
        return None

    def value(self, tag: str, key: str) -> str | None:
        found = self.entry(tag, key)
        return (_unquoted(found.value) or None) if found else None


def parse_state(data: bytes, path: str = PATH) -> DesignState:
    """Read STATE.md.

    Raises:
        InvalidRecord: it is larger than 1 MiB, has no frontmatter, no `<position>` with a status, or a block twice or
            unclosed (exit 9).
        UnreadableRecord: it is no text or its frontmatter is outside the accepted YAML (exit 9).
        ConflictMarkers: an unfinished merge (exit 7).
    """
    raw = _read(data, path)
    position = {key: raw.value("position", key) for key in ("stage", "wave", "task_progress", "status")}
    blockers = (line.text.strip() for line in raw.inside("blockers"))
    return DesignState(
        stage=position["stage"] or raw.document.get("stage"),
        cycle=raw.document.get("cycle") or None,
        wave=position["wave"] or raw.document.get("wave"),
        task_progress=position["task_progress"],
        status=position["status"],
        last_checkpoint=raw.document.get("last_checkpoint"),
        blockers=tuple(text for text in blockers if text.startswith(("[", "- ["))),
    )


def check_state(data: bytes, path: str = PATH) -> tuple[Problem, ...]:
    """Why volon cannot read or edit STATE.md; nothing when it can."""
    try:
        _read(data, path)
    except RecordError as error:
        return error.problems
    return ()


def set_paused(data: bytes, now: datetime, blockers: Iterable[str] = (), path: str = PATH) -> bytes:
    """Mark the state as paused.

    A status that is paused already is not prefixed again. Only the status, `last_checkpoint`, its timestamp and
    (with blockers) the blockers block change.

    Raises:
        InvalidRecord: as `parse_state`; nothing is returned that could be written.
    """
    state = parse_state(data, path)
    if not state.paused:
        data = _set_entry(data, path, "position", "status", PREFIX + (state.status or ""))
    stage = state.stage or "unknown"
    for text in filter(None, map(one_line, blockers)):
        data = _append(data, path, "blockers", f"[{one_line(stage)}] [{iso(now)[:10]}]: {text}")
    return _stamp(data, path, stage, now)


def set_resumed(data: bytes, now: datetime, path: str = PATH) -> bytes:
    """Give the status from before the pause back, and stamp; a state that is not paused stays as it is.

    Raises:
        InvalidRecord: as `parse_state`.
    """
    state = parse_state(data, path)
    if not state.paused:
        return data
    data = _set_entry(data, path, "position", "status", state.prior_status or "")
    return _stamp(data, path, state.stage or "unknown", now)


def _read(data: bytes, path: str) -> _Raw:
    if len(data) > MAX_BYTES:
        raise _invalid(path, None, "too-large", f"larger than {MAX_BYTES // 1024**2} MiB")
    if data.count(b"\n") > MAX_LINES:
        raise _invalid(path, None, "too-large", f"longer than {MAX_LINES:,} lines")
    document = Document.parse(data, path)
    if not document.has_frontmatter:
        raise _invalid(path, 1, "frontmatter-missing", "there is no frontmatter")
    lines = tuple(markdown.walk(document.body))
    raw = _Raw(document, lines, _blocks(document, lines))
    if raw.entry("position", "status") is None:
        raise _invalid(path, None, "status-missing", "there is no `status:` line in a <position> block")
    return raw


def _blocks(document: Document, lines: tuple[markdown.Line, ...]) -> dict[str, tuple[int, int]]:
    """Each block's lines, as (first, behind the last); tags stand alone at column 0, unknown ones are welcome."""
    blocks: dict[str, tuple[int, int]] = {}
    closings: dict[str, list[int]] = {}
    for index, line in enumerate(lines):
        if line.text.startswith("</"):
            closings.setdefault(line.text.rstrip(), []).append(index)
    for index, line in enumerate(lines):
        tag = line.text.rstrip()
        name = tag[1:-1]
        if line.fenced or tag[:1] != "<" or tag[-1:] != ">" or not _WORD.fullmatch(name):
            continue
        at = line.number + document.body_line - 1
        if name in blocks:
            raise _invalid(document.path, at, "block-duplicate", f"the block <{name}> stands here a second time")
        end = next((n for n in closings.get(f"</{name}>", ()) if n > index), None)
        if end is None:
            raise _invalid(document.path, at, "block-unclosed", f"the block <{name}> is not closed")
        blocks[name] = (index + 1, end)
    return blocks


def _set_entry(data: bytes, path: str, tag: str, key: str, value: str) -> bytes:
    """Replace the value of a `key: value` line within a block; nothing else on the line changes."""
    raw = _read(data, path)
    found = raw.entry(tag, key)
    if found is None:
        return data
    body, end = raw.document.body, found.start + len(found.value)
    gap = " " if found.tight else ""
    # A comment that stood alone behind the colon is none without a blank before it.
    after = " " if body[end : end + 1] == "#" else ""
    return _with_body(raw.document, body[: found.start] + gap + value + after + body[end:])


def _append(data: bytes, path: str, tag: str, text: str) -> bytes:
    """Put a line last in a block; a missing block goes where the format wants it."""
    raw = _read(data, path)
    body, eol = raw.document.body, raw.document.eol
    if tag in raw.blocks:
        place = raw.lines[raw.blocks[tag][1]].start
        return _with_body(raw.document, f"{body[:place]}{text}{eol}{body[place:]}")
    block = f"<{tag}>{eol}{text}{eol}</{tag}>{eol}"
    after = [raw.lines[raw.blocks[name][0] - 1].start for name in _AFTER_BLOCKERS if name in raw.blocks]
    if after:
        place = min(after)
        return _with_body(raw.document, f"{body[:place]}{block}{eol}{body[place:]}")
    gap = "" if body.endswith("\n") or not body else eol
    return _with_body(raw.document, f"{body}{gap}{eol}{block}")


def _stamp(data: bytes, path: str, stage: str, now: datetime) -> bytes:
    """`last_checkpoint`, in the quoting it has, and `<stage>_checkpoint_at` where there is a timestamps block."""
    raw = _read(data, path)
    quoted = f'"{iso(now)}"' if raw.document.style_of("last_checkpoint") else iso(now)
    data = raw.document.set_raw("last_checkpoint", quoted).data
    key = f"{stage}_checkpoint_at"
    if "timestamps" not in raw.blocks or not _WORD.fullmatch(key):
        return data
    if raw.entry("timestamps", key):
        return _set_entry(data, path, "timestamps", key, iso(now))
    return _append(data, path, "timestamps", f"{key}: {iso(now)}")


def _with_body(document: Document, body: str) -> bytes:
    return document.data[: len(document.data) - len(document.body.encode("utf-8"))] + body.encode("utf-8")


def _invalid(path: str, line: int | None, rule: str, message: str) -> InvalidRecord:
    hint = f"{path} belongs to another tool; volon pauses without it once it is readable or gone"
    return InvalidRecord(path, [Problem(path, line or 1, None, None, f"state.{rule}", message, hint)])


def _unquoted(value: str) -> str:
    """A value without the pair of quotes around all of it."""
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" else value
