"""The model is not blind: its file system loses what may be lost, and a build that is wrong is seen at once.

Everything the model can try is tried by `python -m tests.crash.model`; these are the quick proofs that it would notice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crash.floors import shrunk
from tests.crash.model.explore import Depth, Explorer
from tests.crash.model.mutants import WRONG, Mutant, all_mutants
from tests.crash.model.oracle import Violation
from tests.crash.model.scenarios import SCENARIOS, SMALLEST
from tests.crash.model.stories import STORIES
from tests.crash.simfs import LINKED, SimFs
from volon.files import FileSystem, Place, Root

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.crash.simfs import Event

A, B = Place(Root.WORKTREE, "a"), Place(Root.WORKTREE, "b")
OTHER = Place(Root.WORKTREE, "dir/a")
QUICK = Depth(states=20, after_kill=10, after_cut=8, recoveries=2, edits=2)


def outcomes(fs: SimFs, *places: Place) -> set[tuple[bytes | None, ...]]:
    """What may be left of these files after a power cut."""
    booted = [SimFs.boot(image) for image in fs.states()]
    return {tuple(each.read(place) for place in places) for each in booted}


class TestTheFileSystem:
    def test_it_has_every_primitive(self) -> None:
        fs: FileSystem = SimFs()
        assert fs.read(A) is None

    def test_a_new_file_may_be_gone_until_its_directory_is_synced(self) -> None:
        fs = SimFs()
        fs.create(A, b"data", 0o600)
        assert outcomes(fs, A) == {(None,), (b"data",)}
        fs.sync_dir(A.parent)
        assert outcomes(fs, A) == {(b"data",)}

    def test_content_may_be_torn_until_it_is_synced(self) -> None:
        fs = SimFs()
        fs.rule = _NeverSync("create fsync")
        fs.create(A, b"data", 0o600)
        fs.sync_dir(A.parent)
        assert outcomes(fs, A) == {(b"",), (b"da",), (b"\0\0\0\0",), (b"da\0\0",), (b"data",)}
        fs.sync(A)
        assert outcomes(fs, A) == {(b"data",)}

    def test_an_append_keeps_what_was_there(self) -> None:
        fs = _with(A, b"1\n")
        fs.rule = _NeverSync("append fsync")
        fs.append(A, b"2\n")
        assert outcomes(fs, A) == {(b"1\n",), (b"1\n2",), (b"1\n\0\0",), (b"1\n2\0",), (b"1\n2\n",)}

    def test_a_rename_within_a_directory_is_whole(self) -> None:
        fs = _with(A, b"new", B, b"old")
        fs.rename(A, B)
        assert outcomes(fs, A, B) == {(b"new", b"old"), (None, b"new")}

    def test_a_rename_between_directories_may_leave_both_names_never_none(self) -> None:
        fs = _with(OTHER, b"new")
        fs.rename(OTHER, A)
        assert outcomes(fs, OTHER, A) == {(b"new", None), (b"new", b"new"), (None, b"new")}
        fs.sync_dir(A.parent)
        assert outcomes(fs, OTHER, A) == {(b"new", b"new"), (None, b"new")}

    def test_names_survive_in_any_order(self) -> None:
        fs = SimFs()
        fs.create(A, b"1", 0o600)
        fs.create(B, b"2", 0o600)
        assert outcomes(fs, A, B) == {(None, None), (b"1", None), (None, b"2"), (b"1", b"2")}

    def test_a_removed_name_may_come_back(self) -> None:
        fs = _with(A, b"1")
        fs.unlink(A)
        assert outcomes(fs, A) == {(None,), (b"1",)}

    def test_a_file_in_a_new_directory_needs_both(self) -> None:
        fs = SimFs()
        fs.mkdir(OTHER.parent)
        fs.create(OTHER, b"1", 0o600)
        fs.sync_dir(OTHER.parent)
        assert outcomes(fs, OTHER) == {(None,), (b"1",)}
        fs.sync_parents([OTHER])
        assert outcomes(fs, OTHER) == {(b"1",)}

    def test_two_names_of_a_file_stay_one_file(self) -> None:
        fs = _with(A, b"1")
        fs.link(A, B)
        fs.power_stays()
        booted = SimFs.boot(fs.image())
        booted.append(A, b"2")
        assert booted.read(B) == b"12"

    def test_a_sample_holds_the_extremes(self) -> None:
        fs = SimFs()
        for number in range(20):
            fs.create(Place(Root.WORKTREE, f"file{number}"), b"x", 0o600)
        sizes = {len(SimFs.boot(image).listdir(A.parent)) for image in fs.states(at_most=100)}
        assert {1, 2, 20, 21} <= sizes  # `.git` is there as well
        assert len(list(fs.states(at_most=100))) == 100

    def test_a_linked_working_tree_shares_the_common_directory(self) -> None:
        fs = SimFs(LINKED)
        fs.mkdir(Place(Root.COMMON))
        fs.create(Place(Root.COMMON, "x"), b"1", 0o600)
        fs.power_stays()
        assert SimFs.boot(fs.image()).read(Place(Root.COMMON, "x")) == b"1"
        assert fs.read(Place(Root.GIT, "x")) is None


@pytest.mark.parametrize("scenario", [SMALLEST, *SCENARIOS], ids=lambda each: each.name)
def test_no_power_cut_breaks_a_promise(scenario: object) -> None:
    """A small sample; the harness has the rest."""
    assert isinstance(scenario, type(SMALLEST))
    counts = Explorer(scenario, Depth(states=8, after_kill=2, after_cut=2, again=0, recoveries=1, edits=1)).run()
    assert counts.states > 0


@pytest.mark.parametrize("story", STORIES, ids=lambda each: each.name)
def test_what_is_set_aside_survives_the_power(story: object) -> None:
    assert isinstance(story, type(STORIES[0]))
    assert story.run(QUICK).states > 10


@pytest.mark.parametrize("mutant", [each for each in WRONG if "edits by hand" in each.name or "in place" in each.name])
def test_a_wrong_build_is_seen(mutant: Mutant) -> None:
    assert mutant.killed_by()


def test_every_fsync_has_a_mutant() -> None:
    """The list is what the store is seen to ask for, so it grows and shrinks with the protocol."""
    names = [mutant.name for mutant in all_mutants()]
    assert len(names) == len(set(names))
    assert len([name for name in names if name.startswith("dropped: ")]) >= 50
    assert len([name for name in names if name.startswith("late: ")]) >= 35
    for by in ("_publish", "_write", "_do", "apply", "roll_forward", "clear", "_recover", "_prepare", "_move_aside"):
        assert [name for name in names if name.startswith("dropped: ") and name.endswith(f" by {by}")], by


def test_a_right_build_is_no_mutant() -> None:
    """The first scenario alone, or this would take as long as the harness."""
    try:
        Explorer(SMALLEST, QUICK, lambda _fs: None).run()
    except Violation as violation:
        pytest.fail(str(violation))


def test_a_count_that_shrinks_is_said() -> None:
    assert shrunk("model", "short", {}) != []
    assert shrunk("no such harness", "short", {}) == []


class _NeverSync:
    def __init__(self, what: str) -> None:
        self._what = what

    def sync(self, event: Event, action: Callable[[], None]) -> None:
        """This one kind does nothing."""
        if event.what != self._what:
            action()

    def happened(self, event: Event) -> None:
        """Nothing to do."""


def _with(*words: Place | bytes) -> SimFs:
    fs = SimFs()
    for place, data in zip(words[::2], words[1::2], strict=True):
        assert isinstance(place, Place)
        assert isinstance(data, bytes)
        fs.user_writes(place, data)
    fs.power_stays()
    return fs
