"""The JSON Schema of a pipeline spec, for editors and for whoever writes one: `volon schema pipeline`.

Source: contract §4 (`volon schema KIND`).
"""

from __future__ import annotations

from volon.model.pipeline.spec import FIELDS, TICKET, VERSION
from volon.model.records.schemas import described

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEXT = {"type": ["string", "number", "boolean", "null"]}
_WORDS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


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
