"""The attempts of tickets as processes: started, ended when they must, and found again by whoever comes after a kill.

An attempt is told by its traces alone. In this order: is its log still locked (something of it runs), then what its
witness says (the end counts, also when something it left behind still holds the lock). Without a witness of its
beginning it never began, unless the machine was started anew since: then the witness may have been lost with the power.

Source: contract §6, §7; reliability §1.6 (pipeline faults).
"""

from __future__ import annotations

import signal
from contextlib import nullcontext
from pathlib import Path

from volon.background import NOT_STARTED, Witnessed, signal_group, standing_in, witnesses
from volon.model.pipeline.state import Outcome
from volon.plain import NamedTuple, dataclass
from volon.process import ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from volon.background import Launcher, Worker
    from volon.clock import Clock
    from volon.files import Place
    from volon.model.pipeline.spec import Ticket
    from volon.runfiles import Appended, RunFiles
else:
    Protocol = object

GRACE_SECONDS = 5.0
"""How long what is to end may take to do so, before it is made to."""
_MISSING = 127


class Over(NamedTuple):
    """An attempt that is over; `commit` is what was kept of its own working tree, its result when it is done."""

    ticket: str
    how: Outcome
    exit_status: int | None = None
    ms: int = 0
    why: str = ""
    commit: str = ""


class NoTree(Exception):
    """An attempt cannot begin in a working tree of its own."""

    def __init__(self, how: Outcome, why: str) -> None:
        self.how, self.why = how, why


class Trees(Protocol):
    """The working trees of tickets that have their own; an attempt is named `<ticket>.<attempt>`."""

    def begin(self, ticket: Ticket, tag: str) -> Path | None:
        """Make one; None for a ticket that shares the run's.

        Raises:
            NoTree: it cannot be made.
        """

    def find(self, tag: str) -> Path | None:
        """Where it is."""

    def keep(self, over: Over, tag: str, ticket: Ticket | None) -> Over:
        """Keep what is in it, wherever it is, and say what became of the attempt now that this was tried."""

    def clear(self, tag: str) -> None:
        """Take it away, if nothing in it could be lost."""


@dataclass(slots=True)
class _Running:
    """An attempt that runs: a worker of this process, or one that another process left.

    Attributes:
        tag: its name in the file of witnesses.
        began: when this process first saw it, on the monotonic clock.
        stopped: why it was told to end; empty as long as nobody did.
        deadline: when it is to be told to end, or made to.
    """

    ticket: str
    tag: str
    log: Place
    began: float
    worker: Worker | None = None
    timeout: int | None = None
    stopped: str = ""
    how: Outcome = Outcome.DONE
    deadline: float | None = None


class Attempts:
    """Whatever runs of one run.

    Args:
        files: where logs lie.
        logs: the directory.
        witnessed: the file of witnesses.
        launcher: starts tickets.
        root: where outputs are looked for.
        clock: for time limits and durations.
        trees: for tickets with working trees of their own.
    """

    def __init__(
        self,
        files: RunFiles,
        logs: Place,
        witnessed: Appended,
        launcher: Launcher,
        root: str,
        clock: Clock,
        trees: Trees | None = None,
    ) -> None:
        self._files, self._logs, self._witnessed, self._launcher = files, logs, witnessed, launcher
        self._root, self._clock, self._trees = Path(root), clock, trees
        self._known: dict[str, Witnessed] = {}
        self._read = 0
        self._running: dict[str, _Running] = {}
        self._settling: list[str] = []

    @property
    def workers(self) -> list[Worker]:
        """Those that this process started."""
        return [one.worker for one in self._running.values() if one.worker is not None]

    @property
    def adopted(self) -> bool:
        """Whether some were left by another process; those must be looked at from time to time."""
        return any(one.worker is None for one in self._running.values())

    @property
    def settling(self) -> bool:
        """Whether working trees wait for `clear`."""
        return bool(self._settling)

    def next_deadline(self) -> float | None:
        """When something has to be told or made to end, on the monotonic clock."""
        return min((one.deadline for one in self._running.values() if one.deadline is not None), default=None)

    def adopt(self, name: str, attempt: int, ticket: Ticket | None, *, rebooted: bool) -> Over | None:
        """Take over what another process started, while it lives; what is over is returned.

        Args:
            name: which.
            attempt: its number.
            ticket: what the spec says of it: how long it may go on from now, and what it promises to leave.
            rebooted: whether the machine was, or may have been, started anew since.
        """
        tag, timeout = f"{name}.{attempt}", ticket.timeout if ticket else None
        one = _Running(name, tag, self._log(tag), self._clock.monotonic(), timeout=timeout)
        if (over := self._left(one, rebooted=rebooted)) is not None:
            return self._settled(over, tag, ticket)
        one.deadline = None if timeout is None else one.began + timeout
        self._running[name] = one
        return None

    def start(self, ticket: Ticket, attempt: int, env: dict[str, str]) -> Over | None:
        """Start a ticket; when there is no such program it is over at once."""
        tag = f"{ticket.id}.{attempt}"
        one = _Running(ticket.id, tag, self._log(tag), self._clock.monotonic(), timeout=ticket.timeout)
        try:
            fd = self._files.make_log(one.log)
        except FileExistsError:
            # Power loss took the end of the journal, and left more of what had happened since.
            over = Over(ticket.id, Outcome.LOST, why="the journal lost an attempt of this number")
            return self._settled(over, tag, ticket)
        try:
            where = self._trees.begin(ticket, tag) if self._trees else None
            with nullcontext() if where is None else standing_in(str(where)):
                apart = where is not None
                one.worker = self._launcher.start(tag, ticket.argv, ticket.text, env, fd, apart=apart)
        except NoTree as error:
            return self._settled(Over(ticket.id, error.how, why=error.why), tag, ticket)
        except ProgramMissing as error:
            said = ": ".join((error.message, *error.causes))
            return self._settled(Over(ticket.id, Outcome.FAILED, _MISSING, 0, said), tag, ticket)
        finally:
            self._files.release(fd)
        one.deadline = None if ticket.timeout is None else one.began + ticket.timeout
        self._running[ticket.id] = one
        return None

    def stop_all(self) -> None:
        """Tell everything that runs to end, because the user wants it."""
        for one in self._running.values():
            if not one.stopped:
                self._stop(one, Outcome.STOPPED, "stopped")

    def ended(self, outputs: dict[str, Ticket]) -> Iterator[Over]:
        """What is over by now; whatever has outlived its time is told, then made to end.

        Args:
            outputs: the tickets by id, for what they promise to leave.
        """
        now = self._clock.monotonic()
        for one in list(self._running.values()):
            over = self._judged(one)
            if over is not None:
                del self._running[one.ticket]
                yield self._settled(over, one.tag, outputs.get(one.ticket))
            elif one.deadline is not None and now >= one.deadline:
                self._outlived(one)

    def clear(self) -> None:
        """Take away the working trees of what was over, now that this is written down."""
        while self._trees is not None and self._settling:
            self._trees.clear(self._settling.pop())

    def _settled(self, over: Over, tag: str, ticket: Ticket | None) -> Over:
        """What became of an attempt, now that its outputs were looked for and its own working tree was kept."""
        where = self._trees.find(tag) if self._trees else None
        over = self._with_outputs(over, ticket, where or self._root)
        if self._trees is None:
            return over
        if where is not None:
            self._settling.append(tag)
        elif over.how is Outcome.UNSTARTED:
            return over
        return self._trees.keep(over, tag, ticket)

    def _judged(self, one: _Running) -> Over | None:
        if one.worker is None:
            return self._left(one, rebooted=False)
        if not one.worker.is_over():
            return None
        if one.stopped:
            # The number of the group is still ours, because its leader was not reaped.
            signal_group(one.worker.pid, signal.SIGKILL)
        status = one.worker.reap()
        ms = self._ms(one)
        if one.stopped:
            return Over(one.ticket, one.how, None, ms, one.stopped)
        if status < 0:
            signal_group(one.worker.pid, signal.SIGKILL)
            return Over(one.ticket, Outcome.LOST, None, ms, f"the shell around it was ended by signal {-status}")
        return self._by_status(one, status)

    def _left(self, one: _Running, *, rebooted: bool) -> Over | None:
        """What became of an attempt of another process; None while something of it runs."""
        held = self._files.is_held(one.log)
        found = self._witness(one)
        if found is not None and found.exit_status is not None:
            if one.stopped:
                return Over(one.ticket, one.how, None, self._ms(one), one.stopped)
            return self._by_status(one, found.exit_status)
        if held:
            return None
        if one.stopped:
            return Over(one.ticket, one.how, None, self._ms(one), one.stopped)
        if found is None and not rebooted:
            return Over(one.ticket, Outcome.UNSTARTED, why="it had not begun")
        return Over(one.ticket, Outcome.LOST, why="nobody saw how it ended")

    def _by_status(self, one: _Running, status: int) -> Over:
        ms = self._ms(one)
        if status == 0:
            return Over(one.ticket, Outcome.DONE, 0, ms)
        if status == NOT_STARTED and self._witness(one) is None:
            return Over(one.ticket, Outcome.FAILED, status, ms, "it could not be written down that it begins")
        return Over(one.ticket, Outcome.FAILED, status, ms)

    def _witness(self, one: _Running) -> Witnessed | None:
        self._read += witnesses(self._witnessed.read(self._read), self._known)
        return self._known.get(one.tag)

    @staticmethod
    def _with_outputs(over: Over, ticket: Ticket | None, root: Path) -> Over:
        missing = [path for path in ticket.outputs if not any(root.glob(path))] if ticket else []
        if over.how is not Outcome.DONE or not missing:
            return over
        return Over(over.ticket, Outcome.FAILED, 0, over.ms, f"it did not make {', '.join(missing)}")

    def _outlived(self, one: _Running) -> None:
        one.deadline = self._clock.monotonic() + GRACE_SECONDS
        if one.stopped:
            self._signal(one, signal.SIGKILL)
        else:
            self._stop(one, Outcome.FAILED, f"it took longer than {one.timeout} s")

    def _stop(self, one: _Running, how: Outcome, why: str) -> None:
        """Tell it to end; what has ended before that, or could not be told, is judged by what it did."""
        if self._signal(one, signal.SIGTERM):
            one.how, one.stopped, one.deadline = how, why, self._clock.monotonic() + GRACE_SECONDS

    def _signal(self, one: _Running, number: signal.Signals) -> bool:
        """Whether there was still somebody to tell."""
        if one.worker is not None:
            return not one.worker.is_over() and signal_group(one.worker.pid, number)
        found = self._witness(one)
        if found is None or found.exit_status is not None or not self._files.is_open_by(one.log, found.pid):
            return False
        return signal_group(found.pid, number)

    def _log(self, tag: str) -> Place:
        return self._logs / f"{tag}.log"

    def _ms(self, one: _Running) -> int:
        """How long it took; 0, which nothing takes, where another process saw it begin."""
        return max(round(self._clock.since(one.began) * 1000), 1) if one.worker is not None else 0
