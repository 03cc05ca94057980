"""The process that runs a pipeline on the workers of another engine is killed, or a worker of it is.

`python -m tests.crash.far_kills [--long]`. A real scheduler with two real workers, and a git remote. The runner is
killed as in `tests.crash.runner_kills`, and besides before and after each call on a socket, in whichever thread: what
it sent goes on. Then the pipeline is run again, by a process that may be killed as well, until it is done. Whatever
the moment: every ticket ran exactly once, each has one result, the same here and on the remote, no commit of theirs
is lost, the user's working tree is as it was, and nobody is asked anything.

Then a worker is killed at such a moment, with what it has. With `rerun: safe` the other one does it again: each ticket
has one result, and none that is done starts again.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import sys
from typing import TYPE_CHECKING

from tests.crash.nthkill import NOT_VERIFIED
from tests.crash.runner_bench import WORDS, Bench, Tier, sweep
from tests.crash.runner_kills import kills, points
from tests.support.cluster import CAREFUL, Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FEW = {"far": 1}
WORKERS = 2
_GONE_WITH_IT = ("ran ", "commit ")
"""What a worker had when it was killed may have run before, and its commits lay in its own repository."""


class FarBench(Bench):
    """A repository with a remote, and a scheduler with two workers.

    Args:
        where: an empty directory.
    """

    def __init__(self, where: Path) -> None:
        super().__init__(where, trees=True)
        import volon.engine.dask  # noqa: F401, PLC0415  loaded once, for all that are killed

        self.remote = where / "remote.git"
        self.repo.git("init", "-q", "--bare", str(self.remote))
        self.repo.git("remote", "add", "origin", str(self.remote))
        (where / "cluster").mkdir()
        self.cluster = Cluster(where / "cluster", CAREFUL)
        self.there = ("--executor", "dask", "--scheduler-file", str(self.cluster.file))
        self._numbers = itertools.count()

    def end(self) -> None:
        """End scheduler and workers."""
        self.cluster.end()

    def clean(self) -> None:
        """As if nothing had ever run here; the workers have seen other runs, so that none has the name of another."""
        super().clean()
        os.environ["VOLON_SEED"] = f"far {next(self._numbers)}"
        while len(self.alive()) < WORKERS:
            self.cluster.add_worker()

    def alive(self) -> list[int]:
        """The workers that live."""
        return [one.pid for one in self.cluster.workers if one.poll() is None]

    def run(self, at: int = 0, words: Sequence[str] = WORDS, whom: int = 0) -> tuple[int, int]:
        """See `Bench`; what runs tickets runs them there."""
        return super().run(at, (*words, *self.there) if words[0] == "pipeline" else words, whom)

    def wrong(self) -> list[str]:
        """See `Bench`; and each result is on the remote as it is here."""
        listing = ("for-each-ref", "--format=%(refname) %(objectname)", "refs/volon/run/*/[abc]/*")
        here = [line for line in self.repo.git(*listing).splitlines() if line.split()[0][-1].isdigit()]
        there = self.repo.git(f"--git-dir={self.remote}", *listing).splitlines()
        return [*super().wrong(), *(f"{one} is not on the remote" for one in here if one not in there)]


def worker(bench: FarBench, at: int) -> list[str]:
    """Kill a worker when the runner comes to a point, and say what is wrong when all is done."""
    bench.clean()
    code, _ = bench.run(at, ("pipeline", "run", "safe.yaml", *WORDS[3:]), bench.alive()[at % WORKERS])
    wrong = [f"it exits with {code}"] if code else []
    wrong += [each for each in bench.wrong() if not each.startswith(_GONE_WITH_IT)]
    return [f"a worker killed at {at}: {each}" for each in wrong]


def tries(bench: Bench, tier: Tier) -> Iterator[tuple[str, int, list[str]]]:
    """Every kill, of whom, and what was wrong."""
    assert isinstance(bench, FarBench)
    total = points(bench)
    yield from kills(bench, tier, total, thin=3)
    for at in tier.points(total)[::2]:
        yield "worker kills", 1, worker(bench, at)


if __name__ == "__main__":
    if importlib.util.find_spec("distributed") is None:
        print("far_kills: not verified: dask.distributed is not installed")
        sys.exit(NOT_VERIFIED)
    sys.exit(sweep("far_kills", FEW, tries, lambda where, _: FarBench(where)))
