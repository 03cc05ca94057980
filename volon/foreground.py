"""The second door to programs: one command of the user's own, in the foreground, shown as it runs and remembered.

Promises: never a shell; every byte goes on to where volon's own output goes, at once and unchanged; where that is a
terminal the command has a terminal too; what reaches volon as a signal reaches the command's whole group, once; what
is kept does not grow with the output; no descriptor of ours is inherited.

Source: contract §4 and §7 (`volon run`); reliability C3, S13.
"""

from __future__ import annotations

import hashlib
import os
import select
import selectors
import signal
import stat
import subprocess
import threading
from contextlib import ExitStack, contextmanager, suppress

from volon.lifeline import SHELL, life, watched
from volon.paths import Path
from volon.plain import dataclass, field
from volon.process import ProgramMissing
from volon.terminals import Terminal, raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType
    from typing import IO, BinaryIO, NoReturn

    from volon.process import Processes

NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""What a shell exits with when it cannot start a command, or finds none."""
KEPT = 1 << 16
"""How much of the end of the output is kept, in bytes."""
_PIECE = 1 << 16
_LAST_LOOKS = 32
"""How often an output is read after the end; more than any pipe holds, and an end to what runs on in the background."""
_TICK_SECONDS = 0.05
_LOG = 1
"""The descriptor that a ticket has its log as."""
_GRACE_SECONDS = 3.0  # for a command that has to end with volon, once it was told
_INTERRUPTIONS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PASSED_ON = (*_INTERRUPTIONS, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGCONT)


class NotStarted(Exception):
    """The command did not start; `status` is what a shell would exit with, `reason` says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status, self.reason = status, reason


@dataclass(frozen=True, slots=True)
class Streams:
    """Where the command's input comes from and its output goes: descriptor of the input, None for none at all."""

    source: int | None
    out: BinaryIO
    err: BinaryIO


@dataclass(slots=True)
class Heard:
    """What came through one output: how much, and a digest of all of it."""

    size: int = 0
    digest: hashlib._Hash = field(default_factory=hashlib.sha256)


@dataclass(frozen=True, slots=True)
class Attended:
    """How a command ended.

    Attributes:
        returncode: its exit status, or the negative number of the signal that ended it.
        out: what it wrote to its standard output; on a terminal to both, with the line ends a terminal gets.
        err: what it wrote to its standard error.
        tail: the end of both, in the order it was read.
        terminal: whether an output was a terminal.
        interrupted: whether it was to `end`, and had to.
    """

    returncode: int
    out: Heard
    err: Heard
    tail: bytes
    terminal: bool = False
    interrupted: bool = False


def attend(
    processes: Processes, argv: Sequence[str], *, cwd: Path, env: Mapping[str, str], streams: Streams, end: bool = False
) -> Attended:
    """Run a command to its end and pass on what it writes.

    It is over when the command itself has ended; what it left running in the background is not waited for.

    Args:
        processes: looks up a bare name; one with a slash is a path from `cwd`.
        argv: the command and its arguments, as the user typed them.
        cwd: where it runs.
        env: its whole environment.
        streams: what it is connected to.
        end: once somebody wants volon to end, nothing of its group outlives this call; nor volon, killed by whatever,
            where the command reads nothing and is in no ticket, which would see to it.

    Raises:
        NotStarted: there is no such command, or it cannot be executed.
    """
    program = _program(processes, argv[0], cwd)
    with ExitStack() as stack:
        terminal = Terminal.beside(streams.source, (streams.out, streams.err), stack)
        within = terminal is None and _leads_ticket(env)
        forwarder = stack.enter_context(_forwarding(terminal, within=within, end=end))
        alone = end and not within and terminal is None and streams.source is None
        held = stack.enter_context(life()) if alone else None
        child, sources = _start(program, argv, cwd, env, streams, terminal, within=within, alive=held)
        for source in sources:
            stack.callback(source.close)
        forwarder.started(child)
        if terminal is not None and terminal.interactive and streams.source is not None:
            stack.enter_context(raw(streams.source))
        pump = _Pump(streams, terminal)
        pump.run(child, sources)
    return Attended(child.returncode, pump.out, pump.err, bytes(pump.tail), terminal is not None, forwarder.interrupted)


def _leads_ticket(env: Mapping[str, str]) -> bool:
    """Whether this process is the first one of a ticket: what reaches it as a signal reaches the whole of its group."""
    return bool(env.get("VOLON_TICKET")) and os.getpgrp() == os.getpid()


def become(processes: Processes, argv: Sequence[str], env: Mapping[str, str]) -> NoReturn:
    """Be a command of the user's from now on: the same process, so that whoever waits for this one waits for it.

    Arguments and errors are those of `attend`; it runs where this process stands.
    """
    program = _program(processes, argv[0], Path.cwd())
    before = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGPIPE, signal.SIGXFSZ)}
    try:
        os.execve(program, list(argv), dict(env))  # noqa: S606  no shell is the point
    except (OSError, ValueError) as error:
        for number, handler in before.items():
            signal.signal(number, handler)
        reason = f"{argv[0]} could not be started: {getattr(error, 'strerror', None) or error}"
        raise NotStarted(NOT_EXECUTABLE, reason) from error


def _program(processes: Processes, name: str, cwd: Path) -> str:
    if "/" in name:
        return str(cwd / name)
    try:
        return processes.resolve(name)
    except ProgramMissing as error:
        raise NotStarted(NOT_FOUND, error.message) from error


def _start(
    program: str,
    argv: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    streams: Streams,
    terminal: Terminal | None,
    *,
    within: bool,
    alive: int | None,
) -> tuple[subprocess.Popen[bytes], list[_Source]]:
    """Start the command; also give back where its outputs are read, and where they go."""
    keys = subprocess.DEVNULL if streams.source is None else streams.source
    if alive is not None:
        argv, program, keys = watched(program, argv), SHELL, alive
    outputs = (streams.out, streams.err)
    ends = [terminal.theirs if terminal and one.isatty() else subprocess.PIPE for one in outputs]
    held = _held() if within else ()
    try:
        child = subprocess.Popen(
            list(argv),
            executable=program,
            cwd=cwd,
            env=dict(env),
            stdin=terminal.theirs if terminal and terminal.interactive else keys,
            stdout=ends[0],
            stderr=ends[1],
            bufsize=0,
            start_new_session=not within,
            pass_fds=held,
            preexec_fn=terminal.own if terminal else None,  # noqa: PLW1509  volon has one thread
        )
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        missing = isinstance(error, FileNotFoundError | NotADirectoryError)
        reason = f"{argv[0]} could not be started: {getattr(error, 'strerror', None) or error}"
        raise NotStarted(NOT_FOUND if missing else NOT_EXECUTABLE, reason) from error
    finally:
        if terminal is not None:
            os.close(terminal.theirs)
        for fd in held:
            os.close(fd)
    pipes = ((child.stdout, streams.out), (child.stderr, streams.err))
    sources = [_Source(pipe.fileno(), target, pipe) for pipe, target in pipes if pipe is not None]
    if terminal is not None:
        sources.append(_Source(terminal.ours, streams.out if streams.out.isatty() else streams.err))
    return child, sources


def _held() -> tuple[int, ...]:
    """The log of the ticket that this process is, to be held by what it starts; nothing where its output is no file."""
    with suppress(OSError):
        if stat.S_ISREG(os.fstat(_LOG).st_mode):
            return (os.dup(_LOG),)
    return ()


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the command's output is read, and where it goes; `pipe` is to be closed, a terminal is closed elsewhere."""

    fd: int
    target: BinaryIO
    pipe: IO[bytes] | None = None

    def close(self) -> None:
        """Hear no more of it: who writes to a pipe learns that."""
        if self.pipe is not None:
            self.pipe.close()


class _Pump:
    """Carries what the command writes to where it belongs, and keys to its terminal."""

    def __init__(self, streams: Streams, terminal: Terminal | None) -> None:
        self._streams = streams
        self._keys = streams.source if terminal is not None and terminal.interactive else None
        self._typed_to = -1 if terminal is None else terminal.ours
        self.out, self.err, self.tail = Heard(), Heard(), bytearray()

    def run(self, child: subprocess.Popen[bytes], sources: Sequence[_Source]) -> None:
        """Until the command has ended, and what it had written by then has been read."""
        with selectors.DefaultSelector() as selector:
            for source in sources:
                os.set_blocking(source.fd, False)
                selector.register(source.fd, selectors.EVENT_READ, source)
            if self._keys is not None:
                selector.register(self._keys, selectors.EVENT_READ)
            while child.poll() is None and len(selector.get_map()) > (self._keys is not None):
                for key, _ in selector.select(_TICK_SECONDS):
                    open_still = self._type() if key.data is None else self._pass_on(key.data) is not None
                    if not open_still:
                        selector.unregister(key.fd)
            left = [key.data for key in selector.get_map().values() if key.data is not None]
        child.wait()
        for source in left:
            looks = _LAST_LOOKS
            while looks and self._pass_on(source):
                looks -= 1

    def _type(self) -> bool:
        typed = os.read(self._streams.source or 0, _PIECE)
        with suppress(OSError):
            os.write(self._typed_to, typed)
        return bool(typed)

    def _pass_on(self, source: _Source) -> bool | None:
        """Read once and pass it on: whether there was something; None when there will never be more."""
        try:
            piece = os.read(source.fd, _PIECE)
        except BlockingIOError:
            return False
        except OSError:
            # How a terminal says that nobody holds its other end any more.
            return None
        if not piece:
            return None
        heard = self.out if source.target is self._streams.out else self.err
        heard.size += len(piece)
        heard.digest.update(piece)
        self.tail += piece
        del self.tail[:-KEPT]
        if not _written(source.target, piece):
            source.close()
            return None if source.pipe is not None else True
        return True


def _written(target: BinaryIO, piece: bytes) -> bool:
    """Pass a piece on; not when its reader is gone: then the command learns of it as it would without volon."""
    try:
        number = target.fileno()
    except OSError:
        target.write(piece)
        return True
    while piece:
        try:
            # Past Python's buffer, which would try once more at the end, and complain.
            piece = piece[os.write(number, piece) :]
        except BlockingIOError:
            select.select([], [number], [])
        except OSError:
            return False
    return True


class _Forwarder:
    """What reaches volon goes on to the command; what came before it had started, as soon as it has.

    Args:
        terminal: the command's own.
        within: the command is in our group, where a signal has reached it already unless it had not started.
        ends: it has to end with volon.
    """

    def __init__(self, terminal: Terminal | None, *, within: bool, ends: bool) -> None:
        self._terminal, self._within, self._ends = terminal, within, ends
        self._child: subprocess.Popen[bytes] | None = None
        self._early: list[int] = []
        self.interrupted = False

    def started(self, child: subprocess.Popen[bytes]) -> None:
        """The command runs."""
        self._child = child
        for number in self._early:
            self._send(number)

    def forward(self, number: int, _frame: FrameType | None) -> None:
        """Pass a signal on to the command's group."""
        if self._ends and number in _INTERRUPTIONS:
            self.interrupted = True
            signal.setitimer(signal.ITIMER_REAL, _GRACE_SECONDS)
        if self._child is None:
            self._early.append(number)
        elif not self._within:
            self._send(number)

    def _send(self, number: int) -> None:
        if self._child is not None and self._child.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                (os.kill if self._within else os.killpg)(self._child.pid, number)

    def end(self, *_told: object) -> None:
        """Make all end that is left of the command's group."""
        signal.setitimer(signal.ITIMER_REAL, 0)
        if self._within:
            self._send(signal.SIGKILL)
        elif self._child is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """Stop the command, then volon itself; whoever lets volon go on lets the command go on."""
        self.forward(signal.SIGSTOP, None)
        os.kill(os.getpid(), signal.SIGSTOP)

    def resize(self, _number: int, _frame: FrameType | None) -> None:
        """The terminal has another size."""
        if self._terminal is not None:
            self._terminal.resize()


@contextmanager
def _forwarding(terminal: Terminal | None, *, within: bool, end: bool) -> Iterator[_Forwarder]:
    """Pass signals on for a while; those that are ignored here (as below nohup) stay ignored, here and there."""
    forwarder = _Forwarder(terminal, within=within, ends=end)
    if threading.current_thread() is not threading.main_thread():
        yield forwarder
        return
    handlers: dict[int, Callable[[int, FrameType | None], None]] = dict.fromkeys(_PASSED_ON, forwarder.forward)
    handlers |= {signal.SIGTSTP: forwarder.stop, signal.SIGWINCH: forwarder.resize}
    handlers |= {signal.SIGALRM: forwarder.end} if end else {}
    before = {
        number: signal.signal(number, handler)
        for number, handler in handlers.items()
        if signal.getsignal(number) not in (None, signal.SIG_IGN)
    }
    try:
        yield forwarder
    finally:
        for number, earlier in before.items():
            # The last one: by now nothing sets the alarm again.
            if number == signal.SIGALRM and forwarder.interrupted:
                forwarder.end()
            signal.signal(number, earlier)
