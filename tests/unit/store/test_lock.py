"""One writer at a time; a dead one is never in the way, whatever kind of lock the file system has."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import pytest

from tests.crash.race import NoKernelLocks, stopped_holder
from volon.clock import SystemClock
from volon.disk import RealFiles
from volon.errors import Busy, NotCommitted
from volon.identity import Identity
from volon.store import layout, lockfile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.stores import Disk
    from volon.files import Roots
    from volon.store.store import Store

KINDS = pytest.mark.parametrize("files", [RealFiles, NoKernelLocks], ids=["kernel", "file"])


@KINDS
def test_a_second_writer_is_busy_and_says_who_holds_the_lock(disk: Disk, files: Callable[[Roots], RealFiles]) -> None:
    waited_for: list[str] = []
    waiting = disk.store(files=files).begin("resume", wait=0, on_wait=waited_for.append)
    with disk.store(files=files).begin("pause"), pytest.raises(Busy) as caught, waiting:
        pass
    assert f"process {os.getpid()}" in caught.value.message
    assert ", pause since " in caught.value.message
    assert len(waited_for) == 1
    with disk.store(files=files).begin("resume", wait=0):
        pass


def test_a_store_without_patience_waits_for_nobody(disk: Disk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "sleep", lambda *_: pytest.fail("it waits"))
    hasty = disk.store()
    hasty.patience = 0.0
    with disk.store().begin("pause"), pytest.raises(Busy), hasty.begin("resume"):
        pass


@KINDS
def test_a_stopped_holder_is_waited_for_in_vain_and_a_killed_one_not_at_all(
    tmp_path: Path, files: Callable[[Roots], RealFiles]
) -> None:
    assert list(stopped_holder(tmp_path, files)) == []


def test_nothing_is_changed_from_within_a_hook(disk: Disk) -> None:
    store = disk.store({"VOLON_IN_HOOK": "01M7Y9RD9MRM8583T2GRBSB97N"})
    with pytest.raises(Busy, match="hooks"), store.begin("pause"):
        pass
    with store.begin("status", dry_run=True) as tx:
        assert tx.read(layout.HANDOFF) is None


def test_no_program_inherits_the_lock(disk: Disk, store: Store) -> None:
    script = "import os; print([os.readlink(f'/proc/self/fd/{n}') for n in os.listdir('/proc/self/fd')][:-1])"
    with store.begin("pause"):
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert str(disk.git_dir) not in done.stdout


def test_a_link_in_place_of_the_lock_is_refused(disk: Disk, store: Store, tmp_path: Path) -> None:
    (disk.git_dir / "volon").mkdir()
    (tmp_path / "victim").write_bytes(b"precious")
    (disk.git_dir / "volon" / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(NotCommitted), store.begin("pause"):
        pass
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_the_file_is_announced(disk: Disk) -> None:
    store = disk.store(files=NoKernelLocks)
    with store.begin("pause"):
        assert disk.path(layout.LOCK_OWNER).exists()
    assert [notice for notice in store.notices if "no locks" in notice]
    assert not disk.path(layout.LOCK_OWNER).exists()


def note(**changed: object) -> bytes:
    return json.dumps(
        {**asdict(replace(Identity.own(), pid=_dead_pid(), start="1")), "verb": "pause"} | changed
    ).encode()


def _dead_pid() -> int:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    return done.pid


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, True),
        ({"pid": 1}, True),
        ({"boot": "another"}, True),
        ({"host": "another"}, False),
        ({"pids": "another container"}, False),
        ({"boot": ""}, False),
        ({"pid": "x"}, False),
    ],
    ids=str,
)
def test_only_a_certainly_dead_owner_loses_the_file(disk: Disk, changed: dict[str, object], *, broken: bool) -> None:
    files = RealFiles(disk.roots)
    disk.write(layout.LOCK_OWNER, note(**changed))
    held = lockfile.take(files, b"{}", "token")
    assert (held is not None) is broken
    assert [path.name for path in (disk.git_dir / "volon").iterdir()] == ["lock.owner"]


def test_the_right_to_break_passes_on_when_its_owner_is_dead_too(disk: Disk) -> None:
    files, stale = RealFiles(disk.roots), note()
    disk.write(layout.LOCK_OWNER, stale)
    for number in range(3):
        disk.write(lockfile.right(stale, number), note())
    assert lockfile.take(files, b"{}", "token") is not None
    assert [path.name for path in (disk.git_dir / "volon").iterdir()] == ["lock.owner"]


def test_nobody_breaks_a_lock_while_another_is_at_it(disk: Disk) -> None:
    files, stale = RealFiles(disk.roots), note()
    disk.write(layout.LOCK_OWNER, stale)
    disk.write(lockfile.right(stale, 0), json.dumps(asdict(Identity.own())).encode())
    assert lockfile.take(files, b"{}", "token") is None
    assert files.read(layout.LOCK_OWNER) == stale


def test_a_lock_that_is_no_longer_ours_is_not_released(disk: Disk) -> None:
    files = RealFiles(disk.roots)
    disk.path(layout.LOCK_OWNER).parent.mkdir()
    held = lockfile.take(files, b"{}", "token")
    assert held is not None
    disk.write(layout.LOCK_OWNER, b"another's")
    held.release()
    assert files.read(layout.LOCK_OWNER) == b"another's"
