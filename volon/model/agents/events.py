"""How coding agents call `volon hook`: their names for its events, what they tell it, what they take back; one table.

`volon hook EVENT --agent NAME` stands in an agent's settings under the agent's own name of the event. Of the agents
with a version in `hosts` it was seen that they do what stands here; of the others their documentation says so. Loaded
by every hook, so it imports next to nothing.

Source: agents.md §1.5; issue "Where agents live".
"""

from __future__ import annotations

from volon.model.quick import json_object

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

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
}
"""Under which keys of stdin agents say what volon reads; the first that is there counts."""
_LONGEST = 4096
"""So many letters has a path, at most."""


class Protocol:
    """How one agent calls hooks.

    Attributes:
        names: its own name for each of our events that it has.
        form: how it takes context: `NESTED`, `BOTH`, `SNAKE` or `PLAIN`.
        hears: our events at which what is said reaches its model.
        limit: the key of a time limit in its settings.
        second: how many of its units make a second there.
    """

    __slots__ = ("form", "hears", "limit", "names", "second")

    def __init__(
        self,
        names: str,
        form: str = NESTED,
        hears: tuple[str, ...] = ("session-start",),
        limit: str = "timeout",
        second: int = 1,
    ) -> None:
        self.names = {event: name for event, name in zip(EVENTS, names.split(), strict=True) if name != "-"}
        self.form, self.hears, self.limit, self.second = form, hears, limit, second


_CLAUDE = "SessionStart UserPromptSubmit PreCompact PostCompact Stop SessionEnd"
_GEMINI = "SessionStart BeforeAgent PreCompress - AfterAgent SessionEnd"
_OPENCODE = (
    "experimental.chat.system.transform chat.message experimental.session.compacting session.compacted"
    " session.idle session.deleted"
)
PROTOCOLS = {
    # After a compaction its SessionStart fires once more, with the source `compact`; what PreCompact says is dropped.
    "claude": Protocol(_CLAUDE),
    # It refuses what its schemas do not name: nothing but the nested form, and that for SessionStart alone.
    "codex": Protocol(_CLAUDE),
    # It runs the hooks of `.claude/settings.json`, too.
    "copilot": Protocol(
        "sessionStart userPromptSubmitted preCompact - agentStop sessionEnd",
        BOTH,
        limit="timeoutSec",
    ),
    "cursor": Protocol("sessionStart beforeSubmitPrompt preCompact - stop sessionEnd", SNAKE),
    "devin": Protocol(_CLAUDE),
    # PreCompress comes with the first turn already; SessionEnd is not waited for.
    "gemini": Protocol(_GEMINI, second=1000),
    "kiro": Protocol(
        "agentSpawn UserPromptSubmit PreCompact PostCompact Stop -", PLAIN, hears=("session-start", "post-compact")
    ),
    # It has no settings for hooks: our plugin calls, and hands on the bare text.
    "opencode": Protocol(_OPENCODE, PLAIN, hears=("session-start", "pre-compact", "post-compact")),
    "qwen": Protocol("SessionStart UserPromptSubmit PreCompact - Stop SessionEnd"),
    "tabnine": Protocol(_GEMINI, second=1000),
}
"""By the names of `volon.model.agents.hosts`."""
FILES = {
    "claude": ".claude/settings.json",
    "codex": ".codex/hooks.json",
    "copilot": ".github/hooks/volon.json",
    "cursor": ".cursor/hooks.json",
    "devin": ".devin/hooks.v1.json",
    "gemini": ".gemini/settings.json",
    "kiro": ".kiro/hooks/volon.json",
    "opencode": ".opencode/plugin/volon.ts",
    "qwen": ".qwen/settings.json",
}
"""The file of a repository in which an agent looks for hooks."""
MARKS = (
    ("COPILOT_CLI", "copilot"),
    ("CURSOR_VERSION", "cursor"),
    ("GEMINI_SESSION_ID", "gemini"),
    ("CLAUDECODE", "claude"),
)
"""Which agent calls where none is named: the first of these variables that is set. Without any of them it is Codex."""


def protocol(agent: str, environ: Mapping[str, str]) -> Protocol:
    """Return how the agent that calls takes what is said.

    Copilot runs the hooks that were written for Claude as well, and takes another form.

    Args:
        agent: what `--agent` says; anything, or nothing.
        environ: the variables of the process.
    """
    marked = next((name for variable, name in MARKS if environ.get(variable)), "codex")
    known = PROTOCOLS.get(agent) or PROTOCOLS[marked]
    return PROTOCOLS["copilot"] if agent == "claude" and marked == "copilot" else known


class Told:
    """What an agent says of itself and its session; empty what it does not say, or what makes no sense.

    Attributes:
        session: the id of the session.
        transcript: the absolute path of its own record of the session.
        cwd: the absolute path it works in.
        source: why the session starts.
        silent: nothing was said at all, which no agent does.
    """

    __slots__ = ("cwd", "session", "silent", "source", "transcript")

    def __init__(self, said: dict[str, object], *, silent: bool = False) -> None:
        self.silent = silent
        found = {name: next((said[key] for key in keys if key in said), None) for name, keys in TOLD.items()}
        roots = found["roots"]
        cwd = found["cwd"] or (roots[0] if isinstance(roots, list) and roots else None)
        self.session, self.source = _text(found["session"]), _text(found["source"])
        self.transcript, self.cwd = (path if path[:1] == "/" else "" for path in map(_text, (found["transcript"], cwd)))


def told(data: bytes) -> Told:
    """Return what an agent wrote to stdin, whatever that is."""
    return Told(json_object(data), silent=not data.strip())


def answer(one: Protocol, event: str, text: str) -> str:
    """Return what goes to stdout so that the agent's model reads the text; nothing where it would not.

    Args:
        one: how the agent calls.
        event: one of `EVENTS`, or anything else.
        text: the context; nothing where there is none.
    """
    if not text or event not in one.hears:
        return "{}\n" if one.form == SNAKE else ""
    if one.form == PLAIN:
        return text
    said = _quoted(text)
    if one.form == SNAKE:
        return f'{{"additional_context": {said}}}\n'
    beside = f', "additionalContext": {said}' if one.form == BOTH else ""
    nested = f'{{"hookEventName": "{one.names[event]}", "additionalContext": {said}}}'
    return f'{{"hookSpecificOutput": {nested}{beside}}}\n'


def _text(value: object) -> str:
    """A text that can be told to the system as it is; nothing for everything else."""
    if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
        return ""
    return "" if any("\ud800" <= letter <= "\udfff" for letter in value) else value


def _quoted(text: str) -> str:
    """A text as JSON says it, by what the standard library's `json` stands on: that loads `re` besides."""
    try:
        from _json import encode_basestring_ascii  # noqa: PLC0415  see above
    except ImportError:
        from json.encoder import encode_basestring_ascii  # noqa: PLC0415  a Python without it
    return encode_basestring_ascii(text)
