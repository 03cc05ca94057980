"""Claims that race: clones of one remote claim the same task at the same instant; one wins, the others are told who.

    python -m tests.handoff                 50 races between two clones
    python -m tests.handoff --races 1000 --clones 3

The clones are made once, and a process for each waits at a barrier. After each race the remote is asked who has the
task, which must be the one that was told so. Every other race begins where nobody ever had the task, the others where
somebody gave it back; now and then the winner does that itself.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from threading import BrokenBarrierError
from typing import TYPE_CHECKING

from tests.crash.bench import seal_this_process
from tests.support.machines import Machine, Two
from tests.support.repos import RepoBuilder, run_git

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Barrier

    from tests.support.running import Ran

_FORK = multiprocessing.get_context("fork")
_CLAIMED = 4
_RELEASE_EVERY = 20
_PATIENCE = 120


class Course:
    """Clones that all know one paused task, each with a process that waits for the start.

    Args:
        where: a directory of this course's own.
        clones: how many race; at least two.
    """

    def __init__(self, where: Path, clones: int) -> None:
        self._two = Two(where)
        self._two.paused_in_a()
        repos = [self._two.a, self._two.b]
        for number in range(2, clones):
            repo = RepoBuilder(where / f"clone-{number}")
            run_git(where, "clone", "-q", str(self._two.hub), str(repo.root))
            repo.git("config", "user.name", f"Clone {number}")
            repo.git("config", "user.email", f"clone-{number}@example.org")
            repos.append(repo)
        self.machines = [Machine(repo.root) for repo in repos]
        self.names = [repo.git("config", "user.name").strip() for repo in repos]
        for machine in self.machines[1:]:
            machine.ok("handoff", "pull")
        self.machines[0].ok("handoff", "claim")
        self.machines[0].ok("handoff", "release")
        self._ref = next(name for name in self._two.refs() if name.startswith("refs/volon/claim/"))
        self._given_back = self._two.refs()[self._ref]
        self._start, self._said = _FORK.Barrier(clones + 1), _FORK.Queue()
        self._claimants = [
            # They end with this process, whatever becomes of a race.
            _FORK.Process(target=_claim, args=(number, machine, self._start, self._said), daemon=True)
            for number, machine in enumerate(self.machines)
        ]
        for claimant in self._claimants:
            claimant.start()

    def close(self) -> None:
        """End what waits for another race."""
        self._start.abort()
        for claimant in self._claimants:
            claimant.join(_PATIENCE)

    def race(self, number: int) -> list[str]:
        """Let all claim at once; return what was wrong."""
        run_git(self._two.hub, "update-ref", *(["-d", self._ref] if number % 2 else [self._ref, self._given_back]))
        self._start.wait(_PATIENCE)
        answers: dict[int, Ran] = dict(self._said.get(timeout=_PATIENCE) for _ in self.machines)
        winners = [number for number, ran in answers.items() if ran.code == 0]
        if len(winners) != 1:
            return [f"{len(winners)} winners: {sorted(answers.items())}"]
        winner = self.names[winners[0]]
        wrong = [
            f"{ran} was not told of {winner}"
            for n, ran in answers.items()
            if n != winners[0] and not _is_told(ran, winner)
        ]
        holder = run_git(self._two.hub, "for-each-ref", "--format=%(authorname) %(subject)", self._ref)
        if not holder.startswith(f"{winner} volon: claim"):
            wrong.append(f"the remote says {holder!r}, the winner is {winner}")
        if number % _RELEASE_EVERY == 0:
            self.machines[winners[0]].ok("handoff", "release")
        return wrong


def _claim(number: int, machine: Machine, start: Barrier, said: Queue[tuple[int, Ran]]) -> None:
    with suppress(BrokenBarrierError):  # no more races
        while True:
            start.wait()
            said.put((number, machine("handoff", "claim")))


def _is_told(ran: Ran, winner: str) -> bool:
    return ran.code == _CLAIMED and f"claimed by {winner} <" in " ".join(ran.err.split()) and "since 20" in ran.err


def run(races: int, clones: int) -> tuple[Counter[str], list[str]]:
    """Run races; return how many there were and what was wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="volon-races-") as name,
        closing(Course(Path(name).resolve() / "machines", clones)) as course,
    ):
        wrong = [f"race {number}: {one}" for number in range(races) for one in course.race(number)]
    return Counter(races=races, claims=races * clones), wrong


def main(argv: list[str] | None = None) -> int:
    """Run the races; 0 when each had one winner and everybody else was told who."""
    parser = argparse.ArgumentParser(prog="python -m tests.handoff", description="Claims that race.")
    parser.add_argument("--races", type=int, default=50)
    parser.add_argument("--clones", type=int, default=2)
    arguments = parser.parse_args(argv)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="volon-home-") as home:
        seal_this_process(Path(home))
        counts, wrong = run(arguments.races, arguments.clones)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    print(f"handoff: {said}, {len(wrong)} wrong; {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
