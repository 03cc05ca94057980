"""The run log: the story of what volon did, one JSON line for each entry.

Source: contract §1 (run log), §7 (the op log is the list of operations; the run log is the story for people).
"""

from __future__ import annotations

from volon.dates import datetime
from volon.model.secrets import redact
from volon.model.text import iso

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SCHEMA = "volon/runlog@1"


def entry(op: str, verb: str, at: datetime, **details: object) -> bytes:
    """One line, with its newline; secrets in text are redacted.

    Args:
        op: the operation's ULID.
        verb: what was done, such as `pause`.
        at: when.
        details: anything JSON can hold; a datetime is written as volon writes times; None is left out.
    """
    import json  # noqa: PLC0415  whoever only lists does not need it

    kept = {key: _plain(value) for key, value in details.items() if value is not None}
    line = {"schema": SCHEMA, "at": iso(at), "op": op, "verb": verb, **kept}
    return (json.dumps(line, ensure_ascii=True, separators=(",", ":")) + "\n").encode("ascii")


def entries(data: bytes) -> tuple[dict[str, Any], ...]:
    """The entries of a log, oldest first; lines that are torn or of another schema are passed over."""
    return tuple(found for line in data.split(b"\n") if (found := _entry(line)) is not None)


def _entry(line: bytes) -> dict[str, Any] | None:
    import json  # noqa: PLC0415  as above

    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def _plain(value: object) -> object:
    if isinstance(value, str):
        return redact(value)[0]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item) for item in value]
    return iso(value) if isinstance(value, datetime) else value
