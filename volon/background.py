"""The third door to programs: tickets of a pipeline, which go on when volon is gone.

Promises: a list of words reaches its program as it is, no shell sees it; text is for `/bin/sh -c`. Each ticket has a
session of its own, reads nothing, and writes straight into its log, whose lock it holds as long as anything of it runs.
A small shell around it writes down that it begins, before it does, and how it ended: one line each, in the run's file
of witnesses, so that no ticket depends on volon being there to see its end. Of our descriptors it gets those two.

A dashboard starts volon itself in the same way, to run what is then not its own.

Source: contract §6 (pipeline); reliability §1.6; issue "the pipeline" (adoption, exit witness).
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import contextmanager, suppress

from volon.plain import NamedTuple
from volon.process import Processes, ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import FrameType

SHELL = "/bin/sh"
NOT_STARTED = 125
"""What the shell around a ticket ends with when it could not even write down that it begins."""
_AROUND = """\
exec 3>&0 </dev/null
trap : HUP INT TERM
echo "
S $0 $$" >&3 || exit 125
"$@" 3>&-
set -- $?
echo "
E $0 $1" >&3
exit $1
"""
"""No variable is set, because the environment may have one of that name. Each line
begins with the end of the one before, of which power loss or a full disk may have left half."""
_OF_ONE_REPOSITORY = frozenset(
    f"GIT_{name}"
    for name in (
        *("DIR", "WORK_TREE", "COMMON_DIR", "INDEX_FILE", "PREFIX", "OBJECT_DIRECTORY", "NAMESPACE"),
        *("ALTERNATE_OBJECT_DIRECTORIES", "SHALLOW_FILE", "GRAFT_FILE", "IMPLICIT_WORK_TREE"),
    )
)
"""What git tells its aliases and hooks about where they were called."""
_TICK_SECONDS = 0.01
_SAID = 1 << 16
_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Witnessed(NamedTuple):
    """What the file of witnesses says of an attempt: the shell around it, and its exit status once it has ended."""

    pid: int
    exit_status: int | None = None


class Worker:
    """A ticket that was started by this process.

    Args:
        pid: of the shell around it, which leads its session.
    """

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._handle = -1
        # Where the system has no such thing, everything is looked at a little more often.
        with suppress(AttributeError, OSError):
            self._handle = os.pidfd_open(pid)

    @property
    def handle(self) -> int:
        """What becomes readable when it is over; -1 where the system has no such thing."""
        return self._handle

    def is_over(self) -> bool:
        """Whether the shell around it has ended; its group's number is not given to others before `reap`."""
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def leave(self) -> None:
        """Let go of it."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def reap(self) -> int:
        """Its exit status, or the negative number of the signal that ended the shell around it."""
        self.leave()
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


class Launcher:
    """Starts tickets.

    Args:
        env: what volon was given; a ticket's own variables come on top.
        witnesses: the descriptor of the file of witnesses.
    """

    def __init__(self, env: Mapping[str, str], witnesses: int) -> None:
        self._env, self._witnesses = dict(env), witnesses
        self._paths: dict[str, Processes] = {}

    def start(
        self, tag: str, argv: Sequence[str], text: str, env: Mapping[str, str], log: int, *, apart: bool = False
    ) -> Worker:
        """Start a ticket, in the directory that this process stands in.

        Args:
            tag: what it is called in the file of witnesses; one word.
            argv: the words to run; when empty, `text` is for a shell.
            text: see `argv`.
            env: variables on top.
            log: where it writes; stays open here.
            apart: that is another working tree than volon was called in, so that git must look where it is.

        Raises:
            ProgramMissing: there is no such program.
        """
        given = {name: value for name, value in self._env.items() if not (apart and name in _OF_ONE_REPOSITORY)}
        whole = {**given, **env}
        words = [SHELL, "-c", text] if not argv else [self._program(argv[0], whole), *argv[1:]]
        ends = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in ((self._witnesses, 0), (log, 1), (log, 2))]
        try:
            # Every other descriptor of ours closes by itself.
            pid = os.posix_spawn(
                SHELL,
                [SHELL, "-c", _AROUND, tag, *words],
                whole,
                file_actions=ends,
                setsid=True,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except (OSError, ValueError) as error:
            raise ProgramMissing(f"{words[0]} could not be started", causes=[str(error)]) from error
        return Worker(pid)

    def _program(self, name: str, env: Mapping[str, str]) -> str:
        """The shell must not take a word for one of its own commands, so that it gets a path."""
        if "/" in name:
            return name
        path = env.get("PATH", os.defpath)
        if path not in self._paths:
            self._paths[path] = Processes({"PATH": path})
        return self._paths[path].resolve(name)


class Apart:
    """volon itself, in a session of its own, which goes on when this process is gone; heard until then.

    Args:
        words: its arguments.
        env: its whole environment.

    Raises:
        ProgramMissing: it could not be started.
    """

    def __init__(self, words: Sequence[str], env: Mapping[str, str]) -> None:
        self._heard, theirs = os.pipe()
        os.set_blocking(self._heard, False)
        ends = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, flags, 0) for fd, flags in ((0, os.O_RDONLY), (1, os.O_RDWR))]
        # `-P`: what lies in the directory it stands in is no part of volon.
        argv = [sys.executable, "-P", "-m", "volon", *words]
        try:
            pid = os.posix_spawn(
                argv[0],
                argv,
                dict(env),
                file_actions=[*ends, (os.POSIX_SPAWN_DUP2, theirs, 2)],
                setsid=True,
                setsigdef=_IGNORED_BY_PYTHON,
            )
        except (OSError, ValueError) as error:
            os.close(self._heard)
            raise ProgramMissing("volon could not be started once more", causes=[str(error)]) from error
        finally:
            os.close(theirs)
        self._worker, self._said = Worker(pid), b""

    @property
    def pid(self) -> int:
        """Its process."""
        return self._worker.pid

    def over(self) -> tuple[int, str] | None:
        """Its exit code and what it wrote to stderr, once it has ended; None until then. Not to be asked again."""
        with suppress(BlockingIOError):
            self._said = (self._said + os.read(self._heard, _SAID))[-_SAID:]
        if not self._worker.is_over():
            return None
        with suppress(BlockingIOError):
            self._said = (self._said + os.read(self._heard, _SAID))[-_SAID:]
        self.leave()
        return self._worker.reap(), self._said.decode("utf-8", "replace")

    def leave(self) -> None:
        """Hear no more of it."""
        os.close(self._heard)
        self._worker.leave()


def wait(workers: Iterable[Worker], seconds: float) -> None:
    """Wait until one of them is over, or a signal came, for at most so long."""
    poll = select.poll()
    blind = False
    for worker in workers:
        if worker.handle < 0:
            blind = True
        else:
            poll.register(worker.handle, select.POLLIN)
    poll.poll(1000 * (min(seconds, _TICK_SECONDS) if blind else seconds))


def signal_group(pid: int, number: signal.Signals) -> bool:
    """Send a signal to a ticket and whatever it started, as far as that has not left its group; whether it was sent."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return True
    return False


def witnesses(data: bytes, known: dict[str, Witnessed]) -> int:
    """Take in lines of the file of witnesses; a line that is none is passed over. Returns where the last one ended."""
    end = data.rfind(b"\n") + 1
    for line in data[:end].decode("ascii", "replace").split("\n"):
        words = line.split(" ")
        if len(words) != 3 or not words[2].isdecimal():  # noqa: PLR2004  a letter, a tag, a number
            continue
        letter, tag, number = words
        if letter == "S":
            known[tag] = Witnessed(int(number))
        elif letter == "E" and tag in known:
            known[tag] = Witnessed(known[tag].pid, int(number))
    return end


@contextmanager
def standing_in(directory: str) -> Iterator[None]:
    """Let this process stand in a directory for a while, and so what it starts."""
    before = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.chdir(directory)
        yield
    finally:
        os.fchdir(before)
        os.close(before)


@contextmanager
def interruptions(note: Callable[[str], None]) -> Iterator[None]:
    """Be told of Ctrl-C, a polite kill or a lost terminal instead of ending by it; what is ignored stays ignored."""

    def told(number: int, _frame: FrameType | None) -> None:
        note("Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, told)
        for number in _SIGNALS
        if signal.getsignal(number) not in (None, signal.SIG_IGN)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
