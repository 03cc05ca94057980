"""H8: every command on every hostile repository, with a trace of every system call.

For each case: the repository is built, put back before each command, and volon runs below strace. `judge` says which
programs may start, where bytes may land, what may be opened, what may be printed, and how it may end. A canary that
fires, a write elsewhere, a connection, a dangerous character, a traceback, more than two processor seconds or 256 MiB
is a finding.

    python -m tests.hostile                     every case with two commands, others each day; --seed repeats a day
    python -m tests.hostile --long              every case with every command, and all of them in a row
    python -m tests.hostile --only links        cases whose name contains the word; --verb narrows the commands
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.crash.bench import HarnessBroken, scratch_directory, seal_this_process
from tests.crash.nthkill import NOT_VERIFIED, NotVerified
from tests.hostile import judge
from tests.hostile.cases.catalogue import CASES
from tests.hostile.floors import shrunk
from tests.hostile.ground import BASES, Case, Ground
from tests.hostile.tracing import Tracer
from tests.hostile.verbs import READERS, VERBS, WRITERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_SHOWN = 6
_SAMPLE = 3
_SHARES = 8
"""Each worker takes this many shares of the cases, so that none of them ends long after the others."""


@dataclass
class Report:
    """What came of one share of the cases."""

    counts: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    missing: str = ""


@dataclass(frozen=True)
class Wanted:
    """What to run: see the options of the same names."""

    long: bool
    seed: str
    only: tuple[str, ...]
    verb: tuple[str, ...]

    def cases(self) -> list[Case]:
        """The cases of this run."""
        chosen = [case for case in CASES if not self.only or any(word in case.name for word in self.only)]
        if self.long or self.only:
            return chosen
        families: dict[str, list[Case]] = {}
        for case in chosen:
            families.setdefault(case.name.split("/", 1)[0], []).append(case)
        chance = random.Random(self.seed)
        return [case for family in families.values() for case in _some(chance, family)]

    def verbs(self, case: Case) -> list[tuple[str, ...]]:
        """The command lines for one case: its own, and all or two of the common ones."""
        if self.verb:
            return [verb for verb in (*case.verbs, *VERBS) if any(word in verb for word in self.verb)]
        if self.long:
            return [*case.verbs, *VERBS]
        chance = random.Random(f"{self.seed}:{case.name}")
        own = chance.sample(case.verbs, min(2, len(case.verbs)))
        return [*own, chance.choice(READERS), chance.choice(WRITERS)]


def _some(chance: random.Random, family: list[Case]) -> list[Case]:
    """A third of a family and at least two; over a week the short tier sees nearly all."""
    quick = [case for case in family if not case.long]
    return chance.sample(quick, min(len(quick), max(2, -(-len(quick) // _SAMPLE))))


class Field:
    """Where one worker builds and runs.

    Args:
        where: a scratch directory of its own.
        tracer: runs volon.
    """

    def __init__(self, where: Path, tracer: Tracer) -> None:
        self._where, self._tracer = where, tracer
        self.ground = Ground(where / "live", where / "home")
        self._made: set[str] = set()

    def build(self, case: Case) -> None:
        """Build a case and remember it."""
        self.ground = Ground(self.ground.live, self.ground.home)
        self._base(case.base)
        case.build(self.ground)
        self.ground.remember()
        self._copy(self.ground.live, self._where / "case")

    def attempt(self, case: Case, argv: Iterable[tuple[str, ...]], *, broken: str = "") -> list[str]:
        """Run command lines one after the other on the case as it was built, and say everything that is wrong."""
        self._restore(case)
        wrong = []
        for words in argv:
            outside = judge.Outside(self.ground)
            # Nothing is asked of the umask: what must be private has to be so by its own means.
            env = {"XDG_STATE_HOME": str(self.ground.state), **self._env(case)}
            ran = self._tracer.run(words, cwd=self.ground.live / case.where, env=env, umask=0, broken=broken)
            if ran.cpu > judge.CPU_SECONDS and not broken:
                # On a busy machine the same work takes more of the processor; what is really slow is slow again.
                self._restore(case)
                again = self._tracer.run(words, cwd=self.ground.live / case.where, env=env, umask=0)
                ran = min(ran, again, key=lambda one: one.cpu)
            wrong += [
                f"volon {' '.join(words)[:80]!r}: {one}" for one in judge.findings(case, self.ground, ran, outside)
            ]
        return wrong

    def _restore(self, case: Case) -> None:
        if case.fresh:
            self.build(case)
        else:
            self._copy(self._where / "case", self.ground.live)

    def _env(self, case: Case) -> dict[str, str]:
        return {name: value.replace("REPO", str(self.ground.root)) for name, value in case.env.items()}

    def _base(self, name: str) -> None:
        if name not in self._made:
            BASES[name](self.ground)
            self._copy(self.ground.live, self._where / f"base-{name}")
            self._made.add(name)
        self._copy(self._where / f"base-{name}", self.ground.live)

    def _copy(self, source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", "--", str(source), str(target)], check=True, stdin=subprocess.DEVNULL)


def run_share(wanted: Wanted, names: list[str]) -> Report:
    """Run some of the cases; in a process of its own."""
    report = Report()
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        with Tracer(where) as tracer:
            field_ = Field(where, tracer)
            for case in (case for case in wanted.cases() if case.name in names):
                _run_case(field_, wanted, case, report)
    except NotVerified as missing:
        report.missing = str(missing)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return report


def _run_case(field_: Field, wanted: Wanted, case: Case, report: Report) -> None:
    report.counts["cases"] += 1
    try:
        field_.build(case)
    except (HarnessBroken, AssertionError, OSError) as error:
        report.findings.append(f"{case.name}: the case cannot be built: {error!r}")
        return
    chains = [[verb] for verb in wanted.verbs(case)]
    chains += [list(WRITERS)] if wanted.long and not wanted.verb else []
    for chain in chains:
        report.counts["runs"] += len(chain)
        report.findings += [f"{case.name}: {one}" for one in field_.attempt(case, chain)]


def _all(wanted: Wanted, jobs: int) -> Iterator[Report]:
    names = [case.name for case in wanted.cases()]
    shares = min(jobs * _SHARES, max(len(names) // 4, 1))
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        running = [pool.submit(run_share, wanted, names[number::shares]) for number in range(shares)]
        for done in as_completed(running):
            yield done.result()


def main(argv: list[str] | None = None) -> int:
    """Run the harness; 0 when nothing fired, 77 when nothing could be traced."""
    arguments = _parser().parse_args(argv)
    wanted = Wanted(arguments.long, arguments.seed, tuple(arguments.only or ()), tuple(arguments.verb or ()))
    began, counts, findings = time.monotonic(), Counter[str](), []
    for report in _all(wanted, arguments.jobs):
        if report.missing:
            print(f"hostile: not verified: {report.missing}")
            return NOT_VERIFIED
        counts.update(report.counts)
        findings += report.findings
        if arguments.verbose:
            print(*report.findings, sep="\n", end="\n" if report.findings else "", flush=True)
    if not arguments.verbose:
        _print(findings)
    below = [] if wanted.only or wanted.verb else shrunk("hostile", "long" if wanted.long else "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"hostile: {said}; {len(findings)} findings; seed {wanted.seed}; {time.monotonic() - began:.0f} s")
    return 1 if findings or below else 0


def _print(findings: list[str]) -> None:
    shown = Counter[str]()
    for finding in sorted(findings):
        case = finding.partition(": ")[0]
        shown[case] += 1
        if shown[case] <= _SHOWN:
            print(finding)
    for case, count in shown.items():
        if count > _SHOWN:
            print(f"{case}: … {count - _SHOWN} more")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Hostile repositories, traced.")
    parser.add_argument("--long", action="store_true", help="every command on every case")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the commands")
    parser.add_argument("--only", action="append", metavar="WORD", help="cases whose name contains the word")
    parser.add_argument("--verb", action="append", metavar="WORD", help="only commands with this word")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="every finding, as it is found")
    return parser


if __name__ == "__main__":
    sys.exit(main())
