"""The only door to our own tools, such as git; what others wrote is started by `volon.supervised`.

Promises: never a shell; a program is looked up once, in the absolute entries of PATH only, never in the current
directory; its whole process group is killed when it outlives its time or when volon is interrupted; no descriptor
of ours (a lock, a journal) is inherited, nor one that was left to us. A program runs where volon does: git is told of
another directory by its own `-C`, because `posix_spawn` knows none, and `subprocess` takes half as long to load as a
bare interpreter.

Source: reliability C2, C3, G17, S7, M2; performance (row 3).
"""

from __future__ import annotations

import os
import sys
import time

from volon.errors import NotCommitted
from volon.interrupts import DeferredSignals, signal
from volon.light import suppress
from volon.paths import Path
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_PORTION = 1 << 16
"""How much is handed over and taken in at once, in bytes: as much as a pipe holds."""
_SHORTEST_WAIT, _LONGEST_WAIT = 0.0005, 0.05
_STANDARD = 3
"""So many descriptors has every program, for its input, output and errors."""
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_WAITS = "it may wait for a pipe that stands where it reads a file: find . -type p"
_UTF8 = ["-X", "utf8"]


class ProgramMissing(NotCommitted):
    """The program is in no absolute entry of PATH, or cannot be started."""


class ProgramTimedOut(NotCommitted):
    """The program outlived its time; it and everything in its process group has been killed."""


@dataclass(frozen=True, slots=True)
class Completed:
    """How a program ended. `returncode` is the negative signal number when one ended it."""

    returncode: int
    stdout: bytes
    stderr: bytes


class Begun:
    """A program that was started, with a pipe for its input and for each of its outputs.

    Args:
        program: where it is.
        argv: what it is called, and its arguments.
        env: its whole environment.

    Raises:
        ProgramMissing: it could not be started.
    """

    def __init__(self, program: str, argv: Sequence[str | bytes], env: Mapping[str, str]) -> None:
        self._argv = argv
        self._status: int | None = None
        pipes: list[int] = []
        try:
            for _ in range(_STANDARD):
                pipes += os.pipe()
            reads, self._tells, self._out, writes, self._err, complains = pipes
            actions: list[tuple[int, int, int] | tuple[int, int]] = [
                (os.POSIX_SPAWN_DUP2, ours, theirs) for theirs, ours in enumerate((reads, writes, complains))
            ]
            actions += [(os.POSIX_SPAWN_CLOSE, fd) for fd in _left_to_us()]
            self._pid = os.posix_spawn(
                program,
                [program, *argv[1:]],
                env,
                file_actions=actions,
                setsid=True,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except (OSError, ValueError) as error:
            for fd in pipes:
                os.close(fd)
            raise ProgramMissing(f"{program} could not be started", causes=[str(error)]) from error
        for fd in (reads, writes, complains):
            os.close(fd)
        os.set_blocking(self._tells, False)
        self._open = {self._tells, self._out, self._err}
        self._said = {self._out: bytearray(), self._err: bytearray()}

    def tell(self, pieces: Iterable[bytes], timeout: float) -> None:
        """Hand over a part of what it reads; where it has ended, `finish` will say how."""
        try:
            self._hand_over(pieces, time.monotonic() + timeout)
        except TimeoutError:
            self._kill()

    def hear(self, timeout: float) -> bytes:
        """Return one line of its answer to what it was told; nothing when it has ended, or takes too long."""
        said, deadline = self._said[self._out], time.monotonic() + timeout
        try:
            while b"\n" not in said and self._out in self._open:
                self._attend(deadline)
        except TimeoutError:
            self._kill()
        end = said.find(b"\n") + 1 or len(said)
        line = bytes(said[:end])
        del said[:end]
        return line

    def finish(self, stdin: bytes | Iterable[bytes], timeout: float) -> Completed:
        """Give it what it reads and wait for its end; arguments and errors are those of `Processes.run`."""
        deadline = time.monotonic() + timeout
        try:
            self._hand_over([stdin] if isinstance(stdin, bytes) else stdin, deadline)
            self._close(self._tells)
            while self._open:
                self._attend(deadline)
            status = self._wait(deadline)
        except TimeoutError as error:
            message = f"{os.fsdecode(self._argv[0])} did not finish in {timeout:g} seconds"
            raise ProgramTimedOut(message, hints=[_WAITS]) from error
        finally:
            self.end()
        return Completed(status, bytes(self._said[self._out]), bytes(self._said[self._err]))

    def end(self) -> None:
        """Leave nothing of it behind: what still runs is killed with its group.

        Once it has finished there is nothing to do. A grandchild that left the group may keep a pipe open: it is
        closed here, and not waited for.
        """
        if not self._is_over():
            self._kill()
            self._is_over(wait=True)
        for pipe in list(self._open):
            self._close(pipe)

    def _hand_over(self, pieces: Iterable[bytes], deadline: float) -> None:
        """Give it what it reads, and take in what it says meanwhile; one that reads no more is told no more."""
        for portion in _portions(pieces):
            rest = memoryview(portion)
            while rest:
                if self._tells not in self._open:
                    return
                if self._attend(deadline, telling=True):
                    try:
                        rest = rest[os.write(self._tells, rest) :]
                    except BrokenPipeError:
                        self._close(self._tells)

    def _attend(self, deadline: float, *, telling: bool = False) -> bool:
        """Wait until it says something, and take that in; or, when it is to be told something, until it listens.

        Raises:
            TimeoutError: nothing of the kind came to pass in time.
        """
        import select  # noqa: PLC0415  not before there is something to wait for

        poll = select.poll()
        for pipe in self._open - {self._tells}:
            poll.register(pipe, select.POLLIN)
        if telling:
            poll.register(self._tells, select.POLLOUT)
        ready = [pipe for pipe, _ in poll.poll(1000 * max(0, deadline - time.monotonic()))]
        if not ready:
            raise TimeoutError
        for pipe in ready:
            if pipe != self._tells:
                self._take_in(pipe)
        return self._tells in ready

    def _take_in(self, pipe: int) -> None:
        data = os.read(pipe, _PORTION)
        self._said[pipe] += data
        if not data:
            self._close(pipe)

    def _close(self, pipe: int) -> None:
        if pipe in self._open:
            self._open.remove(pipe)
            os.close(pipe)

    def _wait(self, deadline: float) -> int:
        """Return how it ended: it has closed its outputs, so it is about to.

        Raises:
            TimeoutError: it goes on.
        """
        pause = _SHORTEST_WAIT
        while not self._is_over():
            if time.monotonic() >= deadline:
                raise TimeoutError
            time.sleep(pause)
            pause = min(2 * pause, _LONGEST_WAIT)
        return self._status or 0

    def _is_over(self, *, wait: bool = False) -> bool:
        if self._status is None:
            try:
                pid, status = os.waitpid(self._pid, 0 if wait else os.WNOHANG)
            except ChildProcessError:
                # Whoever started volon had it ignore the ends of children: the system keeps no status of any.
                pid, status = self._pid, 0
            if pid:
                self._status = os.waitstatus_to_exitcode(status)
        return self._status is not None

    def _kill(self) -> None:
        if not self._is_over():
            with suppress(ProcessLookupError):
                os.killpg(self._pid, signal.SIGKILL)


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
        env: Mapping[str, str] | None = None,
        stdin: bytes | Iterable[bytes] = b"",
        timeout: float = 60.0,
    ) -> Completed:
        """Run a program to its end and give back what it said.

        Args:
            argv: the program and its arguments; no shell sees them.
            env: its whole environment; the one given at construction when None.
            stdin: what it reads; pieces are made while it reads, by a program that says little until it has read all.
            timeout: seconds after which it and its process group are killed.

        Raises:
            ProgramMissing: not found, or it could not be started.
            ProgramTimedOut: it took longer than `timeout`.
        """
        return self.begin(argv, env=env).finish(stdin, timeout)

    def begin(self, argv: Sequence[str | bytes], *, env: Mapping[str, str] | None = None) -> Begun:
        """Start a program and leave it to its work; whoever begins one has to finish it, or to end it.

        Arguments and errors are those of `run`.
        """
        program = self.resolve(os.fsdecode(argv[0]))
        # A signal between fork and the end of this would leave a program behind that nobody knows of.
        with DeferredSignals() as held:
            begun = Begun(program, argv, self._environ if env is None else env)
        if held.received is not None:
            begun.end()
            raise KeyboardInterrupt
        return begun


def _left_to_us() -> Iterator[int]:
    """The descriptors that whoever started volon has left open to it, which Python's own never are to a program."""
    try:
        fds: Iterable[int] = map(int, os.listdir("/dev/fd"))  # noqa: PTH208  loads less
    except FileNotFoundError:
        fds = range(os.sysconf("SC_OPEN_MAX"))
    for fd in fds:
        with suppress(OSError):
            if fd >= _STANDARD and os.get_inheritable(fd):
                yield fd


def _portions(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Put pieces together until it is worth a call of the system."""
    held, size = [], 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= _PORTION:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)


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
        # In this order: to ask what it is fails in a directory that this user may not enter; a shell passes that over.
        if os.access(candidate, os.X_OK) and candidate.is_file():
            yield str(candidate)


def restart_in_utf8() -> None:
    """Start this very process anew in Python's UTF-8 mode, whatever the locale says file names are made of.

    Git's paths, the records and the arguments are UTF-8 (or bytes that have to come through unchanged); messages keep
    the encoding of the terminal. Where the program cannot be started again, nothing happens.
    """
    if sys.executable and sys.orig_argv[1 : 1 + len(_UTF8)] != _UTF8:
        os.environ.setdefault("PYTHONIOENCODING", f"{sys.stdout.encoding}:backslashreplace")
        with suppress(OSError):
            os.execv(sys.executable, [sys.executable, *_UTF8, *sys.orig_argv[1:]])  # noqa: S606  no shell is the point
