"""What can be wrong between volon and a coding agent: one table, each fault with a code that stays.

`volon doctor` looks for them; the page docs/AGENT_FAULTS.md is made from here.

Source: issue "Where agents live" (`doctor` knows at least 25 integration faults); agents.md §1.2 to §1.6.
"""

from __future__ import annotations

from volon.model.agents.faults_called import HOOKS, PATHS, PROGRAMS, SERVERS, SETTINGS, TRUST
from volon.model.agents.faults_told import FILES, INSTRUCTIONS, SHARING, SKILLS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.fault import Fault

GROUPS: dict[str, dict[str, Fault]] = {
    "What volon wrote": FILES,
    "Files of instructions": INSTRUCTIONS,
    "Skills": SKILLS,
    "Settings of agents": SETTINGS,
    "Hooks": HOOKS,
    "MCP servers": SERVERS,
    "Programs that are named by a path": PATHS,
    "Trust": TRUST,
    "Programs": PROGRAMS,
    "What colleagues get": SHARING,
}
"""The table, by what it is about."""
FAULTS: dict[str, Fault] = {code: fault for group in GROUPS.values() for code, fault in group.items()}
"""The table, by code."""
