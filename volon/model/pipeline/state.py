"""Where a run stands: the sum of its journal, and the rules that no journal may break.

Everything that is shown, and everything that is decided, follows from this. A record that breaks a rule is refused
here, whoever wrote it: a ticket that starts behind a pause, an end without a start, two starts of one ticket.

Source: contract §2.11 (closed, then settled), §6; seed 004.
"""

from __future__ import annotations

from volon.model.ids import is_commit
from volon.model.pipeline import records as r
from volon.plain import StrEnum, dataclass, field, replace

UNKEPT = "its result cannot be kept"
"""How the reason begins why an attempt failed whose command ended well: it must not run again unasked."""


def is_passing(why: str) -> bool:
    """Whether a result that cannot be kept might be at another time: nothing that is in it stands against that."""
    return why.startswith(f"{UNKEPT}:")


class Status(StrEnum):
    """How a ticket stands; that it is blocked follows from others, and is never written."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How an attempt ended: `lost` is what nobody knows, `stopped` was ended on request, `unstarted` never began.

    `conflict` did not begin either: what it needs cannot be merged, and trying again would not change that.
    """

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"
    UNSTARTED = "unstarted"
    CONFLICT = "conflict"


class Reason(StrEnum):
    """Why a pipeline is paused."""

    USER = "user"
    FAILURE = "failure"
    UNKNOWN = "unknown-outcome"
    CONFLICT = "conflict"


class Phase(StrEnum):
    """How a run stands as a whole."""

    EXECUTING = "executing"
    PAUSED = "paused"
    DONE = "done"


@dataclass(slots=True)
class Standing:
    """One ticket.

    Attributes:
        attempt: the last one; 0 when it was never started.
        failures: since it was last taken up by a person.
        losses: how often nobody knew how it ended.
        at: when its last attempt was started, or ended.
        how: its last attempt ended; empty while it runs.
        result: the commit with what it made in a working tree of its own.
        saved: the snapshot of what its last attempt left there unfinished.
    """

    status: Status = Status.PENDING
    attempt: int = 0
    failures: int = 0
    losses: int = 0
    at: str = ""
    exit_status: int | None = None
    ms: int = 0
    why: str = ""
    how: str = ""
    result: str = ""
    saved: str = ""


@dataclass(frozen=True, slots=True)
class Pause:
    """A pause that holds: its place in the journal, and which tickets were running then."""

    n: int
    at: str
    by: str
    reason: str
    now: bool
    running: tuple[str, ...]


@dataclass(slots=True)
class RunState:
    """A run, up to record `n`.

    Attributes:
        runner: the process that runs it since `runner_at`, as far as the journal knows; None once it has said that it
            leaves.
        boot: of the machine's when a ticket was last started; after another one traces may not have been durable.
        running: the tickets that run, by the number of their attempt.
        unknown: the tickets that wait for a person's word.
        base: the commit from which tickets in working trees of their own go out.
        engaged: the engine on whose workers it runs; None where it runs here.
        wanted: the tickets that the user chose last.
    """

    n: int = 0
    opened: r.Opened | None = None
    opened_at: str = ""
    spec: str = ""
    runner: r.Attached | None = None
    runner_at: str = ""
    boot: str = ""
    pause: Pause | None = None
    finished_at: str = ""
    base: str = ""
    engaged: r.Engaged | None = None
    wanted: r.Wanted = r.Wanted()
    tickets: dict[str, Standing] = field(default_factory=dict)
    running: dict[str, int] = field(default_factory=dict)
    failed: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)

    @property
    def phase(self) -> Phase:
        """How it stands as a whole."""
        if self.finished_at:
            return Phase.DONE
        return Phase.PAUSED if self.pause else Phase.EXECUTING

    @property
    def jobs(self) -> int:
        """How many tickets its runner starts at once; none when nobody runs it, or only sees to what runs."""
        return 0 if self.runner is None else self.runner.jobs

    @property
    def settled(self) -> bool:
        """Whether nothing runs."""
        return not self.running

    @property
    def unkept(self) -> list[str]:
        """The failed tickets whose command ended well: only what they made could not be kept."""
        return [one for one in self.failed if self.tickets[one].why.startswith(UNKEPT)]

    @property
    def passing(self) -> dict[str, str]:
        """Those of them whose result may be kept at another time, with `<ticket>.<attempt>`."""
        return {one: f"{one}.{self.tickets[one].attempt}" for one in self.unkept if is_passing(self.tickets[one].why)}

    @property
    def lost(self) -> dict[str, str]:
        """The tickets of which nobody saw the end, with `<ticket>.<attempt>`; a result may still come."""
        found = {one: self.tickets[one] for one in self.unknown}
        return {one: f"{one}.{of.attempt}" for one, of in found.items() if of.how == Outcome.LOST}

    def needed(self) -> set[str]:
        """The attempts, `<ticket>.<attempt>`, whose working trees have to stay as they are."""
        return {f"{ticket}.{attempt}" for ticket, attempt in self.running.items()} | set(self.passing.values())

    def standing(self, ticket: str) -> Standing:
        """How a ticket stands; one that no record names is pending."""
        return self.tickets.get(ticket) or Standing()

    def status(self, ticket: str) -> Status:
        """The same in a word."""
        one = self.tickets.get(ticket)
        return Status.PENDING if one is None else one.status

    def apply(self, entry: r.Entry) -> None:
        """Take in the next record.

        Raises:
            ValueError: it breaks a rule; nothing has changed.
        """
        if (self.opened is None) is not isinstance(entry.record, r.Opened):
            raise ValueError("the first record, and no other, opens the run")
        if self.finished_at:
            raise ValueError("the run is finished")
        getattr(self, _APPLY[type(entry.record)])(entry.record, entry)
        self.n = entry.n

    def _open(self, record: r.Opened, entry: r.Entry) -> None:
        if record.version != r.VERSION:
            raise ValueError(f"version {record.version} is of another volon")
        self.opened, self.opened_at, self.spec = record, entry.at, record.spec

    def _accept(self, record: r.Accepted, _entry: r.Entry) -> None:
        self.spec = record.spec

    def _want(self, record: r.Wanted, _entry: r.Entry) -> None:
        self.wanted = record

    def _attach(self, record: r.Attached, entry: r.Entry) -> None:
        self.runner, self.runner_at = record, entry.at
        if not self.running:
            self.engaged = None

    def _engage(self, record: r.Engaged, _entry: r.Entry) -> None:
        self._must(self.runner is not None, "nobody is there to use it")
        self._must(self.engaged is not None or not self.running, "something runs here")
        self.engaged = record

    def _leave(self, _record: r.Left, _entry: r.Entry) -> None:
        self._must(self.runner is not None and not self.running, "nobody runs it, or something still runs")
        self.runner = None

    def _base(self, record: r.Based, _entry: r.Entry) -> None:
        self._must(
            not self.base and is_commit(record.commit), "it has a commit to go out from already, or this is none"
        )
        self.base = record.commit

    def _start(self, record: r.Started, entry: r.Entry) -> None:
        one = self.tickets.get(record.ticket) or Standing()
        self._must(self.pause is None, "nothing may start behind a pause")
        self._must(self.runner is not None, "nobody is there to start it")
        self._must(one.status is Status.PENDING, f"`{record.ticket}` is {one.status}")
        self._must(record.attempt == one.attempt + 1, f"`{record.ticket}` had {one.attempt} attempts")
        self.tickets[record.ticket] = one
        one.status, one.attempt, one.at, one.how = Status.RUNNING, record.attempt, entry.at, ""
        self.running[record.ticket] = record.attempt
        self.boot = self.runner.boot if self.runner else ""

    def _keep(self, record: r.Kept, _entry: r.Entry) -> None:
        late = record.result and (record.ticket in self.unkept or record.ticket in self.lost)
        one = self.tickets.get(record.ticket) or Standing()
        known = one.attempt if late else self.running.get(record.ticket)
        self._must(known == record.attempt, f"`{record.ticket}` is not running like that")
        self._must(is_commit(record.commit), "what was kept is no commit")
        if late:
            one.status, one.how, one.why = Status.DONE, Outcome.DONE.value, ""
            del (self.failed if record.ticket in self.failed else self.unknown)[record.ticket]
        if record.result:
            one.result, one.saved = record.commit, ""
        else:
            one.saved = record.commit

    def _end(self, record: r.Ended, entry: r.Entry) -> None:
        self._must(self.running.get(record.ticket) == record.attempt, f"`{record.ticket}` is not running like that")
        self._must(record.how in _OUTCOMES, f"`{record.how}` is no way to end")
        self._must(not (record.again and record.how == Outcome.DONE), "what is done is not done again")
        one = self.tickets[record.ticket]
        del self.running[record.ticket]
        one.status = _AFTER[Outcome(record.how)] if not record.again else Status.PENDING
        one.failures += record.how == Outcome.FAILED
        one.losses += record.how == Outcome.LOST
        one.at, one.exit_status, one.ms, one.why = entry.at, record.exit_status, record.ms, record.why
        one.how = record.how
        if one.status in {Status.FAILED, Status.UNKNOWN}:
            (self.failed if one.status is Status.FAILED else self.unknown)[record.ticket] = None

    def _pause(self, record: r.Paused, entry: r.Entry) -> None:
        earlier = self.pause
        self._must(earlier is None or (record.now and not earlier.now), "it is paused already")
        if earlier is None:
            self.pause = Pause(entry.n, entry.at, record.by, record.reason, record.now, tuple(self.running))
        else:
            self.pause = replace(earlier, now=True)

    def _resume(self, _record: r.Resumed, _entry: r.Entry) -> None:
        self._must(self.pause is not None, "it is not paused")
        self._must(not self.unknown, "how some tickets ended is not known")
        self.pause = None
        for ticket in self.failed:
            one = self.tickets[ticket]
            one.status, one.failures = Status.PENDING, 0
        self.failed = {}

    def _decide(self, record: r.Decided, entry: r.Entry) -> None:
        self._must(record.ticket in self.unknown or record.ticket in self.failed, "there is nothing to decide")
        self.unknown.pop(record.ticket, None)
        self.failed.pop(record.ticket, None)
        one = self.tickets[record.ticket]
        one.status, one.at, one.losses, one.failures = Status.PENDING, entry.at, 0, 0
        if record.done:
            one.status, one.why = Status.DONE, "said to be done"

    def _finish(self, _record: r.Finished, entry: r.Entry) -> None:
        self._must(self.pause is None and not self.running, "something runs, or it is paused")
        self.finished_at = entry.at

    @staticmethod
    def _must(holds: bool, message: str) -> None:  # noqa: FBT001  what must hold
        if not holds:
            raise ValueError(message)


_OUTCOMES = frozenset(Outcome)
_AFTER = {
    Outcome.DONE: Status.DONE,
    Outcome.FAILED: Status.FAILED,
    Outcome.STOPPED: Status.UNKNOWN,
    Outcome.LOST: Status.UNKNOWN,
    Outcome.UNSTARTED: Status.PENDING,
    Outcome.CONFLICT: Status.FAILED,
}
_APPLY = {
    r.Opened: "_open",
    r.Accepted: "_accept",
    r.Wanted: "_want",
    r.Attached: "_attach",
    r.Engaged: "_engage",
    r.Left: "_leave",
    r.Based: "_base",
    r.Started: "_start",
    r.Kept: "_keep",
    r.Ended: "_end",
    r.Paused: "_pause",
    r.Resumed: "_resume",
    r.Decided: "_decide",
    r.Finished: "_finish",
}
