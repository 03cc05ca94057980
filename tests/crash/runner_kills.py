"""The process that runs a pipeline is killed before and after every system call it makes; its tickets live on.

`python -m tests.crash.runner_kills [--long]`. The killed one is a copy of this process, in which each call into the
operating system is counted (by a profile function, so that the tickets it starts are not touched). Then the pipeline is
run again, by a process that may be killed as well, until it is done. Whatever the moment: every ticket ran exactly
once, none is lost, and nobody is asked anything.

Then volon is killed together with its git and the tickets, before a call that changes a file: everything comes to its
end, and nothing that is done starts again. So it does when only the one that makes the call is killed, perhaps a git.
Who pauses it is killed as well.

Some of the tickets have working trees of their own. Then besides: each has one result,
what all of them made can be merged, no commit of theirs is lost, no working tree is left, the user's own is as it was,
and git finds its repository whole; also when `doctor --fix` is killed while it keeps what is left.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from tests.crash.nthkill import Action, Plan, trace_call
from tests.crash.runner_bench import DOCTOR, MOST_RUNS, PATIENCE, WORDS, Bench, Tier, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator

FEW = {"plain": 8, "trees": 2}
_NOT_PAUSED = 10


def points(bench: Bench) -> int:
    """How many there are, in a run that nobody disturbs."""
    bench.clean()
    code, passed = bench.run()
    assert (code, bench.wrong()) == (0, [])
    return passed


def attempt(bench: Bench, *at: int) -> list[str]:
    """Kill at the given points, one in each run, and say what is wrong in the end."""
    bench.clean()
    ended = 0
    for point in (*at, *[0] * MOST_RUNS):
        ended, _ = bench.run(point)
        if ended == -signal.SIGKILL and bench.finished():
            # It died after its last word; another run would rightly begin anew, and what it left is doctor's.
            ended = bench.run(words=DOCTOR)[0] if bench.trees else 0
        if ended != -signal.SIGKILL:
            break
    wrong = [] if ended == 0 else [f"it exits with {ended}"]
    wrong += bench.wrong()
    return [f"killed at {', '.join(map(str, at))}: {each}" for each in wrong]


def doctor(bench: Bench, at: int) -> tuple[list[str], int]:
    """Kill doctor while it keeps what a ticket left, and say what is wrong once another has finished.

    Returns:
        What is wrong, and how many points it passed when it was not killed.
    """
    bench.clean()
    bench.run(words=("pipeline", "run", "left.yaml", "--quiet"))
    (left,) = bench.repo.root.glob(".git/volon/runs/*/trees/a.1")
    ref = f"refs/volon/run/{left.parents[1].name}/a/1.saved"
    # As if the one who ran it had been killed before it kept anything.
    bench.repo.git("update-ref", "-d", ref)
    (left / ".env").unlink()
    _, passed = bench.run(at, DOCTOR)
    code, _ = bench.run(words=DOCTOR)
    wrong = [f"it exits with {code}"] if code else []
    if bench.repo.git("show", f"{ref}^3:a", check=False) != "a\n":
        wrong.append("what was in the working tree is lost")
    if left.exists() or bench.repo.git("worktree", "list").count("\n") != 1:
        wrong.append("the working tree is left")
    return [f"doctor killed at {at}: {each}" for each in wrong], passed


def everything(bench: Bench, at: int, action: Action = Action.KILL) -> tuple[list[str], int]:
    """Kill volon together with its git and the tickets, and say what is wrong once all is done.

    Returns:
        What is wrong, and how many points there are when nobody is killed.
    """
    from volon.cli.main import main as volon  # noqa: PLC0415  loaded by `load_volon`

    words = ("safe.yaml", "--jobs", "2", "--quiet")

    def child() -> int:
        os.chdir(bench.repo.root)
        return volon(("pipeline", "run", *words))

    bench.clean()
    traced = trace_call(child, Plan(at, action if at else Action.COUNT, patience=PATIENCE))
    ended = traced.code
    for _ in range(MOST_RUNS):
        ended = 0 if bench.finished() else bench.run(words=("pipeline", "resume", *words))[0]
        if ended == _NOT_PAUSED:
            ended, _ = bench.run(words=("pipeline", "run", *words))
        if ended == 0:
            break
    bench.run(words=DOCTOR)
    wrong = [f"it exits with {ended}"] if ended else []
    # What was killed may have run before, and be run again.
    wrong += [each for each in bench.wrong() if not each.startswith("ran ")]
    return [f"{action.name} everything at {at}: {each}" for each in wrong], traced.count


def one(bench: Bench, at: int) -> tuple[list[str], int]:
    """Kill one process, as a system does that has no memory left: a git, a ticket, the shell around it, or volon."""
    return everything(bench, at, Action.KILL_ONE)


def pause(bench: Bench, at: int) -> tuple[list[str], int]:
    """Kill who pauses; whether it is paused then or not, a resume of the file brings it to its end."""
    bench.clean()
    bench.run(words=(*WORDS, "--until", "a"))
    _, passed = bench.run(at, ("pipeline", "pause", "p.yaml", "--quiet"))
    code, _ = bench.run(words=("pipeline", "resume", *WORDS[2:]))
    wrong = [f"it exits with {code}"] if code else []
    return [f"pause killed at {at}: {each}" for each in wrong + bench.wrong()], passed


def kills(bench: Bench, tier: Tier, total: int, *, thin: int) -> Iterator[tuple[str, int, list[str]]]:
    """One kill in a run, and for every so many of them three in a row: whoever goes on may be killed as well."""
    yield "points", total, []
    chosen = tier.points(total)
    for at in chosen:
        yield "kills", 1, attempt(bench, at)
    for _ in chosen[::thin]:
        yield "triples", 1, attempt(bench, *(tier.chance.randint(1, total) for _ in range(3)))


def tries(bench: Bench, tier: Tier) -> Iterator[tuple[str, int, list[str]]]:
    """Every kill, of whom, and what was wrong."""
    yield from kills(bench, tier, points(bench), thin=4)
    ways = {"everything": everything, "one": one, **({"doctor": doctor} if bench.trees else {"pause": pause})}
    for name, way in ways.items():
        _, total = way(bench, 0)
        for at in tier.points(total)[:: 1 if tier.long else 2]:
            yield f"{name} kills", 1, way(bench, at)[0]


if __name__ == "__main__":
    sys.exit(sweep("runner_kills", FEW, tries))
