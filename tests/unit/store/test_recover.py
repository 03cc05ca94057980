"""What the next command does with what an earlier one left behind: finished, or set aside and named, and nothing lost.

On the file system in memory, which says what happened in which order and what a power cut would leave.
"""

from __future__ import annotations

import errno
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.crash.simfs import SimFs
from tests.support.golden import Golden, told
from volon.errors import Corrupt, HumanConflict, VolonError
from volon.files import Place, Root
from volon.store import layout
from volon.store.journal import Entry, Journal, Kind, RepoIdentity, digest, encode
from volon.store.recover import Recovery, recover, set_aside

if TYPE_CHECKING:
    from tests.crash.simfs import Event

OP = "01M7Y9RD9MRM8583T2GRBSB97N"
HERE = RepoIdentity("r", "/shop")
TASK = layout.task_place("TASK-20261119-001")
LOST = layout.task_place("TASK-20261119-002")
JOURNAL = Journal(
    OP,
    "pause",
    "now",
    HERE,
    (Entry(TASK, Kind.REPLACE, b"old", b"new"), Entry(LOST, Kind.DELETE, b"gone", None)),
)
DAMAGED = b"VOLON1\nnonsense"
ELSEWHERE = encode(replace(JOURNAL, identity=RepoIdentity("r", "/elsewhere")))
DAMAGED_KEPT = layout.CORRUPT / digest(DAMAGED)[:16]


def disk(journal: bytes | None = None) -> SimFs:
    """A working tree with two records, and a journal that an earlier command published."""
    fs = SimFs()
    fs.user_writes(TASK, b"old")
    fs.user_writes(LOST, b"gone")
    fs.mkdir(layout.TMP)
    if journal is not None:
        fs.user_writes(layout.JOURNAL, journal)
    fs.power_stays()
    return fs


def events(fs: SimFs) -> list[tuple[str, str]]:
    """What recovering does, in order."""
    seen: list[tuple[str, str]] = []
    fs.after = lambda event: seen.append((event.what, event.path))
    with pytest.raises(VolonError):
        recover(fs, HERE)
    fs.after = None
    return seen


def test_without_a_journal_there_is_nothing_to_do() -> None:
    fs = disk()
    before = fs.image()
    assert recover(fs, HERE) == Recovery(None, "")
    assert fs.image() == before


def test_a_published_operation_is_finished_and_named() -> None:
    fs = disk(encode(JOURNAL))
    assert recover(fs, HERE) == Recovery(OP, "pause")
    assert (fs.read(TASK), fs.read(LOST), fs.read(layout.JOURNAL)) == (b"new", None, None)
    assert fs.read(layout.operation_place(OP)) == encode(JOURNAL)
    assert recover(fs, HERE) == Recovery()


def test_nothing_is_applied_before_the_journals_name_is_durable() -> None:
    fs = disk()
    fs.user_writes(layout.JOURNAL, encode(JOURNAL), durable=False)
    fs.sync(layout.JOURNAL)

    def look(_: Event) -> None:
        for found in map(SimFs.boot, fs.fork().states()):
            published = found.read(layout.JOURNAL) or found.read(layout.operation_place(OP))
            assert published == encode(JOURNAL) or (found.read(TASK), found.read(LOST)) == (b"old", b"gone")

    fs.after = look
    assert recover(fs, HERE) == Recovery(OP, "pause")


@pytest.mark.parametrize("data", [DAMAGED, ELSEWHERE], ids=["damaged", "of another working tree"])
def test_what_is_set_aside_is_in_one_place_or_the_other_at_every_moment(data: bytes) -> None:
    fs = disk(data)
    kept = DAMAGED_KEPT if data == DAMAGED else layout.foreign_place(OP)

    def look(_: Event) -> None:
        for image in fs.fork().states():
            found = SimFs.boot(image)
            assert data in (found.read(layout.JOURNAL), found.read(kept))

    fs.after = look
    with pytest.raises((Corrupt, HumanConflict)):
        recover(fs, HERE)
    fs.after = None
    for image in fs.states():
        found = SimFs.boot(image)
        assert (found.read(kept), found.read(layout.JOURNAL)) == (data, None)
        assert (found.read(TASK), found.read(LOST)) == (b"old", b"gone")
        assert recover(found, HERE) == Recovery()


def test_what_is_set_aside_is_private() -> None:
    fs = disk(DAMAGED)
    with pytest.raises(Corrupt):
        recover(fs, HERE)
    found = fs.stat(DAMAGED_KEPT)
    assert found is not None
    assert found.mode == 0o600
    assert fs.listdir(layout.CORRUPT) == [DAMAGED_KEPT.name]


def test_a_half_written_copy_of_a_crash_does_not_stand_in_the_way() -> None:
    fs = disk(DAMAGED)
    temporary = next(path for what, path in events(fs.fork()) if what == "create")
    fs.user_writes(Place(Root.COMMON, temporary.partition("/volon/")[2]), b"half")
    with pytest.raises(Corrupt):
        recover(fs, HERE)
    assert fs.read(DAMAGED_KEPT) == DAMAGED


def test_two_damaged_journals_are_both_kept() -> None:
    fs = disk(DAMAGED)
    for data in (DAMAGED, DAMAGED + b"!"):
        fs.user_writes(layout.JOURNAL, data)
        with pytest.raises(Corrupt):
            recover(fs, HERE)
    assert {fs.read(layout.CORRUPT / name) for name in fs.listdir(layout.CORRUPT)} == {DAMAGED, DAMAGED + b"!"}


def test_journals_that_were_never_published_are_swept() -> None:
    fs = disk()
    fs.user_writes(layout.staging_place(OP), b"half")
    recover(fs, HERE)
    assert fs.listdir(layout.TMP) == []


def test_files_that_are_set_aside_keep_their_name_behind_a_stamp_and_stay_there() -> None:
    fs = disk()
    set_aside(fs, [TASK, LOST], "STAMP")
    for found in map(SimFs.boot, fs.states()):
        assert (found.read(TASK), found.read(LOST)) == (None, None)
        kept = {name: found.read(layout.CORRUPT / name) for name in found.listdir(layout.CORRUPT)}
        assert kept == {
            "STAMP-.volon-tasks-TASK-20261119-001.md": b"old",
            "STAMP-.volon-tasks-TASK-20261119-002.md": b"gone",
        }


def refusal(fs: SimFs) -> str:
    """What a person reads."""
    with pytest.raises(VolonError) as caught:
        recover(fs, HERE)
    return told(caught.value)


def test_what_could_not_be_finished_is_named_with_the_way_out(golden: Golden) -> None:
    edited = disk(encode(JOURNAL))
    edited.user_writes(TASK, b"by hand")
    edited.user_writes(LOST, b"by hand")
    full = disk(encode(JOURNAL))

    def no_space(_: Event) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    full.after = no_space
    disks = {"damaged": disk(DAMAGED), "of another working tree": disk(ELSEWHERE), "edited": edited, "full": full}
    golden("recover", "\n".join(f"{name}\n{refusal(fs)}" for name, fs in disks.items()))
    full.after = None
    assert recover(full, HERE) == Recovery(OP, "pause")
