r"""The keeper of a run's tickets: a process that starts them, outlives who asked for it, and tells how they ended.

It is nobody's runner: it decides nothing. What it is told comes over a pipe, a request after the other; when that pipe
ends, because the runner has left or was killed, it does what was still in it, lets go of the runner's lock, and stays
until the last ticket has ended. For each it writes into the run's file of witnesses, before the ticket begins, once it
has a process, and once it has ended:

    \nS <ticket>.<attempt> 0\n
    \nS <ticket>.<attempt> <pid> <birth>\n
    \nE <ticket>.<attempt> <exit status>\n

Where the machine had no room for a ticket that is 125, with the number of the error behind it, and no command of it has
begun. The last is also said to the runner. Each line begins with the end of the one before, of which power loss or a
full disk may have left half. It holds the lock of a ticket's log until the end is written, so that whoever finds the
log free finds the witness as well. What cannot be written down of a ticket that has begun is written once it can be. It
imports no other part of volon: a bare interpreter is at work in ten milliseconds.

Source: contract §6 (pipeline); reliability §1.6; issue "the pipeline" (adoption, exit witness).
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

SHELL = b"/bin/sh"
NOT_STARTED = 125
"""What an attempt ends with when it could not even be written down that it begins, or there was no room for it."""
SCARCE = frozenset({errno.EMFILE, errno.ENFILE, errno.EAGAIN, errno.ENOMEM})
"""What a machine lacks for a while: descriptors, processes, memory. No ticket is to blame for that."""
_BAD_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})
TOLD, SAID, WITNESSES, LOGS, LOCK = 0, 1, 3, 4, 5
"""The descriptors that it is started with; the directory it stands in is the run's."""
SIZE = 4
"""Each request begins with its length, in so many bytes; its words are separated by NUL."""
OF_ONE_REPOSITORY = frozenset(
    f"GIT_{name}".encode()
    for name in (
        *("DIR", "WORK_TREE", "COMMON_DIR", "INDEX_FILE", "PREFIX", "OBJECT_DIRECTORY", "NAMESPACE"),
        *("ALTERNATE_OBJECT_DIRECTORIES", "SHALLOW_FILE", "GRAFT_FILE", "IMPLICIT_WORK_TREE"),
    )
)
"""What git tells its aliases and hooks about where they were called."""
IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)
_BY_SIGNAL, _NOT_FOUND, _NOT_RUN = 128, 127, 126
_PIECE = 1 << 16
_LITTLE = 1 << 12
_LOG = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_STATE, _START = 0, 19
"""Where /proc/PID/stat has them, counted after the name of the program."""
_AGAIN_MS = 1000


class _Ticket:
    """One that runs: its tag, its log, and whether somebody had it told to end."""

    __slots__ = ("log", "pid", "tag", "told")

    def __init__(self, tag: bytes) -> None:
        self.tag, self.log, self.pid, self.told = tag, -1, 0, False


class Keeper:
    """See the module."""

    def __init__(self) -> None:
        # What else whoever called volon has left open is no ticket's.
        os.closerange(LOCK + 1, os.sysconf("SC_OPEN_MAX"))
        for fd in (TOLD, SAID, WITNESSES, LOGS, LOCK):
            os.set_inheritable(fd, False)  # noqa: FBT003  what is set
        os.set_blocking(SAID, False)
        self._woken, writing = os.pipe()
        for fd in (self._woken, writing):
            os.set_blocking(fd, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # What was ignored stays ignored, here and in what is started.
            if number == signal.SIGCHLD or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, _nothing)
        # Whoever started volon may have blocked the signal by which an end is heard of; no ticket inherits that either.
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        self._null = os.open(os.devnull, os.O_RDONLY)
        self._root = os.open(".", os.O_RDONLY | os.O_DIRECTORY)
        self._env: dict[bytes, bytes] = {}
        self._by_pid: dict[int, _Ticket] = {}
        self._by_tag: dict[bytes, _Ticket] = {}
        self._asked = self._unsaid = self._owed = b""
        self._here = here()
        self._heard = True

    def run(self) -> None:
        """Keep, until nobody asks any more and nothing runs."""
        self._witness(b"K %d" % os.getpid())
        self._say(b"K\n")
        while self._heard or self._by_pid:
            poll = select.poll()
            poll.register(self._woken, select.POLLIN)
            if self._heard:
                poll.register(TOLD, select.POLLIN)
            if self._unsaid:
                # Whoever does not listen now is told the rest once it does.
                poll.register(SAID, select.POLLOUT)
            for fd, _ in poll.poll(_AGAIN_MS if self._owed else None):
                if fd == self._woken:
                    os.read(self._woken, _LITTLE)
                elif fd == TOLD:
                    self._take_in()
                else:
                    self._say(b"")
            self._bury()
            self._witness(b"")

    def _take_in(self) -> None:
        """Do what was asked for since; the end of it is the end of who asked."""
        data = os.read(TOLD, _PIECE)
        if not data:
            self._heard = False
            # Until here something might have been started; from here on nothing is.
            os.close(LOCK)
        self._asked += data
        while len(self._asked) >= SIZE:
            end = SIZE + int.from_bytes(self._asked[:SIZE], "big")
            if len(self._asked) < end:
                break
            request, self._asked = self._asked[SIZE:end], self._asked[end:]
            words = request.split(b"\0")
            getattr(self, f"_do_{words[0].decode()}")(words[1:])

    def _do_env(self, words: list[bytes]) -> None:
        """The environment of all tickets."""
        self._env = dict(zip(words[::2], words[1::2], strict=True))

    def _do_signal(self, words: list[bytes]) -> None:
        """Tell a ticket to end, if it has not ended by itself."""
        self._bury()
        ticket = self._by_tag.get(words[0])
        if ticket is not None:
            ticket.told = True
            _signal_group(ticket.pid, int(words[1]))

    def _do_start(self, words: list[bytes]) -> None:
        """Start a ticket: its tag, where it stands, how many variables it has of its own, these, and its words."""
        tag, where, count = words[0], words[1], 3 + 2 * int(words[2])
        env = self._env
        if where:
            env = {name: value for name, value in env.items() if name not in OF_ONE_REPOSITORY}
        env = {**env, **dict(zip(words[3:count:2], words[4:count:2], strict=True))}
        ticket, status = _Ticket(tag), NOT_STARTED
        try:
            ticket.log = os.open(tag + b".log", _LOG, dir_fd=LOGS)
            fcntl.flock(ticket.log, fcntl.LOCK_EX)
            _begin(tag)
            status = _NOT_RUN
            os.chdir(where or self._root)
            ticket.pid = self._spawn(words[count:], env, ticket.log)
        except (OSError, ValueError, MemoryError) as error:
            self._not_started(ticket, status, words[count], error)
        else:
            self._by_pid[ticket.pid] = self._by_tag[tag] = ticket
            self._began(ticket)
        finally:
            if where:
                self._step_back()

    def _step_back(self) -> None:
        """Who stands in a working tree keeps it from being taken away."""
        try:
            os.chdir(self._root)
        except OSError:
            return

    def _not_started(self, ticket: _Ticket, status: int, program: bytes, error: Exception) -> None:
        """What cannot be started is that ticket's trouble alone, unless it is the machine's."""
        lacks = scarce(error)
        if status == NOT_STARTED and isinstance(error, OSError) and error.errno in _BAD_DISK:
            lacks = error.errno
        if lacks:
            status = NOT_STARTED
        elif status != NOT_STARTED:
            status = _NOT_FOUND if isinstance(error, FileNotFoundError | NotADirectoryError) else status
            said = os.fsencode(getattr(error, "strerror", None) or str(error))
            _write(ticket.log, b"%s: %s\n" % (program, said))
        self._ended(ticket, status, lacks)

    def _began(self, ticket: _Ticket) -> None:
        line = b" ".join((b"S", ticket.tag, b"%d" % ticket.pid, *birth(ticket.pid, self._here)))
        if not self._witness(line):
            self._say(line + b"\n")

    def _spawn(self, words: list[bytes], env: dict[bytes, bytes], log: int) -> int:
        ends = [(os.POSIX_SPAWN_DUP2, ours, theirs) for ours, theirs in ((self._null, 0), (log, 1), (log, 2))]

        def spawn(program: bytes, argv: list[bytes]) -> int:
            # Every other descriptor of ours closes by itself.
            return os.posix_spawn(program, argv, env, file_actions=ends, setsid=True, setsigdef=IGNORED_BY_PYTHON)

        try:
            return spawn(words[0], words)
        except OSError as error:
            if error.errno != errno.ENOEXEC:
                raise
            # A script that does not say who reads it is for the shell.
            return spawn(SHELL, [SHELL, *words])

    def _bury(self) -> None:
        """Write down the end of what has ended."""
        while self._by_pid:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return
            ticket = self._by_pid.pop(found.si_pid, None)
            by_itself = found.si_code == os.CLD_EXITED
            if ticket is not None and (ticket.told or not by_itself):
                # Who was killed could not see to what it had started.
                # The number of the group is still ours, because its leader was not reaped.
                _signal_group(ticket.pid, signal.SIGKILL)
            os.waitpid(found.si_pid, 0)
            if ticket is not None:
                del self._by_tag[ticket.tag]
                self._ended(ticket, found.si_status if by_itself else _BY_SIGNAL + found.si_status)

    def _ended(self, ticket: _Ticket, status: int, lacks: int = 0) -> None:
        line = b"E %s %d" % (ticket.tag, status) + (b" %d" % lacks if lacks else b"")
        self._witness(line)
        if ticket.log >= 0:
            os.close(ticket.log)
        told = b"T %s 1\n" % ticket.tag if ticket.told else b""
        self._say(b"S %s %d\n%s%s\n" % (ticket.tag, ticket.pid, told, line))

    def _witness(self, line: bytes) -> bool:
        """Write down a line, and those that could not be so far; whether nothing is left."""
        self._owed += b"\n%s\n" % line if line else b""
        if self._owed and _write(WITNESSES, self._owed):
            self._owed = b""
        return not self._owed

    def _say(self, line: bytes) -> None:
        """Tell the runner, as soon as it listens; once it is gone the witness has to do."""
        self._unsaid += line
        if not self._unsaid:
            return
        try:
            self._unsaid = self._unsaid[os.write(SAID, self._unsaid) :]
        except BlockingIOError:
            return
        except OSError:
            self._unsaid = b""


def _write(fd: int, data: bytes) -> bool:
    """Whether all of it could be written."""
    try:
        return os.write(fd, data) == len(data)
    except OSError:
        return False


def _begin(tag: bytes) -> None:
    line = b"\nS %s 0\n" % tag
    if os.write(WITNESSES, line) != len(line):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def scarce(error: BaseException | None) -> int:
    """The number of the error by which the machine says that it has no room, if that is what is behind this one."""
    while error is not None:
        if isinstance(error, MemoryError):
            return errno.ENOMEM
        if isinstance(error, OSError) and error.errno in SCARCE:
            return error.errno
        error = error.__cause__
    return 0


def here() -> bytes:
    """What a number of a process means something within: the boot of the machine, and a namespace of its processes."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:  # noqa: PTH123  pathlib is not loaded
            boot = file.read(8)
        return boot + b"." + os.fsencode(os.readlink("/proc/self/ns/pid")).strip(b"pid:[]")  # noqa: PTH115  as above
    except OSError:
        return b""


def standing(pid: int) -> list[bytes]:
    """What the system says of a process, from its state to its start and the rest as one; nothing of one not there."""
    try:
        # Plain calls cost half of what a file object does, and each ticket is asked for.
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    except OSError:
        return []
    try:
        return os.read(fd, _LITTLE).rpartition(b")")[2].split(None, _START + 1)
    except OSError:
        return []
    finally:
        os.close(fd)


def birth(pid: int, where: bytes) -> list[bytes]:
    """What tells a living process from all that have its number before and after; nothing where nobody can say.

    Args:
        pid: its number.
        where: see `here`.
    """
    fields = standing(pid)
    return [fields[_START] + b"." + where] if where and len(fields) > _START and fields[_STATE] not in b"ZX" else []


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except OSError:
        return


def _nothing(_number: int, _frame: FrameType | None) -> None:
    """A ticket has ended, or somebody asks this process to end, which it does by itself."""


def main() -> None:
    """Be the keeper of a run; to be called in a process of its own, with the descriptors at the top."""
    Keeper().run()
    os._exit(0)
