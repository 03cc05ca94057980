"""The third door to programs: tickets of a pipeline, which go on when volon is gone.

Promises: a list of words reaches its program as it is, no shell sees it; text is for `/bin/sh -c`. Each ticket has a
session of its own, reads nothing, and writes straight into its log, whose lock is held as long as anything of it runs.
A keeper (`volon.keeper`), one process for all tickets of a runner, starts them; it writes down that one begins, before
it does, and how it ended, so that no ticket depends on volon being there to see its end. Of our descriptors a ticket
gets its log alone.

Source: contract §6 (pipeline); reliability §1.6; issue "the pipeline" (adoption, exit witness).
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import threading
from contextlib import contextmanager, suppress

from volon.keeper import IGNORED_BY_PYTHON, SHELL, SIZE, birth, here, standing
from volon.plain import NamedTuple
from volon.process import Processes, ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import FrameType

_BE_THE_KEEPER = "import sys; sys.path.append(sys.argv[1]); from volon.keeper import main; main()"
"""The interpreter is bare, and looks here last: it is at work soon, and nothing takes a name from it."""
_HOME = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120  pathlib is not loaded
_SAID = 1 << 16
_HIGH = 10
_LONGEST = 4
"""So many digits has the number of an error, at most."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Witnessed(NamedTuple):
    """What is known of an attempt.

    Attributes:
        pid: of its first process, which leads its group; 0 when it was about to begin, and nobody saw that it had one.
        exit_status: once it has ended.
        told: it was told to end before it did.
        birth: what tells that process from others of its number; empty where nobody saw it.
        lacks: the number of the error by which the machine refused to start it; nothing of it has begun then.
    """

    pid: int
    exit_status: int | None = None
    told: bool = False
    birth: str = ""
    lacks: int = 0


class Ends(NamedTuple):
    """What a keeper holds for its runner, as descriptors: the witnesses, the directory of logs, the runner's lock."""

    witnesses: int
    logs: int
    lock: int


class Kept:
    """The keeper of tickets, as this process has it.

    Args:
        env: what volon was given.
        ends: see there.

    Raises:
        ProgramMissing: it cannot be started.

    Attributes:
        gone: it has died; what it had started goes on, and nobody sees its end.
        heard: it has been at work.
    """

    def __init__(self, env: Mapping[str, str], ends: Ends) -> None:
        self.gone = self.heard = False
        told, self._tell = os.pipe()
        self.said, says = os.pipe()
        os.set_blocking(self.said, False)
        # The numbers are those at the top of `volon.keeper`; none of ours is so low that one would overwrite another.
        high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, _HIGH) for fd in (told, says, *ends)]
        actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
            (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_RDWR, 0)
        ]
        actions += [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in zip(high, (0, 1, 3, 4, 5), strict=True)]
        argv = [sys.executable, "-I", "-S", "-c", _BE_THE_KEEPER, _HOME]
        try:
            self._pid = os.posix_spawn(
                argv[0], argv, dict(env), file_actions=actions, setsid=True, setsigdef=IGNORED_BY_PYTHON
            )
        except (OSError, ValueError) as error:
            os.close(self._tell)
            os.close(self.said)
            raise ProgramMissing("the keeper of tickets could not be started", causes=[str(error)]) from error
        finally:
            for fd in (told, says, *high):
                os.close(fd)
        self._unread = b""
        self.tell("env", *(word for pair in env.items() for word in pair))

    def tell(self, *words: str) -> None:
        """Ask it for something; when it has died, what is said to it is not heard.

        Raises:
            ValueError: a word with a NUL in it.
        """
        request = os.fsencode("\0".join(words))
        if request.count(b"\0") != len(words) - 1:
            raise ValueError("embedded null byte")
        request = len(request).to_bytes(SIZE, "big") + request
        with suppress(BrokenPipeError):
            while request:
                request = request[os.write(self._tell, request) :]

    def rouse(self) -> None:
        """Let it go on, if somebody has stopped it: it is a child of ours, so that nobody else has its number."""
        os.kill(self._pid, signal.SIGCONT)

    def hear(self) -> bytes:
        """What it has said since, in whole lines, as in the file of witnesses."""
        try:
            data = os.read(self.said, _SAID)
        except BlockingIOError:
            return b""
        if not data:
            self.gone = True
        self.heard = self.heard or bool(data)
        whole, end, self._unread = (self._unread + data).rpartition(b"\n")
        return whole + end

    def leave(self, *, settled: bool) -> None:
        """Let go of it; with `settled` nothing of it runs, and it ends by itself at once."""
        os.close(self._tell)
        os.close(self.said)
        if settled:
            os.waitpid(self._pid, 0)


class Launcher:
    """Starts tickets, in the directory that this process stands in when the first one starts.

    Args:
        env: what volon was given; a ticket's own variables come on top.
        ends: what their keeper needs.
    """

    def __init__(self, env: Mapping[str, str], ends: Ends) -> None:
        self._env, self._ends = dict(env), ends
        self._paths: dict[str, Processes] = {}
        self._kept: Kept | None = None

    def start(self, tag: str, argv: Sequence[str], text: str, env: Mapping[str, str], where: str = "") -> Kept:
        """Have a ticket started.

        Args:
            tag: what it is called in the file of witnesses; one word.
            argv: the words to run; when empty, `text` is for a shell.
            text: see `argv`.
            env: variables on top.
            where: another working tree than volon was called in, so that git must look where it is.

        Raises:
            ProgramMissing: there is no such program.
        """
        words = [SHELL.decode(), "-c", text] if not argv else [self._program(argv[0], env), *argv[1:]]
        if self._kept is None or self._kept.gone:
            self.leave(settled=False)
            self._kept = Kept(self._env, self._ends)
        try:
            own = (word for pair in env.items() for word in pair)
            self._kept.tell("start", tag, where, str(len(env)), *own, *words)
        except ValueError as error:
            raise ProgramMissing(f"{words[0]} could not be started", causes=[str(error)]) from error
        return self._kept

    @property
    def said(self) -> int:
        """What becomes readable when there is something to hear; -1 when nobody could say anything."""
        return -1 if self._kept is None or self._kept.gone else self._kept.said

    def hear(self) -> bytes:
        """See `Kept.hear`."""
        return self._kept.hear() if self._kept is not None and not self._kept.gone else b""

    def leave(self, *, settled: bool) -> None:
        """See `Kept.leave`."""
        if self._kept is not None:
            self._kept.leave(settled=settled or self._kept.gone)
            self._kept = None

    def _program(self, name: str, env: Mapping[str, str]) -> str:
        """No shell looks for it, and it is not looked for in the current directory."""
        if "/" in name:
            return name
        path = env.get("PATH", self._env.get("PATH", os.defpath))
        if path not in self._paths:
            self._paths[path] = Processes({"PATH": path})
        return self._paths[path].resolve(name)


def wait(said: int, seconds: float) -> None:
    """Wait until there is something to hear, if anybody could say it, or a signal came, for at most so long."""
    poll = select.poll()
    if said >= 0:
        poll.register(said, select.POLLIN)
    poll.poll(1000 * seconds)


def names(run: str, tag: str) -> dict[str, str]:
    """The variables that exactly this attempt has."""
    ticket, _, attempt = tag.rpartition(".")
    return {"VOLON_RUN": run, "VOLON_TICKET": ticket, "VOLON_ATTEMPT": attempt}


def is_attempt(found: Witnessed, run: str, tag: str) -> bool:
    """Whether that very process lives and is this attempt's, as far as the system tells; a number alone is no proof.

    It is when it was born as the witness says, whatever it made of its variables since, or when it has these.
    """
    if found.birth and birth(found.pid, here()) == [os.fsencode(found.birth)]:
        return True
    try:
        with open(f"/proc/{found.pid}/environ", "rb") as file:  # noqa: PTH123  pathlib is not loaded
            has = file.read().split(b"\0")
    except OSError:
        return False
    return all(os.fsencode(f"{name}={value}") in has for name, value in names(run, tag).items())


def is_stopped(pid: int) -> bool:
    """Whether somebody has stopped a process, which can go on."""
    return standing(pid)[:1] in ([b"T"], [b"t"])


def group_of(pid: int) -> list[int]:
    """The processes of a group, also of one whose leader is gone; none where the system does not tell."""
    with suppress(OSError):
        # Of what is said of a process the third word, behind its state and its parent, is its group.
        return [int(one) for one in os.listdir("/proc") if one.isdigit() and standing(int(one))[2:3] == [b"%d" % pid]]  # noqa: PTH208  pathlib is not loaded
    return []


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
        if len(words) < 3 or not words[2].isdecimal():  # noqa: PLR2004  a letter, a tag, a number
            continue
        letter, tag, number, *more = words
        if letter == "S" and (tag not in known or int(number)):
            known[tag] = Witnessed(int(number), birth="".join(more))
        elif letter == "E" and more and more[0].isdecimal() and len(more[0]) <= _LONGEST:
            known[tag] = Witnessed(0, int(number), lacks=int(more[0]))
        elif letter == "E" and tag in known:
            known[tag] = known[tag]._replace(exit_status=int(number))
        elif letter == "T" and tag in known:
            known[tag] = known[tag]._replace(told=True)
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
