"""`volon conduct`: a READY.md carried out phase by phase, on real repositories, by a worker that really edits files.

The worker is a script of the test's own; what ran is told by a file outside the repository to which it adds its ticket.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.conduct.conftest import Ground, agree, status
from tests.functional.test_completion import complete
from tests.functional.test_pipeline import ended, until
from tests.support.running import volon_argv
from volon.usecases.conduct import completing, going

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.running import VolonInProcess, VolonProcess


@pytest.mark.slow
def test_three_phases_one_of_them_in_parallel_run_from_start_to_end_and_a_fix_repairs_a_failing_test(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    ground.write(
        "### Phase 1: Store (2-4h)\n- Write it\nExpected files:\n- `store.py`\nTests: `grep -q 'x = 1' store.py`",
        "### Phase 2: Services\nModules: api, web\nExpected files: api.py, web.txt",
        "### Phase 3: Front\n- The rest\nTests: `test -f api.py && test -f web.txt`",
        worker="""
p1.implement.*) echo "x = 2  # TODO" > store.py;;
p1.fix.1) grep -q 'tests: failed' "$1"; grep -q 'unfinished work: failed' "$1"; echo "x = 1" > store.py
    printf 'Status: PASS\\nTokens: 1200 in, 34 out\\n## Discoveries\\n- x is one\\n' > "$VOLON_REPORT";;
p2.implement.api) test -f store.py; grep -q 'x is one' "$VOLON_BRIEF"; echo "from store import x" > api.py;;
p2.implement.web) test ! -f api.py; echo web > web.txt; git add web.txt; git commit -qm Web;;
p3.*) test -f api.py; echo front > front.txt;;
""",
    )
    ran = start("--fixes", "1")
    assert ran.code == 0, ran.out
    assert "Shop: complete\n  phases      3 of 3 complete (100%)" in ran.out
    assert sorted(ground.ran()) == [
        "p1.fix.1",
        "p1.implement.main",
        "p2.implement.api",
        "p2.implement.web",
        "p3.implement.main",
    ]
    said = status(volon)
    first, second, third = said["phases"]
    assert (first["fixes"], first["tests_passing"], second["tests_passing"]) == (1, True, None)
    assert (said["tokens_in"], said["tokens_out"]) == (1200, 34)
    assert first["files_created"] == [".prelude/DISCOVERIES.md", ".prelude/READY.md", "store.py"]
    assert second["files_created"] == ["api.py", "web.txt"]
    assert third["checkpoint"] == ground.repo.git("rev-parse", "HEAD").strip()
    assert ground.subjects()[0] == "Phase 3: Front"
    assert not ground.repo.git("status", "--porcelain")
    check = ground.plan("checks/p1.check.0.md").read_text()
    assert [line for line in check.splitlines() if line.startswith("## ")] == [
        "## files: passed",
        "## tests: failed",
        "## imports: passed",
        "## lint: passed",
        "## unfinished work: failed",
    ]
    assert "store.py:1: x = 2  # TODO" in check
    assert volon("conduct", "resume").code == 10
    paused = volon("conduct", "pause")
    assert (paused.code, "is already complete; there is no need to pause it." in paused.err) == (10, True)
    assert volon("undo").code == 10


@pytest.mark.slow
def test_what_a_fix_does_not_repair_pauses_the_plan_and_goes_on_once_the_user_has_mended_it(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    pause = shlex.join([*volon_argv(), "conduct", "pause"])
    worker = f"*implement*) {pause};;\n*) echo x > bad;;"
    ground.write("### Phase 1: Store\nTests: `cat good`", worker=worker)
    # The worker itself pauses the plan, as somebody at another terminal would while it works.
    ran = start("--fixes", "1")
    assert ran.code == 11
    assert "paused (user)" in ran.out
    assert ground.ran() == ["p1.implement.main"]
    ran = volon("conduct", "continue", "--plain")
    assert ran.code == 1
    assert "paused (failure)" in ran.out
    assert "cat: good: No such file or directory" in ran.out
    for said in (ran.out, volon.ok("conduct", "status"), volon.ok("brief")):
        assert "tests: 1 of 1 failed: cat good" in " ".join(said.split()), said
    assert "Next: volon conduct resume PLAN-" in ran.out
    assert agree(volon, ground) == []
    ground.repo.write("good", "good\n")
    assert volon("conduct", "resume", "--plain").code == 0
    assert ground.ran() == ["p1.implement.main", "p1.fix.1"]
    assert agree(volon, ground) == [1]


@pytest.mark.slow
def test_after_a_kill_at_the_boundary_of_a_phase_no_phase_runs_twice_and_the_results_are_the_marks(
    ground: Ground, volon: VolonInProcess, volon_process: VolonProcess
) -> None:
    ground.write(
        "### Phase 1: One",
        "### Phase 2: Two",
        worker=f"""
p1.*) echo one > one;;
p2.*) while test ! -f {ground.worker}.go; do sleep 0.02; done; echo two > two;;
""",
    )
    words = ("conduct", "start", "--worker", str(ground.worker), "--yes", "--fixes", "0")
    runner = volon_process.start(*words)
    until(lambda: "p2.implement.main" in ground.ran())
    os.kill(runner.pid, signal.SIGKILL)
    assert ended(runner) == -signal.SIGKILL
    # Who starts its tickets has the right to run it for a moment longer.
    until(lambda: not json.loads(volon.ok("conduct", "status", "--json"))["pipeline"]["attended"])
    assert agree(volon, ground) == [1]
    (ground.worker.parent / f"{ground.worker.name}.go").touch()
    assert volon("conduct", "resume", "--plain").code == 0
    assert ground.ran() == ["p1.implement.main", "p2.implement.main"]
    assert agree(volon, ground) == [1, 2]
    # Killed between the commit of a phase and its result, the step finds the commit and makes no second one.
    (run,) = (one.name for one in (ground.repo.root / ".git/volon/runs").glob("0*"))
    result, head = ground.plan("results/phase-2.md"), ground.repo.git("rev-parse", "HEAD")
    result.unlink()
    finish = ("conduct", "step", "finish", ground.plan("").name, "2")
    volon.ok(*finish, VOLON_RUN=run, VOLON_TICKET="p2.finish", VOLON_ATTEMPT="2")
    assert f'checkpoint: "{head.strip()}"' in result.read_text()
    assert "nothing to do" in volon.ok(*finish, VOLON_RUN=run)
    assert ground.repo.git("rev-parse", "HEAD") == head
    assert agree(volon, ground) == [1, 2]
    # A result whose predecessor is gone is damage, and said with what leads out: no worker does anything twice.
    ground.plan("results/phase-1.md").unlink()
    ran = volon("conduct", "status")
    assert (ran.code, "move the later results out of there" in " ".join(ran.err.split())) == (9, True)
    ground.plan("results/phase-2.md").unlink()
    assert volon("conduct", "resume", "--plain").code == 0
    assert ground.ran() == ["p1.implement.main", "p2.implement.main"]
    assert agree(volon, ground) == [1, 2]


@pytest.mark.slow
def test_modules_that_conflict_are_merged_by_nobody_but_the_user(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    ground.write("### Phase 1: All\nModules: a, b, c", worker='*) echo "$VOLON_MODULE" > same.txt;;')
    ran = start("--fixes", "0")
    assert ran.code == 1
    assert "what a, b and c made conflicts" in ran.out
    assert not (ground.repo.root / "same.txt").exists()
    assert not ground.repo.git("status", "--porcelain", "--", ":!.prelude")
    made = ground.repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/run/*/p1.implement.*/1").split()
    # Why it stopped, and how it goes on, is said as long as it stands there; each hint can be typed.
    for said in (volon.ok("conduct", "status"), volon.ok("brief")):
        hints = [f"git merge {one[:12]}" for one in made]
        for part in ("failed", "p1.merge", "b: same.txt", "c: same.txt", *hints, "volon conduct resume PLAN-"):
            assert part in said, said
    ground.repo.git("merge", "-q", made[0])
    for one in made[1:]:
        ground.repo.git("merge", "-q", "-s", "ours", one)
    assert volon("conduct", "resume", "--plain").code == 0
    assert agree(volon, ground) == [1]


def test_nothing_runs_before_somebody_has_agreed_and_what_changes_later_has_to_be_agreed_to(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One\nTests: `test -f one`", worker="*) exit 3;;")
    words = ("conduct", "start", "--worker", f"{ground.worker} --with {{brief}}", "--fixes", "0")
    ran = volon(*words)
    assert ran.code == 8
    for line in (
        f"implement  {ground.worker} --with",
        "test       test -f one",
        "lint       ! grep",
        "Nothing has started",
    ):
        assert line in ran.out
    assert ground.ran() == []
    assert volon("conduct", "resume").code == 8
    assert volon("conduct", "resume", "--yes", "--plain").code == 1
    assert ground.ran() == ["p1.implement.main"]
    assert volon(*words).code == 3, "one plan at a time"
    assert complete(ground.repo.root, "volon conduct status PL") == [ground.plan("").name]
    # Agreement is outside of the repository: what a stranger packed, run and all, has to be agreed to.
    with pytest.MonkeyPatch.context() as elsewhere:
        elsewhere.setenv("XDG_STATE_HOME", str(ground.worker.parent / "elsewhere"))
        assert volon("conduct", "resume").code == 8
    file = ground.plan("pipeline.yaml")
    file.write_text(file.read_text().replace("--with", "--without"))
    ran = volon("conduct", "resume")
    assert ran.code == 8
    assert "--without" in ran.out
    assert volon("pipeline", "resume", str(file.relative_to(ground.repo.root))).code == 3
    assert ground.ran() == ["p1.implement.main"]


def test_where_a_plan_runs_is_nothing_that_settings_which_nobody_agreed_to_can_say(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.repo.commit("Settings", {"volon.yaml": "version: 1\npipeline:\n  executor: dask\n"})
    ground.write("### Phase 1: One", worker="*) exit 3;;")
    ran = volon("conduct", "start", "--worker", str(ground.worker), "--fixes", "0", "--yes", "--plain")
    assert (ran.code, ground.ran()) == (1, ["p1.implement.main"]), ran.err


def test_what_cannot_begin_well_does_not_begin(
    ground: Ground, volon: VolonInProcess, start: Callable[..., Any]
) -> None:
    assert start().code == 10
    assert volon("conduct", "status").out.startswith("There is no plan here.")
    assert volon("conduct", "pause").code == 10
    assert volon("conduct", "step", "finish", "PLAN-20261121-001", "1").code == 2
    assert "Wrote .prelude/READY.md" in volon.ok("conduct", "start", "A shop with\nbackoff")
    ran = start()
    assert ran.code == 2
    assert ".prelude/READY.md:11: `<fill in>` still stands here" in ran.err
    assert volon("conduct", "start", "Another").code == 2
    ground.write("### Phase 1: One", worker="*) ;;")
    assert volon("conduct", "start").code == 2
    assert start("--fixes", "10").code == 2
    ground.repo.write("mine.txt", "not committed\n")
    ran = start()
    assert (ran.code, "mine.txt" in ran.err) == (3, True)
    assert "Hint: git add --all && git commit\n" in ran.err, "by itself, git commit takes no new file"
    ground.repo.commit("Mine", {})
    ground.repo.git("checkout", "-q", "--detach")
    assert start().code == 3
    assert ground.ran() == []


def test_what_is_agreed_to_shows_every_variable_and_whatever_volon_would_not_have_made_of_the_specification(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One\nTests: `test -f one`", worker="*) exit 3;;")
    plain = json.loads(volon("conduct", "start", "--worker", "true", "--json").out)
    assert (plain["env"], plain["unlike"]) == ({}, [])
    assert json.loads(volon("conduct", "resume", "--json").out)["unlike"] == [], "nothing was edited"
    file = ground.plan("pipeline.yaml")
    text = file.read_text().replace("tickets:\n", "env:\n  PYTHONPATH: lib\ntickets:\n", 1)
    finish = "  - id: p1.finish\n"
    text = text.replace(finish, f'{finish}    timeout: 5\n    env:\n      B: "x\\e[2Jy"\n')
    file.write_text(text + "  - id: more\n    run: [rm, x]\n")
    ran = volon("conduct", "resume")
    assert (ran.code, "\x1b" in ran.out) == (8, False)
    for line in ("every ticket  PYTHONPATH=lib", "B='x", "timeout 5: p1.finish", "no ticket of its phases: more"):
        assert line in ran.out
    said = json.loads(volon("conduct", "resume", "--json").out)
    assert said["env"] == {"PYTHONPATH": "lib"}
    assert {one["role"]: one["env"] for one in said["commands"] if one["env"]} == {"p1.finish": {"B": "x\x1b[2Jy"}}
    assert "Not what volon makes" in volon("conduct", "complete").out


def test_a_pipeline_that_changes_after_it_was_agreed_to_does_not_run(
    ground: Ground, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ground.write("### Phase 1: One\nTests: `touch good`", worker="*) touch one;;")
    volon("conduct", "start", "--worker", "true", "--no-run")
    file = ground.plan("pipeline.yaml")
    agreed = file.read_bytes()

    def edit_it(*_: object) -> None:
        file.write_bytes(agreed.replace(b"touch good", b"touch evil").replace(b'"true"', b'"false"'))

    # Between the look and the first use, which may be as long as the wait for a lock.
    monkeypatch.setattr(going, "refuse_without_work", edit_it)
    ran = volon("conduct", "resume", "--yes", "--plain")
    assert (ran.code, "is not what was agreed to" in ran.err, "start" in ran.out) == (8, True, False)
    file.write_bytes(agreed)
    monkeypatch.setattr(completing, "settle", edit_it)
    assert volon("conduct", "complete", "--yes").code == 1
    assert ((ground.repo.root / "good").exists(), (ground.repo.root / "evil").exists()) == (True, False)
