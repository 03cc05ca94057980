"""What every operation carries: its identity, and what it followed.

Source: reliability §3.2.
"""

from __future__ import annotations

from volon.plain import dataclass
from volon.store.journal import MAIN_TREE, Entry, Journal, RepoIdentity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True, slots=True)
class Stamp:
    """What every operation carries: its identity, and what it followed."""

    op: str
    verb: str
    at: str
    identity: RepoIdentity
    previous: str | None
    tree: str = MAIN_TREE

    def journal(self, entries: Iterable[Entry], header: Mapping[str, object]) -> Journal:
        """The operation that brings these entries about; those that would change nothing are left out."""
        changing = tuple(entry for entry in entries if entry.after != entry.before)
        extra = {**header, "tree": self.tree}
        return Journal(self.op, self.verb, self.at, self.identity, changing, self.previous, extra)
