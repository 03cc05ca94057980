"""Claims that race: clones of one remote claim the same task at the same instant; one wins, the others are told who.

    python -m tests.handoff                 50 races between two clones
    python -m tests.handoff --races 1000 --clones 3

After each race the remote is asked who has the task, which must be the one that was told so, and the winner gives the
task back for the next race.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.bench import seal_this_process
from tests.support.machines import Machine, Two
from tests.support.repos import RepoBuilder, run_git

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from tests.support.running import Ran

_FORK = multiprocessing.get_context("fork")
_CLAIMED = 4


class Course:
    """Clones that all know one paused task.

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

    def race(self) -> list[str]:
        """Let all claim at once and the winner release; return what was wrong."""
        start, said = _FORK.Barrier(len(self.machines)), _FORK.SimpleQueue()
        runners = [
            _FORK.Process(target=_claim, args=(number, machine, start, said))
            for number, machine in enumerate(self.machines)
        ]
        for runner in runners:
            runner.start()
        answers: dict[int, Ran] = dict(said.get() for _ in runners)
        for runner in runners:
            runner.join()
        winners = [number for number, ran in answers.items() if ran.code == 0]
        if len(winners) != 1:
            return [f"{len(winners)} winners: {sorted(answers.items())}"]
        winner = self.names[winners[0]]
        wrong = [
            f"{ran} was not told of {winner}"
            for n, ran in answers.items()
            if n != winners[0] and not _is_told(ran, winner)
        ]
        holder = run_git(self._two.hub, "log", "-1", "--format=%an %s", self._claim_ref())
        if not holder.startswith(f"{winner} volon: claim"):
            wrong.append(f"the remote says {holder!r}, the winner is {winner}")
        self.machines[winners[0]].ok("handoff", "release")
        return wrong

    def _claim_ref(self) -> str:
        return next(name for name in self._two.refs() if name.startswith("refs/volon/claim/"))


def _claim(number: int, machine: Machine, start: Barrier, said: multiprocessing.SimpleQueue[tuple[int, Ran]]) -> None:
    start.wait()
    said.put((number, machine("handoff", "claim")))


def _is_told(ran: Ran, winner: str) -> bool:
    return ran.code == _CLAIMED and f"claimed by {winner} <" in " ".join(ran.err.split()) and "since 20" in ran.err


def run(races: int, clones: int) -> tuple[Counter[str], list[str]]:
    """Run races; return how many there were and what was wrong."""
    with tempfile.TemporaryDirectory(prefix="volon-races-") as name:
        course = Course(Path(name).resolve() / "machines", clones)
        wrong = [f"race {number}: {one}" for number in range(races) for one in course.race()]
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
