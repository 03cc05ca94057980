"""How coding agents call `volon hook`: their names for its events, what they tell it, what they take back; one table.

`volon hook EVENT --agent NAME` stands in an agent's settings under the agent's own name of the event. Of the agents
with a `version` it was seen that they do what stands here; of the others their documentation says so. Loaded by every
hook, so it imports nothing.

Source: agents.md §1.5; issue "Where agents live".
"""

from __future__ import annotations

EVENTS = ("session-start", "prompt", "pre-compact", "post-compact", "turn-end", "session-end")
"""The words of `volon hook`."""
SECONDS = dict(zip(EVENTS, (10, 5, 10, 10, 5, 3), strict=True))
"""How long an agent should wait for each. What takes longer goes on without it."""
NESTED, BOTH, SNAKE, PLAIN = "nested", "both", "snake", "plain"
"""How context is said: `{"hookSpecificOutput": {"hookEventName": …, "additionalContext": …}}`; that, and
`additionalContext` beside it; `{"additional_context": …}`; or the bare text."""
TOLD = {
    "session": ("session_id", "sessionId", "conversation_id"),
    "transcript": ("transcript_path", "transcriptPath"),
    "cwd": ("cwd",),
    "roots": ("workspace_roots",),
    "source": ("source",),
    "again": ("stop_hook_active", "stopHookActive"),
}
"""Under which keys of stdin agents say what volon reads; the first that is there counts."""


class Protocol:
    """How one agent calls hooks.

    Attributes:
        names: its own name for each of our events that it has.
        form: how it takes context: `NESTED`, `BOTH`, `SNAKE` or `PLAIN`.
        hears: our events at which what is said reaches its model.
        limit: the key of a time limit in its settings.
        second: how many of its units make a second there.
        version: the one that was tried; empty where it is only documented.
    """

    __slots__ = ("form", "hears", "limit", "names", "second", "version")

    def __init__(
        self,
        names: str,
        form: str = NESTED,
        hears: tuple[str, ...] = ("session-start",),
        limit: str = "timeout",
        second: int = 1,
        version: str = "",
    ) -> None:
        self.names = {event: name for event, name in zip(EVENTS, names.split(), strict=True) if name != "-"}
        self.form, self.hears, self.limit, self.second, self.version = form, hears, limit, second, version


_CLAUDE = "SessionStart UserPromptSubmit PreCompact PostCompact Stop SessionEnd"
_GEMINI = "SessionStart BeforeAgent PreCompress - AfterAgent SessionEnd"
_OPENCODE = (
    "experimental.chat.system.transform chat.message experimental.session.compacting session.compacted"
    " session.idle session.deleted"
)
PROTOCOLS = {
    # After a compaction its SessionStart fires once more, with the source `compact`; what PreCompact says is dropped.
    "claude": Protocol(_CLAUDE, version="2.1.329"),
    # It refuses what its schemas do not name: nothing but the nested form, and that for SessionStart alone.
    "codex": Protocol(_CLAUDE, version="0.169.0"),
    # It runs the hooks of `.claude/settings.json`, too.
    "copilot": Protocol(
        "sessionStart userPromptSubmitted preCompact - agentStop sessionEnd",
        BOTH,
        limit="timeoutSec",
        version="1.0.102",
    ),
    "cursor": Protocol("sessionStart beforeSubmitPrompt preCompact - stop sessionEnd", SNAKE),
    "devin": Protocol(_CLAUDE),
    # PreCompress comes with the first turn already; SessionEnd is not waited for.
    "gemini": Protocol(_GEMINI, second=1000, version="0.61.0"),
    "kiro": Protocol(
        "agentSpawn UserPromptSubmit PreCompact PostCompact Stop -", PLAIN, hears=("session-start", "post-compact")
    ),
    # It has no settings for hooks: our plugin calls, and hands on the bare text.
    "opencode": Protocol(_OPENCODE, PLAIN, hears=("session-start", "pre-compact", "post-compact"), version="1.18.33"),
    "qwen": Protocol("SessionStart UserPromptSubmit PreCompact - Stop SessionEnd", version="0.15.10"),
    "tabnine": Protocol(_GEMINI, second=1000),
}
"""By the names of `volon.model.agents.hosts`."""
MARKS = (
    ("COPILOT_CLI", "copilot"),
    ("CURSOR_VERSION", "cursor"),
    ("GEMINI_SESSION_ID", "gemini"),
    ("CLAUDECODE", "claude"),
)
"""Which agent calls where none is named: the first of these variables that is set. Without any of them it is Codex."""


def protocol(agent: str, environ: dict[str, str]) -> Protocol:
    """Return how the agent that calls takes what is said.

    Copilot runs the hooks that were written for Claude as well, and takes another form.

    Args:
        agent: what `--agent` says; anything, or nothing.
        environ: the variables of the process.
    """
    marked = next((name for variable, name in MARKS if environ.get(variable)), "codex")
    known = PROTOCOLS.get(agent) or PROTOCOLS[marked]
    return PROTOCOLS["copilot"] if agent == "claude" and marked == "copilot" else known
