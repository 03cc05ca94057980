"""The JSON Schema of a pipeline spec, for editors and for whoever writes one: `volon schema pipeline`.

Source: contract §4 (`volon schema KIND`).
"""

from __future__ import annotations

from volon.model.pipeline.records import EVENT, KINDS, Ended
from volon.model.pipeline.spec import FIELDS, TICKET, VERSION
from volon.model.records.schemas import DIALECT, described
from volon.model.results.schema import object_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXT = {"type": ["string", "number", "boolean", "null"]}
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def event_schema() -> dict[str, Any]:
    """Return the schema of one line that `pipeline run --json` prints as it goes: a record of the journal."""
    kinds = []
    for kind, cls in KINDS.items():
        one = object_schema(cls)
        own = {"schema": {"const": EVENT}, "n": {"type": "integer"}, "at": {"type": "string"}, "event": {"const": kind}}
        more = {"output": {"type": "array", "items": {"type": "string"}}} if cls is Ended else {}
        properties = {**own, **one["properties"], **more}
        kinds.append({**one, "properties": properties, "required": [*own, *one["required"], *more]})
    return {"$schema": DIALECT, "$id": EVENT, "title": "Something that happened in a pipeline.", "oneOf": kinds}


def spec_schema() -> dict[str, Any]:
    """Return the schema: made of the fields, and closed, because the reader is strict."""
    schema = described("pipeline", VERSION, "A pipeline.", FIELDS)
    ticket = described("ticket", VERSION, "A ticket.", TICKET)
    top, one = schema["properties"], ticket["properties"]
    one["run"] = {"description": one["run"]["description"], "anyOf": [{"type": "string", "minLength": 1}, _WORDS]}
    for each in (top["defaults"], one):
        each.get("properties", each)["timeout"]["type"] = ["string", "integer", "null"]
    for name in ("needs", "outputs", "locks"):
        one[name]["type"] = ["array", "string", "null"]
    for each in (top, one):
        each["env"] = {**each["env"], "additionalProperties": _TEXT}
    closed = {"additionalProperties": False}
    top["version"] = {**top["version"], "const": VERSION}
    top["defaults"] |= closed
    item = {key: ticket[key] for key in ("type", "properties", "required")} | closed
    top["tickets"] = {"description": top["tickets"]["description"], "type": "array", "minItems": 1, "items": item}
    return {**schema, "required": ["version", "tickets"], **closed}
