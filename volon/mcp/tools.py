"""The tools, in one table: what each is called, what it may be told, which use-case answers and with which result.

No tool writes the user's files: `restore` and `undo` stay with the command line, where a person sees the plan first.

Source: seeds 000, 002 and 003 (their state tools, by the meaning of their names); agents.md §2.
"""

from __future__ import annotations

from volon.errors import UsageError
from volon.mcp.arguments import Argument
from volon.model.requests import BLOCKER_TYPES, CONFIDENCES, MODES, PauseRequest, ResumeRequest, TaskRequest
from volon.plain import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from volon.model.results import Result
    from volon.model.results.brief import BriefResult
    from volon.workspace import Workspace

_OPERATIONS = 20


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        says: what it does, as short as can be: agents carry it in every request.
        result: the name of its result in `volon.model.results.table`.
        cli: the command that does the same.
        run: asks the use-case, given what was said.
        dress: what is done to the result behind it, once its commands are as they are typed here.
        writes: it changes records.
        again: asked twice for the same it changes nothing more.
    """

    says: str
    result: str
    cli: str
    run: Callable[[Workspace, Mapping[str, Any]], Result]
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    writes: bool = False
    again: bool = False
    dress: Callable[[Any, Mapping[str, Any]], Result] = lambda result, _said: result


def _get_state(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.status import status

    return status(workspace, conflicts=said.get("conflicts", False))


def _brief(workspace: Workspace, _said: Mapping[str, Any]) -> Result:
    from volon.usecases.briefing import brief

    return brief(workspace, agent=True)


def _fitted(result: BriefResult, said: Mapping[str, Any]) -> Result:
    from volon.render.brief import FOR_AGENTS, fitted

    return fitted(result, said.get("budget", FOR_AGENTS))


def _preflight(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    return _resume(workspace, said, dry_run=True)


def _restore_session(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    return _resume(workspace, said, dry_run=False)


def _resume(workspace: Workspace, said: Mapping[str, Any], *, dry_run: bool) -> Result:
    from volon.usecases.resuming.resume import resume

    number = said.get("checkpoint")
    request = ResumeRequest(
        task=_task_of(workspace, said.get("session")),
        checkpoint=None if number is None else str(number),
        note=said.get("note"),
        dry_run=dry_run,
    )
    return resume(workspace, request)


def _task_of(workspace: Workspace, session: str | None) -> str | None:
    """The task that a session is of; what is no session is taken for a task's id.

    Raises:
        UsageError: it is a plan's, and going on with that runs commands.
    """
    from volon.usecases.conduct.sessions import PREFIX, list_sessions

    if session is None or not session.startswith(PREFIX):
        return session
    (one,) = list_sessions(workspace, name=session).sessions
    if one.kind == "plan":
        message = f"{session} is of the plan {one.names}; to go on with it runs commands."
        raise UsageError(message, hints=[one.command])
    return one.names


def _validate(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.model.requests import ValidateRequest
    from volon.usecases.validating.validate import validate

    return validate(workspace, ValidateRequest(strict=said.get("strict", False)))


def _log(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.care.undo import list_operations

    return list_operations(workspace, said.get("limit", _OPERATIONS))


def _list_sessions(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.conduct.sessions import list_sessions

    return list_sessions(workspace, said.get("status", ()), said.get("session"))


def _plan_status(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.conduct.going import status

    return status(workspace, said.get("plan"))


def _token_budget(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.conduct.recalling import budget

    return budget(workspace, said.get("plan"))


def _set_status(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.task import finish_task, start_task

    request = TaskRequest(said["task"], note=said.get("note", ""))
    return (finish_task if said["status"] == "done" else start_task)(workspace, request)


def _add_blocker(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.task import block_task

    request = TaskRequest(said["task"], note=said["text"], blocker_type=said.get("type", BLOCKER_TYPES[0]))
    return block_task(workspace, request)


def _resolve_blocker(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.task import unblock_task

    return unblock_task(workspace, TaskRequest(said["task"], note=said.get("note", "")))


def _pause(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.pausing.pause import pause

    return pause(workspace, PauseRequest.of(**said))


def _checkpoint(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    from volon.usecases.agents.leaving import save

    return save(workspace, PauseRequest.of(**said))


def _save_session(workspace: Workspace, said: Mapping[str, Any]) -> Result:
    return _pause(workspace, {"mode": "restart", **said})


_TASK = Argument(says="id")
_THIS_TASK = Argument(says="id", needed=True)
_TEXT = Argument()
_TEXTS = Argument("array")
_FLAG = Argument("boolean")
_PLAN = {"plan": Argument(says="id; the newest without")}
_NEXT = {"note": _TEXT, "next_actions": Argument("array", "at most 3, each plain to a stranger")}
_TOKENS = {"summary": _TEXT, "completed": _TEXTS, "tokens": Argument(says="USED/LIMIT"), "task": _TASK}
_SESSION = {"session": Argument(says="session or task id"), "checkpoint": Argument("integer")}

TOOLS: dict[str, Tool] = {
    "get_state": Tool(
        "Where the work stands: task, checkpoint, what changed since.",
        "status",
        "volon status",
        _get_state,
        {"conflicts": Argument("boolean", "also forecast merge conflicts")},
    ),
    "brief": Tool(
        "What to read on return, within a budget of tokens.",
        "brief",
        "volon brief --agent",
        _brief,
        {"budget": Argument("integer")},
        dress=_fitted,
    ),
    "resume_preflight": Tool(
        "What a resume would find; changes nothing.",
        "resume-task",
        "volon resume-task --dry-run",
        _preflight,
        _SESSION,
    ),
    "validate": Tool("Check volon's records.", "validate", "volon validate", _validate, {"strict": _FLAG}),
    "log": Tool(
        "volon's operations, newest first.",
        "undo-list",
        "volon undo --list",
        _log,
        {"limit": Argument("integer")},
    ),
    "list_sessions": Tool(
        "Paused tasks and plans that can be gone on with.",
        "conduct-sessions",
        "volon conduct sessions",
        _list_sessions,
        {"status": _TEXTS, "session": _TEXT},
    ),
    "phase_results": Tool(
        "A plan's phases and their results.", "conduct-status", "volon conduct status", _plan_status, _PLAN
    ),
    "token_budget": Tool(
        "Tokens a plan has used, of how many, and what to do about it.",
        "conduct-budget",
        "volon conduct budget",
        _token_budget,
        _PLAN,
    ),
    "set_status": Tool(
        "Start a task (id, or a title for a new one) or finish it.",
        "task",
        "volon task start, volon task done",
        _set_status,
        {
            "task": Argument(says="id or title", needed=True),
            "status": Argument(choices=("doing", "done"), needed=True),
            "note": _TEXT,
        },
        writes=True,
    ),
    "add_blocker": Tool(
        "Say what a task waits for.",
        "task",
        "volon task block",
        _add_blocker,
        {
            "task": _THIS_TASK,
            "text": Argument(needed=True),
            "type": Argument(choices=BLOCKER_TYPES),
        },
        writes=True,
        again=True,
    ),
    "resolve_blocker": Tool(
        "Say that what blocked a task is resolved.",
        "task",
        "volon task unblock",
        _resolve_blocker,
        {"task": _THIS_TASK, "note": _TEXT},
        writes=True,
        again=True,
    ),
    "checkpoint": Tool(
        "Save all and go on, as before a compaction; the task stays in progress.",
        "pause-task",
        "volon pause-task compact, volon resume-task",
        _checkpoint,
        {**_NEXT, "task": _TASK},
        writes=True,
    ),
    "save_session": Tool(
        "Save all at the end of a session.",
        "pause-task",
        "volon pause-task restart",
        _save_session,
        {**_NEXT, **_TOKENS},
        writes=True,
    ),
    "restore_session": Tool(
        "Take a paused task up again; no file is touched.",
        "resume-task",
        "volon resume-task",
        _restore_session,
        {**_SESSION, "note": _TEXT},
        writes=True,
    ),
    "pause": Tool(
        "Save unfinished work: files, where you are, what comes next.",
        "pause-task",
        "volon pause-task",
        _pause,
        {
            "mode": Argument(choices=MODES),
            **_NEXT,
            "goal": _TEXT,
            "plan": _TEXT,
            "confidence": Argument(choices=CONFIDENCES),
            "questions": _TEXTS,
            "blockers": _TEXTS,
            "key_files": Argument("array", "PATH: why"),
            "commands": Argument("array", "CMD => OUTCOME"),
            **_TOKENS,
            "dry_run": _FLAG,
        },
        writes=True,
    ),
}
"""Those that read first."""
