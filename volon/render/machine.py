"""Results as JSON: one object per command, its version first.

Keys are the attribute names of the classes in `volon.model.results`; `volon schema COMMAND` describes them.

Source: contract §4.
"""

from __future__ import annotations

import json

from volon.plain import fields, is_dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results import Result


def to_json(result: Result) -> str:
    """Return the result as one JSON object with `schema` first, pure ASCII, ending in a newline."""
    return json.dumps(plain(result), indent=2) + "\n"


def plain(result: Result) -> dict[str, object]:
    """Return the result as plain values, `schema` first."""
    return {"schema": result.SCHEMA, **_plain_fields(result)}


def _plain_fields(value: object) -> dict[str, object]:
    return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(item) for name, item in zip(value._fields, value, strict=True)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
