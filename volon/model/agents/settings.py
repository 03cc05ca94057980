"""The files in which coding agents are told what to call: hooks, MCP servers, a status line; theirs and their users'.

What volon writes is a part of it; what can be wrong stands in any of them. Where the form was not seen, it is as the
agent's documentation says.

Source: agents.md §1.3 to §1.5.
"""

from __future__ import annotations

from volon.model.agents.hosts import HOMES, HOSTS
from volon.model.agents.servers import SERVED
from volon.model.agents.wiring import HOOKED
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT, LOCAL, USER = "project", "local", "user"


class SettingsFile(NamedTuple):
    """One file.

    Attributes:
        agent: who reads it; of `HOSTS`.
        path: in the repository, or below the directory of the user's that `base` names; `*` stands for any name.
        scope: whose it is: everybody's who has the repository, this working tree's, or the user's.
        hooks: the key of the events; empty where the whole file is their map, None where it has no hooks.
        nested: whether an event has groups with a list `hooks` each, and not the hooks themselves.
        servers: the key of the MCP servers; empty where it has none.
        base: a variable, and the directory in the home where it is not set.
    """

    agent: str
    path: str
    scope: str = PROJECT
    hooks: str | None = None
    nested: bool = True
    servers: str = ""
    base: tuple[str, str] = ("", "")


def _written() -> Iterator[SettingsFile]:
    """The settings of a repository in which volon writes: hooks and servers, as the tables of these say."""
    # Of a file that two agents read, what is wrong is said once, of the first of them.
    served = {path: (agent, key) for agent, rows in reversed(SERVED.items()) for path, key, _ in rows}
    for agent, one in HOOKED.items():
        if one.form in {"nested", "flat", "copilot"}:
            _, servers = served.pop(one.path, ("", ""))
            # Beside a file of our own stand those of others.
            path = one.path.replace("/volon.", "/*.")
            yield SettingsFile(agent, path, hooks="".join(one.under), nested=one.form == "nested", servers=servers)
    for path, (agent, servers) in served.items():
        yield SettingsFile(agent, path, servers=servers)


SETTINGS_FILES = (
    *_written(),
    SettingsFile("claude", ".claude/settings.local.json", LOCAL, hooks="hooks"),
    SettingsFile("claude", "settings.json", USER, hooks="hooks", base=HOMES["claude"]),
    SettingsFile("claude", ".claude.json", USER, servers="mcpServers"),
    SettingsFile("codex", "hooks.json", USER, hooks="hooks", base=HOMES["codex"]),
    SettingsFile("copilot", ".copilot/mcp-config.json", USER, servers="mcpServers"),
    SettingsFile("cursor", ".cursor/hooks.json", USER, hooks="hooks", nested=False),
    SettingsFile("cursor", ".cursor/mcp.json", USER, servers="mcpServers"),
    SettingsFile("gemini", ".gemini/settings.json", USER, hooks="hooks", servers="mcpServers"),
    SettingsFile("qwen", ".qwen/settings.json", USER, hooks="hooks", servers="mcpServers"),
    SettingsFile("tabnine", ".tabnine/agent/settings.json", hooks="hooks", servers="mcpServers"),
)
"""Every file; those in which volon writes, those of the same repository, and those of the agent's user."""
SERVER_KEYS = frozenset({"mcp_servers", *(one.servers for one in SETTINGS_FILES if one.servers)})
"""Under which keys one agent or the other has its MCP servers."""
EXECUTED = frozenset({"claude"})
"""Who runs a hook's `args`; the others drop them without a word."""
STRICT = frozenset({"codex"})
"""Who takes no comments in JSON, and no comma at an end."""
LISTED = frozenset(
    agent for agent, rows in SERVED.items() for _, _, server in rows if isinstance(server["command"], list)
)
"""Whose servers have the whole command in one list."""
LONGEST_END = {"codex": 3}
"""So many seconds at most an agent waits at the end of a session, whatever its settings say."""
PASCAL = {
    "copilot": ("SessionStart", "UserPromptSubmit", "PreCompact", "Stop", "SessionEnd"),
}
"""Names of events that an agent knows beside those of `PROTOCOLS`."""
CONTEXT = {agent: HOSTS[agent].own for agent in ("gemini", "qwen")}
"""What an agent reads where `context.fileName` says nothing else."""
TEMPORARY = ("/tmp/", "/var/tmp/", "/private/tmp/", "/var/folders/", "/private/var/folders/", "/dev/shm/")  # noqa: S108
"""Where nothing stays; what `TMPDIR` names besides."""
