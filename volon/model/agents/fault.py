"""What a fault between volon and a coding agent is, and what is said of one that is there.

Source: issue "Where agents live" (`doctor` knows at least 25 integration faults); agents.md §1.2 to §1.6.
"""

from __future__ import annotations

from volon.plain import NamedTuple

PROBLEM, NOTE = "problem", "note"


class Fault(NamedTuple):
    """One row of the table.

    Attributes:
        severity: `PROBLEM`, something does not work; or `NOTE`, it may be meant like that.
        cause: what is the case.
        effect: what comes of it.
        way: out of it.
        mends: whether `volon doctor --fix` does.
    """

    severity: str
    cause: str
    effect: str
    way: str
    mends: bool = False


class Sighting(NamedTuple):
    """A fault that is there.

    Attributes:
        code: in the table.
        sentence: what is the case, without the place.
        path: the file, as people call it; empty where there is none.
        line: from 1.
        key: the path to what is meant within the file, such as `hooks.SessionStart[0]`.
        way: the exact edit, or what else there is to do.
        command: that does it, or shows more.
    """

    code: str
    sentence: str
    path: str = ""
    line: int | None = None
    key: str = ""
    way: str = ""
    command: str = ""
