"""H4: let a system call of a writing command fail, and see whether volon tells the truth about it.

For each scenario, each of eight errors, once and for ever, at a sample of the calls that can fail that way:

    exit 0 means that everything is new and on disk · exit 6 means that readers see everything new and the next command
    finishes it · any other exit means that not a byte of a record has changed · never a traceback, never exit 70, never
    a hang · nothing of the user's changes, git stays healthy · and when the fault is gone the same command works.

    python -m tests.crash.errno_sweep           a sample, another one each day
    python -m tests.crash.errno_sweep --long    eight errors × once and for ever × every call
"""

from __future__ import annotations

import errno
from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from tests.crash import judge, moments
from tests.crash.nthkill import Action, Plan
from tests.crash.sweeping import Attempt, Sweep, run_harness

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from tests.crash.bench import Bench
    from tests.crash.judge import Chain
    from tests.crash.nthkill import Traced
    from tests.crash.scenarios import Scenario

CHANGING = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
"""What only calls that change something report."""

ANY = (errno.EIO, errno.EACCES, errno.EMFILE, errno.ENOMEM, errno.ENOLCK)
"""What can also meet whoever opens, reads, locks or forks."""

DONE, NOT_APPLIED = 0, 6
SHORT_ATTEMPTS = 10
NOTHING_CHANGED = frozenset({4, 5, 7, 9})
"""Exit codes that promise that nothing has changed."""

NOT_STARTED = frozenset({126, 127})
"""What `volon run` exits with, as a shell does, when the command could not be started: then nothing has, either."""

ALL_OR_NOTHING = 1
"""The operation happened or not, and the message says which; what failed came before it or after it."""


def attempts(chain: Chain, rng: random.Random, *, long: bool) -> Iterator[Attempt]:
    """Choose what to try in one scenario: (error, for ever or not, which call).

    The short tier lets each of the eight errors happen in each scenario, each at another kind of moment, as far as
    there are so many.
    """
    for errors, calls in ((CHANGING, chain.calls), (ANY, chain.wide_calls)):
        everywhere = range(1, len(calls) + 1)
        if long:
            chosen = [(number, sticky, at) for at in everywhere for number in errors for sticky in (0, 1)]
        else:
            points = moments.sample(rng, moments.kinds(calls, everywhere), SHORT_ATTEMPTS // 2)
            rng.shuffle(points)
            chosen = [(number, rng.randrange(2), at) for number, at in zip(cycle(errors), points, strict=False)]
        yield from (Attempt("error", numbers) for numbers in chosen)


def attempt(bench: Bench, scenario: Scenario, chain: Chain, what: Attempt) -> list[str]:
    """Try one thing and say everything that is wrong afterwards."""
    number, sticky, at = what.numbers
    bench.restore()
    below = bench.live if number in ANY else None
    ran = bench.run(scenario.argv, Plan(at, Action.ERRNO, number, sticky=bool(sticky), below=below), seed="1")
    if below is not None:
        chain = chain.loosely()
    name = errno.errorcode[number]
    return [f"{name} {'for ever' if sticky else 'once'}: {wrong}" for wrong in _judged(bench, scenario, chain, ran)]


def _judged(bench: Bench, scenario: Scenario, chain: Chain, ran: Traced) -> list[str]:
    ran = replace(ran, code=DONE) if ran.code == scenario.ends else ran
    free = NOTHING_CHANGED | (NOT_STARTED if scenario.argv[0] == "run" else frozenset())
    wrong = _manners(ran, free)
    seen, more = judge.disturbed(bench, scenario, chain, settled=ran.code in {DONE, ALL_OR_NOTHING})
    wrong += more
    said = (ran.err or ran.out).strip()[-400:]
    meant = {1} if ran.code in {DONE, NOT_APPLIED} else {0, 1} if ran.code == ALL_OR_NOTHING else {0}
    if ran.code == NOT_APPLIED and judge.HALF in " ".join(ran.err.split()):
        meant = {0}
    beside = bool(scenario.beside) and judge.committed_beside(bench, scenario, chain)
    if scenario.beside and ran.code == NOT_APPLIED:
        if not beside:
            wrong.append(f"exit code {ran.code}, but readers in {scenario.beside} do not see it: {said}")
    elif seen and not meant & seen:
        wrong.append(f"exit code {ran.code}, but readers see state {sorted(seen)}: {said}")
    if ran.code in {DONE, ALL_OR_NOTHING} and not any(chain.alike(bench.shape(), index) for index in meant):
        wrong.append(f"exit code {ran.code}, but not everything is on disk: {said}")
    if ran.code in free and bench.records() != chain.states[0].records:
        wrong.append(f"exit code {ran.code} promises that nothing changed, but records did: {said}")
    if ran.code in free and beside:
        wrong.append(f"exit code {ran.code} promises that nothing changed, but {scenario.beside} has it all: {said}")
    if ran.code in free and scenario.restores and judge.whole(bench, scenario) != bench.wholes[0]:
        wrong.append(f"exit code {ran.code} promises that nothing changed, but files did: {said}")
    return wrong + (judge.retried(bench, scenario, chain, seen, seed="2", refused=True) if seen else [])


def _manners(ran: Traced, free: frozenset[int]) -> list[str]:
    wrong = []
    if not ran.hit:
        wrong.append("the call was not reached")
    if ran.hung:
        wrong.append("it hung")
    if "Traceback" in ran.err or ran.code == 70:
        wrong.append(f"a traceback: {ran.err[-700:]}")
    elif ran.code not in free | {DONE, NOT_APPLIED, ALL_OR_NOTHING} and not ran.hung:
        wrong.append(f"exit code {ran.code}: {(ran.err or ran.out)[-400:]}")
    return wrong


SWEEP = Sweep("errno_sweep", attempts, attempt, wide=True)

if __name__ == "__main__":
    run_harness(SWEEP)
