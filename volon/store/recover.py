"""The first step of every writing command: finish what an earlier one began.

No journal: nothing to do but sweep the staging directory. A journal that fails its check is set aside and named, one
of another repository or working tree likewise; neither is applied. A good one is rolled forward. Doing it again,
after a crash anywhere in it, ends in the same state.

Source: reliability §3.4, M3, M14, M15.
"""

from __future__ import annotations

from volon.errors import Corrupt, HumanConflict, NotCommitted
from volon.plain import dataclass
from volon.store import layout
from volon.store.apply import Conflict, roll_forward
from volon.store.journal import Journal, RepoIdentity, decode, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.files import FileSystem, Place


@dataclass(frozen=True, slots=True)
class Recovery:
    """The operation that was finished just now, or None when there was none."""

    op: str | None = None
    verb: str = ""


def recover(fs: FileSystem, identity: RepoIdentity) -> Recovery:
    """Finish an unfinished operation. The lock is held.

    Raises:
        Corrupt: the journal failed its check; it has been set aside, and the next call finds nothing to do.
        HumanConflict: it was of another working tree and has been set aside, or some of its targets hold
            somebody else's bytes; the operation is over and the next call finds nothing to do.
        NotCommitted: it cannot be finished now (disk, permission); it stays.
    """
    try:
        return _recover(fs, identity)
    except OSError as error:
        raise NotCommitted(
            "an earlier operation is committed but cannot be finished yet",
            causes=[str(error)],
            hints=["put right what stands in the way, then run any volon command again"],
        ) from error


def _recover(fs: FileSystem, identity: RepoIdentity) -> Recovery:
    _sweep(fs)
    data = fs.read(layout.JOURNAL)
    if data is None:
        return Recovery()
    # Whoever published it may have died before its name was durable; nothing is applied before it is.
    fs.sync_dir(layout.JOURNAL.parent)
    journal = _checked(fs, data)
    if journal.identity != identity:
        raise _foreign(fs, journal, data)
    conflicts = roll_forward(fs, journal)
    if conflicts:
        raise conflict_error(fs, journal.op, conflicts)
    return Recovery(journal.op, journal.verb)


def conflict_error(fs: FileSystem, op: str, conflicts: tuple[Conflict, ...]) -> HumanConflict:
    """The error that names every target left alone, and where volon's version of it is."""
    causes = []
    for conflict in conflicts:
        ours = "volon meant to remove it" if conflict.kept is None else f"volon's version is {fs.shown(conflict.kept)}"
        ours = ours if conflict.blob is None else f"volon's version: git cat-file blob {conflict.blob}"
        causes.append(f"{fs.shown(conflict.place)} was left as it is: {conflict.reason}; {ours}")
    return HumanConflict(
        f"operation {op} is done except for {len(conflicts)} of its files, which somebody else changed",
        causes=causes,
        hints=["compare the two, keep what is right, then go on"],
    )


def edited_error(fs: FileSystem, journal: Journal, edited: Sequence[Place]) -> HumanConflict:
    """The error that names every target of an operation that holds something else now."""
    what = f"{journal.verb} {journal.header.get('summary', '')}".rstrip()
    return HumanConflict(
        f"{what} cannot be taken back, because of what was changed since; everything is as it was.",
        causes=[f"{fs.shown(place)} is not as volon left it" for place in edited],
        hints=["Keep the change and go on, or put it back as it was and run `volon undo` again.", "volon undo --list"],
    )


def _checked(fs: FileSystem, data: bytes) -> Journal:
    try:
        return decode(data)
    except Corrupt as error:
        kept = layout.CORRUPT / digest(data)[:16]
        _move_aside(fs, kept, data)
        raise Corrupt(
            "the journal of an unfinished operation is damaged and was set aside; nothing of it was applied",
            causes=[error.message, *error.causes, f"it is kept as {fs.shown(kept)}"],
            hints=["volon doctor"],
        ) from error


def _foreign(fs: FileSystem, journal: Journal, data: bytes) -> HumanConflict:
    kept = layout.foreign_place(journal.op)
    _move_aside(fs, kept, data)
    return HumanConflict(
        "an unfinished operation of another working tree was found here and set aside; nothing of it was applied",
        causes=[f"it belongs to {journal.identity.worktree}", f"it is kept as {fs.shown(kept)}"],
        hints=["volon doctor"],
    )


def _move_aside(fs: FileSystem, kept: Place, data: bytes) -> None:
    """A copy, durable before the journal goes: the two may lie on different file systems."""
    temporary = layout.temporary_place(kept, "aside", 0)
    fs.mkdir(kept.parent)
    fs.unlink(temporary)
    fs.create(temporary, data, 0o600)
    fs.rename(temporary, kept)
    fs.sync_parents([kept])
    fs.unlink(layout.JOURNAL)
    fs.sync_dir(layout.JOURNAL.parent)


def _sweep(fs: FileSystem) -> None:
    """Journals that were never published: the lock is ours, so nobody is writing them."""
    for name in fs.listdir(layout.TMP):
        fs.unlink(layout.TMP / name)


def set_aside(fs: FileSystem, places: Sequence[Place], stamp: str) -> None:
    """Move files to `corrupt/`, durably, each under its own name behind a stamp."""
    fs.mkdir(layout.CORRUPT)
    for place in places:
        kept = layout.aside_place(stamp, place.path.replace("/", "-"))
        fs.rename(place, kept)
        fs.sync_parents([place, kept])
