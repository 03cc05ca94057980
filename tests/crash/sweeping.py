"""How a sweep is run: scenarios shared out over the processors, a reproducible sample, counts that may not shrink.

Every harness prints its seed, one line per scenario in which something is wrong, and last a line of counts. It fails
when anything is wrong, and also when it has looked at less than `floors.json` says it must: a sweep that finds nothing
because it tries nothing is the failure that is hardest to notice.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import os
import random
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.bench import Bench, HarnessBroken, scratch_directory, seal_this_process
from tests.crash.floors import shrunk
from tests.crash.judge import Chain
from tests.crash.nthkill import require
from tests.crash.scenarios import SCENARIOS
from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from tests.crash.scenarios import Scenario

_SHOWN = 12


@dataclass(frozen=True)
class Attempt:
    """One thing to try.

    Attributes:
        kind: what is done; each kind is counted.
        numbers: its points and draws; they reproduce it.
        way: how the repository is brought back, where there is a choice.
    """

    kind: str
    numbers: tuple[int, ...]
    way: str = ""

    def __str__(self) -> str:
        return " ".join([self.kind, ",".join(map(str, self.numbers)), self.way]).strip()


@dataclass(frozen=True)
class Sweep:
    """A harness: what to try in a scenario, and how.

    Attributes:
        name: for output and `floors.json`.
        attempts: chooses from a chain with a random generator; `long` asks for everything.
        attempt: tries one thing and says what is wrong.
        wide: whether it needs to know the calls that can fail without changing anything.
        judging: whether it compares what comes of an attempt with undisturbed states.
    """

    name: str
    attempts: Callable[..., Iterator[Attempt]]
    attempt: Callable[..., list[str]]
    wide: bool = False
    judging: bool = True


@dataclass
class Report:
    """What came of one scenario."""

    scenario: str
    points: int = 0
    tried: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class Pieces:
    """A file of what has been run already, a line for each scenario; only what was run on the same source counts.

    Attributes:
        path: where; None keeps nothing.
        run: what tells this run from others: the harness, the tier, the seed and the source.
    """

    path: Path | None
    run: str

    @classmethod
    def of(cls, sweep: Sweep, arguments: argparse.Namespace) -> Pieces:
        """The pieces of this run."""
        if arguments.pieces is None:
            return cls(None, "")
        files = sorted(
            path for top in ("volon", "tests/crash", "templates") for path in (PROJECT_ROOT / top).rglob("*.*")
        )
        source = hashlib.sha256(b"".join(path.read_bytes() for path in files if "__pycache__" not in path.parts))
        tier = "long" if arguments.long else "short"
        return cls(arguments.pieces, f"{sweep.name} {tier} {arguments.seed} {source.hexdigest()[:12]}")

    def done(self) -> list[Report]:
        """What has been run."""
        if self.path is None or not self.path.exists():
            return []
        rows = [json.loads(line) for line in self.path.read_text(encoding="utf-8").splitlines()]
        return [
            Report(**{**row["report"], "tried": Counter(row["report"]["tried"])})
            for row in rows
            if row["run"] == self.run
        ]

    def keep(self, report: Report) -> None:
        """Add one; a whole line at once, so that being killed loses no more than what was running."""
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"run": self.run, "report": vars(report)}) + "\n")


def run_harness(sweep: Sweep, argv: list[str] | None = None) -> NoReturn:
    """Run a harness as a program."""
    arguments = _parser(sweep).parse_args(argv)
    require(sweep.name)
    began = time.monotonic()
    reports = sorted(_all(sweep, arguments), key=lambda report: report.scenario)
    sys.exit(_conclude(sweep, arguments, reports, time.monotonic() - began))


def sweep_scenario(sweep: Sweep, scenario: Scenario, seed: str, *, long: bool, only: Attempt | None = None) -> Report:
    """Build a scenario, choose and try; runs in a process of its own."""
    report, began = Report(scenario.name), time.monotonic()
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        bench = Bench(where)
        bench.build(scenario)
        chain = Chain.of(bench, scenario, wide=sweep.wide) if sweep.judging else Chain.unjudged(bench, scenario)
        report.points = chain.points
        chosen = sweep.attempts(chain, random.Random(f"{seed}:{scenario.name}"), long=long)
        for what in [only] if only else chosen:
            report.tried[what.kind] += 1
            report.findings += [f"{what}: {wrong}" for wrong in sweep.attempt(bench, scenario, chain, what)]
    except HarnessBroken as broken:
        report.findings.append(f"the harness is broken: {broken}")
    finally:
        shutil.rmtree(where, ignore_errors=True)
    report.seconds = time.monotonic() - began
    return report


def _all(sweep: Sweep, arguments: argparse.Namespace) -> Iterator[Report]:
    pieces = Pieces.of(sweep, arguments)
    yield from (done := pieces.done())
    before = {report.scenario for report in done}
    wanted = [one for one in SCENARIOS if not arguments.only or one.name in arguments.only]
    scenarios = [one for one in wanted if one.name not in before]
    only = _one_attempt(arguments.attempt) if arguments.attempt else None
    with ProcessPoolExecutor(
        arguments.jobs, mp_context=multiprocessing.get_context("fork"), max_tasks_per_child=None
    ) as pool:
        running = [
            pool.submit(sweep_scenario, sweep, scenario, arguments.seed, long=arguments.long, only=only)
            for scenario in scenarios
        ]
        for each in as_completed(running):
            report = each.result()
            pieces.keep(report)
            if arguments.verbose or report.findings:
                _print_report(report)
            yield report


def _print_report(report: Report) -> None:
    tried = ", ".join(f"{count} {kind}" for kind, count in sorted(report.tried.items()))
    print(f"{report.scenario}: {report.points} points; {tried}; {len(report.findings)} wrong; {report.seconds:.1f} s")
    for finding in report.findings[:_SHOWN]:
        print(f"    {finding}")
    if len(report.findings) > _SHOWN:
        print(f"    … {len(report.findings) - _SHOWN} more")
    sys.stdout.flush()


def _conclude(sweep: Sweep, arguments: argparse.Namespace, reports: list[Report], seconds: float) -> int:
    tried: Counter[str] = Counter()
    for report in reports:
        tried.update(report.tried)
    counts = {"scenarios": len(reports), "points": sum(report.points for report in reports), **tried}
    wrong = sum(bool(report.findings) for report in reports)
    missing = sorted({one.name for one in SCENARIOS} - {report.scenario for report in reports})
    if arguments.pieces is not None:
        print(f"{sweep.name}: run: {', '.join(report.scenario for report in reports)}")
        print(f"{sweep.name}: still to run: {', '.join(missing) or 'nothing'}")
    below = [] if arguments.only and missing else shrunk(sweep.name, "long" if arguments.long else "short", counts)
    for sentence in below:
        print(sentence)
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    findings = sum(len(report.findings) for report in reports)
    print(f"{sweep.name}: {said}; {findings} wrong in {wrong} scenarios; seed {arguments.seed}; {seconds:.0f} s")
    return 1 if wrong or below else 0


def _one_attempt(text: str) -> Attempt:
    kind, numbers, *way = text.split()
    return Attempt(kind, tuple(map(int, numbers.split(","))), way[0] if way else "")


def _parser(sweep: Sweep) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m tests.crash.{sweep.name}")
    parser.add_argument("--long", action="store_true", help="every point instead of a sample")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the sample")
    parser.add_argument("--only", action="append", metavar="SCENARIO", choices=[one.name for one in SCENARIOS])
    parser.add_argument("--attempt", metavar="'KIND NUMBERS [WAY]'", help="one attempt, as a finding names it")
    parser.add_argument("--pieces", type=Path, metavar="FILE", help="keep what has been run, and run only the rest")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="a line for every scenario")
    return parser
