"""What is judged against what: each line of the table in docs/CI.md, without a repository."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from volon.model.checks.claims import Claim, Fact, Said, What
from volon.model.checks.judging import Known, judge, questions, recorded_paths
from volon.model.facts import Change
from volon.model.records.checkpoint import Checkpoint

THEN = "59e64c3000000000000000000000000000000000"
OTHER = "72ae525000000000000000000000000000000000"


@dataclass
class Git:
    """What git would answer."""

    partial: bool = False
    objects: set[str] = field(default_factory=lambda: {THEN})
    trees: set[tuple[str, str]] = field(default_factory=set)
    here: set[str] = field(default_factory=set)
    local: set[str] = field(default_factory=lambda: {"feat"})
    remote: set[str] = field(default_factory=set)
    renames: dict[str, str] = field(default_factory=dict)
    merged: set[str] = field(default_factory=set)
    contained: set[str] = field(default_factory=set)
    submodules: set[str] = field(default_factory=set)
    pauses: set[str] = field(default_factory=lambda: {"UID"})

    def has_object(self, name: str) -> bool:
        return name in self.objects

    def in_tree(self, commit: str, path: str) -> bool:
        return (commit, path) in self.trees

    def is_here(self, path: str) -> bool:
        return path in self.here

    def has_local_branch(self, name: str) -> bool:
        return name in self.local

    def has_remote_branch(self, name: str) -> bool:
        return name in self.remote

    def renamed_to(self, branch: str) -> str | None:
        return self.renames.get(branch)

    def is_merged(self, commit: str) -> bool:
        return commit in self.merged

    def in_a_branch(self, commit: str) -> bool:
        return commit in self.contained

    def in_submodule(self, commit: str | None, path: str) -> bool:
        return path in self.submodules and commit != ""

    def paused_here(self, uid: str) -> bool:
        return uid in self.pauses


CHECKPOINT = Checkpoint(
    number=1,
    uid="UID",
    saved_at=datetime(2026, 11, 19, tzinfo=UTC),
    paused_commit=THEN,
    branch="feat",
    worktree=".",
    changes=(Change("src/dirty.py", ".M", "100644", OTHER), Change("gone.py", ".D"), Change("new/", "??", "040000")),
)
VOUCHED = Known(CHECKPOINT, recorded_paths(CHECKPOINT), checkpoint_there=True, numbers=frozenset({1}))
ALONE = Known(numbers=frozenset({1}))


def said(*claims: Claim, resumed: bool = False, commit: str = THEN, branch: str = "feat") -> Said:
    facts = (Fact("paused_commit", commit, 3, 1), Fact("branch", branch, 4, 1))
    return Said("x.md", "T-1", "UID", resumed, facts, claims)


def rules(one: Said, known: Known, git: Git) -> list[str]:
    return [problem.rule.removeprefix("claim.") for problem in judge(one, known, git)]


def path(value: str, *, seen: bool = False) -> Claim:
    return Claim(What.PATH, value, "key_files[0]", 9, 3, seen)


BRANCH = Claim(What.BRANCH, "feat", "branch", 4, 1)
COMMIT = Claim(What.COMMIT, THEN, "paused_commit", 3, 1)


@pytest.mark.parametrize(
    ("commit", "branch"), [(OTHER, "feat"), (THEN, "other"), (THEN[:-1] + "1", "feat"), ("59", "feat")]
)
def test_the_capsule_must_say_what_its_checkpoint_says_even_where_both_exist(commit: str, branch: str) -> None:
    git = Git(objects={THEN, OTHER}, local={"feat", "other"})
    assert rules(said(commit=commit, branch=branch), VOUCHED, git) == ["differs"]
    assert rules(said(commit=commit, branch=branch), ALONE, git) == []


def test_an_abbreviated_id_says_the_same() -> None:
    assert rules(said(commit=THEN[:7]), VOUCHED, Git()) == []


def test_what_the_checkpoint_vouches_for_need_not_exist_any_more() -> None:
    git = Git(objects=set(), local=set(), pauses=set())
    assert rules(said(COMMIT, BRANCH), VOUCHED, git) == ["unverified"]
    assert rules(said(COMMIT), ALONE, git) == ["commit-missing"]
    assert rules(said(COMMIT), ALONE, replace_(git, partial=True)) == ["unverified"]


def replace_(git: Git, **changes: object) -> Git:
    return replace(git, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("git", "known", "expected"),
    [
        (Git(), ALONE, []),
        (Git(local=set(), remote={"feat"}), ALONE, []),
        (Git(local=set()), ALONE, ["branch-missing"]),
        (Git(local=set(), partial=True), ALONE, ["unverified"]),
        (Git(local=set(), merged={THEN}), ALONE, []),
        (Git(local=set(), renames={"feat": "x"}), ALONE, ["branch-renamed"]),
        (Git(local=set(), remote={"feat"}, renames={"feat": "x"}), VOUCHED, ["branch-renamed"]),
        (Git(local=set(), contained={THEN}), VOUCHED, []),
        (Git(local=set()), VOUCHED, ["branch-gone"]),
        (Git(local=set(), pauses=set()), VOUCHED, []),
    ],
)
def test_a_branch_of_paused_work(git: Git, known: Known, expected: list[str]) -> None:
    assert rules(said(BRANCH), known, git) == expected
    over = [(said(BRANCH, resumed=True), known), (said(BRANCH), replace(known, task_live=False))]
    assert [rules(one, then, git) for one, then in over] == [[], []]


@pytest.mark.parametrize(
    ("value", "git", "expected"),
    [
        ("src/a.py", Git(here={"src/a.py"}), []),
        ("src/a.py:12", Git(here={"src/a.py"}), []),
        ("src/", Git(here={"src"}), []),
        ("src/a.py", Git(trees={(THEN, "src/a.py")}), []),
        ("src/a.py", Git(trees={(THEN, "src/a.py")}, merged={THEN}), ["path-gone"]),
        ("src/a.py", Git(), ["path-missing"]),
        ("src/a.py", Git(objects=set()), ["unverified"]),
        ("src/a.py", Git(partial=True), ["unverified"]),
        ("src/a.py", Git(submodules={"src/a.py"}), ["unverified"]),
        ("../a.py", Git(), ["path-outside"]),
        ("src/dirty.py", Git(objects=set()), []),
        ("src", Git(), []),
        ("gone.py", Git(), []),
        ("new", Git(), []),
    ],
)
def test_a_path_that_is_needed(value: str, git: Git, expected: list[str]) -> None:
    assert rules(said(path(value)), VOUCHED, git) == expected


def test_a_path_that_was_only_seen_is_held_against_the_checkpoint_alone() -> None:
    git = Git(here={"src/a.py"})
    assert rules(said(path("src/a.py", seen=True)), VOUCHED, git) == ["path-missing"]
    assert rules(said(path("src/dirty.py", seen=True)), VOUCHED, git) == []
    assert rules(said(path("src/none.py", seen=True)), ALONE, git) == []


def test_a_deleted_path_matters_only_while_the_work_is_paused() -> None:
    git = Git(trees={(THEN, "src/a.py")}, merged={THEN})
    assert rules(said(path("src/a.py"), resumed=True), VOUCHED, git) == []
    assert rules(said(path("src/a.py")), replace(VOUCHED, task_live=False), git) == []


def test_tasks_and_checkpoints_must_be_there() -> None:
    task = Claim(What.TASK, "T-1", "task_id", 2, 1)
    checkpoint = Claim(What.CHECKPOINT, ".design/checkpoints/x.md", "checkpoint", 5, 1)
    number = Claim(What.CHECKPOINT, "2", "resumed_from", 6, 1)
    assert rules(said(task, checkpoint), VOUCHED, Git()) == []
    assert rules(said(task, checkpoint, number), replace(ALONE, task_there=False), Git()) == [
        "task-missing",
        "checkpoint-missing",
        "checkpoint-missing",
    ]


def test_all_questions_are_known_before_git_is_asked() -> None:
    one = said(COMMIT, path("src/a.py:3"), path("src/dirty.py"), path("../x"), path("b.py", seen=True))
    objects, pairs, paths = questions([(one, VOUCHED)])
    assert objects == {THEN}
    assert paths == {"src/a.py:3", "src/a.py"}
    assert pairs == {(THEN, "src/a.py:3"), (THEN, "src/a.py")}


def test_paths_are_recorded_in_every_spelling_a_capsule_may_have() -> None:
    odd = replace(
        CHECKPOINT,
        changes=(Change("a/line\nbreak.py", "??"), Change("b\udce9.py", "??"), Change("n", "R.", origin="o")),
    )
    assert {"a", "a/line\nbreak.py", "a/line break.py", "b\udce9.py", "n", "o"} <= recorded_paths(odd)
