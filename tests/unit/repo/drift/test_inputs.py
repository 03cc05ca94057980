"""What of a command's inputs changed: told from content, and `unknown` where git cannot say, never a failure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.model.test_evidence import ROW
from tests.unit.repo.samples import open_at
from volon.model.evidence import Tree, digest, tree_of
from volon.plain import replace
from volon.repo.drift.inputs import evidence_fates

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder


def changed(repo: RepoBuilder, then: Tree) -> tuple[str, ...] | None:
    repository = open_at(repo.root)
    (fate,) = evidence_fates(repository.git, repository.facts(), [replace(ROW, before=then, after=then)])
    return fate.changed


def test_a_commit_whose_files_are_not_all_here_is_unknown(repo: RepoBuilder) -> None:
    then = tree_of(open_at(repo.root).facts())
    lost = repo.git("rev-parse", "HEAD:src").strip()
    repo.commit("Next", {"src/app.py": "other\n"})
    assert changed(repo, then) == ("src/app.py",)
    (repo.root / ".git/objects" / lost[:2] / lost[2:]).unlink()
    assert changed(repo, then) is None


def test_a_commit_that_is_none_is_unknown(repo: RepoBuilder) -> None:
    now = tree_of(open_at(repo.root).facts())
    blob = repo.git("rev-parse", "HEAD:README.md").strip()
    assert changed(repo, replace(now, head=blob)) is None
    assert changed(repo, replace(now, head="0" * 40)) is None


def test_before_the_first_commit_every_file_is_an_input(make_repo: Callable[..., RepoBuilder]) -> None:
    built = make_repo("fresh")
    built.write("a", "a\n")
    then = tree_of(open_at(built.root).facts())
    assert then.head is None
    built.commit("First", {})
    assert changed(built, then) == ()
    built.write("b", "b\n")
    assert changed(built, then) == ("b",)


def test_names_that_git_would_take_for_more_are_names(repo: RepoBuilder) -> None:
    head = repo.head()
    files = tuple((name, "100644", "1" * 40) for name in ("-x", ":/", "--output=x", "a\nb", ""))
    for some in (files, files[:-1]):
        found = changed(repo, Tree(head, digest(some), some))
        assert found is None or set(found) == {name for name, *_ in some}
