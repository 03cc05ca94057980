"""The parts of what agents are given, each of which may be left out.

Source: issue "Where agents live".
"""

from __future__ import annotations

SKILLS, INSTRUCTIONS, HOOKS, STATUSLINE, MCP = "skills", "instructions", "hooks", "statusline", "mcp"
PARTS = {
    SKILLS: "skills, which agents also offer as commands",
    INSTRUCTIONS: "a block in the file of instructions they read",
    HOOKS: "what they run when a session begins, is compacted or ends",
    STATUSLINE: "a line that says where the task stands",
    MCP: "volon's tools, by the Model Context Protocol",
}
"""By their names."""
DEFAULT = (SKILLS, INSTRUCTIONS, HOOKS, STATUSLINE)
"""What is written when nothing is said; MCP needs an extra, which not every clone has."""
