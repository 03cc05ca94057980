"""How each coding agent is told of the MCP server: what stands in which of its files, or what its user types.

Source: agents.md §1.3, §2; the help of `copilot mcp` 1.0.102.
"""

from __future__ import annotations

import json

from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.syntax.jsonc import Json

_SERVER: dict[str, Json] = {"command": "volon", "args": ["mcp"]}
_STDIO: dict[str, Json] = {"type": "stdio", "command": "volon", "args": ["mcp"]}
_LOCAL: dict[str, Json] = {"type": "local", "command": ["volon", "mcp"], "enabled": True}
SERVED = {
    "claude": ((".mcp.json", "mcpServers", _STDIO),),
    # The second is where VS Code looks.
    "copilot": ((".mcp.json", "mcpServers", _STDIO), (".vscode/mcp.json", "servers", _STDIO)),
    "cursor": ((".cursor/mcp.json", "mcpServers", _SERVER),),
    "gemini": ((".gemini/settings.json", "mcpServers", _SERVER),),
    "kiro": ((".kiro/settings/mcp.json", "mcpServers", _SERVER),),
    "opencode": (("opencode.json", "mcp", _LOCAL),),
    "qwen": ((".qwen/settings.json", "mcpServers", _SERVER),),
}
"""Where an agent looks for the servers of a repository, under which key, and what one is there."""


class Added(NamedTuple):
    """One way to add the server by hand.

    Attributes:
        where: the file; empty where `what` is typed.
        what: a command, or what the file holds.
    """

    where: str
    what: str


def _by_hand(agent: str) -> Added:
    path, key, server = SERVED[agent][0]
    return Added(path, json.dumps({key: {"volon": server}}))


ADDED = {
    "claude": Added("", "claude mcp add volon -- volon mcp"),
    "codex": Added("", "codex mcp add volon -- volon mcp"),
    "gemini": Added("", "gemini mcp add volon volon mcp"),
    **{agent: _by_hand(agent) for agent in ("copilot", "opencode", "cursor", "kiro", "qwen")},
}
"""By the names of `HOSTS`."""
ASKS = {
    "claude": "Claude Code asks once whether it may start volon's tools",
    "codex": f"Codex keeps servers with its user's settings: {ADDED['codex'].what}",
    "copilot": "Copilot starts volon's tools in folders that you trust",
    "gemini": "Gemini CLI starts volon's tools in folders that you trust",
}
"""What is left to the user."""
SANDBOXED = {
    "codex": "Codex' sandbox keeps `.git` read-only, and volon's lock is there: `codex --sandbox workspace-write "
    "--add-dir .git` lets its model pause and resume",
}
"""What is left to the user so that the agent can run volon as its model asks; the others run it once they may."""
