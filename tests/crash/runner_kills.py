"""The process that runs a pipeline is killed before and after every system call it makes; its tickets live on.

`python -m tests.crash.runner_kills [--long]`. The killed one is a copy of this process, in which each call into the
operating system is counted (by a profile function, so that the tickets it starts are not touched). Then the pipeline is
run again, by a process that may be killed as well, until it is done. Whatever the moment: every ticket ran exactly
once, none is lost, and nobody is asked anything.

With `--trees` the tickets have working trees of their own. Then besides: each has one result, what all of them made can
be merged, no working tree is left, the user's own is as it was, and git finds its repository whole.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
from typing import TYPE_CHECKING, Any

from tests.crash.bench import load_volon, scratch_directory, seal_this_process
from tests.crash.nthkill import Action, Plan, trace_call
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DOORS = frozenset({"posix", "fcntl", "_posixsubprocess", "select"})
"""Where Python's calls into the operating system live."""
TICKETS = "abcdef"
SPEC = """\
version: 1
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
tickets:
  - {a}
    run: echo a > a; echo a >> {ran}
  - {b}
    run: echo b > b; git add b; git commit -qm b; echo more >> b; echo b >> {ran}
  - {c}
    run: cat a b > c; echo c >> {ran}
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
_MOST_RUNS = 8


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
        safe = spec.replace("defaults:\n", "defaults:\n  rerun: safe\n")
        self.repo.commit("Begin", {"p.yaml": spec, "safe.yaml": safe, "left.yaml": LEFT})

    def clean(self) -> None:
        """As if nothing had ever run."""
        for home in ("volon", "worktrees", "refs/volon"):
            for path in sorted((self.repo.root / ".git" / home).rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        (self.repo.root / ".git/worktrees").rmdir() if (self.repo.root / ".git/worktrees").is_dir() else None
        (self.repo.root / "ran").unlink(missing_ok=True)

    def run(self, at: int = 0, words: Sequence[str] = WORDS) -> tuple[int, int]:
        """Run the pipeline, or another command, in a copy of this process, killed at the given point.

        Returns:
            Its exit code, negative for a signal, and how many points it passed when it was not killed.
        """
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            self._be_the_runner(at, writing, words)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            said = pipe.read()
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), int(said or b"0")

    def _be_the_runner(self, at: int, tell: int, words: Sequence[str]) -> None:
        from volon.cli.main import main  # noqa: PLC0415  loaded by `load_volon`

        os.chdir(self.repo.root)
        null = os.open(os.devnull, os.O_RDWR)
        for fd in (0, 1, 2):
            os.dup2(null, fd)
        passed = 0

        def count(_frame: object, event: str, called: Any) -> None:  # noqa: ANN401  a built-in function
            nonlocal passed
            if event not in {"c_call", "c_return"} or called.__name__ == "fspath":
                return
            if getattr(called, "__module__", None) in DOORS:
                passed += 1
                if passed == at:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.setprofile(count)
        code = main(words)
        sys.setprofile(None)
        os.write(tell, str(passed).encode())
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
        left = [path.name for path in self.repo.root.glob(".git/volon/runs/*/trees/*")]
        if left or self.repo.git("worktree", "list").count("\n") != 1:
            wrong.append(f"left {' '.join(left)}")
        if self.repo.git("status", "--porcelain") not in {"", "?? ran\n"}:
            wrong.append("the user's working tree is not as it was")
        # What a killed git wrote and nobody names is no damage.
        found = self.repo.git("fsck", "--strict", "--connectivity-only", check=False)
        return [*wrong, *(line for line in found.splitlines() if not line.startswith("dangling"))]


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
    for point in (*at, *[0] * _MOST_RUNS):
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


def everything(bench: Bench, at: int) -> tuple[list[str], int]:
    """Kill volon together with its git and the tickets, and say what is wrong once all is done.

    Returns:
        What is wrong, and how many points there are when nobody is killed.
    """
    from volon.cli.main import main as volon  # noqa: PLC0415  loaded by `load_volon`

    words = ("pipeline", "run", "safe.yaml", "--jobs", "2", "--quiet")

    def child() -> int:
        os.chdir(bench.repo.root)
        return volon(words)

    bench.clean()
    traced = trace_call(child, Plan(at, Action.KILL if at else Action.COUNT))
    ended = traced.code
    for _ in range(_MOST_RUNS):
        ended = 0 if bench.finished() else bench.run(words=words)[0]
        if ended == 0:
            break
    bench.run(words=DOCTOR)
    wrong = [f"it exits with {ended}"] if ended else []
    # What was killed may have run before, and be run again.
    wrong += [each for each in bench.wrong() if not each.startswith("ran ")]
    return [f"everything killed at {at}: {each}" for each in wrong], traced.count


def chosen(total: int, *, long: bool, seed: str, few: int = 8) -> Iterator[tuple[int, ...]]:
    """Every point, and pairs; or some of them."""
    chance = random.Random(seed)
    for at in range(1, total + 1) if long else sorted(chance.sample(range(1, total + 1), few)):
        yield (at,)
    for _ in range(total // 4 if long else few // 3):
        yield chance.randint(1, total), chance.randint(1, total), chance.randint(1, total)


def main() -> int:
    """Sweep, and say what was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", action="store_true", help="every point")
    parser.add_argument("--trees", action="store_true", help="tickets in working trees of their own")
    parser.add_argument("--few", type=int, default=8, help="how many points without --long")
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    bench = Bench(scratch_directory(), trees=options.trees)
    total = points(bench)
    wrong, tried = [], 0
    for at in chosen(total, long=options.long, seed=options.seed, few=options.few):
        found = attempt(bench, *at)
        wrong += found
        tried += 1
        if found:
            print(*found, sep="\n", flush=True)
    if options.trees:
        for kill in (doctor, everything):
            _, passed = kill(bench, 0)
            for point, *_ in chosen(passed, long=options.long, seed=options.seed, few=options.few):
                found, _ = kill(bench, point)
                wrong += found
                tried += 1
                if found:
                    print(*found, sep="\n", flush=True)
    print(f"runner kills: {tried} of {total} points and triples, {len(wrong)} findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
