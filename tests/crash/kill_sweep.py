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
    python -m tests.crash.kill_sweep --long     every point, both ways back, and many more double faults and signals
    python -m tests.crash.kill_sweep --only resume --attempt "kill 17 again"       one attempt, as a finding names it
"""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.crash import judge, moments, oracle
from tests.crash.nthkill import Action, Plan
from tests.crash.sweeping import Attempt, Sweep, run_harness

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.crash.bench import Bench
    from tests.crash.judge import Chain
    from tests.crash.nthkill import Traced
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
    """How many attempts of each kind per scenario; None is every state of the disk that a kill can leave."""

    kills: int | None
    doubles: int
    triples: int
    signals: int


SHORT = Tier(kills=12, doubles=2, triples=1, signals=2)
LONG = Tier(kills=None, doubles=200, triples=60, signals=80)


def attempts(chain: Chain, rng: random.Random, *, long: bool) -> Iterator[Attempt]:
    """Choose what to try in one scenario."""
    tier = LONG if long else SHORT
    states = moments.states(chain.calls)
    points = moments.sample(rng, moments.kinds(chain.calls, states), tier.kills or len(states))
    # Both ways back: on even points the command again, on odd ones doctor, and in the long tier both.
    ways = [(at, "doctor" if at % 2 else "again") for at in points]
    ways += [(at, "again" if at % 2 else "doctor") for at in points if long]
    chosen = [Attempt("kill", (at,), way) for at, way in ways]
    # After a command that moves HEAD, the same command again is another command.
    depths = () if chain.moves_head else (*[2] * tier.doubles, *[3] * tier.triples)
    for depth in depths:
        chosen += [Attempt("double", (rng.choice(points), *(rng.randrange(1 << 30) for _ in range(depth - 1))))]
    # What begins with the same kill stands in a row: it has to be done only once.
    yield from sorted(chosen, key=lambda one: one.numbers[0])
    everywhere = range(1, chain.points + 1)
    if long or rng.randrange(4) == 0:
        yield Attempt("cold", (rng.choice(everywhere),))
    for at in moments.sample(rng, moments.kinds(chain.calls, everywhere), tier.signals):
        yield Attempt("signal", (at, rng.randrange(len(SIGNALS)), rng.randrange(2)))


def attempt(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Try one thing and say everything that is wrong afterwards."""
    return {"kill": _kill, "cold": _cold, "double": _double, "signal": _signal}[what.kind](bench, scenario, chain, what)


def _kill(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    seen, wrong = _first_kill(bench, scenario, chain, what.numbers[0])
    if not seen:
        return wrong
    if what.way == "doctor" and scenario.argv[0] != "doctor" and not scenario.beside:
        wrong += judge.recovered(bench, scenario, chain, seen, seed="2")
    else:
        wrong += judge.retried(bench, scenario, chain, seen, seed="2")
    return wrong + oracle.hooks_ran(bench.root, bench.live / "hooks.log")


def _cold(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Kill a real `python -m volon`: the forked one that all other attempts use must have shown the same calls."""
    bench.restore()
    count = bench.run_cold(scenario.argv).count
    wrong = [] if count == chain.points else [f"a real volon makes {count} calls, a forked one {chain.points}"]
    bench.restore()
    ran = bench.run_cold(scenario.argv, Plan(what.numbers[0], Action.KILL))
    wrong += [] if ran.hit and ran.code == KILLED else [f"not killed before call {what.numbers[0]}"]
    seen, more = judge.disturbed(bench, scenario, chain)
    return wrong + more + (judge.retried(bench, scenario, chain, seen, seed="2") if seen else [])


def _double(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Kill, then kill what recovers, as often as numbers are given; then recover in peace."""
    seen, wrong = _first_kill(bench, scenario, chain, what.numbers[0])
    for depth, draw in enumerate(what.numbers[1:], start=2):
        if not seen:
            return wrong
        wrong += _kill_what_recovers(bench, scenario, chain, draw, seed=str(depth))
        among = range(min(seen), max(seen) + 2)
        chain.reach(among[-1] + 1, bench, scenario)
        seen, more = judge.disturbed(bench, scenario, chain, among=among)
        wrong += more
    if seen:
        wrong += judge.retried(bench, scenario, chain, seen, seed="9")
        wrong += oracle.hooks_ran(bench.root, bench.live / "hooks.log")
    return wrong


def _first_kill(bench: Bench, scenario: Scenario, chain: Chain, at: int) -> tuple[set[int], list[str]]:
    """Kill and look; whatever begins with the same kill goes on from what it left, and tells what was wrong only once.

    Returns:
        The states that readers may be looking at, and what is wrong.
    """
    name = f"killed before call {at}"
    if bench.left is not None and bench.left[0] == name:
        bench.restore("left")
        return bench.left[1], []
    bench.restore()
    wrong = _killed(bench, scenario.argv, at, seed="1")
    seen, more = judge.disturbed(bench, scenario, chain)
    bench.save("left")
    bench.left = (name, seen)
    return seen, wrong + more


def _kill_what_recovers(bench: Bench, scenario: Scenario, chain: Chain, draw: int, *, seed: str) -> list[str]:
    """Kill the same command again; it finishes first what was begun, so it makes about as many calls or more."""
    bench.save("kept")
    at = draw % chain.points + 1
    ran = bench.run(scenario.argv, Plan(at, Action.KILL), seed=seed)
    if not ran.hit:
        bench.restore("kept")
        at = draw % ran.count + 1 if ran.count else 0
        ran = bench.run(scenario.argv, Plan(at, Action.KILL), seed=seed) if at else ran
    return _was_killed(ran, at) if at else []


def _signal(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    at, which, twice = what.numbers
    bench.restore()
    action, number = SIGNALS[which]
    ran = bench.run(scenario.argv, Plan(at, action, number, sticky=bool(twice)), seed="1")
    seen, wrong = judge.disturbed(bench, scenario, chain)
    if not ran.hit:
        wrong.append("the point was not reached")
    if ran.hung:
        wrong.append("it hung")
    if "Traceback" in ran.err:
        wrong.append(f"a traceback: {ran.err[-600:]}")
    told = {scenario.ends: {1}, 1: {1}, INTERRUPTED: {0}, 5: {0}, 6: {1}}.get(ran.code)
    if told and judge.HALF in ran.err:
        told = {0} if scenario.halfway and judge.whole(bench, scenario) == bench.wholes[1] else set()
    if told is None:
        wrong.append(f"exit code {ran.code} after a signal: {ran.err[-300:]}")
    elif seen and not told & seen:
        wrong.append(f"exit code {ran.code}, but readers see state {sorted(seen)}")
    return wrong + (judge.retried(bench, scenario, chain, seen, seed="2") if seen else [])


def _killed(bench: Bench, argv: list[str], at: int, *, seed: str) -> list[str]:
    return _was_killed(bench.run(argv, Plan(at, Action.KILL), seed=seed), at)


def _was_killed(ran: Traced, at: int) -> list[str]:
    """A run that was not killed proves nothing and is itself a failure."""
    return [] if ran.hit and ran.code == KILLED else [f"not killed before call {at}: hit={ran.hit} code={ran.code}"]


SWEEP = Sweep("kill_sweep", attempts, attempt)

if __name__ == "__main__":
    run_harness(SWEEP)
