"""H11: builds of volon that are known to be bad, each with the harness that must notice.

A harness that finds nothing proves something only if it would have found something. So here volon is broken on
purpose, one protection at a time, in memory, in the child that is about to be disturbed; nothing in volon's source
knows of it. Every bad build must be caught, by its harness and for its reason; one that gets away fails this program.

What only power loss shows (a dropped fsync of the journal, of a file, of a directory, the missing guard against a
journal that comes back) is broken and caught in the model: `python -m tests.crash.model --only mutants`.

    python -m tests.crash.known_bad                every bad build
    python -m tests.crash.known_bad --verbose      with what was found
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.crash import durability, errno_sweep, kill_sweep
from tests.crash.bad_builds import KNOWN_BAD, KnownBad
from tests.crash.bench import Bench, HarnessBroken, scratch_directory, seal_this_process, volon_main
from tests.crash.floors import shrunk
from tests.crash.judge import Chain
from tests.crash.nthkill import Plan, require
from tests.crash.scenarios import SCENARIOS
from tests.crash.sweeping import Attempt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MOST_POINTS = 40
PATIENCE_SECONDS = 300


def caught(bad: KnownBad, where: Path) -> str:
    """Give the finding that catches a bad build; empty when it gets away."""
    findings = _race(where) if bad.harness == "race" else _disturb(bad, where)
    return next((finding for finding in findings if re.search(bad.reason, finding)), "")


def _disturb(bad: KnownBad, where: Path) -> Iterator[str]:
    """Build the scenario with a good volon, and do everything else with the bad one."""
    scenario = next(one for one in SCENARIOS if one.name == bad.scenario)
    bench = Bench(where)
    bench.build(scenario)
    if bad.harness == "durability":
        bench.main = lambda argv: _bad_main(bad, argv)
        yield from durability.audited(bench, scenario)[1]
        return
    chain = Chain.of(bench, scenario)
    bench.restore()
    bench.main = lambda argv: _bad_main(bad, argv)
    calls = bench.run(scenario.argv, Plan(), seed="1", listed=True).calls
    points = [number for number, call in enumerate(calls, start=1) if re.search(bad.calls, call)]
    for at in _spread(points):
        for what in _attempts(bad, at):
            yield from (errno_sweep if bad.harness == "errno" else kill_sweep).attempt(bench, scenario, chain, what)


def _bad_main(bad: KnownBad, argv: list[str]) -> int:
    """Runs in the child that is about to be disturbed; the harness itself keeps a good volon."""
    if not bad.in_harness:
        bad.patch()
    return volon_main(argv)


def _attempts(bad: KnownBad, at: int) -> list[Attempt]:
    if bad.harness == "errno":
        return [Attempt("error", (number, sticky, at)) for number in bad.numbers for sticky in (0, 1)]
    return [Attempt("kill", (at,), way="again"), Attempt("kill", (at,), way="doctor")]


def _spread(points: list[int]) -> list[int]:
    """In an order that finds the bad stretch soon, wherever it lies."""
    shuffled = random.Random(1).sample(points, len(points))
    return shuffled[:MOST_POINTS]


def _race(where: Path) -> Iterator[str]:
    """A few writers without a lock between them."""
    from tests.crash import race
    from volon.disk import RealFiles

    class NoLock(RealFiles):
        def lock(self, place: Any, note: bytes) -> Any:
            """Let everybody have it."""
            del place, note
            return SimpleNamespace(mark=lambda _: None, release=lambda: None)

    course = race.Course(race.Race("no lock", writers=6, turns=8, kills=0, files=NoLock), where, random.Random(1))
    # To the end: a race that is left in the middle leaves its runners behind.
    yield from list(course.run())


def _in_scratch(bad: KnownBad) -> str:
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        if bad.in_harness:
            bad.patch()
        return caught(bad, where)
    except HarnessBroken as broken:
        return f"NOT TRIED: {broken}"
    finally:
        shutil.rmtree(where, ignore_errors=True)


def _tried(names: list[str], jobs: int) -> Iterator[tuple[KnownBad, str]]:
    """Each in a process of its own, in which it may break what it likes."""
    chosen = [bad for bad in KNOWN_BAD if not names or bad.name in names]
    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(chosen, pool.map(_in_a_process, chosen), strict=True)


def _in_a_process(bad: KnownBad) -> str:
    argv = [sys.executable, "-m", "tests.crash.known_bad", "--inside", bad.name]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "NOT TRIED: it took too long"
    return done.stdout.strip() if done.returncode == 0 else f"NOT TRIED: {done.stderr.strip()}"


def main(argv: list[str] | None = None) -> int:
    """Let every bad build be caught; 0 when none got away."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.known_bad", description=__doc__)
    parser.add_argument("--long", action="store_true", help="nothing more: there is one tier")
    parser.add_argument("--only", action="append", metavar="NAME", choices=[bad.name for bad in KNOWN_BAD])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="say what caught each")
    parser.add_argument("--inside", metavar="NAME", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.inside:
        print(_in_scratch(next(bad for bad in KNOWN_BAD if bad.name == arguments.inside)))
        return 0
    require("known_bad")
    began, counts, escaped = time.monotonic(), Counter[str](), 0
    for bad, finding in _tried(arguments.only or [], arguments.jobs):
        good = bool(finding) and not finding.startswith("NOT TRIED")
        counts["caught"] += good
        escaped += not good
        if arguments.verbose or not good:
            print(f"{bad.name}: {finding[:160] or f'NOT CAUGHT by the {bad.harness} harness'}", flush=True)
    below = [] if arguments.only else shrunk("known_bad", "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    print(f"known_bad: {counts['caught']} caught, {escaped} escaped; {time.monotonic() - began:.0f} s")
    return 1 if escaped or below else 0


if __name__ == "__main__":
    sys.exit(main())
