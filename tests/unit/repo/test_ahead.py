"""Git begins to look before it is asked: the same answer, none that is old, and nothing is left running."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.roundtrip.corpus import RECIPES
from tests.roundtrip.ground import Ground
from tests.support.repos import RepoBuilder
from tests.unit.repo.samples import open_at
from volon.cli.edge import Edge
from volon.repo import status, studied
from volon.repo.git import Git

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.roundtrip.corpus import Recipe
    from volon.repo.repository import Repository


@pytest.fixture(params=[studied.LARGE, 0], ids=["one look", "two at once"])
def looks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """In how many processes git looks at the working tree: of a large one in two."""
    monkeypatch.setattr(studied, "LARGE", request.param)
    return 1 if request.param else 2


@pytest.fixture
def looking_in_two(repo: RepoBuilder, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that two processes look at at once."""
    monkeypatch.setattr(studied, "LARGE", 0)
    return open_at(repo.root)


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


@pytest.mark.usefixtures("users_filter")
@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(RECIPES)
def test_two_that_look_at_once_see_what_one_sees(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as top:
        ground = Ground(Path(top), recipe)
        ground.build()
        repository = open_at(ground.root)
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(studied, "LARGE", 0)
            seen = repository.look(ids=False)[1]
        assert seen == status.parse(repository.git.run(*status.COMMAND))


def test_two_that_look_at_once_count_only_where_both_read_the_same_index(
    repo: RepoBuilder, looking_in_two: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = looking_in_two.git.run

    def moved_between(*words: str) -> bytes:
        said = run(*words)
        if words == status.IN_TWO[0]:
            repo.git("rm", "-q", "--cached", "README.md")
        return said

    monkeypatch.setattr(looking_in_two.git, "run", moved_between)
    assert [(change.path, change.status) for change in looking_in_two.facts().changes] == [("README.md", "D?")]


def test_two_that_look_at_once_see_what_is_renamed_between_their_looks(
    repo: RepoBuilder, looking_in_two: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = looking_in_two.git.run
    seen_before: dict[tuple[str, ...], bytes] = {}

    def renamed_between(*words: str) -> bytes:
        tracked, others = status.IN_TWO
        if words == tracked:
            seen_before[others] = run(*others)
            looking_in_two.git.forget(*tracked)
            (repo.root / "README.md").rename(repo.root / "READ.me")
        return seen_before.pop(words) if words in seen_before else run(*words)

    monkeypatch.setattr(looking_in_two.git, "run", renamed_between)
    assert [(one.path, one.status) for one in looking_in_two.facts().changes] == [
        ("READ.me", "??"),
        ("README.md", ".D"),
    ]


@pytest.mark.usefixtures("looks")
def test_a_file_that_is_new_in_a_submodule_is_seen(repo: RepoBuilder, tmp_path: Path) -> None:
    library = RepoBuilder.init(tmp_path / "library")
    library.commit("Begin", {"code.py": "pass\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "lib")
    repo.commit("Use the library", {})
    assert open_at(repo.root).facts().changes == ()
    repo.write("lib/new.py", "new\n")
    assert open_at(repo.root).facts().submodules == ("lib",)


def test_no_filter_that_only_a_submodule_names_is_run_before_submodules_are_looked_for(
    repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, looks: int
) -> None:
    library = RepoBuilder.init(tmp_path / "library")
    library.commit("Begin", {"code.py": "pass\n", ".gitattributes": "*.py filter=strange\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(library.root), "lib")
    repo.commit("Use the library", {})
    ran = tmp_path / "ran"
    repo.git("-C", "lib", "config", "filter.strange.clean", f"touch {ran}; cat")
    repo.write("lib/code.py", "different\n")
    asked: list[int] = []

    def late(git: Git) -> tuple[str, ...]:
        """Whatever looks by then has done all it does."""
        asked.append(len(git._begun))  # noqa: SLF001  who is looking
        while not all(begun._is_over() for begun in git._begun.values()):  # noqa: SLF001
            time.sleep(0.01)
        return ("lib",)

    monkeypatch.setattr(Git, "submodules", property(late))
    open_at(repo.root).facts()
    assert asked[0] == (2 if looks == 2 else 0)
    assert not ran.exists()


@pytest.mark.usefixtures("looks")
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


@pytest.mark.usefixtures("looks")
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES)
def test_what_was_seen_before_git_moved_does_not_count(
    repo: RepoBuilder, no_children: Callable[[], bool], move: Callable[[RepoBuilder], object]
) -> None:
    repository = open_at(repo.root)
    repository.look_ahead()
    move(repo)
    assert repository.facts() == open_at(repo.root).facts()
    assert no_children()


@pytest.mark.usefixtures("looks")
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


def test_whoever_has_to_wait_looks_again(repo: RepoBuilder, no_children: Callable[[], bool], looks: int) -> None:
    edge = Edge(dict(os.environ), repo.root)
    edge.look_ahead()
    workspace = edge.workspace()
    calls = workspace.repository.git.calls
    assert workspace.on_wait is not None
    workspace.on_wait("process 1")
    assert no_children()
    workspace.repository.facts()
    assert workspace.repository.git.calls == calls + looks


def test_where_there_is_no_repository_looking_ahead_says_nothing(tmp_path: Path) -> None:
    edge = Edge(dict(os.environ), tmp_path)
    edge.look_ahead()
    edge.look_away()
