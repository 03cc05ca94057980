"""Programs of others, such as hooks, of which neither patience nor memory without end is to be expected.

Promises: never a shell; they read nothing, and only the end of what they write is kept; their group is ended when they
take too long or when volon is interrupted; no descriptor of ours (a lock, a journal) is inherited.

Source: reliability C2, C3, S7, M2.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from contextlib import suppress

from volon.interrupts import DeferredSignals
from volon.plain import dataclass
from volon.process import ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from volon.process import Processes

_GRACE_SECONDS = 1.0
_TICK_SECONDS = 0.05
_PIECE = 1 << 16
_KEPT = 1 << 16
"""How much of the end of a program's output is kept, in bytes."""


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


def supervise(
    processes: Processes, argv: Sequence[str], *, cwd: str | os.PathLike[str], env: Mapping[str, str], timeout: float
) -> Supervised:
    """Run somebody else's program: no input, a limit of time, and only the end of its output is kept.

    It is over when the program itself has ended; what it left running in the background lives on, unheard. When
    it takes too long, or volon is interrupted, its group is asked to end, and a second later made to.

    Args:
        processes: where programs are looked up.
        argv: the program and its arguments; no shell sees them.
        cwd: where it runs.
        env: its whole environment.
        timeout: seconds.

    Raises:
        ProgramMissing: not found, or it could not be started.
        KeyboardInterrupt: volon was interrupted; the group has been ended.
    """
    command = [processes.resolve(argv[0]), *argv[1:]]
    child = None
    try:
        with DeferredSignals() as held:
            child = _start(command, cwd, env)
        if held.received is not None:
            raise KeyboardInterrupt
        return _listen(child, time.monotonic() + timeout)
    finally:
        if child is not None:
            _dismiss(child)


def _start(command: Sequence[str], cwd: str | os.PathLike[str], env: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a program that reads nothing and has one pipe for both its outputs."""
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            close_fds=True,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        raise ProgramMissing(f"{command[0]} could not be started", causes=[str(error)]) from error


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
