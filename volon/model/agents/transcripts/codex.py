"""The transcripts of Codex: `$CODEX_HOME/sessions/<year>/<month>/<day>/rollout-<time>-<id>.jsonl`.

Each line has a type and a payload. Much is told twice: as what the model and the program said to each other
(`response_item`) and as what happened (`event_msg`; `item_completed` in newer versions). The same call has the same id
in both, and the second knows more.

Source: what its version in `hosts` wrote of sessions that were run offline (tests/golden/transcripts).
"""

from __future__ import annotations

import json
import shlex
from contextlib import suppress

from volon.model.agents.transcripts.transcript import (
    Gathered,
    clean,
    code,
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
    *("environment_context", "user_instructions", "skill", "turn_aborted", "subagent_notification", "INSTRUCTIONS"),
    *("user_shell_command", "permissions instructions", "hook_prompt"),
)
_INSTRUCTIONS = "# AGENTS.md instructions"
_SHELLS = frozenset({"exec_command", "shell", "shell_command", "local_shell", "container.exec"})
_EXIT = pattern(r"(?:^|\n)(?:Process exited with code|Exit code:) (\d+)(?:\n|$)")
_WRAPPED = 3
_ENDS = frozenset({"task_complete", "turn_complete"})
_STARTS = frozenset({"task_started", "turn_started", "turn_aborted"})


def take(seen: Gathered, entry: dict[str, Any]) -> None:
    """Tell what an entry says."""
    kind, payload = entry.get("type"), table(entry, "payload")
    seen.at(word(entry.get("timestamp")))
    if kind == "session_meta":
        _meta(seen, payload)
    elif kind == "turn_context":
        seen.first("directory", word(payload.get("cwd")))
    elif kind == "response_item":
        _item(seen, payload)
    elif kind == "event_msg":
        _event(seen, payload)


def _meta(seen: Gathered, payload: dict[str, Any]) -> None:
    # A session that was begun from another one has that one's line as well, after its own.
    if "session" in seen.said:
        return
    git = table(payload, "git")
    seen.first("session", word(payload.get("id")))
    seen.first("version", word(payload.get("cli_version")))
    seen.first("directory", word(payload.get("cwd")))
    seen.first("branch", word(git.get("branch")))
    seen.first("commit", word(git.get("commit_hash")))
    seen.subagent = "subagent" in table(payload, "source") or payload.get("thread_source") == "subagent"


def _item(seen: Gathered, payload: dict[str, Any]) -> None:
    kind, call = payload.get("type"), word(payload.get("call_id"))
    if kind == "message":
        _message(seen, payload)
    elif kind in {"function_call", "local_shell_call"} and payload.get("name", "local_shell") in _SHELLS:
        seen.ran(call, _given(payload))
    elif kind == "function_call_output":
        output = payload.get("output")
        text = clean(output if isinstance(output, str) else table(output).get("content"))
        exit_code = found_code(_EXIT.search, text.partition("\nOutput:")[0])
        if exit_code is not None:
            seen.ended(call, of_code(exit_code), exit_code)


def _given(payload: dict[str, Any]) -> str:
    """The command of a call: in its arguments, which are JSON in a string, under one of several names."""
    told = table(payload, "action")
    with suppress(ValueError, RecursionError):
        arguments = payload.get("arguments")
        told = table(json.loads(arguments)) if isinstance(arguments, str) else told
    return _shell(told.get("cmd", told.get("command")))


def _shell(command: object) -> str:
    """A command as a person would type it, without the shell that it was given to."""
    words = [part for part in items(command) if isinstance(part, str)]
    if len(words) == _WRAPPED and words[1] in {"-lc", "-c"}:
        return clean(words[2])
    return clean(shlex.join(words) if words else command)


def _message(seen: Gathered, payload: dict[str, Any]) -> None:
    said = spoken(_ADDED, (table(part).get("text") for part in items(payload.get("content"))))
    if payload.get("role") == "assistant":
        seen.last("last_message", said)
    elif payload.get("role") == "user" and said and not said.startswith(_INSTRUCTIONS):
        seen.asked(said)


def _event(seen: Gathered, payload: dict[str, Any]) -> None:
    kind = payload.get("type")
    if kind in _ENDS:
        seen.answered(clean(payload.get("last_agent_message")))
    elif kind in _STARTS:
        seen.resting = False
        seen.room(count(payload.get("model_context_window")))
    elif kind == "token_count":
        info = table(payload, "info")
        seen.used(count(table(info, "last_token_usage").get("total_tokens")))
        seen.room(count(info.get("model_context_window")))
    elif kind == "item_completed":
        _done(seen, table(payload, "item"))
    elif kind == "exec_command_end":
        _ran(seen, word(payload.get("call_id")), payload)
    elif kind == "patch_apply_end":
        _changed(seen, word(payload.get("call_id")), payload, well=payload.get("success") is True)


def _done(seen: Gathered, item: dict[str, Any]) -> None:
    if item.get("type") == "CommandExecution":
        _ran(seen, word(item.get("id")), item)
    elif item.get("type") == "FileChange":
        _changed(seen, word(item.get("id")), item, well=item.get("status") == "completed")


def _ran(seen: Gathered, call: str, told: dict[str, Any]) -> None:
    seen.ran(call, _shell(told.get("command")))
    exit_code = code(told.get("exit_code"))
    seen.ended(call, of_code(exit_code), exit_code)


def _changed(seen: Gathered, call: str, told: dict[str, Any], *, well: bool) -> None:
    # The patch may have been given to the shell, which never saw it.
    seen.refused(call)
    seen.edits(call, [word(path) for path in table(told, "changes")])
    if well:
        seen.edited(call)
