"""H7: fuzz everything that reads what somebody else wrote.

    python -m tests.fuzz                    the corpus, mutations of it (others each day), and growth of time
    python -m tests.fuzz --long             coverage-guided by atheris where it is installed, else many more mutations
    python -m tests.fuzz --only task --seed 7

A finding is printed with its input; put that into `tests/fuzz/corpus/<target>/` under a name that says what it is.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tests.fuzz.engine import TOKENS, Finding, attempt, corpus, mutants, steep
from tests.fuzz.floors import shrunk
from tests.fuzz.targets import TARGETS, Target

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT, LONG = 5_000, 1_000_000
_SHOWN = 20
_TOKENS = 12


def fuzz(name: str, seed: str, count: int) -> tuple[Counter[str], list[Finding]]:
    """Run one target; in a process of its own."""
    target = next(one for one in TARGETS if one.name == name)
    replayed = len(corpus(target)) + len(target.seeds)
    counts = Counter({"targets": 1, "replayed": replayed, "executions": count})
    return counts, _distinct(list(broken(target, seed, count))) + list(steep(target, _some(seed, count)))


def broken(target: Target, seed: str, count: int) -> Iterator[Finding]:
    """What breaks a promise, as it is found: the corpus and the seeds first, then changes of them."""
    known = (*(data for _, data in corpus(target)), *target.seeds)
    for data in itertools.chain(known, mutants(target, seed, count)):
        if finding := attempt(target, data):
            yield finding


def _some(seed: str, count: int) -> tuple[bytes, ...]:
    """All tokens in the long tier, a few of them in the short one."""
    return TOKENS if count >= LONG else tuple(random.Random(seed).sample(TOKENS, _TOKENS))


def _distinct(found: list[Finding]) -> list[Finding]:
    """The shortest input for each error."""
    best: dict[str, Finding] = {}
    for finding in sorted(found, key=lambda one: len(one.data)):
        best.setdefault(finding.error[:60], finding)
    return list(best.values())


def guided(target: Target, runs: int) -> tuple[Counter[str], list[str]]:
    """Run one target under atheris, in a process of its own, from the committed corpus and the seeds."""
    argv = [sys.executable, "-m", "tests.fuzz.guided", target.name, f"-runs={runs}"]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    counts = Counter({"targets": 1, "executions": runs if done.returncode == 0 else 0})
    return counts, [] if done.returncode == 0 else [f"{target.name}: {(done.stdout + done.stderr)[-1500:]}"]


def main(argv: list[str] | None = None) -> int:
    """Run the fuzzers; 0 when every promise held."""
    arguments = _parser().parse_args(argv)
    began, counts = time.monotonic(), Counter[str]()
    findings: list[Finding | str] = []
    for one, found in _all(arguments):
        counts.update(one)
        findings += found
    for finding in findings[:_SHOWN]:
        print(finding)
    below = [] if arguments.only else shrunk("fuzz", "long" if arguments.long else "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"fuzz: {said}; {len(findings)} findings; seed {arguments.seed}; {time.monotonic() - began:.0f} s")
    return 1 if findings or below else 0


def _all(arguments: argparse.Namespace) -> Iterator[tuple[Counter[str], list[Finding] | list[str]]]:
    chosen = [target for target in TARGETS if not arguments.only or target.name in arguments.only]
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        count = arguments.count or (LONG if arguments.long else SHORT)
        if arguments.long and importlib.util.find_spec("atheris"):
            yield from pool.map(guided, chosen, [count] * len(chosen))
            return
        running = [pool.submit(fuzz, target.name, arguments.seed, count) for target in chosen]
        for done in running:
            yield done.result()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Fuzz what reads.")
    parser.add_argument("--long", action="store_true", help="a million inputs for each target, guided by coverage")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="of the mutations")
    parser.add_argument("--count", type=int, help="inputs for each target")
    parser.add_argument("--only", action="append", metavar="TARGET", choices=[target.name for target in TARGETS])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
