"""H1: kill volon before every file-changing system call of every writing command, and look at what is left.

For each scenario and each call N of the whole process tree (git's children included):

    restore the repository · run the command, killed before call N, which must really have happened ·
    nothing of the user's has changed, git is healthy, readers see all old or all new ·
    then either the same command again succeeds as if nothing had been, or `doctor --fix` finishes the operation ·
    nothing is left over, and the records are exactly right.

Cold: the same with a real `python -m volon` instead of a fork of this process, at some points.
H1b, double fault: the recovery itself is killed before its Mth call, and (depth 3) the recovery after that.
Signals: instead of a kill, Ctrl-C to the whole tree or a polite SIGTERM; the exit code must then tell the truth too.

    python -m tests.crash.kill_sweep            a sample, another one each day; --seed repeats one
    python -m tests.crash.kill_sweep --long     every point once, and many more double faults and signals
    python -m tests.crash.kill_sweep --only resume --attempt "kill 17 again"       one attempt, as a finding names it
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.crash import judge, oracle
from tests.crash.nthkill import Action, Plan
from tests.crash.sweeping import Attempt, Sweep, run_harness

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.crash.bench import Bench
    from tests.crash.judge import Chain
    from tests.crash.scenarios import Scenario

INTERRUPTED = 130
KILLED = 128 + signal.SIGKILL
SIGNALS = (
    (Action.SIGNAL_TREE, signal.SIGINT),
    (Action.SIGNAL_ROOT, signal.SIGINT),
    (Action.SIGNAL_ROOT, signal.SIGTERM),
    (Action.SIGNAL_ROOT, signal.SIGHUP),
)


@dataclass(frozen=True)
class Tier:
    """How many attempts of each kind per scenario; None is every point."""

    kills: int | None
    doubles: int
    triples: int
    signals: int


SHORT = Tier(kills=12, doubles=2, triples=1, signals=2)
LONG = Tier(kills=None, doubles=200, triples=60, signals=80)


def attempts(chain: Chain, rng: random.Random, *, long: bool) -> Iterator[Attempt]:
    """Choose what to try in one scenario."""
    tier = LONG if long else SHORT
    points = list(range(1, chain.points + 1))
    # Both ways back from every point: on even points the command again, on odd ones doctor, and in the long tier both.
    for at in points if tier.kills is None else sorted(rng.sample(points, min(tier.kills, len(points)))):
        yield Attempt("kill", (at,), way="doctor" if at % 2 else "again")
        if long:
            yield Attempt("kill", (at,), way="again" if at % 2 else "doctor")
    # After a command that moves HEAD, the same command again is another command.
    for depth, count in () if chain.moves_head else ((2, tier.doubles), (3, tier.triples)):
        for _ in range(count):
            # The later numbers are drawn when it is known how many calls the recovery makes.
            yield Attempt("double", (rng.choice(points), *(rng.randrange(1 << 30) for _ in range(depth - 1))))
    if long or rng.randrange(4) == 0:
        yield Attempt("cold", (rng.choice(points),))
    for _ in range(tier.signals):
        yield Attempt("signal", (rng.choice(points), rng.randrange(len(SIGNALS)), rng.randrange(2)))


def attempt(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Try one thing and say everything that is wrong afterwards."""
    bench.restore()
    return {"kill": _kill, "cold": _cold, "double": _double, "signal": _signal}[what.kind](bench, scenario, chain, what)


def _kill(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    wrong = _killed(bench, scenario.argv, what.numbers[0], seed="1")
    seen, more = judge.disturbed(bench, scenario, chain)
    wrong += more
    if not seen:
        return wrong
    if what.way == "doctor" and scenario.argv[0] != "doctor":
        wrong += judge.recovered(bench, scenario, chain, seen, seed="2")
    else:
        wrong += judge.retried(bench, scenario, chain, seen, seed="2")
    return wrong + oracle.hooks_ran(bench.root, bench.live / "hooks.log")


def _cold(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Kill a real `python -m volon`: the forked one that all other attempts use must have shown the same calls."""
    count = bench.run_cold(scenario.argv).count
    wrong = [] if count == chain.points else [f"a real volon makes {count} calls, a forked one {chain.points}"]
    bench.restore()
    ran = bench.run_cold(scenario.argv, Plan(what.numbers[0], Action.KILL))
    wrong += [] if ran.hit and ran.code == KILLED else [f"not killed before call {what.numbers[0]}"]
    seen, more = judge.disturbed(bench, scenario, chain)
    return wrong + more + (judge.retried(bench, scenario, chain, seen, seed="2") if seen else [])


def _double(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Kill, then kill what recovers, as often as numbers are given; then recover in peace."""
    wrong = _killed(bench, scenario.argv, what.numbers[0], seed="1")
    seen, more = judge.disturbed(bench, scenario, chain)
    wrong += more
    for depth, draw in enumerate(what.numbers[1:], start=2):
        if not seen:
            return wrong
        bench.save("kept")
        count = bench.run(scenario.argv, Plan(), seed=str(depth)).count
        bench.restore("kept")
        if count:
            wrong += _killed(bench, scenario.argv, draw % count + 1, seed=str(depth))
        among = range(min(seen), max(seen) + 2)
        bench.save("kept")
        chain.reach(among[-1] + 1, bench, scenario)
        bench.restore("kept")
        seen, more = judge.disturbed(bench, scenario, chain, among=among)
        wrong += more
    if seen:
        wrong += judge.retried(bench, scenario, chain, seen, seed="9")
        wrong += oracle.hooks_ran(bench.root, bench.live / "hooks.log")
    return wrong


def _signal(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    at, which, twice = what.numbers
    action, number = SIGNALS[which]
    ran = bench.run(scenario.argv, Plan(at, action, number, sticky=bool(twice)), seed="1")
    seen, wrong = judge.disturbed(bench, scenario, chain)
    if not ran.hit:
        wrong.append("the point was not reached")
    if ran.hung:
        wrong.append("it hung")
    if "Traceback" in ran.err:
        wrong.append(f"a traceback: {ran.err[-600:]}")
    told = {0: {1}, 1: {1}, INTERRUPTED: {0}, 5: {0}, 6: {1}}.get(ran.code)
    if told is None:
        wrong.append(f"exit code {ran.code} after a signal: {ran.err[-300:]}")
    elif seen and not told & seen:
        wrong.append(f"exit code {ran.code}, but readers see state {sorted(seen)}")
    return wrong + (judge.retried(bench, scenario, chain, seen, seed="2") if seen else [])


def _killed(bench: Bench, argv: list[str], at: int, *, seed: str) -> list[str]:
    """Run and kill; a run that was not killed proves nothing and is itself a failure."""
    ran = bench.run(argv, Plan(at, Action.KILL), seed=seed)
    return [] if ran.hit and ran.code == KILLED else [f"not killed before call {at}: hit={ran.hit} code={ran.code}"]


SWEEP = Sweep("kill_sweep", attempts, attempt)

if __name__ == "__main__":
    run_harness(SWEEP)
