"""The files in which coding agents are told what to call: hooks, MCP servers, a status line; theirs and their users'.

What volon writes is a part of it; what can be wrong stands in any of them. Where the form was not seen, it is as the
agent's documentation says.

Source: agents.md §1.3 to §1.5.
"""

from __future__ import annotations

from volon.plain import NamedTuple

PROJECT, LOCAL, USER = "project", "local", "user"


class Source(NamedTuple):
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


_CLAUDES, _CODEXS, _HOME = ("CLAUDE_CONFIG_DIR", ".claude"), ("CODEX_HOME", ".codex"), ("", "")
SOURCES = (
    Source("claude", ".claude/settings.json", hooks="hooks"),
    Source("claude", ".claude/settings.local.json", LOCAL, hooks="hooks"),
    Source("claude", "settings.json", USER, hooks="hooks", base=_CLAUDES),
    Source("claude", ".mcp.json", servers="mcpServers"),
    Source("claude", ".claude.json", USER, servers="mcpServers"),
    Source("codex", ".codex/hooks.json", hooks="hooks"),
    Source("codex", "hooks.json", USER, hooks="hooks", base=_CODEXS),
    Source("copilot", ".github/hooks/*.json", hooks="hooks", nested=False),
    Source("copilot", ".copilot/mcp-config.json", USER, servers="mcpServers"),
    Source("copilot", ".vscode/mcp.json", servers="servers"),
    Source("cursor", ".cursor/hooks.json", hooks="hooks", nested=False),
    Source("cursor", ".cursor/hooks.json", USER, hooks="hooks", nested=False),
    Source("cursor", ".cursor/mcp.json", servers="mcpServers"),
    Source("cursor", ".cursor/mcp.json", USER, servers="mcpServers"),
    Source("devin", ".devin/hooks.v1.json", hooks=""),
    Source("gemini", ".gemini/settings.json", hooks="hooks", servers="mcpServers"),
    Source("gemini", ".gemini/settings.json", USER, hooks="hooks", servers="mcpServers"),
    Source("kiro", ".kiro/settings/mcp.json", servers="mcpServers"),
    Source("opencode", "opencode.json", servers="mcp"),
    Source("qwen", ".qwen/settings.json", hooks="hooks", servers="mcpServers"),
    Source("qwen", ".qwen/settings.json", USER, hooks="hooks", servers="mcpServers"),
    Source("tabnine", ".tabnine/agent/settings.json", hooks="hooks", servers="mcpServers"),
)
SERVER_KEYS = frozenset({"mcpServers", "servers", "mcp", "mcp_servers"})
"""Under which keys one agent or the other has its MCP servers."""
EXECUTED = frozenset({"claude"})
"""Who runs a hook's `args`; the others drop them without a word."""
STRICT = frozenset({"codex"})
"""Who takes no comments in JSON, and no comma at an end."""
LISTED = frozenset({"opencode"})
"""Whose servers have the whole command in one list."""
LONGEST_END = {"codex": 3}
"""So many seconds at most an agent waits at the end of a session, whatever its settings say."""
PASCAL = {
    "copilot": ("SessionStart", "UserPromptSubmit", "PreCompact", "Stop", "SessionEnd"),
}
"""Names of events that an agent knows beside those of `PROTOCOLS`."""
CONTEXT = {"gemini": "GEMINI.md", "qwen": "QWEN.md"}
"""What an agent reads where `context.fileName` says nothing else."""
TEMPORARY = ("/tmp/", "/var/tmp/", "/private/tmp/", "/var/folders/", "/private/var/folders/", "/dev/shm/")  # noqa: S108
"""Where nothing stays; what `TMPDIR` names besides."""
