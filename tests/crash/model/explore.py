"""Walking through every step of a scenario, cutting the power, and asking the oracle."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from tests.crash.model.oracle import Machine, Truth, Violation, check, check_with_edit
from tests.crash.model.scenarios import PLACES, Edit, ForgetHistory, Scenario, look, open_store
from volon.errors import VolonError
from volon.store import layout

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.simfs import Image, SimFs
    from volon.files import Place

T = TypeVar("T")


@dataclass
class Counts:
    """What was tried."""

    points: int = 0
    states: int = 0
    distinct: int = 0
    faults_in_recovery: int = 0
    edits: int = 0

    def add(self, other: Counts) -> None:
        """Sum up."""
        self.points += other.points
        self.states += other.states
        self.distinct += other.distinct
        self.faults_in_recovery += other.faults_in_recovery
        self.edits += other.edits


@dataclass(frozen=True)
class Depth:
    """How far to go.

    Attributes:
        states: outcomes of a power cut during an operation, beyond which they are sampled.
        after_kill: the same while the next command recovers from a kill.
        after_cut: the same while the next command recovers from a power cut.
        kills: steps at which the process is killed instead, beyond which they are sampled.
        again: steps of each such recovery at which that one is killed as well.
        recoveries: states in whose recovery the power is cut again.
        edits: states in which somebody edits a file before recovery.
        seed: of all samples.
    """

    states: int = 1 << 8
    after_kill: int = 12
    after_cut: int = 24
    kills: int = 24
    again: int = 1
    recoveries: int = 16
    edits: int = 6
    seed: int = 1


SHORT = Depth()
LONG = Depth(states=1 << 15, after_kill=1 << 8, after_cut=1 << 10, kills=10_000, again=8, recoveries=400, edits=200)


@dataclass
class Explorer:
    """One scenario.

    Args:
        scenario: what is done.
        depth: how far to go.
        prepare: called with every disk before volon runs on it; how a mutant gets in.
    """

    scenario: Scenario
    depth: Depth
    prepare: Callable[[SimFs], None] = lambda _fs: None
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self.machine = Machine(self.scenario.roots, self.scenario.hard_links)
        self.chance = random.Random(self.depth.seed)
        self.seen: set[tuple[int, bool, Image]] = set()
        self.interesting: dict[Image, tuple[Truth, ...]] = {}

    def run(self) -> Counts:
        """Everything.

        Raises:
            Violation: a promise is broken.
        """
        truths = self._truths()
        fs = self.scenario.disk()
        killed: list[tuple[SimFs, tuple[Truth, ...]]] = []
        for number, step in enumerate(self.scenario.steps):
            self.prepare(fs)
            points = record(fs, partial(self.scenario.take, number=number))
            before_and_after = (truths[number], truths[number + 1])
            self._cut(fs, (truths[number + 1],), acknowledged=True)
            if isinstance(step, Edit | ForgetHistory) or self.scenario.unsynced:
                # What somebody else loses of his own before volon is done is not ours to promise.
                continue
            for point in points:
                self._cut(point, before_and_after)
            killed += [(point, before_and_after) for point in points]
        self._edits()
        self._faults_in_recovery()
        for point, allowed in self._some(killed, self.depth.kills):
            self._kill(point, allowed)
        return self.counts

    def _truths(self) -> list[Truth]:
        fs = self.scenario.disk()
        fs.power_stays()
        truths = [self._truth(fs)]
        for number in range(len(self.scenario.steps)):
            self.scenario.take(fs, number)
            truths.append(self._truth(fs))
        return truths

    def _truth(self, fs: SimFs) -> Truth:
        return Truth(look(fs), tuple(each.ulid for each in open_store(fs).operations()))

    def _cut(
        self, fs: SimFs, allowed: tuple[Truth, ...], *, acknowledged: bool = False, at_most: int | None = None
    ) -> None:
        """The power goes at this moment: look at everything it may leave."""
        self.counts.points += 1
        for image in fs.states(self.depth.seed, at_most or self.depth.states):
            self.counts.states += 1
            key = (id(allowed[0]) ^ id(allowed[-1]) << 1, acknowledged, image)
            if key in self.seen:
                continue
            self.seen.add(key)
            self.counts.distinct += 1
            self._prepared_check(image, allowed, acknowledged=acknowledged)
            if not acknowledged:
                self.interesting[image] = allowed

    def _prepared_check(self, image: Image, allowed: tuple[Truth, ...], *, acknowledged: bool) -> None:
        check(self.machine, image, allowed, acknowledged=acknowledged)

    def _kill(self, point: SimFs, allowed: tuple[Truth, ...], *, again: bool = True) -> None:
        """The process dies, the machine lives; the next command recovers, is killed too, and then the power goes."""
        fs = point.fork()
        self.prepare(fs)
        points = record(fs, _next_command)
        for each in points[1:]:
            self.counts.faults_in_recovery += 1
            self._cut(each, allowed, at_most=self.depth.after_kill)
        for each in self._some(points[1:], self.depth.again) if again else []:
            self._kill(each, allowed, again=False)
        # A journal may come back here, its unlinking was the dead process's; it must mean nothing then.
        now = look(fs)
        done = tuple(truth for truth in allowed if truth.records == now)
        self._cut(fs, done, at_most=self.depth.after_kill)

    def _faults_in_recovery(self) -> None:
        """The power goes, and while volon recovers it goes again."""
        pending = [image for image in self.interesting if self._is_pending(image)]
        for image in self._some(pending, self.depth.recoveries):
            fs = self.machine.boot(image)
            self.prepare(fs)
            now = look(fs)
            truth = next(each for each in self.interesting[image] if each.records == now)
            for point in record(fs, _next_command)[1:]:
                self.counts.faults_in_recovery += 1
                self._cut(point, (truth,), at_most=self.depth.after_cut)
            self._cut(fs, (truth,), acknowledged=True, at_most=self.depth.after_cut)

    def _is_pending(self, image: Image) -> bool:
        return self.machine.boot(image).read(layout.JOURNAL) is not None

    def _edits(self) -> None:
        """The power goes, somebody edits a file, and then volon recovers."""
        for image in self._some(list(self.interesting), self.depth.edits):
            for place in PLACES:
                for human in self._edits_of(image, place):
                    for durable in (True, False):
                        self.counts.edits += 1
                        check_with_edit(self.machine, image, place, human, durable=durable)

    def _edits_of(self, image: Image, place: Place) -> list[bytes | None]:
        fs = self.machine.boot(image)
        store = open_store(fs)
        pending = store.pending().journal
        entry = None if pending is None else store.operation(pending.ulid).entry(place)
        if entry is None:
            return [b"by hand\n"]
        return [b"by hand\n", entry.before, entry.after, None]

    def _some(self, things: list[T], at_most: int) -> list[T]:
        return things if len(things) <= at_most else self.chance.sample(things, at_most)


def record(fs: SimFs, action: Callable[[SimFs], None]) -> list[SimFs]:
    """Do it, and keep the moment before each change and after it.

    Raises:
        Violation: it fails, though nothing was wrong.
    """
    points = [fs.fork()]
    fs.after = lambda _event: points.append(fs.fork())
    try:
        action(fs)
    except VolonError as error:
        raise Violation(f"it failed without any fault: {error.message} {error.causes}") from error
    finally:
        fs.after = None
    return points


def _next_command(fs: SimFs) -> None:
    with open_store(fs).begin("next", wait=0):
        pass
