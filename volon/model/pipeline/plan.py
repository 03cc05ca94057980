"""What may start next: the tickets in the one order that spec and journal give, kept up to date as tickets end.

Of those that could start, the highest priority is first, then the one that stands first in the file; one whose locks
are taken lets others pass. No step looks at more tickets than it concerns, so that a long run does not become slower.

Source: issue "the pipeline" (deterministic order; 10,000 tickets do not slow down).
"""

from __future__ import annotations

from heapq import heappop, heappush

from volon.model.pipeline.state import Status

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from volon.model.pipeline.spec import Spec, Ticket
    from volon.model.pipeline.state import RunState

    Heap = list[tuple[int, int, str]]


class Plan:
    """What is left to do.

    Args:
        spec: the pipeline.
        state: where its run stands.
        scope: the only tickets that are to run; all when None.

    Attributes:
        left: the tickets of the scope that are not done.
    """

    def __init__(self, spec: Spec, state: RunState, scope: Collection[str] | None = None) -> None:
        self._spec = spec
        self._place = {one: number for number, one in enumerate(spec.tickets)}
        self._needed_by: dict[str, list[str]] = {}
        self._waiting: dict[str, int] = {}
        self._ready: Heap = []
        self._held: set[str] = set()
        self._parked: dict[str, Heap] = {}
        wanted = spec.tickets if scope is None else scope
        self.left: set[str] = set()
        for one in spec.tickets.values():
            status = state.status(one.id)
            if status is Status.RUNNING:
                self._held.update(one.holds)
            if one.id in wanted and status is not Status.DONE:
                self.left.add(one.id)
                needs = [need for need in one.needs if state.status(need) is not Status.DONE]
                self._waiting[one.id] = len(needs)
                for need in needs:
                    self._needed_by.setdefault(need, []).append(one.id)
                if status is Status.PENDING and not needs:
                    self._offer(one.id)

    def take(self) -> Ticket | None:
        """The ticket to start now, which holds its locks from here on; None when none may."""
        while self._ready:
            one = self._spec.tickets[heappop(self._ready)[2]]
            taken = [name for name in one.holds if name in self._held]
            if not taken:
                self._held.update(one.holds)
                return one
            heappush(self._parked.setdefault(taken[0], []), self._entry(one.id))
            # Whoever waits for its other locks, which are free, has to be looked at in its place.
            self._wake(name for name in one.holds if name not in self._held)
        return None

    def ended(self, ticket: str, status: Status) -> None:
        """Take in that a running ticket has ended, and how it stands now."""
        one = self._spec.tickets.get(ticket)
        if one is None:
            return
        self._held.difference_update(one.holds)
        self._wake(one.holds)
        self.turned(ticket, status)

    def turned(self, ticket: str, status: Status) -> None:
        """Take in how a ticket that does not run stands from now on."""
        if ticket not in self.left:
            return
        if status is Status.PENDING:
            self._offer(ticket)
        elif status is Status.DONE:
            self.left.discard(ticket)
            for other in self._needed_by.get(ticket, ()):
                self._waiting[other] -= 1
                if not self._waiting[other]:
                    self._offer(other)

    def next(self) -> list[str]:
        """What could start now if there was room for all of it, first things first; locks left aside."""
        return [ticket for _, _, ticket in sorted([*self._ready, *(e for heap in self._parked.values() for e in heap)])]

    def _offer(self, ticket: str) -> None:
        heappush(self._ready, self._entry(ticket))

    def _entry(self, ticket: str) -> tuple[int, int, str]:
        return (-self._spec.tickets[ticket].priority, self._place[ticket], ticket)

    def _wake(self, locks: Iterable[str]) -> None:
        for name in locks:
            if parked := self._parked.get(name):
                heappush(self._ready, heappop(parked))


def scope_of(spec: Spec, state: RunState) -> frozenset[str] | None:
    """The tickets that the user chose, as long as not all of them are done; None when all tickets are wanted."""
    wanted = state.wanted
    only, until = ([one for one in said.split() if one in spec.tickets] for said in (wanted.only, wanted.until))
    scope = spec.with_needs(until) | frozenset(only)
    return scope if any(state.status(one) is not Status.DONE for one in scope) else None


def upcoming(spec: Spec, state: RunState) -> list[str]:
    """The tickets that start next, or on resume, first things first; a resume tries again what failed."""
    plan = Plan(spec, state, scope_of(spec, state))
    for ticket in state.failed if state.pause else ():
        plan.turned(ticket, Status.PENDING)
    return plan.next()


def blocked(spec: Spec, state: RunState) -> set[str]:
    """The pending tickets that cannot start, because something they need, directly or not, failed or is not known."""
    todo = [*state.failed, *state.unknown]
    needed_by: dict[str, list[str]] = {}
    for one in spec.tickets.values() if todo else ():
        for need in one.needs:
            needed_by.setdefault(need, []).append(one.id)
    found: set[str] = set()
    while todo:
        new = [other for other in needed_by.get(todo.pop(), ()) if other not in found]
        found.update(new)
        todo += new
    return {one for one in found if state.status(one) is Status.PENDING}
