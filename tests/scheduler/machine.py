"""The machine: tickets of a random graph, run by runners that die anywhere, paused and resumed by others.

A model of its own, a handful of sets, says what must hold whatever happens; `checker` judges the journal.
"""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.scheduler.checker import Checker
from tests.scheduler.world import LOGS, Killed, Process, Stepped, World, closed
from volon.engine import attempts as attempts_module
from volon.engine.attempts import Attempts
from volon.engine.journal import Journal
from volon.engine.runner import Asked
from volon.errors import NothingToDo
from volon.identity import Identity
from volon.model.pipeline import records as r
from volon.model.pipeline.course import Course
from volon.model.pipeline.spec import Rerun, Spec, Ticket
from volon.model.pipeline.state import RunState, Status
from volon.usecases.pipeline.gate import write_pause, write_resume

if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.runfiles import Appended
    from volon.usecases.pipeline.runs import Run

_LAST_STEPS = 400
_DOORS = st.sampled_from([*[0] * 20, *range(1, 15)])
"""At which door a process dies; mostly at none."""
_TORN = st.integers(0, 300)


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """A pipeline: each ticket needs some of those before it."""
    names = [f"t{n}" for n in range(draw(st.integers(1, 6)))]
    return Spec(
        "p",
        {
            name: Ticket(
                name,
                ("x",),
                needs=tuple(draw(st.sets(st.sampled_from(names[:number]), max_size=2))) if number else (),
                priority=draw(st.integers(0, 2)),
                retries=draw(st.integers(0, 1)),
                timeout=draw(st.sampled_from([None, 60])),
                rerun=draw(st.sampled_from(list(Rerun))),
                locks=tuple(draw(st.sets(st.sampled_from("ab"), max_size=2))),
            )
            for number, name in enumerate(names)
        },
    )


class Hand:
    """A process that has the journal open: a runner, somebody who pauses, or a reader."""

    def __init__(self, world: World) -> None:
        self.file: Appended = world.open()
        self.state = RunState()
        self.journal = Journal(self.file, world, self.state.apply, "journal")
        self.journal.refresh()

    @property
    def run(self) -> Run:
        """What the gate needs of a run."""
        return cast("Run", SimpleNamespace(journal=self.journal, state=self.state, file="p.yaml"))


class OnFile(RuleBasedStateMachine):
    """A run of a pipeline, and everybody who touches it.

    Attributes:
        steps: how many steps were taken in this process.
    """

    steps = 0

    @initialize(spec=specs(), jobs=st.integers(1, 3), keep_going=st.booleans())
    def begin(self, spec: Spec, jobs: int, keep_going: bool) -> None:  # noqa: FBT001  drawn
        self.directory = tempfile.TemporaryDirectory(prefix="volon-scheduler-")
        self.world = World(Path(self.directory.name))
        world = self.world
        self.patch = patch.multiple(attempts_module, signal_group=world.signal_group, is_attempt=world.is_attempt)
        self.patch.start()
        self.spec, self.jobs, self.keep_going = spec, jobs, keep_going
        self.world.begin(r.encode(r.Entry(1, "x", r.Opened(r.VERSION, "run", ".", "f", "0"))))
        self.runner: Stepped | None = None
        self.hand, self.other, self.reader = Hand(self.world), Hand(self.world), Hand(self.world)
        self.asked = Asked()
        self.told: list[int] = []
        self.seen: dict[int, RunState] = {}
        self.closed_at = 0
        """The size of the journal when the last pause returned."""
        self.succeeded: set[str] = set()
        """Tickets whose command ended well, and nobody had told it to end."""
        self.by_hand: set[str] = set()
        self.in_doubt: set[str] = set()
        """Tickets that began, ended without a witness, and must not begin again by themselves."""
        self.handled = 0
        self.sound = True

    # --- the runner ---

    @precondition(lambda self: self.runner is None and not self.now().finished_at)
    @rule(kill=_DOORS, torn=_TORN)
    def attach(self, kill: int, torn: int) -> None:
        """Somebody runs the pipeline."""
        self.hand, self.asked = Hand(self.world), Asked()
        course = Course(self.spec, self.hand.state, jobs=self.jobs, keep_going=self.keep_going)
        world = self.world
        attempts = Attempts(world.files, LOGS, world.witnesses, world.launcher, self.directory.name, world, "run")
        self.told = []
        runner = Stepped(self.hand.journal, course, attempts, world, self.hear, self.asked, lambda: None)
        self.runner = runner
        identity = Identity(1, "h", f"boot{world.boot}", "", "")
        self.mortal(kill, torn, lambda: runner.begin(identity))

    @precondition(lambda self: self.runner is not None)
    @rule(kill=_DOORS, torn=_TORN)
    def step(self, kill: int, torn: int) -> None:
        """The runner goes round, and may die at any door."""
        assert self.runner is not None
        if self.mortal(kill, torn, self.runner.step):
            assert not self.world.alive, "its runner left what runs"
            self.dies()

    def mortal(self, kill: int, torn: int, does: Callable[[], Any]) -> object:
        """Do something as a process that dies at the given door; None when it did."""
        self.world.doors_left, self.world.torn = kill, torn
        try:
            return cast("object", does())
        except Killed:
            self.dies()
            return None
        except Exception:
            self.sound = False
            raise
        finally:
            self.world.doors_left = 0
            self.judge_starts()

    def dies(self) -> None:
        self.runner = None
        closed(self.hand.file)
        self.world.runner_dies()

    def hear(self, entry: r.Entry) -> None:
        assert not self.told or entry.n == self.told[-1] + 1, "what is told has a gap"
        self.told.append(entry.n)

    def judge_starts(self) -> None:
        """What was really started since."""
        for one in self.world.started[self.handled :]:
            ticket = self.spec.tickets[one.ticket]
            others = [other for other in self.world.alive if other is not one]
            assert one.ticket not in self.succeeded | self.by_hand, "what is done runs again"
            assert one.ticket not in self.in_doubt, "what may have run runs again, and nobody was asked"
            assert all(other.ticket != one.ticket for other in others), "two attempts of one ticket at once"
            assert set(ticket.needs) <= self.succeeded | self.by_hand, "it runs before what it needs"
            for other in others:
                assert not set(ticket.holds) & set(self.spec.tickets[other.ticket].holds), "a lock has two holders"
            assert len(others) < self.jobs, "too many run at once"
        self.handled = len(self.world.started)

    @precondition(lambda self: self.runner is not None)
    @rule()
    def interrupt(self) -> None:
        self.asked.note("Ctrl-C")

    @precondition(lambda self: self.runner is not None)
    @rule()
    def press_the_key(self) -> None:
        self.asked.turns += 1

    @rule(seconds=st.sampled_from([0.01, 0.03, 6.0, 70.0]))
    def tick(self, seconds: float) -> None:
        self.world.seconds += seconds

    # --- tickets ---

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data(), status=st.sampled_from([0, 0, 0, 1]))
    def advance(self, data: st.DataObject, status: int) -> None:
        """A ticket begins, or ends."""
        self.advance_one(data.draw(st.sampled_from(self.world.alive)), status)

    @precondition(lambda self: self.refusable())
    @rule(data=st.data())
    def refuse(self, data: st.DataObject) -> None:
        """There is no room on the machine for a ticket that was about to begin."""
        self.world.refuse(data.draw(st.sampled_from(self.refusable())))

    def refusable(self) -> list[Process]:
        return [one for one in self.world.alive if not (one.begun or one.keeper.gone)]

    def advance_one(self, one: Process, status: int) -> None:
        if one.begun and one.keeper.gone:
            self.doubt(one)
        elif one.begun and status == 0 and not one.told_to_end:
            self.succeeded.add(one.ticket)
        self.world.advance(one, status)

    @precondition(lambda self: not self.now().finished_at)
    @rule(statuses=st.lists(st.sampled_from([0, 0, 1]), min_size=1, max_size=8), kill=_DOORS, torn=_TORN)
    def work(self, statuses: list[int], kill: int, torn: int) -> None:
        """It goes on for a while, and nothing happens but that tickets begin and end."""
        for status in statuses:
            if self.now().finished_at:
                return
            if self.runner is None:
                self.attach(0, 0)
            else:
                self.step(kill, torn)
            for one in self.world.alive[:2]:
                self.advance_one(one, status)

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data(), alone=st.booleans(), writing=st.booleans())
    def kill(self, data: st.DataObject, alone: bool, writing: bool) -> None:  # noqa: FBT001  drawn
        """The keeper of a ticket is killed, before it, after it or while it writes that it begins; and the ticket."""
        one = data.draw(st.sampled_from(self.world.alive))
        if writing:
            self.doubt(one, begun=True)
        self.world.kill_keeper(one.keeper, writing=writing)
        if not alone and not one.gone:
            self.doubt(one)
            self.world.kill(one)

    @precondition(lambda self: self.world.alive)
    @rule(data=st.data())
    def redirect(self, data: st.DataObject) -> None:
        """A ticket writes elsewhere from now on, and lets go of its log."""
        one = data.draw(st.sampled_from(self.world.alive))
        one.writes = not one.begun

    def doubt(self, one: Process, *, begun: bool = False) -> None:
        if (one.begun or begun) and self.spec.tickets[one.ticket].rerun is not Rerun.SAFE:
            self.in_doubt.add(one.ticket)

    @rule(kept=st.sampled_from([0.0, 0.3, 0.7, 1.0]), lost=st.sets(st.integers(0, 9), max_size=4), so=st.integers(0, 4))
    def lose_power(self, kept: float, lost: set[int], so: int) -> None:
        """The machine goes down, now and then. What was not durable may be gone; a pause that returned may not."""
        if so < 4:
            return
        self.dies()
        for one in self.world.alive:
            self.doubt(one)
        tags = sorted(self.world.logs)
        self.world.lose_power(kept, {tags[n] for n in lost if n < len(tags)})
        for hand in (self.other, self.reader):
            closed(hand.file)
        self.other, self.reader = Hand(self.world), Hand(self.world)
        self.seen, state = {n: state for n, state in self.seen.items() if n <= self.other.state.n}, self.other.state
        # A ticket whose success was not durable is one of which nobody knows how it ended, or that never began.
        known = {one for one in self.spec.tickets if state.standing(one).status is Status.DONE}
        told = self.world.exits.decode().split("\n")[:-1]
        known |= {one for one, attempt in state.running.items() if f"E {one}.{attempt} 0" in told}
        forgotten = self.succeeded - known
        self.in_doubt |= {one for one in forgotten if self.spec.tickets[one].rerun is not Rerun.SAFE}
        self.succeeded &= known
        self.by_hand &= known
        # What began within the last instant, and left neither a record nor a log, never was; `never` is durable before.
        logged = {tag.rpartition(".")[0] for tag in self.world.logs} | set(state.running)
        never = {one for one in self.spec.tickets if self.spec.tickets[one].rerun is Rerun.NEVER}
        self.in_doubt &= logged | never | set(state.unknown) | set(state.failed)

    # --- others ---

    @rule(now=st.booleans(), kill=_DOORS, torn=_TORN, late=st.booleans())
    def pause(self, now: bool, kill: int, torn: int, late: bool) -> None:  # noqa: FBT001  drawn
        """Somebody pauses; `late` has had the journal open for long, and knows old things."""
        hand = self.other if late else Hand(self.world)
        try:
            if self.other_hand(hand, kill, torn, lambda: write_pause(hand.run, now=now)) is not None:
                self.closed_at = self.world.path.stat().st_size
        except NothingToDo:
            assert self.now().finished_at

    @precondition(lambda self: self.now().pause is not None)
    @rule(data=st.data(), kill=_DOORS, torn=_TORN)
    def resume(self, data: st.DataObject, kill: int, torn: int) -> None:
        """Somebody looks at what became of tickets, says it, and goes on."""
        hand = Hand(self.world)
        asked = [*hand.state.unknown, *hand.state.failed]
        done = tuple(one for one in asked if data.draw(st.booleans()))
        rerun = tuple(one for one in hand.state.unknown if one not in done)
        self.other_hand(hand, kill, torn, lambda: write_resume(hand.run, rerun, done))
        # Also when it died: some of what it said may stand there.
        self.in_doubt -= {*rerun, *done}
        self.succeeded -= set(rerun)
        state = self.now()
        self.by_hand |= {one for one in done if state.standing(one).status is Status.DONE}

    def other_hand(self, hand: Hand, kill: int, torn: int, does: Callable[[], object]) -> object:
        """Somebody who is no runner does something; None when it died of it."""
        self.world.doors_left, self.world.torn = kill, torn
        try:
            return does()
        except Killed:
            return None
        finally:
            self.world.doors_left = 0
            if hand is self.other:
                closed(hand.file)
                self.other = Hand(self.world)
            else:
                closed(hand.file)

    @rule()
    def read(self) -> None:
        """Somebody looks on, who takes no lock."""
        self.reader.journal.refresh()
        self.seen[self.reader.state.n] = deepcopy(self.reader.state)

    def now(self) -> RunState:
        """Where the run stands, folded from the first record on."""
        state = RunState()
        for n, line in enumerate(r.whole_lines(self.world.path.read_bytes())[0], 1):
            state.apply(r.decode(line, n))
        return state

    # --- what holds ---

    @invariant()
    def the_journal_breaks_no_rule(self) -> None:
        OnFile.steps += 1
        data = self.world.path.read_bytes()
        checker = Checker(self.spec)
        checker.read(data)
        assert len(data) >= self.closed_at, "a pause that had returned is gone"
        behind = data[self.closed_at :].partition(b'"e":"resume"')[0] if self.closed_at else b""
        assert b'"e":"start"' not in behind, "a start behind a pause"
        assert {one for one, how in checker.how.items() if how == "done"} <= self.succeeded | self.by_hand
        running = {one for one, how in checker.how.items() if how == "running"}
        assert {one.ticket for one in self.world.alive} <= running, "something runs and nobody knows"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            try:
                if self.sound:
                    self.every_prefix_is_what_a_reader_saw()
                    self.come_to_an_end()
            finally:
                self.patch.stop()
                for hand in (self.hand, self.other, self.reader):
                    closed(hand.file)
                self.world.close()
                self.directory.cleanup()

    def every_prefix_is_what_a_reader_saw(self) -> None:
        state = RunState()
        for n, line in enumerate(r.whole_lines(self.world.path.read_bytes())[0], 1):
            state.apply(r.decode(line, n))
            assert self.seen.get(n, state) == state, f"a reader saw something else at record {n}"

    def come_to_an_end(self) -> None:
        """From wherever it stands: when nothing goes wrong any more, everything is done, each ticket once."""
        for _ in range(_LAST_STEPS):
            state = self.now()
            if state.finished_at:
                return
            if state.pause is not None and not state.running:
                hand = Hand(self.world)
                rerun = tuple(hand.state.unknown)
                write_resume(hand.run, rerun, ())
                self.in_doubt -= set(rerun)
                self.succeeded -= set(rerun)
                closed(hand.file)
            if self.runner is None:
                self.attach(0, 0)
            self.step(0, 0)
            for one in self.world.alive:
                self.advance_one(one, 0)
            self.world.seconds += 1
            self.the_journal_breaks_no_rule()
        raise AssertionError("it never comes to an end")
