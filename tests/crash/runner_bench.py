"""A repository with a pipeline, in which the process that runs it is disturbed again and again, and how that is swept.

The kills are in `tests.crash.runner_kills`, the errors in `tests.crash.runner_errors`. A sweep takes some points,
another sample each day, or with `--long` all of them; it fails when it has looked at less than `floors.json` says.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import re
import shutil
import signal
import socket
import sys
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.crash.bench import load_volon, scratch_directory, seal_this_process
from tests.crash.floors import shrunk
from tests.crash.nthkill import require
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

DOORS = frozenset({"posix", "fcntl", "_posixsubprocess", "select"})
"""Where Python's calls into the operating system live."""
TICKETS = "abcdef"
SPEC = """\
version: 1
defaults:
  rerun: ask
tickets:
  - {a}
    run: echo a >> ran
  - {b}
    run: [sh, -c, "sleep 0.02; echo b >> ran"]
    needs: a
    rerun: never
  - {c}
    run: echo c >> ran
    needs: a
    outputs: ran
  - {d}
    run: echo d >> ran
    needs: [b, c]
    locks: [x]
  - {e}
    run: echo e >> ran
    needs: [b, c]
    locks: [x]
  - {f}
    run: echo f >> ran
    needs: [d, e]
""".format(**{name: f"id: {name}" for name in TICKETS})
TREES = """\
version: 1
defaults:
  isolation: worktree
  rerun: ask
tickets:
  - {a}
    run: echo a > a && echo a >> {ran}
  - {b}
    run: >-
      echo b > b && git add b && git commit -qm "b $VOLON_ATTEMPT" && git rev-parse HEAD >> {ran}.made &&
      echo more >> b && echo b >> {ran}
  - {c}
    run: cat a b > c && echo c >> {ran}
    needs: [a, b]
"""
LEFT = f"""\
version: 1
tickets:
  - {"id: a"}
    run: echo a > a; echo secret > .env; exit 1
    isolation: worktree
"""
DOCTOR = ("doctor", "--fix", "--quiet")
WORDS = ("pipeline", "run", "p.yaml", "--jobs", "2", "--quiet")
MOST_RUNS = 8
"""How often somebody goes on before it has to be done."""
_UNKEPT = re.compile("its result cannot be kept|its working tree stays as it is")
PATIENCE = 120
"""A pipeline under trace takes seconds of processor time, on a machine that does other things besides."""


class Bench:
    """A repository with the pipeline.

    Args:
        where: an empty directory.
    """

    def __init__(self, where: Path, *, trees: bool = False) -> None:
        seal_this_process(where / "home")
        load_volon()
        self.repo = RepoBuilder.init(where / "repo")
        self.trees = trees
        self.tickets = list(TICKETS[:3] if trees else TICKETS)
        ids = {name: f"id: {name}" for name in TICKETS}
        spec = TREES.format(**ids, ran=self.repo.root / "ran") if trees else SPEC
        safe = re.sub("rerun: (ask|never)", "rerun: safe", spec)
        self.repo.commit("Begin", {"p.yaml": spec, "safe.yaml": safe, "left.yaml": LEFT})

    def clean(self) -> None:
        """As if nothing had ever run."""
        for home in ("volon", "worktrees", "refs/volon"):
            for path in sorted((self.repo.root / ".git" / home).rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        (self.repo.root / ".git/worktrees").rmdir() if (self.repo.root / ".git/worktrees").is_dir() else None
        for name in ("ran", "ran.made"):
            (self.repo.root / name).unlink(missing_ok=True)

    def end(self) -> None:
        """Leave nothing of it that runs."""

    def run(self, at: int = 0, words: Sequence[str] = WORDS, whom: int = 0) -> tuple[int, int]:
        """Run the pipeline, or another command, in a copy of this process, killed at the given point.

        Args:
            at: the point.
            words: the command.
            whom: another process, which is killed in its place.

        Returns:
            Its exit code, negative for a signal, and how many points it passed when it was not killed.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_the_runner(at, writing, words, whom)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), int(said or b"0")

    def _be_the_runner(self, at: int, tell: int, words: Sequence[str], whom: int) -> None:
        from volon.cli.main import main  # noqa: PLC0415  loaded by `load_volon`

        os.chdir(self.repo.root)
        signal.alarm(PATIENCE)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        # Drawn by all threads, and by no two of them the same.
        numbers = itertools.count(1)

        def count(_frame: object, event: str, called: Any) -> None:  # noqa: ANN401  a built-in function
            if event not in {"c_call", "c_return"} or called.__name__ == "fspath":
                return
            through = getattr(called, "__module__", None) in DOORS or isinstance(called.__self__, socket.socket)
            if through and next(numbers) == at:
                os.kill(whom or os.getpid(), signal.SIGKILL)

        threading.setprofile(count)
        sys.setprofile(count)
        code = main(words)
        sys.setprofile(None)
        os.write(tell, str(next(numbers) - 1).encode())
        os._exit(code)

    def finished(self) -> bool:
        """Whether the journal says that every ticket is done."""
        journals = self.repo.root.glob(".git/volon/runs/*/journal")
        return any(b'"e":"finish"' in path.read_bytes() for path in journals)

    def ran(self) -> list[str]:
        """Every ticket that ran, once for each time."""
        path = self.repo.root / "ran"
        return sorted(path.read_text(encoding="ascii").split()) if path.exists() else []

    def wrong(self) -> list[str]:
        """What is not as it should be once all is done."""
        wrong = [] if self.ran() == self.tickets else [f"ran {' '.join(self.ran())}"]
        wrong += [f"{one} is done and starts again" for one in self._started_again()]
        if not self.trees:
            return wrong
        listed = self.repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/volon/run").split("\n")
        refs = dict(line.split(" ") for line in listed if line)
        results = {name: oid for name, oid in refs.items() if name[-1].isdigit()}
        if sorted(name.split("/")[4] for name in results) != self.tickets:
            wrong.append(f"results {' '.join(results)}")
        whole = next((oid for name, oid in results.items() if "/c/" in name), "")
        if self.repo.git("show", f"{whole}:c", check=False) != "a\nb\nmore\n":
            wrong.append("what the last ticket made of the others is not there")
        there = {path.name for path in self.repo.root.glob(".git/volon/runs/*/trees/*")}
        left = there - self._unkept()
        if left or self.repo.git("worktree", "list").count("\n") != 1 + len(there):
            wrong.append(f"left {' '.join(left)}")
        changed = self.repo.git("status", "--porcelain").splitlines()
        if not {"?? ran", "?? ran.made"}.issuperset(changed):
            wrong.append("the user's working tree is not as it was")
        wrong += [f"commit {oid} is lost" for oid in self._lost()]
        # What a killed git wrote and nobody names is no damage.
        found = self.repo.git("fsck", "--strict", "--connectivity-only", check=False)
        return [*wrong, *(line for line in found.splitlines() if not line.startswith("dangling"))]

    def _records(self) -> Iterator[list[dict[str, Any]]]:
        for journal in self.repo.root.glob(".git/volon/runs/*/journal"):
            yield [json.loads(line) for line in journal.read_bytes().splitlines()]

    def _unkept(self) -> set[str]:
        """The attempts of which a journal says that not all they left could be kept: what lies there stays."""
        ends = [one for records in self._records() for one in records if one["e"] == "end"]
        return {f"{one['ticket']}.{one['attempt']}" for one in ends if _UNKEPT.search(one["why"])}

    def _started_again(self) -> Iterator[str]:
        """The tickets that a journal says began once more after they were done."""
        for records in self._records():
            done: set[str] = set()
            for record in records:
                if record["e"] == "start" and record["ticket"] in done:
                    yield record["ticket"]
                if record["e"] == "end" and record["how"] == "done":
                    done.add(record["ticket"])

    def _lost(self) -> list[str]:
        """The commits that tickets made themselves, in any attempt, and no ref leads to."""
        made = self.repo.root / "ran.made"
        oids = made.read_text(encoding="ascii").split() if made.exists() else []
        found = self.repo.git("rev-list", "--all", "--glob=refs/volon").split()
        return [oid for oid in oids if oid not in found]


@dataclass(frozen=True)
class Tier:
    """How much is looked at.

    Attributes:
        few: how many points of each kind, where not all.
        share: with `long`, K and N: every Nth point, from the Kth on.
        chance: chooses.
    """

    long: bool
    few: int
    share: tuple[int, int]
    chance: random.Random

    def points(self, total: int) -> list[int]:
        """All, its share of them, or some."""
        everywhere = range(1, total + 1)
        if self.long:
            return list(everywhere[self.share[0] - 1 :: self.share[1]])
        return sorted(self.chance.sample(everywhere, min(self.few, total)))


def _bench(where: Path, which: str) -> Bench:
    return Bench(where, trees=which == "trees")


def sweep(
    name: str,
    few: dict[str, int],
    tries: Callable[[Bench, Tier], Iterator[tuple[str, int, list[str]]]],
    made: Callable[[Path, str], Bench] = _bench,
) -> int:
    """Sweep as the command line says, and say what was found.

    Args:
        name: of the harness, as in `floors.json`.
        few: how many points of each kind are a sample, by whether tickets have working trees of their own.
        tries: everything that is tried on a bench: its kind, how many that are, and what was wrong.
        made: makes the bench of a kind, in an empty directory.

    Returns:
        The exit code.
    """
    options = _parser(name, few).parse_args()
    require(name)
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    for which in [options.only] if options.only else few:
        tier = Tier(options.long, options.few or few[which], options.share, random.Random(f"{options.seed} {which}"))
        with ExitStack() as stack:
            where = scratch_directory()
            stack.callback(shutil.rmtree, where, ignore_errors=True)
            bench = made(where, which)
            stack.callback(bench.end)
            for kind, number, found in tries(bench, tier):
                counts[f"{which} {kind}"] += number
                wrong += len(found)
                print(*found, sep="\n", end="\n" if found else "", flush=True)
    part = options.only or options.few or options.share != (1, 1)
    below = [] if part else shrunk(name, "long" if options.long else "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    said = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    print(f"{name}: {said}; {wrong} wrong; seed {options.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong or below else 0


def _parser(name: str, few: dict[str, int]) -> argparse.ArgumentParser:
    def share(words: str) -> tuple[int, int]:
        part, of = map(int, words.split("/"))
        return part, of

    parser = argparse.ArgumentParser(prog=f"python -m tests.crash.{name}")
    parser.add_argument("--long", action="store_true", help="every point")
    parser.add_argument("--only", choices=list(few), help="tickets with working trees of their own, or the others")
    parser.add_argument("--few", type=int, help="how many points of each kind, without --long")
    parser.add_argument(
        "--share", type=share, default=(1, 1), metavar="K/N", help="with --long: every Nth, from the Kth"
    )
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the sample")
    return parser
