"""Run something and let something bad happen before its Nth file-changing system call; the Python side of nthkill.c.

Two ways to run: `trace_command` starts any program, `trace_call` forks this very process and runs a function in the
traced child. The second starts no interpreter, so a sweep over thousands of points is affordable;
`tests.crash.kill_sweep` checks for every verb that both ways meet the same number of points.

Raises `NotVerified` where the technique is not available. That is never a pass.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NOT_VERIFIED = 77
"""What a harness exits with where something that it needs is missing."""
SOURCE = Path(__file__).with_suffix(".c")
HANG_SECONDS = 10
"""What takes longer than this counts as hung."""


class NotVerified(Exception):
    """This machine cannot run the harness: no Linux on x86-64, no C compiler, or tracing is forbidden."""


class Action(IntEnum):
    """What happens at the Nth call; the numbers are those of `enum nk_action`."""

    COUNT = 0
    KILL = 1
    ERRNO = 2
    SIGNAL_ROOT = 3
    SIGNAL_TREE = 4
    KILL_ONE = 5


@dataclass(frozen=True)
class Plan:
    """What to do and when.

    Attributes:
        at: the number of the call, from 1; 0 only counts.
        action: what happens there.
        value: the error number or the signal.
        sticky: every later call fails too; a signal comes a second time.
        below: count what can fail while reading below this directory too.
        alone: count the calls of the root process only; its children go undisturbed.
        patience: what takes longer than so many seconds counts as hung; 0 for `HANG_SECONDS`.
    """

    at: int = 0
    action: Action = Action.COUNT
    value: int = 0
    sticky: bool = False
    below: Path | None = None
    alone: bool = False
    patience: int = 0

    def __str__(self) -> str:
        words = {
            Action.COUNT: "counted",
            Action.KILL: f"killed before call {self.at}",
            Action.KILL_ONE: f"who makes call {self.at} killed before it",
            Action.ERRNO: f"errno {self.value} {'from' if self.sticky else 'at'} call {self.at}",
            Action.SIGNAL_ROOT: f"signal {self.value} at call {self.at}",
            Action.SIGNAL_TREE: f"signal {self.value} to the whole tree at call {self.at}",
        }
        return words[self.action]


@dataclass(frozen=True)
class Traced:
    """What came of it.

    Attributes:
        count: counted calls.
        hit: whether the Nth call was reached; a run that was not hit proves nothing.
        hung: whether it had to be killed after `HANG_SECONDS`.
        code: the exit code, or 128 + the signal that ended the root process.
        out: standard output.
        err: standard error.
        calls: with `listed`, one line per counted call: number, name, path.
    """

    count: int
    hit: bool
    hung: bool
    code: int
    out: str
    err: str
    calls: tuple[str, ...] = ()


class _Plan(ctypes.Structure):
    _fields_ = [
        ("at", ctypes.c_long),
        ("action", ctypes.c_int),
        ("value", ctypes.c_int),
        ("sticky", ctypes.c_int),
        ("seconds", ctypes.c_int),
        ("trace_fd", ctypes.c_int),
        ("below", ctypes.c_char_p),
        ("alone", ctypes.c_int),
    ]


class _Outcome(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_long),
        ("hit", ctypes.c_int),
        ("timed_out", ctypes.c_int),
        ("status", ctypes.c_int),
        ("number", ctypes.c_int),
    ]


def trace_call(call: Callable[[], int], plan: Plan, *, listed: bool = False) -> Traced:
    """Fork, and run a function in the traced child; its value is the exit code.

    The caller must have one thread and no other children. The child's standard streams are files in memory, so what it
    prints is no counted call.

    Raises:
        NotVerified: tracing is not possible here.
    """
    with _Streams(listed=listed) as streams:
        below = None if plan.below is None else os.fsencode(plan.below)
        raw = _Plan(
            plan.at,
            plan.action,
            plan.value,
            plan.sticky,
            plan.patience or HANG_SECONDS,
            streams.trace,
            below,
            plan.alone,
        )
        outcome = _Outcome()
        ctypes.pythonapi.PyOS_BeforeFork()
        forked = library().nk_fork(ctypes.byref(raw), ctypes.byref(outcome))
        if forked == 0:
            ctypes.pythonapi.PyOS_AfterFork_Child()
            _be_the_child(call, streams)
        ctypes.pythonapi.PyOS_AfterFork_Parent()
        if forked < 0:
            message = "tracing is not allowed on this machine"
            raise NotVerified(message)
        return streams.traced(outcome)


def call_freely(call: Callable[[], int], patience: int = 0) -> Traced:
    """Run a function in a forked child as `trace_call` does, but untraced and so at full speed; nothing is counted."""
    with _Streams(listed=False) as streams:
        child = os.fork()
        if child == 0:
            signal.alarm(patience or HANG_SECONDS)
            _be_the_child(call, streams)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        outcome = _Outcome(status=code if code >= 0 else 128 - code, timed_out=code == -signal.SIGALRM)
        return streams.traced(outcome)


def trace_command(
    argv: Sequence[str], plan: Plan, *, cwd: Path, env: Mapping[str, str], listed: bool = False
) -> Traced:
    """Run a program from its very start, as `trace_call` does a function."""

    def run() -> int:
        os.chdir(cwd)
        os.execve(argv[0], list(argv), dict(env))

    return trace_call(run, plan, listed=listed)


class _Streams:
    """Where the child's output goes: files that exist only in memory."""

    def __init__(self, *, listed: bool) -> None:
        self.out = os.memfd_create("out")
        self.err = os.memfd_create("err")
        self.trace = os.memfd_create("trace") if listed else -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in (self.out, self.err, self.trace):
            if fd >= 0:
                os.close(fd)

    def traced(self, outcome: _Outcome) -> Traced:
        out, err = self._text(self.out), self._text(self.err)
        calls = tuple(self._text(self.trace).splitlines()) if self.trace >= 0 else ()
        return Traced(outcome.count, bool(outcome.hit), bool(outcome.timed_out), outcome.status, out, err, calls)

    def _text(self, fd: int) -> str:
        os.lseek(fd, 0, os.SEEK_SET)
        chunks = iter(lambda: os.read(fd, 1 << 16), b"")
        return b"".join(chunks).decode("utf-8", "backslashreplace")


def _be_the_child(call: Callable[[], int], streams: _Streams) -> None:
    code = 125
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        null = os.open(os.devnull, os.O_RDONLY)
        for fd, number in ((null, 0), (streams.out, 1), (streams.err, 2)):
            os.dup2(fd, number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - lives as long as the process
        sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        code = call()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:  # noqa: BLE001 - whatever happens, this child must not run on as a second harness
        os.write(2, f"Traceback: the traced function raised {error!r}\n".encode())
    finally:
        os._exit(code)


@cache
def library() -> ctypes.PyDLL:
    """Compile nthkill.c as a library, once per version of its source, and load it.

    Raises:
        NotVerified: it cannot be compiled here.
    """
    return ctypes.PyDLL(str(_compiled("nthkill.so", "-shared", "-fPIC", "-DNK_LIBRARY")))


def require(harness: str) -> None:
    """Leave the program as not verified, and say why, where a harness cannot have the library."""
    try:
        library()
    except NotVerified as missing:
        print(f"{harness}: not verified: {missing}")
        sys.exit(NOT_VERIFIED)


def program() -> Path:
    """Compile nthkill.c as a program and give its path.

    Raises:
        NotVerified: it cannot be compiled here.
    """
    return _compiled("nthkill")


def _compiled(name: str, *options: str) -> Path:
    if sys.platform != "linux" or platform.machine() != "x86_64":
        message = "nthkill needs Linux on x86-64"
        raise NotVerified(message)
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        message = "nthkill needs a C compiler (gcc)"
        raise NotVerified(message)
    digest = hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:16]
    target = cache_directory() / f"{digest}-{name}"
    if not target.exists():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        words = [compiler, "-O2", "-Wall", "-Wextra", *options, "-o", str(fresh), str(SOURCE)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            message = f"nthkill cannot be compiled: {done.stderr.strip()}"
            raise NotVerified(message)
        fresh.rename(target)
    return target


def cache_directory() -> Path:
    """A private directory for compiled harness tools; it may be deleted at any time."""
    directory = Path(tempfile.gettempdir()) / f"volon-harness-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != os.getuid() or directory.is_symlink():
        message = f"{directory} belongs to somebody else"
        raise NotVerified(message)
    return directory
