"""What a runner stands on, in one process: a journal that is a real file, and tickets that are pretended.

The runner may be killed at every door it goes through: before, within and after an append, before and after a ticket
is started. So may the keeper of its tickets. Power loss takes the end of the journal that was not synced, and of the
witnesses and the logs any part.
"""

from __future__ import annotations

import errno
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

    from volon.background import Kept, Launcher, Witnessed
    from volon.identity import Identity

JOURNAL = Place(Root.COMMON, "journal")
LOGS = Place(Root.COMMON, "logs")
NOBODY = 0
_KILLED = 128 + signal.SIGKILL


class Killed(BaseException):
    """Here a process of volon's dies; nothing may catch it."""


@dataclass
class Process:
    """A ticket: its keeper writes that it begins, its command has its effect, its keeper tells the end.

    Attributes:
        tag: ticket and attempt.
        keeper: who was asked to start it, and sees its end, if it still lives then.
        begun: whether its keeper has written that it begins.
        gone: whether it has ended.
        told_to_end: whether it got a signal before its end.
        writes: whether it still has its log open; what redirects its output has not.
    """

    pid: int
    tag: str
    keeper: _Keeper
    begun: bool = False
    gone: bool = False
    told_to_end: bool = False
    writes: bool = True

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
        self.logs: set[str] = set()
        self.unsynced_logs: set[str] = set()
        self.keeper: _Keeper | None = None
        self.processes: dict[int, Process] = {}
        self.started: list[Process] = []
        self.seconds, self.boot, self._last_pid = 0.0, 0, NOBODY

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
        """A process begins; or its command ends with a status, and its keeper tells, if it still lives."""
        if not one.begun:
            one.begun = True
            self.exits += f"\nS {one.tag} 0\n\nS {one.tag} {one.pid}\n".encode()
            return
        one.gone = True
        if not one.keeper.gone:
            self.exits += f"\nE {one.tag} {status}\n".encode()
            one.keeper.says(one, status)

    def refuse(self, one: Process) -> None:
        """The machine has no room for it."""
        one.gone = True
        line = f"E {one.tag} 125 {errno.EMFILE}\n"
        self.exits += f"\n{line}".encode()
        one.keeper.will_say(f"S {one.tag} 0\n{line}")

    def kill_keeper(self, keeper: _Keeper, *, writing: bool) -> None:
        """It is killed; what it had started goes on unseen, what it had not never begins, but it may stand there."""
        keeper.gone = True
        for one in self.alive:
            if one.keeper is keeper and not one.begun:
                one.gone = True
                self.exits += f"\nS {one.tag} 0\n".encode() if writing else b""

    def kill(self, one: Process) -> None:
        """A process is killed; whether that is told is up to its keeper."""
        self.advance(one, _KILLED) if one.begun else None
        one.gone = True

    def signal_group(self, pid: int, number: signal.Signals) -> bool:
        """What `volon.background.signal_group` does, here."""
        one = self.processes.get(pid)
        if one is None or one.gone:
            return False
        one.told_to_end = True
        if number is signal.SIGKILL:
            self.kill(one)
        return True

    def is_attempt(self, found: Witnessed, _run: str, tag: str) -> bool:
        """What `volon.background.is_attempt` does, here."""
        one = self.processes.get(found.pid)
        return one is not None and not one.gone and one.begun and one.tag == tag

    def lose_power(self, kept: float, lost_logs: set[str]) -> None:
        """Everything that was not durable may be gone."""
        size = self.path.stat().st_size
        self.durable += int(kept * (size - self.durable))
        os.truncate(self.path, self.durable)
        self.exits = self.exits[: int(kept * len(self.exits))]
        for one in self.alive:
            one.gone = one.keeper.gone = True
        self.logs -= lost_logs & self.unsynced_logs
        self.unsynced_logs = set()
        self.processes = {}
        self.boot += 1

    def runner_dies(self) -> None:
        """Its keeper goes on without it."""
        self.keeper = None

    # --- `Launcher` and the part of `RunFiles` that attempts use ---

    def make_log(self, _logs: Place, name: str) -> None:
        self.through()
        tag = name.removesuffix(".log")
        if tag in self.logs:
            raise FileExistsError
        self.logs.add(tag)
        self.unsynced_logs.add(tag)

    def is_held(self, place: Place) -> bool:
        tag = place.name.removesuffix(".log")
        return any(one.tag == tag and (one.writes or not one.keeper.gone) for one in self.alive)

    def is_open_by(self, _place: Place, _pid: int) -> bool:
        """Here everybody has the variables of its attempt."""
        return False

    def start(self, tag: str, *_what: object, **_how: object) -> Kept:
        self.through()
        if self.keeper is None or self.keeper.gone:
            self.keeper = _Keeper(self)
        self._last_pid += 1
        one = self.processes[self._last_pid] = Process(self._last_pid, tag, self.keeper)
        self.started.append(one)
        self.through()
        return cast("Kept", self.keeper)

    @property
    def said(self) -> int:
        return -1

    def hear(self) -> bytes:
        return self.keeper.hear() if self.keeper else b""

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


class _Keeper:
    """The keeper of a runner's tickets, as that runner has it."""

    heard = True

    def __init__(self, world: World) -> None:
        self._world, self._said, self.gone = world, b"", False

    def rouse(self) -> None:
        """Nobody stops it here."""

    def tell(self, _word: str, tag: str, number: str) -> None:
        """A signal; what was asked for before is done before."""
        self._world.through()
        for one in self._world.alive:
            if one.tag == tag and not self.gone:
                if not one.begun:
                    self._world.advance(one, 0)
                self._world.signal_group(one.pid, signal.Signals(int(number)))

    def says(self, one: Process, status: int) -> None:
        told = f"T {one.tag} 1\n" if one.told_to_end else ""
        self.will_say(f"S {one.tag} {one.pid}\n{told}E {one.tag} {status}\n")

    def will_say(self, lines: str) -> None:
        """Its runner hears it with what comes next."""
        self._said += lines.encode()

    def hear(self) -> bytes:
        """What it said before it died is heard."""
        said, self._said = self._said, b""
        return said


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
