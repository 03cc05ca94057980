"""A pipeline as its file says it: tickets, what each of them needs, and how it is to be run.

`volon.model.pipeline.reading` makes one from a file; the fields below are what it reads by, what the published schema
is made of, and what docs/FORMAT.md lists.

Source: contract §6 (pipeline), seed 004; issue "the pipeline".
"""

from __future__ import annotations

from volon.model.records.fields import Field, Kind
from volon.plain import StrEnum, dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection

VERSION = 1


class Rerun(StrEnum):
    """What happens to a ticket of which nobody knows how it ended."""

    SAFE = "safe"
    ASK = "ask"
    NEVER = "never"


class Isolation(StrEnum):
    """What a ticket shares with those that run beside it."""

    NONE = "none"
    INPLACE = "inplace"
    WORKTREE = "worktree"


TICKET_ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
_TIMEOUT = Field("timeout", Kind.LINE, "The longest it may take: seconds, or `90s`, `30m`, `2h`; without it, for ever.")
_RETRIES = Field("retries", Kind.INT, "How often it is tried again after it has failed; 0 unless said otherwise.")
_RERUN = Field(
    "rerun",
    Kind.LINE,
    "When nobody knows how it ended: `safe` runs it again, `ask` (unless said otherwise) stops and asks; `never` asks "
    "too, and is durably written down before it starts.",
    choices=tuple(Rerun),
)
_ISOLATION = Field(
    "isolation",
    Kind.LINE,
    "`inplace` changes the working tree, so that only one such ticket runs at a time; `worktree` runs in a working "
    "tree of its own, and what it changed there becomes a commit; `none` unless said otherwise.",
    choices=tuple(Isolation),
)
DEFAULTS = (_TIMEOUT, _RETRIES, _RERUN, _ISOLATION)
TICKET = (
    Field("id", Kind.LINE, "Its name, unique also without regard to case.", required=True, pattern=TICKET_ID),
    Field("run", Kind.TEXT, "A list of words, which no shell sees, or text for `/bin/sh -c`.", required=True),
    Field("needs", Kind.LIST, "The tickets that must be done before."),
    Field("priority", Kind.INT, "Of those that could start, the highest does; 0 unless said otherwise."),
    Field("env", Kind.MAP, "Variables besides those volon was given and those of the pipeline."),
    *DEFAULTS,
    Field(
        "outputs", Kind.LIST, "Paths, with `*` and `**`, of which each must lead to something once it has succeeded."
    ),
    Field("locks", Kind.LIST, "Names of what no two tickets may use at the same time."),
)
FIELDS = (
    Field("version", Kind.INT, "The format's version; 1.", required=True),
    Field("name", Kind.LINE, "What it is called; the file's name unless said otherwise."),
    Field("env", Kind.MAP, "Variables for every ticket."),
    Field("defaults", Kind.MAP, "What holds for each ticket that does not say otherwise.", items=DEFAULTS),
    Field("tickets", Kind.OBJECTS, "The tickets; among equals the one that stands first is first.", items=TICKET),
)


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket.

    Attributes:
        argv: the words to run; empty when `text` is for a shell.
        timeout: seconds.
        line, column: where it stands in the file.
    """

    id: str
    argv: tuple[str, ...] = ()
    text: str = ""
    needs: tuple[str, ...] = ()
    priority: int = 0
    env: dict[str, str] = field(default_factory=dict)
    timeout: int | None = None
    retries: int = 0
    rerun: Rerun = Rerun.ASK
    isolation: Isolation = Isolation.NONE
    outputs: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    line: int = field(default=1, compare=False)
    column: int = field(default=1, compare=False)

    @property
    def holds(self) -> tuple[str, ...]:
        """What it needs for itself alone; the working tree has a name that no lock can have."""
        return (*self.locks, "") if self.isolation is Isolation.INPLACE else self.locks


@dataclass(frozen=True, slots=True)
class Spec:
    """A whole pipeline; its tickets by id, in the order of the file."""

    name: str
    tickets: dict[str, Ticket]
    env: dict[str, str] = field(default_factory=dict)

    def with_needs(self, ids: Collection[str]) -> frozenset[str]:
        """The given tickets and all that they need, directly or not."""
        found = set(ids)
        todo = list(ids)
        while todo:
            new = [need for need in self.tickets[todo.pop()].needs if need not in found]
            found.update(new)
            todo += new
        return frozenset(found)
