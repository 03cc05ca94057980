"""What Codex writes down when its user agrees to a hook: a digest, so that one that is changed is agreed to anew.

As its client says it itself (`hooks/list` of `codex app-server`), in the version and as of the day of `HOSTS`; of a
plugin's hook the digest of the plugin follows behind a slash, which is not written down.

Source: issue "Where agents live" (`doctor`); agents.md §1.5.
"""

from __future__ import annotations

import json

from volon.digests import sha256

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.syntax.jsonc import Json

_KNOWN = frozenset({"type", "command", "timeout", "statusMessage"})
_SECONDS = 600
"""What counts where a hook names no limit."""
_MATCHERS: tuple[dict[str, Json], ...] = ({}, {"matcher": ""})


def digests(event: str, hook: Json) -> frozenset[str]:
    """Return what is written down of a hook for whatever may call it, with an empty matcher beside it or none.

    Args:
        event: as Codex spells it there, such as `session_start`.
        hook: the entry; of a form whose digest is not known there is none.
    """
    if not isinstance(hook, dict) or not set(hook) <= _KNOWN or type(hook.get("timeout", 0)) is not int:
        return frozenset()
    whole: dict[str, Json] = {"timeout": _SECONDS, **hook, "async": False}
    return frozenset(_digest({"event_name": event, "hooks": [whole], **more}) for more in _MATCHERS)


def _digest(said: Json) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{sha256(text.encode('utf-8', 'replace'))}"
