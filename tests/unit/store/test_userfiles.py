"""Files of the user's and git's index are put into other versions by the same journal, and nobody's bytes are lost."""

from __future__ import annotations

import hashlib
import json
import stat
from typing import TYPE_CHECKING, ClassVar

import pytest

from tests.support.stores import Disk
from volon.disk import RealFiles
from volon.errors import Busy, Corrupt, HumanConflict, NotCommitted
from volon.files import Place, Root
from volon.store import layout
from volon.store.journal import Entry, Journal, Kind, RepoIdentity, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from volon.files import FileSystem, Roots
    from volon.model.version import Version


def at(path: str) -> Place:
    return Place(Root.FILES, path)


APP, INDEX = at("src/app.py"), layout.INDEX


def turn(
    disk: Disk,
    changes: Mapping[Place, tuple[Version | None, Version | None]],
    files: Callable[[Roots], FileSystem] = RealFiles,
) -> None:
    with disk.store(files=files).begin("restore") as tx:
        for place, (before, after) in changes.items():
            tx.turn(place, before, after)
        tx.commit()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk.make(tmp_path / "shop")


class TestTurning:
    def test_every_kind_of_change_lands_and_undo_takes_it_back(self, disk: Disk) -> None:
        kept = disk.contents
        old, new, link = kept.add(b"old"), kept.add(b"new\r\n", "100755"), kept.add(b"../elsewhere", "120000")
        disk.write(APP, b"old")
        disk.write(at("gone"), b"old")
        turn(disk, {at("gone"): (old, None), APP: (old, new), at("a/b"): (None, link)})
        assert disk.path(APP).read_bytes() == b"new\r\n"
        assert str(disk.path(at("a/b")).readlink()) == "../elsewhere"
        assert not disk.path(at("gone")).exists()
        store = disk.store()
        with store.begin("undo") as tx:
            tx.take_back(store.operation(store.operations()[0].ulid))
            tx.commit()
        assert (disk.path(APP).read_bytes(), disk.path(at("gone")).read_bytes()) == (b"old", b"old")
        assert not disk.path(at("a")).exists()

    def test_permissions_stay_but_for_the_bit_that_git_knows(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"old"), disk.contents.add(b"new", "100755")
        disk.write(APP, b"old").chmod(0o640)
        turn(disk, {APP: (old, new)})
        assert stat.S_IMODE(disk.path(APP).stat().st_mode) == 0o750

    def test_only_directories_that_the_deletion_emptied_go(self, disk: Disk) -> None:
        old = disk.contents.add(b"old")
        for path in ("deep/er/one", "kept/one", "kept/two"):
            disk.write(at(path), b"old")
        turn(disk, {at("deep/er/one"): (old, None), at("kept/one"): (old, None)})
        assert sorted(path.name for path in disk.root.iterdir()) == [".git", "kept"]

    def test_a_file_takes_the_place_of_a_directory_and_the_other_way_round(self, disk: Disk) -> None:
        old = disk.contents.add(b"old")
        disk.write(at("a/x"), b"old")
        disk.write(at("b"), b"old")
        turn(disk, {at("a/x"): (old, None), at("b"): (old, None), at("a"): (None, old), at("b/x"): (None, old)})
        assert (disk.path(at("a")).is_file(), disk.path(at("b/x")).is_file()) == (True, True)

    def test_a_link_takes_the_place_of_a_directory(self, disk: Disk) -> None:
        old, link = disk.contents.add(b"old"), disk.contents.add(b"elsewhere", "120000")
        disk.write(at("a/x"), b"old")
        turn(disk, {at("a/x"): (old, None), at("a"): (None, link)})
        assert disk.path(at("a")).is_symlink()


class TestOthers:
    def test_an_edit_before_the_commit_point_refuses_everything(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"old"), disk.contents.add(b"new")
        disk.write(APP, b"mine")
        with pytest.raises(HumanConflict):
            turn(disk, {APP: (old, new), at("b"): (None, new)})
        assert (disk.path(APP).read_bytes(), disk.path(at("b")).exists()) == (b"mine", False)

    def test_an_edit_after_it_stays_and_ours_is_named_by_its_object(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"old"), disk.contents.add(b"new")
        disk.write(APP, b"old")
        left_unfinished(disk, {APP: (old, new), at("b"): (None, new)}, b"mine")
        with pytest.raises(HumanConflict) as caught, disk.store().begin("x"):
            pass
        assert f"git cat-file blob {new.blob}" in caught.value.causes[0]
        assert (disk.path(APP).read_bytes(), disk.path(at("b")).read_bytes()) == (b"mine", b"new")

    def test_a_link_in_the_way_is_never_followed(self, disk: Disk, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        disk.path(at("d")).symlink_to(tmp_path / "outside")
        with pytest.raises(NotCommitted):
            turn(disk, {at("d/x"): (None, disk.contents.add(b"new"))})
        assert list((tmp_path / "outside").iterdir()) == []

    def test_bytes_that_nobody_has_are_missed_before_anything_changes(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"old"), disk.contents.add(b"new")
        disk.contents.blobs.pop(new.blob)
        disk.write(APP, b"old")
        with pytest.raises(NotCommitted, match="missing"):
            turn(disk, {APP: (old, new)})
        assert disk.path(APP).read_bytes() == b"old"


class TestIndex:
    def test_it_is_replaced_and_git_is_made_to_look_at_contents_again(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"DIRC old"), disk.contents.add(b"DIRC new")
        disk.write(INDEX, b"DIRC old")
        turn(disk, {INDEX: (old, new)})
        path = disk.path(INDEX)
        assert (path.read_bytes(), path.stat().st_mtime) == (b"DIRC new", 1)
        assert sorted(path.name for path in disk.git_dir.iterdir()) == ["index", "volon"]

    def test_a_lock_of_git_refuses_before_anything_changes(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"DIRC old"), disk.contents.add(b"DIRC new")
        disk.write(INDEX, b"DIRC old")
        disk.write(layout.INDEX_LOCK, b"")
        with pytest.raises(Busy):
            turn(disk, {at("b"): (None, new), INDEX: (old, new)})
        assert not disk.path(at("b")).exists()

    def test_a_lock_of_git_that_came_later_is_waited_for_by_the_next_command(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"DIRC old"), disk.contents.add(b"DIRC new")
        disk.write(INDEX, b"DIRC old")
        left_unfinished(disk, {INDEX: (old, new)}, None)
        lock = disk.write(layout.INDEX_LOCK, b"DIRC by git")
        with pytest.raises(NotCommitted, match="cannot be finished yet"), disk.store().begin("x"):
            pass
        assert lock.read_bytes() == b"DIRC by git"
        lock.unlink()
        with disk.store().begin("x"):
            pass
        assert disk.path(INDEX).read_bytes() == b"DIRC new"

    def test_a_lock_that_a_killed_restore_left_is_taken_away(self, disk: Disk) -> None:
        old, new = disk.contents.add(b"DIRC old"), disk.contents.add(b"DIRC new")
        disk.write(INDEX, b"DIRC old")
        left_unfinished(disk, {INDEX: (old, new)}, None, dies_at="rename")
        assert disk.path(layout.INDEX_LOCK).exists()
        with disk.store().begin("x"):
            pass
        assert (disk.path(INDEX).read_bytes(), disk.path(layout.INDEX_LOCK).exists()) == (b"DIRC new", False)


class TestForged:
    REFUSED: ClassVar = (
        "../x",
        "/etc/x",
        ".git/hooks/x",
        "a/.GIT/config",
        "git~1/x",
        ".git./x",
        ".g\u200cit/x",
        ".volon/x",
    )

    @pytest.mark.parametrize("path", REFUSED)
    def test_a_journal_that_names_what_no_restore_may_touch_is_corrupt(self, path: str) -> None:
        entry = Entry(at("src/app.py"), Kind.CREATE, None, b"100644 " + b"0" * 40)
        data = encode(Journal("0" * 26, "restore", "", RepoIdentity("", ""), (entry,)))
        changed = data[:-66].replace(b'"src/app.py"', json.dumps(path).encode())
        head, _, rest = changed.partition(b"\n")[2].partition(b"\n")
        changed = b"VOLON1\n%d\n" % (int(head) + len(json.dumps(path)) - len('"src/app.py"')) + rest
        with pytest.raises(Corrupt):
            decode(changed + f"\n{hashlib.sha256(changed).hexdigest()}\n".encode())

    @pytest.mark.parametrize("image", [b"#!/bin/sh", b"040000 " + b"0" * 40, b"100644 " + b"0" * 39])
    def test_a_journal_whose_images_are_no_versions_is_corrupt(self, image: bytes) -> None:
        entry = Entry(APP, Kind.CREATE, None, image)
        with pytest.raises(Corrupt):
            decode(encode(Journal("0" * 26, "restore", "", RepoIdentity("", ""), (entry,))))


class _Dies(Exception):
    """The process is gone."""


def left_unfinished(
    disk: Disk,
    changes: Mapping[Place, tuple[Version | None, Version | None]],
    edit: bytes | None,
    *,
    dies_at: str = "create",
) -> None:
    """Publish an operation, edit `APP` when there is something to write, and die before it is applied."""

    class Dying(RealFiles):
        published = False

        def sync_dir(self, place: Place) -> None:
            super().sync_dir(place)
            self.published = True

        def create(self, place: Place, data: bytes, mode: int, *, exact: bool = False) -> None:
            self.die("create")
            super().create(place, data, mode, exact=exact)

        def rename(self, source: Place, target: Place) -> None:
            self.die("rename")
            super().rename(source, target)

        def die(self, call: str) -> None:
            if self.published and call == dies_at:
                raise _Dies

    with pytest.raises(_Dies):
        turn(disk, changes, Dying)
    if edit is not None:
        disk.write(APP, edit)
