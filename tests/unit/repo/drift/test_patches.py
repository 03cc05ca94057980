"""Patches as balances: independent of order, context and place, and they add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import open_at
from volon.repo.drift.history import opened
from volon.repo.drift.patches import read_patch, read_patches, total

if TYPE_CHECKING:
    from volon.repo.drift.patches import Patch

_SMALL = settings(max_examples=15, deadline=None)


def _patches(repo: RepoBuilder, *commits: str) -> list[Patch]:
    with opened(open_at(repo.root).git) as history:
        found = history.patches(commits)
    return [found[commit] for commit in commits]


def test_lines_that_look_like_headers_are_lines(repo: RepoBuilder) -> None:
    body = "-- a/x\n++ b/x\n@@ -1 +1 @@\ndiff --git a/x b/x\nindex 1..2\nold mode 1\n\x1eabc\n"
    first = repo.commit("Tricky", {"tricky.txt": body})
    second = repo.commit("Gone", {"tricky.txt": ""})
    one, two = _patches(repo, first, second)
    lines = {line for _, line in one.balance}
    assert lines >= {line.encode() for line in body.rstrip("\n").split("\n")}
    both = total([one, two])
    assert {line: number for (_, line), number in both.items()} == {b"100644": 1}


def test_a_move_of_lines_is_told_by_its_order(repo: RepoBuilder) -> None:
    repo.commit("Lines", {"a.txt": "1\n2\n3\n4\n"})
    moved = repo.commit("Move", {"a.txt": "3\n1\n2\n4\n"})
    repo.git("reset", "-q", "--hard", "HEAD~1")
    again = repo.commit("Move again", {"a.txt": "3\n1\n2\n4\n"})
    other = repo.commit("Another", {"a.txt": "4\n3\n1\n2\n"})
    one, two, three = _patches(repo, moved, again, other)
    assert not one.balance
    assert one.same_as(two)
    assert not one.same_as(three)


def test_an_empty_patch_is_like_no_other() -> None:
    empty = read_patch(b"")
    assert not empty.same_as(empty)
    assert not empty.within(empty)
    assert read_patches(b"") == {}


def test_binary_files_and_modes_count(repo: RepoBuilder) -> None:
    first = repo.commit("One", {"b.bin": b"\0one"})
    second = repo.commit("Two", {"b.bin": b"\0two"})
    (repo.root / "b.bin").chmod(0o755)
    third = repo.commit("Mode")
    one, two, three = _patches(repo, first, second, third)
    assert one.balance
    assert two.balance != one.balance
    assert {line for _, line in three.balance} == {b"100644", b"100755"}


def test_volons_own_files_do_not_count(repo: RepoBuilder) -> None:
    state = repo.commit("State", {".volon/a": "a\n", ".design/checkpoints/é": "b\n", ".design/HANDOFF.md": "c\n"})
    mixed = repo.commit("Mixed", {".volon/a": "b\n", "x.txt": "x\n"})
    plain = repo.commit("Plain", {"y.txt": "x\n"})
    one, two, three = _patches(repo, state, mixed, plain)
    assert not one.balance
    assert len(two.balance) == len(three.balance) == 2


_TEXTS = st.lists(st.lists(st.sampled_from("abcdefg"), max_size=8), min_size=2, max_size=5)


@_SMALL
@given(texts=_TEXTS)
def test_the_sum_of_the_steps_is_the_whole(texts: list[list[str]], tmp_path_factory: object) -> None:
    root = tmp_path_factory.mktemp("sums")  # type: ignore[attr-defined]
    repo = RepoBuilder.init(root)
    repo.commit("Begin", {"a.txt": "x\n"})
    start = repo.head()
    contents = ["x\n" + "".join(f"{line}\n" for line in text) for text in texts]
    steps = [repo.commit(f"Step {number}", {"a.txt": content}) for number, content in enumerate(contents)]
    repo.git("reset", "-q", "--soft", start)
    repo.git("commit", "-q", "--allow-empty", "-m", "Squash")
    patches = _patches(repo, *steps, repo.head())
    assert total(patches[:-1]) == patches[-1].balance
