"""Durability by the book: from the list of system calls, is everything on disk that must be, before it is relied upon?

A kill cannot show a missing fsync, and neither do most file systems most of the time. So this harness reads the calls
of every writing command, git's included, and holds them against what POSIX promises and no more:

* content is synced before its file is given its final name;
* at the commit point (the rename of the journal) every name made below `objects/` and `refs/` is durable, that is, its
  directory has been synced since; otherwise power loss leaves a ref to a commit that is not there, and the user's
  `git fsck` and `git gc` fail;
* the commit point itself is durable before anything is applied;
* at the end every file and every name that was made is durable, and so is the removal of the journal, of refs that were
  let go and of the lock on packed refs.

What it does not show: that the disk keeps what it has said to be written, and whatever a remote does with what it is
sent: that repository has a git of its own.

    python -m tests.crash.durability        every scenario
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.crash.moments import SYNCS
from tests.crash.nthkill import Plan
from tests.crash.sweeping import Attempt, Sweep, run_harness

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Iterator

    from tests.crash.bench import Bench
    from tests.crash.judge import Chain
    from tests.crash.scenarios import Scenario

WRITES = {"write", "pwrite64", "writev", "ftruncate", "truncate", "copy_file_range", "fallocate"}
_ASIDE = re.compile(r"/volon/(?:tmp|scratch)/|/[.][^/]+[.][0-9a-f]{16}$")
"""Names that nothing relies upon: what is thrown away, and a bundle before it gets its own."""
_GOES = re.compile(r"/volon/journal$|/refs/volon/snap/|/packed-refs\.lock$")
"""What must not come back once it was removed."""
REMOTE = "/hub.git/"
"""The repository at the other end is its own git's to make durable, with its own settings; ours ends at the send."""
MAKES = {"openat", "open", "creat", "mkdir", "mkdirat"}


@dataclass(frozen=True)
class Call:
    """One file-changing system call; `source` is where a rename or link comes from."""

    name: str
    path: str
    source: str = ""

    @classmethod
    def parse(cls, line: str) -> Call:
        """Read a line of nthkill's list."""
        _, name, rest = line.split(" ", 2)
        source, arrow, path = rest.partition(" -> ")
        named = (path, source) if arrow else (rest, "")
        return cls(name, *(os.path.normpath(one) if one else "" for one in named))


@dataclass
class Audit:
    """What is not durable yet, while the calls go by.

    Attributes:
        there: paths that existed before the first call.
        content: files with content that is not synced.
        names: names that were made and whose directory has not been synced since.
        removed: names that were removed and whose directory has not been synced since.
        wrong: what was relied upon too early.
    """

    there: set[str]
    content: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)

    def follow(self, calls: Iterable[Call]) -> None:
        """Take every call into account, in order."""
        publishing = ""
        for call in calls:
            if publishing and call.name not in SYNCS:
                self.wrong.append(f"{call.name} {call.path} comes before the commit point {publishing} is durable")
                publishing = ""
            if is_commit_point(call):
                self._relied_upon(call)
                publishing = call.path
            if call.name in SYNCS and publishing and call.path == parent_of(publishing):
                publishing = ""
            self._take(call)

    def _relied_upon(self, commit: Call) -> None:
        git = parent_of(parent_of(commit.path))
        shared = git.split("/worktrees/")[0]
        for path in sorted(self.names):
            if path.startswith((f"{shared}/objects/", f"{shared}/refs/")) and os.path.lexists(path):
                self.wrong.append(f"{path} may be lost though the operation is committed: its directory is not synced")

    def _take(self, call: Call) -> None:
        if call.name in SYNCS:
            self.content.discard(call.path)
            for waiting in (self.names, self.removed):
                waiting -= {path for path in waiting if parent_of(path) == call.path}
        elif call.name in WRITES:
            self.content.add(call.path)
        elif call.name in MAKES and call.path not in self.there:
            self._made(call.path)
        elif call.source:
            self._named(call)
        elif call.name in {"unlink", "unlinkat", "rmdir"}:
            self._gone(call.path)

    def _named(self, call: Call) -> None:
        if call.source in self.content and not _may_be_lost(call.path):
            self.wrong.append(f"{call.path} gets its name before its content is synced")
        self._made(call.path)
        if call.name.startswith("rename"):
            # Whatever was at that name before is gone with its content.
            self.content.discard(call.path)
            self._gone(call.source)

    def _made(self, path: str) -> None:
        self.there.add(path)
        self.names.add(path)

    def _gone(self, path: str) -> None:
        self.content.discard(path)
        if path in self.names:
            self.names.discard(path)
        elif path in self.there:
            self.removed.add(path)
        self.there.discard(path)

    def unfinished(self) -> list[str]:
        """Say what is not durable at the end and should be; temporary names and the lock's note need not be."""
        lost = {path for path in self.names | self.content if os.path.lexists(path)}
        back = {path for path in self.removed if _GOES.search(path)}
        return [
            *(f"{path} is not durable at the end" for path in sorted(lost) if not _may_be_lost(path)),
            *(f"{path} may come back: its removal is not durable" for path in sorted(back)),
        ]


def is_commit_point(call: Call) -> bool:
    """Whether this is the rename that publishes a journal, or packed refs without those that are let go."""
    return call.name.startswith("rename") and call.path.endswith(("/volon/journal", "/packed-refs"))


def parent_of(path: str) -> str:
    """The directory that holds a name."""
    return path.rpartition("/")[0]


def _may_be_lost(path: str) -> bool:
    # The hooks' own file is theirs; the locks hold nothing; the prompt's words are derived and checked by their reader.
    # What git checks out is as HEAD has it; git can do it again.
    names = (
        "/beside/README.md",
        "/hooks.log",
        "/volon/lock",
        "/volon/delivering",
        "/volon/runs/choosing",
        "/volon/purges",
        "/volon/tmp",
        "/volon/prompt",
    )
    return path.endswith(names) or _ASIDE.search(path) is not None or "/volon/prompt-" in path or ".volon-tmp-" in path


def audited(bench: Bench, scenario: Scenario) -> tuple[int, list[str]]:
    """Run a scenario undisturbed and look at its calls; returns how many there were and what is wrong."""
    bench.restore()
    there = {str(Path(top, name)) for top, names, files in os.walk(bench.live) for name in (*names, *files)}
    ran = bench.run(scenario.argv, Plan(), seed="1", listed=True)
    calls = [Call.parse(line) for line in ran.calls]
    audit = Audit(there | {str(bench.live)})
    audit.follow(calls)
    wrong = audit.wrong + audit.unfinished()
    if scenario.commits and not any(map(is_commit_point, calls)):
        wrong.append("no commit point was seen")
    told = [one.replace(str(bench.live), "") for one in wrong]
    return len(calls), [one for one in told if not (scenario.sends and one.startswith(REMOTE))]


def attempts(chain: Chain, _rng: random.Random, *, long: bool) -> Iterator[Attempt]:
    """One look per scenario; a command that also moves the user's branch leaves that to git's own habits."""
    del long
    if not chain.moves_head:
        yield Attempt("audit", (chain.points,))


def attempt(bench: Bench, scenario: Scenario, _chain: Chain, _what: Attempt) -> list[str]:
    """Audit one scenario."""
    return audited(bench, scenario)[1]


SWEEP = Sweep("durability", attempts, attempt, judging=False)

if __name__ == "__main__":
    run_harness(SWEEP)
