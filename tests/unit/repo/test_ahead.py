"""Git begins to look before it is asked: the same answer, none that is old, and nothing is left running."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.unit.repo.samples import open_at
from volon.cli.edge import Edge
from volon.repo import status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder


@pytest.fixture
def no_children() -> Callable[[], bool]:
    """Whether every program we started since has been waited for; other tests may have left some of theirs."""
    before = _children()
    return lambda: _children() <= before


def _children() -> set[Path]:
    return {process for process in Path("/proc").glob("[0-9]*") if _parent(process) == os.getpid()}


def _parent(process: Path) -> int:
    try:
        stat = (process / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:  # it has ended since
        return 0
    return int(stat.rpartition(")")[2].split()[1])


def test_the_answer_that_was_begun_is_taken_once(repo: RepoBuilder, no_children: Callable[[], bool]) -> None:
    repo.write("README.md", "changed\n")
    repository = open_at(repo.root)
    repository.look_ahead()
    calls = repository.git.calls
    first = repository.facts()
    assert repository.git.calls == calls
    assert first == open_at(repo.root).facts()
    repo.write("new.txt", "new\n")
    assert [change.path for change in repository.facts().changes] == ["README.md", "new.txt"]
    assert no_children()


MOVES: dict[str, Callable[[RepoBuilder], object]] = {
    "commit": lambda repo: repo.commit("Next", {"README.md": "committed\n"}),
    "branch": lambda repo: repo.git("switch", "-q", "-c", "other"),
    "index": lambda repo: (repo.write("README.md", "staged\n"), repo.git("add", "README.md")),
    "operation": lambda repo: repo.write(".git/MERGE_HEAD", repo.head() + "\n"),
}


@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_was_seen_before_git_moved_does_not_count(
    repo: RepoBuilder, no_children: Callable[[], bool], move: Callable[[RepoBuilder], object]
) -> None:
    repository = open_at(repo.root)
    repository.look_ahead()
    move(repo)
    assert repository.facts() == open_at(repo.root).facts()
    assert no_children()


def test_what_nobody_asked_for_is_ended(repo: RepoBuilder, no_children: Callable[[], bool]) -> None:
    repository = open_at(repo.root)
    repository.look_ahead()
    repository.look_ahead()
    assert not no_children()
    repository.look_away()
    assert no_children()
    repository.look_away()


def test_another_index_gets_an_answer_of_its_own(repo: RepoBuilder) -> None:
    repository = open_at(repo.root)
    repository.look_ahead()
    repo.write("README.md", "staged\n")
    repo.git("add", "README.md")
    other = repository.git.with_index(repo.root / ".git/no-index")
    assert b"1 D. N..." in other.run(*status.COMMAND)
    repository.look_away()


def test_whoever_has_to_wait_looks_again(repo: RepoBuilder, no_children: Callable[[], bool]) -> None:
    edge = Edge(dict(os.environ), repo.root)
    edge.look_ahead()
    workspace = edge.workspace()
    calls = workspace.repository.git.calls
    assert workspace.on_wait is not None
    workspace.on_wait("process 1")
    assert no_children()
    workspace.repository.facts()
    assert workspace.repository.git.calls == calls + 1


def test_where_there_is_no_repository_looking_ahead_says_nothing(tmp_path: Path) -> None:
    edge = Edge(dict(os.environ), tmp_path)
    edge.look_ahead()
    edge.look_away()
