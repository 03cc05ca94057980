"""`volon schema KIND`: the JSON Schema of every record and of every command's `--json`.

Both kinds are generated from the one place where the fields are defined.

Source: contract §4; issue "the protocol, end to end" (schemas generated from the one place).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.model.pipeline.schema import event_schema, spec_schema
from volon.model.records import schemas
from volon.model.requests import request_schema
from volon.model.results.protocol import SchemaResult
from volon.model.results.schema import result_schema
from volon.model.results.table import RESULTS


def kinds() -> tuple[str, ...]:
    """Return every name there is a schema for: records first, then commands."""
    return (*schemas.KINDS, "pipeline", "pipeline-event", "pause-request", *(f"{name}-result" for name in RESULTS))


def schema(kind: str | None) -> SchemaResult:
    """Return one schema, or the names of all.

    Raises:
        UsageError: there is no such schema; the names are listed.
    """
    if kind is None:
        return SchemaResult(kinds=kinds())
    if kind in schemas.KINDS:
        found = schemas.json_schema(kind)
    elif kind == "pipeline":
        found = spec_schema()
    elif kind == "pipeline-event":
        found = event_schema()
    elif kind == "pause-request":
        found = request_schema()
    elif kind.removesuffix("-result") in RESULTS:
        found = result_schema(RESULTS[kind.removesuffix("-result")])
    else:
        message = f"There is no schema '{kind}'."
        raise UsageError(message, hints=[f"One of: {', '.join(kinds())}"])
    return SchemaResult(kind=kind, document=found)
