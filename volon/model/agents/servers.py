"""How each coding agent is told of the MCP server: the one line, or what stands in a file.

Source: agents.md §1.3, §2.
"""

from __future__ import annotations

from volon.plain import NamedTuple

_SERVERS = '{"mcpServers": {"volon": {"command": "volon", "args": ["mcp"]}}}'


class Added(NamedTuple):
    """One way to add the server.

    Attributes:
        where: the file; empty where `what` is typed.
        what: a command, or what the file holds.
    """

    where: str
    what: str


ADDED = {
    "claude": Added("", "claude mcp add volon -- volon mcp"),
    "codex": Added("", "codex mcp add volon -- volon mcp"),
    "gemini": Added("", "gemini mcp add volon volon mcp"),
    "copilot": Added(
        "~/.copilot/mcp-config.json",
        '{"mcpServers": {"volon": {"type": "local", "command": "volon", "args": ["mcp"], "tools": ["*"]}}}',
    ),
    "opencode": Added("opencode.json", '{"mcp": {"volon": {"type": "local", "command": ["volon", "mcp"]}}}'),
    "cursor": Added(".cursor/mcp.json", _SERVERS),
    "kiro": Added(".kiro/settings/mcp.json", _SERVERS),
    "qwen": Added(".qwen/settings.json", _SERVERS),
}
"""By the names of `HOSTS`."""
