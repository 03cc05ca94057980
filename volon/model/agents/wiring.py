"""What stands in the settings of coding agents so that they call volon by themselves: one table for each part.

Hooks, tools and the status line, each as the agent's own settings say such a thing. Every command is a program on PATH,
so that it is true on any machine; nothing is written outside the repository, and no trust in the user's place.

Source: agents.md §1.3, §1.5.
"""

from __future__ import annotations

import json

from volon.model.agents.entries import Entry, Settings
from volon.model.agents.events import EVENTS, FILES, PROTOCOLS, SECONDS
from volon.model.agents.forms import guarded
from volon.model.agents.hosts import HOSTS
from volon.model.agents.parts import HOOKS, INSTRUCTIONS, MCP, PARTS, SKILLS, STATUSLINE
from volon.model.agents.servers import ASKS, SERVED
from volon.model.agents.wholefiles import WholeFile
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from volon.model.agents.changes import Wanted
    from volon.model.agents.events import Protocol
    from volon.model.syntax.jsonc import Json

PLUGIN = "opencode.ts"
"""The template of the plugin by which OpenCode calls."""
_CLONES = "To share pauses run volon init, and commit what it writes"
"""Without `.volon/`, which is ignored until then, they do nothing."""
_WORTH = {"session-start", "pre-compact", "session-end"}
"""The events at which volon has something to do everywhere; at the others where what it says is heard."""


class Hooks(NamedTuple):
    """Where an agent looks for hooks.

    Attributes:
        path: the file.
        form: how a hook is said: `nested` below its matcher, `flat`, in a file of our own for `copilot` or `kiro`, or
            in a `plugin`.
        under: the keys that lead to the events.
        asks: what its user has to do before it runs them.
    """

    path: str
    form: str = "nested"
    under: tuple[str, ...] = ("hooks",)
    asks: str = ""


HOOKED = {
    "claude": Hooks(FILES["claude"]),
    "codex": Hooks(FILES["codex"], asks="Codex runs hooks once you trust them: type /hooks there"),
    "copilot": Hooks(FILES["copilot"], "copilot"),
    "cursor": Hooks(FILES["cursor"], "flat"),
    "devin": Hooks(FILES["devin"], under=()),
    "gemini": Hooks(
        FILES["gemini"], asks="Gemini CLI runs hooks in folders that you trust: it asks, or type /permissions"
    ),
    "kiro": Hooks(FILES["kiro"], "kiro"),
    "opencode": Hooks(FILES["opencode"], "plugin"),
    "qwen": Hooks(FILES["qwen"]),
}
"""By the names of `volon.model.agents.hosts`."""
_FRESH = {".cursor/hooks.json": '{\n  "version": 1\n}\n'}
"""What a file has to say besides."""
LINES: Mapping[str, tuple[str, Entry]] = {
    "claude": (
        ".claude/settings.json",
        Entry(STATUSLINE, ("statusLine",), {"type": "command", "command": "volon statusline", "refreshInterval": 10}),
    ),
}
"""The status line of an agent."""


def wired(agents: Iterable[str], parts: Collection[str], templates: Mapping[str, str]) -> Iterator[Wanted]:
    """Yield what has to stand in the settings of these agents.

    Args:
        agents: names of `HOSTS`.
        parts: of `PARTS`.
        templates: with `PLUGIN`.
    """
    settings: dict[str, dict[str, list[Entry]]] = {}
    for agent in agents:
        hooks = HOOKED.get(agent)
        if hooks and HOOKS in parts and hooks.form in {"copilot", "kiro", "plugin"}:
            yield WholeFile(hooks.path, _whole(agent, hooks, templates), (agent,), HOOKS)
        for path, entry in _entries(agent, parts):
            settings.setdefault(path, {}).setdefault(agent, []).append(entry)
    for path, by_agent in settings.items():
        # Two agents that read one file may want the same to stand there.
        entries = {one.keys: one for found in by_agent.values() for one in found}
        yield Settings(path, tuple(entries.values()), tuple(by_agent), fresh(path))


def fresh(path: str) -> str:
    """Return what a file of settings says where there was none."""
    return _FRESH.get(path, "{}\n")


def wired_paths() -> dict[str, frozenset[str]]:
    """Return every file of settings volon may write, with the entries it may have there, as a manifest names them."""
    found: dict[str, set[str]] = {hooks.path: set() for hooks in HOOKED.values()}
    for agent in {**HOOKED, **SERVED}:
        for path, entry in _entries(agent, (HOOKS, STATUSLINE, MCP), EVENTS):
            found.setdefault(path, set()).add(entry.name)
    return {path: frozenset(names) for path, names in found.items()}


def asked(agents: Iterable[str], parts: Collection[str], *, shared: bool = True) -> tuple[str, ...]:
    """Return what volon leaves to the user: to trust, to write outside of the repository, and to share.

    Args:
        agents: names of `HOSTS`.
        parts: of `PARTS`.
        shared: whether a clone gets `.volon/`, and with it the paused work and the manifest.
    """
    named = list(agents)
    trust = [HOOKED[one].asks for one in named if one in HOOKED and HOOKED[one].asks and HOOKS in parts]
    clones = [_CLONES] if not shared and HOOKS in parts and any(one in HOOKED for one in named) else []
    return (*trust, *(ASKS[one] for one in named if one in ASKS and MCP in parts), *clones)


def parts_of(agent: str) -> tuple[str, ...]:
    """Return the parts that there are for an agent."""
    there = {
        SKILLS: bool(HOSTS[agent].skills),
        INSTRUCTIONS: True,
        HOOKS: agent in HOOKED,
        STATUSLINE: agent in LINES,
        MCP: agent in SERVED or agent in ASKS,
    }
    return tuple(one for one in PARTS if there[one])


def events(agent: str) -> tuple[str, ...]:
    """Return the events of `volon hook` that an agent is told to call."""
    known = PROTOCOLS[agent]
    return tuple(one for one in EVENTS if one in known.names and (one in _WORTH or one in known.hears))


def _entries(agent: str, parts: Collection[str], wanted: Iterable[str] = ()) -> Iterator[tuple[str, Entry]]:
    hooks = HOOKED.get(agent)
    if hooks and HOOKS in parts and hooks.form in _SAID:
        known = PROTOCOLS[agent]
        for event in wanted or events(agent):
            if event in known.names:
                said = _SAID[hooks.form](agent, event, known)
                yield hooks.path, Entry(HOOKS, (*hooks.under, known.names[event]), said, listed=True)
    if STATUSLINE in parts and agent in LINES:
        yield LINES[agent]
    for path, key, server in SERVED.get(agent, ()) if MCP in parts else ():
        yield path, Entry(MCP, (key, "volon"), server)


def _command(agent: str, event: str) -> str:
    return guarded(_bare(agent, event))


def _bare(agent: str, event: str) -> str:
    return f"volon hook {event} --agent {agent}"


def _nested(agent: str, event: str, known: Protocol) -> Json:
    return {"hooks": [{"type": "command", **_flat(agent, event, known)}]}


def _flat(agent: str, event: str, known: Protocol) -> dict[str, Json]:
    return {"command": _command(agent, event), known.limit: SECONDS[event] * known.second}


def _for_copilot(agent: str, event: str, known: Protocol) -> Json:
    said: dict[str, Json] = {"bash": _command(agent, event), "powershell": _bare(agent, event)}
    return {"type": "command", **said, known.limit: SECONDS[event]}


def _for_kiro(agent: str, event: str, known: Protocol) -> Json:
    run: Json = {"type": "command", "command": _command(agent, event)}
    said: dict[str, Json] = {"name": f"volon {event}", "trigger": known.names[event], "action": run}
    return {**said, known.limit: SECONDS[event], "enabled": True}


_SAID = {"nested": _nested, "flat": _flat}
"""How one hook is said among others' in a file."""


def _whole(agent: str, hooks: Hooks, templates: Mapping[str, str]) -> bytes:
    """A file of hooks that is our own."""
    if hooks.form == "plugin":
        return templates[PLUGIN].encode()
    known, called = PROTOCOLS[agent], events(agent)
    said: Json
    if hooks.form == "copilot":
        said = {"version": 1, "hooks": {known.names[one]: [_for_copilot(agent, one, known)] for one in called}}
    else:
        said = {"version": "v1", "hooks": [_for_kiro(agent, one, known) for one in called]}
    return f"{json.dumps(said, indent=2)}\n".encode()
