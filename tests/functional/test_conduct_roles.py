"""`volon conduct`: workers that merge, write tests and review, and what their word counts for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.test_conduct import Ground, agree, ground, start, status

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.running import VolonInProcess

__all__ = ["ground", "start"]


@pytest.mark.slow
def test_a_merge_worker_gets_the_conflict_in_a_working_tree_and_must_keep_both_sides(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    ground.repo.commit("Base", {"same.txt": "first\nx\nlast\n"})
    ground.write(
        "### Phase 1: All\nModules: a, b, c",
        worker="""
*implement*) printf 'first\\n%s\\nlast\\n' "$VOLON_MODULE" > same.txt; echo $VOLON_MODULE > $VOLON_MODULE;;
p1.merge) grep -q 'Conflicts in same.txt' "$1"; test -f a; grep -q '<<<<<<< merged' same.txt
    case $VOLON_ATTEMPT in
    1) ;;
    2) sed -i '/^<<<<<<</,/^=======/d; /^>>>>>>>/d' same.txt;;
    *) sed -i '/^<<<<<<</d; /^=======/d; /^>>>>>>>/d' same.txt;;
    esac; printf 'Status: PASS\\n' > "$VOLON_REPORT";;
""",
    )
    words = ("--fixes", "0", "--merge-worker", str(ground.worker))
    ran = start(*words)
    assert (ran.code, "same.txt:2: <<<<<<< merged" in ran.out) == (1, True), ran.out
    ran = volon("conduct", "resume", "--plain")
    assert (ran.code, "same.txt: conflict 1 ended as one of its sides" in ran.out) == (1, True), ran.out
    assert not ground.repo.git("status", "--porcelain", "--", ":!.prelude"), "nothing is half merged"
    assert volon("conduct", "resume", "--plain").code == 0
    assert ground.repo.git("show", "HEAD:same.txt") == "first\na\nb\nc\nlast\n"
    assert [one for one in ground.ran() if one == "p1.merge"] == ["p1.merge"] * 4, "c conflicts with a and b once more"
    assert agree(volon, ground) == [1]
    assert len(ground.repo.git("worktree", "list").splitlines()) == 1
    assert "<<<<<<<" not in ground.repo.git("log", "-p", "--format=%s")


@pytest.mark.slow
def test_what_a_reviewer_or_a_tester_fails_is_fixed_like_a_check_and_what_it_writes_is_checked(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    say = "printf 'Status: %s\\n## Issues\\n- %s\\n'"
    ground.write(
        "### Phase 1: Store\nTests: `test ! -f test_it || sh test_it`",
        worker=f"""
*implement*) echo 1 > store;;
p1.test.0) test "$VOLON_ROLE" = test; echo 'grep 2 store' > test_it; {say} PASS none > "$VOLON_REPORT";;
p1.test.1) {say} PASS none > "$VOLON_REPORT";;
p1.fix.1) grep -q 'tests: failed' "$1"; echo 2 > store;;
p1.review.1) grep -q 'git diff' "$1"; {say} FAIL 'it has no price' > "$VOLON_REPORT";;
p1.fix.2) grep -q 'review: failed' "$1"; grep -q 'it has no price' "$1"; echo price >> store;;
p1.test.2) {say} PASS none > "$VOLON_REPORT";;
p1.review.2) if grep -q cents store; then {say} PASS none; else {say} FAIL 'no cents'; fi > "$VOLON_REPORT";;
""",
    )
    workers = ("--test-worker", str(ground.worker), "--review-worker", str(ground.worker))
    ran = start(*workers)
    assert (ran.code, "paused (failure)" in ran.out) == (1, True), ran.out
    assert agree(volon, ground) == []
    ground.repo.write("store", "2\nprice\ncents\n")
    assert volon("conduct", "resume", "--plain").code == 0, "who failed it looks once more"
    assert ground.ran() == [
        *("p1.implement.main", "p1.test.0", "p1.fix.1", "p1.test.1", "p1.review.1"),
        *("p1.fix.2", "p1.test.2", "p1.review.2", "p1.review.2"),
    ]
    assert status(volon)["phases"][0]["fixes"] == 2
    assert "review: passed" in ground.plan("results/phase-1.md").read_text()
