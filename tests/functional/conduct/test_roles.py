"""`volon conduct`: workers that merge, write tests and review, what their word counts for, and what tokens they use."""

from __future__ import annotations

import json
import os
import shlex
import signal
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.conduct.conftest import Ground, agree, status
from tests.functional.test_pipeline import ended, lives, until
from tests.support.running import volon_argv
from tests.unit.model.test_agent_programs import CODEX
from volon.keeper import standing

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from tests.support.running import VolonInProcess, VolonProcess


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
    say, note = "printf 'Status: %s\\n## Issues\\n- %s\\n'", f"{sys.executable} -P -m volon conduct discover"
    ground.write(
        "### Phase 1: Store\nTests: `test ! -f test_it || sh test_it`",
        "### Phase 2: Nothing to mend\nTests: none",
        worker=f"""
p2.implement*) ;;
p2.test.0) {note} slow --evidence b:1; echo 2 >> notes; {say} PASS no > "$VOLON_REPORT";;
p2.review.0) {note} late --evidence b:2; {say} PASS no > "$VOLON_REPORT";;
*implement*) echo 1 > store;;
p1.test.0) test "$VOLON_ROLE" = test; {say} PASS none > "$VOLON_REPORT";;
p1.review.0) grep -q 'git diff' "$1"; {say} FAIL 'it has no price' > "$VOLON_REPORT";;
p1.fix.1) grep -q 'review: failed' "$1"; grep -q 'it has no price' "$1"; echo price >> store;;
p1.test.1) echo 'grep cents store' > test_it; {say} PASS none > "$VOLON_REPORT";;
p1.review.1) {say} PASS none > "$VOLON_REPORT";;
""",
    )
    workers = ("--test-worker", str(ground.worker), "--review-worker", str(ground.worker))
    ran = start(*workers, "--fixes", "1")
    assert (ran.code, "paused (failure)" in ran.out) == (1, True), ran.out
    assert agree(volon, ground) == []
    ground.repo.write("store", "1\nprice\ncents\n")
    assert volon("conduct", "resume", "--plain").code == 0, "who failed it looks once more"
    assert ground.ran() == [
        *("p1.implement.main", "p1.test.0", "p1.review.0", "p1.fix.1", "p1.test.1", "p1.test.1", "p1.review.1"),
        *("p2.implement.main", "p2.test.0", "p2.review.0"),
    ]
    for result in ("results/phase-1.md", "results/phase-2.md"):
        assert "review: passed" in ground.plan(result).read_text()
    assert status(volon)["phases"][0]["fixes"] == 1
    # What a worker that looks on finds out changes nothing that was checked; a file it writes does.
    looked = [ground.plan(f"checks/p2.{role}.0.md").read_text() for role in ("test", "review")]
    assert ["## unfinished work" in text for text in looked] == [True, False], looked
    assert "late" in ground.repo.read(".prelude/DISCOVERIES.md").decode()


@pytest.mark.slow
def test_pause_and_resume_say_what_was_done_what_is_next_and_what_it_cost(
    ground: Ground, volon: VolonInProcess
) -> None:
    pause = shlex.join([*volon_argv(), "-C", str(ground.repo.root), "conduct", "pause"])
    say = "printf 'Status: PASS\\nTokens: %s in, %s out\\n## Discoveries\\n- %s\\n'"
    ground.repo.commit("Settings", {"volon.yaml": "tokens:\n  limit: 200000\n"})
    ground.write(
        "### Phase 1: Store (2-4h)\nTests: `test -f one`",
        "### Phase 2: Front\nModules: api, web\nTests: `test -f api`; `test -f web`",
        "### Phase 3: Docs",
        worker=f"""
p1.*) echo one > one; {say} 80000 4987 'prices have cents' > "$VOLON_REPORT";;
p2.implement.api) {pause} > {ground.worker}.said; touch api; {say} 50000 1 x > "$VOLON_REPORT";;
p2.implement.web) touch web;;
p3.*) cd {ground.repo.root}; echo 'tokens: many' > volon.yaml; {pause} > {ground.worker}.said 2>&1 || :
    git checkout -q volon.yaml; touch three;;
""",
    )
    volon.ok("conduct", "start", "--worker", str(ground.worker), "--no-run", "--fixes", "0", "--yes")
    assert "tokens      not recorded" in volon.ok("conduct", "status")
    ran = volon("conduct", "resume", "--yes", "--plain", "--jobs", "1")
    assert (ran.code, "Resuming" in ran.out) == (11, False), "there is nothing to come back to"
    confirmed = (ground.worker.parent / f"{ground.worker.name}.said").read_text()
    for line in (
        "  phases      1 of 3 complete (33%)",
        "  Next steps:\n    1. Complete phase 2: Front\n    2. Merge what api, web make\n    3. Run its tests: test",
        "  tokens      84,987 / 200,000 (42.5%)",
        "    phase 1: 80,000 in, 4,987 out\n    phase 2: not recorded",
        "(an estimate)\n  remaining   ~",
        " conduct resume PLAN-",
        "  pausing, waiting for 1: p2.implement.api\n",
    ):
        assert line in confirmed, confirmed
    assert "  tokens      134,988 / 200,000 (67.5%)" in volon.ok("conduct", "status"), "what runs has ended since"
    ground.repo.write("volon.yaml", "tokens:\n  limit: 180000\n")
    told = volon.ok("conduct", "budget")
    assert "134,988 / 180,000 (75.0%)\n  warn  more than 70% are used" in told
    ground.repo.write("volon.yaml", "tokens:\n  limit: 150000\n")
    ground.repo.commit("Less")
    ran = volon("conduct", "resume", "--plain", "--jobs", "1")
    assert ran.code == 11
    confirmed = (ground.worker.parent / f"{ground.worker.name}.said").read_text()
    assert "is paused, but how far it is cannot be read" in confirmed, confirmed
    assert volon("conduct", "resume", "--plain").code == 0
    for line in (
        "Resuming PLAN-",
        "  phase 1  Store (1 min)\n    complete at ",
        ".prelude/READY.md, one\n",
        "    discoveries: prices have cents (p1.implement.main)",
        "  tokens      134,988 / 150,000 (90.0%)\n  warn  more than 85% are used",
        "Starting phase 2: Front",
    ):
        assert line in ran.out, ran.out
    said = json.loads(volon.ok("conduct", "status", "--json"))["recall"]
    assert (said["phase"], said["next_steps"], said["budget"]["advice"]) == (None, [], "pause")
    assert [one["short"] for one in said["phases"]] == [True, False, False]
    assert said["phases"][0]["lines"][1:] == ["gotcha: prices have cents (p1.implement.main)"]
    assert said["budget"]["phases"][2] == {"phase": 3, "tokens_in": None, "tokens_out": None}
    alone = json.loads(volon.ok("conduct", "budget", "--json"))
    assert (alone["title"], alone["phase"], alone["budget"]) == ("Shop", None, said["budget"])
    told = volon.ok("conduct", "budget", alone["plan_id"])
    assert "  tokens      134,988 / 150,000 (90.0%)\n    phase 1: 80,000 in, 4,987 out\n" in told


@pytest.mark.slow
def test_the_tokens_of_a_known_agent_are_those_it_names_itself_and_its_last_message_is_a_report(
    ground: Ground, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = CODEX.decode().replace("MOCK-OK", r"Status: PASS\nTokens: 9 in, 9 out\n## Discoveries\n- heard")
    ground.write(
        "### Phase 1: One",
        worker=f'*) printf %s "$5" | cmp - "$VOLON_BRIEF"; touch one; cat <<\'END\'\n{said}\nEND\n;;',
    )
    ground.worker.rename(ground.worker.with_name("codex"))
    monkeypatch.setenv("PATH", f"{ground.worker.parent}:{os.environ['PATH']}")
    ran = volon("conduct", "start", "--worker", "codex", "--yes", "--plain")
    assert ran.code == 0, ran.out
    assert "implement  codex exec --json --sandbox workspace-write '{text}'" in ran.err
    assert "  tokens      13; no limit is set" in ran.out
    assert status(volon)["learnt"] == ["heard (p1.implement.main)"]


@pytest.mark.slow
def test_a_merge_that_is_killed_in_the_middle_takes_its_worker_along_and_is_handed_over_anew(
    ground: Ground, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    ground.repo.commit("Base", {"same.txt": "x\n"})
    ground.write(
        "### Phase 1: All\nModules: a, b",
        worker=f"""
*implement*) echo $VOLON_MODULE > same.txt;;
p1.merge) if test $VOLON_ATTEMPT = 1; then echo half > same.txt; echo $PPID $$ > {ground.worker}.pid; exec sleep 600; fi
    sed -i '/^<<<<<<</d; /^=======/d; /^>>>>>>>/d' same.txt; echo 'Status: PASS' > "$VOLON_REPORT";;
""",
    )
    words = ("--worker", str(ground.worker), "--merge-worker", str(ground.worker), "--fixes", "0", "--yes")
    runner = volon_process.start("conduct", "start", *words)
    pids = ground.worker.parent / f"{ground.worker.name}.pid"
    until(lambda: pids.exists() and pids.read_text().endswith("\n"))
    os.kill(runner.pid, signal.SIGKILL)
    assert ended(runner) == -signal.SIGKILL
    step, worker = map(int, pids.read_text().split())
    os.kill(step, signal.SIGKILL)
    until(lambda: not lives(worker))
    until(lambda: not json.loads(volon.ok("conduct", "status", "--json"))["pipeline"]["attended"])
    assert not ground.repo.git("status", "--porcelain", "--", ":!.prelude")
    # Who started it saw it die: it has failed, and is tried again by the next resume.
    assert volon("conduct", "resume", "--plain").code in {0, 1}
    assert volon("conduct", "resume", "--plain").code in {0, 10}
    assert ground.repo.git("show", "HEAD:same.txt") == "a\nb\n"
    assert len(ground.repo.git("worktree", "list").splitlines()) == 1


@pytest.mark.slow
def test_who_is_said_to_be_ended_is_and_who_outlives_everybody_is_named_and_not_doubled(
    ground: Ground, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    ground.write(
        "### Phase 1: One",
        worker=f"""
*implement*) touch one;;
p1.review.*) trap '' TERM; echo $$ $PPID > {ground.worker}.pid; for n in $(seq 900); do sleep 0.1; done;;
""",
    )
    pids = ground.worker.parent / f"{ground.worker.name}.pid"

    def begun(*words: str) -> tuple[Popen[bytes], int, int]:
        pids.unlink(missing_ok=True)
        runner = volon_process.start("conduct", *words)
        until(lambda: runner.poll() is not None or (pids.exists() and pids.read_text().endswith("\n")))
        worker, step = map(int, pids.read_text().split())
        return runner, worker, step

    workers = ("--worker", str(ground.worker), "--review-worker", str(ground.worker))
    runner, worker, step = begun("start", *workers, "--yes")
    assert os.getpgid(worker) == step, "whoever ends the ticket ends all of it"
    volon.ok("conduct", "pause", "--now")
    assert (ended(runner), lives(worker), lives(step)) == (11, False, False)
    # Nobody is left but the worker: neither its step, nor the keeper, nor the runner.
    runner, worker, step = begun("resume", "--rerun", "p1.review.0")
    keeper = int(standing(step)[1])
    for pid in (keeper, runner.pid, step):
        os.kill(pid, signal.SIGKILL)
    ended(runner)
    assert lives(worker)
    again = volon_process.start("conduct", "resume")
    until(lambda: json.loads(volon.ok("conduct", "status", "--json"))["pipeline"]["attended"])
    assert ground.ran().count("p1.review.0") == 2, "no second one beside it"
    volon.ok("conduct", "pause", "--now")
    assert (ended(again), lives(worker)) == (11, False), "it is ended without its first process, too"
