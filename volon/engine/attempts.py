"""The attempts of tickets as processes: started, ended when they must, and found again by whoever comes after a kill.

Its keeper says how one of this process ended. Of another process's, or when its keeper has died, an attempt is told by
its traces alone. In this order: is its log still locked, or its first process there (something of it runs), then what
its witness says (the end counts, also when something it left behind still holds the lock). Without a witness of its
beginning it never began, unless the machine was started anew since: then the witness may have been lost with the power.

Source: contract §6, §7; reliability §1.6 (pipeline faults).
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from volon.background import Witnessed, group_of, is_attempt, names, signal_group, witnesses
from volon.keeper import NOT_STARTED, scarce
from volon.model.pipeline.state import Outcome
from volon.plain import NamedTuple, dataclass
from volon.process import ProgramMissing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Protocol

    from volon.background import Kept, Launcher
    from volon.clock import Clock
    from volon.files import Place
    from volon.model.pipeline.records import Engaged
    from volon.model.pipeline.spec import Ticket
    from volon.runfiles import Appended, RunFiles
else:
    Protocol = object

GRACE_SECONDS = 5.0
"""How long what is to end may take to do so, before it is made to."""
_MISSING = 127


class Over(NamedTuple):
    """An attempt that is over.

    Attributes:
        commit: what was kept of its own working tree, its result when it is done.
        lacks: of one that did not begin: the number of the error by which the machine refused it, if that was why.
    """

    ticket: str
    how: Outcome
    exit_status: int | None = None
    ms: int = 0
    why: str = ""
    commit: str = ""
    lacks: int = 0


def refused(ticket: str, lacks: int) -> Over:
    """What became of an attempt for which the machine had no room."""
    return Over(ticket, Outcome.UNSTARTED, why=f"it could not be started: {os.strerror(lacks)}", lacks=lacks)


class NoTree(Exception):
    """An attempt cannot begin in a working tree of its own; where the machine has no room for it, that is all."""

    def __init__(self, how: Outcome, why: str, cause: BaseException | None = None) -> None:
        self.why, self.lacks = why, scarce(cause)
        self.how = Outcome.UNSTARTED if self.lacks else how

    def over(self, ticket: str) -> Over:
        """What became of its attempt."""
        return Over(ticket, self.how, why=self.why, lacks=self.lacks)


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
    """An attempt that runs: of this process, or one that another process left.

    Attributes:
        tag: its name in the file of witnesses.
        began: when this process first saw it, on the monotonic clock.
        kept: the keeper that this process has of it.
        stopped: why it was to be told to end; empty as long as nobody wanted that.
        told: it was told, before it had ended by itself.
        deadline: when it is to be told to end, or made to.
    """

    ticket: str
    tag: str
    began: float
    kept: Kept | None = None
    timeout: int | None = None
    stopped: str = ""
    told: bool = False
    how: Outcome = Outcome.DONE
    deadline: float | None = None


class Attempts:
    """Whatever runs of one run; see `volon.engine.runner.Doing`.

    Args:
        files: where logs lie.
        logs: the directory.
        witnessed: the file of witnesses.
        launcher: starts tickets.
        root: where outputs are looked for.
        clock: for time limits and durations.
        run: the run's id, for the tickets' environment.
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
        run: str,
        trees: Trees | None = None,
    ) -> None:
        self._files, self._logs, self._witnessed, self._launcher = files, logs, witnessed, launcher
        self._root, self._clock, self._run, self._trees = Path(root), clock, run, trees
        self._known: dict[str, Witnessed] = {}
        self._read = 0
        self._running: dict[str, _Running] = {}
        self._settling: list[str] = []

    place: Engaged | None = None

    @property
    def said(self) -> int:
        """What becomes readable when one of this process has ended; -1 when none could."""
        return self._launcher.said

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
        one = self._new(name, attempt, timeout)
        if (over := self._left(one, rebooted=rebooted)) is not None:
            return self._settled(over, tag, ticket)
        one.deadline = None if timeout is None else one.began + timeout
        self._running[name] = one
        return None

    def start(self, ticket: Ticket, attempt: int, env: dict[str, str]) -> Over | None:
        """Start a ticket; when there is no such program it is over at once."""
        one = self._new(ticket.id, attempt, ticket.timeout)
        try:
            self._files.make_log(self._logs, f"{one.tag}.log")
        except FileExistsError:
            # Power loss took the end of the journal, and left more of what had happened since.
            over = Over(ticket.id, Outcome.LOST, why="the journal lost an attempt of this number")
            return self._settled(over, one.tag, ticket)
        try:
            where = self._trees.begin(ticket, one.tag) if self._trees else None
            one.kept = self._launcher.start(
                one.tag, ticket.argv, ticket.text, env | names(self._run, one.tag), str(where or "")
            )
        except NoTree as error:
            return self._settled(error.over(ticket.id), one.tag, ticket)
        except ProgramMissing as error:
            said = ": ".join((error.message, *error.causes))
            if lacks := scarce(error):
                return self._settled(refused(ticket.id, lacks), one.tag, ticket)
            return self._settled(Over(ticket.id, Outcome.FAILED, _MISSING, 0, said), one.tag, ticket)
        one.deadline = None if ticket.timeout is None else one.began + ticket.timeout
        self._running[ticket.id] = one
        return None

    def _new(self, ticket: str, attempt: int, timeout: int | None) -> _Running:
        tag = f"{ticket}.{attempt}"
        return _Running(ticket, tag, self._clock.monotonic(), timeout=timeout)

    def stop_all(self) -> None:
        """Tell everything that runs to end, because the user wants it."""
        for one in self._running.values():
            if not one.stopped:
                self._stop(one, Outcome.STOPPED, "ended on request before it was done")

    def kill_all(self) -> None:
        """Make everything that runs end, at once."""
        for one in self._running.values():
            self._signal(one, signal.SIGKILL)

    def ended(self, outputs: dict[str, Ticket]) -> Iterator[Over]:
        """What is over by now; whatever has outlived its time is told, then made to end.

        Args:
            outputs: the tickets by id, for what they promise to leave.
        """
        now = self._clock.monotonic()
        witnesses(self._launcher.hear(), self._known)
        for one in list(self._running.values()):
            over = self._judged(one)
            if over is not None:
                del self._running[one.ticket]
                yield self._settled(over, one.tag, outputs.get(one.ticket))
            elif one.deadline is not None and now >= one.deadline:
                self._outlived(one)

    def allow(self, *, begin: bool) -> None:
        """What was started here has begun: nothing waits for leave."""

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
        if one.kept is None or one.kept.gone:
            return self._left(one, rebooted=False)
        found = self._known.get(one.tag)
        if found is None or found.exit_status is None:
            return None
        return self._over(one, found)

    def _left(self, one: _Running, *, rebooted: bool) -> Over | None:
        """What became of an attempt of another process, or of a keeper that died; None while something of it runs."""
        held = self._files.is_held(self._logs / f"{one.tag}.log")
        found = self._witness(one)
        if found is not None and found.exit_status is not None:
            return self._over(one, found)
        if held or (found is not None and found.pid and is_attempt(found, self._run, one.tag)):
            return None
        if one.told:
            return Over(one.ticket, one.how, None, self._ms(one), one.stopped)
        if found is None and not rebooted:
            if one.kept is not None and not one.kept.heard:
                return Over(one.ticket, Outcome.FAILED, _MISSING, 0, "its keeper did not come to life")
            return Over(one.ticket, Outcome.UNSTARTED, why="it had not begun")
        return Over(one.ticket, Outcome.LOST, why="nobody saw how it ended")

    def _over(self, one: _Running, found: Witnessed) -> Over:
        if one.stopped and (one.told or found.told):
            return Over(one.ticket, one.how, None, self._ms(one), one.stopped)
        if found.lacks:
            return refused(one.ticket, found.lacks)
        status, ms = found.exit_status, self._ms(one)
        if status == 0:
            return Over(one.ticket, Outcome.DONE, 0, ms)
        if status == NOT_STARTED and not found.pid:
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
        """Whether there was still somebody to tell; its keeper says whether it could be."""
        if one.kept is not None and not one.kept.gone:
            one.kept.rouse()
            one.kept.tell("signal", one.tag, str(int(number)))
            return True
        found = self._witness(one)
        if found is None or found.exit_status is not None or not self._is_its(found, one):
            return False
        one.told = signal_group(found.pid, number)
        return one.told

    def _is_its(self, found: Witnessed, one: _Running) -> bool:
        """Whether a group is the attempt's: its first process by birth or variables, or any that writes to its log.

        Its first process may have been killed, and what it waited for not.
        """
        log = self._logs / f"{one.tag}.log"
        return is_attempt(found, self._run, one.tag) or any(
            self._files.is_open_by(log, pid) for pid in group_of(found.pid)
        )

    def _ms(self, one: _Running) -> int:
        """How long it took; 0, which nothing takes, where another process saw it begin."""
        return max(round(self._clock.since(one.began) * 1000), 1) if one.kept is not None else 0
