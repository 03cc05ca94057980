"""One writer per working tree, by a lock of the kernel: it dies with its holder, so it can never be stale.

The lock file stays for ever; what is written in it (process, host, what it is doing) is for the message to whoever
waits, and decides nothing. Where the file system has no such locks (some network mounts) `store.lockfile` stands in,
and says so.

Source: reliability M12, C1, C2, C3.
"""

from __future__ import annotations

import errno
import json

from volon.errors import Busy
from volon.identity import Identity
from volon.model.text import iso
from volon.plain import asdict, dataclass
from volon.store import layout, lockfile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.files import FileSystem, Held, Place
    from volon.world import World

WAIT_SECONDS = 10.0
_PAUSE_SECONDS = 0.02
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS)
IN_HOOK = "VOLON_IN_HOOK"


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds the lock, as far as the lock file tells."""

    pid: int | None = None
    host: str = ""
    verb: str = ""
    since: str = ""

    def __str__(self) -> str:
        who = f"process {self.pid}" if self.pid is not None else "another process"
        where = f" on {self.host}" if self.host else ""
        what = f", {self.verb} since {self.since}" if self.verb else ""
        return f"{who}{where}{what}"


def refuse_in_hook(world: World) -> None:
    """Refuse to change anything when one of volon's own hooks is what called it: it could wait for itself for ever.

    Raises:
        Busy: it is.
    """
    if world.env.get(IN_HOOK):
        raise Busy("volon was called from one of its own hooks, where nothing may be changed")


def acquire(
    world: World,
    fs: FileSystem,
    verb: str,
    *,
    wait: float | None = None,
    on_wait: Callable[[str], None] | None = None,
    on_notice: Callable[[str], None] | None = None,
) -> Held:
    """Take the lock, waiting for at most `wait` seconds, or as long as usual.

    Args:
        world: clock and environment.
        fs: where the lock file is.
        verb: what the lock is wanted for; shown to others.
        wait: how long, at most; `WAIT_SECONDS` when None.
        on_wait: called once, with words for the holder, when there is one to wait for.
        on_notice: called with a sentence when the kernel's locks cannot be used here.

    Raises:
        Busy: it is still held after that time, or volon was called from one of its own hooks.
        OSError: the lock file cannot be made.
    """
    refuse_in_hook(world)
    _prepare(fs)
    note = _note(world, verb)
    deadline = world.clock.monotonic() + (WAIT_SECONDS if wait is None else wait)
    kind = _KernelLock(world, fs, note, on_notice)
    held = kind.take()
    if held is None and on_wait is not None:
        on_wait(str(holder(fs, kind.place)))
    while held is None:
        if world.clock.monotonic() >= deadline:
            raise Busy(f"{holder(fs, kind.place)} is writing", hints=["try again when it is done"])
        world.clock.sleep(_PAUSE_SECONDS)
        held = kind.take()
    return held


@dataclass()
class _KernelLock:
    """The kernel's lock; from the moment the kernel has none, a file with an owner."""

    world: World
    fs: FileSystem
    note: bytes
    on_notice: Callable[[str], None] | None
    place: Place = layout.LOCK

    def take(self) -> Held | None:
        if self.place == layout.LOCK:
            try:
                return self.fs.lock(layout.LOCK, self.note)
            except OSError as error:
                if error.errno not in _NO_LOCKS:
                    raise
            self._fall_back()
        return lockfile.take(self.fs, self.note, self.world.ids.token())

    def _fall_back(self) -> None:
        self.place = layout.LOCK_OWNER
        if self.on_notice is not None:
            shown = self.fs.shown(self.place)
            self.on_notice(f"this file system has no locks; {shown} is used instead, which a crash can leave behind")


def holder(fs: FileSystem, place: Place = layout.LOCK) -> Holder:
    """Who holds the lock, or held it last."""
    try:
        found = json.loads((fs.read(place, 4096) or b"{}").splitlines()[0])
        return Holder(int(found["pid"]), str(found["host"]), str(found["verb"]), str(found["at"]))
    except (ValueError, KeyError, TypeError, IndexError, RecursionError):
        return Holder()


def _prepare(fs: FileSystem) -> None:
    """The directory's own name is durable before the lock file is in it: so a lock file proves that it is."""
    if fs.stat(layout.LOCK) is None:
        fs.mkdir(layout.LOCK.parent)
        fs.sync_parents([layout.LOCK.parent])


def _note(world: World, verb: str) -> bytes:
    at = iso(world.clock.now())
    tick = world.clock.monotonic()
    return json.dumps({**asdict(Identity.own()), "verb": verb, "at": at, "tick": tick}).encode("ascii")
