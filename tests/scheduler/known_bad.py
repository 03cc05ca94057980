"""Schedulers that are known to be bad, each of which the machine must notice.

    python -m tests.scheduler.known_bad

One protection is taken out at a time, in this process; nothing in volon's source knows of it.
"""

from __future__ import annotations

import signal
import sys
from heapq import heappop
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import patch

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.scheduler.machine import OnFile
from tests.scheduler.world import World
from volon.background import Witnessed, witnesses
from volon.engine import attempts, journal
from volon.engine.attempts import Attempts, Over
from volon.engine.journal import Journal
from volon.engine.runner import Runner
from volon.model.pipeline.course import Course
from volon.model.pipeline.plan import Plan
from volon.model.pipeline.records import Started
from volon.model.pipeline.spec import Rerun, Spec, Ticket
from volon.model.pipeline.state import Outcome, RunState, Status
from volon.runfiles import Appended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ended, _left, _make_log = Course.ended, Attempts._left, Attempts.start
_open = cast("property", Course.__dict__["_open"])


def _blind(self: Journal, *_: Any) -> bool:
    """Take in what others wrote before the first turn only."""
    return _refresh(self) if self.n < 2 else False


_refresh = Journal.refresh


def _past_a_pause(self: Course) -> bool:
    pause, self.state.pause = self.state.pause, None
    try:
        return bool(_open.__get__(self))
    finally:
        self.state.pause = pause


def _again(self: Course, ticket: str, how: Outcome, **rest: Any) -> Any:
    """What is lost always runs again."""
    ended = _ended(self, ticket, how, **rest)
    return type(ended)(ended.ticket, ended.attempt, ended.how, how is not Outcome.DONE, None, 0, "")


def _no_more_than_it_said(self: Attempts, one: Any, *, rebooted: bool) -> Over | None:
    """What lives and has not told its end is lost, as if nobody held its log."""
    over = _left(self, one, rebooted=rebooted)
    return over or Over(one.ticket, Outcome.LOST)


def _by_its_log_alone(*_: object) -> bool:
    """Whoever writes elsewhere does not live."""
    return False


def _never_began(self: Attempts, one: Any, *, rebooted: bool) -> Over | None:
    over = _left(self, one, rebooted=rebooted)
    return over and (over._replace(how=Outcome.UNSTARTED) if over.how is Outcome.LOST else over)


def _all_is_well(_self: Attempts, one: Any, found: Witnessed) -> Over:
    return Over(one.ticket, Outcome.DONE, found.exit_status)


def _stopped_unheard(self: Attempts, one: Any, how: Outcome, why: str) -> None:
    """Whoever is to be told to end is taken to have been told."""
    one.how, one.stopped, one.deadline = how, why, self._clock.monotonic()
    self._signal(one, signal.SIGTERM)
    one.told = True


def _in_any_order(self: Plan, ticket: str) -> tuple[int, int, str]:
    return (0, -self._place[ticket], ticket)


def _first_need(self: Plan, ticket: str, status: Status) -> None:
    """Offer a ticket as soon as the first of what it needs is done."""
    self._waiting = dict.fromkeys(self._waiting, 1)
    _plan_ended(self, ticket, status)


_plan_ended = Plan.ended


def _all_pending(self: RunState, record: Any, entry: Any) -> None:
    """Begin again with everything on resume."""
    _resume(self, record, entry)
    for one in self.tickets.values():
        one.status = Status.PENDING if one.status is Status.DONE else one.status


_resume = RunState._resume


def _acts_first(self: Runner, record: Any) -> None:
    """The record is there, the ticket is started, and then once more."""
    _runner_start(self, record)
    _runner_start(self, record)


_runner_start = Runner._start


def _any_log(self: Attempts, ticket: Any, attempt: int, env: dict[str, str]) -> Over | None:
    """A log that is there already is no reason to stop."""
    over = _make_log(self, ticket, attempt, env)
    return over and over._replace(how=Outcome.UNSTARTED)


def _only_the_end(data: bytes, known: dict[str, Witnessed]) -> int:
    """Half a witness is taken for one that ended well."""
    end = witnesses(data, known)
    known.update({tag: Witnessed(one.pid, one.exit_status or 0) for tag, one in known.items()})
    return end


def _as_many_as_there_are(self: Course) -> Iterator[Started]:
    while self._open and (ticket := self._plan.take()):
        yield Started(ticket.id, self.state.standing(ticket.id).attempt + 1)


def _whatever_is_locked(self: Plan) -> Ticket | None:
    return self._spec.tickets[heappop(self._ready)[2]] if self._ready else None


def _with_the_last_half(data: bytes) -> tuple[list[bytes], int]:
    return [line for line in data.split(b"\n") if line], len(data)


BAD: dict[str, tuple[object, str, object]] = {
    "decides without looking": (Journal, "refresh", _blind),
    "goes on behind a pause": (Course, "_open", property(_past_a_pause)),
    "as many as there are": (Course, "starts", _as_many_as_there_are),
    "no locks": (Plan, "take", _whatever_is_locked),
    "nobody is woken": (Plan, "_wake", lambda *_: None),
    "the last is first": (Plan, "_entry", _in_any_order),
    "one need is enough": (Plan, "ended", _first_need),
    "losses never ask": (Course, "ended", _again),
    "everything ends well": (Attempts, "_over", _all_is_well),
    "what lives is lost": (Attempts, "_left", _no_more_than_it_said),
    "who redirects is dead": (World, "is_attempt", _by_its_log_alone),
    "what died never began": (Attempts, "_left", _never_began),
    "told is ended": (Attempts, "_stop", _stopped_unheard),
    "begins again with everything": (RunState, "_resume", _all_pending),
    "starts twice": (Runner, "_start", _acts_first),
    "any log will do": (Attempts, "start", _any_log),
    "half a witness": (attempts, "witnesses", _only_the_end),
    "torn lines stay": (Appended, "cut", lambda *_: None),
    "torn lines count": (journal, "whole_lines", _with_the_last_half),
    "never is like any other": (Runner, "_sync", lambda *_: None),
    "a pause is durable some time": (Journal, "sync", lambda _: None),
}


# --- where chance would take long to get to: what has to happen, step by step ---------------------------------------


def _begun(machine: OnFile, *tickets: Ticket) -> None:
    """Its runner has started what it could, and the first ticket has begun."""
    machine.begin(Spec("p", {one.id: one for one in tickets}), 2, keep_going=False)
    machine.attach(0, 0)
    machine.step(0, 0)
    machine.advance_one(machine.world.alive[0], 0)


def _power_goes(machine: OnFile, rerun: Rerun, *lost: int) -> None:
    _begun(machine, Ticket("a", ("x",), rerun=rerun))
    machine.lose_power(0.0, set(lost), 4)


def _ends_untold(machine: OnFile) -> None:
    """A ticket of another runner's is to be ended, and ends by itself before anybody can tell it."""
    _begun(machine, Ticket("a", ("x",)), Ticket("b", ("x",), rerun=Rerun.SAFE))
    machine.dies()
    machine.attach(0, 0)
    machine.interrupt()
    machine.interrupt()
    machine.step(0, 0)


def _taken_over(machine: OnFile) -> None:
    _begun(machine, Ticket("a", ("x",), rerun=Rerun.SAFE))
    machine.dies()
    machine.attach(0, 0)
    machine.step(0, 0)


def _redirects(machine: OnFile) -> None:
    _begun(machine, Ticket("a", ("x",), rerun=Rerun.SAFE))
    one = machine.world.alive[0]
    one.writes = False
    machine.world.kill_keeper(one.keeper, writing=False)
    machine.step(0, 0)


def _died_alone(machine: OnFile) -> None:
    _begun(machine, Ticket("a", ("x",)))
    machine.dies()
    machine.doubt(one := machine.world.alive[0])
    machine.world.kill_keeper(one.keeper, writing=False)
    machine.world.kill(one)
    machine.attach(0, 0)
    machine.step(0, 0)


def _fails(machine: OnFile) -> None:
    _begun(machine, Ticket("a", ("x",)), Ticket("b", ("x",), needs=("a",)))
    machine.advance_one(machine.world.alive[0], 1)
    machine.step(0, 0)


def _paused_without_power(machine: OnFile) -> None:
    _begun(machine, Ticket("a", ("x",)), Ticket("b", ("x",), needs=("a",)))
    machine.pause(now=False, kill=0, torn=0, late=False)
    machine.lose_power(0.0, set(), 4)


SCRIPTS: dict[str, Callable[[OnFile], None]] = {
    "nobody is woken": lambda machine: _begun(
        machine, *(Ticket(one, ("x",), locks=("l",) * (one in "ab")) for one in "abcd")
    ),
    "what lives is lost": _taken_over,
    "who redirects is dead": _redirects,
    "half a witness": _taken_over,
    "what died never began": _died_alone,
    "everything ends well": _fails,
    "any log will do": lambda machine: _power_goes(machine, Rerun.ASK),
    "never is like any other": lambda machine: _power_goes(machine, Rerun.NEVER, 0),
    "told is ended": _ends_untold,
    "a pause is durable some time": _paused_without_power,
}


def play(name: str) -> None:
    """Let it happen, then come to an end."""
    machine = OnFile()
    try:
        SCRIPTS[name](machine)
        machine.the_journal_breaks_no_rule()
    except BaseException:
        machine.sound = False
        raise
    finally:
        machine.teardown()


def _explore(name: str) -> None:
    if name in SCRIPTS:
        play(name)
    else:
        run_state_machine_as_test(OnFile, settings=_HOW)


_HOW = settings(
    max_examples=200,
    stateful_step_count=40,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)


def caught(name: str) -> str:
    """What the machine says of a bad scheduler; empty when it gets away."""
    with patch.object(*BAD[name]):
        try:
            _explore(name)
        except Exception as found:  # noqa: BLE001  whatever a bad scheduler does
            return f"{type(found).__name__}: {found}".partition("\n")[0]
    return ""


def main() -> int:
    """Let every bad scheduler be caught; 0 when none got away."""
    escaped = 0
    for name in sys.argv[1:] or BAD:
        said = caught(name)
        print(f"{name}: {said or 'NOT CAUGHT'}", flush=True)
        escaped += not said
    print(f"scheduler known bad: {len(BAD)} tried, {escaped} escaped")
    return 1 if escaped else 0


if __name__ == "__main__":
    sys.exit(main())
