"""`volon conduct rollback`, `complete` and `sessions`: a plan that does not simply go on, on real repositories."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.functional.conduct.conftest import Ground, agree, planned_to_begin, status
from tests.functional.test_pipeline import ended, keeper_and_ticket, until
from tests.support.machines import Machine
from tests.support.repos import run_git
from tests.support.running import volon_argv

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess


@pytest.mark.slow
def test_a_rollback_brings_back_the_files_of_a_phase_loses_no_byte_and_the_plan_goes_on_from_there(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write(
        "### Phase 1: One",
        "### Phase 2: Two\nTests: `test ! -f bad`",
        worker="""
p1.*) echo one > one;;
p2.*) echo two > two; echo more >> one; git mv -k one first; test -f @.good || touch bad;;
""".replace("@", str(ground.worker)),
    )
    ran = volon("conduct", "start", "--worker", str(ground.worker), "--yes", "--fixes", "0")
    assert (ran.code, agree(volon, ground)) == (1, [1])
    base, head = ground.repo.git("rev-parse", "HEAD~1", "HEAD").split()
    ground.repo.write(".prelude/notes.md", "stays\n")
    # To look is free; nothing changes before a yes.
    ran = volon("conduct", "rollback")
    assert ran.code == 3
    assert "Nothing was changed yet." in ran.out
    assert (ground.repo.root / "bad").exists()
    # The unfinished phase goes; HEAD is its checkpoint already, so there is nothing to commit.
    said = json.loads(volon.ok("conduct", "rollback", "--yes", "--json"))
    assert (said["phase"], said["commit"], said["deleted"]) == (1, None, ["bad", "first", "two"])
    assert ground.repo.git("rev-parse", "HEAD").strip() == head
    assert (ground.repo.root / "one").read_text() == "one\n"
    assert ground.repo.git("status", "--porcelain", "--untracked-files=all").split() == ["??", ".prelude/notes.md"]
    assert ground.repo.git("show", f"refs/volon/snap/{said['op']}^3:two") == "two\n"
    assert volon("conduct", "rollback", "--yes").code == 10
    # It goes on with a run of its own; what is complete is not done again.
    (ground.worker.parent / f"{ground.worker.name}.good").touch()
    ran = volon("conduct", "resume", "--plain")
    assert (ran.code, "phases      1 of 2 complete (50%)" in ran.out.partition("Starting phase 2: Two\n")[0]) == (
        0,
        True,
    )
    assert "  p1." not in ran.out
    assert ground.ran() == ["p1.implement.main", "p2.implement.main", "p2.implement.main"]
    assert agree(volon, ground) == [1, 2]
    done = ground.repo.git("rev-parse", "HEAD").strip()
    # Before the first phase: the branch goes forward, and the history keeps all.
    said = json.loads(volon.ok("conduct", "rollback", "--phase", "0", "--yes", "--json"))
    assert said["phases"] == [1, 2]
    assert ground.repo.git("rev-parse", "HEAD~1", "HEAD").split() == [done, said["commit"]]
    assert ground.repo.git("diff", "--name-only", base, "HEAD").split() == [".prelude/READY.md", ".prelude/notes.md"]
    assert not ground.repo.git("status", "--porcelain")
    assert status(volon)["phases_complete"] == 0
    assert volon("conduct", "resume", "--plain").code == 0
    assert status(volon)["phases_complete"] == 2
    assert ground.subjects()[:3] == [
        "Phase 2: Two",
        "Phase 1: One",
        f"Roll back to the beginning of {said['plan_id']}",
    ]
    # Undone, the results are back, and HEAD has not what they say until somebody commits it.
    back = json.loads(volon.ok("conduct", "rollback", "--phase", "1", "--yes", "--json"))["commit"]
    assert not json.loads(volon.ok("conduct", "status", "--json"))["warnings"]
    volon.ok("undo")
    assert f"{back[:12]} takes it back" in " ".join(volon.ok("conduct", "status").split())
    seen = json.loads(volon.ok("doctor", "--json"))["checks"]
    assert [
        (one["state"], f"{back[:12]} takes it back" in one["sentence"]) for one in seen if one["name"] == "plans"
    ] == [("note", True)]
    ground.repo.git("commit", "-q", "-m", "Again")
    assert not json.loads(volon.ok("conduct", "status", "--json"))["warnings"]


@pytest.mark.slow
def test_a_plan_is_called_complete_after_all_seven_points_were_looked_at_or_by_force_which_is_written_down(
    ground: Ground, volon: VolonInProcess
) -> None:
    # Whoever wants to go on while somebody else does is told who, and since when.
    resume, said_to_it = shlex.join([*volon_argv(), "conduct", "resume"]), ground.worker.with_suffix(".said")
    worker = f"p1.*) {resume} 2> {said_to_it} || echo one > one;;"
    ground.write("### Phase 1: One\nTests: `test -f one`", worker=worker)
    ready = ground.repo.root / ".prelude/READY.md"
    ready.write_text(ready.read_text().replace("- Lint", "- End-to-end: `grep one one`\n- Lint"))
    assert volon("conduct", "start", "--worker", str(ground.worker), "--yes", "--no-run").code == 0
    ran = volon("conduct", "complete")
    assert (ran.code, "Nothing has started" in ran.out) == (8, True), "nobody agreed to its commands"
    plan = ground.plan("").name
    assert f"volon conduct complete {plan} --yes" in ran.out
    # Whoever says yes is not to leave out what else was said.
    assert f"volon conduct complete {plan} --force --yes" in volon("conduct", "complete", "--force").out
    said = ("--rerun", "p1.check.0", "--done", "p1.implement.main", "--jobs", "2")
    assert f"volon conduct resume {plan} {' '.join(said)} --yes" in " ".join(
        volon("conduct", "resume", *said).out.split()
    )
    assert volon("conduct", "resume", "--yes", "--plain").code == 0
    told = " ".join(said_to_it.read_text().split())
    assert re.search(r"is being carried out by process \d+ on \S+, since 20", told)
    assert "Next: volon conduct complete" in volon.ok("conduct", "status")
    ground.repo.write("one", "two # TODO\n")
    said = json.loads((ran := volon("conduct", "complete", "--json")).out)
    assert ran.code == 1
    assert [(one["name"], one["state"]) for one in said["points"]] == [
        ("phases", "passed"),
        ("tests", "passed"),
        ("imports", "skipped"),
        ("lint", "passed"),
        ("unfinished work", "failed"),
        ("end to end", "failed"),
        ("final checkpoint", "failed"),
    ]
    assert "one:1: two # TODO" in ground.plan("complete.check.md").read_text()
    assert not ground.plan("complete.md").exists()
    ran = volon("conduct", "complete", "--force")
    assert (ran.code, "by --force" in ran.out) == (0, True)
    assert "forced: true" in ground.plan("complete.md").read_text()
    log = (ground.repo.root / ".volon/logs/run.jsonl").read_text().splitlines()
    assert '"forced":true' in log[-1]
    assert volon("conduct", "complete").code == 10
    assert volon("conduct", "resume").code == 10
    # What was only said can be unsaid.
    volon.ok("undo")
    assert status(volon)["completed_at"] is None
    ground.repo.git("checkout", "-q", "--", "one")
    ran = volon("conduct", "complete")
    assert (ran.code, "7 of 7" in ran.out, "failed" in ran.out) == (0, False, False), ran.out
    assert status(volon)["forced"] is False


@pytest.mark.slow
def test_a_plan_that_was_called_complete_is_not_over_where_head_lacks_what_its_results_say(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", worker="*) echo one > one;;")
    assert start("--fixes", "0").code == 0
    volon.ok("conduct", "complete")
    # A rollback that was undone leaves what it took back staged, and HEAD without it.
    back = json.loads(volon.ok("conduct", "rollback", "--phase", "0", "--yes", "--json"))["commit"][:12]
    volon.ok("undo")
    assert status(volon)["completed_at"] is not None
    for words, code in (("status", 0), ("complete", 1), ("resume", 3)):
        ran = volon("conduct", words)
        assert (ran.code, f"{back} takes it back" in " ".join((ran.out + ran.err).split())) == (code, True), words
    ground.repo.git("commit", "-q", "-m", "Again")
    assert volon("conduct", "complete").code == 10
    ground.repo.git("reset", "-q", "--soft", "HEAD~3")
    assert "git merge --ff-only" in volon("conduct", "complete").err
    # Another branch need not have it.
    ground.repo.git("switch", "-q", "-c", "beside")
    assert volon("conduct", "complete").code == 10


@pytest.mark.slow
def test_a_plan_goes_on_in_another_clone_which_skips_what_is_complete_and_looks_again_at_what_is_only_committed(
    ground: Ground, volon: VolonInProcess, tmp_path: Path
) -> None:
    ground.write(
        "### Phase 1: One",
        "### Phase 2: Two",
        "### Phase 3: Three",
        worker="p3.*) test -f @.go; echo three > three;;\n*) echo x > $VOLON_TICKET;;".replace("@", str(ground.worker)),
    )
    volon.ok("init")
    assert volon("conduct", "start", "--worker", str(ground.worker), "--yes", "--fixes", "0").code == 1
    assert agree(volon, ground) == [1, 2]
    (one,) = json.loads(volon.ok("conduct", "sessions", "--status", "paused", "--json"))["sessions"]
    assert (one["complete"], one["total"], one["reason"], one["next"]) == (2, 3, "failure", ["Phase 3: Three"])
    assert "2 of 3 phases (66%)" in volon.ok("conduct", "sessions", one["session_id"])
    # The plan travels by git; its run does not. The result of phase 2 was left behind.
    git, other = ground.repo.git, tmp_path / "other"
    git("add", ".volon", ":!*/phase-2.md")
    git("commit", "-q", "-m", "The plan so far")
    git("clone", "-q", ".", str(other))
    (ground.worker.parent / f"{ground.worker.name}.go").touch()
    volon = Machine(other)
    (there,) = json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"]
    assert (there["session_id"], there["status"], there["complete"]) == (one["session_id"], "planned", 1)
    ran = volon("conduct", "resume", one["session_id"])
    assert (ran.code, "Nothing has started" in ran.out) == (8, True), "nobody agreed to it on this side"
    run_git(other, "switch", "-q", "-c", "aside")
    ran = volon("conduct", "resume", "--yes")
    assert (ran.code, "git switch main" in ran.err) == (3, True)
    run_git(other, "switch", "-q", "main")
    before = ground.ran()
    assert volon("conduct", "resume", one["session_id"], "--yes", "--plain").code == 0
    assert ground.ran() == [*before, "p3.implement.main"]
    assert status(volon)["phases_complete"] == 3
    subjects = run_git(other, "log", "--format=%s").splitlines()
    assert sorted(one for one in subjects if one.startswith("Phase")) == [
        "Phase 1: One",
        "Phase 2: Two",
        "Phase 3: Three",
    ]
    assert json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"] == []
    # Where the commits of complete phases are not, nothing starts.
    run_git(other, "reset", "-q", "--soft", "HEAD~3")
    (other / ".volon/plans" / there["names"] / "results/phase-3.md").unlink()
    ran = volon("conduct", "resume", "--yes")
    assert (ran.code, "git merge --ff-only" in ran.err) == (3, True)


def test_sessions_are_of_tasks_too_and_who_looks_for_another_one_is_told(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    assert "Nothing is paused" in volon.ok("conduct", "sessions")
    volon.ok("task", "start", "Retry")
    repo.write("a.txt", "mine\n")
    volon.ok("pause-task", "later")
    (one,) = json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"]
    assert (one["kind"], one["title"], one["status"], one["age"]) == ("task", "Retry", "paused", "just now")
    ran = volon("conduct", "resume", one["session_id"])
    assert (ran.code, one["command"] in ran.err) == (2, True)
    assert volon("conduct", "resume", "sess_0000000000").code == 10
    assert volon("conduct", "sessions", "--status", "asleep").code == 2


def test_a_rollback_is_refused_where_it_could_surprise_and_undo_takes_it_back(
    ground: Ground, volon: VolonInProcess
) -> None:
    repo = ground.repo
    planned_to_begin(ground, volon)
    assert "conduct start stays: PLAN-" in volon.ok("undo", "--list")
    repo.git("switch", "-q", "-c", "beside")
    repo.commit("Beside", {"b.txt": "b\n"})
    repo.git("switch", "-q", "main")
    repo.commit("Later", {"a.txt": "b\n"})
    repo.git("merge", "-q", "--no-edit", "beside")
    ran = volon("conduct", "rollback", "--phase", "0")
    assert (ran.code, *(f" {one}" in ran.out for one in ("Beside", "Later", "Merge branch"))) == (3, True, True, True)
    (repo.root.parent / "linked").hardlink_to(repo.root / "a.txt")
    said = json.loads(volon("conduct", "rollback", "--phase", "0", "--json").out)["warnings"]
    assert said == ["1 file is a hard link; the other names keep their bytes: a.txt"]
    repo.write("new.txt", "new\n")
    repo.write("key.pem", "-----BEGIN PRIVATE KEY-----\n")
    back = ("conduct", "rollback", "--phase", "0", "--yes")
    assert volon("conduct", "rollback", "--phase", "1", "--yes").code == 2, "it has no checkpoint"
    repo.git("switch", "-q", "-c", "aside")
    assert volon(*back).code == 3
    repo.git("switch", "-q", "main")
    repo.write(".git/MERGE_HEAD", repo.git("rev-parse", "HEAD"))
    assert volon(*back).code == 3
    (repo.root / ".git/MERGE_HEAD").unlink()
    head = repo.git("rev-parse", "HEAD")
    assert volon(*back).code == 0
    assert (repo.root / "a.txt").read_text() == "a\n"
    assert not (repo.root / "new.txt").exists()
    assert (repo.root / "key.pem").exists(), "what cannot be saved first stays"
    assert repo.git("rev-parse", "HEAD~1") == head
    moved = repo.git("rev-parse", "HEAD")
    volon.ok("undo")
    assert ((repo.root / "a.txt").read_text(), (repo.root / "new.txt").read_text()) == ("b\n", "new\n")
    assert repo.git("rev-parse", "HEAD") == moved, "undo never moves HEAD"
    assert not (ground.plan("rolled-back") / "1.md").exists()
    # An ignored file stays, so nothing goes where its directory stands; the hint names no option that there is not.
    repo.write(".git/info/exclude", "*.ign\n")
    (repo.root / "a.txt").unlink()
    repo.write("a.txt/b.ign", "mine\n")
    ran = volon(*back)
    assert (ran.code, "--exact" in ran.err, "Hint: Move it away" in ran.err) == (7, False, True), ran.err


@pytest.mark.slow
def test_a_report_of_an_earlier_run_is_not_taken_for_one_of_this(ground: Ground, volon: VolonInProcess) -> None:
    worker = (
        f"p1.review.0) test -e {ground.worker}.mute || printf 'Status: PASS\\nTokens: 5 in, 2 out\\n' > $VOLON_REPORT;;"
    )
    ground.write("### Phase 1: One", worker=f"{worker}\n*) touch one;;")
    words = ("--worker", str(ground.worker), "--review-worker", str(ground.worker), "--fixes", "0", "--yes")
    assert volon("conduct", "start", *words, "--plain").code == 0
    volon.ok("conduct", "rollback", "--phase", "0", "--yes")
    (ground.worker.parent / f"{ground.worker.name}.mute").touch()
    ran = volon("conduct", "resume", "--plain")
    assert (ran.code, "the review worker wrote no report" in ran.out) == (1, True), ran.out
    assert status(volon)["tokens_in"] is None
    assert "not recorded" in ran.out


@pytest.mark.slow
def test_what_is_said_of_a_plan_is_whether_somebody_carries_it_out_and_what_it_waits_for(
    ground: Ground, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    ground.write("### Phase 1: One", worker="*) exec sleep 99;;")
    runner = volon_process.start("conduct", "start", "--worker", str(ground.worker), "--yes")
    keeper, ticket = until(ground.ran) and keeper_and_ticket(ground.repo)
    try:
        assert "executing" in volon.ok("conduct", "status")
        assert "Look: volon conduct status PLAN-" in volon.ok("conduct", "sessions")
        ran = volon("conduct", "resume")
        assert (ran.code, "Starting phase" in ran.out) == (4, False), "nothing is said of going on"
        # The runner is named, and not called gone.
        ran = volon("conduct", "complete")
        assert (ran.code, f"by process {runner.pid} on " in ran.err) == (4, True), ran.err
        os.kill(keeper, signal.SIGSTOP)
        runner.kill()
        ended(runner)
        said = volon.ok("conduct", "status")
        assert "PLAN-20261119-001: Shop: not done, and nobody runs it\n" in said
        assert "Next: volon conduct resume PLAN-" in said
        said = volon.ok("brief")
        assert "0 of 1 phases complete, executing, and nobody runs it: Shop" in said
        assert "volon conduct resume PLAN-" in said
        assert ": not done, and nobody runs it\n" in volon.ok("pipeline", "status")
        assert "stale" in volon.ok("conduct", "sessions")
        os.kill(keeper, signal.SIGCONT)
        for said in (volon.ok("conduct", "pause"), volon.ok("conduct", "status")):
            assert "Shop: pausing (user)\n  pausing, waiting for 1: p1.implement.main\n" in said
        assert " with volon conduct pause\n" in volon.ok("pipeline", "status")
        ran = volon("conduct", "resume", "--rerun", "p9")
        assert (ran.code, ran.out) == (2, "")
        # Where nobody saw how something ended, all that says how to go on is what can be typed.
        for group in (keeper, ticket):
            os.killpg(group, signal.SIGKILL)
        way = "volon conduct resume PLAN-20261119-001 --rerun p1.implement.main\n"
        ran = until(lambda: "ended" in volon.ok("conduct", "status")) and volon("conduct", "resume", "--plain")
        assert (ran.code, f"Next: {way}" in ran.out) == (11, True), ran.out
        assert way in volon.ok("brief")
        ran = volon("conduct", "resume")
        assert (ran.code, ran.out, f"Hint: {way}" in ran.err, "pipeline resume" in ran.err) == (11, "", True, False)
    finally:
        for group in (keeper, ticket):
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)
        runner.kill()
        ended(runner)


def test_a_complete_that_is_interrupted_writes_nothing_even_by_force_and_ends_the_command(
    ground: Ground, volon_process: VolonProcess, volon: VolonInProcess, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    # It does not hear of it.
    ground.write(f"### Phase 1: One\nTests: `trap '' INT TERM; echo $$ > {began}; exec sleep 60`", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
    ran = volon_process.start("conduct", "complete", "--force", "--yes")
    until(lambda: began.exists() and began.read_text().strip())
    ran.send_signal(signal.SIGINT)
    assert ended(ran) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(began.read_text()), 0)
    assert not list(ground.plan("").glob("complete*"))


def test_a_complete_that_is_killed_leaves_nothing_of_its_test_command_running_and_can_be_said_again(
    ground: Ground, volon_process: VolonProcess, volon: VolonInProcess, tmp_path: Path
) -> None:
    began = tmp_path / "began"
    slow = (
        f'test -f {began} || {{ sleep 60 & echo $! $$ > {began}.new; mv {began}.new {began}; trap "" TERM HUP; wait; }}'
    )
    ground.write(f"### Phase 1: One\nTests: `{slow}`", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
    ran = volon_process.start("conduct", "complete", "--force", "--yes")
    until(began.exists)
    ran.kill()
    assert ended(ran) == -signal.SIGKILL
    pids = [int(word) for word in began.read_text().split()]
    until(lambda: not any(map(_runs, pids)))
    assert not list(ground.plan("").glob("complete*"))
    # What a test leaves in the background goes on where volon lives, as with every command.
    volon.ok("conduct", "complete", "--force")


def _runs(pid: int) -> bool:
    """Whether a process is there, and not only what its parent has not asked about yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def test_what_is_rolled_back_meanwhile_is_not_called_complete(ground: Ground, volon: VolonInProcess) -> None:
    # The test command rolls back, as somebody at another terminal would while it runs; HEAD stays where it is.
    back = shlex.join([*volon_argv(), "conduct", "rollback", "--phase", "0", "--yes"])
    ground.write(f"### Phase 1: One\nTests: `test -f {ground.worker}.late && {back} || true`", worker="*) ;;")
    assert volon("conduct", "start", "--worker", str(ground.worker), "--yes", "--fixes", "0", "--plain").code == 0
    head = ground.repo.git("rev-parse", "HEAD")
    ground.worker.with_name(f"{ground.worker.name}.late").touch()
    ran = volon("conduct", "complete", "--force")
    assert (ran.code, "rolled back" in ran.err, ground.repo.git("rev-parse", "HEAD")) == (1, True, head), ran.out
    assert (status(volon)["phases_complete"], ground.plan("complete.md").exists()) == (0, False)
