"""The gate: everything that must hold before a change goes in, as `python -m tests`.

Two steps run at a time: while one waits for the disk, or for the last of its processes, the other has the processors.
All of them run even when one fails. Each tells everything together, in the order of the list, and ends in one line with
its duration, its processor time and its result. pytest's own closing line is printed last when everything passed. The
exit code is 0 only when every step passed.

A crash harness that lacks a system tool (a C compiler, ptrace) says "not verified". That is never told as a pass; with
`CI=true` it fails the gate.

    python -m tests                     the gate, short tiers of the crash harnesses
    python -m tests --long              the long tiers: every point instead of a sample
    python -m tests --only pytest       one step (may be given more than once); --list names them
    python -m tests --at-once 1         one after the other

Where there is room, temporary files lie in memory while the gate runs: nobody waits for a disk.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
_TAIL = 12
"""How many lines of a failed step are said again at the end, where a record of the run keeps them."""
MEMORY = Path("/dev/shm")  # noqa: S108 - a directory of our own is made below it
ROOM = 6 << 30
"""How many bytes must be free there: the tests leave about one in six behind until the gate has ended."""
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""What a container is allowed of memory, which its file system does not know."""
NOT_VERIFIED = 77
"""What a harness exits with when a system tool that it needs is missing."""


@dataclass(frozen=True)
class Step:
    """One thing to check.

    Attributes:
        name: for the table and `--only`.
        argv: what to run, from the root of the checkout.
        long: further words for the long tier; None when there is only one tier.
        live: whether its output is shown as it comes, not only when it fails.
    """

    name: str
    argv: tuple[str, ...]
    long: tuple[str, ...] | None = None
    live: bool = False


class Result(Enum):
    """How a step ended."""

    OK = "ok"
    FAILED = "FAILED"
    NOT_VERIFIED = "not verified"


@dataclass(frozen=True)
class Ended:
    """A step that has run: how it ended, how long it took, how much of the processors, and its last line of output.

    Attributes:
        step: what ran.
        result: how it ended.
        seconds: how long it took.
        processor: seconds of processor time, with that of all its children.
        tail: its last lines of output that say something.
    """

    step: Step
    result: Result
    seconds: float
    processor: float
    tail: tuple[str, ...]

    @property
    def closing(self) -> str:
        """Its last line."""
        return self.tail[-1] if self.tail else ""

    def line(self) -> str:
        """The one line of the table."""
        detail = f"  {self.closing}" if self.step.live or self.step.long is not None else ""
        return f"{self.step.name:<16}{self.seconds:>7.1f} s {self.processor:>7.1f} cpu  {self.result.value}{detail}"


class Voice:
    """What a step says: kept until all steps before it have ended, then told as it comes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: list[str] = []
        self._turn = False

    def say(self, text: str) -> None:
        """Tell it now, or keep it."""
        with self._lock:
            if self._turn:
                print(text, end="", flush=True)
            else:
                self._kept.append(text)

    def begin(self) -> None:
        """The steps before have ended."""
        with self._lock:
            self._turn = True
            print(*self._kept, sep="", end="", flush=True)


def _harness(name: str, module: str) -> Step:
    return Step(name, (sys.executable, "-m", f"tests.crash.{module}"), long=("--long",))


STEPS = (
    Step("ruff check", (sys.executable, "-m", "ruff", "check", ".")),
    Step("ruff format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    Step("mypy", (sys.executable, "-m", "mypy")),
    Step("lint-imports", (str(Path(sys.executable).with_name("lint-imports")),)),
    Step("pytest", (sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "loadgroup"), live=True),
    Step("claims", (sys.executable, "-m", "tests.claims"), long=("--long",)),
    _harness("model", "model"),
    _harness("race", "race"),
    _harness("durability", "durability"),
    _harness("kill sweep", "kill_sweep"),
    _harness("errno sweep", "errno_sweep"),
    _harness("runner kills", "runner_kills"),
    _harness("runner errors", "runner_errors"),
    _harness("far kills", "far_kills"),
    _harness("conduct kills", "conduct_kills"),
    _harness("known bad", "known_bad"),
    Step("git states", (sys.executable, "-m", "tests.gitstates"), long=("--long",)),
    Step("roundtrip", (sys.executable, "-m", "tests.roundtrip"), long=("--long",)),
    Step("fuzz", (sys.executable, "-m", "tests.fuzz"), long=("--long",)),
    Step("fuzz known bad", (sys.executable, "-m", "tests.fuzz.known_bad"), long=()),
    Step("hostile", (sys.executable, "-m", "tests.hostile"), long=("--long",)),
    Step("hostile known bad", (sys.executable, "-m", "tests.hostile.known_bad"), long=()),
)


def main(argv: list[str] | None = None) -> int:
    """Run the gate; see the module's words for the arguments."""
    arguments = _parser().parse_args(argv)
    if arguments.list:
        print("\n".join(step.name for step in STEPS))
        return 0
    # A shell that puts us into the background has us ignore Ctrl-C; the tests of Ctrl-C must not inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    chosen = [step for step in STEPS if not arguments.only or step.name in arguments.only]
    with temporary_files():
        ended = run_all(chosen, arguments.at_once, long=arguments.long)
    return _conclude(ended, time.monotonic() - began, strict=os.environ.get("CI", "").lower() in {"1", "true"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests", description="The gate of volon.")
    parser.add_argument("--long", action="store_true", help="run the long tiers of the crash harnesses")
    parser.add_argument("--only", action="append", metavar="STEP", choices=[step.name for step in STEPS])
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="how many steps run at a time (2)")
    parser.add_argument("--list", action="store_true", help="name the steps")
    return parser


@contextlib.contextmanager
def temporary_files() -> Iterator[None]:
    """Let what is started keep its temporary files in memory, if there is room; they are gone afterwards.

    Thousands of small repositories cost git half the processor time there, and volon's syncs wait for nothing.
    """
    if not _has_room():
        yield
        return
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory(prefix="volon-", dir=MEMORY, ignore_cleanup_errors=True) as place:
        os.environ["TMPDIR"] = place
        try:
            yield
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before


def _has_room() -> bool:
    if not os.access(MEMORY, os.W_OK):
        return False
    found = os.statvfs(MEMORY)
    limits = [int(text) for limit in LIMITS if limit.exists() and (text := limit.read_text().strip()).isdigit()]
    # Tests start programs that they write; a container may forbid that there.
    return min(found.f_bavail * found.f_frsize, *limits, sys.maxsize) >= ROOM and not found.f_flag & os.ST_NOEXEC


def run_all(steps: list[Step], at_once: int, *, long: bool) -> list[Ended]:
    """Run steps, so many at a time, and tell of each in the order given."""
    voices = [Voice() for _ in steps]
    ended = []
    with ThreadPoolExecutor(at_once) as pool:
        running = [pool.submit(_run, step, voice, long=long) for step, voice in zip(steps, voices, strict=True)]
        for voice, one in zip(voices, running, strict=True):
            voice.begin()
            ended.append(one.result())
    return ended


def _run(step: Step, voice: Voice, *, long: bool) -> Ended:
    argv = [*step.argv, *(step.long or () if long else ())]
    began = time.monotonic()
    code, output, processor = _follow(argv, voice.say if step.live else lambda _: None)
    seconds = time.monotonic() - began
    result = {0: Result.OK, NOT_VERIFIED: Result.NOT_VERIFIED}.get(code, Result.FAILED)
    if result is not Result.OK and not step.live:
        voice.say(f"{output.rstrip()}\n")
    lines = [line.strip("= ") for line in output.splitlines() if line.strip("= ")]
    ended = Ended(step, result, seconds, processor, tuple(lines[-_TAIL:]))
    voice.say(f"{ended.line()}\n")
    return ended


def _follow(argv: list[str], hear: Callable[[str], None]) -> tuple[int, str, float]:
    """Run a program to its end: its exit code, what it said, and its processor time with that of all its children."""
    seen: list[str] = []
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(line)
            hear(line)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, "".join(seen), used.ru_utime + used.ru_stime


def _conclude(ended: list[Ended], seconds: float, *, strict: bool) -> int:
    bad = {Result.FAILED, Result.NOT_VERIFIED} if strict else {Result.FAILED}
    failed = [each for each in ended if each.result in bad]
    print(f"\n{len(ended)} steps in {seconds:.0f} s, {sum(each.processor for each in ended):.0f} s of processor time")
    for each in ended:
        print(f"  {each.line()}")
    if failed:
        for each in failed:
            print(f"\n{each.step.name}:", *each.tail, sep="\n  ")
        print(f"\nFAILED: {', '.join(each.step.name for each in failed)}")
        return 1
    # The count of tests stays the last word, where people and programs look for it.
    for each in ended:
        if each.step.name == "pytest":
            print(each.closing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
