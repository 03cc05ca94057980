"""Locks: whoever waits for one is looked at again when it is free, in the order of all others."""

from __future__ import annotations

from volon.model.pipeline.plan import Plan
from volon.model.pipeline.spec import Spec, Ticket
from volon.model.pipeline.state import RunState, Status


def plan(**locks: str) -> Plan:
    """A plan of tickets, each with its locks as letters."""
    return Plan(Spec("p", {name: Ticket(name, ("x",), locks=tuple(held)) for name, held in locks.items()}), RunState())


def taken(of: Plan) -> list[str]:
    """Everything that may start now."""
    found = []
    while ticket := of.take():
        found.append(ticket.id)
    return found


def test_who_waits_for_a_lock_starts_when_it_is_free() -> None:
    one = plan(a="x", b="x", c="", d="x")
    assert taken(one) == ["a", "c"]
    one.ended("a", Status.DONE)
    assert taken(one) == ["b"]
    one.ended("b", Status.FAILED)
    assert taken(one) == ["d"]


def test_who_waits_for_a_lock_that_another_cannot_use_yet_starts_in_its_place() -> None:
    one = plan(a="x", h="y", b="xy", c="x")
    assert taken(one) == ["a", "h"]
    one.ended("a", Status.DONE)
    # `b` stands before `c` and waits for `y` from here on; `x` is free meanwhile.
    assert taken(one) == ["c"]
    one.ended("h", Status.DONE)
    one.ended("c", Status.DONE)
    assert taken(one) == ["b"]
