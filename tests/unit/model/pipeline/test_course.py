"""The scheduler and the journal as one machine: whatever happens, and wherever it is cut, no rule is broken.

The machine runs tickets of a random graph by a `Course`, as a runner does, and kills that runner at any instant:
between a record and its deed, with the last line torn. A model of its own, a handful of sets, says what must hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.unit.model.samples import quick
from volon.model.pipeline import records as r
from volon.model.pipeline.course import Course
from volon.model.pipeline.plan import Plan
from volon.model.pipeline.spec import Rerun, Spec, Ticket
from volon.model.pipeline.state import Outcome, Reason, RunState, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = "2026-11-21T15:00:00Z"


def folded(data: bytes) -> RunState:
    """Read a journal from its bytes; a torn last line is no record."""
    state = RunState()
    for n, line in enumerate(r.whole_lines(data)[0], 1):
        state.apply(r.decode(line, n))
    return state


class Runs(RuleBasedStateMachine):
    """A pipeline, its journal as bytes, and what really happened to its tickets."""

    @initialize(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(1, 7))
        names = [f"t{n}" for n in range(size)]
        tickets = {}
        for number, name in enumerate(names):
            tickets[name] = Ticket(
                name,
                ("x",),
                needs=tuple(data.draw(st.sets(st.sampled_from(names[:number]), max_size=3))) if number else (),
                priority=data.draw(st.integers(0, 2)),
                retries=data.draw(st.integers(0, 2)),
                rerun=data.draw(st.sampled_from(list(Rerun))),
                locks=tuple(data.draw(st.sets(st.sampled_from("ab"), max_size=2))),
            )
        self.spec = Spec("p", tickets)
        self.jobs, self.keep_going = data.draw(st.integers(1, 3)), data.draw(st.booleans())
        self.journal = b""
        self.lines = 0
        self.course: Course | None = None
        self.alive: dict[str, int] = {}
        """Processes that run, of whichever runner."""
        self.over: dict[str, int] = {}
        """Attempts that have ended with a witness, and how: 0 or 1."""
        self.succeeded: set[str] = set()
        self.by_hand: set[str] = set()
        self.begun: dict[str, int] = {}
        self.safe_again: dict[str, int] = {}
        self.write(RunState(), [r.Opened(r.VERSION, "run", ".", "f", "0")])

    # --- what a runner does ---

    def write(self, state: RunState | Course, records: Iterable[r.Record]) -> None:
        for record in records:
            self.lines += 1
            entry = r.Entry(self.lines, AT, record)
            state.apply(entry)
            self.journal += r.encode(entry)

    @precondition(lambda self: self.course is None and not folded(self.journal).finished_at)
    @rule()
    def attach(self) -> None:
        """A new runner: it takes over what the journal says runs, by the traces there are."""
        self.course = Course(self.spec, folded(self.journal), jobs=self.jobs, keep_going=self.keep_going)
        self.write(self.course, [r.Attached(1, "h", "b", self.jobs)])
        for ticket, attempt in list(self.course.state.running.items()):
            if self.over.get(ticket) is not None:
                self.note_end(ticket)
            elif self.alive.get(ticket) == attempt:
                continue
            else:
                how = Outcome.LOST if self.begun.get(ticket) == attempt else Outcome.UNSTARTED
                self.write(self.course, [self.course.ended(ticket, how)])

    @precondition(lambda self: self.course is not None)
    @rule(killed=st.integers(0, 9))
    def start(self, killed: int) -> None:
        """Start what may start; killed between the record and the process it is about, when it comes to that."""
        assert self.course is not None
        for number, record in enumerate(self.course.starts()):
            ticket = record.ticket
            standing = self.course.state.standing(ticket)
            assert ticket not in self.alive, "no two attempts of one ticket at once"
            assert ticket not in self.succeeded | self.by_hand, "no finished ticket runs again"
            needs = self.spec.tickets[ticket].needs
            assert set(needs) <= self.succeeded | self.by_hand, "nothing runs before what it needs"
            assert all(
                not set(self.spec.tickets[ticket].locks) & set(self.spec.tickets[one].locks) for one in self.alive
            )
            if ticket in self.begun and standing.losses:
                assert self.spec.tickets[ticket].rerun is Rerun.SAFE or ticket in self.safe_again
            self.write(self.course, [record])
            assert len(self.course.state.running) <= self.jobs
            if number == killed:
                self.course = None
                return
            self.alive[ticket] = self.begun[ticket] = record.attempt
        assert not list(self.peeked()), "whatever may start does, also behind locks that have become free"

    def note_end(self, ticket: str) -> None:
        assert self.course is not None
        status = self.over.pop(ticket)
        how = Outcome.FAILED if status else Outcome.DONE
        self.write(self.course, [self.course.ended(ticket, how, exit_status=status)])

    @precondition(lambda self: self.course is not None)
    @rule()
    def reap(self) -> None:
        for ticket in sorted(self.over):
            self.note_end(ticket)

    @precondition(lambda self: self.course is not None)
    @rule()
    def leave(self) -> None:
        assert self.course is not None
        if any(True for _ in self.peeked()):
            return
        if closing := self.course.closing():
            self.write(self.course, [closing])
        last = self.course.leaving()
        if last is None:
            assert self.course.state.running
            return
        state = self.course.state
        self.write(self.course, last)
        self.course = None
        assert not self.alive
        assert state.finished_at or state.pause is not None, "without a reason nobody leaves before the end"
        done = {one for one in self.spec.tickets if state.standing(one).status is Status.DONE}
        assert (done == set(self.spec.tickets)) == bool(state.finished_at) or state.pause is not None
        if state.pause is not None and state.pause.reason == Reason.FAILURE and self.keep_going and not state.unknown:
            assert not Plan(self.spec, state).next(), "whatever did not depend on the failure was done"

    def peeked(self) -> Iterable[str]:
        """What would start: asked of a copy, because asking takes it."""
        assert self.course is not None
        copy = Course(self.spec, folded(self.journal), jobs=self.jobs, keep_going=self.keep_going)
        return [record.ticket for record in [next(copy.starts(), None)] if record]

    # --- what happens to it ---

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), status=st.sampled_from([0, 0, 1]), witnessed=st.sampled_from([True, True, True, False]))
    def end(self, data: st.DataObject, status: int, witnessed: bool) -> None:  # noqa: FBT001  drawn
        """A ticket ends; without a witness it was killed together with what would have told."""
        ticket = data.draw(st.sampled_from(sorted(self.alive)))
        del self.alive[ticket]
        if witnessed:
            self.over[ticket] = status
            if status == 0:
                self.succeeded.add(ticket)
        elif self.course is not None:
            self.write(self.course, [self.course.ended(ticket, Outcome.LOST)])

    @rule(torn=st.integers(0, 60))
    def kill(self, torn: int) -> None:
        """The runner dies, perhaps in the middle of a line; the next writer cuts that off."""
        self.course = None
        half = r.encode(r.Entry(self.lines + 1, AT, r.Paused("u", "user", now=False)))[:torn]
        lines, end = r.whole_lines(self.journal + half)
        assert (len(lines), end) == (self.lines, len(self.journal))

    @rule()
    def pause(self) -> None:
        state = self.course or folded(self.journal)
        now = folded(self.journal)
        if now.pause is None and not now.finished_at:
            self.write(state, [r.Paused("me", "user", now=False)])
            assert folded(self.journal).pause is not None

    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        state = self.course or folded(self.journal)
        now = folded(self.journal)
        if now.pause is None:
            return
        for ticket in [*now.unknown, *now.failed]:
            done = data.draw(st.booleans())
            if ticket in now.unknown or done:
                self.write(state, [r.Decided(ticket, done)])
                self.safe_again[ticket] = 1
                if done:
                    self.by_hand.add(ticket)
        self.write(state, [r.Resumed("me")])

    # --- what holds ---

    @invariant()
    def the_journal_is_the_state(self) -> None:
        if self.course is not None:
            assert self.course.state == folded(self.journal)

    @invariant()
    def no_ticket_is_lost(self) -> None:
        state = folded(self.journal) if hasattr(self, "journal") else None
        if state is None or not state.opened:
            return
        running = set(state.running)
        assert set(self.alive) <= running
        assert set(self.over) <= running
        for ticket in self.spec.tickets:
            if state.standing(ticket).status is Status.DONE:
                assert ticket in self.succeeded | self.by_hand
        assert self.succeeded - self.by_hand <= running | {
            one for one in self.spec.tickets if state.standing(one).status is Status.DONE
        }


TestRuns = Runs.TestCase
TestRuns.settings = settings(quick, stateful_step_count=60)


COMMIT = "c" * 40


def begun(*more: r.Record) -> Course:
    """A run of one ticket with retries, which has started, and what is written after that."""
    course = Course(Spec("p", {"a": Ticket("a", ("x",), retries=3)}), RunState(), jobs=1)
    first = (r.Opened(r.VERSION, "R", ".", "p.yaml", "0"), r.Attached(7, "h", "b", 1), r.Started("a", 1))
    for n, record in enumerate((*first, *more), 1):
        course.apply(r.Entry(n, AT, record))
    return course


def test_a_conflict_is_not_tried_again_by_itself_and_is_the_reason_of_the_pause() -> None:
    course = begun()
    end = course.ended("a", Outcome.CONFLICT, why="they differ")
    assert not end.again
    course.apply(r.Entry(4, AT, end))
    assert course.closing() == r.Paused("volon", "conflict", now=False)


def test_what_is_kept_is_the_result_of_the_attempt_that_runs_or_its_unfinished_work() -> None:
    assert begun(r.Kept("a", 1, COMMIT, result=False)).state.standing("a").saved == COMMIT
    assert begun(r.Kept("a", 1, COMMIT, result=True)).state.standing("a").result == COMMIT
    lost = r.Ended("a", 1, "lost", again=False, exit_status=None, ms=0, why="")
    late = begun(lost, r.Kept("a", 1, COMMIT, result=True)).state
    assert (late.standing("a").status, late.standing("a").result, list(late.unknown)) == ("done", COMMIT, [])
    with pytest.raises(ValueError, match="not running"):
        begun(lost, r.Kept("a", 1, COMMIT, result=False))
    for wrong in (
        r.Kept("a", 2, COMMIT, result=True),
        r.Kept("b", 1, COMMIT, result=True),
        r.Kept("a", 1, "--output=x", result=True),
        r.Based("HEAD"),
    ):
        with pytest.raises(ValueError, match=r"."):
            begun(wrong)
    with pytest.raises(ValueError, match="already"):
        begun(r.Based(COMMIT), r.Based(COMMIT))
