"""The second-best lock, for file systems whose kernel locks do not work (some network mounts): a file with an owner.

The file is made complete under a name of its own and then linked to the lock's name, which fails when that is taken; so
it is never seen half-written. Unlike a kernel lock it outlives its owner. It is broken only when its owner is known to
be dead: same host, and another boot, or no such process any more. An owner on another host is never presumed dead.

Who breaks it must be alone, or a third party's fresh lock could be taken for the stale one. The right to break one
particular lock is itself a file, made exclusively and named after that lock; should its owner die as well, the right
passes to whoever makes the next one in the row.

Source: reliability M13, P7.
"""

from __future__ import annotations

import json

from volon.identity import Identity
from volon.plain import dataclass
from volon.store import layout
from volon.store.journal import digest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.files import FileSystem, Place

_RIGHTS = 16
"""More breakers than that dying one after the other at the same lock is a matter for doctor."""


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """The lock, held."""

    fs: FileSystem
    note: bytes

    def mark(self, line: bytes) -> None:
        """Nothing: what stands in the file says whose it is, and must not change."""

    def release(self) -> None:
        """Remove it, if it is still ours."""
        if self.fs.read(layout.LOCK_OWNER) == self.note:
            self.fs.unlink(layout.LOCK_OWNER)


def take(fs: FileSystem, note: bytes, token: str) -> OwnedFile | None:
    """Take the lock, or None while another holds it; a dead holder's is broken first.

    Args:
        fs: where it lies.
        note: who we are (`Identity`) as JSON, and different for every attempt.
        token: makes our names unique.

    Raises:
        OSError: the file system allows neither this.
    """
    found = fs.read(layout.LOCK_OWNER)
    if found is not None and not _is_dead(found):
        return None
    own = layout.LOCK_OWNER.parent / f"{layout.LOCK_OWNER.name}.{token}"
    fs.create(own, note, 0o600)
    try:
        if found is not None and not _break(fs, found, own):
            return None
        fs.link(own, layout.LOCK_OWNER)
    except (FileExistsError, FileNotFoundError):
        # Another was quicker; if ours is gone, it has also tidied up.
        return None
    finally:
        fs.unlink(own)
    _sweep(fs)
    return OwnedFile(fs, note)


def _sweep(fs: FileSystem) -> None:
    """What others left who died while they tried; the lock is ours, so none of it means anything any more."""
    directory = layout.LOCK_OWNER.parent
    for name in fs.listdir(directory):
        if name.startswith(f"{layout.LOCK_OWNER.name}."):
            note = fs.read(directory / name)
            if not note or _is_dead(note):
                fs.unlink(directory / name)


def _is_dead(note: bytes) -> bool:
    """Whether whoever wrote this note certainly lives no more."""
    try:
        found = json.loads(note)
        pid, host, boot, pids, start = (found[name] for name in ("pid", "host", "boot", "pids", "start"))
        now = Identity.of(int(pid))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return False
    if host != now.host or not boot:
        return False
    return bool(boot != now.boot or (pids == now.pids and start != now.start))


def _break(fs: FileSystem, stale: bytes, own: Place) -> bool:
    """Remove a dead owner's lock; False when another is doing it."""
    rights = [right(stale, number) for number in range(_RIGHTS)]
    for number, claimed in enumerate(rights):
        try:
            fs.link(own, claimed)
        except FileExistsError:
            if _is_dead(fs.read(claimed) or b""):
                continue
            return False
        if fs.read(layout.LOCK_OWNER) == stale:
            fs.unlink(layout.LOCK_OWNER)
        for used in reversed(rights[: number + 1]):
            fs.unlink(used)
        return True
    return False


def right(stale: bytes, number: int) -> Place:
    """The file that stands for the right to break one lock, after `number` others have died in the attempt."""
    return layout.LOCK_OWNER.parent / f"{layout.LOCK_OWNER.name}.{digest(stale)[:16]}.{number}"
