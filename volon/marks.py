"""What hooks remember of agents' sessions, in small files of one working tree's git directory: the door to these.

Each session has a file of its own, so that sessions side by side never meet; a line is added with one write. All of it
is derived: without it a brief is said once more, or an interruption is not noticed. None of it is durable, none of it
grows: at most `MOST` files of `LONGEST` bytes. As in the store no link is followed on the way to them. Loaded by every
hook, so next to nothing is imported.

Source: issue "Where agents live" (idempotent; interruption); performance (row 1).
"""

from __future__ import annotations

import os

from volon import gitfiles
from volon.digests import sha256
from volon.model.quick import whole_number

MOST, LONGEST = 64, 16 << 10
FAILURES = "volon/hook-failures"
_SESSIONS = "volon/sessions"
_APPEND = os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_DAY_NS = 24 * 3600 * 10**9
_SHELLS = frozenset((b"sh", b"bash", b"dash", b"zsh", b"ash", b"ksh", b"fish", b"busybox", b"git"))
"""What stands between an agent and its hook, and is gone when that is."""
_MOST_ABOVE = 8
_LINE = 1000
_PARENT, _SESSION, _TERMINAL, _START = 1, 3, 4, 19
_DEAD = frozenset((b"Z", b"X"))
BEGINS, ENDED = b"begins", b"ended"
"""The lines of a session that begins, or goes on, and of one that said it was over."""
_FIELDS, _BEGAN, _BEGUN, _NAME_LENGTH = 5, 3, 3, 16


class Mark:
    """What is remembered of one session.

    Attributes:
        name: of its file.
        agent, transcript: as the agent said; empty where it did not.
        began_ns: when it began here.
        touched_ns: when something of it was last heard.
        lines: what was noted since it began.
    """

    __slots__ = ("agent", "began_ns", "lines", "name", "process", "touched_ns", "transcript", "where")

    def __init__(self, name: str, data: bytes, touched_ns: int) -> None:
        first, *lines = data.split(b"\n")
        fields = [os.fsdecode(field) for field in first.split(b"\t")]
        began_ns = whole_number(fields[_BEGAN]) if len(fields) == _FIELDS else None
        whole = fields if began_ns is not None else [""] * _FIELDS
        self.agent, self.where, self.process, _, self.transcript = whole
        self.name, self.began_ns, self.touched_ns = name, began_ns or 0, touched_ns
        self.lines = [self._heard(line) for line in lines]

    def _heard(self, line: bytes) -> bytes:
        """A line; one that begins the session once more says in which process it goes on."""
        words = line.split(b"\t")
        if words[0] != BEGINS or len(words) != _BEGUN:
            return line
        self.where, self.process = os.fsdecode(words[1]), os.fsdecode(words[2])
        return BEGINS

    def heard_ns(self) -> int:
        """When its own record was last written, or without one when a hook of it last ran."""
        return _touched(self.transcript) or self.touched_ns

    def is_over(self, now_ns: int) -> bool:
        """Whether the session has ended: it said so, its process or machine is gone, or for a day nothing was heard."""
        if next((line for line in reversed(self.lines) if line in {BEGINS, ENDED}), BEGINS) == ENDED:
            return True
        then, now = self.where.split(" "), here().split(" ")
        is_gone = then[1:2] != now[1:2] or (then == now and _process(self.process.partition(".")[0]) != self.process)
        if self.process and then[:1] == now[:1] and is_gone:
            return True
        return now_ns - max(self.touched_ns, _touched(self.transcript)) > _DAY_NS


def name_of(session: str) -> str:
    """The name of a session's file."""
    return sha256(session.encode("utf-8", "replace"))[:_NAME_LENGTH]


def note(git_dir: str, session: str, agent: str, transcript: str, line: bytes) -> tuple[Mark, int] | None:
    """Add a line to what is remembered of a session, which begins with the first one.

    Args:
        git_dir: of the working tree.
        session: names its file.
        agent: who says so.
        transcript: its own record; empty where none was named.
        line: without its end; nothing where only the beginning counts.

    Returns:
        The mark with the line, and how many nanoseconds before there was something else; None where none is kept.
    """
    try:
        fd = _opened(git_dir, session)
    except OSError:
        return None
    try:
        before = os.fstat(fd)
        if not before.st_size:
            line = _joined(agent, here(), _caller(), str(before.st_mtime_ns), transcript) + b"\n" + line
        elif line == BEGINS:
            line += b"\t" + _joined(here(), _caller())
        if line and before.st_size < LONGEST:
            os.write(fd, line + b"\n" * (line[-1:] != b"\n"))
        after = os.fstat(fd)
        return Mark(session, os.pread(fd, 2 * LONGEST, 0), after.st_mtime_ns), after.st_mtime_ns - before.st_mtime_ns
    except OSError:
        return None
    finally:
        os.close(fd)


def others(git_dir: str) -> list[Mark]:
    """What is remembered of all sessions, those that cannot be read left out."""
    directory, found = f"{git_dir}/{_SESSIONS}", []
    for name in () if _is_linked(git_dir) else _names(directory):
        try:
            touched = os.lstat(f"{directory}/{name}").st_mtime_ns
        except OSError:
            continue
        found.append(Mark(name, gitfiles.content(f"{directory}/{name}", 2 * LONGEST), touched))
    return found


def claim(git_dir: str, mark: Mark, what: bytes = b"settles") -> bool:
    """Whether this process is to do what a session leaves to be done: no other one that claimed that lives."""
    what += b" "
    own = what + _process(os.getpid()).encode()
    noted = note(git_dir, mark.name, mark.agent, mark.transcript, own)
    if noted is None or own not in noted[0].lines:
        return True
    before = noted[0].lines[: noted[0].lines.index(own)]
    claims = (line.partition(b" ")[2].decode("ascii", "replace") for line in before if line.startswith(what))
    return not any(one and _process(one.partition(".")[0]) == one for one in claims)


def forget(git_dir: str, mark: Mark) -> None:
    """Remember a session no more, unless it has begun again since it was looked at."""
    path = f"{git_dir}/{_SESSIONS}/{mark.name}"
    now = Mark(mark.name, gitfiles.content(path, 2 * LONGEST), 0)
    if now.lines.count(BEGINS) > mark.lines.count(BEGINS):
        return
    try:
        os.unlink(path)
    except OSError:
        return


def note_failure(git_dir: str, line: str) -> None:
    """Keep a line about a hook that could not do its work; of older ones as many as there is room for."""
    if _is_linked(git_dir):
        return
    try:
        fd = os.open(f"{git_dir}/{FAILURES}", _APPEND | os.O_CREAT, 0o600)
    except OSError:
        return
    try:
        if os.fstat(fd).st_size > LONGEST:
            kept = os.pread(fd, 2 * LONGEST, 0)[-LONGEST // 2 :].partition(b"\n")[2]
            os.ftruncate(fd, 0)
            os.write(fd, kept)
        os.write(fd, os.fsencode(line[:_LINE].replace("\n", " ")) + b"\n")
    except OSError:
        return
    finally:
        os.close(fd)


def by_hand() -> bool:
    """Whether a person typed what runs: in the shell of a terminal, with nothing but shells between."""
    pid: str | int = os.getppid()
    for _ in range(_MOST_ABOVE):
        name, fields = _standing(pid)
        if name not in _SHELLS or len(fields) <= _TERMINAL:
            return False
        if int(fields[_SESSION]) == int(pid) and fields[_TERMINAL] != b"0":
            return True
        pid = int(fields[_PARENT])
    return False


def here() -> str:
    """What the number of a process means something within: the machine, its boot, a namespace of its processes."""
    boot = gitfiles.content("/proc/sys/kernel/random/boot_id")[:8].decode("ascii", "replace")
    try:
        pids = os.readlink("/proc/self/ns/pid")
    except OSError:
        pids = ""
    return f"{os.uname().nodename} {boot} {pids}"


def _is_linked(git_dir: str) -> bool:
    """Whether a directory of volon's own is a link: git never makes one, but an archive can have it."""
    return os.path.islink(f"{git_dir}/volon") or os.path.islink(f"{git_dir}/{_SESSIONS}")


def _opened(git_dir: str, name: str) -> int:
    """The file of a session, made where it is not there and there is room for one more; OSError where none is kept."""
    directory = f"{git_dir}/{_SESSIONS}"
    if _is_linked(git_dir):
        raise OSError(directory)
    try:
        return os.open(f"{directory}/{name}", _APPEND)
    except FileNotFoundError:
        pass
    if len(_names(directory)) >= MOST:
        raise FileNotFoundError
    for one in (os.path.dirname(directory), directory):
        # Nobody else's to read; of directories above the last, `makedirs` leaves that to the umask.
        try:  # noqa: SIM105  loads one module less
            os.mkdir(one, 0o700)
        except FileExistsError:
            pass
    return os.open(f"{directory}/{name}", _APPEND | os.O_CREAT, 0o600)


def _joined(*fields: str) -> bytes:
    return b"\t".join(os.fsencode(field.replace("\t", "").replace("\n", "")) for field in fields)


def _names(directory: str) -> list[str]:
    try:
        return sorted(os.listdir(directory))[:MOST]
    except OSError:
        return []


def _touched(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns if path else 0
    except (OSError, ValueError):
        return 0


def _standing(pid: str | int) -> tuple[bytes, list[bytes]]:
    """The name of a process and what the system says of it from its state on; nothing where it cannot be asked."""
    before, _, after = gitfiles.content(f"/proc/{pid}/stat").rpartition(b")")
    return before.partition(b"(")[2], after.split()


def _process(pid: str | int) -> str:
    """A living process as its number and when it began; empty for one that is gone, or where nobody can say."""
    fields = _standing(pid)[1]
    return f"{pid}.{fields[_START].decode()}" if len(fields) > _START and fields[0] not in _DEAD else ""


def _caller() -> str:
    """The process that called, shells between left out; empty where nobody can say."""
    pid = os.getppid()
    for _ in range(_MOST_ABOVE):
        name, fields = _standing(pid)
        if len(fields) <= _START or pid == 1:
            return ""
        if name not in _SHELLS:
            return _process(pid)
        pid = int(fields[_PARENT])
    return ""
