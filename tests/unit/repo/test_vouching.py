"""Git's answers about claims, on real repositories, and how few processes they cost."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from volon.repo.repository import Repository
from volon.repo.vouching import GitEvidence
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder


def opened(repo: RepoBuilder) -> Repository:
    return Repository.open(World.real(os.environ), repo.root)


def test_objects_trees_and_paths_are_answered_by_one_process(repo: RepoBuilder) -> None:
    first = repo.head()
    repo.git("rm", "-q", "README.md")
    repo.commit("Second", {"a b/ü.py": "x\n"})
    repository = opened(repo)
    paths = ("src/app.py", "src", "a b/ü.py", "README.md", "none", "../x", "a\nb", ".", "", "-x", ":/x")
    evidence = GitEvidence(repository, [first, first[:8], "0" * 40, "-x"], [(first, path) for path in paths], paths)
    asked = repository.git.calls
    assert [evidence.has_object(name) for name in (first, first[:8], "0" * 40, "-x", "HEAD")] == [
        *(True, True, False, False, False)
    ]
    assert [path for path in paths[:5] if evidence.in_tree(first, path)] == ["src/app.py", "src", "README.md"]
    assert [path for path in paths[:5] if evidence.is_here(path)] == ["src/app.py", "src", "a b/ü.py"]
    assert not any(evidence.in_tree(first, path) for path in ("../x", "a\nb", "-x", ":/x"))
    assert (asked, repository.git.calls) == (1, 1)


def test_a_question_git_refuses_spoils_no_other(repo: RepoBuilder) -> None:
    evidence = GitEvidence(
        opened(repo), [repo.head()], [], ["../outside", "/etc/passwd", "src/../src/app.py", "src/app.py"]
    )
    assert evidence.is_here("src/app.py")
    assert evidence.has_object(repo.head())


def test_branches_here_and_on_remotes_and_the_one_not_born(repo: RepoBuilder) -> None:
    repo.git("branch", "feat/x")
    repo.git("update-ref", "refs/remotes/origin/feat/y", "HEAD")
    evidence = GitEvidence(opened(repo))
    assert [name for name in ("main", "feat/x", "feat/y", "origin/feat/y") if evidence.has_local_branch(name)] == [
        "main",
        "feat/x",
    ]
    assert [name for name in ("main", "feat/y", "origin/feat/y") if evidence.has_remote_branch(name)] == [
        "feat/y",
        "origin/feat/y",
    ]
    repo.git("checkout", "-q", "--orphan", "fresh")
    assert GitEvidence(opened(repo)).has_local_branch("fresh")


def test_merged_and_contained_commits_are_found_by_one_process_each(repo: RepoBuilder) -> None:
    commits = [repo.head(), repo.commit("Two"), repo.commit("Three")]
    repo.git("checkout", "-q", "-b", "side", "HEAD~1")
    lost = repo.commit("Lost")
    repo.git("checkout", "-q", "main")
    kept = repo.git("commit-tree", "-p", lost, "-m", "Orphan", "HEAD^{tree}").strip()
    repository = opened(repo)
    evidence = GitEvidence(repository, [*commits, lost, kept])
    asked = repository.git.calls
    assert [evidence.is_merged(oid) for oid in (*commits, lost, kept)] == [True, True, False, False, False]
    assert [evidence.in_a_branch(oid) for oid in (*commits, lost, kept)] == [True, True, True, True, False]
    assert repository.git.calls - asked <= 3


def test_before_the_first_commit_nothing_is_merged(make_repo: Callable[..., RepoBuilder]) -> None:
    evidence = GitEvidence(opened(make_repo("empty")), ["0" * 40], [("0" * 40, "a")], ["a"])
    assert not evidence.is_here("a")
    assert not evidence.is_merged("0" * 40)
    assert evidence.has_local_branch("main")


def test_what_lies_in_a_submodule_is_known(repo: RepoBuilder, make_repo: Callable[..., RepoBuilder]) -> None:
    inner = make_repo("inner")
    inner.commit("Inner", {"x.py": "x\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(inner.root), "lib/sub")
    repo.commit("Add it")
    evidence = GitEvidence(opened(repo))
    assert evidence.in_submodule(None, "lib/sub/x.py")
    assert evidence.in_submodule(repo.head(), "lib/sub")
    assert not evidence.in_submodule(repo.head(), "src/app.py")


def test_a_renamed_branch_is_found_by_the_reflog_alone(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "-b", "one")
    repo.git("branch", "-m", "one", "two")
    repo.git("branch", "-m", "two", "three")
    repository = opened(repo)
    evidence = GitEvidence(repository)
    assert [evidence.renamed_to(name) for name in ("one", "two", "never")] == ["three", "three", None]


def test_a_shallow_clone_is_partial(repo: RepoBuilder) -> None:
    assert not GitEvidence(opened(repo)).partial
    (repo.root / ".git/shallow").write_text(f"{repo.head()}\n")
    assert GitEvidence(opened(repo)).partial
