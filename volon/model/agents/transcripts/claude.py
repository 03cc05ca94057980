"""The transcripts of Claude Code: `~/.claude/projects/<directory>/<session>.jsonl`.

One entry on each line. A message of the model is an entry for each of its parts, with the same usage; the result of a
tool is an entry of the user. What the program adds by itself is marked (`isMeta`, `isCompactSummary`) or stands in a
tag; helpers are marked `isSidechain`, or have files of their own.

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

_ADDED = (
    *("command-name", "command-message", "command-args", "local-command-caveat", "local-command-stdout"),
    *("local-command-stderr", "bash-input", "bash-stdout", "bash-stderr", "system-reminder", "task-notification"),
    *("user-memory-input", "user-prompt-submit-hook"),
)
_STOPPED = "[Request interrupted by user"
_NEVER_RAN = "<tool_use_error>"
_EXIT = pattern(r"Exit code (\d+)(?:\n|$)")
_PATHS = {"Edit": "file_path", "MultiEdit": "file_path", "Write": "file_path", "NotebookEdit": "notebook_path"}
_USAGE = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")


def take(seen: Gathered, entry: dict[str, Any]) -> None:
    """Tell what an entry says."""
    if entry.get("isSidechain") is True:
        return
    seen.first("session", word(entry.get("sessionId")))
    seen.first("directory", word(entry.get("cwd")))
    seen.last("branch", word(entry.get("gitBranch")))
    seen.last("version", word(entry.get("version")))
    seen.at(word(entry.get("timestamp")))
    if entry.get("type") == "assistant":
        _assistant(seen, table(entry, "message"))
    elif entry.get("type") == "user":
        _user(seen, entry)
    elif entry.get("subtype") == "compact_boundary":
        seen.used(count(table(entry, "compactMetadata").get("postTokens")))


def _assistant(seen: Gathered, message: dict[str, Any]) -> None:
    usage = table(message, "usage")
    seen.used(*(count(usage.get(name)) for name in _USAGE))
    for part in map(table, items(message.get("content"))):
        if part.get("type") == "text":
            seen.answered(clean(part.get("text")), over=message.get("stop_reason") != "tool_use")
        elif part.get("type") == "tool_use":
            seen.resting = False
            _called(seen, word(part.get("id")), part.get("name"), table(part, "input"))


def _called(seen: Gathered, call: str, name: object, told: dict[str, Any]) -> None:
    if name == "Bash":
        seen.ran(call, clean(told.get("command")))
    elif isinstance(name, str) and name in _PATHS:
        seen.edits(call, [word(told.get(_PATHS[name]))])


def _user(seen: Gathered, entry: dict[str, Any]) -> None:
    if entry.get("isMeta") is True or entry.get("isCompactSummary") is True:
        return
    content = table(entry, "message").get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(map(table, items(content)))
    for part in parts:
        if part.get("type") == "tool_result":
            seen.resting = False
            _result(seen, part, entry)
    said = spoken(_ADDED, (part.get("text") for part in parts if part.get("type") == "text"))
    if said.startswith(_STOPPED):
        seen.resting = False
    elif said:
        seen.asked(said)


def _result(seen: Gathered, part: dict[str, Any], entry: dict[str, Any]) -> None:
    call, text = word(part.get("tool_use_id")), clean(part.get("content"))
    if text.startswith(_NEVER_RAN):
        seen.refused(call)
    elif part.get("is_error") is True:
        exit_code = found_code(_EXIT.match, text)
        seen.ended(call, of_code(exit_code), exit_code)
    else:
        result = table(entry, "toolUseResult")
        untold = result.get("interrupted") is True or "backgroundTaskId" in result
        seen.ended(call, Outcome.UNKNOWN if untold else Outcome.OK)
        seen.edited(call)
