"""A system call of the process that runs a pipeline fails, once or for ever; or one of what it starts.

`python -m tests.crash.runner_errors [--long]`. The errors are a full disk, a bad one, no descriptor and no memory left.
Whatever fails, and when:

    never a traceback, never exit 70, never a hang; who could not go on says what to do · the journal is readable at
    once, and calls no ticket done that did not run · when the fault is gone, `pipeline resume` brings everything to its
    end, asks nothing, and starts nothing again that is done

Where only the runner's own calls fail, each ticket runs exactly once. Where those of the tickets, of the shells around
them and of git fail as well, a ticket may fail, or its result may not be kept, and is tried again. What comes of
tickets with working trees of their own is judged as `tests.crash.runner_kills` does.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from typing import TYPE_CHECKING

from tests.crash import moments
from tests.crash.nthkill import Action, Plan, Traced, call_freely, trace_call
from tests.crash.runner_bench import DOCTOR, MOST_RUNS, PATIENCE, Bench, Tier, sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FEW = {"plain": 2, "trees": 1}
ERRORS = (errno.ENOSPC, errno.EIO, errno.EMFILE, errno.ENOMEM)
FILES = ("p.yaml", "safe.yaml")
"""What is run where every ticket runs exactly once, and where some rightly run again."""
_DONE, _NOT_PAUSED = 0, 10
_ENDS = frozenset({_DONE, 1, 5, 6, 11})
"""Done, a ticket failed, nothing could be written down, not all on disk yet, paused."""


class Faults:
    """A bench, and what is disturbed in it.

    Args:
        bench: where.
        everything: whether all that the runner starts is disturbed too.
    """

    def __init__(self, bench: Bench, *, everything: bool) -> None:
        self.bench, self.everything = bench, everything
        self.file = FILES[everything or bench.trees]
        self.calls: dict[int, tuple[str, ...]] = {}

    def plan(self, at: int, number: int, *, sticky: bool = False) -> Plan:
        """Let a call fail; 0 only counts what could."""
        below = None if number == errno.ENOSPC else self.bench.repo.root
        action = Action.ERRNO if at else Action.COUNT
        return Plan(at, action, number, sticky=sticky, below=below, alone=not self.everything, patience=PATIENCE)

    def volon(self, words: Sequence[str], plan: Plan | None = None, *, listed: bool = False) -> Traced:
        """Run a command in a copy of this process."""
        from volon.cli.main import main  # noqa: PLC0415  loaded by the bench

        def child() -> int:
            os.chdir(self.bench.repo.root)
            return main(words)

        return call_freely(child, PATIENCE) if plan is None else trace_call(child, plan, listed=listed)

    def counted(self, number: int) -> tuple[str, ...]:
        """The calls that can fail like that, of a run that nobody disturbs."""
        wide = int(number != errno.ENOSPC)
        if wide not in self.calls:
            self.bench.clean()
            ran = self.volon(self.words("run"), self.plan(0, number), listed=True)
            assert (ran.code, self.bench.wrong()) == (0, []), ran
            self.calls[wide] = ran.calls
        return self.calls[wide]

    def words(self, verb: str) -> tuple[str, ...]:
        """Run the pipeline, or resume it."""
        return ("pipeline", verb, self.file, "--jobs", "2", "--plain")

    def attempt(self, number: int, at: int, *, sticky: bool) -> tuple[list[str], Traced]:
        """Let one call fail; whether it is reached depends on which ticket is the first to end.

        Returns:
            All that is wrong then, and after everything was brought to its end; and how it went.
        """
        self.bench.clean()
        ran = self.volon(self.words("run"), self.plan(at, number, sticky=sticky))
        wrong = [*_manners(ran), *self._shown(), *self._finished()]
        what = f"{errno.errorcode[number]} {'for ever' if sticky else 'once'} at {at}"
        return [f"{what}: {each}" for each in wrong], ran

    def paused(self, number: int, at: int, *, sticky: bool) -> tuple[list[str], Traced]:
        """Let a call of `pipeline pause` fail, as `attempt` does; what it says of the gate has to be so."""
        self.bench.clean()
        self.volon((*self.words("run"), "--until", "a"))
        ran = self.volon(("pipeline", "pause", self.file), self.plan(at, number, sticky=sticky), listed=not at)
        seen = self.volon(("pipeline", "status", self.file, "--json"))
        is_paused = seen.code == 0 and json.loads(seen.out)["pipeline"]["status"] == "paused"
        wrong = [*_manners(ran), *self._shown()]
        if is_paused != (ran.code in {_DONE, 1, 6}):
            wrong.append(f"it exits with {ran.code}, paused: {is_paused}: {(ran.err or ran.out)[-400:]}")
        what = f"pause, {errno.errorcode[number]} {'for ever' if sticky else 'once'} at {at}"
        return [f"{what}: {each}" for each in [*wrong, *self._finished()]], ran

    def _shown(self) -> list[str]:
        """What is wrong with what can be seen before anything is mended."""
        seen = self.volon(("pipeline", "status", self.file, "--json"))
        if seen.code != 0:
            return [f"status exits with {seen.code}: {seen.out[-300:]}{seen.err[-300:]}"]
        done = {one["ticket"] for one in json.loads(seen.out)["pipeline"]["tickets"] if one["status"] == "done"}
        return [f"{one} is called done and did not run" for one in sorted(done - set(self.bench.ran()))]

    def _finished(self) -> list[str]:
        """What is wrong once the fault is gone and somebody goes on."""
        again = Traced(0, hit=False, hung=False, code=0, out="", err="")
        for _ in range(MOST_RUNS):
            if self.bench.finished():
                break
            again = self.volon(self.words("resume"))
            if again.code == _NOT_PAUSED:
                again = self.volon(self.words("run"))
        wrong = _manners(again)
        if not self.bench.finished():
            wrong.append(f"it does not come to its end: {(again.err or again.out)[-500:]}")
        if self.bench.trees:
            self.volon(DOCTOR)
        # A ticket whose own writes failed, or whose result could not be kept, was rightly tried again.
        once = self.file == FILES[0]
        wrong += [each for each in self.bench.wrong() if once or not each.startswith("ran ")]
        return wrong


def _manners(ran: Traced) -> list[str]:
    said = ran.err or ran.out
    if ran.hung:
        return [f"it hung: {said[-500:]}"]
    if "Traceback" in ran.err or ran.code not in _ENDS:
        return [f"exit code {ran.code}: {said[-900:]}"]
    # What was written down before is told in words; what was not has to come with what to do.
    told = ran.code in {_DONE, 1, 11} or "Hint:" in ran.err
    return [] if told else [f"it does not say what to do: {said[-500:]}"]


def tries(bench: Bench, tier: Tier) -> Iterator[tuple[str, int, list[str]]]:
    """Every error, of whom, and what was wrong."""
    for everything in (False, True):
        faults = Faults(bench, everything=everything)
        # With working trees each takes seconds: a short sweep tries two errors.
        some = ERRORS if tier.long or not bench.trees else tier.chance.sample(ERRORS, len(ERRORS) // 2)
        for number in some:
            for at, sticky in chosen(faults.counted(number), tier):
                found, ran = faults.attempt(number, at, sticky=sticky)
                yield "errors anywhere" if everything else "errors", int(ran.hit), found
    faults = Faults(bench, everything=False)
    for number in () if bench.trees else ERRORS:
        found, ran = faults.paused(number, 0, sticky=False)
        assert (found, ran.code) == ([], 0), ran
        for at, sticky in chosen(ran.calls, tier):
            found, ran = faults.paused(number, at, sticky=sticky)
            yield "errors of a pause", int(ran.hit), found


def chosen(calls: Sequence[str], tier: Tier) -> list[tuple[int, bool]]:
    """Which calls fail, and whether for ever: everything, or some, each at another kind of moment."""
    if tier.long:
        return [(at, sticky) for at in tier.points(len(calls)) for sticky in (False, True)]
    points = moments.sample(tier.chance, moments.kinds(calls, range(1, len(calls) + 1)), tier.few)
    return [(at, tier.chance.random() < 1 / 2) for at in points]


if __name__ == "__main__":
    sys.exit(sweep("runner_errors", FEW, tries))
