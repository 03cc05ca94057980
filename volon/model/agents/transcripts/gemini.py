"""The transcripts of Gemini CLI: `~/.gemini/tmp/<project>/chats/session-<time>-<id>.jsonl`.

A message on each line; one that grows is written again with the same id. What the program tells the model at the
beginning is in a `$set`, and lines of that kind are passed over. Of the
directory the digest is told, the branch is not.

Source: what its version in `hosts` wrote of sessions that were run offline (tests/golden/transcripts).
"""

from __future__ import annotations

from volon.model.agents.transcripts.transcript import (
    Gathered,
    Outcome,
    clean,
    count,
    found_code,
    items,
    of_code,
    spoken,
    table,
    word,
)
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ADDED = ("session_context", "system-reminder", "state_snapshot", "hook_context")
_SHELL = "run_shell_command"
_PATHS = {"write_file": "file_path", "replace": "file_path", "edit": "file_path"}
_EXIT = pattern(r"\nExit Code: (\d+)\n[^<]*</untrusted_context>$")
_RAN = "</untrusted_context>"


def take(seen: Gathered, entry: dict[str, Any]) -> None:
    """Tell what a line says."""
    seen.first("session", word(entry.get("sessionId")))
    seen.directory_sha256 = word(entry.get("projectHash")) or seen.directory_sha256
    seen.at(word(entry.get("timestamp", entry.get("startTime"))))
    if entry.get("kind") == "subagent":
        seen.subagent = True
    if entry.get("type") == "user":
        _user(seen, entry.get("content"))
    elif entry.get("type") == "gemini":
        _gemini(seen, entry)


def _user(seen: Gathered, content: object) -> None:
    seen.resting = False
    if asked := spoken(_ADDED, [table(part).get("text") for part in items(content)] or [content]):
        seen.asked(asked)


def _gemini(seen: Gathered, entry: dict[str, Any]) -> None:
    tokens = table(entry, "tokens")
    seen.used(count(tokens.get("total")))
    calls = list(map(table, items(entry.get("toolCalls"))))
    content = clean(entry.get("content"))
    seen.answered(content, over=bool(content) and not calls)
    for call in calls:
        _called(seen, word(call.get("id")), call)


def _called(seen: Gathered, call: str, told: dict[str, Any]) -> None:
    name, given, well = told.get("name"), table(told, "args"), told.get("status") == "success"
    if name == _SHELL:
        seen.ran(call, clean(given.get("command")))
        text = "".join(_output(part) for part in items(told.get("result")))
        exit_code = found_code(_EXIT.search, text)
        fine = well and exit_code is None and text.endswith(_RAN)
        seen.ended(call, Outcome.OK if fine else of_code(exit_code), exit_code)
    elif isinstance(name, str) and name in _PATHS and well:
        seen.edits(call, [word(given.get(_PATHS[name]))])
        seen.edited(call)


def _output(part: object) -> str:
    text = table(part, "functionResponse", "response").get("output")
    return text if isinstance(text, str) else ""
