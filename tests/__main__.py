"""The gate: everything that must hold before a change goes in, as `python -m tests`.

Steps run one after the other, all of them even when one fails, and each ends in one line with its duration and result.
pytest's own closing line is printed last when everything passed. The exit code is 0 only when every step passed.

A crash harness that lacks a system tool (a C compiler, ptrace) says "not verified". That is never told as a pass; with
`CI=true` it fails the gate.

    python -m tests                     the gate, short tiers of the crash harnesses
    python -m tests --long              the long tiers: every point instead of a sample
    python -m tests --only pytest       one step (may be given more than once); --list names them
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
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
    """A step that has run: how it ended, how long it took, and its last line of output."""

    step: Step
    result: Result
    seconds: float
    closing: str

    def line(self) -> str:
        """The one line of the table."""
        detail = f"  {self.closing}" if self.step.live or self.step.long is not None else ""
        return f"{self.step.name:<16}{self.seconds:>7.1f} s  {self.result.value}{detail}"


def _harness(name: str, module: str) -> Step:
    return Step(name, (sys.executable, "-m", f"tests.crash.{module}"), long=("--long",))


STEPS = (
    Step("ruff check", (sys.executable, "-m", "ruff", "check", ".")),
    Step("ruff format", (sys.executable, "-m", "ruff", "format", "--check", ".")),
    Step("mypy", (sys.executable, "-m", "mypy")),
    Step("lint-imports", (str(Path(sys.executable).with_name("lint-imports")),)),
    Step("pytest", (sys.executable, "-m", "pytest", "-q", "-n", "auto"), live=True),
    Step("claims", (sys.executable, "-m", "tests.claims"), long=("--long",)),
    _harness("model", "model"),
    _harness("race", "race"),
    _harness("durability", "durability"),
    _harness("kill sweep", "kill_sweep"),
    _harness("errno sweep", "errno_sweep"),
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
    ended = [_run(step, long=arguments.long) for step in STEPS if not arguments.only or step.name in arguments.only]
    return _conclude(ended, strict=os.environ.get("CI", "").lower() in {"1", "true"})


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests", description="The gate of volon.")
    parser.add_argument("--long", action="store_true", help="run the long tiers of the crash harnesses")
    parser.add_argument("--only", action="append", metavar="STEP", choices=[step.name for step in STEPS])
    parser.add_argument("--list", action="store_true", help="name the steps")
    return parser


def _run(step: Step, *, long: bool) -> Ended:
    argv = [*step.argv, *(step.long or () if long else ())]
    began = time.monotonic()
    code, output = _follow(argv, live=step.live)
    seconds = time.monotonic() - began
    result = {0: Result.OK, NOT_VERIFIED: Result.NOT_VERIFIED}.get(code, Result.FAILED)
    if result is not Result.OK and not step.live:
        print(output.rstrip())
    lines = [line.strip("= ") for line in output.splitlines() if line.strip("= ")]
    ended = Ended(step, result, seconds, lines[-1] if lines else "")
    print(ended.line(), flush=True)
    return ended


def _follow(argv: list[str], *, live: bool) -> tuple[int, str]:
    seen: list[str] = []
    with subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            seen.append(line)
            if live:
                print(line, end="", flush=True)
    return process.returncode, "".join(seen)


def _conclude(ended: list[Ended], *, strict: bool) -> int:
    bad = {Result.FAILED, Result.NOT_VERIFIED} if strict else {Result.FAILED}
    failed = [each for each in ended if each.result in bad]
    print(f"\n{len(ended)} steps in {sum(each.seconds for each in ended):.0f} s")
    for each in ended:
        print(f"  {each.line()}")
    if failed:
        print(f"FAILED: {', '.join(each.step.name for each in failed)}")
        return 1
    # The count of tests stays the last word, where people and programs look for it.
    for each in ended:
        if each.step.name == "pytest":
            print(each.closing)
    return 0


if __name__ == "__main__":
    sys.exit(main())
