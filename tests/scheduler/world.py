"""What a runner stands on, in one process: a journal that is a real file, and tickets that are pretended.

The runner may be killed at every door it goes through: before, within and after an append, before and after a ticket
is started. Power loss takes the end of the journal that was not synced, and of the witnesses and the logs any part.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from volon.clock import SystemClock
from volon.engine.runner import Runner
from volon.files import Place, Root, Roots
from volon.runfiles import Appended, RunFiles

if TYPE_CHECKING:
    from pathlib import Path

    from volon.background import Launcher, Worker
    from volon.identity import Identity

JOURNAL = Place(Root.COMMON, "journal")
LOGS = Place(Root.COMMON, "logs")
NOBODY = 0


class Killed(BaseException):
    """Here a process of volon's dies; nothing may catch it."""


@dataclass
class Process:
    """A ticket's process: its shell begins, its command has its effect, the shell tells the end.

    Attributes:
        tag: ticket and attempt.
        begun: whether the shell has written that it begins.
        gone: whether it has ended; its parent may not know yet.
        status: what the shell ended with; the negative number of a signal when it could not tell.
        told_to_end: whether it got a signal before its end.
    """

    pid: int
    tag: str
    begun: bool = False
    gone: bool = False
    status: int = 0
    told_to_end: bool = False

    @property
    def ticket(self) -> str:
        return self.tag.rpartition(".")[0]


class World(SystemClock):
    """The machine, its clock too.

    Args:
        where: an empty directory.
    """

    def __init__(self, where: Path) -> None:
        (where / "volon").mkdir()
        self.path = where / "volon/journal"
        self._real = RunFiles(Roots(str(where), str(where), str(where)))
        self.doors_left = self.torn = 0
        self.durable = 0
        self.exits = b""
        self.logs: dict[str, set[int]] = {}
        self.unsynced_logs: set[str] = set()
        self.processes: dict[int, Process] = {}
        self.started: list[Process] = []
        self.seconds, self.boot, self._last_pid, self._making = 0.0, 0, NOBODY, ""

    def close(self) -> None:
        self._real.close()

    def now(self) -> datetime:
        return datetime(2026, 11, 21, tzinfo=UTC)

    def monotonic(self) -> float:
        return self.seconds

    def since(self, began: float) -> float:
        return self.seconds - began

    def door(self) -> bool:
        """Whether whoever goes through here dies here."""
        self.doors_left -= 1
        return self.doors_left == 0

    def through(self) -> None:
        if self.door():
            raise Killed

    def begin(self, first: bytes) -> None:
        self._real.create(JOURNAL, first, 0o600)
        self.durable = len(first)

    def open(self) -> Appended:
        """The journal, as another process would open it."""
        file = self._real.open_appended(JOURNAL)
        return _Mortal(self, file.fd)

    @property
    def alive(self) -> list[Process]:
        return [one for one in self.processes.values() if not one.gone]

    # --- what happens to tickets ---

    def advance(self, one: Process, status: int) -> None:
        """A process begins; or its command ends with a status, and its shell tells."""
        if not one.begun:
            one.begun = True
            self.exits += f"\nS {one.tag} {one.pid}\n".encode()
            return
        self.exits += f"\nE {one.tag} {status}\n".encode()
        self._end(one, status)

    def kill(self, one: Process) -> None:
        """A process, its shell too, is killed; nobody tells."""
        self._end(one, -signal.SIGKILL)

    def _end(self, one: Process, status: int) -> None:
        one.gone, one.status = True, status
        self.logs.get(one.tag, set()).discard(one.pid)

    def signal_group(self, pid: int, number: signal.Signals) -> bool:
        """What `volon.background.signal_group` does, here."""
        one = self.processes.get(pid)
        if one is None or one.gone:
            return False
        one.told_to_end = True
        if number is signal.SIGKILL:
            self.kill(one)
        return True

    def lose_power(self, kept: float, lost_logs: set[str]) -> None:
        """Everything that was not durable may be gone."""
        size = self.path.stat().st_size
        self.durable += int(kept * (size - self.durable))
        os.truncate(self.path, self.durable)
        self.exits = self.exits[: int(kept * len(self.exits))]
        for one in self.alive:
            self.kill(one)
        self.logs = {tag: set() for tag in self.logs if tag not in lost_logs & self.unsynced_logs}
        self.unsynced_logs = set()
        self.processes = {}
        self.boot += 1

    def runner_dies(self) -> None:
        """What only it had open is free, and its children have another parent."""
        for holders in self.logs.values():
            holders.discard(NOBODY)

    # --- `Launcher` and the part of `RunFiles` that attempts use ---

    def make_log(self, place: Place) -> int:
        self.through()
        self._making = place.name.removesuffix(".log")
        if self._making in self.logs:
            raise FileExistsError
        self.logs[self._making] = {NOBODY}
        self.unsynced_logs.add(self._making)
        return 0

    def release(self, _fd: int) -> None:
        self.logs[self._making].discard(NOBODY)

    def is_held(self, place: Place) -> bool:
        return bool(self.logs.get(place.name.removesuffix(".log")))

    def is_open_by(self, place: Place, pid: int) -> bool:
        return pid in self.logs.get(place.name.removesuffix(".log"), ())

    def start(self, tag: str, *_what: object, **_how: object) -> Worker:
        self.through()
        self._last_pid += 1
        one = self.processes[self._last_pid] = Process(self._last_pid, tag)
        self.logs[tag].add(one.pid)
        self.started.append(one)
        self.through()
        return cast("Worker", _Child(self, one))

    def read(self, offset: int) -> bytes:
        """The file of witnesses."""
        return self.exits[offset:]

    @property
    def launcher(self) -> Launcher:
        return cast("Launcher", self)

    @property
    def files(self) -> RunFiles:
        return cast("RunFiles", self)

    @property
    def witnesses(self) -> Appended:
        return cast("Appended", self)


class _Child:
    """A process, to its parent."""

    def __init__(self, world: World, one: Process) -> None:
        self._world, self._one, self.pid = world, one, one.pid

    def is_over(self) -> bool:
        return self._one.gone

    def reap(self) -> int:
        del self._world.processes[self.pid]
        return self._one.status


class _Mortal(Appended):
    """The journal, in the hands of a process that may die in the middle of a line."""

    def __init__(self, world: World, fd: int) -> None:
        super().__init__(fd)
        self._world = world

    def append(self, data: bytes) -> None:
        self._world.through()
        if self._world.door():
            super().append(data[: self._world.torn % (len(data) + 1)])
            raise Killed
        super().append(data)
        self._world.through()

    def cut(self, size: int) -> None:
        super().cut(size)
        self._world.durable = min(self._world.durable, size)

    def sync(self) -> None:
        """The power is pretended too, so nothing has to reach the disk."""
        self._world.through()
        self._world.durable = self.size()
        self._world.unsynced_logs = set()


class Stepped(Runner):
    """A runner that goes round once when it is told to."""

    def begin(self, identity: Identity) -> None:
        self._begin(identity)

    def step(self) -> bool:
        if not self._step():
            return False
        self._journal.sync()
        self._announce()
        return True


def closed(file: Appended) -> None:
    """A process is gone, and what it had open with it."""
    with suppress(OSError):
        file.close()
