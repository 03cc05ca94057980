"""What a runner does next, as records to be written: it knows neither processes nor files, so all of it can be tried.

A runner writes what `starts` and `ended` give, under the journal's lock and after it has taken in what others wrote
there; only then it acts. `leaving` says when there is nothing left for it to do, and in which words it goes.

Source: contract §2.11, §7 (a lost attempt, exhausted retries); seed 004; issue "the pipeline".
"""

from __future__ import annotations

from volon.model.pipeline import records as r
from volon.model.pipeline.plan import Plan
from volon.model.pipeline.spec import Rerun
from volon.model.pipeline.state import UNKEPT, Outcome, Reason, Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from volon.model.pipeline.spec import Spec
    from volon.model.pipeline.state import RunState

MOST_LOSSES = 5
"""A ticket that is lost so often is likely to be what kills its runner; then a person is asked even if it is safe."""
BY_VOLON = "volon"


class Course:
    """A run in the hands of one runner.

    Args:
        spec: the pipeline.
        state: where the run stands; kept up to date from here on.
        jobs: how many tickets run at once; 0 starts none.
        keep_going: after a failure, go on with what does not depend on it.
        scope: the only tickets that are to run; all when None.
    """

    def __init__(
        self, spec: Spec, state: RunState, *, jobs: int, keep_going: bool = False, scope: Collection[str] | None = None
    ) -> None:
        self.spec, self.state, self.jobs = spec, state, jobs
        self._keep_going = keep_going
        self._plan = Plan(spec, state, scope)

    def apply(self, entry: r.Entry) -> None:
        """Take in a record of the journal, whoever wrote it.

        Raises:
            ValueError: it breaks a rule.
        """
        again = tuple(self.state.failed) if isinstance(entry.record, r.Resumed) else ()
        self.state.apply(entry)
        if isinstance(entry.record, r.Ended):
            self._plan.ended(entry.record.ticket, self.state.status(entry.record.ticket))
        elif isinstance(entry.record, r.Decided | r.Kept) and entry.record.ticket not in self.state.running:
            again = (entry.record.ticket,)
        for ticket in again:
            self._plan.turned(ticket, self.state.status(ticket))

    def starts(self) -> Iterator[r.Started]:
        """What starts now, one after the other; each is to be written and applied before the next is asked for."""
        while self._open and len(self.state.running) < self.jobs and (ticket := self._plan.take()):
            yield r.Started(ticket.id, self.state.standing(ticket.id).attempt + 1)

    @property
    def asks(self) -> list[str]:
        """The tickets that do not run again before a person has said so."""
        return [*self.state.unknown, *unkept(self.state, self.spec)]

    @property
    def _open(self) -> bool:
        return self.state.pause is None and (self._keep_going or not self.state.failed) and not self.state.unknown

    def ended(
        self, ticket: str, how: Outcome, *, exit_status: int | None = None, ms: int = 0, why: str = ""
    ) -> r.Ended:
        """How the end of a running ticket is written down: with whether it runs again by itself."""
        one, standing = self.spec.tickets.get(ticket), self.state.standing(ticket)
        if how is Outcome.FAILED:
            unasked = one is not None and (one.rerun is Rerun.SAFE or not why.startswith(UNKEPT))
            again = one is not None and unasked and standing.failures < one.retries
        elif how in {Outcome.LOST, Outcome.STOPPED}:
            again = one is not None and one.rerun is Rerun.SAFE and standing.losses + 1 < MOST_LOSSES
        else:
            again = how is Outcome.UNSTARTED
        return r.Ended(ticket, self.state.running[ticket], how.value, again, exit_status, ms, why)

    def closing(self) -> r.Paused | None:
        """The pause that volon itself makes, because a ticket failed for good or nobody knows how it ended."""
        state = self.state
        if state.pause is not None or self._open or not (state.failed or state.unknown):
            return None
        return self._pause()

    def _pause(self) -> r.Paused:
        state = self.state
        conflict = any(state.tickets[one].how == Outcome.CONFLICT for one in state.failed)
        reason = Reason.UNKNOWN if state.unknown else Reason.CONFLICT if conflict else Reason.FAILURE
        return r.Paused(BY_VOLON, reason.value, now=False)

    def leaving(self) -> tuple[r.Record, ...] | None:
        """The last records of this runner; None while there is something to wait for or to start.

        Only to be asked when nothing more `starts`, and nothing is `closing`.
        """
        if self.state.running:
            return None
        if self.state.pause is not None:
            return (r.Left("paused"),)
        if self.state.failed:
            return self._pause(), r.Left("paused")
        if all(self.state.status(one) is Status.DONE for one in self.spec.tickets):
            return r.Left("finished"), r.Finished()
        return (r.Left("reached" if self.jobs else "no room"),)


def unkept(state: RunState, spec: Spec) -> list[str]:
    """The failed tickets whose command ended well, and that must not run again unasked."""
    failed = {one: spec.tickets.get(one) for one in state.unkept}
    return [one for one, ticket in failed.items() if ticket and ticket.rerun is not Rerun.SAFE]
