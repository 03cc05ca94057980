"""H5: many real processes write at once, and some are killed. `python -m tests.crash.race [--long]`.

Each writer makes checkpoint after checkpoint through the store: it lists the directory, takes the next number, writes
the checkpoint, the pointer and a log line in one transaction. Meanwhile writers that hold the lock or are half-way
through a commit are killed, and readers look. At the end:

    numbers run from 1 without a gap or a double · every acknowledged checkpoint is there, in the order of the
    operations · each operation knows the one before it · the pointer names the last one · the log has each line once ·
    no reader saw a pointer to a checkpoint that was not there · nothing lies about, and no lock is left.

The same is done with the lock file that stands in where the kernel has no locks, and with two working trees. A stopped
holder makes others give up in time and say who it is; a killed one frees the lock at once.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import multiprocessing
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.floors import shrunk
from tests.support.stores import Disk
from volon.disk import RealFiles
from volon.errors import Busy, VolonError
from volon.store import layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.process import BaseProcess

    from volon.disk import Lock
    from volon.files import Place, Roots
    from volon.store.store import Reader, Store

_FORK = multiprocessing.get_context("fork")
_WAIT = 60.0
_NUMBER = re.compile(r"(\d+)-race-2026-11-19\.md")


class NoKernelLocks(RealFiles):
    """A disk like some network mounts: flock answers ENOLCK."""

    def lock(self, place: Place, note: bytes) -> Lock | None:
        """Never works."""
        del place, note
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))


@dataclass(frozen=True)
class Race:
    """One race.

    Attributes:
        writers: processes that write at the same time.
        turns: checkpoints each of them makes.
        kills: writers that are killed, and replaced by others.
        readers: processes that look meanwhile.
        trees: working trees; each has its own numbers, all share the list of operations.
    """

    name: str
    writers: int
    turns: int
    kills: int
    readers: int = 1
    trees: int = 1
    files: Callable[[Roots], RealFiles] = RealFiles


SHORT = (
    Race("writers", 8, 12, kills=0),
    Race("writers, some killed", 8, 10, kills=12),
    Race("writers without kernel locks, some killed", 6, 6, kills=8, files=NoKernelLocks),
    Race("writers in two working trees, some killed", 6, 8, kills=8, trees=2),
)
LONG = (
    Race("writers", 128, 100, kills=0, readers=2),
    Race("writers, some killed", 64, 100, kills=1500, readers=2),
    Race("writers without kernel locks, some killed", 32, 40, kills=400, files=NoKernelLocks),
    Race("writers in two working trees, some killed", 64, 60, kills=800, trees=2),
)


@dataclass
class Course:
    """A race being run."""

    race: Race
    top: Path
    chance: random.Random
    counts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        main = Disk.make(self.top / "main")
        self.disks = [main, *(main.linked(self.top / f"linked{number}") for number in range(1, self.race.trees))]
        self.acknowledged = self.top / "acknowledged"
        self.acknowledged.touch()

    def run(self) -> Iterator[str]:
        """Everything; yields what is wrong."""
        stop = _FORK.Event()
        readers = [self._start(_keep_reading, number, stop) for number in range(self.race.readers)]
        left = [self.race.turns] * self.race.writers
        running = {self._start(_keep_writing, number, turns): number for number, turns in enumerate(left)}
        kills = self.race.kills
        while running:
            time.sleep(self.chance.random() * 0.05)
            if kills and running:
                kills -= self._kill_one(running)
            for process in [each for each in running if not each.is_alive()]:
                number = running[process]
                yield from self._ended(process, running)
                if kills:
                    # Writers that are quicker than the killer leave nobody to be killed: another one goes on.
                    running[self._start(_keep_writing, number, 2)] = number
        stop.set()
        for reader in readers:
            reader.join()
            if reader.exitcode:
                yield "a reader saw a pointer to a checkpoint that was not there"
        yield from self._verdict()

    def _start(self, work: Callable[..., None], number: int, *words: object) -> BaseProcess:
        disk = self.disks[number % len(self.disks)]
        process = _FORK.Process(target=work, args=(disk, self.race, str(self.acknowledged), *words))
        process.start()
        return process

    def _kill_one(self, running: dict[BaseProcess, int]) -> int:
        victim = self.chance.choice(list(running))
        if not victim.is_alive() or victim.pid is None:
            return 0
        os.kill(victim.pid, signal.SIGKILL)
        victim.join()
        self.counts["kills"] += 1
        number = running.pop(victim)
        # Whatever it had done counts; its successor has a few turns of its own.
        running[self._start(_keep_writing, number, 2)] = number
        return 1

    def _ended(self, process: BaseProcess, running: dict[BaseProcess, int]) -> Iterator[str]:
        process.join()
        running.pop(process)
        self.counts["writers"] += 1
        if process.exitcode:
            yield f"a writer failed with {process.exitcode}"

    def _verdict(self) -> Iterator[str]:
        said = [json.loads(line) for line in self.acknowledged.read_text(encoding="utf-8").splitlines()]
        for disk in self.disks:
            yield from self._verdict_on(disk, [line for line in said if line["tree"] == disk.root.name])
        # Operations of two working trees may overlap; in each tree they form one line.
        operations = self.disks[0].store().operations()
        self.counts["operations"] += len(operations)
        self.counts["acknowledged"] += len(said)
        if len({each.ulid for each in operations}) != len(operations):
            yield "two operations have the same identity"
        if missing := {line["op"] for line in said} - {each.ulid for each in operations}:
            yield f"acknowledged but not listed: {missing}"

    def _verdict_on(self, disk: Disk, said: list[dict[str, object]]) -> Iterator[str]:
        store = disk.store(files=self.race.files)
        with store.begin("verdict", wait=_WAIT):
            pass
        numbers = checkpoints(store)
        if sorted(numbers) != list(range(1, len(numbers) + 1)):
            yield f"the numbers are {sorted(numbers)}"
        if lost := {line["number"] for line in said} - set(numbers):
            yield f"acknowledged but lost: {lost}"
        if store.read(layout.HANDOFF) != b"%d" % max(numbers):
            yield f"the pointer is {store.read(layout.HANDOFF)!r}, the last one is {max(numbers)}"
        log = (store.read(layout.RUN_LOG) or b"").split()
        if log != [b"%d" % number for number in sorted(numbers)]:
            yield f"the log is {log}"
        mine = [each for each in reversed(store.operations()) if each.header["racer"] == disk.root.name]
        if [each.header["number"] for each in mine] != sorted(numbers):
            yield "the operations are not in the order of their numbers"
        if self.race.trees == 1 and [store.operation(each.ulid).previous for each in mine[1:]] != [
            each.ulid for each in mine[:-1]
        ]:
            yield "an operation does not know the one before it"
        pending = store.pending()
        if pending.journal or pending.damaged or pending.conflicts or pending.corrupt or pending.temporaries:
            yield f"left lying about: {pending}"
        if leftover := [path.name for path in (disk.git_dir / "volon").glob("lock.*")]:
            yield f"locks left behind: {leftover}"


def checkpoints(reader: Reader) -> list[int]:
    """The numbers of the checkpoints there are."""
    found = map(_NUMBER.fullmatch, reader.listdir(layout.CHECKPOINTS))
    return [int(match[1]) for match in found if match]


def write_one(store: Store, tree: str) -> tuple[str, int]:
    """Make the next checkpoint; its operation and its number."""
    with store.begin("race", wait=_WAIT) as tx:
        number = max(checkpoints(tx), default=0) + 1
        tx.create(layout.checkpoint_place(f"{number:02}-race-2026-11-19.md"), b"%d" % number * 50)
        tx.append(layout.RUN_LOG, b"%d\n" % number)
        tx.put(layout.HANDOFF, b"%d" % number)
        return tx.commit(number=number, racer=tree).op, number


def _keep_writing(disk: Disk, race: Race, acknowledged: str, turns: int) -> None:
    with open(acknowledged, "ab", buffering=0) as told:  # noqa: PTH123 - one write, one line
        for _ in range(turns):
            op, number = write_one(disk.store(files=race.files), disk.root.name)
            told.write(json.dumps({"op": op, "number": number, "tree": disk.root.name}).encode() + b"\n")


def _keep_reading(disk: Disk, race: Race, _acknowledged: str, stop: multiprocessing.synchronize.Event) -> None:
    store = disk.store(files=race.files)
    while not stop.is_set():
        pointer, numbers, log = store.consistently(lambda: _look(store))
        if pointer is not None and (int(pointer) != max(numbers, default=0) or log.split()[-1:] != [pointer]):
            sys.exit(1)


def _look(store: Store) -> tuple[bytes | None, list[int], bytes]:
    return store.read(layout.HANDOFF), checkpoints(store), store.read(layout.RUN_LOG) or b""


# --- one holder ------------------------------------------------------------------------------------------------------


def stopped_holder(top: Path, files: Callable[[Roots], RealFiles] = RealFiles) -> Iterator[str]:
    """A holder that is stopped keeps others out, who say so in time; when it is killed the lock is free at once."""
    disk = Disk.make(top / "main")
    listener, speaker = _FORK.Pipe()
    process = _FORK.Process(target=_hold, args=(disk, files, speaker))
    process.start()
    listener.recv()
    assert process.pid is not None
    os.kill(process.pid, signal.SIGSTOP)
    yield from _expect_busy(disk, files, process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    try:
        with disk.store(files=files).begin("try", wait=0):
            pass
    except Busy as busy:
        yield f"the lock of a killed holder was not free at once: {busy.message}"


def _hold(disk: Disk, files: Callable[[Roots], RealFiles], speaker: object) -> None:
    with disk.store(files=files).begin("hold"):
        getattr(speaker, "send")("held")  # noqa: B009 - a Connection, whose type has no public name
        signal.pause()


def _expect_busy(disk: Disk, files: Callable[[Roots], RealFiles], pid: int) -> Iterator[str]:
    waited_for: list[str] = []
    began = time.monotonic()
    try:
        with disk.store(files=files).begin("try", wait=0.3, on_wait=waited_for.append):
            yield "two processes hold the lock"
    except Busy as busy:
        if busy.exit_code != 4 or f"process {pid}" not in busy.message or f"process {pid}" not in waited_for[0]:
            yield f"it does not say who holds the lock: {busy.message}"
    if not 0.25 < time.monotonic() - began < 30:
        yield f"it waited {time.monotonic() - began:.1f} s instead of 0.3 s"


def main(argv: list[str] | None = None) -> int:
    """Every race; 0 when nothing was wrong and no count shrank."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.race", description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="more writers, more turns, more kills")
    parser.add_argument(
        "--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses whom to kill, and when"
    )
    arguments = parser.parse_args(argv)
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    for race in LONG if arguments.long else SHORT:
        with _scratch() as top:
            course = Course(race, top, random.Random(f"{arguments.seed}:{race.name}"))
            wrong += _report(race.name, course.run())
            counts += course.counts + Counter(races=1)
    for name, files in (("stopped holder", RealFiles), ("stopped holder without kernel locks", NoKernelLocks)):
        with _scratch() as top:
            wrong += _report(name, stopped_holder(top, files))
            counts += Counter(holders=1)
    short = shrunk("race", "long" if arguments.long else "short", counts)
    print(*short, sep="\n", end="\n" if short else "")
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"race: {said}; {wrong} wrong; seed {arguments.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong or short else 0


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    top = Path(tempfile.mkdtemp(prefix="volon-race-"))
    try:
        yield top
    finally:
        shutil.rmtree(top)


def _report(name: str, findings: Iterator[str]) -> int:
    count = 0
    try:
        for finding in findings:
            print(f"{name}: {finding}", flush=True)
            count += 1
    except VolonError as error:
        print(f"{name}: {error.message} {error.causes}", flush=True)
        count += 1
    return count


if __name__ == "__main__":
    sys.exit(main())
