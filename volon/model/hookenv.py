"""What a hook is told: the `VOLON_*` variables, this table and no others.

Their values are data, some of it text that a stranger may have written; a hook must not let a shell evaluate them.

Source: contract §6 (hooks); reliability C2, S12.
"""

from __future__ import annotations

import json

from volon.model.text import clip_line, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

VARIABLES = {
    "VOLON_EVENT": "`on_pause` or `on_resume`; `replay` for a recorded command that is run again.",
    "VOLON_ROOT": "The top of the working tree, absolute; the hook also runs there.",
    "VOLON_TASK_ID": "The task.",
    "VOLON_OP": "The pause this is about, a ULID; the same one each time a hook runs for it. Empty: never paused.",
    "VOLON_CHECKPOINT": "The number of that pause's checkpoint.",
    "VOLON_CHECKPOINT_PATH": "Its file, relative to VOLON_ROOT.",
    "VOLON_PAUSED_COMMIT": "HEAD at that pause.",
    "VOLON_BRANCH": "The branch of that pause.",
    "VOLON_MODE": "`soft`, `restart` or `compact`.",
    "VOLON_NOTE": "The note of that pause: one line, secrets redacted.",
    "VOLON_IN_HOOK": "Never empty. A volon that finds it changes nothing and exits 4.",
}
"""Every variable and what it says; what is not known is empty."""

_FOREIGN = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "INDEX_FILE", "OBJECT_DIRECTORY", "ALTERNATE_OBJECT_DIRECTORIES", "COMMON_DIR"),
        *("NAMESPACE", "PREFIX", "CONFIG", "CONFIG_PARAMETERS", "CONFIG_COUNT", "GRAFT_FILE", "SHALLOW_FILE"),
    )
)
"""What would point a hook's git at another repository than the one it runs in."""
_LONGEST = 2000
_FORMAT = 1


def variables(**known: object) -> dict[str, str]:
    """Return the variables by their names without the prefix, in lower case; what is None or absent is empty.

    `VOLON_ROOT` and `VOLON_IN_HOOK` belong to the moment of running and are left to `environment`.
    """
    return {
        name: clip_line(one_line(str(value)), _LONGEST) if value is not None else ""
        for name in VARIABLES
        if name not in {"VOLON_ROOT", "VOLON_IN_HOOK"}
        for value in [known.get(name.removeprefix("VOLON_").lower())]
    }


def environment(outer: Mapping[str, str], known: Mapping[str, str], *, root: str, op: str) -> dict[str, str]:
    """Return the whole environment of a hook: the user's own, with exactly the variables of the table.

    Entries of PATH that are not absolute are left out: nothing in the working tree is found by its bare name.

    Args:
        outer: the user's environment.
        known: from `variables`.
        root: the top of the working tree.
        op: what the hook runs within.
    """
    kept = {name: value for name, value in outer.items() if not name.startswith("VOLON_") and name not in _FOREIGN}
    if "PATH" in kept:
        kept["PATH"] = ":".join(entry for entry in kept["PATH"].split(":") if entry.startswith("/"))
    return kept | dict.fromkeys(VARIABLES, "") | dict(known) | {"VOLON_ROOT": root, "VOLON_IN_HOOK": op}


def encode_owed(known: Mapping[str, str]) -> bytes:
    """Return what is kept of a pause whose hooks have not run yet: what to tell them, never what to run."""
    return json.dumps({"format": _FORMAT, "variables": dict(known)}, indent=1, sort_keys=True).encode("ascii") + b"\n"


def decode_owed(data: bytes) -> dict[str, str] | None:
    """Return the variables of a pause whose hooks are owed, or None when this does not say so."""
    try:
        found = json.loads(data)
        known = found["variables"]
        if found["format"] != _FORMAT or not all(isinstance(known[name], str) for name in variables()):
            return None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return variables(**{name.removeprefix("VOLON_").lower(): known[name] for name in variables()})
