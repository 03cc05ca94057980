"""The transcripts of Copilot CLI: `~/.copilot/session-state/<session>/events.jsonl`.

An event on each line: a type, its data, and an `agentId` where it is about a helper.

Source: what its version in `hosts` wrote of sessions that were run offline (tests/golden/transcripts).
"""

from __future__ import annotations

from volon.model.agents.transcripts.transcript import Gathered, clean, code, count, items, of_code, table, word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_SHELLS = frozenset({"bash", "powershell"})
_BUSY = frozenset({"assistant.turn_start", "abort", "session.error"})


def take(seen: Gathered, entry: dict[str, Any]) -> None:
    """Tell what an event says."""
    if "agentId" in entry:
        return
    kind, data = entry.get("type"), table(entry, "data")
    seen.at(word(entry.get("timestamp")))
    if kind == "session.start":
        _start(seen, data)
    elif kind == "user.message":
        # With a source it was put there by a skill or an agent.
        seen.asked(
            "" if "source" in data or data.get("isAutopilotContinuation") is True else clean(data.get("content"))
        )
    elif kind == "assistant.message":
        seen.answered(clean(data.get("content")), over=not items(data.get("toolRequests")))
    elif kind in _BUSY:
        seen.resting = False
    elif kind == "session.usage_record":
        usage = table(data, "usage")
        seen.used(count(usage.get("inputTokens")), count(usage.get("outputTokens")))
        seen.room(count(usage.get("maxPromptTokens")))
    elif kind == "tool.execution_start" and data.get("toolName") in _SHELLS:
        seen.ran(word(data.get("toolCallId")), clean(table(data, "arguments").get("command")))
    elif kind == "tool.execution_complete":
        _ended(seen, word(data.get("toolCallId")), data)


def _start(seen: Gathered, data: dict[str, Any]) -> None:
    where = table(data, "context")
    seen.first("session", word(data.get("sessionId")))
    seen.first("version", word(data.get("copilotVersion")))
    seen.first("directory", word(where.get("cwd")))
    seen.first("branch", word(where.get("branch")))
    seen.first("commit", word(where.get("headCommit")))


def _ended(seen: Gathered, call: str, data: dict[str, Any]) -> None:
    exit_code = code(table(data, "shellExecution").get("exitCode"))
    seen.ended(call, of_code(exit_code), exit_code)
    if data.get("success") is True:
        seen.edits(call, [word(table(edit).get("path")) for edit in items(data.get("fileEdits"))])
        seen.edited(call)
