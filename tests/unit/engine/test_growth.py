"""A run of many tickets does for each what a run of few does: counted in calls, which no load changes."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

from tests.scheduler.machine import OnFile
from volon.model.pipeline import records as r
from volon.model.pipeline.course import Course
from volon.model.pipeline.spec import Spec, Ticket
from volon.model.pipeline.state import RunState

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scheduler.world import Process


def counted(does: Callable[[], object]) -> int:
    """How many Python functions it calls."""
    calls = 0

    def count(_frame: object, event: str, _called: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    # Whoever is told of each collection would be counted.
    gc.disable()
    sys.setprofile(count)
    try:
        does()
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


def graph(size: int) -> Spec:
    """Tickets of which each needs two of the fifty before it, and some share locks."""
    return Spec(
        "p",
        {
            f"t{n}": Ticket(
                f"t{n}",
                ("x",),
                needs=tuple(f"t{n - back}" for back in (7, 31) if n >= back),
                priority=n % 3,
                locks=("l",) * (n % 10 == 0),
            )
            for n in range(size)
        },
    )


def calls_of_a_run(size: int) -> float:
    """For each ticket, those of its runner from the start of the run to its end."""
    machine = OnFile()
    machine.begin(graph(size), 4, keep_going=False)
    machine.attach(0, 0)
    runner, world = machine.runner, machine.world
    assert runner is not None

    def end(one: Process) -> None:
        world.advance(one, 0)
        world.advance(one, 0)

    def whole() -> None:
        while not runner.step():
            for one in world.alive:
                end(one)

    try:
        return counted(whole) / size
    finally:
        machine.sound = False
        machine.teardown()


def test_no_ticket_costs_more_because_there_are_many() -> None:
    assert calls_of_a_run(1_500) < 1.1 * calls_of_a_run(150)


def test_a_resume_holds_the_lock_no_longer_because_there_are_many_tickets() -> None:
    """Whoever pauses again right after it waits for what the runner does with it, under the lock."""

    def calls(size: int) -> int:
        course = Course(graph(size), RunState(), jobs=2)
        first: list[r.Record] = [r.Opened(r.VERSION, "run", ".", "f", "0"), r.Paused("me", "user", now=False)]
        for n, record in enumerate(first, 1):
            course.apply(r.Entry(n, "x", record))
        return counted(lambda: course.apply(r.Entry(3, "x", r.Resumed("me"))))

    calls(3)  # classes make their constructors when they are first used
    assert calls(3_000) == calls(30)
