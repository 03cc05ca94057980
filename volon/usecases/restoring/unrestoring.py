"""Taking a restore back: what its files and git's index hold now is saved first, as with the restore itself.

Source: contract §7 (undo), reliability §3.7 (6).
"""

from __future__ import annotations

from volon.files import OF_THE_USER, InTheWay, Root
from volon.model.restoring import Step
from volon.model.version import Version
from volon.plain import replace
from volon.repo.snapshots import indexes
from volon.store import layout
from volon.usecases.restoring import restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.store.journal import Journal
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


def as_left(workspace: Workspace, journal: Journal) -> Journal:
    """Return the operation with the index it left as that is now, if git has only renewed its notes about files in it.

    Every `git status` does that; it is no edit of anybody's.

    Raises:
        GitFailed: git cannot read an index.
    """
    entry, repository = journal.entry(layout.INDEX), workspace.repository
    now = repository.index_bytes()
    if entry is None or entry.after is None or now is None:
        return journal
    try:
        left = repository.contents.read(Version.parse(entry.after).blob)
    except InTheWay:
        return journal
    if left == now or not indexes.say_the_same(repository, left, now):
        return journal
    same = replace(entry, after=restore.version_of_bytes(workspace, now).line())
    return replace(journal, entries=tuple(same if one is entry else one for one in journal.entries))


def save_first(workspace: Workspace, tx: Transaction, journal: Journal) -> None:
    """Save everything as it is now, when the operation had put back files of the user's.

    Raises:
        HumanConflict: something cannot be saved; nothing was changed.
        NotCommitted: git could not.
    """
    if not any(entry.place.root in OF_THE_USER for entry in journal.entries):
        return
    files = [entry for entry in journal.entries if entry.place.root is Root.FILES]
    steps = [Step(one.place.path, _version(one.after), _version(one.before)) for one in files]
    facts, seen = restore.looked(workspace.repository)
    restore.require_saved(steps, restore.save_first(workspace, tx, steps, facts, seen))


def _version(line: bytes | None) -> Version | None:
    return None if line is None else Version.parse(line)
