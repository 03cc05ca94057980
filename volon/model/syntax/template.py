"""Filling a template: `{{name}}` is replaced once, and nothing else happens.

There is no engine: no conditions, no loops, no code. Text that is put in is never looked at again, so user text
holding `{{…}}` stays what it is.

Source: brief of the records, reliability S5 (no templating engine).
"""

from __future__ import annotations

from volon.errors import CheckFailed
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_PLACE = pattern(r"\{\{([a-z][a-z0-9_]*)\}\}")


class BadTemplate(CheckFailed):
    """A template asks for something volon does not have, or leaves out what a record must have."""


def placeholders(template: str) -> frozenset[str]:
    """The names a template asks for."""
    return frozenset(_PLACE.findall(template))


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put the values in, in one pass; line ends become LF.

    Raises:
        BadTemplate: the template asks for a name that has no value.
    """
    unknown = sorted(placeholders(template) - values.keys())
    if unknown:
        known = ", ".join(sorted(values))
        raise BadTemplate(
            f"a template asks for {{{{{unknown[0]}}}}}, which is not known", causes=[f"known are {known}"]
        )
    return _PLACE.sub(lambda match: values[match[1]], template.replace("\r\n", "\n"))
