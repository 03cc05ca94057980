"""The page of the documentation about faults with coding agents, made from the table.

Source: issue "Where agents live".
"""

from __future__ import annotations

from volon.model.agents import AS_OF
from volon.model.agents.faults import FAULTS, GROUPS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.fault import Fault

_HEAD = f"""\
# Faults with coding agents

Generated from `volon/model/agents/faults.py`; do not edit.

`volon doctor` knows these {len(FAULTS)} ways in which volon and a coding agent can miss each other. It reads files of
the repository and, as far as they are about agents, of the user's home directory; it starts no agent, and it writes
nothing. A **problem** makes it exit with 1; a **note** may be meant like that. Where nothing was installed for an
agent, and none of its files calls volon, nothing is said.

`volon doctor --fix` mends those marked *mended*, by what `volon agents upgrade` does: files that volon itself wrote.
All others are the user's to decide. Trust is never written: whether an agent may run what a repository brings, its
user says.

The codes stay; `--json` has them under `name`. What is known of the agents is as of {AS_OF}.
"""


def faults_page() -> str:
    """Return the text of docs/AGENT_FAULTS.md."""
    return _HEAD + "".join(f"\n## {title}\n{''.join(map(_section, group.items()))}" for title, group in GROUPS.items())


def _section(row: tuple[str, Fault]) -> str:
    code, fault = row
    mended = ", mended" if fault.mends else ""
    return f"\n### {code}\n\n*{fault.severity}{mended}*\n\n{fault.cause} {fault.effect}\n\nWay out: {fault.way}\n"
