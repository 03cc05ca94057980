"""The journal on disk: one writer at a time, all of a turn or nothing, and a gate that holds between processes."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from volon.clock import SystemClock
from volon.engine.journal import Journal
from volon.errors import Corrupt
from volon.files import Place, Root, Roots
from volon.model.pipeline import records as r
from volon.model.pipeline.state import RunState
from volon.runfiles import Appended, RunFiles

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACE = Place(Root.COMMON, "journal")


@pytest.fixture
def files(tmp_path: Path) -> RunFiles:
    (tmp_path / "volon").mkdir()
    return RunFiles(Roots(str(tmp_path), str(tmp_path), str(tmp_path)))


@pytest.fixture
def opened(files: RunFiles) -> Callable[[], tuple[Journal, RunState]]:
    """Open the journal, as another process would."""
    files.create(PLACE, r.encode(r.Entry(1, "x", r.Opened(r.VERSION, "R", ".", "f", "0"))), 0o600)

    def begin() -> tuple[Journal, RunState]:
        state = RunState()
        journal = Journal(files.open_appended(PLACE), SystemClock(), state.apply, "journal")
        journal.refresh()
        return journal, state

    return begin


def test_two_writers_see_each_others_records_in_one_order(opened: Callable[[], tuple[Journal, RunState]]) -> None:
    (one, mine), (other, theirs) = opened(), opened()
    with one.turn():
        one.write(r.Attached(1, "h", "b", 1))
    with other.turn():
        other.write(r.Paused("other", "user", now=False))
    with pytest.raises(ValueError, match="behind a pause"), one.turn():
        one.write(r.Started("a", 1))
    assert mine == theirs
    assert opened()[1] == mine


def test_what_a_dead_writer_left_half_written_is_cut_off_by_the_next_and_passed_over_by_readers(
    files: RunFiles, opened: Callable[[], tuple[Journal, RunState]]
) -> None:
    whole = files.read(PLACE) or b""
    for half in (b"{", r.encode(r.Entry(2, "x", r.Left("x")))[:-1], b"\0" * 4096):
        file = files.open_appended(PLACE)
        file.append(half)
        file.close()
        assert opened()[1].n == 1
    journal, _ = opened()
    with journal.turn():
        journal.write(r.Attached(1, "h", "b", 1))
    lines, end = r.whole_lines(files.read(PLACE) or b"")
    assert (len(lines), end) == (2, len(files.read(PLACE) or b""))
    assert lines[0] + b"\n" == whole


def test_a_turn_that_cannot_be_written_leaves_nothing(
    files: RunFiles, opened: Callable[[], tuple[Journal, RunState]], monkeypatch: pytest.MonkeyPatch
) -> None:
    journal, _ = opened()
    before = files.read(PLACE)
    really = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: really(fd, data[:9]))
    with pytest.raises(OSError, match="No space left"), journal.turn():
        journal.write(r.Attached(1, "h", "b", 1))
    monkeypatch.undo()
    assert files.read(PLACE) == before
    assert opened()[1].n == 1


def test_damage_is_named_with_its_line(files: RunFiles, opened: Callable[[], tuple[Journal, RunState]]) -> None:
    file = files.open_appended(PLACE)
    file.append(b"{}\n")
    file.close()
    with pytest.raises(Corrupt, match="line 2"):
        opened()


def test_behind_a_pause_of_another_process_nothing_starts(opened: Callable[[], tuple[Journal, RunState]]) -> None:
    """A copy of this process starts tickets as fast as it can; each pause is made at some instant of that."""
    for _ in range(20):
        journal, state = opened()
        if state.runner is None:
            with journal.turn():
                journal.write(r.Attached(1, "h", "b", 1))
        pid = os.fork()
        if pid == 0:
            _start_until_paused(*opened())
        while state.n < 10:
            journal.refresh()
        with journal.turn():
            journal.write(r.Paused("me", "user", now=False))
        number = state.n
        os.waitpid(pid, 0)
        assert opened()[1].n == number, "the journal refuses to be read if a start stood behind the pause"
        with journal.turn():
            for ticket, attempt in list(state.running.items()):
                journal.write(r.Ended(ticket, attempt, "done", again=False, exit_status=0, ms=0, why=""))
            journal.write(r.Resumed("me"))


def _start_until_paused(journal: Journal, state: RunState) -> None:
    try:
        for number in range(100_000):
            with journal.turn():
                if state.pause is not None:
                    break
                ticket = f"{os.getpid()}-{number}"
                journal.write(r.Started(ticket, 1))
                journal.write(r.Ended(ticket, 1, "done", again=False, exit_status=0, ms=0, why=""))
    finally:
        os._exit(0)


def test_a_log_is_held_by_whoever_inherited_it_and_made_once(files: RunFiles, tmp_path: Path) -> None:
    log = Place(Root.COMMON, "log")
    assert not files.is_held(log)
    files.make_log(log.parent, log.name)
    with pytest.raises(FileExistsError):
        files.make_log(log.parent, log.name)
    fd = os.open(tmp_path / "volon/log", os.O_WRONLY)
    fcntl.flock(fd, fcntl.LOCK_EX)
    copy = os.dup(fd)
    os.close(fd)
    assert files.is_held(log)
    os.close(copy)
    assert not files.is_held(log)


def test_a_process_is_believed_to_be_a_tickets_only_if_it_has_the_log_open(files: RunFiles) -> None:
    log = Place(Root.COMMON, "log")
    files.make_log(log.parent, log.name)
    assert not files.is_open_by(log, os.getpid())
    assert not files.is_open_by(log, 1 << 30)
    assert not files.is_open_by(Place(Root.COMMON, "none"), os.getpid())


def test_an_appended_file_that_is_a_link_or_has_two_names_is_refused(files: RunFiles, tmp_path: Path) -> None:
    from volon.files import NotAFile  # noqa: PLC0415  what is looked for

    (tmp_path / "far").write_bytes(b"")
    (tmp_path / "volon/link").symlink_to(tmp_path / "far")
    (tmp_path / "volon/twice").hardlink_to(tmp_path / "far")
    os.mkfifo(tmp_path / "volon/fifo")
    with pytest.raises(OSError, match=r"loop|symbolic"):
        files.open_appended(Place(Root.COMMON, "link"))
    for name in ("twice", "fifo"):
        with pytest.raises(NotAFile):
            files.open_appended(Place(Root.COMMON, name))


def test_an_appended_file_is_closed_once() -> None:
    fd = os.open(os.devnull, os.O_RDWR)
    Appended(fd).close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.close(fd)
