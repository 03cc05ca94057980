"""What a tool may be told: each argument as a line of a table, which gives the schema and the check.

Source: agents.md §2; MCP (`inputSchema` is JSON Schema 2020-12).
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

_MOST = 10**6
_KINDS: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool) and 0 < value <= _MOST,
    "array": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
}
_WANTED = {
    "string": "a text",
    "boolean": "true or false",
    "integer": "a number, 1 or more",
    "array": "a list of texts",
}


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument.

    Attributes:
        kind: a JSON type; an `array` is one of strings, an `integer` is positive.
        says: what the name does not say; empty for nothing.
        choices: the only values there are.
        needed: it may not be left out.
    """

    kind: str = "string"
    says: str = ""
    choices: tuple[str, ...] = ()
    needed: bool = False

    def schema(self) -> dict[str, object]:
        """Return its JSON Schema."""
        if self.choices:
            return {"enum": list(self.choices)}
        found: dict[str, object] = {"type": self.kind}
        found |= {"items": {"type": "string"}} if self.kind == "array" else {}
        return found | ({"description": self.says} if self.says else {})

    def wrong(self, value: object) -> str:
        """Return what the value should have been; empty where it is right."""
        if self.choices:
            return "" if value in self.choices else f"one of {', '.join(self.choices)}"
        return "" if _KINDS[self.kind](value) else _WANTED[self.kind]


def input_schema(arguments: Mapping[str, Argument]) -> dict[str, object]:
    """Return the schema of all arguments of a tool.

    That there are no others is said when one is named: it would stand in every request of every agent.
    """
    needed = [name for name, one in arguments.items() if one.needed]
    return {
        "type": "object",
        "properties": {name: one.schema() for name, one in arguments.items()},
        **({"required": needed} if needed else {}),
    }


def checked(arguments: Mapping[str, Argument], said: Mapping[str, object]) -> dict[str, Any]:
    """Return what was said, without what was said to be null.

    Raises:
        UsageError: an argument is unknown, missing, or of the wrong kind.
    """
    given = {name: value for name, value in said.items() if value is not None}
    for name in given:
        if name not in arguments:
            raise UsageError(f"There is no argument {name[:40]!r}.", hints=[_known(arguments)])
    for name, one in arguments.items():
        if name in given and (wanted := one.wrong(given[name])):
            raise UsageError(f"The argument {name} is not {wanted}.")
        if one.needed and name not in given:
            raise UsageError(f"The argument {name} is missing.", hints=[_known(arguments)])
    return given


def _known(arguments: Mapping[str, Argument]) -> str:
    return f"The arguments are {', '.join(arguments)}." if arguments else "It has no arguments."
