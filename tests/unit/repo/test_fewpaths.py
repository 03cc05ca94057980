"""What is asked about a few paths is what git says of all of them, whatever the repository is like."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings

from tests.roundtrip.corpus import RECIPES
from tests.roundtrip.ground import Ground
from tests.unit.repo.samples import compared, open_at
from volon.repo import diffstat, fewpaths, questions
from volon.repo.fewpaths import Comparing

if TYPE_CHECKING:
    from tests.roundtrip.corpus import Recipe
    from tests.support.repos import RepoBuilder
    from volon.repo.repository import Repository


pytestmark = pytest.mark.usefixtures("users_filter")


def as_git_says(repository: Repository) -> tuple[str, str | None]:
    """The same two answers from the real index alone."""
    facts = repository.facts()
    plainly = Comparing(repository.git, facts.head or diffstat.EMPTY_TREE[facts.object_format])
    return diffstat.begin(plainly, facts)(), questions.you_were(repository, facts, plainly)()


@settings(max_examples=20, suppress_health_check=list(HealthCheck))
@given(RECIPES)
def test_the_differences_are_those_of_the_real_index(recipe: Recipe) -> None:
    with tempfile.TemporaryDirectory() as top:
        ground = Ground(Path(top), recipe)
        ground.build()
        repository = open_at(ground.root)
        assert compared(repository) == as_git_says(repository)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Of each comparison that git is asked for from now on, whether an index of few paths was enough."""
    found: list[bool] = []
    begin = Comparing.begin

    def noting(self: Comparing, *words: tuple[str, ...], swiftly: bool) -> object:
        found.append(swiftly)
        return begin(self, *words, swiftly=swiftly)

    monkeypatch.setattr(Comparing, "begin", noting)
    return found


def test_what_is_not_staged_needs_no_real_index(repo: RepoBuilder, asked: list[bool]) -> None:
    repo.write("README.md", "one\ntwo\n")
    (repo.root / "src/app.py").unlink()
    repo.write("new.txt", "new\n")
    repository = open_at(repo.root)
    stat, where = compared(repository)
    assert asked == [True] if where == "new.txt" else [True, True]
    assert (stat, where) == as_git_says(repository)
    assert not (repo.root / ".git/volon/scratch").exists()


def test_what_is_staged_is_asked_of_the_real_index(repo: RepoBuilder, asked: list[bool]) -> None:
    repo.write("README.md", "one\ntwo\n")
    repo.git("add", "README.md")
    (repo.root / "src/app.py").write_text("changed\n")
    repository = open_at(repo.root)
    found = compared(repository)
    assert sorted(asked[-2:]) == [False, True]
    assert found == as_git_says(repository)


@pytest.mark.parametrize("hide", ["--assume-unchanged", "--skip-worktree"])
@pytest.mark.parametrize("name", [".gitattributes", "src/.gitattributes", f"{'d' * 130}/.gitattributes"])
def test_attributes_that_git_was_told_not_to_miss_are_taken_from_the_real_index(
    repo: RepoBuilder, name: str, hide: str
) -> None:
    repo.commit("Rules", {name: "*.py binary\n*.md binary\n", f"{'d' * 130}/x.py": "x\n"})
    repo.git("update-index", hide, name)
    (repo.root / name).unlink()
    for path in ("README.md", "src/app.py", f"{'d' * 130}/x.py"):
        repo.write(path, "changed\n")
    repository = open_at(repo.root)
    found = compared(repository)
    assert " | Bin" in found[0]
    assert found == as_git_says(repository)


def test_where_nothing_may_be_written_git_is_asked_all_the_same(repo: RepoBuilder) -> None:
    repo.write("README.md", "one\ntwo\n")
    (repo.root / ".git/volon").write_text("in the way")
    repository = open_at(repo.root)
    assert compared(repository) == as_git_says(repository)


def test_an_index_of_few_paths_is_one_to_git(repo: RepoBuilder, tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {f"{'n' * length}": "x\n" for length in range(1, 20)}
    repo.commit("Names of all lengths", files)
    for path in files:
        repo.write(path, "changed\n")
    seen = open_at(repo.root).look()[1]
    (tmp_path / "index").write_bytes(fewpaths.index_of(seen.entries, "sha1"))
    listed = repo.git("ls-files", "-s", env={"GIT_INDEX_FILE": str(tmp_path / "index")})
    assert listed == "".join(f"{line}\n" for line in repo.git("ls-files", "-s").splitlines() if "\tn" in line)
    assert repo.git("fsck", env={"GIT_INDEX_FILE": str(tmp_path / "index")}) == ""
