"""JSON Schemas of the records, made from the field definitions, and the records as JSON that they describe.

Source: contract §4 (`volon schema KIND`), §7 (`--from` takes JSON of a published schema).
"""

from __future__ import annotations

from datetime import datetime

from volon.errors import UsageError
from volon.model import ids
from volon.model.records import bootstrap, capsulevalues, checkpoint, config, runlog, task
from volon.model.records.fields import PATTERNS, Field, Kind
from volon.model.text import iso
from volon.plain import StrEnum, asdict, is_dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_CHANGE = (
    Field("path", Kind.LINE, "Relative to the repository root.", required=True),
    Field("status", Kind.LINE, "The two letters of git status; ?? is untracked.", required=True),
    Field("mode", Kind.LINE, "The file's mode in git's terms; null when it is gone."),
    Field("blob", Kind.COMMIT, "The object id of its bytes; null when it is gone."),
    Field("origin", Kind.LINE, "Where a renamed file came from."),
)
_EVIDENCE = (
    Field("uid", Kind.LINE, "The operation that recorded it.", required=True),
    Field("argv", Kind.LIST, "The words, secrets redacted.", required=True),
    Field("cwd", Kind.LINE, "Where it ran, relative to the repository root.", required=True),
    Field("exit_status", Kind.INT, "How it ended; negative is a signal.", required=True),
    Field("before", Kind.MAP, "The tree it began on.", required=True),
    Field("after", Kind.MAP, "The tree it left.", required=True),
)
_TASK_BODY = (
    Field("description", Kind.TEXT, "What the work is."),
    Field("acceptance", Kind.OBJECTS, "What must hold in the end.", items=capsulevalues.ACCEPTANCE),
    Field("updates", Kind.LIST, "What happened, one line each; only ever appended to."),
)
_CHECKPOINT_BODY = (
    *checkpoint.BODY,
    Field("capsule_text", Kind.TEXT, "The whole capsule."),
    Field("changes", Kind.OBJECTS, "The changed paths at the pause.", items=_CHANGE),
    Field("evidence", Kind.OBJECTS, "The newest recorded run of each command.", items=_EVIDENCE),
    Field("full", Kind.MAP, "By field, the texts that the capsule has no room for."),
)
_RUNLOG = (
    Field("schema", Kind.LINE, "Says what the line is.", required=True, choices=(runlog.SCHEMA,)),
    Field("at", Kind.TIME, "When.", required=True),
    Field("op", Kind.ULID, "The operation.", required=True),
    Field("verb", Kind.LINE, "What was done.", required=True),
)
_HOOKS = tuple(Field(name, Kind.OBJECTS, "Programs to run, once trusted.", items=config.HOOK) for name in config.HOOKS)

RECORDS: dict[str, tuple[int, str, tuple[Field, ...]]] = {
    "task": (1, "A task.", (*task.FIELDS, *_TASK_BODY)),
    "capsule": (capsulevalues.SCHEMA_VERSION, "A task's capsule.", (*capsulevalues.FIELDS, *capsulevalues.BODY)),
    "bootstrap": (1, "The bootstrap.", bootstrap.FIELDS),
    "checkpoint": (checkpoint.SCHEMA_VERSION, "A checkpoint.", (*checkpoint.FIELDS, *_CHECKPOINT_BODY)),
    "config": (config.VERSION, "The settings, volon.yaml.", config.FIELDS),
    "runlog": (1, "One line of the run log.", _RUNLOG),
}
"""Kind to version, title and fields. What a record's frontmatter may hold beyond them is allowed and kept."""

KINDS = tuple(RECORDS)


def json_schema(kind: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record as JSON.

    Raises:
        UsageError: there is no such kind.
    """
    if kind not in RECORDS:
        raise UsageError(f"there is no schema for {kind!r}", hints=[f"one of {', '.join(KINDS)}"])
    return described(kind, *RECORDS[kind])


def described(kind: str, version: int, title: str, fields: tuple[Field, ...]) -> dict[str, Any]:
    """The JSON Schema of whatever has these fields."""
    return {"$schema": DIALECT, "$id": f"volon/{kind}@{version}", "title": title, **_object(fields)}


def to_json(value: object) -> object:
    """A record, or any value of the model, as plain JSON values: times as volon writes them, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return {key: to_json(item) for key, item in asdict(value).items()}
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    return value.value if isinstance(value, StrEnum) else value


def _object(fields: tuple[Field, ...]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {field.name: _property(field) for field in fields},
        "required": [field.name for field in fields if field.required],
    }


def _property(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"description": field.doc, **_typed(field)}
    if field.choices:
        schema["enum"] = [*field.choices] if field.required and not field.nullable else [*field.choices, None]
    if not field.required or field.nullable:
        schema["type"] = [schema["type"], "null"]
    return schema


def _typed(field: Field) -> dict[str, Any]:
    if field.kind is Kind.OBJECTS:
        return {"type": "array", "items": _object(field.items)}
    if field.kind is Kind.LIST:
        return {"type": "array", "items": {"type": "string"}}
    if field.kind is Kind.MAP:
        return _object(_HOOKS) if field.name == "hooks" else _object(field.items) if field.items else {"type": "object"}
    schema: dict[str, Any] = {"type": {Kind.INT: "integer", Kind.BOOL: "boolean"}.get(field.kind, "string")}
    if field.kind is Kind.TIME:
        schema["format"] = "date-time"
    if pattern := field.pattern or (ids.COMMIT if field.kind is Kind.COMMIT else PATTERNS.get(field.kind)):
        schema["pattern"] = pattern
    if field.kind is Kind.TASK_ID:
        schema["maxLength"] = ids.MAX_ID
    return schema
