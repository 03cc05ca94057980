"""What the use-cases say about coding agents and the files they read.

Source: contract §4 (`agents`); issue "Where agents live".
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFileView:
    """One file and what became of it.

    Attributes:
        state: `created`, `updated`, `unchanged`, `removed`, or `kept` as it is because a person has a hand in it; of
            `status` what `upgrade` would do.
        agents: those that read it; none when it is no longer wanted.
        parts: what stands in it: `skills`, `instructions`, `hooks`, `statusline`, `mcp`.
        reason: why it, or a part of it, was kept.
        paste: what a person would have to put into a file that could not be read.
    """

    path: str
    state: str
    agents: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    reason: str = ""
    paste: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentView:
    """One agent of the table.

    Attributes:
        name: volon's for it.
        installed: whether its files were written here.
        seen: why it seems to be used here: a file of this repository, or its program; empty when it does not.
        call: what one types to pause in it; empty where it has neither skills nor commands.
        version: the one that was tried; empty when its documentation is all that is known.
        parts: those that there are for it.
    """

    name: str
    title: str
    installed: bool
    seen: str = ""
    call: str = ""
    version: str = ""
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsResult(Result):
    """What `agents install`, `upgrade`, `uninstall` and `status` did or found.

    Attributes:
        verb: which of them.
        agents: that were asked for; of `status` all that are installed.
        installed: those that volon is installed for afterwards.
        files: theirs.
        parts: those that agents are given.
        asks: what is left to the user: to trust hooks, and commands for settings outside of the repository.
        next_command: what to type now; empty where nothing has to be done.
    """

    SCHEMA: ClassVar[str] = "volon/agents-result@1"

    verb: str
    agents: tuple[AgentView, ...]
    installed: tuple[str, ...]
    files: tuple[AgentFileView, ...]
    parts: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    next_command: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsListResult(Result):
    """Every agent that volon can be installed for: those it is installed for first, then those seen here.

    Attributes:
        as_of: when the table was last looked over.
        next_command: what to type now.
    """

    SCHEMA: ClassVar[str] = "volon/agents-list-result@1"

    agents: tuple[AgentView, ...]
    as_of: str
    next_command: str = ""
