"""The least that a journal, logs, locks and witnesses take in Python: `spawn_loop.c` with the system calls of a run.

Two processes, as with volon: one writes two records for each program into a journal under its lock, makes its log and
asks the other, which locks the log, writes a witness before it starts the program, one with its birth, and one of its
end. It reads no file, plans nothing, judges nothing, and would mend nothing; what it takes is below what volon can.

    python benchmarks/spawn_floor.py COUNT JOBS PROGRAM
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import sys
import tempfile
import time
from zlib import crc32

_SYNC_SECONDS = 0.02


def _keep(told: int, says: int, program: str) -> None:
    """Start what is asked for, and say what has ended."""
    woken, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    null, logs = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC), os.open(".", os.O_RDONLY | os.O_CLOEXEC)
    witnesses = os.open("witnesses", os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    running: dict[int, tuple[bytes, int]] = {}
    poll, heard = select.poll(), True
    poll.register(woken, select.POLLIN)
    poll.register(told, select.POLLIN)
    while heard or running:
        for fd, _ in poll.poll():
            data = os.read(fd, 4096)
            if fd == told:
                heard = bool(data)
                if not heard:
                    poll.unregister(told)
                for tag in data.split():
                    log = os.open(tag, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, dir_fd=logs)
                    fcntl.flock(log, fcntl.LOCK_EX)
                    os.write(witnesses, b"\nS %s 0\n" % tag)
                    ends = [(os.POSIX_SPAWN_DUP2, *pair) for pair in ((null, 0), (log, 1), (log, 2))]
                    pid = os.posix_spawn(program, [program], os.environ, file_actions=ends, setsid=True)
                    running[pid] = tag, log
                    stat = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
                    born = os.read(stat, 4096).rpartition(b")")[2].split(None, 20)[19]
                    os.close(stat)
                    os.write(witnesses, b"\nS %s %d %s\n" % (tag, pid, born))
        while running and (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)):
            os.waitpid(found.si_pid, 0)
            tag, log = running.pop(found.si_pid)
            os.write(witnesses, b"\nE %s %d\n" % (tag, found.si_status))
            os.close(log)
            os.write(says, b"%s\n" % tag)


def _append(journal: int, records: list[dict[str, object]]) -> None:
    """Write records under the lock."""
    fcntl.flock(journal, fcntl.LOCK_EX)
    os.fstat(journal)
    lines = [json.dumps(one).encode() for one in records]
    os.write(journal, b"".join(b'%s,"c":"%08x"}\n' % (line[:-1], crc32(line[:-1])) for line in lines))
    fcntl.flock(journal, fcntl.LOCK_UN)


def _run(tell: int, said: int, count: int, jobs: int) -> None:
    """Have so many started, so many at a time, and write down both ends of each."""
    journal = os.open("journal", os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    ended: list[bytes] = []
    begun, running, synced = 0, 0, time.monotonic()
    while True:
        running -= len(ended)
        starting = [b"t%d" % n for n in range(begun, min(begun + jobs - running, count))]
        begun, running = begun + len(starting), running + len(starting)
        records = [{"e": "end", "ticket": one.decode(), "exit": 0} for one in ended]
        _append(journal, records + [{"e": "start", "ticket": one.decode()} for one in starting])
        if time.monotonic() - synced >= _SYNC_SECONDS:
            os.fdatasync(journal)
            synced = time.monotonic()
        for one in starting:
            os.close(os.open(one, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            os.write(tell, one + b"\n")
        if not running:
            return
        ended = os.read(said, 4096).split()


def main() -> None:
    """Start one after the other, and wait for the last."""
    count, jobs, program = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    told, tell = os.pipe()
    said, says = os.pipe()
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR", "/dev/shm")) as directory:  # noqa: S108  in memory
        os.chdir(directory)
        keeper = os.fork()
        if not keeper:
            os.close(tell)
            _keep(told, says, program)
            os._exit(0)
        _run(tell, said, count, jobs)
        os.close(tell)
        os.waitpid(keeper, 0)


if __name__ == "__main__":
    main()
