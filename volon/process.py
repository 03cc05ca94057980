"""The only door to other programs, and to signals.

Promises: never a shell; a program is looked up once, in the absolute entries of PATH only, never in the current
directory; its whole process group is killed when it outlives its time or when volon is interrupted; no descriptor
of ours (a lock, a journal) is inherited. `run` is for our own tools, such as git; `supervise` for programs of others,
such as hooks, of which neither patience nor memory without end is to be expected.

Source: reliability C2, C3, G17, S7, M2.
"""

from __future__ import annotations

import errno
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

from volon.errors import NotCommitted
from volon.interrupts import deferred_signals
from volon.paths import Path
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_GRACE_SECONDS = 1.0
_TICK_SECONDS = 0.05
_PIECE = 1 << 16
_KEPT = 1 << 16
"""How much of the end of a supervised program's output is kept, in bytes."""
_UTF8 = ["-X", "utf8"]


class ProgramMissing(NotCommitted):
    """The program is in no absolute entry of PATH, or cannot be started."""


class ProgramTimedOut(NotCommitted):
    """The program outlived its time; it and everything in its process group has been killed."""


class ProgramFailed(NotCommitted):
    """The program ended with an exit status other than 0 and the caller had asked for success."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended. `returncode` is the negative signal number when one ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Supervised:
    """How a supervised program ended.

    Attributes:
        returncode: its exit status, or the negative number of the signal that ended it.
        output: the end of what it wrote to stdout and stderr, in the order it was written.
        cut: whether there was more.
        timed_out: it took too long and was ended with its group.
    """

    returncode: int
    output: bytes
    cut: bool = False
    timed_out: bool = False


class Begun:
    """A program that was started.

    Args:
        argv: the program and its arguments.
        child: it.
    """

    def __init__(self, argv: Sequence[str | bytes], child: subprocess.Popen[bytes]) -> None:
        self._argv, self._child = argv, child

    def tell(self, pieces: Iterable[bytes], timeout: float) -> None:
        """Hand over a part of what it reads; where it has ended, `finish` will say how."""
        _tell(self._child, pieces, timeout)

    def hear(self, timeout: float) -> bytes:
        """Return one line of its answer to what it was told; nothing when it has ended, or takes too long."""
        assert self._child.stdout is not None  # noqa: S101  a pipe was asked for
        with _patience(self._child, timeout):
            return self._child.stdout.readline()

    def finish(self, stdin: bytes | Iterable[bytes], timeout: float, *, check: bool = False) -> Completed:
        """Give it what it reads and wait for its end; arguments and errors are those of `Processes.run`."""
        try:
            whole = stdin if isinstance(stdin, bytes) else None
            if not isinstance(stdin, bytes):
                _tell(self._child, stdin, timeout)
            try:
                out, err = self._child.communicate(whole, timeout=timeout)
            except BrokenPipeError:
                # Closing hands over what it had been told and did not read any more; its answer is still to come.
                out, err = self._child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            message = f"{os.fsdecode(self._argv[0])} did not finish in {timeout:g} seconds"
            raise ProgramTimedOut(message) from error
        finally:
            self.end()
        if check and self._child.returncode != 0:
            raise _failed(self._argv, self._child.returncode, err)
        return Completed(self._child.returncode, out, err)

    def end(self) -> None:
        """Leave nothing of it behind; once it has finished there is nothing to do."""
        _end(self._child)
        for pipe in (self._child.stdin, self._child.stdout, self._child.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


class Processes:
    """Starts programs.

    Args:
        environ: where `PATH` is taken from; also the environment of programs that are given none.
    """

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = dict(environ)
        self._found: dict[str, str] = {}

    def resolve(self, program: str) -> str:
        """The absolute path of a program; looked up once and then remembered.

        Args:
            program: a bare name, or an absolute path.

        Raises:
            ProgramMissing: it is nowhere in PATH's absolute entries.
        """
        if program not in self._found:
            self._found[program] = _look_up(program, self._environ.get("PATH", os.defpath))
        return self._found[program]

    def has(self, program: str) -> bool:
        """Whether a program is there to be started; a name that makes no sense is not."""
        try:
            return bool(self.resolve(program))
        except ProgramMissing:
            return False

    def every(self, program: str) -> list[str]:
        """The absolute path of each program of a name in PATH, the one that is started first."""
        return list(dict.fromkeys(_everywhere(program, self._environ.get("PATH", os.defpath))))

    def run(
        self,
        argv: Sequence[str | bytes],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
        stdin: bytes | Iterable[bytes] = b"",
        timeout: float = 60.0,
        check: bool = False,
    ) -> Completed:
        """Run a program to its end and give back what it said.

        Args:
            argv: the program and its arguments; no shell sees them.
            cwd: where it runs.
            env: its whole environment; the one given at construction when None.
            stdin: what it reads; pieces are made while it reads, by a program that says little until it has read all.
            timeout: seconds after which it and its process group are killed.
            check: whether an exit status other than 0 is an error.

        Raises:
            ProgramMissing: not found, or it could not be started.
            ProgramTimedOut: it took longer than `timeout`.
            ProgramFailed: `check` and it failed.
        """
        return self.begin(argv, cwd=cwd, env=env).finish(stdin, timeout, check=check)

    def begin(
        self,
        argv: Sequence[str | bytes],
        *,
        cwd: str | os.PathLike[str] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Begun:
        """Start a program and leave it to its work; whoever begins one has to finish it, or to end it.

        Arguments and errors are those of `run`.
        """
        program = os.fsdecode(argv[0])
        command = [self.resolve(program), *argv[1:]]
        # A signal between fork and the end of this would leave a program behind that nobody knows of.
        with deferred_signals() as held:
            begun = Begun(argv, _start(command, cwd, self._environ if env is None else env))
        if held.received is not None:
            begun.end()
            raise KeyboardInterrupt
        return begun

    def supervise(
        self, argv: Sequence[str], *, cwd: str | os.PathLike[str], env: Mapping[str, str], timeout: float
    ) -> Supervised:
        """Run somebody else's program: no input, a limit of time, and only the end of its output is kept.

        It is over when the program itself has ended; what it left running in the background lives on, unheard. When
        it takes too long, or volon is interrupted, its group is asked to end, and a second later made to.

        Args:
            argv: the program and its arguments; no shell sees them.
            cwd: where it runs.
            env: its whole environment.
            timeout: seconds.

        Raises:
            ProgramMissing: not found, or it could not be started.
            KeyboardInterrupt: volon was interrupted; the group has been ended.
        """
        command = [self.resolve(argv[0]), *argv[1:]]
        child = None
        try:
            with deferred_signals() as held:
                child = _start(command, cwd, env, quiet=True)
            if held.received is not None:
                raise KeyboardInterrupt
            return _listen(child, time.monotonic() + timeout)
        finally:
            if child is not None:
                _dismiss(child)


def _listen(child: subprocess.Popen[bytes], deadline: float) -> Supervised:
    """Collect output until the program has ended or its time is up."""
    kept, cut, out = b"", False, child.stdout
    assert out is not None  # noqa: S101  a pipe was asked for
    os.set_blocking(out.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        ended = False
        while not ended:
            # The last look comes after the end, so that what was written just before it is not lost.
            ended = child.poll() is not None or time.monotonic() >= deadline
            if not selector.get_map():
                time.sleep(0 if ended else _TICK_SECONDS / 10)
            for _ in selector.select(0 if ended else _TICK_SECONDS):
                piece = out.read(_PIECE)
                if not piece:
                    selector.unregister(out)
                    continue
                kept, cut = (kept + piece)[-_KEPT:], cut or len(kept) + len(piece) > _KEPT
    timed_out = child.poll() is None
    _dismiss(child)
    return Supervised(child.returncode, kept, cut, timed_out)


def _dismiss(child: subprocess.Popen[bytes]) -> None:
    """End a supervised program that still runs, with its group: politely, then not; and stop listening."""
    if child.poll() is None:
        _signal_group(child, signal.SIGTERM)
        patience = time.monotonic() + _GRACE_SECONDS
        while time.monotonic() < patience and not _is_over(child.pid):
            time.sleep(_TICK_SECONDS / 5)
        # The group's number cannot have passed to others: its leader has not been reaped yet.
        _signal_group(child, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, number)


def _is_over(pid: int) -> bool:
    """Whether a child has ended, without reaping it; where the system cannot tell, it counts as running."""
    if not hasattr(os, "waitid"):
        return False
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _look_up(program: str, path: str) -> str:
    for found in _everywhere(program, path):
        return found
    raise ProgramMissing(f"{program} was not found in PATH")


def _everywhere(program: str, path: str) -> Iterator[str]:
    entries = [Path(entry) for entry in path.split(os.pathsep)]
    candidates = [entry / program for entry in entries if entry.is_absolute() and "/" not in program]
    if Path(program).is_absolute():
        candidates = [Path(program)]
    for candidate in candidates:
        if candidate.is_file() and os.access(candidate, os.X_OK):
            yield str(candidate)


def _start(
    command: Sequence[str | bytes],
    cwd: str | os.PathLike[str] | None,
    env: Mapping[str, str],
    *,
    quiet: bool = False,
) -> subprocess.Popen[bytes]:
    """Start a program; a `quiet` one reads nothing and has one pipe for both its outputs."""
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL if quiet else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if quiet else subprocess.PIPE,
            bufsize=0 if quiet else -1,
            close_fds=True,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        name = os.fsdecode(command[0])
        raise ProgramMissing(f"{name} could not be started", causes=[str(error)]) from error


def _tell(child: subprocess.Popen[bytes], pieces: Iterable[bytes], timeout: float) -> None:
    assert child.stdin is not None  # noqa: S101  a pipe was asked for
    with _patience(child, timeout), suppress(BrokenPipeError):
        for piece in pieces:
            child.stdin.write(piece)
        child.stdin.flush()


@contextmanager
def _patience(child: subprocess.Popen[bytes], timeout: float) -> Iterator[None]:
    """End a program that does not listen, or does not answer, within some seconds."""
    timer = threading.Timer(timeout, _signal_group, (child, signal.SIGKILL))
    try:
        timer.start()
    except RuntimeError as error:
        raise OSError(errno.EAGAIN, str(error)) from error
    try:
        yield
    finally:
        timer.cancel()


def _end(child: subprocess.Popen[bytes]) -> None:
    """Leave nothing behind: a child that still runs is killed with its group and reaped."""
    if child.poll() is not None:
        return
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    # A grandchild that left the group keeps the pipe open: whoever started it closes it rather than wait.
    with suppress(subprocess.TimeoutExpired):
        child.communicate(timeout=_GRACE_SECONDS)
    child.wait()


def _failed(argv: Sequence[str | bytes], returncode: int, stderr: bytes) -> ProgramFailed:
    shown = " ".join(os.fsdecode(word) for word in argv)
    said = stderr.decode(errors="replace").strip()
    return ProgramFailed(f"`{shown}` failed with exit status {returncode}", causes=[said] if said else [])


def restart_in_utf8() -> None:
    """Start this very process anew in Python's UTF-8 mode, whatever the locale says file names are made of.

    Git's paths, the records and the arguments are UTF-8 (or bytes that have to come through unchanged); messages keep
    the encoding of the terminal. Where the program cannot be started again, nothing happens.
    """
    if sys.executable and sys.orig_argv[1 : 1 + len(_UTF8)] != _UTF8:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
        with suppress(OSError):
            os.execv(sys.executable, [sys.executable, *_UTF8, *sys.orig_argv[1:]])  # noqa: S606  no shell is the point
