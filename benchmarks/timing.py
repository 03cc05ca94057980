"""Interleaved timing: all contenders of a row take turns, and what counts is the median of the rounds' ratios.

Two identical commands compared like this give 0.97 to 1.03 on a machine that does other things as well; absolute times
say little there and are only printed for orientation.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path


@dataclass(frozen=True)
class Contender:
    """A command line that takes its turn.

    Attributes:
        name: in the table.
        argv: what is run; its output is thrown away, and it has to succeed.
        cwd: where.
        prepare: called before each turn with its number, outside of the time; may give back other words to run.
        divisor: how many times the command does its work in one run.
        told: what it reads from standard input.
        reports: its output ends in a line with the seconds it took, which count instead of the process's.
    """

    name: str
    argv: Sequence[str]
    cwd: Path
    prepare: Callable[[int], Sequence[str] | None] = lambda _turn: None
    divisor: int = 1
    reports: bool = False
    told: bytes = b""


@dataclass(frozen=True)
class Goal:
    """At most so many times the baseline's time; `baseline` None where it is not on this machine."""

    baseline: Contender | None
    name: str
    at_most: float
    words: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table: a contender, its goals, and how many rounds are worth it."""

    number: str
    contender: Contender
    goals: Sequence[Goal]
    rounds: int = 15
    counted: str = ""


@dataclass
class Measured:
    """A row with the seconds of every contender, by name."""

    row: Row
    seconds: dict[str, list[float]] = field(default_factory=dict)

    def ratio(self, goal: Goal) -> float:
        """The median of the rounds' ratios."""
        assert goal.baseline is not None
        own, other = self.seconds[self.row.contender.name], self.seconds[goal.baseline.name]
        return statistics.median(a / b for a, b in zip(own, other, strict=True))

    def milliseconds(self, contender: Contender) -> float:
        """The median time of one contender."""
        return statistics.median(self.seconds[contender.name]) * 1000


def measure(row: Row, environment: Mapping[str, str], rounds: int | None = None) -> Measured:
    """Let a row's contenders take turns; the first of several rounds warms caches up and does not count."""
    contenders = [row.contender, *(goal.baseline for goal in row.goals if goal.baseline is not None)]
    measured = Measured(row, {contender.name: [] for contender in contenders})
    wanted = min(row.rounds, rounds or row.rounds)
    for turn in range(wanted + (wanted > 1)):
        for contender in contenders:
            seconds = _run(contender, environment, turn)
            if turn or wanted == 1:
                measured.seconds[contender.name].append(seconds / contender.divisor)
    return measured


def _run(contender: Contender, environment: Mapping[str, str], turn: int) -> float:
    argv = contender.prepare(turn) or contender.argv
    began = time.perf_counter()
    done = subprocess.run(
        argv, cwd=contender.cwd, env=environment, input=contender.told, capture_output=True, check=False
    )
    seconds = time.perf_counter() - began
    if done.returncode:
        said = (done.stdout + done.stderr).decode("utf-8", "replace")[-2000:]
        raise SystemExit(f"{contender.name}: {' '.join(argv)[:200]} exited {done.returncode}\n{said}")
    return float(done.stdout.split()[-1]) if contender.reports else seconds


def plain_environment(home: Path, bin_directory: Path) -> dict[str, str]:
    """An environment without anything of the caller's but PATH."""
    return {
        "HOME": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "XDG_STATE_HOME": str(home / "state"),
        "PATH": f"{bin_directory}{os.pathsep}{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(home / "gitconfig"),
        "NO_COLOR": "1",
        "TASKRC": str(home / "taskrc"),
        "TASKDATA": str(home / "task"),
    }
