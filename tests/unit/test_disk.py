"""The door to the disk: no link is followed at any depth, nothing is overwritten that must not be."""

from __future__ import annotations

import errno
import os
import socket
from typing import TYPE_CHECKING

import pytest

from tests.support.stores import Disk
from volon.disk import RealFiles
from volon.files import FileSystem, NotADirectory, NotAFile, Place, Root, SymlinkRefused, holders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEEP = Place(Root.WORKTREE, "a/b/c")


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk.make(tmp_path / "work")


@pytest.fixture
def files(disk: Disk) -> FileSystem:
    return RealFiles(disk.roots)


def test_what_is_absent_is_none_and_never_an_error(files: FileSystem) -> None:
    assert files.read(DEEP) is None
    assert files.stat(DEEP) is None
    assert files.listdir(DEEP) == []
    files.unlink(DEEP)
    files.rmdir(DEEP)
    files.sync_parents([DEEP])


def test_a_file_is_made_exclusively(files: FileSystem) -> None:
    files.mkdir(DEEP.parent)
    files.create(DEEP, b"one", 0o600)
    with pytest.raises(FileExistsError):
        files.create(DEEP, b"two", 0o600)
    assert files.read(DEEP) == b"one"
    assert files.read(DEEP, 2) == b"on"


def test_a_link_never_replaces_and_a_rename_does(files: FileSystem) -> None:
    one, two = Place(Root.WORKTREE, "one"), Place(Root.WORKTREE, "two")
    files.create(one, b"1", 0o600)
    files.create(two, b"2", 0o600)
    with pytest.raises(FileExistsError):
        files.link(one, two)
    files.rename(one, two)
    assert (files.read(one), files.read(two)) == (None, b"1")


def test_appending_adds_to_the_end(files: FileSystem) -> None:
    place = Place(Root.WORKTREE, "log")
    files.create(place, b"1\n", 0o600)
    files.append(place, b"2\n")
    assert files.read(place) == b"1\n2\n"
    with pytest.raises(FileNotFoundError):
        files.append(DEEP, b"x")


def test_a_directory_that_is_not_empty_stays(files: FileSystem) -> None:
    files.mkdir(DEEP)
    files.rmdir(DEEP.parent)
    assert files.listdir(DEEP.parent) == ["c"]
    files.rmdir(DEEP)
    assert files.listdir(DEEP.parent) == []


DEEDS: list[Callable[[FileSystem], object]] = [
    lambda files: files.read(DEEP),
    lambda files: files.stat(DEEP),
    lambda files: files.listdir(DEEP.parent),
    lambda files: files.create(DEEP, b"x", 0o600),
    lambda files: files.append(DEEP, b"x"),
    lambda files: files.sync(DEEP),
    lambda files: files.rename(Place(Root.WORKTREE, "own"), DEEP),
    lambda files: files.rename(DEEP, Place(Root.WORKTREE, "own")),
    lambda files: files.link(Place(Root.WORKTREE, "own"), DEEP),
    lambda files: files.unlink(DEEP),
    lambda files: files.mkdir(DEEP),
    lambda files: files.rmdir(DEEP),
    lambda files: files.sync_dir(DEEP.parent),
    lambda files: files.sync_parents([DEEP]),
    lambda files: files.lock(DEEP, b"x"),
    lambda files: files.writable(DEEP),
]


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("link", ["a", "a/b"])
def test_no_deed_goes_through_a_link(
    files: FileSystem, disk: Disk, tmp_path: Path, deed: Callable[[FileSystem], object], link: str
) -> None:
    outside = tmp_path / "outside"
    (outside / "b").mkdir(parents=True)
    for victim in (outside / "c", outside / "b" / "c"):
        victim.write_bytes(b"precious")
    disk.write(Place(Root.WORKTREE, "own"), b"own")
    (disk.root / link).parent.mkdir(exist_ok=True)
    (disk.root / link).symlink_to(outside)
    with pytest.raises(SymlinkRefused, match=f"{link} is a symbolic link"):
        deed(files)
    assert {path.read_bytes() for path in outside.rglob("c")} == {b"precious"}
    assert len(list(outside.rglob("*"))) == 3


@pytest.mark.parametrize("target", ["outside", "nowhere", "c"])
def test_a_link_in_place_of_the_file_is_not_followed(
    files: FileSystem, disk: Disk, tmp_path: Path, target: str
) -> None:
    (tmp_path / "outside").write_bytes(b"precious")
    disk.path(DEEP).parent.mkdir(parents=True)
    disk.path(DEEP).symlink_to(tmp_path / target if target != "c" else "c")
    for deed in (files.read, files.sync, lambda place: files.append(place, b"x")):
        with pytest.raises(SymlinkRefused):
            deed(DEEP)
    with pytest.raises(FileExistsError):
        files.create(DEEP, b"x", 0o600)
    with pytest.raises(OSError, match="symbolic") as caught:
        files.lock(DEEP, b"x")
    assert caught.value.errno == errno.ELOOP
    found = files.stat(DEEP)
    assert found is not None
    assert not found.is_file
    files.unlink(DEEP)
    assert (tmp_path / "outside").read_bytes() == b"precious"


def make_socket(path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.close()


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo, make_socket], ids=["directory", "pipe", "socket"])
def test_what_is_no_file_is_not_read(files: FileSystem, disk: Disk, make: Callable[[Path], None]) -> None:
    disk.path(DEEP).parent.mkdir(parents=True)
    make(disk.path(DEEP))
    with pytest.raises((NotAFile, OSError)):
        files.read(DEEP)


def test_a_directory_that_becomes_a_link_or_a_file_while_all_below_is_listed_is_passed_over(
    files: FileSystem, disk: Disk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = disk.root / "top"
    for name in ("file", "link", "stays"):
        (top / name).mkdir(parents=True)
        (top / name / "inside").touch()
    open_file = os.open

    def changed(path: str, *words: int, **how: int) -> int:
        if path == "file":
            for name in ("file", "link"):
                (top / name).rename(tmp_path / name)
            (top / "file").touch()
            (top / "link").symlink_to(tmp_path / "link")
        return open_file(path, *words, **how)

    monkeypatch.setattr(os, "open", changed)
    assert [place.path for place in files.files_below(Place(Root.WORKTREE, "top"))] == ["top/stays/inside"]


def test_writable_asks_the_nearest_directory_that_exists(files: FileSystem, disk: Disk) -> None:
    assert files.writable(DEEP)
    (disk.root / "a").write_bytes(b"a file")
    with pytest.raises(NotADirectory):
        files.writable(DEEP)


def test_the_lock_keeps_others_out_until_it_is_released(files: FileSystem, disk: Disk) -> None:
    place = Place(Root.WORKTREE, "lock")
    held = files.lock(place, b"first")
    assert held is not None
    assert RealFiles(disk.roots).lock(place, b"second") is None
    assert files.read(place) == b"first"
    held.mark(b"done")
    assert files.read(place) == b"first\ndone"
    held.release()
    held.release()
    again = files.lock(place, b"2nd")
    assert again is not None
    assert files.read(place) == b"2nd"
    again.release()


def test_free_space_is_known(files: FileSystem) -> None:
    assert (files.free(Root.GIT) or 0) > 0


def test_every_directory_on_the_way_is_synced_once(disk: Disk) -> None:
    places = [DEEP, Place(Root.WORKTREE, "a/x"), Place(Root.GIT, "journal"), Place(Root.COMMON, "ops/1")]
    work, git = str(disk.root), str(disk.git_dir)
    assert holders(disk.roots, places) == [
        *((work, ()), (work, ("a",)), (work, ("a", "b"))),
        *((git, ()), (git, ("volon",)), (git, ("volon", "ops"))),
    ]


def test_paths_are_shown_from_the_top_of_the_working_tree(files: FileSystem, disk: Disk, tmp_path: Path) -> None:
    assert files.shown(DEEP) == "a/b/c"
    assert files.shown(Place(Root.COMMON, "conflicts/x")) == ".git/volon/conflicts/x"
    linked = RealFiles(disk.linked(tmp_path / "linked").roots)
    assert linked.shown(Place(Root.COMMON, "ops")) == str(disk.common_dir / "volon" / "ops")
