"""H11: builds of volon that are known to be bad, each with the harness that must notice.

A harness that finds nothing proves something only if it would have found something. So here volon is broken on
purpose, one protection at a time, in memory, in the child that is about to be disturbed; nothing in volon's source
knows of it. Every bad build must be caught, by its harness and for its reason; one that gets away fails this program.

What only power loss shows (a dropped fsync of the journal, of a file, of a directory, the missing guard against a
journal that comes back) is broken and caught in the model: `python -m tests.crash.model --only mutants`.

    python -m tests.crash.known_bad                every bad build
    python -m tests.crash.known_bad --verbose      with what was found
"""

from __future__ import annotations

import argparse
import errno
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tests.crash import durability, errno_sweep, kill_sweep
from tests.crash.bench import Bench, HarnessBroken, scratch_directory, seal_this_process, volon_main
from tests.crash.floors import shrunk
from tests.crash.judge import Chain
from tests.crash.nthkill import NotVerified, Plan, library
from tests.crash.scenarios import SCENARIOS
from tests.crash.sweeping import NOT_VERIFIED, Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_POINTS = 40
PATIENCE_SECONDS = 300


@dataclass(frozen=True)
class KnownBad:
    """A bad build.

    Attributes:
        name: what was taken out.
        harness: which harness must notice.
        scenario: where.
        patch: breaks volon in the process that calls it.
        reason: what the finding must say.
        calls: near which system calls to look, as a pattern; every call when empty.
        numbers: errors to inject, for the errno sweep.
        in_harness: break the harness itself instead.
    """

    name: str
    harness: str
    scenario: str
    patch: Callable[[], None]
    reason: str
    calls: str = ""
    numbers: tuple[int, ...] = ()
    in_harness: bool = False


# --- the ways to break volon -----------------------------------------------------------------------------------------


def _no_journal() -> None:
    """Write the files one by one, each atomically and durably, and keep a record of the operation afterwards."""
    from volon.store import apply, journal, layout, transaction

    def publish(self: Any, plan: Any, _held: Any) -> None:
        self.committed = True
        apply.apply(self._fs, plan)
        self._fs.mkdir(layout.OPERATIONS)
        self._fs.create(layout.operation_place(plan.op), journal.encode(plan), 0o600)

    _replace(transaction.Transaction, "_publish", publish)
    _replace(transaction.Transaction, "_finish", lambda *_: None)


def _no_recovery() -> None:
    from volon.store import recover

    _replace(recover, "recover", lambda *_: recover.Recovery())


def _no_overlay() -> None:
    from volon.store import store

    _replace(store.Store, "_published", lambda _: None)


def _settled_before_they_run() -> None:
    from volon.usecases.running import hooks

    run = hooks.run

    def early(workspace: Any, found: Any, op: str, *rest: Any) -> Any:
        workspace.store.outbox.settle(op)
        return run(workspace, found, op, *rest)

    _replace(hooks, "run", early)


def _no_sweep() -> None:
    from volon.store import recover

    _replace(recover, "_sweep", lambda _: None)


def _fixed_ref() -> None:
    """One ref for all pauses, moved each time, as a tool would that keeps its state in `refs/volon/head`."""
    from volon.repo import events, fastimport

    _replace(events, "_checked", lambda _: "0" * 26)
    _replace(fastimport, "COMMAND", (*fastimport.COMMAND, "--force"))


def _stale_index_lock() -> None:
    """Refresh the user's index on the way, as plain `git status` does."""
    from volon.repo import git

    kept = tuple(word for word in git.SETTINGS if word != "--no-optional-locks")
    _replace(git, "SETTINGS", kept)
    _replace(git, "_FIXED_ENVIRONMENT", {**git._FIXED_ENVIRONMENT, "GIT_OPTIONAL_LOCKS": "1"})


def _git_fsync_default() -> None:
    from volon.repo import git

    _replace(
        git, "SETTINGS", tuple("core.fsync=default" if word == "core.fsync=all" else word for word in git.SETTINGS)
    )


def _no_directory_fsync_for_git() -> None:
    from volon.repo import fastimport

    _replace(fastimport, "sync_directory", lambda _: None)


def _no_fsync_of_packs() -> None:
    """The directories of refs are synced, that of the packs with their objects is forgotten."""
    from volon.repo import fastimport

    _replace(fastimport, "settle_objects", lambda _common, _objects: None)


def _no_file_fsync() -> None:
    _replace(os, "fsync", lambda _: None)


def _swallowed_error() -> None:
    """Report success although not everything is on disk."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def careless(self: Any, plan: Any) -> None:
        with suppress(Exception):
            finish(self, plan)

    _replace(transaction.Transaction, "_finish", careless)


def _wrong_exit_code() -> None:
    """Say that nothing changed although the operation is committed."""
    from volon.errors import NotCommitted
    from volon.store import transaction

    _replace(transaction, "_not_applied", lambda op, error: NotCommitted(f"{op} failed", causes=[str(error)]))
    from volon.cli import main

    _replace(main, "_truthful", lambda _, error: error)


def _early_exit_code() -> None:
    """Say that the operation is committed although nothing has changed."""
    from volon.errors import CommittedNotApplied
    from volon.store import transaction

    _replace(transaction, "_not_committed", lambda error: CommittedNotApplied("committed", causes=[str(error)]))


def _raw_errors() -> None:
    """Let errors of the disk through as they are."""
    from volon.store import transaction

    _replace(transaction, "_not_committed", lambda error: ZeroDivisionError(str(error)))


def _spilled_user_bytes() -> None:
    """Touch a file of the user's while pausing."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def tidy(self: Any, plan: Any) -> None:
        finish(self, plan)
        with open("notes.txt", "ab") as file:  # noqa: PTH123 - the bad build does it anyhow
            file.write(b"\n")

    _replace(transaction.Transaction, "_finish", tidy)


def _rewritten_checkpoint() -> None:
    """Write an older checkpoint again when a newer one is made."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def rewriting(self: Any, plan: Any) -> None:
        finish(self, plan)
        for path in sorted(Path(".design/checkpoints").glob("01-*")):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes() + b"\n")
            path.chmod(0o444)

    _replace(transaction.Transaction, "_finish", rewriting)


def _no_kill() -> None:
    """Not volon but the harness is bad here: nothing is killed any more, as when a filter disables it silently."""
    _replace(kill_sweep, "Plan", lambda *_, **__: Plan())


def _replace(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


KNOWN_BAD = (
    KnownBad("no journal", "kill", "pause-first", _no_journal, "readers see none", r"rename|link"),
    KnownBad("no journal, on the way back", "kill", "resume", _no_journal, "readers see none", r"rename|link"),
    KnownBad("no recovery", "kill", "pause-first", _no_recovery, "unfinished: journal|ended elsewhere|not those"),
    KnownBad(
        "readers look past the journal", "kill", "pause-first", _no_overlay, "readers see none", r"\.volon|\.design"
    ),
    KnownBad("staging is never swept", "kill", "task-done", _no_sweep, "left over", r"volon/tmp"),
    KnownBad(
        "hooks settled before they run", "kill", "pause-hooks", _settled_before_they_run, "never ran", "hooks.log"
    ),
    KnownBad("one fixed ref", "kill", "pause-first", _fixed_ref, r"exited 5|refs/volon", r"refs/volon/paused/0"),
    KnownBad("the user's index is refreshed", "kill", "pause-first", _stale_index_lock, r"index", r"index"),
    KnownBad("a user's file is touched", "kill", "pause-first", _spilled_user_bytes, r"work/notes.txt changed"),
    KnownBad(
        "a checkpoint is rewritten", "kill", "pause-second", _rewritten_checkpoint, r"01-work.* (was rewritten|its own)"
    ),
    KnownBad("nothing is killed", "kill", "task-done", _no_kill, "not killed", in_harness=True),
    KnownBad("git's default fsync", "durability", "pause-first", _git_fsync_default, "content is synced|not durable"),
    KnownBad("no fsync of git's directories", "durability", "pause-first", _no_directory_fsync_for_git, "may be lost"),
    KnownBad("no fsync of the packs' directory", "durability", "pause-first", _no_fsync_of_packs, "may be lost"),
    KnownBad("no fsync of volon's own", "durability", "task-done", _no_file_fsync, "before its content is synced"),
    KnownBad(
        "errors are swallowed",
        "errno",
        "pause-first",
        _swallowed_error,
        "exit code 0",
        r"fsync|rename",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "committed told as not",
        "errno",
        "pause-first",
        _wrong_exit_code,
        "exit code 5",
        r"fsync|rename",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "not committed told as committed",
        "errno",
        "restore-worktree",
        _early_exit_code,
        "readers in beside do not see it",
        r"beside/volon/tmp",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "errors come through raw", "errno", "task-done", _raw_errors, "a traceback", r"volon/tmp", (errno.ENOSPC,)
    ),
    KnownBad("no lock", "race", "", lambda: None, "."),
)


# --- catching them ---------------------------------------------------------------------------------------------------


def caught(bad: KnownBad, where: Path) -> str:
    """Give the finding that catches a bad build; empty when it gets away."""
    findings = _race(where) if bad.harness == "race" else _disturb(bad, where)
    return next((finding for finding in findings if re.search(bad.reason, finding)), "")


def _disturb(bad: KnownBad, where: Path) -> Iterator[str]:
    """Build the scenario with a good volon, and do everything else with the bad one."""
    scenario = next(one for one in SCENARIOS if one.name == bad.scenario)
    bench = Bench(where)
    bench.build(scenario)
    if bad.harness == "durability":
        bench.main = lambda argv: _bad_main(bad, argv)
        yield from durability.audited(bench, scenario)[1]
        return
    chain = Chain.of(bench, scenario)
    bench.restore()
    bench.main = lambda argv: _bad_main(bad, argv)
    calls = bench.run(scenario.argv, Plan(), seed="1", listed=True).calls
    points = [number for number, call in enumerate(calls, start=1) if re.search(bad.calls, call)]
    for at in _spread(points):
        for what in _attempts(bad, at):
            yield from (errno_sweep if bad.harness == "errno" else kill_sweep).attempt(bench, scenario, chain, what)


def _bad_main(bad: KnownBad, argv: list[str]) -> int:
    """Runs in the child that is about to be disturbed; the harness itself keeps a good volon."""
    if not bad.in_harness:
        bad.patch()
    return volon_main(argv)


def _attempts(bad: KnownBad, at: int) -> list[Attempt]:
    if bad.harness == "errno":
        return [Attempt("error", (number, sticky, at)) for number in bad.numbers for sticky in (0, 1)]
    return [Attempt("kill", (at,), way="again"), Attempt("kill", (at,), way="doctor")]


def _spread(points: list[int]) -> list[int]:
    """In an order that finds the bad stretch soon, wherever it lies."""
    shuffled = random.Random(1).sample(points, len(points))
    return shuffled[:MOST_POINTS]


def _race(where: Path) -> Iterator[str]:
    """A few writers without a lock between them."""
    from tests.crash import race
    from volon.disk import RealFiles

    class NoLock(RealFiles):
        def lock(self, place: Any, note: bytes) -> Any:
            """Let everybody have it."""
            del place, note
            return SimpleNamespace(mark=lambda _: None, release=lambda: None)

    course = race.Course(race.Race("no lock", writers=6, turns=8, kills=0, files=NoLock), where, random.Random(1))
    # To the end: a race that is left in the middle leaves its runners behind.
    yield from list(course.run())


def _in_scratch(bad: KnownBad) -> str:
    where = scratch_directory()
    try:
        seal_this_process(where / "home")
        if bad.in_harness:
            bad.patch()
        return caught(bad, where)
    except HarnessBroken as broken:
        return f"NOT TRIED: {broken}"
    finally:
        shutil.rmtree(where, ignore_errors=True)


def _tried(names: list[str], jobs: int) -> Iterator[tuple[KnownBad, str]]:
    """Each in a process of its own, in which it may break what it likes."""
    chosen = [bad for bad in KNOWN_BAD if not names or bad.name in names]
    with ThreadPoolExecutor(jobs) as pool:
        yield from zip(chosen, pool.map(_in_a_process, chosen), strict=True)


def _in_a_process(bad: KnownBad) -> str:
    argv = [sys.executable, "-m", "tests.crash.known_bad", "--inside", bad.name]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return "NOT TRIED: it took too long"
    return done.stdout.strip() if done.returncode == 0 else f"NOT TRIED: {done.stderr.strip()}"


def main(argv: list[str] | None = None) -> int:
    """Let every bad build be caught; 0 when none got away."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash.known_bad", description=__doc__)
    parser.add_argument("--long", action="store_true", help="nothing more: there is one tier")
    parser.add_argument("--only", action="append", metavar="NAME", choices=[bad.name for bad in KNOWN_BAD])
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--verbose", action="store_true", help="say what caught each")
    parser.add_argument("--inside", metavar="NAME", help=argparse.SUPPRESS)
    arguments = parser.parse_args(argv)
    if arguments.inside:
        print(_in_scratch(next(bad for bad in KNOWN_BAD if bad.name == arguments.inside)))
        return 0
    try:
        library()
    except NotVerified as missing:
        print(f"known_bad: not verified: {missing}")
        return NOT_VERIFIED
    began, counts, escaped = time.monotonic(), Counter[str](), 0
    for bad, finding in _tried(arguments.only or [], arguments.jobs):
        good = bool(finding) and not finding.startswith("NOT TRIED")
        counts["caught"] += good
        escaped += not good
        if arguments.verbose or not good:
            print(f"{bad.name}: {finding[:160] or f'NOT CAUGHT by the {bad.harness} harness'}", flush=True)
    below = [] if arguments.only else shrunk("known_bad", "short", counts)
    print(*below, sep="\n", end="\n" if below else "")
    print(f"known_bad: {counts['caught']} caught, {escaped} escaped; {time.monotonic() - began:.0f} s")
    return 1 if escaped or below else 0


if __name__ == "__main__":
    sys.exit(main())
