"""The attempts of tickets on the workers of another engine: an engine may lose a worker, and decides nothing else.

An engine is asked for four things: take a job, say whether it is over, drop it, pass a word on to whoever has it. What
runs, what is over and what runs again, the journal alone says. So nothing begins on a worker that only was sent there:
it asks for leave first, again and again, and gets it from the runner, within a turn of the journal and never behind a
pause; leave that comes late is none. Before leave is given the witness says so, here, and to whom: an attempt without
one has not begun, wherever it may lie queued, and may be dropped; nobody else ever gets leave for the same attempt,
also when an engine does a job once more because it has lost what came of it.

Source: issue "the pipeline" (beyond one machine); contract §2.11, §7.
"""

from __future__ import annotations

from volon.background import Witnessed, witnesses
from volon.engine.attempts import NoTree, Over
from volon.model.ids import is_commit
from volon.model.pipeline.state import Outcome
from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Protocol

    from volon.clock import Clock
    from volon.files import Place
    from volon.model.pipeline.records import Engaged
    from volon.model.pipeline.spec import Ticket
    from volon.runfiles import Appended, RunFiles
else:
    Protocol = object

MOST_LOG = 16 << 20
"""So much of the end of a log comes back, with a line about the rest."""
MOST_WHY = 4096
MOST_LINE = 200
_SO_FAR = b"[what it wrote last; all of it comes at its end]\n"
_MOST_ERRNO, _MOST_STATUS, _MOST_MS = 4095, 255, 1 << 53
MOST_REFUSED = 20
"""How often in a row workers may say of a ticket that it had not begun, and not why."""
AGAIN_SECONDS = 5.0
"""How often what runs is told to end, because a word to a worker may be lost."""


class WorkerLost(Exception):
    """The worker that had a job is gone, or the engine has dropped it."""


class Asking(NamedTuple):
    """An attempt asks for leave to begin: who does, for the how manieth time, and where the answer goes.

    Or it shows the last `line` of its output so far.
    """

    tag: str
    who: int
    number: int
    where: str
    line: str | None = None


class Task(Protocol):
    """A job that an engine has taken, as far as a `concurrent.futures.Future` has it."""

    def done(self) -> bool:
        """Whether it is over, in whatever way."""

    def exception(self) -> BaseException | None:
        """What was raised there, or a `WorkerLost`; once it is over."""

    def result(self) -> object:
        """What came of it; once it is over, and nothing was raised."""


class Pool(Protocol):
    """An engine with its workers.

    Attributes:
        place: as the journal names it.
    """

    place: Engaged

    def submit(self, tag: str, job: Mapping[str, object]) -> Task:
        """Give it a job, which it keeps also when this process dies."""

    def find(self, tag: str) -> Task | None:
        """A job that another process gave it."""

    def drop(self, tag: str) -> None:
        """Forget a job, if it is known; one that is queued is never done."""

    def asking(self) -> Iterable[Asking]:
        """Who asked for leave to begin, or showed a line, since this was called last."""

    def tell(self, tag: str, word: str, where: str) -> None:
        """Pass a word on to who does a job; nobody waits for its arrival.

        Args:
            tag: the job.
            word: for it.
            where: from where it asked; all are told when that is not known.
        """

    def check(self) -> None:
        """Look whether the engine still answers.

        Raises:
            NotCommitted: it does not; what runs goes on, and is found again by whoever comes next.
        """


class Courier(Protocol):
    """Brings commits to where workers find them, and results back."""

    def job(self, ticket: Ticket, attempt: int, env: Mapping[str, str]) -> dict[str, object]:
        """Return what a worker has to know, after what it needs was sent.

        Raises:
            NoTree: it cannot be sent.
        """

    def bring(self, over: Over, tag: str) -> Over:
        """Fetch what was kept of an attempt, and say what became of it now that this was tried."""


@dataclass(slots=True)
class _Sent:
    """An attempt that an engine has.

    Attributes:
        began: leave was given, or may have been before power was lost.
        who: has it.
        where: its worker, as far as that is known.
        told: when it was last told to end, on the monotonic clock.
    """

    ticket: str
    tag: str
    task: Task
    began: bool = False
    who: int = 0
    where: str = ""
    told: float | None = None

    def may(self, one: Asking) -> bool:
        """Whether the one who asks may have leave, as far as this attempt goes."""
        return one.tag == self.tag and self.told is None and (not self.began or one.who == self.who)


class FarAttempts:
    """Whatever of one run is on the workers of an engine; see `volon.engine.runner.Doing`.

    Args:
        files: where logs lie.
        logs: the directory.
        witnessed: the file of witnesses.
        pool: the engine.
        courier: for commits.
        clock: for what is told again.
    """

    said = -1

    def __init__(
        self, files: RunFiles, logs: Place, witnessed: Appended, pool: Pool, courier: Courier, clock: Clock
    ) -> None:
        self._files, self._logs, self._witnessed = files, logs, witnessed
        self._pool, self._courier, self._clock = pool, courier, clock
        self.place: Engaged | None = pool.place
        self._sent: dict[str, _Sent] = {}
        self._over: list[str] = []
        self._refused: dict[str, int] = {}

    @property
    def settling(self) -> bool:
        """Whether the engine still has what is over."""
        return bool(self._over)

    def next_deadline(self) -> None:
        """Time limits are seen to where a ticket runs."""

    def adopt(self, name: str, attempt: int, ticket: Ticket | None, *, rebooted: bool) -> Over | None:  # noqa: ARG002  as of any
        """Take over what another process sent; what the engine does not know is over.

        Args:
            name: which.
            attempt: its number.
            ticket: not needed.
            rebooted: whether the witness may have been lost.
        """
        tag = f"{name}.{attempt}"
        known: dict[str, Witnessed] = {}
        witnesses(self._witnessed.read(0), known)
        began, task = rebooted or tag in known, self._pool.find(tag)
        if task is not None:
            self._sent[name] = _Sent(name, tag, task, began, known[tag].pid if tag in known else 0)
            return None
        return self._lost(name, tag, began=began, why=f"{self._pool.place.address} knows nothing of it")

    def start(self, ticket: Ticket, attempt: int, env: dict[str, str]) -> Over | None:
        """Send a ticket; what it needs and cannot be merged or sent ends it at once."""
        tag = f"{ticket.id}.{attempt}"
        try:
            self._files.make_log(self._logs, f"{tag}.log")
        except FileExistsError:
            # Power loss took the end of the journal, and left more of what had happened since.
            return self._lost(ticket.id, tag, began=True, why="the journal lost an attempt of this number")
        try:
            job = self._courier.job(ticket, attempt, env)
        except NoTree as error:
            return error.over(ticket.id)
        self._sent[ticket.id] = _Sent(ticket.id, tag, self._pool.submit(tag, job))
        return None

    def allow(self, *, begin: bool) -> None:
        """Give leave to those that ask for it, or refuse it; what is still queued behind a pause is dropped."""
        for one in self._pool.asking():
            sent = self._sent.get(one.tag.rpartition(".")[0])
            if one.line is not None:
                if sent is not None and sent.began and (sent.tag, sent.who) == (one.tag, one.who):
                    self._write_log(one.tag, _SO_FAR + one.line[:MOST_LINE].encode("utf-8", "replace") + b"\n")
                continue
            if sent is None or not (begin and sent.may(one)):
                self._pool.tell(one.tag, "no", one.where)
                continue
            if not sent.began:
                self._witnessed.append(f"\nS {one.tag} {one.who}\n".encode())
            sent.began, sent.who, sent.where = True, one.who, one.where
            self._pool.tell(one.tag, f"go {one.number}", one.where)
        for sent in self._sent.values():
            if not (begin or sent.began):
                self._drop(sent)

    def stop_all(self) -> None:
        """Tell everything that runs to end; what has not begun is dropped."""
        now = self._clock.monotonic()
        for one in self._sent.values():
            if not one.began:
                self._drop(one)
            elif one.told is None or now - one.told >= AGAIN_SECONDS:
                one.told = now
                self._pool.tell(one.tag, "stop", one.where)

    def ended(self, outputs: dict[str, Ticket]) -> Iterator[Over]:  # noqa: ARG002  as of any
        """What is over by now; outputs were looked for where it ran.

        Raises:
            NotCommitted: the engine does not answer any more.
        """
        over = [one for one in self._sent.values() if one.task.done()]
        # To a client without a connection everything looks as if it were over.
        self._pool.check()
        for one in over:
            del self._sent[one.ticket]
            yield self._bounded(one, self._judged(one))

    def clear(self) -> None:
        """Let the engine forget what is over."""
        while self._over:
            self._pool.drop(self._over.pop())

    def _drop(self, one: _Sent) -> None:
        if one.told is None:
            one.told = self._clock.monotonic()
            self._pool.drop(one.tag)

    def _bounded(self, one: _Sent, over: Over) -> Over:
        """What has not begun is sent again, but not for ever; what waits for room, or for the end of a pause, is."""
        count = self._refused.pop(one.ticket, 0)
        if over.how is not Outcome.UNSTARTED:
            return over
        count += not over.lacks and one.told is None
        if count == MOST_REFUSED:
            why = f"its workers did not begin it, {count} times in a row: {over.why}"
            return Over(one.ticket, Outcome.FAILED, why=why[:MOST_WHY])
        self._refused[one.ticket] = count
        return over

    def _judged(self, one: _Sent) -> Over:
        self._over.append(one.tag)
        error = one.task.exception()
        if isinstance(error, WorkerLost):
            return self._lost(one.ticket, one.tag, began=one.began, why=str(error))
        if error is not None:
            why = f"its worker could not do it: {type(error).__name__}: {error}"
            return Over(one.ticket, Outcome.FAILED, why=why[:MOST_WHY])
        try:
            over, log, who = read_report(one.ticket, one.task.result())
        except (KeyError, TypeError, ValueError) as error:
            return Over(one.ticket, Outcome.FAILED, why=f"its worker answered what nobody understands: {error}")
        if one.began and who != one.who:
            return self._lost(one.ticket, one.tag, began=True, why="the worker that had what came of it is gone")
        self._write_log(one.tag, log)
        return self._courier.bring(over, one.tag)

    def _lost(self, ticket: str, tag: str, *, began: bool, why: str) -> Over:
        """What is said of what nobody saw the end of; a result that it had sent says more."""
        if not began:
            return Over(ticket, Outcome.UNSTARTED, why="it had not begun")
        return self._courier.bring(Over(ticket, Outcome.LOST, why=why), tag)

    def _write_log(self, tag: str, data: bytes) -> None:
        log = self._files.make_appended(self._logs / f"{tag}.log")
        try:
            log.cut(0)
            log.append(data)
        finally:
            log.close()


def read_report(ticket: str, report: object) -> tuple[Over, bytes, int]:
    """What a worker says of an attempt, its log, and who says it.

    Whoever wrote it may not be volon: what is kept of it is no longer than what volon says, and names no commit but by
    its whole id, so that it means nothing to git.

    Raises:
        KeyError, TypeError, ValueError: it is no such report.
    """
    if not isinstance(report, dict):
        raise TypeError("no report")
    how, status, ms, why, commit = (report[name] for name in ("how", "exit_status", "ms", "why", "commit"))
    log, who, lacks = report["log"], report["who"], report["lacks"]
    words = all(type(one) is str for one in (how, why, commit)) and type(log) is bytes
    if not words or not (status is None or type(status) is int) or {type(ms), type(who), type(lacks)} != {int}:
        raise TypeError("a value is of another type")
    if not (0 <= lacks <= _MOST_ERRNO and (not lacks or how == Outcome.UNSTARTED)):
        raise ValueError("what has begun was not refused")
    if not (0 <= ms <= _MOST_MS and (status is None or 0 <= status <= _MOST_STATUS)):
        raise ValueError("a number is out of range")
    if commit and not is_commit(commit):
        raise ValueError("what it names is no commit")
    return Over(ticket, Outcome(how), status, ms, why[:MOST_WHY], commit, lacks), log[-2 * MOST_LOG :], who
