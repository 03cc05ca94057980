"""Every byte back, on repositories that nobody thought of.

Hypothesis draws a recipe: attributes × line ends × modes × links × names × staged, unstaged, conflicted × nested,
submodule × sparse, skip-worktree × ignored × unborn, detached × SHA-1, SHA-256. The repository is built, paused,
wrecked and restored. `oracle.py`, which shares no code with volon, compares the working tree byte for byte and mode for
mode, the index as a file and entry for entry, and HEAD, refs, stash, reflogs; nothing that was there before the restore
may be lost; an undo, and its undo, likewise; `git fsck` and `git gc` have nothing to say.

    python -m tests.roundtrip                    200 repositories, others each day
    python -m tests.roundtrip --long             100,000
    python -m tests.roundtrip --seed 7 -n 50     fifty; a finding prints its recipe, shrunk
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
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import hypothesis

from tests.crash.bench import scratch_directory, seal_this_process
from tests.roundtrip.corpus import RECIPES, Recipe
from tests.roundtrip.ground import USERS_CONFIG

FLOORS = Path(__file__).with_name("floors.json")
SHORT, LONG = 200, 100_000
_PORTION = 50
_COLLECT_EVERY = 10


def portion(seed: int, examples: int, *, shrink: bool) -> tuple[Counter[str], list[str]]:
    """Try some recipes in a process of its own; Hypothesis shrinks the first that fails."""
    where = scratch_directory()
    counts, found = Counter[str](), list[str]()
    try:
        seal_this_process(where / "home")
        with (where / "home" / "gitconfig").open("a") as file:
            file.write(USERS_CONFIG)
        _try(where / "ground", seed, examples, counts, shrink=shrink)
    except AssertionError as error:
        found.append(f"seed {seed}: {error}")
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return counts, found


def _try(top: Path, seed: int, examples: int, counts: Counter[str], *, shrink: bool) -> None:
    from tests.roundtrip.trial import attempt  # noqa: PLC0415 - volon is loaded after the seal

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
        phases=(hypothesis.Phase.generate, *([hypothesis.Phase.shrink] if shrink else [])),
        print_blob=False,
        report_multiple_bugs=False,
    )
    @hypothesis.given(RECIPES)
    def every_byte_comes_back(recipe: Recipe) -> None:
        wrong = attempt(top, recipe, counts, collect=counts["repositories"] % _COLLECT_EVERY == 0)
        assert not wrong, "\n  ".join(["", *wrong, str(recipe)])

    every_byte_comes_back()


def main(argv: list[str] | None = None) -> int:
    """Run the trials; 0 when every byte came back."""
    arguments = _parser().parse_args(argv)
    began, counts, findings = time.monotonic(), Counter[str](), list[str]()
    examples = arguments.examples or (LONG if arguments.long else SHORT)
    with ProcessPoolExecutor(arguments.jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        sizes = [min(_PORTION, examples - done) for done in range(0, examples, _PORTION)]
        running = [
            pool.submit(portion, arguments.seed * 1_000_003 + at, size, shrink=not arguments.raw)
            for at, size in enumerate(sizes)
        ]
        for done in as_completed(running):
            one, found = done.result()
            counts.update(one)
            findings += found
            print(*found, sep="\n", end="\n" if found else "", flush=True)
    floors = {} if arguments.examples else json.loads(FLOORS.read_text())["long" if arguments.long else "short"]
    below = [
        f"roundtrip: {counts[what]} {what}, the floor is {floor}"
        for what, floor in floors.items()
        if counts[what] < floor
    ]
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    took = time.monotonic() - began
    print(f"roundtrip: {said}; {len(findings)} findings; seed {arguments.seed}; {took:.0f} s")
    return 1 if findings or below else 0


def _today() -> int:
    return int(time.strftime("%Y%m%d", time.gmtime()))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.roundtrip", description="Every byte comes back.")
    parser.add_argument("--long", action="store_true", help=f"{LONG:,} repositories instead of {SHORT}")
    parser.add_argument("--seed", type=int, default=_today(), help="chooses the recipes")
    parser.add_argument("-n", "--examples", type=int, default=0, help="so many; floors are not checked")
    parser.add_argument("--raw", action="store_true", help="show a finding as it came, without shrinking it first")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
