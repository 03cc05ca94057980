"""Every byte back, on repositories that nobody thought of.

Hypothesis draws a recipe: attributes × line ends × modes × links × names × staged, unstaged, conflicted × nested,
submodule × sparse, skip-worktree × ignored × unborn, detached × SHA-1, SHA-256. The repository is built, paused,
wrecked and restored. `oracle.py`, which shares no code with volon, compares the working tree byte for byte and mode for
mode, the index as a file and entry for entry, and HEAD, refs, stash, reflogs; nothing that was there before the restore
may be lost; an undo, and its undo, likewise; `git fsck` and `git gc` have nothing to say.

    python -m tests.roundtrip                       200 repositories, others each day
    python -m tests.roundtrip --long                100,000; goes on where it was stopped
    python -m tests.roundtrip --from 7 --count 50   fifty; a finding prints its recipe, shrunk
    python -m tests.roundtrip --table               what kinds of repositories these were
    python -m tests.roundtrip --summary FILE …      which seeds were tried at which commit, and what came of it
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections import Counter
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.bench import scratch_directory
from tests.roundtrip import census
from tests.roundtrip.drawing import each, sealed
from tests.roundtrip.ledger import ROOT, Ledger, commit, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOORS = Path(__file__).with_name("floors.json")
SHORT, LONG = 200, 100_000
_BOOK = ROOT / "build" / "roundtrip.jsonl"
_PORTION = 10
_COLLECT_EVERY = 10

Portion = tuple[list[int], Counter[str], list[str]]


def portion(seeds: list[int], *, shrink: bool) -> Portion:
    """Try the recipes of some seeds, in a process of its own; give what was counted and what was found."""
    where = scratch_directory()
    counts, found = Counter[str](), list[str]()
    try:
        top = sealed(where)
        from tests.roundtrip.trial import attempt  # noqa: PLC0415 - volon is loaded after the seal

        for seed in seeds:
            # A recipe that is shrunk is tried again and again; it counts once.
            tried = Counter[str]()
            collect = seed % _COLLECT_EVERY == 0
            wrong = each(seed, lambda recipe: attempt(top, recipe, tried, collect=collect), shrink=shrink)  # noqa: B023
            found += [f"seed {seed}: {wrong}"] if wrong else []
            counts.update(Counter(repositories=1) if wrong else tried)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return seeds, counts, found


def main(argv: list[str] | None = None) -> int:
    """Run the trials; 0 when every byte came back."""
    arguments = _parser().parse_args(argv)
    if arguments.summary:
        print(json.dumps(summary(arguments.summary), indent=1))
        return 0
    began, counts, findings = time.monotonic(), Counter[str](), list[str]()
    count = arguments.count or (LONG if arguments.long else SHORT)
    first = arguments.first if arguments.first is not None else 0 if arguments.long else _today()
    book = Ledger(arguments.ledger or _BOOK, commit()) if arguments.ledger or arguments.long else None
    done = book.done() if book else set()
    for seeds, one, found in _run([seed for seed in range(first, first + count) if seed not in done], arguments):
        counts.update(one)
        findings += found
        print(*found, sep="\n", end="\n" if found else "", flush=True)
        if book:
            book.add(seeds, one, found)
    if arguments.table:
        print(census.table(counts))
    tier = json.loads(FLOORS.read_text())["long" if arguments.long else "short"]
    below = [] if arguments.count or done or arguments.minutes else _below(counts, tier)
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(
        f"{number} {name}" for name, number in sorted(counts.items()) if ": " not in name or "refu" in name
    )
    said += f", {len(done)} before" if done else ""
    print(f"roundtrip: {said}; {len(findings)} findings; from seed {first}; {time.monotonic() - began:.0f} s")
    return 1 if findings or below else 0


def _run(seeds: list[int], arguments: argparse.Namespace) -> Iterator[Portion]:
    """Try seeds in several processes, and no more of them when the time is up."""
    until = time.monotonic() + 60 * arguments.minutes if arguments.minutes else float("inf")
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        running: set[Future[Portion]] = {
            pool.submit(portion, seeds[at : at + _PORTION], shrink=not arguments.raw)
            for at in range(0, len(seeds), _PORTION)
        }
        for done in as_completed(list(running)):
            running.discard(done)
            yield done.result()
            if time.monotonic() > until:
                break
        # What was begun is waited for; a future that is cancelled tells nobody that it is over.
        for late in as_completed([one for one in running if not one.cancel()]):
            yield late.result()


def _below(counts: Counter[str], floors: dict[str, int]) -> list[str]:
    """What the trials looked at too little: then they prove less than they say."""
    missed = census.missed(counts)
    found = counts | {"values": sum(map(len, census.AXES.values())) - len(missed)}
    few = [
        f"roundtrip: {found[name]} {name}, the floor is {floor}"
        for name, floor in floors.items()
        if found[name] < floor
    ]
    return few + [f"roundtrip: no repository had {name}" for name in missed if few]


def _today() -> int:
    return 1000 * int(time.strftime("%Y%m%d", time.gmtime()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.roundtrip", description="Every byte comes back.")
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} repositories instead of {SHORT}")
    parser.add_argument("--from", dest="first", type=int, metavar="SEED", help="the first seed; each is one repository")
    parser.add_argument("--count", type=int, default=0, help="so many seeds; floors are not checked")
    parser.add_argument(
        "--minutes", type=float, default=0, help="begin nothing more after so long; floors are not checked"
    )
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="take down what was tried, and leave out what was")
    parser.add_argument("--summary", type=Path, nargs="+", metavar="FILE", help="add ledgers up, and try nothing")
    parser.add_argument("--table", action="store_true", help="show what kinds of repositories were tried")
    parser.add_argument("--raw", action="store_true", help="show a finding as it came, without shrinking it first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
