"""`volon conduct rollback`, `complete` and `sessions`: a plan that does not simply go on, on real repositories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.functional.test_conduct import Ground, agree, status
from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


@pytest.fixture
def ground(repo: RepoBuilder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ground:
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))
    return Ground(repo, tmp_path)


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
    assert volon("conduct", "resume", "--plain").code == 0
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


@pytest.mark.slow
def test_a_plan_is_called_complete_after_all_seven_points_were_looked_at_or_by_force_which_is_written_down(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One\nTests: `test -f one`", worker="p1.*) echo one > one;;")
    ready = ground.repo.root / ".prelude/READY.md"
    ready.write_text(ready.read_text().replace("- Lint", "- End-to-end: `grep one one`\n- Lint"))
    assert volon("conduct", "start", "--worker", str(ground.worker), "--yes", "--no-run").code == 0
    ran = volon("conduct", "complete")
    assert (ran.code, "Nothing has started" in ran.out) == (8, True), "nobody agreed to its commands"
    assert volon("conduct", "resume", "--yes", "--plain").code == 0
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
