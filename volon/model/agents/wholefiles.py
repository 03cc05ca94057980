"""Files that are volon's from the first byte to the last: skills, and settings that an agent reads from many files.

Source: agents.md §1.6 (f).
"""

from __future__ import annotations

from volon.model.agents.changes import EDITED, Barred, Change, State
from volon.model.agents.forms import is_whole
from volon.model.agents.manifest import Written, digest
from volon.plain import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.changes import Settled


class WholeFile(NamedTuple):
    """A file of volon's."""

    path: str
    data: bytes
    agents: tuple[str, ...]
    part: str

    def put(self, before: Written | None, there: bytes | Barred | None) -> Settled:
        """Return what has to change so that the file is this; see `Wanted`."""
        whom, written = (self.agents, (self.part,)), Written(sha256=digest(self.data))
        if isinstance(there, Barred):
            return Change(self.path, State.KEPT, *whom, reason=there.reason), before
        if there is None:
            return Change(self.path, State.CREATED, *whom, self.data), written
        if digest(there) == written.sha256:
            return Change(self.path, State.UNCHANGED, *whom), written
        if before is not None and _is_ours(self.path, before, there):
            return Change(self.path, State.UPDATED, *whom, self.data), written
        return Change(self.path, State.KEPT, *whom, reason=EDITED), before


def taken_back(path: str, before: Written, there: bytes) -> Change:
    """Return what becomes of a file that nobody wants any more."""
    ours = _is_ours(path, before, there)
    return Change(path, State.REMOVED) if ours else Change(path, State.KEPT, reason=EDITED)


def _is_ours(path: str, before: Written, there: bytes) -> bool:
    """Whether it is as volon wrote it; whatever a manifest says, what volon never writes is not."""
    return digest(there) == before.sha256 and is_whole(path, there)
