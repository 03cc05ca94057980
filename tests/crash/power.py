"""H3: cut the power on a real file system, and look at what is left. Needs root, a loop device and mkfs.ext4.

The repository lies on a file system in an image. At a file-changing call volon is killed, and at the same moment the
file system is shut down without writing its log, as a power cut does: what was not synced is lost, as that kernel and
that file system lose it. It is mounted again, its journal is replayed, and then the rules of the kill sweep hold:
readers see all old or all new, git is healthy, the same command works. After exit 0 the new state must be there.

Syncing is all that counts: the file systems write by themselves only every 300 seconds. A build that syncs nothing is
tried first, and must be caught.

    python -m tests.crash.power                 a sample on each file system, another one each day
    python -m tests.crash.power --long          every call
    python -m tests.crash.power --only resume

It is no step of the gate: a machine without root says "not verified". What it does not show: disks that lie, and losses
that these file systems do not have although POSIX allows them; for those there is the model.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from tests.crash import judge, moments
from tests.crash.bench import Bench, HarnessBroken, scratch_directory, seal_this_process, volon_main
from tests.crash.floors import shrunk
from tests.crash.judge import Chain
from tests.crash.nthkill import NOT_VERIFIED, Action, NotVerified, Plan, library
from tests.crash.scenarios import SCENARIOS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.crash.scenarios import Scenario

SHUTDOWN, WITHOUT_LOG = 0x8004587D, b"\2\0\0\0"
MEGABYTES = 48
CHOSEN = ("pause-first", "resume", "pause-second", "restore-lost", "restore-exact", "undo-restore", "handoff-claim")
"""What the short tier runs: each kind of writing once."""
SAMPLE = 6


@dataclass(frozen=True)
class Kind:
    """A file system and how it is mounted."""

    name: str
    options: str


KINDS = (
    Kind("ext4, ordered", "commit=300"),
    Kind("ext4, writeback", "commit=300,data=writeback,noauto_da_alloc"),
)


class Disk:
    """A file system in an image, mounted at one place; use it as a context.

    Raises:
        NotVerified: it cannot be made or mounted here.
    """

    def __init__(self, where: Path, kind: Kind) -> None:
        self._image, self._base, self._kind = where / "image", where / "base-image", kind
        self.place = where / "disk"
        self.place.mkdir()
        with self._image.open("wb") as file:
            file.truncate(MEGABYTES << 20)
        _must("mkfs.ext4", "-q", "-F", str(self._image))

    def __enter__(self) -> Self:
        self.mount()
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", str(self.place)], check=False, capture_output=True)

    def mount(self) -> None:
        """The machine comes up: whatever the file system's journal holds is replayed."""
        _must("mount", "-o", f"loop,{self._kind.options}", str(self._image), str(self.place))

    def cut(self) -> None:
        """The power goes, and comes back."""
        here = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(here, SHUTDOWN, WITHOUT_LOG)
        finally:
            os.close(here)
        _must("umount", str(self.place))
        self.mount()

    def remember(self) -> None:
        """Keep everything as it is now, on the disk."""
        _must("umount", str(self.place))
        shutil.copyfile(self._image, self._base)
        self.mount()

    def put_back(self) -> None:
        """Have what was remembered."""
        _must("umount", str(self.place))
        shutil.copyfile(self._base, self._image)
        self.mount()


def _must(*words: str) -> None:
    try:
        done = subprocess.run(words, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except FileNotFoundError as missing:
        raise NotVerified(f"{words[0]} is not installed") from missing
    if done.returncode:
        raise NotVerified(f"{' '.join(words)}: {done.stderr.strip()}")


def sweep(scenario: Scenario, kind: Kind, rng: random.Random, *, long: bool, bad: bool = False) -> Iterator[list[str]]:
    """Run one scenario on one file system; yields what is wrong after each cut, the last of them after the end.

    Args:
        scenario: what is run.
        kind: on what.
        rng: chooses the calls.
        long: every call.
        bad: a build that syncs nothing, after its end only.
    """
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        with Disk(where, kind) as disk:
            bench = Bench(disk.place)
            bench.build(scenario)
            chain = Chain.of(bench, scenario)
            bench.restore()
            disk.remember()
            bench.main = _syncing_nothing if bad else bench.main
            everywhere = range(1, 1 if bad else chain.points + 1)
            points = everywhere if long else moments.sample(rng, moments.kinds(chain.calls, everywhere), SAMPLE)
            for at in (*points, 0):
                disk.put_back()
                yield [f"{scenario.name}, {kind.name}, {at}: {one}" for one in _cut(disk, bench, scenario, chain, at)]
    finally:
        shutil.rmtree(where, ignore_errors=True)


def _syncing_nothing(argv: list[str]) -> int:
    """Run volon in the child with its own fsyncs left out."""
    setattr(os, "fsync", lambda _: None)  # noqa: B010 - a bad build
    return volon_main(argv)


def _cut(disk: Disk, bench: Bench, scenario: Scenario, chain: Chain, at: int) -> list[str]:
    """Cut the power before a call, or with 0 after the command has said that it is done."""
    ran = bench.run(scenario.argv, Plan(at, Action.KILL) if at else None)
    disk.cut()
    wrong = [] if ran.hit or not at else ["the call was not reached"]
    seen, more = judge.disturbed(bench, scenario, chain)
    if not at and ran.code == scenario.ends and seen and 1 not in seen:
        wrong.append("it had said that it was done, and it is not")
    return [*wrong, *more, *(judge.retried(bench, scenario, chain, seen, seed="2") if seen else [])]


def main(argv: list[str] | None = None) -> int:
    """Cut the power; 0 when every promise held, 77 when it cannot be tried here."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.power", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--long", action="store_true", help="every call instead of a sample")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the sample")
    parser.add_argument("--only", action="append", metavar="SCENARIO", choices=[one.name for one in SCENARIOS])
    arguments = parser.parse_args(argv)
    counts, wrong, began = Counter[str](), 0, time.monotonic()
    wanted = arguments.only or CHOSEN
    try:
        library()
        for scenario in (one for one in SCENARIOS if one.name in wanted):
            for kind in KINDS:
                if not any(sweep(scenario, kind, random.Random(), long=False, bad=True)):
                    wrong += 1
                    print(f"{scenario.name}, {kind.name}: a build that syncs nothing is not caught")
                rng = random.Random(f"{arguments.seed}:{scenario.name}:{kind.name}")
                for found in sweep(scenario, kind, rng, long=arguments.long):
                    counts["cuts"] += 1
                    wrong += len(found)
                    print(*found, sep="\n", end="\n" if found else "", flush=True)
    except (NotVerified, HarnessBroken) as missing:
        print(f"power: not verified: {missing}")
        return NOT_VERIFIED
    below = [] if arguments.only else shrunk("power", "long" if arguments.long else "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    print(f"power: {counts['cuts']} cuts; {wrong} wrong; seed {arguments.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong or below else 0


if __name__ == "__main__":
    sys.exit(main())
