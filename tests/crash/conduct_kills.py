"""A plan of five phases is carried out while it is killed again and again; no phase is done twice, and none by halves.

`python -m tests.crash.conduct_kills [--long]`. The plan is the one that docs/CONDUCT_RUN.md shows, with
everything in it that goes wrong: `tests.support.planned`. Each run is one plan from start to complete. At the beginning
of each phase, when the one before is complete, whoever runs it is killed with signal 9; and in between, when the
journal has grown by a number of records that chance chooses, the runner alone or every process there is. Then somebody
goes on, as a user would: resumes, merges what conflicts, writes down what a test asks for, has run again what was lost.

After every kill and at the end: the phases that are called complete are those that have results, each result names a
commit that the branch holds and in which the files of the phase are, and `validate` finds nothing. In the end besides:
each phase has one commit, no ticket that was done began again, what was found out is there once, git finds its
repository whole, no working tree is left. Killed after the last word of its pipeline, a plan is complete all the same.

Then the step that makes a phase complete is killed before calls that change a file: `tests.crash.finish_kills`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash.bench import scratch_directory
from tests.crash.finish_kills import sweep
from tests.crash.floors import shrunk
from tests.crash.nthkill import require
from tests.support.planned import MERGE, RATE, RESUME, START, Planned

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = (("store.sh",), ("api.sh", "web.sh"), ("cart.txt", "help.txt", "menu.txt"), ("rate.cfg",), ("ship.sh",))
_PHASES = len(FILES)
_KILLED = -signal.SIGKILL
_NOTHING_TO_DO = 10
_FEW = 6
"""Of the calls of the last step of a phase, in the short tier."""
_MOST = 40
"""How often somebody goes on before it has to be complete."""
_PATIENCE = 240
_RECORDS = 22
"""Between two kills the journal grows by at most so many records: those of about one phase."""


class Attempt:
    """One plan, killed all along.

    Args:
        where: an empty directory.
        chance: chooses the moments.
        kills: how many at random moments.
    """

    def __init__(self, where: Path, chance: random.Random, kills: int) -> None:
        self.shop = Planned(where)
        self.where, self.chance, self.left = where, chance, kills
        self.counts: Counter[str] = Counter(runs=1)
        self.merged = False
        self.shop.env |= {"KILL": str(where / "kill")}
        for phase in range(1, _PHASES + 1):
            (where / f"kill.p{phase}").touch()

    def wrong(self) -> Iterator[str]:
        """Carry the plan out, and yield whatever is not as it should be."""
        command = START
        for _ in range(_MOST):
            code, said = self._run(command)
            yield from (f"after {command}, which ended with {code}: {one}" for one in self._now())
            if code == 0 or (code == _NOTHING_TO_DO and "is complete." in said):
                break
            if code not in {_KILLED, 1, 4, 11}:
                yield f"{command} ended with {code}: {said}"
                return
            command = self._mend()
        else:
            yield "it is not complete after all"
        yield from self._end()

    def _run(self, command: str) -> tuple[int, str]:
        """Run a command; it is killed by a worker, by us, or not at all."""
        words = ["sh", "-c", f"echo $$ > {self.where}/kill.pid; exec {command} --plain 2>&1"]
        env, null = self.shop.env, subprocess.DEVNULL
        with (self.where / "said").open("w+", encoding="utf-8") as out:
            running = subprocess.Popen(words, cwd=self.shop.shop, env=env, stdin=null, stdout=out)
            if self.left and self.chance.random() < 0.75:
                self._kill_in_between(running)
            code = running.wait(_PATIENCE)
            out.seek(0)
            self.counts["boundary kills"] = _PHASES - len(list(self.where.glob("kill.p[0-9]")))
            return code, out.read()[-2000:]

    def _kill_in_between(self, running: subprocess.Popen[bytes]) -> None:
        """Kill the runner, or everything, once the journal has grown by some records."""
        target = self._journal() + self.chance.randint(1, _RECORDS)
        alone = self.chance.random() < 0.5
        while running.poll() is None:
            if self._journal() >= target:
                self.left -= 1
                self.counts["runner kills" if alone else "everything kills"] += 1
                for pid in [running.pid] if alone else self._everything():
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.005)

    def _everything(self) -> list[int]:
        """All processes of this plan: those whose home is here."""
        mark = b"HOME=" + os.fsencode(self.where / "home") + b"\0"
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                if mark in path.read_bytes():
                    found.append(int(path.parent.name))
        return found

    def _journal(self) -> int:
        paths = self.shop.shop.glob(".git/volon/runs/*/journal")
        return sum(path.read_bytes().count(b"\n") for path in paths)

    def _status(self) -> dict[str, Any]:
        done = self.shop.run("volon conduct status --json", check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _mend(self) -> str:
        """Do what a user does who reads the status, and say how to go on."""
        found = self._status()
        if not found.get("plan"):
            return START
        for one in found["plan"]["discoveries"]:
            if one["impact"] == "core" and not one["approved"]:
                self.shop.run(f"volon conduct discover {one['number']} --approved", check=False)
        tickets = {one["ticket"]: one["status"] for one in (found["pipeline"] or {"tickets": ()})["tickets"]}
        if tickets.get("p3.merge") == "failed" and not self.merged:
            self.merged = True
            merge = [one.replace("/1'", "/*[0-9]'") for one in MERGE]
            self.shop.run("; ".join(merge))
        if tickets.get("p4.check.1") == "failed":
            self.shop.run(RATE)
        lost = [name for name, status in tickets.items() if status in {"lost", "unknown"}]
        return " ".join([RESUME, "--yes", *(f"--rerun {name}" for name in lost)])

    def _now(self) -> Iterator[str]:
        """What must hold at every moment."""
        # Tickets outlive the one that started them: a phase may come to its end while we look.
        before = self._results()
        found = self._status().get("plan")
        if not found:
            return
        said = [one["number"] for one in found["phases"] if one["status"] == "complete"]
        if said != list(range(1, len(said) + 1)) or not before <= set(said) <= self._results():
            yield f"complete are {said}, and results has {before}"
        for number, files in zip(said, FILES, strict=False):
            commit = found["phases"][number - 1]["checkpoint"]
            if self.shop.run(f"git merge-base --is-ancestor {commit} main", check=False).returncode:
                yield f"the checkpoint of phase {number} is not on the branch"
            missing = [one for one in files if self.shop.run(f"git cat-file -e {commit}:{one}", check=False).returncode]
            if missing:
                yield f"phase {number} is complete, and its commit lacks {', '.join(missing)}"
        done = self.shop.run("volon validate", check=False)
        if done.returncode:
            yield f"validate: {done.stdout}"

    def _results(self) -> set[int]:
        paths = self.shop.shop.glob(".volon/plans/*/results/phase-*.md")
        return {int(one.stem.removeprefix("phase-")) for one in paths}

    def _end(self) -> Iterator[str]:
        """What must hold besides, once it is complete."""
        shop = self.shop
        if self._results() != set(range(1, _PHASES + 1)):
            yield f"only {self._results()} are complete"
        if self.counts["boundary kills"] != _PHASES:
            yield f"only {self.counts['boundary kills']} of {_PHASES} boundaries were reached"
        marks = shop.run("git log --format='%(trailers:key=Volon-Phase,valueonly,separator=%x2C)' main").stdout.split()
        yield from (f"{mark} was committed {times} times" for mark, times in Counter(marks).items() if times > 1)
        for journal in shop.shop.glob(".git/volon/runs/*/journal"):
            over: set[str] = set()
            for line in journal.read_bytes().splitlines():
                record = json.loads(line)
                if record["e"] == "start" and record["ticket"] in over:
                    yield f"{record['ticket']} is done and began again"
                if record["e"] == "end" and record["how"] == "done":
                    over.add(record["ticket"])
        titles = Counter(one["title"] for one in self._status()["plan"]["discoveries"])
        if titles != {"Prices are text": 1}:
            yield f"what was found out: {dict(titles)}"
        shop.run("volon doctor --fix", check=False)
        if shop.run("git worktree list").stdout.count("\n") != 1:
            yield "a working tree is left"
        changed = shop.run("git status --porcelain -- . ':!.volon' ':!.prelude'").stdout
        if changed:
            yield f"the working tree has {changed}"
        found = shop.run("git fsck --strict --connectivity-only", check=False).stdout
        yield from (line for line in found.splitlines() if not line.startswith(("dangling", "notice")))


def _said(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def _finish(seed: str, counts: Counter[str], few: int) -> int:
    """Kill the step that makes a phase complete at a few points, or at all without; count what is wrong."""
    where, wrong = scratch_directory(), 0
    try:
        for found in sweep(where, random.Random(f"{seed} finish"), few):
            counts["finish kills"] += 1
            wrong += len(found)
            print(*found, sep="\n", end="\n" if found else "", flush=True)
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return wrong


def main() -> int:
    """Sweep as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.conduct_kills")
    parser.add_argument("--long", action="store_true", help="thirty plans instead of one, more kills in each")
    parser.add_argument("--runs", type=int, help="so many plans")
    parser.add_argument("--seed", default=time.strftime("%Y-%m-%d", time.gmtime()), help="chooses the moments")
    options = parser.parse_args()
    require("conduct_kills")
    began, counts, wrong = time.monotonic(), Counter[str](), 0
    for number in range(options.runs or (30 if options.long else 1)):
        where = scratch_directory()
        try:
            attempt = Attempt(where, random.Random(f"{options.seed} {number}"), 12 if options.long else 3)
            for one in attempt.wrong():
                wrong += 1
                print(f"plan {number}: {one}", flush=True)
            counts += attempt.counts
            if options.long:
                print(f"plan {number}: {_said(attempt.counts)}", flush=True)
        finally:
            shutil.rmtree(where, ignore_errors=True)
    wrong += _finish(options.seed, counts, 0 if options.long else _FEW)
    below = [] if options.runs else shrunk("conduct_kills", "long" if options.long else "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    print(f"conduct_kills: {_said(counts)}; {wrong} wrong; seed {options.seed}; {time.monotonic() - began:.0f} s")
    return 1 if wrong or below else 0


if __name__ == "__main__":
    sys.exit(main())
