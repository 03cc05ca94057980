"""Copies of this process share its work: the answer is the same with and without them, and none is left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from volon import copies, peek
from volon.copies import in_parts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ITEMS = list(range(100))


def joined(parts: list[bytes]) -> list[int]:
    return [int(number) for part in parts for number in part.split()]


def numbers(share: Sequence[int]) -> bytes:
    return " ".join(map(str, share)).encode()


@pytest.fixture(autouse=True)
def _several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "processors", lambda: 3)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The copies that are made: what else this process has for children is not asked about."""
    fork, pids = os.fork, list[int]()

    def noted() -> int:
        pid = fork()
        if pid:
            pids.append(pid)
        return pid

    monkeypatch.setattr(os, "fork", noted)
    return pids


def is_child(pid: int) -> bool:
    try:
        os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def test_parts_are_done_by_other_processes_and_come_in_order(made: list[int]) -> None:
    def who(share: Sequence[int]) -> bytes:
        return f"{os.getpid()} {share[0]} {share[-1]}".encode()

    rows = [part.split() for part in in_parts(who, ITEMS, 10)]
    assert [(int(row[1]), int(row[2])) for row in rows] == [(0, 33), (34, 67), (68, 99)]
    assert [int(row[0]) for row in rows] == [os.getpid(), *made]
    assert not any(map(is_child, made))


@pytest.mark.parametrize(("items", "parts"), [(ITEMS, 1), (ITEMS[:9], 1), ([], 0), (ITEMS * 1000, 3)])
def test_few_items_are_not_worth_a_copy(items: list[int], parts: int) -> None:
    told = in_parts(numbers, items, 60)
    assert len(told) == parts
    assert joined(told) == items


@pytest.mark.parametrize("end", ["raises", "is killed", "leaves"])
def test_what_a_copy_does_not_tell_is_done_here(end: str, made: list[int]) -> None:
    here = os.getpid()

    def work(share: Sequence[int]) -> bytes:
        if os.getpid() != here:
            if end == "raises":
                raise ValueError(end)
            if end == "is killed":
                os.kill(os.getpid(), signal.SIGKILL)
            os._exit(3)
        return numbers(share)

    assert joined(in_parts(work, ITEMS, 10)) == ITEMS
    assert len(made) == 2
    assert not any(map(is_child, made))


def test_a_system_without_room_for_copies_does_it_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> int:
        raise BlockingIOError

    monkeypatch.setattr(os, "fork", refused)
    assert joined(in_parts(numbers, ITEMS, 10)) == ITEMS


def test_a_process_with_threads_is_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fork", lambda: pytest.fail("copied"))
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert joined(in_parts(numbers, ITEMS, 10)) == ITEMS
    finally:
        stop.set()
        thread.join()


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_copies_are_ended_when_the_original_is_interrupted(error: type[BaseException], made: list[int]) -> None:
    here = os.getpid()

    def work(share: Sequence[int]) -> bytes:
        if os.getpid() == here:
            raise error
        time.sleep(3600)
        return numbers(share)

    with pytest.raises(error):
        in_parts(work, ITEMS, 10)
    assert len(made) == 2
    assert not any(map(is_child, made))


def test_much_may_be_told() -> None:
    assert [len(part) for part in in_parts(lambda share: bytes(len(share) << 16), ITEMS, 10)] == [
        34 << 16,
        34 << 16,
        32 << 16,
    ]


def test_the_files_of_a_large_directory_are_looked_at_by_several(
    tmp_path: Path, made: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (tmp_path / f"file-{number:02d}").write_bytes(b"x" * number)
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / os.fsdecode(b"not-text-\xff")).touch()
    directory = os.open(tmp_path, os.O_RDONLY)
    try:
        alone = peek.signatures(directory, 1)
        assert made == []
        monkeypatch.setattr(peek, "_WORTH_A_COPY", 10)
        assert peek.signatures(directory, 1) == alone
        assert len(made) == 2
        assert alone is not None
        assert alone[1] == {
            name: peek.signature(directory, name) for name in sorted(one.name for one in tmp_path.iterdir())
        }
    finally:
        os.close(directory)
    assert not any(map(is_child, made))
