"""Attempts on another engine: nothing begins unasked, nothing twice, and nothing behind a pause."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, cast

import pytest

from volon import __version__
from volon.clock import clock_from
from volon.engine.far import MOST_LINE, MOST_LOG, MOST_REFUSED, MOST_WHY, Asking, FarAttempts, WorkerLost, read_report
from volon.engine.worker import do
from volon.files import Place, Root, Roots
from volon.model.pipeline.records import Engaged
from volon.model.pipeline.spec import Ticket
from volon.model.pipeline.state import Outcome
from volon.runfiles import RunFiles

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from volon.engine.attempts import Over
    from volon.engine.far import Courier

REPORT = {
    "how": "done",
    "exit_status": 0,
    "ms": 5,
    "why": "",
    "commit": "c" * 40,
    "log": b"said\n",
    "who": 7,
    "lacks": 0,
}
A = Ticket("a")


class Job:
    """A job that a test ends."""

    def __init__(self) -> None:
        self.report: object = None
        self.error: Exception | None = None

    def done(self) -> bool:
        return self.report is not None or self.error is not None

    def exception(self) -> Exception | None:
        return self.error

    def result(self) -> object:
        return self.report


class Engine:
    """An engine that does nothing by itself; see `volon.engine.far.Pool`."""

    place = Engaged("fake", "here", "origin")

    def __init__(self) -> None:
        self.jobs: dict[str, Job] = {}
        self.asked: list[Asking] = []
        self.told: list[str] = []

    def submit(self, tag: str, job: Mapping[str, object]) -> Job:
        assert job == {"id": "a"}
        return self.jobs.setdefault(tag, Job())

    def find(self, tag: str) -> Job | None:
        return self.jobs.get(tag)

    def drop(self, tag: str) -> None:
        if (job := self.jobs.pop(tag, None)) is not None:
            job.error = WorkerLost("dropped")

    def asking(self) -> Iterator[Asking]:
        while self.asked:
            yield self.asked.pop(0)

    def tell(self, tag: str, word: str, where: str) -> None:
        self.told.append(f"{tag} {word} {where}")

    def check(self) -> None:
        """It answers."""


class Post:
    """Brings what it is given; see `volon.engine.far.Courier`."""

    def job(self, ticket: Ticket, attempt: int, env: Mapping[str, str]) -> dict[str, object]:
        assert (attempt > 0, env) == (True, {})
        return {"id": ticket.id}

    def bring(self, over: Over, tag: str) -> Over:
        assert tag.startswith("a.")
        return over


class Ground:
    """A run's directory, and whoever sees to it."""

    def __init__(self, home: Path) -> None:
        self.engine, self.files = Engine(), RunFiles(Roots(str(home), str(home), str(home)))
        self.logs = Place(Root.COMMON, "logs")
        self.files.mkdir(self.logs)
        self.attempts = self.another()

    def another(self) -> FarAttempts:
        """Whoever comes after a kill."""
        exits = self.files.make_appended(Place(Root.COMMON, "exits"))
        return FarAttempts(self.files, self.logs, exits, self.engine, cast("Courier", Post()), clock_from({}))

    def told(self, *asked: Asking, begin: bool = True) -> list[str]:
        """What is answered to those who ask."""
        self.engine.asked += asked
        self.engine.told = []
        self.attempts.allow(begin=begin)
        return self.engine.told

    def over(self) -> list[tuple[Outcome, str]]:
        """How it ended."""
        found = [(one.how, one.commit) for one in self.attempts.ended({})]
        self.attempts.clear()
        return found


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    made = Ground(tmp_path)
    assert made.attempts.start(A, 1, {}) is None
    yield made
    made.files.close()


def test_leave_is_given_once_to_one_and_again_only_to_the_same(ground: Ground) -> None:
    assert ground.told(Asking("a.1", 7, 1, "w")) == ["a.1 go 1 w"]
    assert ground.told(Asking("a.1", 7, 2, "w"), Asking("a.1", 8, 1, "v")) == ["a.1 go 2 w", "a.1 no v"]
    assert ground.told(Asking("a.2", 9, 1, "w"), Asking("b.1", 9, 1, "w")) == ["a.2 no w", "b.1 no w"]
    ground.attempts = ground.another()
    assert ground.attempts.adopt("a", 1, A, rebooted=False) is None
    assert ground.told(Asking("a.1", 8, 2, "v"), Asking("a.1", 7, 3, "w")) == ["a.1 no v", "a.1 go 3 w"]


def test_behind_a_pause_nobody_gets_leave_and_what_is_queued_is_dropped(ground: Ground) -> None:
    assert ground.told(Asking("a.1", 7, 1, "w"), begin=False) == ["a.1 no w"]
    assert ground.over() == [(Outcome.UNSTARTED, "")]


def test_what_began_stays_behind_a_pause_and_is_lost_with_its_worker(ground: Ground) -> None:
    ground.told(Asking("a.1", 7, 1, "w"))
    assert ground.told(begin=False) == []
    assert ground.over() == []
    ground.engine.jobs["a.1"].error = WorkerLost("gone")
    assert ground.over() == [(Outcome.LOST, "")]


def test_a_report_of_one_who_never_had_leave_is_none(ground: Ground) -> None:
    ground.told(Asking("a.1", 7, 1, "w"))
    ground.engine.jobs["a.1"].report = {**REPORT, "how": "unstarted", "commit": "", "who": 8}
    assert ground.over() == [(Outcome.LOST, "")]


def test_a_report_is_the_end_and_its_log_is_written_down(ground: Ground) -> None:
    ground.told(Asking("a.1", 7, 1, "w"))
    ground.engine.jobs["a.1"].report = REPORT
    assert ground.over() == [(Outcome.DONE, "c" * 40)]
    assert ground.files.tail(ground.logs / "a.1.log", 99) == b"said\n"
    assert ground.engine.jobs == {}


def test_the_last_line_of_what_runs_is_shown_by_who_has_leave_alone(ground: Ground) -> None:
    def shown(*lines: tuple[int, str]) -> bytes:
        ground.told(*(Asking("a.1", who, 0, "w", line) for who, line in lines))
        return ground.files.tail(ground.logs / "a.1.log", 9999)

    assert shown((7, "too early")) == b""
    ground.told(Asking("a.1", 7, 1, "w"))
    assert shown((7, "one"), (7, "two"), (8, "another's")).endswith(b"its end]\ntwo\n")
    assert len(shown((7, "x" * 9999))) < 2 * MOST_LINE
    assert ground.engine.told == []


def test_whoever_comes_after_a_kill_knows_what_never_began(ground: Ground) -> None:
    ground.engine.jobs.clear()
    assert replaced(ground.another(), rebooted=False) is Outcome.UNSTARTED
    assert replaced(ground.another(), rebooted=True) is Outcome.LOST
    ground.told(Asking("a.1", 7, 1, "w"))
    assert replaced(ground.another(), rebooted=False) is Outcome.LOST


def replaced(attempts: FarAttempts, *, rebooted: bool) -> Outcome:
    over = attempts.adopt("a", 1, A, rebooted=rebooted)
    assert over is not None
    return over.how


def test_stop_reaches_what_runs_and_is_said_once(ground: Ground) -> None:
    ground.told(Asking("a.1", 7, 1, "w"))
    ground.attempts.stop_all()
    ground.attempts.stop_all()
    assert ground.engine.told == ["a.1 go 1 w", "a.1 stop w"]


def test_what_workers_never_begin_and_do_not_say_why_fails_after_a_while(ground: Ground) -> None:
    found: list[Outcome] = []
    for attempt in range(1, 2 * MOST_REFUSED + 1):
        if attempt > 1:
            ground.attempts.start(A, attempt, {})
        lacks = errno.ENOMEM * (attempt == MOST_REFUSED)
        ground.engine.jobs[f"a.{attempt}"].report = {**REPORT, "how": "unstarted", "commit": "", "lacks": lacks}
        found += [how for how, _ in ground.over()]
    assert [n for n, how in enumerate(found, 1) if how is not Outcome.UNSTARTED] == [MOST_REFUSED + 1]
    assert found[MOST_REFUSED] is Outcome.FAILED


def test_what_a_worker_says_is_read_strictly_and_no_longer_than_volon_says_it() -> None:
    wrong: dict[str, tuple[object, ...]] = {
        "how": ("well", "", None),
        "exit_status": ("0", True, -1, 1 << 70),
        "ms": (-1, 10**5000, 1.5),
        "commit": (3, "HEAD", "refs/heads/main", "--upload-pack=x", "../x", "c" * 39, "c" * 39 + "\n"),
        "lacks": (24, -1, None),
        "log": ("x",),
        "who": (None,),
        "why": (b"x",),
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises((TypeError, ValueError)):
                read_report("a", {**REPORT, name: value})
    with pytest.raises(KeyError):
        read_report("a", {"how": "done"})
    over, log, _ = read_report("a", {**REPORT, "why": "x" * (MOST_WHY + 1), "log": bytes(3 * MOST_LOG)})
    assert (len(over.why), len(log)) == (MOST_WHY, 2 * MOST_LOG)


def test_a_worker_without_room_for_a_ticket_says_so_and_it_has_not_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError(errno.EMFILE, "no descriptor")

    monkeypatch.setattr(os, "pipe", refuse)
    job: dict[str, object] = {"version": __version__}
    over, log, _ = read_report("a", do("k", job, "/nowhere", lambda *_: None, lambda: True))
    assert (over.how, over.lacks, log) == (Outcome.UNSTARTED, errno.EMFILE, b"")
