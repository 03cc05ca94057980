"""The last look before an operation is published: is everything still as the plan saw it, and is there room?

Every refusal here is free: nothing has changed.

Source: reliability §3.3 (2), M6.
"""

from __future__ import annotations

from volon.errors import Busy, HumanConflict, NotCommitted
from volon.files import OF_THE_USER, InTheWay, NoBytes, Root
from volon.model.version import SOMETHING
from volon.store import layout
from volon.store.journal import Kind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from volon.files import FileSystem, Place
    from volon.store.journal import Entry, Journal

_SPARE_BYTES = 64 << 10


def check(fs: FileSystem, journal: Journal, size: int) -> None:
    """See that an operation can be published and then applied, as far as one can know.

    Args:
        fs: the disk.
        journal: the operation.
        size: of its record, in bytes.

    Raises:
        HumanConflict: a target was edited since it was read.
        Busy: git holds its index.
        NotCommitted: a directory may not be written, there is no room, or bytes to put back are missing.
        OSError: a target cannot be read.
    """
    removed = {entry.place for entry in journal.entries if entry.after is None}
    planned = (e for e in journal.entries if e.kind is not Kind.APPEND)
    others = [e.place for e in planned if not holds(e.place, fs.read(e.place), e.before, removed)]
    if others:
        raise edited(fs, others)
    for entry in journal.entries:
        if not _writable(fs, entry.place, removed):
            raise NotCommitted(f"{fs.shown(entry.place)} cannot be written: no permission for its directory")
    _require_room(fs, Root.GIT, 2 * size)
    if users := [entry for entry in journal.entries if entry.place.root in OF_THE_USER]:
        _check_users(fs, users)


def edited(fs: FileSystem, places: Iterable[Place]) -> HumanConflict:
    """The error for targets that are not what the plan was made from."""
    message = "edited while volon was working; nothing has changed"
    return HumanConflict(message, causes=map(fs.shown, places), hints=["run the command again"])


def _check_users(fs: FileSystem, entries: Sequence[Entry]) -> None:
    needed, missing = fs.announce(entry.after for entry in entries if entry.after is not None)
    if missing:
        causes = [NoBytes(missing[0]).message]
        raise NotCommitted("nothing has changed: bytes to put back are missing", causes=causes)
    _require_room(fs, Root.WORKTREE, needed)
    if any(entry.place == layout.INDEX for entry in entries) and fs.stat(layout.INDEX_LOCK) is not None:
        raise Busy(
            "git is using the index of this working tree; nothing has changed",
            causes=[f"{fs.shown(layout.INDEX_LOCK)} is there"],
            hints=["run the command again when git is done"],
        )


def holds(place: Place, current: bytes | None, expected: bytes | None, removed: Collection[Place]) -> bool:
    """Whether a target holds what it should; a directory counts as nothing when what is in it is to be removed."""
    if current == SOMETHING and expected is None and place.root is Root.FILES:
        return any(place in inner.above() for inner in removed)
    return current == expected


def _writable(fs: FileSystem, place: Place, removed: Collection[Place]) -> bool:
    """What stands in the way of a file of the user's may be removed by the same operation, before its turn comes."""
    try:
        return fs.writable(place)
    except InTheWay:
        if place.root is Root.FILES and any(above in removed for above in place.above()):
            return True
        raise


def _require_room(fs: FileSystem, root: Root, size: int) -> None:
    free, needed = fs.free(root), size + _SPARE_BYTES
    if free is not None and free < needed:
        raise NotCommitted(f"not enough space on the disk: {needed} bytes are needed")
