"""Run the model: `python -m tests.crash.model [--long]`.

The short tier samples; the long one looks at every outcome of every power cut with at most 2^15 of them. Both let every
mutant live, and fail when one survives.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from tests.crash.floors import shrunk
from tests.crash.model.explore import LONG, SHORT, Depth, Explorer
from tests.crash.model.mutants import all_mutants
from tests.crash.model.oracle import Violation
from tests.crash.model.scenarios import SCENARIOS, SMALLEST
from tests.crash.model.stories import STORIES
from volon.identity import Identity
from volon.store import journal, recover, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Finished = tuple[str, Counter[str], str]
"""What was run, what it counted, and what was wrong with it (or nothing)."""


def main(argv: list[str] | None = None) -> int:
    """Everything; 0 when no promise was broken, no mutant survived and no count shrank."""
    arguments = _parser().parse_args(argv)
    depth = replace(LONG if arguments.long else SHORT, seed=arguments.seed)
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    _ask_once()
    for name, counted, finding in _run(list(_tasks(depth, arguments)), arguments.jobs):
        counts += counted
        wrong += bool(finding)
        if finding or arguments.verbose:
            said = ", ".join(f"{count} {what}" for what, count in counted.items())
            print(f"{name}: {finding or said}", flush=True)
    short = [] if arguments.only else shrunk("model", "long" if arguments.long else "short", counts)
    print(*short, sep="\n", end="\n" if short else "")
    said = ", ".join(f"{count} {what}" for what, count in counts.items())
    print(f"model: {said}; {wrong} wrong; seed {arguments.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong or short else 0


def _ask_once() -> None:
    """What comes of the same question is kept here, where each is asked a hundred thousand times.

    Whoever takes a lock says who he is, for which he asks the kernel; no note is kept. The same bytes are the same
    journal, which nobody can change.
    """
    itself = Identity.own()
    Identity.own = lambda: itself  # type: ignore[method-assign]
    read = functools.cache(journal.decode)
    for reader in (recover, store):
        vars(reader)["decode"] = read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.crash.model", description=__doc__)
    parser.add_argument("--long", action="store_true", help="every outcome instead of a sample")
    parser.add_argument("--seed", type=int, default=1, help="chooses the samples")
    parser.add_argument("--only", choices=["scenarios", "stories", "mutants"], help="one part; floors are not checked")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="a line for everything that is run")
    return parser


def _tasks(depth: Depth, arguments: argparse.Namespace) -> Iterator[tuple[Callable[..., Finished], tuple[object, ...]]]:
    """The longest first."""
    if arguments.only in {None, "scenarios"}:
        for number in range(len(SCENARIOS)):
            yield _explore, (number, depth)
        yield _explore_all_of_smallest, (depth,)
    if arguments.only in {None, "mutants"}:
        for number in range(len(all_mutants())):
            yield _let_live, (number,)
    if arguments.only in {None, "stories"}:
        for number in range(len(STORIES)):
            yield _tell, (number, depth)


def _run(tasks: list[tuple[Callable[..., Finished], tuple[object, ...]]], jobs: int) -> Iterator[Finished]:
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        for done in as_completed([pool.submit(function, *words) for function, words in tasks]):
            yield done.result()


def _explore(number: int, depth: Depth) -> Finished:
    return _explored(Explorer(SCENARIOS[number], depth))


def _explore_all_of_smallest(depth: Depth) -> Finished:
    """One operation without any sampling: every outcome of every power cut during it, also in the short tier."""
    return _explored(Explorer(SMALLEST, replace(depth, states=1 << 15)))


def _explored(explorer: Explorer) -> Finished:
    name, finding = explorer.scenario.name, ""
    try:
        explorer.run()
    except Violation as violation:
        finding = str(violation)
    return name, Counter(scenarios=1, **asdict(explorer.counts)), finding


def _tell(number: int, depth: Depth) -> Finished:
    story = STORIES[number]
    try:
        counts = story.run(depth)
    except Violation as violation:
        return story.name, Counter(stories=1), str(violation)
    return story.name, Counter(stories=1, points=counts.points, states=counts.states), ""


def _let_live(number: int) -> Finished:
    mutant = all_mutants()[number]
    killed = mutant.killed_by()
    return mutant.name, Counter(mutants=1, killed=int(killed is not None)), "" if killed else "SURVIVED"


if __name__ == "__main__":
    sys.exit(main())
