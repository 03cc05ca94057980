"""From every format version ever written to the current one, one function per step.

Domain code never sees an old version: a record is decoded as what it is, taken through its steps, and only then
becomes a domain object. On disk nothing is rewritten until the next pause writes the record anyway.

| record | version | written by |
|---|---|---|
| capsule | 1 | the original of seed 001: six keys, branch and worktree only in the text |
| capsule | 2 | volon 0.1 |

Source: design §1 (raw, domain, upgrade), contract §3 (schema_version 1 is valid).
"""

from __future__ import annotations

from volon.model.records.capsulevalues import BODY, FIELDS, SCHEMA_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Values = dict[str, Any]


def capsule(values: Values) -> Values:
    """A capsule's decoded values in the current version, without what only the upgrade needed to know."""
    for version in range(values["schema_version"], SCHEMA_VERSION):
        values = CAPSULE_STEPS[version](values)
    known = {field.name for field in (*FIELDS, *BODY)}
    return {name: value for name, value in values.items() if name in known}


def capsule_1_to_2(values: Values) -> Values:
    """Version 1 says branch and worktree only in the text, and nothing of upstream, mode or checkpoint."""
    worktree = values["body_worktree"]
    return values | {
        "schema_version": 2,
        "branch": values["branch"] or values["body_branch"],
        "worktree": values["worktree"] or ("." if worktree in (None, "main worktree") else worktree),
    }


CAPSULE_STEPS: dict[int, Callable[[Values], Values]] = {1: capsule_1_to_2}
