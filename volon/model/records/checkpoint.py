"""Checkpoints: immutable, numbered, and enough by themselves to resume from.

The frontmatter is for programs, the nine bold lines are those of seed 003, and below them stand the changed
paths, the whole capsule and, in full, what the capsule has no room for. `content_sha256` covers the whole file but its
own line, `capsule_sha256` the embedded capsule, both over LF-normalised text: a changed byte shows, a
changed line end does not.

Source: seed 003, contract §2.1, §2.4, §2.14, §3 (checkpoint), origins §3.3.
"""

from __future__ import annotations

from volon.light import lru_cache
from volon.model.ids import checkpoint_label
from volon.model.problems import InvalidRecord, Problem
from volon.model.records import commandsrun, fields, infull
from volon.model.records.changes import parse_changes, render_changes
from volon.model.records.fields import Field, Kind
from volon.model.syntax import markdown
from volon.model.syntax.template import fill
from volon.model.text import digest, iso, lf, one_line, parse_date, parse_time
from volon.patterns import pattern
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from typing import Any

    from volon.model.evidence import Evidence
    from volon.model.facts import Change
    from volon.model.syntax.frontmatter import Document

SCHEMA_VERSION = 1
TYPE = "checkpoint"

FIELDS = (
    Field("type", Kind.LINE, "Says what the file is.", required=True, choices=(TYPE,)),
    Field("schema_version", Kind.INT, "The format's version.", required=True),
    Field("number", Kind.INT, "The label people use; two clones may both have a 07.", required=True),
    Field("uid", Kind.ULID, "The pause that wrote it: its identity.", required=True),
    Field("parent", Kind.INT, "The number of the checkpoint the work went on from."),
    Field("parent_uid", Kind.ULID, "That checkpoint's identity."),
    Field("resumed_from", Kind.INT, "The checkpoint that was resumed by number before this one."),
    Field("task_id", Kind.TASK_ID, "The task that was paused."),
    Field("task_uid", Kind.ULID, "That task's identity."),
    Field("capsule", Kind.PATH, "Where the capsule was written."),
    Field("capsule_sha256", Kind.DIGEST, "Digest of the embedded capsule, over LF-normalised text."),
    Field("paused_commit", Kind.COMMIT, "HEAD at the pause; null on an unborn branch."),
    Field("branch", Kind.NAME, "The branch; null when HEAD was detached."),
    Field("upstream", Kind.NAME, "Its upstream, such as origin/main."),
    Field("upstream_commit", Kind.COMMIT, "Where the upstream stood."),
    Field("worktree", Kind.NAME, "`.` for the main worktree, else the linked one's path from there."),
    Field("operation", Kind.LINE, "The merge, rebase, … that was in progress."),
    Field("operation_head", Kind.COMMIT, "What was being merged, picked or rebased onto."),
    Field("snapshot", Kind.COMMIT, "The commit with the uncommitted work; null when nothing was saved."),
    Field("saved_at", Kind.TIME, "When the pause was made.", required=True),
    Field("stage", Kind.LINE, "The stage of the design, else work.", required=True),
    Field("cycle", Kind.LINE, "The design's cycle."),
    Field("mode", Kind.LINE, "Which advice was printed."),
    Field("tokens", Kind.LINE, "Token usage at the pause, used/limit, as it was told."),
    Field("note", Kind.LINE, "The note given at the pause."),
    Field("imported_from", Kind.LINE, "What `volon import` made it of; only then it stands there."),
    Field("content_sha256", Kind.DIGEST, "Digest of this file without this line, over LF-normalised text."),
)
BODY = (
    Field("in_progress", Kind.LINE, "The task and where in it the work stood."),
    Field("next", Kind.LINE, "The next step."),
    Field("context", Kind.LINE, "The note, or what volon derived."),
    Field("active_sketch", Kind.LINE, "Sketches and spikes without an end."),
    Field("open_todos", Kind.LINE, "How many, and where."),
    Field("completed", Kind.LIST, "What was done since the last resume or checkpoint."),
)
_MOST_DIGITS = 9
_TAIL = len("-2026-11-19.md")
_HEADING = pattern(r"(?i)#[ \t]+Checkpoint[ \t]+(\d{1,9})\b")
_ITEM, _ESCAPED = pattern(r"(?:\\.|[^;\\]|\\$)+"), pattern(r"\\(.)")
_NO_WORD = pattern(r"[^a-z0-9]+")
_NONE = "none"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says. Those the original tool wrote have no frontmatter: `uid` and the facts are None."""

    number: int
    uid: str | None
    saved_at: datetime | None
    stage: str = "work"
    parent: int | None = None
    parent_uid: str | None = None
    resumed_from: int | None = None
    task_id: str | None = None
    task_uid: str | None = None
    capsule: str | None = None
    capsule_sha256: str | None = None
    paused_commit: str | None = None
    branch: str | None = None
    upstream: str | None = None
    upstream_commit: str | None = None
    worktree: str | None = None
    operation: str | None = None
    operation_head: str | None = None
    snapshot: str | None = None
    cycle: str | None = None
    mode: str | None = None
    tokens: str | None = None
    note: str | None = None
    imported_from: str | None = None
    in_progress: str | None = None
    next: str | None = None
    context: str | None = None
    active_sketch: str | None = None
    open_todos: str | None = None
    completed: tuple[str, ...] = ()
    capsule_text: str = ""
    changes: tuple[Change, ...] = ()
    full: Mapping[str, str] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()


def render_checkpoint(checkpoint: Checkpoint, template: str) -> bytes:
    """The checkpoint's file, with both digests computed here.

    Args:
        checkpoint: what to write; its `capsule_sha256` is ignored.
        template: the text of `checkpoint.md`.

    Raises:
        BadTemplate: the template asks for something unknown.
    """
    embedded = _embedded(checkpoint.capsule_text)
    values = {field.name: getattr(checkpoint, field.name, None) for field in FIELDS}
    values |= {"type": TYPE, "schema_version": SCHEMA_VERSION}
    values["capsule_sha256"] = digest(embedded.encode("utf-8")) if embedded else None
    places = _places(checkpoint) | {
        "label": checkpoint_label(checkpoint.number),
        "changes": render_changes(checkpoint.changes),
        "capsule": markdown.code_block(embedded, "markdown") if embedded else "None.",
    }
    left_out = {"content_sha256", *(() if checkpoint.imported_from else ("imported_from",))}
    front = fields.render_front([field for field in FIELDS if field.name not in left_out], values)
    below = infull.render(checkpoint.full) + commandsrun.render(checkpoint.evidence)
    bare = _joined(fill(template, places | {"frontmatter": front}), below)
    stamp = f'content_sha256: "{digest(bare.encode("utf-8"))}"'
    return _joined(fill(template, places | {"frontmatter": f"{front}\n{stamp}"}), below).encode("utf-8")


def _joined(text: str, below: str) -> str:
    gap = "\n" if below and not text.endswith("\n") else ""
    return f"{text}{gap}{below}"


def _embedded(capsule_text: str) -> str:
    text = lf(capsule_text.removeprefix("\ufeff"))
    return text if not text or text.endswith("\n") else text + "\n"


def _places(checkpoint: Checkpoint) -> dict[str, str]:
    """The nine bold lines; what is not known is `none`."""
    values = {name: _shown(getattr(checkpoint, name)) for name in ("stage", "cycle", *_LINES)}
    completed = "; ".join(_item(text) for text in checkpoint.completed if one_line(text))
    saved = iso(checkpoint.saved_at) if checkpoint.saved_at else _NONE
    return values | {"saved": saved, "completed": completed or _NONE}


_LINES = ("in_progress", "next", "context", "active_sketch", "open_todos")


def _shown(value: str | None) -> str:
    return one_line(value or "") or _NONE


def _item(text: str) -> str:
    return one_line(text).replace("\\", "\\\\").replace(";", "\\;")


def _items(text: str) -> tuple[str, ...]:
    if "\\" not in text:
        return tuple(part.strip() for part in text.split(";") if part.strip())
    return tuple(_ESCAPED.sub(r"\1", part.strip()) for part in _ITEM.findall(text) if part.strip())


def parse_checkpoint(document: Document) -> Checkpoint:
    """Read a checkpoint, also one the original tool wrote (nine bold lines, no frontmatter).

    Raises:
        InvalidRecord: it has no number, or its frontmatter is wrong (exit 9).
    """
    bold = _bold_lines(document.body)
    values = _front(document) if document.has_frontmatter else _from_lines(document, bold)
    values |= {name: _known(bold.get(label)) for name, label in _LABELS.items()}
    capsule_text = markdown.first_code_block(_part(document, "Capsule")) or ""
    return Checkpoint(
        **{name: value for name, value in values.items() if name not in ("type", "schema_version", "content_sha256")},
        completed=_items(_known(bold.get("completed this session")) or ""),
        capsule_text=capsule_text,
        changes=parse_changes(markdown.first_code_block(_part(document, "Changes at the pause")) or ""),
        full=infull.parse(document),
        evidence=commandsrun.parse(document),
    )


_LABELS = {
    "in_progress": "in progress",
    "next": "next",
    "context": "context",
    "active_sketch": "active sketch",
    "open_todos": "open todos",
}


def _front(document: Document) -> dict[str, Any]:
    values, problems = _decode(document)
    needed = ("type", "schema_version", "number", "saved_at", "paused_commit")
    if fatal := [problem for problem in problems if problem.key in needed]:
        raise InvalidRecord(document.path, fatal)
    return values


def _decode(document: Document) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    values, problems = fields.decode(document, FIELDS, "checkpoint")
    version = values["schema_version"]
    if version is not None and not 1 <= version <= SCHEMA_VERSION:
        message = f"schema_version {version} is not known; this volon reads 1 to {SCHEMA_VERSION}"
        problems += (_problem(document, "schema_version", "schema-version", message),)
    if values["number"] is not None and values["number"] < 1:
        problems += (_problem(document, "number", "field-invalid", "`number` starts at 1"),)
    return values, problems


def _from_lines(document: Document, bold: dict[str, str]) -> dict[str, Any]:
    name = parse_filename(document.path.rpartition("/")[2])
    heading = next((match for line in document.body.split("\n") if (match := _HEADING.match(line))), None)
    if heading is None and name is None:
        message = "neither the heading `# Checkpoint NN` nor the file's name says its number"
        problem = Problem(document.path, 1, None, "number", "checkpoint.field-missing", message)
        raise InvalidRecord(document.path, [problem])
    number = int(heading[1]) if heading else name[0] if name else 0
    stage = _known(bold.get("stage")) or (name[1] if name else None) or "work"
    empty = {field.name: None for field in FIELDS}
    known = {"number": number, "stage": stage, "cycle": _known(bold.get("cycle"))}
    return empty | known | {"saved_at": parse_time(bold.get("saved", ""))}


def _bold_lines(body: str) -> dict[str, str]:
    """The bold lines above the first section, by lower-case label; the first of a label counts."""
    found: dict[str, str] = {}
    for line in markdown.walk(lf(body)):
        if line.text.startswith("## "):
            break
        if label := markdown.bold(line.text, "**:"):
            found.setdefault(label[0].strip().casefold(), label[1].strip())
    return found


def _known(text: str | None) -> str | None:
    return None if text is None or text.casefold() in ("", _NONE) else text


def _part(document: Document, title: str) -> str:
    return document.section(title) or ""


def check_checkpoint(document: Document) -> tuple[Problem, ...]:
    """Every rule a checkpoint breaks, tampering included; one without frontmatter has only its number to get wrong."""
    if not document.has_frontmatter:
        return ()
    values, problems = _decode(document)
    name = parse_filename(document.path.rpartition("/")[2])
    if name and values["number"] not in (None, name[0]):
        message = f"`number: {values['number']}` does not match the file's name"
        problems += (_problem(document, "number", "number-mismatch", message),)
    return (*problems, *verify(document))


def verify(document: Document) -> tuple[Problem, ...]:
    """Whether the file is as it was written: `checkpoint.tampered` for each digest that does not match.

    A checkpoint without digests (the original tool's) cannot be verified, which is no problem.
    """
    return tuple(_verify(document))


def _verify(document: Document) -> Iterator[Problem]:
    stated = document.get("content_sha256")
    text = lf(document.data.removeprefix(b"\xef\xbb\xbf").decode("utf-8"))
    if stated and stated != digest(_bare(text).encode("utf-8")):
        yield _problem(document, "content_sha256", "tampered", "the file was changed after it was written", _HINT)
    elif document.get("uid") and not stated:
        yield _problem(document, "content_sha256", "tampered", "the digest of the file was taken out", _HINT)
    stated = document.get("capsule_sha256")
    embedded = markdown.first_code_block(_part(document, "Capsule")) or ""
    if stated and stated != digest(embedded.encode("utf-8")):
        yield _problem(document, "capsule_sha256", "tampered", "the embedded capsule was changed", _HINT)


def _bare(text: str) -> str:
    """A checkpoint, which begins with a fence, without the line of its digest."""
    above, _, rest = text.partition("\ncontent_sha256:")
    _, ended, below = rest.partition("\n")
    return f"{above}\n{below}" if ended else text


_HINT = "`volon doctor --fix` puts back what the pause wrote and keeps this one aside"


def _problem(document: Document, key: str, rule: str, message: str, hint: str | None = None) -> Problem:
    line, column = document.line_of(key) or 1, document.column_of(key)
    return Problem(document.path, line, column, key, f"checkpoint.{rule}", message, hint)


def filename(number: int, stage: str, saved_at: datetime) -> str:
    """`NN-stage-YYYY-MM-DD.md`; the stage is reduced to letters, digits and dashes."""
    word = _NO_WORD.sub("-", stage.lower()).strip("-")[:32].strip("-") or "work"
    return f"{checkpoint_label(number)}-{word}-{iso(saved_at)[:10]}.md"


def parse_filename(name: str) -> tuple[int, str, date] | None:
    """The number, stage and day in a checkpoint's file name (padded or not), or None when it is none."""
    number, behind = number_in(name), _stage_and_day(name.partition("-")[2])
    return (number, *behind) if behind and number else None


def number_in(name: str) -> int:
    """The number in a checkpoint's file name; 0 when it is none."""
    digits, _, rest = name.partition("-")
    return _number(digits) if _stage_and_day(rest) else 0


@lru_cache(maxsize=1024)
def _stage_and_day(text: str) -> tuple[str, date] | None:
    """What follows the number; the same few stand in thousands of names."""
    bare, ending = text[:-_TAIL], text[-_TAIL:]
    day = parse_date(ending[1:-3]) if ending[:1] == "-" and ending[-3:] == ".md" else None
    return None if day is None or not bare or "/" in bare or "\0" in bare else (bare, day)


def latest(names: Iterable[str]) -> tuple[int, str] | None:
    """The highest number among file names, with the last name that has it; names that are no checkpoints do not count.

    Only names at the top are looked at closely.
    """
    listed = [*names]
    numbers = [_number(name.partition("-")[0]) for name in listed]
    top = max(numbers, default=0)
    last = max([name for number, name in zip(numbers, listed, strict=True) if number == top], default="")
    likely = [(top, last)] if number_in(last) else sorted(zip(numbers, listed, strict=True), reverse=True)
    return next(((number, name) for number, name in likely if number_in(name)), None)


def _number(digits: str) -> int:
    return int(digits) if digits.isdigit() and digits.isascii() and len(digits) <= _MOST_DIGITS else 0
