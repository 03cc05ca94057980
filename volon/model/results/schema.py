"""The JSON Schema of a result, derived from its class: what `--json` prints is described by what the code returns.

Source: contract §4 (`schema: "volon/<command>@1"`).
"""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, Any, ClassVar, Union, get_args, get_origin, get_type_hints

from volon.plain import fields, is_dataclass

if TYPE_CHECKING:
    from collections.abc import Hashable

    from volon.model.results import Result

_SCALARS: dict[object, dict[str, object]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    type(None): {"type": "null"},
    object: {},
}


def result_schema(cls: type[Result]) -> dict[str, object]:
    """Return the schema of one result class, draft 2020-12, closed: an unknown key is an error."""
    schema = object_schema(cls)
    schema["properties"] = {"schema": {"const": cls.SCHEMA}, **schema["properties"]}
    schema["required"] = ["schema", *schema["required"]]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": cls.SCHEMA, **schema}


def object_schema(cls: type[Any]) -> dict[str, Any]:
    """Return the schema of any dataclass, or tuple with names, of plain values."""
    hints = get_type_hints(cls, localns={"ClassVar": ClassVar} | _views())
    declared = [item.name for item in fields(cls)] if is_dataclass(cls) else cls._fields
    names = [name for name in declared if get_origin(hints[name]) is not ClassVar]
    return {
        "type": "object",
        "additionalProperties": False,
        "required": names,
        "properties": {name: _schema(hints[name]) for name in names},
    }


def _views() -> dict[str, Any]:
    """Return what results may hold by name: each loads what it holds of other modules for type checkers alone."""
    from volon.model.results.table import MODULES  # noqa: PLC0415  it is a large part of all there is

    return {name: value for module in MODULES for name, value in vars(module).items() if _has_names(value)}


def _has_names(value: object) -> bool:
    """Whether it is a dataclass, or a tuple with names."""
    return is_dataclass(value) or hasattr(value, "_fields")


def _schema(hint: Hashable) -> dict[str, Any]:
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    if isinstance(hint, type) and _has_names(hint):
        return object_schema(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {types.UnionType, Union}:
        return {"anyOf": [_schema(argument) for argument in arguments]}
    if origin is tuple and arguments[-1:] == (...,):
        return {"type": "array", "items": _schema(arguments[0])}
    if origin is tuple:
        size = len(arguments)
        return {
            "type": "array",
            "prefixItems": [_schema(item) for item in arguments],
            "minItems": size,
            "maxItems": size,
        }
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1])}
    message = f"BUG: a result has a field of type {hint}"
    raise TypeError(message)
