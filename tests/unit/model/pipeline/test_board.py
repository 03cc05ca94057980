"""What is shown of a run while it goes on follows from its journal, the instant, and how long tickets took before."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from volon.model.pipeline import records as r
from volon.model.pipeline.board import Boards, last_line, usual
from volon.model.pipeline.spec import Spec, Ticket
from volon.model.pipeline.state import RunState

if TYPE_CHECKING:
    from volon.model.pipeline.board import Board

NOW = datetime(2026, 11, 21, 15, 1, tzinfo=UTC)
ONE = r.Started("a", 1)


def spec(*tickets: str, locks: tuple[str, ...] = ()) -> Spec:
    """Tickets such as `a`, or `b: a`, which needs a."""
    found = {}
    for ticket in tickets:
        name, _, needs = ticket.partition(":")
        found[name] = Ticket(name, ("x",), needs=tuple(needs.split()), locks=locks)
    return Spec("p", found)


def state(*records: r.Record, jobs: int = 1) -> RunState:
    """A run to which a process with so many workers has attached."""
    made = RunState()
    for n, record in enumerate((r.Opened(r.VERSION, "R", ".", "f", "0"), r.Attached(1, "h", "b", jobs), *records), 1):
        made.apply(r.Entry(n, "2026-11-21T15:00:00Z", record))
    return made


def ended(ticket: str, how: str = "done", ms: int = 1000) -> r.Ended:
    return r.Ended(ticket, 1, how, again=False, exit_status=0 if how == "done" else 1, ms=ms, why="")


def board(of: Spec, at: RunState, **past: int) -> Board:
    return Boards(of, past).board(at, NOW, {"a": "last words"}, attended=True)


def test_every_ticket_is_counted_once_and_pending_ones_by_whether_they_could_start() -> None:
    of = spec("a", "b: a", "c", "d: c", "e", "f")
    shown = board(of, state(ONE, r.Started("c", 1), r.Started("f", 1), ended("c", "failed"), ended("f"), jobs=9))
    assert [row.status for row in shown.rows] == ["running", "waiting", "failed", "blocked", "ready", "done"]
    assert shown.counts == {"done": 1, "running": 1, "ready": 1, "waiting": 1, "blocked": 1, "failed": 1}
    assert [(row.ticket, row.ms, row.line) for row in shown.running] == [("a", 60_000, "last words")]


def test_what_is_left_takes_as_long_as_the_longest_of_chain_work_and_lock() -> None:
    of, two = spec("a", "b: a", "c"), state(ONE, jobs=2)
    past = {"a": 70_000, "b": 20_000, "c": 50_000}
    # a has been running for a minute.
    assert board(of, two, **past).eta_ms == 50_000
    assert board(of, two, **past | {"b": 60_000}).eta_ms == 70_000
    assert board(of, state(ONE), **past).eta_ms == 80_000
    assert board(spec("a", "b: a", "c", locks=("x",)), two, **past).eta_ms == 80_000
    assert Boards(of, past, {"a"}).board(two, NOW, {}, attended=True).eta_ms == 10_000


def test_a_ticket_of_which_nothing_is_known_counts_as_nothing_in_what_is_left_at_least() -> None:
    of = spec("a", "b", "c: b")
    assert board(of, state(ONE)).eta_ms is None
    assert board(of, state(ONE, ended("a", ms=4000))).eta_ms is None
    assert board(of, state(ONE, ended("a", ms=4000)), a=4000).eta_ms == 0
    assert board(of, state(ONE, ended("a", ms=4000)), a=4000, b=1000).eta_ms == 1000
    assert usual([state(ONE, ended("a", ms=0))], {"a"}) == {}


def test_the_banner_says_what_a_pause_waits_for_and_what_may_be_done_follows() -> None:
    of, pause = spec("a", "b"), r.Paused("p", "user", now=False)
    shown = board(of, state(ONE), a=90_000, b=30_000)
    assert (shown.banner, shown.may, shown.eta_ms) == ("", "pause", 60_000)
    shown = board(of, state(ONE, pause), a=90_000)
    assert (shown.banner, shown.may, shown.eta_ms) == ("pausing, waiting for 1: a", "resume", None)
    assert (board(of, state(ONE, pause, ended("a"))).banner) == "PAUSED"
    lost = board(of, state(ONE, pause, ended("a", "lost")))
    assert (lost.banner, lost.may, lost.undecided) == ("PAUSED", "", ("a",))
    done = board(spec("a"), state(ONE, ended("a"), r.Finished()))
    assert (done.banner, done.may, done.status) == ("", "", "done")
    assert Boards(of, {}).board(state(ONE), NOW, {}, attended=False).banner == "not done, and nobody runs it"


def test_how_long_a_ticket_took_is_what_the_newest_run_says_in_which_it_was_done() -> None:
    def runs() -> list[RunState]:
        return [state(ONE, ended("a", "failed", 1)), state(ONE, ended("a", ms=2)), state(ONE, ended("a", ms=3))]

    assert usual(runs(), {"a"}) == {"a": 2}
    assert usual(runs(), {"b"}) == {}


def test_the_last_line_that_says_something_is_shown_without_colours_progress_and_secrets() -> None:
    assert last_line(b"one\n\x1b[1;32mtwo\x1b[0m\n \n") == "two"
    assert last_line(b"10%\r20%\r\x1b]0;title\x07 30%\x1b[K") == "30%"
    assert last_line(b"\xff\x1bc caf\xc3\xa9") == "\\xff café"
    assert last_line(b"as ghp_\x1b[0m0123456789abcdefghijABCDEFGHIJ012345") == "as [redacted: GitHub token]"
    assert last_line(b"x" * 9999) == "x" * 500
    assert last_line(b"") == ""
