"""Read the transcript of a session: of which agent it is, and what it says.

    read_transcript(lines)              the agent is told by the lines
    read_transcript(lines, "claude")    it is known

The lines may have a gap: whoever has a large file gives its beginning and its end (`volon.transcripts` does). A line
that is no object of JSON, as the last one is when the agent writes just now, is passed over; so is all that a version
says which nobody knew of here.

Source: issue "Where agents live"; the formats as the agents of the table wrote them, each run offline.
"""

from __future__ import annotations

import json
import posixpath
from itertools import chain

from volon.digests import sha256
from volon.model.agents.transcripts import claude, codex, copilot, gemini
from volon.model.agents.transcripts.transcript import Gathered, Transcript, table
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

_LOOKED_AT = 50
"""Lines of which one has to say whose they are."""


class Format(NamedTuple):
    """How an agent writes its transcripts.

    Attributes:
        files: where they are, from the user's home; `*` is one name. Its first part may be elsewhere: see `HOMES`.
        shows: whether a line can only be this agent's.
        take: what tells what a line says.
    """

    files: str
    shows: Callable[[dict[str, Any]], bool]
    take: Callable[[Gathered, dict[str, Any]], None]


def _claudes(entry: dict[str, Any]) -> bool:
    return "sessionId" in entry and "type" in entry and "payload" not in entry


def _codexs(entry: dict[str, Any]) -> bool:
    return "payload" in entry and "timestamp" in entry


def _geminis(entry: dict[str, Any]) -> bool:
    return "sessionId" in entry and "projectHash" in entry


def _copilots(entry: dict[str, Any]) -> bool:
    return "data" in entry and str(entry.get("type")).startswith(("session.", "user.message", "assistant."))


FORMATS = {
    "claude": Format(".claude/projects/*/*.jsonl", _claudes, claude.take),
    "codex": Format(".codex/sessions/*/*/*/rollout-*.jsonl", _codexs, codex.take),
    "copilot": Format(".copilot/session-state/*/events.jsonl", _copilots, copilot.take),
    "gemini": Format(".gemini/tmp/*/chats/session-*.jsonl", _geminis, gemini.take),
}
"""By volon's names for the agents, each in its version in `HOSTS`. OpenCode keeps its sessions in a database."""


def read_transcript(lines: Iterable[bytes], agent: str | None = None) -> Transcript | None:
    """Return what a transcript says; None when no line shows that it is one.

    Args:
        lines: of the file, in its order; not all of them have to be there.
        agent: whose it is, one of `FORMATS`; found out when None.
    """
    entries = _entries(lines)
    seen_first: list[dict[str, Any]] = []
    if agent is None:
        for entry in entries:
            seen_first.append(entry)
            agent = next((name for name, one in FORMATS.items() if one.shows(entry)), None)
            if agent or len(seen_first) >= _LOOKED_AT:
                break
    if agent is None:
        return None
    seen = Gathered(agent)
    for entry in chain(seen_first, entries):
        FORMATS[agent].take(seen, entry)
    return seen.transcript() if "session" in seen.said else None


def began_below(root: str, lines: Iterable[bytes], agent: str) -> bool:
    """Whether a session began in a directory or below it; one of an agent's helpers began nowhere.

    Where only the digest of a path is told it has to be that of the directory itself.

    Args:
        root: absolute, without a link in it.
        lines: the first of the file.
        agent: whose it is, one of `FORMATS`.
    """
    root = root.rstrip("/")
    own = sha256((root or "/").encode("utf-8", "surrogateescape"))
    seen = Gathered(agent)
    for entry in _entries(lines):
        FORMATS[agent].take(seen, entry)
        if "directory" in seen.said:
            return not seen.subagent and f"{seen.said['directory']}/".startswith(f"{root}/")
        if seen.directory_sha256:
            return not seen.subagent and seen.directory_sha256 == own
    return False


def _entries(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            entry = table(json.loads(line))
        except (ValueError, RecursionError):
            continue
        if entry:
            yield entry


def below(root: str, found: Transcript) -> tuple[str, ...]:
    """The files that were edited below a directory, as paths from there; those elsewhere are left out.

    Args:
        root: absolute, without a link in it.
        found: what was read.
    """
    whole = (posixpath.normpath(posixpath.join(found.directory or root, path)) for path in found.files)
    head = root.rstrip("/") + "/"
    return tuple(dict.fromkeys(path.removeprefix(head) for path in whole if path.startswith(head)))
