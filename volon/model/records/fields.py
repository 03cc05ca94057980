"""The fields of a record, said once: used to read it, to check it, to write it and to publish its schema.

Source: contract §3 (the formats), design §1 (raw, domain, upgrade).
"""

from __future__ import annotations

from volon.dates import datetime
from volon.model import ids
from volon.model.problems import Problem
from volon.model.syntax.frontmatter import render_scalar
from volon.model.syntax.gitpath import quote_name, unquote_name
from volon.model.text import iso, one_line, parse_time
from volon.patterns import pattern
from volon.plain import NamedTuple, StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from volon.model.syntax.frontmatter import Document, Writable


class Kind(StrEnum):
    """What a value is. In the frontmatter every scalar is text; the kind gives it its type."""

    LINE = "line"
    TEXT = "text"
    INT = "int"
    BOOL = "bool"
    TIME = "time"
    COMMIT = "commit"
    ULID = "ulid"
    TASK_ID = "task_id"
    PATH = "path"
    NAME = "name"
    DIGEST = "digest"
    SIZE = "size"
    LIST = "list"
    OBJECTS = "objects"
    MAP = "map"


class Field(NamedTuple):
    """One field.

    Attributes:
        name: the key, and the attribute of the domain object.
        kind: what the value is.
        doc: one sentence for people; it becomes the schema's description and a row of docs/FORMAT.md.
        required: whether the key must be there.
        nullable: whether it may be null, which an optional field always may.
        choices: the only values allowed, when there are such.
        pattern: what the text must match in full, when that is not said by the kind.
        items: the fields of each object when the kind is OBJECTS.
        since: the schema version that brought it.
    """

    name: str
    kind: Kind
    doc: str
    required: bool = False
    nullable: bool = False
    choices: tuple[str, ...] = ()
    pattern: str | None = None
    items: tuple[Field, ...] = ()
    since: int = 1


_MOST_DIGITS = 18


def is_relative(text: str) -> bool:
    """Whether the text, one line, is a path that stays below where it begins, on every system."""
    return text[:1] not in ("", "/", "\\") and "\0" not in text and ".." not in text.replace("\\", "/").split("/")


PATTERNS = {
    Kind.COMMIT: ids.SHORT_COMMIT,
    Kind.ULID: ids.ULID,
    Kind.TASK_ID: ids.TASK_ID,
    Kind.DIGEST: r"^[0-9a-f]{64}$",
    Kind.PATH: r"^(?![/\\])(?!(.*[/\\])?\.\.([/\\]|$))[^\x00]+$",
}
_SOUND = {
    Kind.COMMIT: ids.is_short_commit,
    Kind.ULID: ids.is_ulid,
    Kind.TASK_ID: ids.is_task_id,
    Kind.DIGEST: ids.is_digest,
    Kind.PATH: is_relative,
}
"""What says the same as some of these, and takes less than compiling them."""
_EXPECTED = {
    Kind.INT: "a whole number",
    Kind.BOOL: "true or false",
    Kind.TIME: "a time such as 2026-11-19T10:00:00Z",
    Kind.COMMIT: "a full commit id (40 or 64 hex digits)",
    Kind.ULID: "a ULID",
    Kind.TASK_ID: "a task id such as TASK-20261119-001",
    Kind.PATH: "a path relative to the repository root",
    Kind.DIGEST: "a sha256 in hex",
    Kind.LIST: "a list",
    Kind.SIZE: "a size such as 50MiB",
    Kind.MAP: "`key: value` lines",
}
_SIZE = pattern(r"([0-9]{1,15})\s*([kmgtb]?)(?:(?<=[kmgt])i?b)?")
_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


def decode(document: Document, fields: Iterable[Field], record: str) -> tuple[dict[str, Any], tuple[Problem, ...]]:
    """Read the typed values of a record's frontmatter.

    Args:
        document: the raw record.
        fields: what to read; keys not among them are left alone.
        record: the first half of the rule ids, such as `capsule`.

    Returns:
        A value for every field (None where it is absent or wrong), and the problems.
    """
    values: dict[str, Any] = {}
    problems = []
    for field in fields:
        raw = document.meta.get(field.name)
        value, complaint = typed(field, raw)
        values[field.name] = value
        if complaint is not None:
            rule = "field-missing" if raw is None else "field-invalid"
            problems.append(_problem(document, field, f"{record}.{rule}", complaint, raw))
    return values, tuple(problems)


def typed(field: Field, raw: object) -> tuple[Any, str | None]:
    """A raw value as what the field says it is, or (None, why not)."""
    if raw is None:
        absent = field.required and not field.nullable
        return _nothing(field), f"`{field.name}` is missing; expected {_expected(field)}" if absent else None
    value = _CONVERT.get(field.kind, _text)(raw)
    if value is None or not _allowed(field, value):
        shown = raw if isinstance(raw, str) else type(raw).__name__
        return _nothing(field), f"`{field.name}: {one_line(str(shown))[:60]}` is not {_expected(field)}"
    return value, None


def _nothing(field: Field) -> object:
    if field.kind is Kind.MAP:
        return {}
    return () if field.kind in {Kind.LIST, Kind.OBJECTS} else None


def _allowed(field: Field, value: object) -> bool:
    if field.choices:
        return value in field.choices
    wanted = field.pattern or PATTERNS.get(field.kind)
    if not wanted or not isinstance(value, str):
        return True
    text = value.removesuffix("\n")
    if field.pattern or field.kind not in _SOUND:
        return pattern(f"(?a){wanted}").search(text) is not None
    return _SOUND[field.kind](text)


def _expected(field: Field) -> str:
    if field.choices:
        return "one of " + ", ".join(field.choices)
    if field.pattern:
        return f"text matching {field.pattern}"
    return _EXPECTED.get(field.kind, "text")


def _text(raw: object) -> str | None:
    return raw if isinstance(raw, str) else None


def _line(raw: object) -> str | None:
    return one_line(raw) if isinstance(raw, str) else None


def _name(raw: object) -> str | None:
    return unquote_name(one_line(raw)) if isinstance(raw, str) else None


def _int(raw: object) -> int | None:
    if not isinstance(raw, str):
        return None
    digits = raw.removeprefix("-")
    return int(raw) if digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS else None


def _bool(raw: object) -> bool | None:
    return {"true": True, "false": False}.get(raw.lower()) if isinstance(raw, str) else None


def _time(raw: object) -> datetime | None:
    return parse_time(raw) if isinstance(raw, str) else None


def _size(raw: object) -> int | None:
    """Bytes; `50MiB`, `50MB` and `50M` all mean 50 * 1024 * 1024."""
    match = _SIZE.fullmatch(raw.strip().lower()) if isinstance(raw, str) else None
    return int(match[1]) * _UNITS[match[2]] if match else None


def _list(raw: object) -> tuple[str, ...] | None:
    """A list of text; a single word counts as a list of one, as people write it."""
    if isinstance(raw, str):
        return (raw,) if raw else ()
    if not isinstance(raw, list) or not all(isinstance(item, str) for item in raw):
        return None
    return tuple(raw)


def _map(raw: object) -> dict[str, Any] | None:
    return raw if isinstance(raw, dict) else None


_CONVERT: dict[Kind, Callable[[Any], Any]] = {
    Kind.LINE: _line,
    Kind.NAME: _name,
    Kind.INT: _int,
    Kind.BOOL: _bool,
    Kind.TIME: _time,
    Kind.LIST: _list,
    Kind.MAP: _map,
    Kind.SIZE: _size,
}


def _problem(document: Document, field: Field, rule: str, message: str, raw: object) -> Problem:
    line = document.line_of(field.name)
    place = line if line is not None else 1
    hint = _meant(field, raw) or _choose(field, line) or field.doc
    return Problem(document.path, place, document.column_of(field.name), field.name, rule, message, hint)


def _choose(field: Field, line: int | None) -> str | None:
    """Where to write which words, when there are only these; of a missing key the message says so."""
    return f"edit line {line} to one of {', '.join(field.choices)}" if field.choices and line is not None else None


def _meant(field: Field, raw: object) -> str | None:
    """What was probably meant by a word that is close to one that may stand there."""
    if not (field.choices and isinstance(raw, str)):
        return None
    import difflib  # noqa: PLC0415  only for a typing error

    near = difflib.get_close_matches(raw, field.choices, n=1)
    return f"Did you mean {near[0]}?" if near else None


def render_front(fields: Iterable[Field], values: Mapping[str, Any]) -> str:
    """The frontmatter lines of a record, in the order of its fields, without fences.

    Args:
        fields: which keys, and in which order.
        values: typed values by name; a missing one is null.
    """
    return "\n".join(f"{one.name}: {render_scalar(to_scalar(one, values.get(one.name)))}" for one in fields)


def to_scalar(field: Field, value: object) -> Writable:
    """A typed value as what `render_scalar` writes; text is folded to one line."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, (list, tuple)) or field.kind is Kind.LIST:
        return [one_line(str(item)) for item in (value if isinstance(value, (list, tuple)) else ())]
    if isinstance(value, str):
        value = quote_name(value) if field.kind is Kind.NAME else value
        return value if field.kind is Kind.TEXT else one_line(value)
    return value if isinstance(value, int) else None
