"""Plans on several machines: how one gets there, what of it does, and who carries it out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.conduct.conftest import HEAD, TAIL
from tests.support.machines import Machine, Two
from tests.support.repos import RepoBuilder, run_git
from tests.support.running import PROJECT_ROOT
from volon.repo.exchange.remotes import Remote

if TYPE_CHECKING:
    from pathlib import Path

WORKER = """\
#!/bin/sh -e
printf 'Status: PASS\\nTokens: 700 in, 100 out\\n' > "$VOLON_REPORT"
case $VOLON_TICKET in p2.*) exit 1;; esac
echo x > $VOLON_TICKET
"""


@pytest.fixture
def two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Two:
    """Two clones; the first has a plan to make, whose second phase fails."""
    monkeypatch.setenv("PYTHONPATH", str(PROJECT_ROOT))
    two = Two(tmp_path / "machines")
    worker = tmp_path / "worker"
    worker.write_text(WORKER)
    worker.chmod(0o755)
    two.a.write(".prelude/READY.md", HEAD + "### Phase 1: One\n### Phase 2: Two\n" + TAIL)
    two.a.commit("A limit", {"volon.yaml": "tokens:\n  limit: 1000\n"})
    two.a.git("push", "-q")
    return two


def _sessions(volon: Machine) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"]
    return [one for one in found if one["kind"] == "plan"]


@pytest.mark.slow
def test_a_plan_goes_along_with_a_pause_of_its_task_over_a_remote_and_in_a_file_and_both_sides_are_told_how(
    two: Two, tmp_path: Path
) -> None:
    a, b = two.at(two.a), two.at(two.b)
    a.ok("task", "start", "Shop")
    assert a("conduct", "start", "--worker", str(tmp_path / "worker"), "--yes", "--fixes", "0").code == 1
    a.ok("conduct", "discover", "It is slow", "--kind", "gotcha", "--evidence", "bench:1")
    a.ok("pause-task", "the second phase fails")
    # Its records are files that no commit has yet.
    said = a.ok("handoff", "push")
    assert "PLAN-" in said
    assert "stays here" in said
    assert json.loads(b.ok("handoff", "pull", "--json"))["plan"] is None
    a.ok("init")
    two.a.git("add", ".volon", ".prelude")
    two.a.git("commit", "-q", "-m", "The plan")
    a.ok("pause-task", "with its plan")
    said = a.ok("handoff", "push")
    assert "in the commit of the pause" in said
    assert "stays here" not in said
    a.ok("handoff", "export", str(tmp_path / "plan.bundle"))
    # One machine gets it from the remote, another one from the file; no branch was pushed.
    third = RepoBuilder(tmp_path / "third")
    run_git(tmp_path, "clone", "-q", str(two.hub), str(third.root))
    c = Machine(third.root)
    came = [json.loads(b.ok("handoff", "pull", "--json"))["plan"]]
    came.append(json.loads(c.ok("handoff", "import", str(tmp_path / "plan.bundle"), "--json"))["plan"])
    for machine, plan in zip((b, c), came, strict=True):
        assert plan["commit"] == two.a.git("rev-parse", "HEAD").strip()
        merge, _, resume = plan["command"].partition(" && ")
        run_git(machine.cwd, *merge.split()[1:])
        (one,) = _sessions(machine)
        assert (one["status"], one["complete"], resume) == ("planned", 1, one["command"])
        assert "It is slow" in machine.ok("conduct", "discover")
        assert "800 / 1,000 (80.0%)" in machine.ok("conduct", "status")
        assert machine(*resume.split()[1:]).code == 8, "nobody agreed to it there"
    assert "with its plan" in b.ok("resume-task")
    # Whoever has the commit of the pause is told nothing any more.
    assert json.loads(b.ok("handoff", "pull", "--json"))["plan"] is None


def test_a_plan_that_another_clone_has_claimed_goes_on_there_alone_until_it_is_given_back_or_taken_over(
    two: Two, tmp_path: Path
) -> None:
    a, b = two.at(two.a), two.at(two.b)
    a.ok("init")
    start = ("conduct", "start", "--worker", str(tmp_path / "worker"))
    a.ok(*start, "--no-run")
    two.a.git("add", ".volon", ".prelude")
    two.a.git("commit", "-q", "-m", "The plan")
    two.a.git("push", "-q")
    two.b.git("pull", "-q")
    b.ok("task", "start", "Something else")
    (one,) = _sessions(b)
    # Nobody agreed to what would run; before that is asked, the claim counts.
    assert (one["claim"], a("conduct", "resume").code, b("conduct", "resume").code) == (None, 8, 8)
    assert f"volon conduct resume {one['names']}" in b.ok("handoff", "claim", one["names"])
    for words in (("conduct", "resume"), ("conduct", "continue", "--yes"), ("conduct", "resume", "--json"), start):
        ran = a(*words)
        assert (ran.code, "is claimed by Bo <bo@example.org>, in clone" in ran.out + ran.err) == (4, True), words
    assert "claimed by Bo <bo@example.org>" in a.ok("conduct", "sessions")
    assert "is claimed by Bo" in a.ok("conduct", "status")
    (there,) = _sessions(a)
    (mine,) = _sessions(b)
    assert (there["claim"]["mine"], mine["claim"]["mine"], b("conduct", "resume").code) == (False, True, 8)
    # Where the remote is out of reach, what was seen of it stops nobody.
    two.hub.rename(two.hub.with_suffix(".away"))
    assert a("conduct", "resume").code == 8
    two.hub.with_suffix(".away").rename(two.hub)
    assert a("handoff", "claim", one["names"]).code == 4
    a.ok("handoff", "claim", one["names"], "--take-over", there["claim"]["clone"])
    assert (a("conduct", "resume").code, b("conduct", "resume").code) == (8, 4)
    a.ok("handoff", "release", one["names"])
    assert b("conduct", "resume").code == 8
    assert a("handoff", "claim", "PLAN-20200101-001").code == 2


def test_of_a_plan_that_no_commit_has_no_remote_is_asked(
    two: Two, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, asked = two.at(two.a), list[str]()

    def refs(_remote: Remote, *patterns: str, pushing: bool = False) -> dict[str, str]:
        asked.append(f"{patterns} {pushing}")
        return {}

    monkeypatch.setattr(Remote, "refs", refs)
    a.ok("init")
    assert a("conduct", "start", "--worker", str(tmp_path / "worker")).code == 8
    assert (a("conduct", "resume").code, asked) == (8, [])
    two.a.git("add", ".volon", ".prelude")
    two.a.git("commit", "-q", "-m", "The plan")
    assert (a("conduct", "resume").code, len(asked)) == (8, 1)


@pytest.mark.slow
def test_a_shallow_clone_is_told_to_get_the_older_commits_where_those_of_the_phases_are_not_in_it(
    two: Two, tmp_path: Path
) -> None:
    a = two.at(two.a)
    a.ok("init")
    assert a("conduct", "start", "--worker", str(tmp_path / "worker"), "--yes", "--fixes", "0").code == 1
    two.a.git("add", ".volon", ".prelude")
    two.a.git("commit", "-q", "-m", "The plan")
    two.a.git("push", "-q")
    root = tmp_path / "shallow"
    run_git(tmp_path, "clone", "-q", "--depth", "1", two.hub.as_uri(), str(root))
    c = Machine(root)
    (one,) = _sessions(c)
    resume = ("conduct", "resume", one["names"], "--yes")
    ran = c(*resume)
    assert (ran.code, "Hint: git fetch --unshallow\n" in ran.err) == (3, True), ran
    assert "git fetch --unshallow" in " ".join(c.ok("conduct", "status").split())
    assert "Hint: git fetch --unshallow\n" in c("conduct", "rollback", one["names"], "--phase", "1").err
    run_git(root, "fetch", "-q", "--unshallow")
    assert c(*resume, "--plain").code == 1, "now it goes on, to the phase that fails"
