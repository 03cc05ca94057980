"""Readers never write, never wait and never see a mix; leftovers are named."""

from __future__ import annotations

import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from volon.errors import Corrupt, HumanConflict, NotCommitted, NothingToDo
from volon.files import Place, Root
from volon.store import layout
from volon.store.journal import Entry, Journal, Kind, RepoIdentity, digest, encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.stores import Disk
    from volon.store.store import Store

TASK = layout.task_place("TASK-20261119-001")
CHECKPOINT = layout.checkpoint_place("01-work-2026-11-19.md")
OP = "01M7Y9RD9MRM8583T2GRBSB97N"


def published(disk: Disk, *entries: Entry) -> Journal:
    """A committed operation of which nothing has been applied."""
    identity = RepoIdentity.of(str(disk.root), str(disk.common_dir))
    journal = Journal(OP, "pause", "2026-11-19T10:00:00Z", identity, entries, None, {"summary": "s"})
    disk.write(layout.JOURNAL, encode(journal))
    return journal


REPLACE = Entry(TASK, Kind.REPLACE, b"old", b"new", 0o644, exact=True, before_mode=0o644)
CREATE = Entry(CHECKPOINT, Kind.CREATE, None, b"c", 0o444, exact=True)
DELETE = Entry(layout.STATE, Kind.DELETE, b"state", None)
APPEND = Entry(layout.RUN_LOG, Kind.APPEND, None, b"two\n", offset=4, prefix=digest(b"one\n"))


class TestReading:
    def test_a_published_operation_is_seen_as_done_without_a_write(self, store: Store, disk: Disk) -> None:
        for place, data in ((TASK, b"old"), (layout.STATE, b"state"), (layout.RUN_LOG, b"one\n")):
            disk.write(place, data)
        published(disk, REPLACE, CREATE, DELETE, APPEND)
        before = disk.tree()
        assert store.read(TASK) == b"new"
        assert store.read(layout.STATE) is None
        assert store.read(layout.RUN_LOG) == b"one\ntwo\n"
        assert store.listdir(layout.CHECKPOINTS) == [CHECKPOINT.name]
        assert store.listdir(layout.DESIGN) == [layout.CHECKPOINTS.name]
        assert [each.ulid for each in store.operations()] == [OP]
        assert store.operation(OP).entries[0].after == b"new"
        assert disk.tree() == before

    def test_reading_makes_no_directory(self, store: Store, disk: Disk) -> None:
        store.read(TASK)
        store.listdir(layout.TASKS)
        store.operations()
        store.pending()
        store.recover()
        assert not (disk.git_dir / "volon").exists()

    def test_an_archived_journal_means_nothing_any_more(self, store: Store, disk: Disk) -> None:
        disk.write(TASK, b"old")
        disk.write(layout.operation_place(OP), encode(published(disk, REPLACE)))
        assert store.read(TASK) == b"old"
        store.recover()
        assert disk.path(TASK).read_bytes() == b"old"
        assert not disk.path(layout.JOURNAL).exists()

    @pytest.mark.parametrize("damage", [b"", b"VOLON1\n", b"\0" * 600])
    def test_a_damaged_journal_is_not_looked_through(self, store: Store, disk: Disk, damage: bytes) -> None:
        disk.write(TASK, b"old")
        disk.write(layout.JOURNAL, damage)
        assert store.read(TASK) == b"old"
        assert store.pending().damaged is not None

    def test_leftovers_of_a_crash_are_not_listed(self, store: Store, disk: Disk) -> None:
        disk.write(TASK.parent / f".volon-tmp-{OP}-0", b"half")
        assert store.listdir(layout.TASKS) == []
        assert [place.name for place in store.pending().temporaries] == [f".volon-tmp-{OP}-0"]

    def test_it_is_read_again_when_something_was_committed_meanwhile(self, store: Store, disk: Disk) -> None:
        answers: list[bytes | None] = []

        def gather() -> tuple[bytes | None, bytes | None]:
            first = store.read(TASK)
            if not answers:
                with disk.store().begin("x") as tx:
                    tx.put(TASK, b"new")
                    tx.put(layout.HANDOFF, b"new")
                    tx.commit()
            answers.append(first)
            return first, store.read(layout.HANDOFF)

        assert store.consistently(gather) == (b"new", b"new")

    @pytest.mark.parametrize("link", [".volon", ".volon/tasks", f"{TASK.path}"])
    def test_a_link_is_refused_for_reading_and_for_writing(
        self, store: Store, disk: Disk, tmp_path: Path, link: str
    ) -> None:
        outside = tmp_path / "outside"
        (outside / "tasks").mkdir(parents=True)
        for victim in (outside / TASK.name, outside / "tasks" / TASK.name):
            victim.write_bytes(b"secret")
        path = disk.root / link
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(outside / TASK.name if link == TASK.path else outside)
        with pytest.raises(Corrupt, match="symbolic link"):
            store.read(TASK)
        with store.begin("x") as tx:
            for attempt in (partial(tx.read, TASK), partial(tx.put, TASK, b"x"), partial(tx.append, TASK, b"x")):
                with pytest.raises(NotCommitted, match=r"is a symbolic link"):
                    attempt()
        assert {each.read_bytes() for each in outside.rglob("*.md")} == {b"secret"}

    def test_a_pipe_is_refused_and_never_waited_for(self, store: Store, disk: Disk) -> None:
        disk.path(TASK).parent.mkdir(parents=True)
        os.mkfifo(disk.path(TASK))
        with pytest.raises(Corrupt, match="not a regular file"):
            store.read(TASK)


class TestRecovery:
    @pytest.mark.parametrize("done", range(5))
    def test_what_was_begun_is_finished(self, store: Store, disk: Disk, done: int) -> None:
        for place, data in ((TASK, b"old"), (layout.STATE, b"state"), (layout.RUN_LOG, b"one\n")):
            disk.write(place, data)
        published(disk, REPLACE, CREATE, DELETE, APPEND)
        steps: list[Callable[[], object]]
        steps = [lambda: disk.write(TASK, b"new"), lambda: disk.write(CHECKPOINT, b"c")]
        steps += [lambda: disk.path(layout.STATE).unlink(), lambda: disk.write(layout.RUN_LOG, b"one\ntwo\n")]
        for step in steps[:done]:
            step()
        assert store.recover().op == OP
        assert disk.path(TASK).read_bytes() == b"new"
        assert disk.path(CHECKPOINT).read_bytes() == b"c"
        assert not disk.path(layout.STATE).exists()
        assert disk.path(layout.RUN_LOG).read_bytes() == b"one\ntwo\n"
        assert store.recover().op is None

    @pytest.mark.parametrize("torn", [b"one\n", b"one\nt", b"one\n\0\0\0\0", b"one\ntw\0\0"])
    def test_a_torn_last_line_is_completed(self, store: Store, disk: Disk, torn: bytes) -> None:
        disk.write(layout.RUN_LOG, torn)
        published(disk, APPEND)
        store.recover()
        assert disk.path(layout.RUN_LOG).read_bytes() == b"one\ntwo\n"

    @pytest.mark.parametrize("edited", [b"", b"1\n", b"one\nmine\n", b"one, corrected\n", b"before\none\n"])
    def test_an_edited_log_is_kept_and_gets_the_line_once(self, store: Store, disk: Disk, edited: bytes) -> None:
        disk.write(layout.RUN_LOG, edited)
        published(disk, APPEND)
        store.recover()
        assert disk.path(layout.RUN_LOG).read_bytes() == edited + b"two\n"

    def test_a_removed_log_begins_again(self, store: Store, disk: Disk) -> None:
        published(disk, APPEND)
        store.recover()
        assert disk.path(layout.RUN_LOG).read_bytes() == b"two\n"

    def test_a_damaged_journal_is_set_aside_once(self, store: Store, disk: Disk) -> None:
        disk.write(layout.JOURNAL, b"VOLON1\nnonsense")
        with pytest.raises(Corrupt) as caught, store.begin("x"):
            pass
        assert caught.value.hints == ("volon doctor",)
        (kept,) = store.pending().corrupt
        assert store.read(kept) == b"VOLON1\nnonsense"
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            tx.commit()

    def test_a_journal_of_another_working_tree_is_set_aside_once(self, store: Store, disk: Disk) -> None:
        journal = replace(published(disk, REPLACE), identity=RepoIdentity("r", "/elsewhere"))
        disk.write(layout.JOURNAL, encode(journal))
        disk.write(TASK, b"old")
        assert store.read(TASK) == b"old"
        with pytest.raises(HumanConflict, match="another working tree") as caught, store.begin("x"):
            pass
        assert "/elsewhere" in caught.value.causes[0]
        assert disk.path(TASK).read_bytes() == b"old"
        (kept,) = store.pending().conflicts
        assert store.read(kept) == encode(journal)
        assert store.recover().op is None

    def test_a_file_in_place_of_a_directory_is_a_conflict_not_a_dead_end(self, store: Store, disk: Disk) -> None:
        published(disk, CREATE)
        (disk.root / ".design").write_bytes(b"by hand")
        with pytest.raises(HumanConflict), store.begin("x"):
            pass
        assert (disk.root / ".design").read_bytes() == b"by hand"
        assert [store.read(place) for place in store.pending().conflicts] == [b"c"]
        assert store.recover().op is None

    def test_staged_journals_that_were_never_published_are_swept(self, store: Store, disk: Disk) -> None:
        disk.write(layout.staging_place(OP), b"half")
        with store.begin("x"):
            pass
        assert not disk.path(layout.staging_place(OP)).exists()

    def test_doctor_sweeps_what_a_damaged_journal_left_beside_the_files(self, store: Store, disk: Disk) -> None:
        leftover = disk.write(layout.temporary_place(TASK, OP, 0), b"half")
        disk.write(layout.JOURNAL, b"VOLON1\nnonsense")
        with pytest.raises(Corrupt):
            store.recover()
        assert leftover.exists()
        assert store.recover().op is None
        assert not leftover.exists()
        assert store.pending().temporaries == ()


class TestOperations:
    def test_the_list_is_newest_first_and_limited(self, store: Store) -> None:
        for number in range(5):
            with store.begin(f"verb {number}") as tx:
                tx.put(TASK, b"%d" % number)
                tx.commit(f"summary {number}", task_id="T", bulk="x" * 10_000)
        listed = store.operations()
        assert [each.verb for each in listed] == [f"verb {number}" for number in (4, 3, 2, 1, 0)]
        assert [each.ulid for each in listed] == sorted((each.ulid for each in listed), reverse=True)
        assert store.operations(2) == listed[:2]
        assert (listed[0].summary, listed[0].header["task_id"], listed[0].places) == ("summary 4", "T", (TASK,))

    def test_operations_are_shared_between_working_trees_and_ids_rise(self, disk: Disk, tmp_path: Path) -> None:
        linked = disk.linked(tmp_path / "linked")
        ops = []
        for number, where in enumerate((disk, linked, disk, linked)):
            with where.store({"VOLON_FROZEN_NOW": f"20{30 - number}-01-01T00:00:00Z"}).begin("x") as tx:
                tx.put(TASK, b"%d" % number)
                ops.append(tx.commit().op)
        assert ops == sorted(ops)
        assert [each.ulid for each in linked.store().operations()] == ops[::-1]
        assert linked.store().operation(ops[1]).previous == ops[0]

    @pytest.mark.parametrize("ulid", [OP, "../journal", "", "x"])
    def test_an_unknown_operation_is_nothing_to_do(self, store: Store, ulid: str) -> None:
        with pytest.raises(NothingToDo):
            store.operation(ulid)

    def test_a_damaged_record_is_left_out_of_the_list_and_named_when_asked_for(self, store: Store, disk: Disk) -> None:
        disk.write(layout.operation_place(OP), b"nonsense")
        assert store.operations() == []
        with pytest.raises(Corrupt):
            store.operation(OP)

    def test_a_stranger_among_the_operations_is_ignored(self, store: Store, disk: Disk) -> None:
        disk.write(Place(Root.COMMON, "ops/README"), b"by hand")
        with store.begin("x") as tx:
            tx.put(TASK, b"1")
            tx.commit()
        assert len(store.operations()) == 1
