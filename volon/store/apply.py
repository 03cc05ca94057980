"""Rolling a published operation forward: what to do with each target, and doing it, as often as it takes.

Every step looks at what is there before it acts, so it can be repeated after any crash in any step, including a
crash in the repetition. What a target is found to hold decides: our new content is only made durable again, the
content we planned upon is replaced, and anything else belongs to somebody else and stays as it is.

Source: reliability §3.3 steps 5-6, §3.4, §3.6, C5, C6.
"""

from __future__ import annotations

import errno
from enum import Enum, auto

from volon.files import OF_THE_USER, InTheWay
from volon.light import suppress
from volon.model.version import Version
from volon.plain import dataclass
from volon.store import layout
from volon.store.journal import Entry, Journal, Kind, digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import FileSystem, Place

_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.EMLINK, errno.EXDEV, errno.ENOSYS)

_LOOKS = 10


class Deed(Enum):
    """What a target needs."""

    NOTHING = auto()
    WRITE = auto()
    APPEND = auto()
    REMOVE = auto()
    LEAVE = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do with a target, and the bytes to do it with."""

    deed: Deed
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A target left as it was found, and where our bytes are instead (None when we meant to delete it).

    Attributes:
        kept: the file that has them.
        blob: the object that has them, for a file of the user's.
    """

    place: Place
    kept: Place | None
    reason: str
    blob: str | None = None


def judge(entry: Entry, current: bytes | None) -> Verdict:
    """What a target that holds `current` needs; pure, and the same for applying and for reading ahead."""
    if entry.kind is Kind.APPEND:
        return _judge_append(entry, current)
    if current == entry.after:
        return Verdict(Deed.NOTHING)
    if current != entry.before:
        return Verdict(Deed.LEAVE)
    return Verdict(Deed.REMOVE) if entry.after is None else Verdict(Deed.WRITE, entry.after)


def _judge_append(entry: Entry, current: bytes | None) -> Verdict:
    """A line for the log: once, whole, and never at the cost of what somebody else wrote there."""
    line = entry.after or b""
    found = current or b""
    tail = found[entry.offset :]
    if digest(found[: entry.offset]) != entry.prefix or len(found) < entry.offset:
        return _add_at_end(found, line)
    if tail.startswith(line):
        return Verdict(Deed.NOTHING)
    if not tail:
        return Verdict(Deed.APPEND if current is not None else Deed.WRITE, line)
    if _is_torn(tail, line):
        return Verdict(Deed.WRITE, found[: entry.offset] + line)
    return _add_at_end(found, line)


def _add_at_end(found: bytes, line: bytes) -> Verdict:
    if line in found:
        return Verdict(Deed.NOTHING)
    gap = b"\n" if found and not found.endswith(b"\n") else b""
    return Verdict(Deed.WRITE, found + gap + line)


def _is_torn(tail: bytes, line: bytes) -> bool:
    """Whether `tail` is `line` as power loss leaves it: cut short, or with zeros where blocks never arrived."""
    return len(tail) <= len(line) and all(got in (0, meant) for got, meant in zip(tail, line, strict=False))


def view(entry: Entry, current: bytes | None) -> bytes | None:
    """What a target will hold once the operation is applied: how readers see a published one."""
    verdict = judge(entry, current)
    if verdict.deed is Deed.APPEND:
        return (current or b"") + verdict.data
    if verdict.deed is Deed.WRITE:
        return verdict.data
    return None if verdict.deed is Deed.REMOVE else current


def roll_forward(fs: FileSystem, journal: Journal) -> tuple[Conflict, ...]:
    """Apply, archive and clear a published journal.

    Returns:
        The targets that were left alone because they hold somebody else's bytes.

    Raises:
        OSError: a step failed; the journal stays published and the same call can be made again.
    """
    conflicts: tuple[Conflict, ...] = ()
    archive_place = layout.operation_place(journal.op)
    if fs.stat(archive_place) is None:
        conflicts = apply(fs, journal)
        archive(fs, journal.op)
    # Where there are no hard links, power lost in a recovery may bring back what an archive was made from.
    fs.unlink(layout.temporary_place(archive_place, journal.op, 0))
    # An archive found from before may never have reached the disk.
    fs.sync_parents([archive_place])
    clear(fs)
    return conflicts


def apply(fs: FileSystem, journal: Journal) -> tuple[Conflict, ...]:
    """Bring every target to its new content and make all of it durable."""
    conflicts = []
    touched: list[Place] = []
    fs.announce(e.after for e in journal.entries if e.place.root in OF_THE_USER and e.after is not None)
    needed = frozenset(above for e in journal.entries if e.after is not None for above in e.place.above())
    for index, entry in enumerate(journal.entries):
        conflict = _settle(fs, journal.op, index, entry)
        if conflict is None:
            if entry.after is None and layout.is_among_users(entry.place):
                _remove_emptied(fs, entry.place.parent, needed)
            touched.append(entry.place)
            continue
        conflicts.append(conflict)
        if conflict.kept is not None:
            touched.append(conflict.kept)
        # What was begun beside it and given up must stay gone.
        with suppress(InTheWay):
            fs.stat(entry.place)
            touched.append(entry.place)
    fs.sync_parents(_that_is_left(fs, place) if layout.is_among_users(place) else place for place in touched)
    return tuple(conflicts)


def _remove_emptied(fs: FileSystem, directory: Place, needed: frozenset[Place]) -> None:
    """Remove directories of the user's that our own deletion has emptied; git knows none that are empty."""
    while directory.path and directory not in needed:
        # One that cannot be removed (it is somebody's current directory, say) is in nobody's way.
        with suppress(OSError):
            fs.rmdir(directory)
        if _is_directory(fs, directory):
            return
        directory = directory.parent


def _that_is_left(fs: FileSystem, place: Place) -> Place:
    """The place, or the nearest above it whose directory is there: others may have made way for a file."""
    while place.path and not _is_directory(fs, place.parent):
        place = place.parent
    return place


def _is_directory(fs: FileSystem, place: Place) -> bool:
    try:
        found = fs.stat(place)
    except InTheWay:
        return False
    return found is not None and found.is_dir


def archive(fs: FileSystem, op: str) -> None:
    """Keep the journal as the operation's record, for the list of operations and for undo."""
    target = layout.operation_place(op)
    fs.mkdir(target.parent)
    try:
        fs.link(layout.JOURNAL, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        _install(fs, target, layout.temporary_place(target, op, 0), fs.read(layout.JOURNAL) or b"", 0o600)


def clear(fs: FileSystem) -> None:
    """Unpublish the journal: the operation is over."""
    fs.unlink(layout.JOURNAL)
    fs.sync_dir(layout.JOURNAL.parent)


def _settle(fs: FileSystem, op: str, index: int, entry: Entry) -> Conflict | None:
    temporary = layout.temporary_place(entry.place, op, index)
    try:
        if entry.place == layout.INDEX:
            _release_index(fs, entry, temporary)
        # What others add to a log meanwhile, another working tree's volon among them, is no conflict: look again.
        for _ in range(_LOOKS if entry.kind is Kind.APPEND else 1):
            fs.unlink(temporary)
            verdict = judge(entry, fs.read(entry.place))
            if verdict.deed in (Deed.WRITE, Deed.APPEND):
                fs.mkdir(entry.place.parent)
            if _do(fs, entry, verdict, temporary):
                return None
        reason = "it was edited since volon read it"
    except InTheWay as error:
        reason = error.message
    return _set_aside(fs, op, index, entry, reason)


def _do(fs: FileSystem, entry: Entry, verdict: Verdict, temporary: Place) -> bool:
    """Carry out a verdict; False when the target turns out to be somebody else's."""
    match verdict.deed:
        case Deed.LEAVE:
            return False
        case Deed.NOTHING:
            if entry.after is not None:
                fs.sync(entry.place)
        case Deed.REMOVE:
            fs.unlink(entry.place)
        case Deed.APPEND if _only_name(fs, entry.place):
            fs.append(entry.place, verdict.data)
        case _:
            return _write(fs, entry, verdict, temporary)
    return True


def _only_name(fs: FileSystem, place: Place) -> bool:
    """A file with a second name elsewhere is replaced, never written through."""
    found = fs.stat(place)
    return found is not None and found.links == 1


def _write(fs: FileSystem, entry: Entry, verdict: Verdict, temporary: Place) -> bool:
    current = fs.read(entry.place)
    data = view(entry, current)
    if data is None or judge(entry, current) != verdict:
        return False
    fs.create(temporary, data, entry.mode, exact=entry.exact)
    if entry.place == layout.INDEX:
        return _replace_index(fs, temporary, current)
    # The last look before the rename: an editor may have saved while we wrote.
    if fs.read(entry.place) != current:
        fs.unlink(temporary)
        return False
    if current is not None:
        fs.rename(temporary, entry.place)
        return True
    return _link_exclusively(fs, temporary, entry.place)


def _link_exclusively(fs: FileSystem, temporary: Place, target: Place) -> bool:
    try:
        fs.link(temporary, target)
    except FileExistsError:
        fs.unlink(temporary)
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        fs.rename(temporary, target)
        return True
    fs.unlink(temporary)
    return True


def _replace_index(fs: FileSystem, temporary: Place, current: bytes | None) -> bool:
    """As git itself does it: whoever makes `index.lock` may rename it to `index`, and nobody else.

    The lock appears with its whole content, as a second name of our file, so that one found after a crash can be told
    from git's.
    """
    if not _link_lock(fs, temporary):
        raise BlockingIOError(errno.EEXIST, f"git is using the index: {fs.shown(layout.INDEX_LOCK)} is there")
    still = fs.read(layout.INDEX) == current
    if still:
        fs.rename(layout.INDEX_LOCK, layout.INDEX)
    else:
        fs.unlink(layout.INDEX_LOCK)
    fs.unlink(temporary)
    return still


def _link_lock(fs: FileSystem, temporary: Place) -> bool:
    try:
        fs.link(temporary, layout.INDEX_LOCK)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        if fs.stat(layout.INDEX_LOCK) is not None:
            return False
        fs.rename(temporary, layout.INDEX_LOCK)
    return True


def _release_index(fs: FileSystem, entry: Entry, temporary: Place) -> None:
    """Remove an `index.lock` that this operation left when it was killed: it is our file, or has its exact bytes."""
    lock, ours = fs.stat(layout.INDEX_LOCK), fs.stat(temporary)
    if lock is None:
        return
    if (ours is not None and ours.stamp[0] == lock.stamp[0]) or fs.read(layout.INDEX_LOCK) == entry.after:
        fs.unlink(layout.INDEX_LOCK)


def _set_aside(fs: FileSystem, op: str, index: int, entry: Entry, reason: str) -> Conflict:
    """Our bytes are worth keeping too: they go where doctor lists them and nothing reads them."""
    if entry.after is None:
        return Conflict(entry.place, None, reason)
    if entry.place.root in OF_THE_USER:
        return Conflict(entry.place, None, reason, Version.parse(entry.after).blob)
    kept = layout.kept_place(op, entry.place)
    _install(fs, kept, layout.temporary_place(kept, op, index), entry.after, 0o600)
    return Conflict(entry.place, kept, reason)


def _install(fs: FileSystem, target: Place, temporary: Place, data: bytes, mode: int) -> None:
    """A private file of volon's own, whole or not there."""
    fs.mkdir(target.parent)
    fs.unlink(temporary)
    fs.create(temporary, data, mode)
    fs.rename(temporary, target)
