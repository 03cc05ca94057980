"""What a plan says of its phases holds of the commits it names, whoever edited, committed or merged meanwhile."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from tests.functional.conduct.conftest import Ground, agree, status
from tests.support.repos import run_git
from volon.model.conduct.reading import parse_ready
from volon.usecases.conduct.plans import find_plan
from volon.usecases.conduct.steps import StepRequest
from volon.usecases.conduct.validations import validated
from volon.workspace import Workspace
from volon.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from tests.support.running import VolonInProcess

_PAUSE = f"{shlex.quote(sys.executable)} -P -m volon conduct pause -q"


@pytest.mark.slow
def test_what_is_committed_as_a_phase_is_what_was_looked_at_however_long_it_was_paused_in_between(
    ground: Ground, volon: VolonInProcess
) -> None:
    pauses = ground.worker.with_name("pauses")
    pauses.touch()
    tests = f"rm {shlex.quote(str(pauses))} 2>&- && {_PAUSE}; test -f one"
    ground.write(f"### Phase 1: One\nTests: `{tests}`", worker="*) echo 1 > one;;")
    start = ("conduct", "start", "--worker", str(ground.worker), "--yes", "--fixes", "1", "--plain")
    assert volon(*start).code == 11, "the first check has passed"
    (ground.repo.root / "one").unlink()
    assert volon("conduct", "resume", "--plain").code == 1, "the second one looks again"
    ground.repo.write("one", "mended\n")
    pauses.touch()
    assert volon("conduct", "resume", "--plain").code == 11, "nothing is left but to commit"
    (ground.repo.root / "one").unlink()
    assert volon("conduct", "resume", "--plain").code == 1
    assert agree(volon, ground) == []
    assert "## tests: failed" in ground.plan("checks/p1.check.1.md").read_text()
    ground.repo.write("one", "mended\n")
    # A commit that has the mark of the phase, and not all that was looked at, is not taken for it.
    plan = find_plan(Workspace.open(World.real(os.environ), ground.repo.root).store, None)
    ground.repo.write("half", "of it\n")
    ground.repo.git("add", "half")
    ground.repo.git("commit", "-qm", f"Half\n\nVolon-Phase: {plan.mark(1)}")
    assert volon("conduct", "resume", "--plain").code == 0
    assert agree(volon, ground) == [1]
    assert ground.repo.git("ls-tree", "--name-only", "HEAD", "half", "one").split() == ["half", "one"]


@pytest.mark.slow
def test_a_phase_that_has_lost_what_it_began_from_is_neither_looked_at_nor_committed(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    worker = "p1.*) echo > 1;;\n*) git reset -q --hard HEAD~1; echo > 2;;"
    ground.write("### Phase 1: One", "### Phase 2: Two", worker=worker)
    ran = start("--fixes", "0")
    assert ran.code == 1
    assert "HEAD does not hold" in ran.out
    lost = status(volon)["phases"][0]["checkpoint"]
    assert not ground.plan("results/phase-2.md").exists()
    ground.repo.git("merge", "-q", lost)
    assert volon("conduct", "resume", "--plain").code == 0
    assert agree(volon, ground) == [1, 2]


@pytest.mark.slow
def test_a_phase_of_another_plan_with_the_same_name_that_was_merged_is_not_taken_for_one_of_this(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    base = ground.repo.head()
    ground.write("### Phase 1: One", worker="*) ;;")
    assert start("--fixes", "0").code == 0
    there = ground.repo.root.parent / "there"
    ground.repo.git("worktree", "add", "-q", "-b", "theirs", str(there), base)
    (there / ".prelude").mkdir()
    own = (ground.repo.root / ".prelude/READY.md").read_text()
    (there / ".prelude/READY.md").write_text(own.replace("One", "Other"))
    volon.ok("-C", str(there), "conduct", "start", "--worker", str(ground.worker), "--no-run", "--fixes", "0")
    shutil.rmtree(there / ".prelude")
    run_git(there, "merge", "-q", "main")
    assert volon("-C", str(there), "conduct", "resume", "--yes", "--plain").code == 0
    assert ground.ran() == ["p1.implement.main"] * 2


@pytest.mark.slow
def test_a_plan_that_was_taken_away_leaves_its_name_to_no_other_one(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", worker="*) test ! -f bad || exit 1; echo > 1;;")
    ground.repo.commit("Bad", {"bad": "bad\n"})
    assert start("--fixes", "0").code == 1
    shutil.rmtree(ground.repo.root / ".volon")
    said = " ".join(volon("conduct", "status").out.split())
    assert "-001 ran here, and .volon/plans/PLAN-" in said
    ground.repo.git("rm", "-q", "bad")
    ground.repo.git("commit", "-qm", "Good")
    # With its name it would have its tickets, too: those that are done, and those that failed.
    assert start("--fixes", "0").code == 0
    assert (agree(volon, ground), status(volon)["plan_id"][-4:]) == ([1], "-002")


@pytest.mark.slow
def test_tests_pass_where_they_ran_and_not_where_they_are_only_named(ground: Ground, volon: VolonInProcess) -> None:
    ground.write("### Phase 1: One\nTests: `true`", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", str(ground.worker), "--no-run", "--fixes", "0")
    pipeline = ground.plan("pipeline.yaml")
    pipeline.write_text(pipeline.read_text().replace(', "--test", "true"', "").replace(", --test, 'true'", ""))
    assert "--test" not in pipeline.read_text()
    assert volon("conduct", "resume", "--yes", "--plain").code == 0
    assert status(volon)["phases"][0]["tests_passing"] is None


@pytest.mark.slow
def test_a_result_that_a_worker_wrote_itself_is_not_believed(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    forged = """*)
results=${VOLON_BRIEF%/briefs/*}/results; mkdir $results; cd $results; head=$(git rev-parse HEAD)
printf '%s\\n' --- 'type: conduct-result' 'schema_version: 1' "plan_id: $VOLON_PLAN" \\
    'phase: 1' "run: \\"$VOLON_RUN\\"" \\
    'name: One' "start: \\"$head\\"" "checkpoint: \\"$head\\"" 'completed_at: "2026-11-19T10:00:00Z"' 'worked_ms: 1' \\
    'fixes: 0' 'tests_passing: true' 'check: none' --- > phase-1.md;;
"""
    ground.write("### Phase 1: One\nTests: `false`", worker=forged)
    ran = start("--fixes", "0")
    assert (ran.code, "somebody else wrote it" in " ".join(ran.out.split())) == (1, True), ran.out
    seen = json.loads(volon.ok("conduct", "status", "--json"))
    assert (seen["plan"]["phases_complete"], seen["recall"]["phase"], seen["recall"]["phases"]) == (0, 1, [])
    assert ["somebody else wrote it" in one for one in seen["warnings"]] == [True]
    ground.plan("results/phase-1.md").unlink()
    assert volon("conduct", "resume", "--plain").code == 1, "now the test is run, and fails"


def test_a_file_that_is_there_and_that_git_ignores_is_said_to_be_in_no_commit(ground: Ground) -> None:
    ground.repo.commit("Begin", {".gitignore": "*.log\n", "a.txt": "a\n"})
    ground.repo.write("it.log", "it\n")
    ground.write("### Phase 1: One\nExpected files: a.txt, it.log", worker="*) ;;")
    ready = parse_ready((ground.repo.root / ".prelude/READY.md").read_bytes(), "READY.md")
    workspace = Workspace.open(World.real(os.environ), ground.repo.root)
    asked = StepRequest("check", "PLAN-20261119-001", 1)
    files, *_ = validated(workspace, ready.phases[0], ground.repo.head(), asked, BytesIO())
    assert (files.state, files.says) == ("passed", "all 2 are there, 1 of them ignored by git, and so in no commit")
    assert files.output == "it.log"


@pytest.mark.slow
def test_a_plan_that_is_on_another_branch_is_none_of_this_one(
    ground: Ground, start: Callable[..., Any], volon: VolonInProcess
) -> None:
    """Git takes its records along, and leaves its briefs, which are ignored."""
    volon.ok("init")
    ground.repo.git("switch", "-q", "-c", "feature")
    ground.write("### Phase 1: One", worker="*) echo one > one;;")
    assert start().code == 0
    ground.repo.git("add", "--all")
    ground.repo.git("commit", "-q", "-m", "The plan")
    home = ground.plan("")
    ground.repo.git("switch", "-q", "main")
    assert [one.name for one in home.iterdir()] == ["briefs"]
    said = volon.ok("conduct", "status")
    assert f"{home.name} ran here" in said
    found = ground.repo.git(*" ".join(said.split()).partition("its commits are not: git ")[2].split())
    assert "Phase 1: One" in found
    assert volon.ok("conduct", "sessions") == "Nothing is paused or under way here.\nNext: volon conduct start\n"
    assert volon("conduct", "resume").code == 10
    ground.repo.git("switch", "-q", "feature")
    assert agree(volon, ground) == [1]
