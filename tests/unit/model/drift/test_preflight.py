"""Preflight as a pure function: values in, findings out, no repository anywhere."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from volon.model.drift.codes import render_page
from volon.model.drift.observed import (
    CommitNote,
    Counterpart,
    Fate,
    Holder,
    KeyFileFate,
    Observed,
    PathFate,
    PausedState,
    RecordFacts,
    Relation,
    Story,
    compare_changes,
)
from volon.model.drift.preflight import CODES, Finding, Severity, preflight
from volon.model.facts import Change, GitFacts
from volon.model.problems import Problem

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)
NOW = datetime(2026, 11, 19, 10, 0, tzinfo=UTC)
FACTS = GitFacts(head=A, branch="feat", upstream="origin/feat", upstream_commit=A, fetched_at=NOW - timedelta(hours=1))
PAUSED = PausedState(
    task_id="TASK-20261119-001",
    known=True,
    paused_commit=A,
    branch="feat",
    upstream="origin/feat",
    upstream_commit=A,
    changes=(),
    checkpoint=7,
    made_here=True,
)
RECORDS = RecordFacts("TASK-20261119-001")
SAME = Story(Relation.SAME, A, A)
OBSERVED = Observed(NOW, FACTS, SAME)


def note(oid: str, subject: str, *files: str, merge: bool = False) -> CommitNote:
    return CommitNote(oid, subject, "Ben", "2026-11-18T10:00:00Z", files, merge=merge)


def findings(
    paused: PausedState = PAUSED, observed: Observed = OBSERVED, records: RecordFacts = RECORDS
) -> dict[str, Finding]:
    return {found.code: found for found in preflight(paused, observed, records).findings}


def test_nothing_changed() -> None:
    outcome = preflight(PAUSED, OBSERVED, RECORDS)
    assert [(f.code, f.severity, f.label, f.sentence) for f in outcome.findings] == [
        ("head.same", "ok", "HEAD", "aaaaaaa, as you left it")
    ]
    assert outcome.severity is Severity.OK
    assert outcome.changed_since == ()


def test_work_that_was_never_paused_is_not_compared() -> None:
    outcome = preflight(PausedState("T"), OBSERVED, replace(RECORDS, capsule_missing=True))
    assert outcome.codes == ("capsule.missing",)
    assert outcome.severity is Severity.NOTE


def test_new_commits_are_listed_up_to_ten_and_key_files_marked() -> None:
    gained = tuple(note(f"{n:040x}", f"Commit {n}", "src/x.py", f"f{n}") for n in range(12))
    story = Story(Relation.AHEAD, A, B, gained, 40)
    found = findings(replace(PAUSED, key_files=("src/x.py",)), replace(OBSERVED, head=story))["head.ahead"]
    assert found.severity == "warning"
    assert found.sentence == "40 new commits since aaaaaaa"
    assert found.detail[0] == "0000000 Commit 0 – Ben: src/x.py, f0  (key file: src/x.py)"
    assert len(found.detail) == 11
    assert found.detail[-1] == "… 30 more"
    assert found.command == "git log --oneline aaaaaaaaaaaa..bbbbbbbbbbbb"


def test_a_comparison_that_stopped_early_says_so() -> None:
    story = Story(Relation.DIVERGED, A, B, (note(B, "x"),), 4000, (note(C, "y"),))
    sentence = findings(observed=replace(OBSERVED, head=story))["head.diverged"].sentence
    assert sentence.endswith("4000 new commits here, 1 paused commit not here (only the newest 1 were compared)")


def test_rewritten_commits_are_not_called_new() -> None:
    pairs = (
        Counterpart(note(B, "One"), note(C, "One"), "same"),
        Counterpart(note("e" * 40, "Two"), note(D, "Two, better"), "changed"),
    )
    story = Story(Relation.REWRITTEN, B, D, (note("f" * 40, "New"),), 1, (note("1" * 40, "Gone"),), pairs)
    found = findings(observed=replace(OBSERVED, head=story))["head.rewritten"]
    assert found.sentence == (
        "rewritten: 2 of your 3 commits are there as ccccccc ddddddd, 1 changed on the way, 1 new"
    )
    assert found.detail == (
        "bbbbbbb → ccccccc One",
        "eeeeeee → ddddddd Two → Two, better  (changed)",
        "new: fffffff New – Ben",
        "not there: 1111111 Gone – Ben",
    )
    assert found.command == "git range-diff bbbbbbbbbbbb...dddddddddddd"


@pytest.mark.parametrize(
    ("relation", "code", "severity"),
    [
        (Relation.SAME, "head.same", "ok"),
        (Relation.STATE_ONLY, "head.state-only", "ok"),
        (Relation.AHEAD, "head.ahead", "warning"),
        (Relation.BEHIND, "head.behind", "warning"),
        (Relation.DIVERGED, "head.diverged", "warning"),
        (Relation.REWRITTEN, "head.rewritten", "warning"),
        (Relation.MISSING, "head.missing", "warning"),
    ],
)
def test_every_relation_has_its_code(relation: Relation, code: str, severity: str) -> None:
    found = findings(observed=replace(OBSERVED, head=Story(relation, A, B)))
    assert found[code].severity == severity


def test_a_branch_without_commits() -> None:
    assert findings(replace(PAUSED, paused_commit=None), replace(OBSERVED, head=Story(Relation.SAME, None, None)))
    gone = findings(observed=replace(OBSERVED, head=Story(Relation.DIVERGED, A, None)))["head.diverged"]
    assert gone.sentence == "no commit here; the pause was on aaaaaaa"


@pytest.mark.parametrize(
    ("reason", "words", "command"),
    [
        ("shallow", "this clone is shallow", "git fetch --unshallow"),
        ("pruned", "git pruned it", "git fetch --all"),
        ("elsewhere", "made in another clone on feat", "git fetch --all"),
        ("unknown", "pruned, or made in another clone", "git fetch --all"),
    ],
)
def test_a_missing_commit_says_why(reason: str, words: str, command: str) -> None:
    story = Story(Relation.MISSING, B, A, reason=reason)  # type: ignore[arg-type]
    found = findings(observed=replace(OBSERVED, head=story))["head.missing"]
    assert words in found.sentence
    assert found.command == command


def _on(branch: str | None, **more: object) -> Observed:
    return replace(OBSERVED, facts=replace(FACTS, branch=branch), **more)  # type: ignore[arg-type]


def test_branches() -> None:
    assert findings(observed=_on("main"))["branch.switched"].command == "git switch feat"
    assert findings(observed=_on("main"))["branch.switched"].sentence == "main, was feat"
    detached = findings(observed=_on(None))["branch.detached"]
    assert (detached.sentence, detached.command) == ("detached at aaaaaaa, was feat", "git switch feat")
    gone = findings(observed=_on("main", branch_exists=False))
    assert gone["branch.deleted"].command == "git branch feat aaaaaaaaaaaa"
    assert "branch.switched" not in gone
    renamed = findings(observed=_on("new", branch_exists=False, branch_renamed_to="new"))
    assert renamed["branch.renamed"].sentence == "feat is called new now; the next pause will say so"
    assert "branch.switched" not in renamed
    elsewhere = findings(observed=_on("main", branch_exists=False, branch_renamed_to="new"))
    assert elsewhere["branch.switched"].command == elsewhere["branch.renamed"].command == "git switch new"


def test_commits_that_only_a_detached_head_holds_are_kept_first() -> None:
    story = Story(Relation.AHEAD, A, B, (note(B, "Loose"),), 1)
    observed = replace(_on(None), head=story, facts=replace(FACTS, branch=None, head=B))
    assert findings(observed=observed)["branch.detached"].command == "git branch keep-bbbbbbb bbbbbbbbbbbb"


def test_a_branch_that_another_clone_never_had_was_not_deleted() -> None:
    found = findings(observed=_on("main", branch_exists=False, made_here=False))
    assert "branch.deleted" not in found
    assert "this clone has not" in found["branch.switched"].sentence


def test_a_rebase_of_the_branch_is_no_detachment() -> None:
    facts = replace(FACTS, branch=None, operation="rebase", operation_head=B, operation_branch="feat")
    found = findings(observed=replace(OBSERVED, facts=facts))
    assert found.keys() == {"head.same", "operation.in-progress"}
    assert found["operation.in-progress"].severity == "blocker"


def test_version_one_capsules_know_no_place() -> None:
    paused = replace(PAUSED, branch=None, upstream=None, upstream_commit=None, changes=None, place_known=False)
    assert findings(paused).keys() == {"head.same"}
    fresh = (Change("a", ".M", "100644", B),)
    found = findings(paused, replace(OBSERVED, fresh=fresh))["tree.dirty"]
    assert found.sentence == "1 changed file; the pause did not record which there were"


def test_worktrees() -> None:
    paused = replace(PAUSED, worktree="../side")
    away = replace(OBSERVED, worktree_same=False)
    other = findings(paused, replace(away, worktree_path="/x/si de"))["worktree.other"]
    assert other.severity == "warning"
    assert other.command == "volon -C '/x/si de' resume-task --task TASK-20261119-001"
    missing = findings(paused, away)["worktree.missing"]
    assert missing.severity == "blocker"
    assert findings(paused, replace(away, made_here=False))["worktree.other"].severity == "warning"
    # What it is called does not matter when it is the one we stand in.
    assert findings(paused, OBSERVED).keys() == {"head.same"}


def test_the_same_operation_is_as_you_left_it() -> None:
    facts = replace(FACTS, operation="merge", operation_head=B)
    observed = replace(OBSERVED, facts=facts)
    paused = replace(PAUSED, operation="merge", operation_head=B)
    assert findings(paused, observed)["operation.in-progress"].severity == "warning"
    for other in (replace(paused, operation_head=C), replace(paused, operation="rebase"), PAUSED):
        assert findings(other, observed)["operation.in-progress"].severity == "blocker"
    assert findings(PausedState("T"), observed)["operation.in-progress"].severity == "blocker"


ONE, TWO = Change("one.txt", ".M", "100644", B), Change("two.txt", "??", "100644", C)


def test_what_was_not_looked_at_is_never_called_unchanged() -> None:
    unknown = (
        Change("lib", ".M", "160000", B),
        Change("nest/", "??", "040000"),
        Change("secret", "??", "100644"),
        Change("odd", "??"),
    )
    gone = Change("gone", ".D")
    fates = tuple(PathFate(change, Fate.SAME) for change in (ONE, gone, *unknown))
    found = findings(replace(PAUSED, changes=unknown), replace(OBSERVED, fates=fates))["tree.same"]
    assert found.sentence == (
        "2 uncommitted files, unchanged byte for byte; 1 submodule at the same commit, content not looked at; "
        "1 nested repository not looked into; 2 files not compared"
    )
    assert [line.partition(":")[0] for line in found.detail] == ["lib", "nest/", "secret", "odd"]
    only = findings(replace(PAUSED, changes=unknown), replace(OBSERVED, fates=fates[2:3]))["tree.same"]
    assert "byte for byte" not in only.sentence


def test_unchanged_work_is_ok() -> None:
    fates = (PathFate(ONE, Fate.SAME), PathFate(TWO, Fate.SAME))
    found = findings(replace(PAUSED, changes=(ONE, TWO)), replace(OBSERVED, fates=fates))["tree.same"]
    assert (found.severity, found.sentence) == ("ok", "2 uncommitted files, unchanged byte for byte")


def test_work_that_went_on() -> None:
    fates = (PathFate(ONE, Fate.EDITED), PathFate(TWO, Fate.MOVED_ON, note(D, "More")))
    fresh = (Change("three.txt", "??", "100644", D),)
    observed = replace(OBSERVED, fates=fates, fresh=fresh)
    outcome = preflight(replace(PAUSED, changes=(ONE, TWO)), observed, RECORDS)
    found = next(f for f in outcome.findings if f.code == "tree.dirty")
    assert found.sentence == "since the pause: 2 files changed further, 1 new"
    assert found.detail == (
        "one.txt: edited since",
        "three.txt: new since",
        "two.txt: committed since as ddddddd, in another version",
    )
    assert found.command == "git status --short -- :/one.txt :/three.txt"
    assert outcome.changed_since == ("one.txt", "three.txt", "two.txt")


def test_lost_work_says_who_has_it() -> None:
    paused = replace(PAUSED, changes=(ONE, TWO))
    held = PathFate(ONE, Fate.LOST, holder=Holder("stash@{0}", "git stash show -p bbbbbbbbbbbb"))
    lost = findings(paused, replace(OBSERVED, fates=(held, PathFate(TWO, Fate.LOST))))["tree.lost"]
    assert lost.detail == (
        "one.txt: not as it was; the bytes are in stash@{0}",
        "two.txt: not as it was; no copy found here",
    )
    assert lost.command == "git stash show -p bbbbbbbbbbbb"
    nowhere = findings(paused, replace(OBSERVED, fates=(PathFate(TWO, Fate.LOST),)))["tree.lost"]
    assert nowhere.command == "git diff --stat aaaaaaaaaaaa -- :/two.txt"
    restorable = findings(replace(paused, restorable=True), replace(OBSERVED, fates=(held,)))["tree.lost"]
    assert restorable.command == "volon restore 07"
    moved = replace(OBSERVED, fates=(held,), head=replace(OBSERVED.head, relation=Relation.AHEAD))
    onto = findings(replace(paused, restorable=True), moved)["tree.lost"]
    assert onto.command == "volon restore 07 --onto HEAD"
    away = replace(moved, facts=replace(OBSERVED.facts, branch="other"))
    back = findings(replace(paused, restorable=True), away)["tree.lost"]
    assert back.command == "git switch feat && volon resume-task --restore"


def test_work_of_another_clone_never_came_here() -> None:
    paused = replace(PAUSED, changes=(ONE,))
    lost = (PathFate(ONE, Fate.LOST),)
    found = findings(paused, replace(OBSERVED, fates=lost, made_here=False))["tree.lost"]
    assert found.sentence.endswith(": paused in another clone, they never came here")
    assert found.detail == ("one.txt: uncommitted in the other clone",)
    assert found.command == "volon checkpoint show 07"
    committed = (PathFate(ONE, Fate.LOST, note(D, "More"), how="part"),)
    found = findings(paused, replace(OBSERVED, fates=committed, made_here=False))["tree.lost"]
    assert "another clone" not in found.sentence


def test_lost_work_says_that_the_merge_is_over() -> None:
    paused = replace(PAUSED, changes=(ONE,), operation="merge")
    found = findings(paused, replace(OBSERVED, fates=(PathFate(ONE, Fate.LOST),)))["tree.lost"]
    assert found.sentence.endswith("; the merge of the pause is over")


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("dropped", "committed as ddddddd and taken out again since"),
        ("part", "part of it is in ddddddd"),
        ("untracked", "ddddddd took it out of git"),
        (None, "ddddddd has another version"),
    ],
)
def test_lost_work_says_what_a_commit_has_of_it(how: str | None, words: str) -> None:
    fate = PathFate(ONE, Fate.LOST, note(D, "More"), how=how)  # type: ignore[arg-type]
    found = findings(replace(PAUSED, changes=(ONE,)), replace(OBSERVED, fates=(fate,)))["tree.lost"]
    assert found.detail == (f"one.txt: not as it was, {words}; no copy found here",)


def test_what_is_new_is_told_by_its_kind() -> None:
    fresh = (
        Change("a", "??", "100644", D),
        Change("b", ".M", "100644", D),
        Change("c", "D."),
        Change("e", "A.", "100644", D, origin="d"),
    )
    found = findings(replace(PAUSED, changes=()), replace(OBSERVED, fresh=fresh))["tree.dirty"]
    assert found.sentence == "since the pause: 1 new, 1 changed, 1 deleted, 1 renamed"
    assert found.detail == ("a: new since", "b: changed since", "c: deleted since", "d: renamed to e since")


def test_absorbed_work_names_the_commit() -> None:
    fates = (PathFate(ONE, Fate.COMMITTED, note(D, "All")), PathFate(TWO, Fate.COMMITTED))
    found = findings(replace(PAUSED, changes=(ONE, TWO)), replace(OBSERVED, fates=fates))["tree.absorbed"]
    assert found.severity == "ok"
    assert found.sentence == "2 uncommitted changes of the pause committed since as ddddddd"
    assert found.detail == ("one.txt: ddddddd All", "two.txt: committed")


def test_upstream() -> None:
    ahead = Story(Relation.AHEAD, A, B, (note(B, "Theirs"),), 1)
    found = findings(observed=replace(OBSERVED, upstream=ahead))["upstream.ahead"]
    assert (found.sentence, found.detail) == ("origin/feat: 1 new commit, fetched 1 h ago", ("bbbbbbb Theirs – Ben",))
    back = replace(ahead, relation=Relation.BEHIND, gained=(), gained_total=0, lost=(note(A, "Gone"),))
    assert "moved back to bbbbbbb" in findings(observed=replace(OBSERVED, upstream=back))["upstream.rewritten"].sentence
    replaced = replace(ahead, relation=Relation.DIVERGED, lost=(note(A, "Gone"),))
    assert "was replaced" in findings(observed=replace(OBSERVED, upstream=replaced))["upstream.rewritten"].sentence
    pair = Counterpart(note(A, "Mine"), note(C, "Mine"), "same")
    rebased = replace(ahead, relation=Relation.REWRITTEN, counterparts=(pair,))
    words = findings(observed=replace(OBSERVED, upstream=rebased))["upstream.rewritten"].sentence
    assert words == "origin/feat rewritten: its commit is there as ccccccc, 1 new, fetched 1 h ago"
    unknown = replace(ahead, relation=Relation.MISSING)
    assert "is unknown" in findings(observed=replace(OBSERVED, upstream=unknown))["upstream.ahead"].sentence
    assert "upstream.gone" in findings(observed=replace(OBSERVED, upstream_exists=False))


def test_an_upstream_this_clone_never_fetched_is_not_gone() -> None:
    found = findings(observed=replace(OBSERVED, upstream_exists=False, made_here=False))
    assert found.keys() == {"head.same", "fetch.stale"}


@pytest.mark.parametrize(
    ("hours", "stale"),
    [(1, False), (24, False), (25, True), (None, True)],
)
def test_old_knowledge_is_a_note(hours: int | None, stale: bool) -> None:  # noqa: FBT001
    fetched = None if hours is None else NOW - timedelta(hours=hours)
    found = findings(observed=replace(OBSERVED, facts=replace(FACTS, fetched_at=fetched)))
    assert ("fetch.stale" in found) is stale
    alone = replace(FACTS, fetched_at=fetched, upstream=None, upstream_commit=None)
    assert "fetch.stale" not in findings(
        replace(PAUSED, upstream=None, upstream_commit=None), replace(OBSERVED, facts=alone)
    )


def test_key_files() -> None:
    fates = (
        KeyFileFate("a.py", "committed", note(B, "Theirs")),
        KeyFileFate("b.py", "edited"),
        KeyFileFate("c.py", "missing", note(C, "Remove")),
    )
    found = findings(observed=replace(OBSERVED, key_files=fates))
    assert found["keyfile.changed"].sentence == "2 key files changed since the pause; this may invalidate the plan"
    assert found["keyfile.changed"].detail == ("a.py: bbbbbbb Theirs – Ben", "b.py: edited here, not committed")
    assert found["keyfile.changed"].command == "git diff aaaaaaaaaaaa -- :/a.py :/b.py"
    assert found["keyfile.missing"].sentence == "c.py gone since the pause; this may invalidate the plan"
    assert found["keyfile.missing"].detail == ("c.py: ccccccc Remove – Ben",)


def test_what_the_records_say() -> None:
    broken = Problem("x.md", 3, None, None, "capsule.x", "is wrong", None)
    mild = replace(broken, severity="warning")
    paused = replace(PAUSED, confidence="low", questions=("Why?",))
    found = findings(
        paused,
        records=RecordFacts(
            "T-1", ("waits for legal",), capsule_problems=(broken, mild), checkpoint_problems=(broken,)
        ),
    )
    assert found["blocker.external"].severity == "blocker"
    assert found["blocker.external"].command == "volon task unblock T-1"
    assert found["confidence.low"].detail == ("Why?",)
    assert found["confidence.low"].command == "volon checkpoint show 07"
    assert found["capsule.invalid"].detail == ("x.md:3: is wrong",)
    assert found["capsule.invalid"].command == found["checkpoint.tampered"].command == "volon doctor --fix"
    assert "capsule.invalid" not in findings(records=RecordFacts("T-1", capsule_problems=(mild,)))


def test_findings_follow_the_table_and_warnings_have_a_command() -> None:
    observed = replace(
        _on("main"),
        head=Story(Relation.DIVERGED, A, B, (note(B, "x"),), 1, (note(C, "y"),)),
        fates=(PathFate(ONE, Fate.LOST), PathFate(TWO, Fate.COMMITTED)),
        fresh=(Change("new", "??"),),
        key_files=(KeyFileFate("k", "edited"),),
        upstream=Story(Relation.AHEAD, A, B, (note(B, "x"),), 1),
        facts=replace(FACTS, branch="main", operation="merge", fetched_at=None),
        worktree_same=False,
    )
    records = RecordFacts("T", ("x",), capsule_missing=True)
    outcome = preflight(replace(PAUSED, changes=(ONE, TWO), worktree="../w", confidence="low"), observed, records)
    order = list(CODES)
    assert list(outcome.codes) == sorted(outcome.codes, key=order.index)
    assert len(outcome.codes) == len(set(outcome.codes)) == 13
    assert outcome.severity is Severity.BLOCKER
    for found in outcome.findings:
        if found.severity in {Severity.WARNING, Severity.BLOCKER}:
            assert found.command, found.code
            words = shlex.split(found.command)
            assert words[0] in {"git", "volon"}
            forbidden = {"reset", "clean", "--force", "-f", "-D", "--hard", "restore", "checkout", "--abort", "drop"}
            assert not forbidden & set(words)


def test_hostile_names_cannot_leave_their_place() -> None:
    evil = "a b;$(touch x)\n\x1b[31m"
    observed = replace(_on("main", branch_exists=True), fresh=(Change(evil, "??"), Change("--x; rm", "??")))
    found = findings(replace(PAUSED, branch="-b;rm $HOME", changes=()), observed)
    for finding in found.values():
        assert "\n" not in finding.sentence
        assert not any("\n" in line or "\x1b" in line for line in finding.detail)
    assert shlex.split(found["branch.switched"].command or "")[2:] == ["--", "-b;rm $HOME"]
    assert found["tree.dirty"].command == "git status --short"


def test_named_paths_come_from_key_files_and_next_actions() -> None:
    paused = PausedState(
        key_files=("src/a.py",),
        next_actions=(
            "run `pytest tests/test_x.py::test_y -k 'not slow'`, then see (docs/x.md).",
            "../../etc /abs ~/x",
        ),
    )
    assert paused.named_paths == ("docs/x.md", "src/a.py", "tests/test_x.py")


def test_changes_are_compared_by_their_bytes() -> None:
    then = (
        Change("same", ".M", "100644", A),
        Change("staged", ".M", "100644", A),
        Change("edited", ".M", "100644", A),
        Change("mode", ".M", "100644", A),
        Change("gone", "??", "100644", A),
        Change("deleted-now", ".M", "100644", A),
        Change("deleted", ".D"),
    )
    now = (
        Change("same", ".M", "100644", A),
        Change("staged", "M.", "100644", A),
        Change("edited", ".M", "100644", B),
        Change("mode", ".M", "100755", A),
        Change("deleted-now", ".D"),
        Change("deleted", "D."),
        Change("new", "??", "100644", A),
    )
    names = [[change.path for change in group] for group in compare_changes(then, now)]
    assert names == [["same", "staged", "deleted"], ["edited", "mode"], ["gone", "deleted-now"], ["new"]]


def test_the_page_has_every_code() -> None:
    page = render_page()
    assert all(f"| `{code}` |" in page for code in CODES)


def test_a_branch_that_looks_like_an_option_is_no_option_in_a_command() -> None:
    paused = replace(PAUSED, branch="-x")
    assert findings(paused, OBSERVED)["branch.switched"].command == "git switch -- -x"
