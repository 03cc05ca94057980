"""The one loop that runs a pipeline: decide under the journal's lock, write, let go, and only then act.

Nothing depends on this process living on. What it has written down and not done yet, the next one does; what it
started goes on without it. Everything is looked at again twenty times a second, for what other processes wrote; that a
pause holds does not depend on it, because the lock is taken before every start.

Source: contract §2.11, §6, §7; seed 004; issue "the pipeline".
"""

from __future__ import annotations

import os

from volon.background import wait
from volon.engine.room import NoRoom, Room
from volon.model.pipeline.records import Attached, Kept, Paused, Resumed, Started
from volon.model.pipeline.spec import Rerun
from volon.model.pipeline.state import Outcome, Reason
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from volon.clock import Clock
    from volon.engine.attempts import Over
    from volon.engine.journal import Journal
    from volon.identity import Identity
    from volon.model.pipeline.course import Course
    from volon.model.pipeline.records import Engaged, Entry
    from volon.model.pipeline.spec import Ticket
else:
    Protocol = object

TICK_SECONDS = 0.05
KEY = "the key p"
SYNC_SECONDS = 0.02
"""How much of the journal power loss may take, at most."""


@dataclass(slots=True)
class Asked:
    """What the user at this terminal, or the system, asks for.

    Attributes:
        times: how often a signal asked for a pause since the pipeline was last resumed, `by` which at last.
        turns: how often the key was pressed that pauses and goes on, and nobody has answered yet.
        answered: of `times`, what is a matter of the past as soon as somebody resumes.
        by_hand: the pause that holds was made by one of these.
        stays: it was made by the key, so that the one who pressed it may press it again.
    """

    times: int = 0
    by: str = ""
    turns: int = 0
    answered: int = 0
    by_hand: bool = False
    stays: bool = False

    def note(self, by: str) -> None:
        """A signal asks for a pause, or once more."""
        self.times, self.by = self.times + 1, by

    def resumed(self) -> None:
        """What was asked for before counts no more; a signal of which nobody has taken notice yet does."""
        self.times, self.answered = self.times - self.answered, 0
        self.by_hand = self.stays = False


class Doing(Protocol):
    """Whatever does the tickets: processes of this machine (`Attempts`), or another engine's workers (`FarAttempts`).

    Attributes:
        place: where they run, if not here.
        said: what becomes readable when something has ended; -1 when nothing says so.
        settling: whether something waits for `clear`.
    """

    place: Engaged | None

    @property
    def said(self) -> int: ...  # noqa: D102  as above

    @property
    def settling(self) -> bool: ...  # noqa: D102  as above

    def next_deadline(self) -> float | None:
        """When something has to be done, on the monotonic clock."""

    def adopt(self, name: str, attempt: int, ticket: Ticket | None, *, rebooted: bool) -> Over | None:
        """Take over what another process started, while it lives; what is over is returned."""

    def start(self, ticket: Ticket, attempt: int, env: dict[str, str]) -> Over | None:
        """Start a ticket; when it cannot begin it is over at once."""

    def allow(self, *, begin: bool) -> None:
        """Answer those that wait for leave to begin; called within a turn, so that behind a pause nobody gets it."""

    def stop_all(self) -> None:
        """Tell everything that runs to end, because the user wants it."""

    def ended(self, outputs: dict[str, Ticket]) -> Iterator[Over]:
        """What is over by now."""

    def clear(self) -> None:
        """Let go of what was over, now that this is written down."""


class Runner:
    """Runs a pipeline until it is done, paused and settled, or has reached what was wanted.

    Args:
        journal: of the run.
        course: decides; it has taken in all that the journal holds.
        attempts: starts and watches.
        clock: for durations.
        tell: is told each record, one's own too, once it is written.
        asked: by the user at this terminal.
        look: is called at least twenty times a second, for a display.
    """

    def __init__(
        self,
        journal: Journal,
        course: Course,
        attempts: Doing,
        clock: Clock,
        tell: Callable[[Entry], None],
        asked: Asked,
        look: Callable[[], None],
    ) -> None:
        self._journal, self._course, self._attempts, self._clock = journal, course, attempts, clock
        self._tell, self._asked, self._look = tell, asked, look
        self._room = Room(course.jobs, clock)
        self._news: list[Entry] = []
        self._synced = clock.monotonic()
        journal.listen(self._take_in)

    def drive(self, identity: Identity) -> None:
        """Run it.

        Args:
            identity: of this process.

        Raises:
            Corrupt: the journal is damaged.
            NoRoom: the machine refuses to start a ticket although nothing else runs.
            OSError: the journal or a log cannot be written; what runs goes on, and the next runner takes it over.
        """
        self._begin(identity)
        while not self._step():
            # A key that was pressed waits for nothing.
            if not self._asked.turns:
                self._wait()
        self._journal.sync()
        self._announce()
        if self._room.lacking and self._course.state.pause is None:
            raise NoRoom(self._room.lacking, os.strerror(self._room.lacking))

    def _take_in(self, entry: Entry) -> None:
        self._course.apply(entry)
        self._news.append(entry)
        if isinstance(entry.record, Resumed):
            self._asked.resumed()

    def _begin(self, identity: Identity) -> None:
        before = self._course.state.boot
        with self._journal.turn():
            self._journal.write(Attached(identity.pid, identity.host, identity.boot, self._course.jobs))
            if self._attempts.place is not None:
                self._journal.write(self._attempts.place)
        self._adopt(rebooted=before != identity.boot or not before)

    def _adopt(self, *, rebooted: bool) -> None:
        tickets, running = self._course.spec.tickets, list(self._course.state.running.items())
        found = [self._attempts.adopt(one, attempt, tickets.get(one), rebooted=rebooted) for one, attempt in running]
        with self._journal.turn():
            for over in found:
                if over is not None:
                    self._write_end(over)
        self._clear()

    def _step(self) -> bool:
        """Take in, decide, write, act; whether this runner's work is over."""
        over = list(self._attempts.ended(self._course.spec.tickets))
        starting: list[Started] = []
        last = None
        with self._journal.turn():
            for one in over:
                self._write_end(one)
            if self._asked.times:
                self._pause_as_asked()
            if self._asked.turns:
                self._turn()
            if closing := self._course.closing():
                self._journal.write(closing)
            self._course.jobs = self._room.most()
            for record in self._course.starts():
                self._journal.write(record)
                self._room.taken(record.ticket, len(self._course.state.running))
                starting.append(record)
            self._attempts.allow(begin=self._course.state.pause is None)
            if not (starting or self._asked.stays) and (last := self._course.leaving()):
                for one_more in last:
                    self._journal.write(one_more)
        self._sync(starting)
        self._clear()
        for record in starting:
            self._start(record)
        if (pause := self._course.state.pause) is not None and pause.now:
            self._attempts.stop_all()
        self._announce()
        return last is not None

    def _pause_as_asked(self) -> None:
        """The first Ctrl-C pauses, the second ends what runs."""
        pause, asked = self._course.state.pause, self._asked
        if pause is None or (asked.times > 1 and not pause.now):
            self._journal.write(Paused(asked.by, Reason.USER.value, now=asked.times > 1))
        asked.answered, asked.by_hand, asked.stays = asked.times, True, False

    def _turn(self) -> None:
        """The key: pause, or go on, unless somebody has to look at tickets first."""
        asked, state = self._asked, self._course.state
        asked.turns, odd = 0, asked.turns % 2
        if odd and state.pause is None:
            self._journal.write(Paused(KEY, Reason.USER.value, now=False))
            asked.by_hand = asked.stays = True
        elif odd and not self._course.asks:
            self._journal.write(Resumed(KEY))

    def _start(self, record: Started) -> None:
        ticket = self._course.spec.tickets[record.ticket]
        over = self._attempts.start(ticket, record.attempt, self._course.spec.env | ticket.env)
        if over is not None:
            with self._journal.turn():
                self._write_end(over)
            self._clear()

    def _clear(self) -> None:
        """Let working trees go of attempts whose end would outlast a power cut."""
        if self._attempts.settling:
            self._journal.sync()
            self._attempts.clear()

    def _write_end(self, over: Over) -> None:
        attempt = self._course.state.running.get(over.ticket)
        if attempt is None:
            return
        if over.commit:
            self._journal.write(Kept(over.ticket, attempt, over.commit, result=over.how is Outcome.DONE))
        self._journal.write(
            self._course.ended(over.ticket, Outcome(over.how), exit_status=over.exit_status, ms=over.ms, why=over.why)
        )
        if over.lacks:
            self._room.refused(over.ticket, len(self._course.state.running), over.lacks)

    def _sync(self, starting: list[Started]) -> None:
        """In groups; at once for what must never run twice, and when nothing else is to be done."""
        never = any(self._course.spec.tickets[one.ticket].rerun is Rerun.NEVER for one in starting)
        now = self._clock.monotonic()
        if self._journal.unsynced and (never or now - self._synced >= SYNC_SECONDS):
            self._journal.sync()
            self._synced = now

    def _announce(self) -> None:
        news, self._news = self._news, []
        for entry in news:
            self._tell(entry)
        self._look()

    def _wait(self) -> None:
        now = self._clock.monotonic()
        seconds = SYNC_SECONDS if self._journal.unsynced else TICK_SECONDS
        deadline = self._attempts.next_deadline()
        if deadline is not None:
            seconds = min(seconds, max(deadline - now, 0.0))
        wait(self._attempts.said, seconds)
