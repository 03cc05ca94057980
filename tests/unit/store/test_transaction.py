"""All or nothing, and nobody else's bytes are lost: the transaction on a real disk, and on one that fails."""

from __future__ import annotations

import errno
import os
import signal
import stat
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from tests.support.stores import Disk, private
from volon import peek
from volon.disk import RealFiles
from volon.errors import CommittedNotApplied, HumanConflict, Interrupted, NotCommitted
from volon.files import Place, Root
from volon.model.quick import TaskRow
from volon.store import layout

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from volon.files import Roots
    from volon.store.store import Store

TASK = layout.task_place("TASK-20261119-001")
CHECKPOINT = layout.checkpoint_place("01-work-2026-11-19.md")


def put(store: Store, place: Place, data: bytes) -> None:
    with store.begin("put") as tx:
        tx.put(place, data)
        tx.commit()


def many(disk: Disk) -> None:
    for number in range(peek.LEAST):
        disk.write(layout.task_place(f"TASK-20261119-{number:03d}"), f"---\nid: A-{number}\n---\n".encode())


class TestRows:
    def test_a_file_whose_row_was_relied_on_must_be_the_one_that_is_read(self, store: Store, disk: Disk) -> None:
        many(disk)
        with store.begin("x") as tx:
            assert tx.read_rows(layout.TASKS, TaskRow) is not None
            disk.write(TASK, b"edited meanwhile")
            with pytest.raises(HumanConflict, match="edited while volon was working"):
                tx.read(TASK)

    def test_one_that_is_gone_meanwhile_is_a_conflict_too(self, store: Store, disk: Disk) -> None:
        many(disk)
        with store.begin("x") as tx:
            assert tx.read_rows(layout.TASKS, TaskRow) is not None
            disk.path(TASK).unlink()
            with pytest.raises(HumanConflict):
                tx.put(TASK, b"new")

    def test_what_is_put_is_read_the_long_way(self, store: Store, disk: Disk) -> None:
        many(disk)
        other = layout.task_place("TASK-20261119-002")
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            tx.delete(other)
            rows = tx.read_rows(layout.TASKS, TaskRow)
            assert rows is not None
            assert rows[0][TASK.name] is None
            assert other.name not in rows[0]
            assert tx.read(TASK) == b"new"
            tx.commit()

    def test_a_published_operation_shows_in_the_rows(self, store: Store, disk: Disk) -> None:
        many(disk)
        new, gone = layout.task_place("TASK-20261119-900"), layout.task_place("TASK-20261119-002")
        with store.begin("x") as tx:
            tx.put(new, b"new")
            tx.delete(gone)
            tx.commit()
        [record] = disk.path(layout.OPERATIONS).iterdir()
        disk.write(layout.JOURNAL, record.read_bytes())
        record.unlink()
        disk.path(new).unlink()
        disk.write(gone, b"---\nid: A-2\n---\n")
        rows = disk.store().read_rows(layout.TASKS, TaskRow)
        assert rows is not None
        assert rows[0].get(new.name, "absent") is None
        assert gone.name not in rows[0]
        assert disk.store().read(new) == b"new"

    def test_a_small_directory_has_no_rows(self, store: Store, disk: Disk) -> None:
        disk.write(TASK, b"one")
        assert store.read_rows(layout.TASKS, TaskRow) is None


class TestStaging:
    def test_a_transaction_reads_what_it_has_put(self, store: Store) -> None:
        put(store, TASK, b"old")
        with store.begin("x") as tx:
            assert tx.read(TASK) == b"old"
            tx.put(TASK, b"new")
            tx.append(layout.RUN_LOG, b"1\n")
            tx.append(layout.RUN_LOG, b"2\n")
            assert (tx.read(TASK), tx.read(layout.RUN_LOG)) == (b"new", b"1\n2\n")
            assert tx.listdir(layout.LOGS) == ["run.jsonl"]
            tx.delete(TASK)
            assert (tx.read(TASK), tx.listdir(layout.TASKS)) == (None, [])
        assert store.read(TASK) == b"old"

    def test_leaving_without_commit_changes_nothing(self, store: Store, disk: Disk) -> None:
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
        assert disk.tree() == {}

    def test_after_the_block_there_is_no_commit(self, store: Store) -> None:
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
        with pytest.raises(NotCommitted):
            tx.commit()

    def test_there_is_one_commit(self, store: Store) -> None:
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            tx.commit()
            with pytest.raises(NotCommitted):
                tx.put(TASK, b"newer")
            with pytest.raises(NotCommitted):
                tx.commit()

    def test_what_does_not_change_is_not_written(self, store: Store) -> None:
        put(store, TASK, b"same")
        with store.begin("x") as tx:
            tx.put(TASK, b"same")
            tx.delete(CHECKPOINT)
            assert tx.commit().written == ()
        assert len(store.operations()) == 1

    def test_the_first_put_decides_the_turn(self, store: Store) -> None:
        with store.begin("x") as tx:
            tx.create(CHECKPOINT, b"c")
            tx.put(layout.HANDOFF, b"1")
            tx.put(TASK, b"t")
            tx.put(layout.HANDOFF, b"2")
            assert tx.commit().written == (CHECKPOINT, layout.HANDOFF, TASK)
        assert store.read(layout.HANDOFF) == b"2"

    def test_a_dry_run_tells_and_touches_nothing(self, store: Store, disk: Disk) -> None:
        with store.begin("x", dry_run=True) as tx:
            tx.put(TASK, b"new")
            outcome = tx.commit()
        assert (outcome.dry_run, outcome.written) == (True, (TASK,))
        assert disk.tree() == {}
        assert not (disk.git_dir / "volon").exists()


class TestFiles:
    def test_an_immutable_file_is_read_only_and_never_rewritten(self, store: Store, disk: Disk) -> None:
        with store.begin("x") as tx:
            tx.create(CHECKPOINT, b"one")
            tx.commit()
        assert stat.S_IMODE(disk.path(CHECKPOINT).stat().st_mode) == 0o444
        with store.begin("x") as tx, pytest.raises(HumanConflict):
            tx.create(CHECKPOINT, b"two")
        assert store.read(CHECKPOINT) == b"one"

    @pytest.mark.parametrize("mode", [0o600, 0o640, 0o755])
    def test_an_existing_file_keeps_its_permissions(self, store: Store, disk: Disk, mode: int) -> None:
        disk.write(TASK, b"old").chmod(mode)
        put(store, TASK, b"new")
        assert stat.S_IMODE(disk.path(TASK).stat().st_mode) == mode

    def test_a_new_file_obeys_umask(self, store: Store, disk: Disk) -> None:
        before = os.umask(0o027)
        try:
            put(store, TASK, b"new")
        finally:
            os.umask(before)
        assert stat.S_IMODE(disk.path(TASK).stat().st_mode) == 0o640

    def test_what_is_private_is_private(self, store: Store, disk: Disk) -> None:
        put(store, TASK, b"new")
        for path in (disk.git_dir / "volon").rglob("*"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
        assert stat.S_IMODE((disk.git_dir / "volon").stat().st_mode) == 0o700

    def test_a_hard_linked_file_is_replaced_not_written_through(self, store: Store, disk: Disk, tmp_path: Path) -> None:
        for place in (TASK, layout.RUN_LOG):
            (tmp_path / place.name).hardlink_to(disk.write(place, b"old\n"))
        with store.begin("x") as tx:
            tx.put(TASK, b"new\n")
            tx.append(layout.RUN_LOG, b"line\n")
            tx.commit()
        assert (tmp_path / TASK.name).read_bytes() == b"old\n"
        assert (tmp_path / layout.RUN_LOG.name).read_bytes() == b"old\n"
        assert store.read(layout.RUN_LOG) == b"old\nline\n"

    def test_nothing_is_left_lying_about(self, store: Store, disk: Disk) -> None:
        put(store, TASK, b"one")
        put(store, TASK, b"two")
        assert [path for path in disk.tree() if ".volon-tmp" in path] == []
        assert sorted(path.name for path in (disk.git_dir / "volon").iterdir()) == ["lock", "ops", "tmp"]
        assert list((disk.git_dir / "volon" / "tmp").iterdir()) == []


class TestConflicts:
    def test_an_edit_between_reading_and_commit_stops_everything(self, store: Store, disk: Disk) -> None:
        disk.write(TASK, b"old")
        with store.begin("x") as tx:
            tx.put(layout.HANDOFF, b"new")
            tx.put(TASK, (tx.read(TASK) or b"") + b" and new")
            disk.write(TASK, b"by hand")
            before = disk.tree()
            with pytest.raises(HumanConflict, match="nothing has changed") as caught:
                tx.commit()
        assert caught.value.causes == (str(TASK),)
        assert disk.tree() == before
        assert store.operations() == []

    @pytest.mark.parametrize("human", [b"by hand", b"old again, not"])
    def test_an_edit_during_the_commit_is_kept_and_so_is_ours(self, disk: Disk, human: bytes) -> None:
        disk.write(TASK, b"old")
        store = disk.store(files=lambda roots: _EditAfterPublishing(RealFiles(roots), lambda: disk.write(TASK, human)))
        with store.begin("x") as tx:
            tx.put(TASK, b"ours")
            tx.put(layout.HANDOFF, b"new")
            with pytest.raises(HumanConflict) as caught:
                tx.commit()
        assert (store.read(TASK), store.read(layout.HANDOFF)) == (human, b"new")
        (kept,) = store.pending().conflicts
        assert store.read(kept) == b"ours"
        assert str(TASK) in caught.value.causes[0]
        assert kept.path in caught.value.causes[0]
        assert store.operations()[0].ulid == tx.op
        put(store, layout.HANDOFF, b"newer")

    def test_an_edited_log_gets_our_line_at_its_end(self, store: Store, disk: Disk) -> None:
        disk.write(layout.RUN_LOG, b"one\n")
        with store.begin("x") as tx:
            tx.append(layout.RUN_LOG, b"ours\n")
            disk.write(layout.RUN_LOG, b"one, corrected\ntheirs")
            tx.commit()
        assert store.read(layout.RUN_LOG) == b"one, corrected\ntheirs\nours\n"

    def test_a_link_in_the_way_after_the_commit_point_is_a_conflict(self, disk: Disk, tmp_path: Path) -> None:
        disk.write(TASK, b"old")
        outside = tmp_path / "outside"
        outside.write_bytes(b"old")

        def swap() -> None:
            disk.path(TASK).unlink()
            disk.path(TASK).symlink_to(outside)

        store = disk.store(files=lambda roots: _EditAfterPublishing(RealFiles(roots), swap))
        with store.begin("x") as tx:
            tx.put(TASK, b"ours")
            with pytest.raises(HumanConflict, match="except for 1"):
                tx.commit()
        assert outside.read_bytes() == b"old"


class TestFailures:
    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT])
    def test_every_call_may_fail_once(self, tmp_path: Path, number: int) -> None:
        """Before the commit point nothing has changed, after it the next command finishes; no third thing."""
        outcomes = set()
        reached, at = True, 0
        while reached:
            disk, at = Disk.make(tmp_path / f"{number}-{at}"), at + 1
            disk.write(TASK, b"old")
            before = disk.tree()
            failing = _Failing(RealFiles(disk.roots), at - 1, number)
            outcome = _attempt(disk.store(files=failing.stand_in))
            reached = failing.reached
            outcomes.add(outcome)
            if outcome is NotCommitted:
                assert disk.tree() == before
            else:
                assert _records(disk.store()) == NEW
                disk.store().recover()
                assert {place: disk.path(place).read_bytes() for place in NEW} == NEW
            assert _attempt(disk.store()) in {None, HumanConflict}
        assert at > 50
        assert outcomes == {NotCommitted, CommittedNotApplied, None}

    def test_a_directory_that_cannot_be_written_is_named_before_anything_happens(self, disk: Disk) -> None:
        store = disk.store(files=lambda roots: _ReadOnly(RealFiles(roots)))
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            with pytest.raises(NotCommitted, match=r"\.volon/tasks/TASK-20261119-001\.md cannot be written"):
                tx.commit()
        assert disk.tree() == {}

    def test_a_full_disk_is_noticed_before_anything_happens(self, disk: Disk) -> None:
        store = disk.store(files=lambda roots: _Full(RealFiles(roots)))
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            with pytest.raises(NotCommitted, match="not enough space"):
                tx.commit()
        assert disk.tree() == {}

    def test_a_file_where_a_directory_should_be_is_named(self, store: Store, disk: Disk) -> None:
        (disk.root / ".volon").write_bytes(b"a file")
        with store.begin("x") as tx, pytest.raises(NotCommitted):
            tx.put(TASK, b"new")
        assert (disk.root / ".volon").read_bytes() == b"a file"


class TestSignals:
    def test_before_the_commit_point_nothing_has_changed(self, disk: Disk) -> None:
        store = disk.store(files=lambda roots: _SignalAt(RealFiles(roots), "create"))
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            with pytest.raises(Interrupted):
                tx.commit()
        assert disk.tree() == {}

    @pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_after_the_commit_point_it_is_finished(self, disk: Disk, number: signal.Signals) -> None:
        store = disk.store(files=lambda roots: _SignalAt(RealFiles(roots), "rename", number))
        before = signal.getsignal(number)
        with store.begin("x") as tx:
            tx.put(TASK, b"new")
            if number is not signal.SIGINT:
                signal.signal(number, _unexpected)
            try:
                outcome = tx.commit()
            finally:
                signal.signal(number, before)
        assert outcome.interrupted
        assert store.read(TASK) == b"new"


class TestUndo:
    def test_everything_comes_back_and_an_undo_can_be_undone(self, store: Store, disk: Disk) -> None:
        disk.write(TASK, b"old").chmod(0o640)
        disk.write(layout.STATE, b"state")
        with store.begin("pause") as tx:
            tx.create(CHECKPOINT, b"c")
            tx.put(TASK, b"new")
            tx.delete(layout.STATE)
            tx.append(layout.RUN_LOG, b"line\n")
            tx.commit()
        after = _records(store, CHECKPOINT, TASK, layout.STATE, layout.RUN_LOG)
        undo(store)
        assert _records(store, CHECKPOINT, TASK, layout.STATE) == {
            CHECKPOINT: None,
            TASK: b"old",
            layout.STATE: b"state",
        }
        assert store.read(layout.RUN_LOG) == b"line\n"
        assert stat.S_IMODE(disk.path(TASK).stat().st_mode) == 0o640
        undo(store)
        assert _records(store, CHECKPOINT, TASK, layout.STATE, layout.RUN_LOG) == after
        assert stat.S_IMODE(disk.path(CHECKPOINT).stat().st_mode) == 0o444
        first, second, third = reversed(store.operations())
        assert (second.undoes, third.undoes) == (first.ulid, second.ulid)

    def test_a_file_edited_since_stops_it_before_anything_is_planned(self, store: Store, disk: Disk) -> None:
        put(store, TASK, b"new")
        disk.write(TASK, b"by hand")
        with store.begin("undo") as tx:
            with pytest.raises(HumanConflict) as caught:
                tx.take_back(store.operation(store.operations()[0].ulid))
            assert tx.commit().written == ()
        assert caught.value.causes == (f"{TASK} is not as volon left it",)
        assert store.read(TASK) == b"by hand"


def undo(store: Store) -> None:
    with store.begin("undo") as tx:
        tx.take_back(store.operation(store.operations()[0].ulid))
        tx.commit()


NEW = {TASK: b"new", CHECKPOINT: b"c", layout.RUN_LOG: b"line\n"}


def _attempt(store: Store) -> type[Exception] | None:
    try:
        with store.begin("x") as tx:
            tx.create(CHECKPOINT, b"c")
            tx.put(TASK, b"new")
            tx.append(layout.RUN_LOG, b"line\n")
            tx.commit()
    except (NotCommitted, CommittedNotApplied, HumanConflict) as error:
        return type(error)
    return None


def _records(store: Store, *places: Place) -> dict[Place, bytes | None]:
    return {place: store.read(place) for place in places or NEW}


def _unexpected(_number: int, _frame: object) -> None:
    raise AssertionError("the signal came through")


class _Wrapped:
    """A file system that does something before each call."""

    def __init__(self, files: RealFiles) -> None:
        self._files = files

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - it stands for every primitive
        found = getattr(self._files, name)

        def call(*words: object, **named: object) -> object:
            self.before(name, *words)
            return self.instead(name, found(*words, **named))

        return call

    def before(self, name: str, *words: object) -> None:
        """Called with the name of the primitive and its arguments."""

    def instead(self, name: str, result: object) -> object:
        """The result to give back."""
        del name
        return result


class _Failing(_Wrapped):
    """Fails at the Nth call that touches the disk, once."""

    PURE: ClassVar = {"shown", "free", "writable"}

    def __init__(self, files: RealFiles, at: int, number: int) -> None:
        super().__init__(files)
        self._left, self._number = at, number
        self.reached = False

    def stand_in(self, _roots: Roots) -> Any:  # noqa: ANN401 - a file system, see above
        return self

    def before(self, name: str, *words: object) -> None:
        del words
        if name in self.PURE or self.reached:
            return
        self._left -= 1
        if self._left < 0:
            self.reached = True
            raise OSError(self._number, os.strerror(self._number))


class _EditAfterPublishing(_Wrapped):
    def __init__(self, files: RealFiles, edit: Callable[[], object]) -> None:
        super().__init__(files)
        self._edit: Callable[[], object] | None = edit

    def before(self, name: str, *words: object) -> None:
        if name == "sync_dir" and words[0] == layout.JOURNAL.parent and self._edit is not None:
            edit, self._edit = self._edit, None
            if self._files.read(layout.JOURNAL) is not None:
                edit()
            else:
                self._edit = edit


class _SignalAt(_Wrapped):
    def __init__(self, files: RealFiles, name: str, number: signal.Signals = signal.SIGINT) -> None:
        super().__init__(files)
        self._name, self._number = name, number

    def instead(self, name: str, result: object) -> object:
        if name == self._name:
            os.kill(os.getpid(), self._number)
        return result


class _ReadOnly(_Wrapped):
    def instead(self, name: str, result: object) -> object:
        return False if name == "writable" else result


class _Full(_Wrapped):
    def instead(self, name: str, result: object) -> object:
        return 1000 if name == "free" else result


def test_a_place_in_gits_own_directory_is_refused() -> None:
    for path in (".git/hooks/post-commit", "sub/.git/config", ".GIT/x", "git~1/x", "../x", "/x", "a//b", "."):
        with pytest.raises(NotCommitted):
            Place(Root.WORKTREE, path)
    assert private("tmp/x").name == "x"
