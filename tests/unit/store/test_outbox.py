"""The outbox: what a committed operation owes stays until it is settled, and one process at a time sees to it."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from volon.disk import RealFiles
from volon.errors import NotCommitted
from volon.files import Roots
from volon.store import layout
from volon.store.outbox import Outbox
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from volon.disk import Lock
    from volon.files import Place

FIRST, SECOND = "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01BX5ZZKBKACTAV9WEVGEMMVRZ"


@pytest.fixture
def files(tmp_path: Path) -> RealFiles:
    made = RealFiles(Roots(str(tmp_path), str(tmp_path), str(tmp_path)))
    made.mkdir(layout.OUTBOX)
    for op in (SECOND, FIRST):
        made.create(layout.outbox_place(op), op.encode(), 0o600)
    return made


@pytest.fixture
def world() -> World:
    return World.real({"PATH": "/usr/bin"})


def test_what_is_owed_is_listed_oldest_first_and_strangers_are_not(files: RealFiles, world: World) -> None:
    files.create(layout.OUTBOX / ".volon-tmp-x", b"", 0o600)
    assert Outbox(world, files).owed() == [FIRST, SECOND]


def test_what_is_settled_is_owed_no_longer_also_when_it_is_settled_twice(files: RealFiles, world: World) -> None:
    outbox = Outbox(world, files)
    assert outbox.read(FIRST) == FIRST.encode()
    outbox.settle(FIRST)
    outbox.settle(FIRST)
    assert (outbox.owed(), outbox.read(FIRST)) == ([SECOND], None)


def test_it_is_one_processes_turn_at_a_time(files: RealFiles, world: World) -> None:
    outbox = Outbox(world, files)
    with outbox.turn() as first, Outbox(world, files).turn(wait=0.05) as second:
        assert (first, second) == (True, False)
    with outbox.turn(wait=0) as again:
        assert again


def test_where_there_are_no_locks_it_runs_all_the_same(files: RealFiles, world: World) -> None:
    class NoLocks(RealFiles):
        def lock(self, place: Place, note: bytes) -> Lock | None:
            raise OSError(errno.ENOLCK, "no locks", str(place), note)

    with Outbox(world, NoLocks(files._roots)).turn() as mine:  # noqa: SLF001  the same directory
        assert mine


def test_trouble_with_the_disk_is_an_error_of_volon(world: World, tmp_path: Path) -> None:
    outbox = Outbox(world, RealFiles(Roots(str(tmp_path / "gone"), str(tmp_path / "gone"), str(tmp_path / "gone"))))
    assert outbox.owed() == []
    with pytest.raises(NotCommitted), outbox.turn():
        pass
    with pytest.raises(NotCommitted):
        outbox.settle(FIRST)
