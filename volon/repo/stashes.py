"""The entries of `git stash`: listed, never touched.

An entry is a commit: its first parent is HEAD as it was, its second one has the index as a tree, its own tree is the
working tree's, and a third parent, which has no parents, has the untracked files.

Source: issue "Where agents live" (importers); git-stash(1).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from volon.patterns import pattern
from volon.plain import NamedTuple
from volon.repo.blobs import decode
from volon.repo.git import is_object_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.repo.git import Git

REF = "refs/stash"
_FORMAT = "%H%x1f%P%x1f%ct%x1f%gs"
_PARENTS = (2, 3)
_FIELDS = 4
_SAID = pattern(r"(WIP on|On) ([^:]+): (.*)", re.DOTALL)
_AUTOMATIC = "WIP on"


class Stash(NamedTuple):
    """One entry.

    Attributes:
        number: 0 is the newest; it changes with every further entry.
        oid: of its commit.
        base: HEAD when it was made.
        staged: the commit whose tree was the index.
        untracked: the commit with the untracked files; None when none were stashed.
        at: when it was made.
        branch: the name its message says, whether there is such a branch or not; None when it says none.
        message: what its maker said; empty when nothing was.
        subject: of the commit it was made on, where its message says that.
    """

    number: int
    oid: str
    base: str
    staged: str
    untracked: str | None
    at: datetime | None
    branch: str | None
    message: str
    subject: str

    @property
    def name(self) -> str:
        """What a person types to name it."""
        return f"stash@{{{self.number}}}"


def stashes(git: Git) -> tuple[Stash, ...]:
    """Return the entries, the newest first; what has not the parents of one is passed over.

    Raises:
        GitFailed: git could not say.
    """
    if git.resolve(REF) is None:
        return ()
    out = git.ask("log", "-g", "-z", "--no-show-signature", f"--format={_FORMAT}", REF, "--", ok=(0, 128))[1]
    found = (_stash(number, decode(row)) for number, row in enumerate(out.split(b"\0")) if row)
    return tuple(one for one in found if one is not None)


def _stash(number: int, row: str) -> Stash | None:
    fields = row.split("\x1f", _FIELDS - 1)
    parents = fields[1].split(" ") if len(fields) == _FIELDS else []
    if len(parents) not in _PARENTS or not all(map(is_object_id, (fields[0], *parents))):
        return None
    said = _SAID.fullmatch(fields[3])
    automatic = said is not None and said[1] == _AUTOMATIC
    text = said[3] if said else fields[3]
    return Stash(
        number,
        oid=fields[0],
        base=parents[0],
        staged=parents[1],
        untracked=parents[2] if len(parents) == _PARENTS[1] else None,
        at=_time(fields[2]),
        branch=said[2] if said and said[2] != "(no branch)" else None,
        message="" if automatic else text.strip(),
        subject=text.partition(" ")[2] if automatic else "",
    )


def _time(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
