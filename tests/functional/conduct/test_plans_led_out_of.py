"""`volon conduct` where something is damaged, missing, or no longer wanted: what is said leads out of it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.functional.conduct.conftest import Ground
    from tests.support.running import VolonInProcess


def test_a_plan_whose_copy_of_ready_was_edited_says_how_it_comes_back_and_is_in_nobodys_way(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", worker="*) ;;")
    words = ("conduct", "start", "--worker", str(ground.worker), "--no-run")
    volon.ok(*words)
    copy, own = ground.plan("READY.md"), ground.repo.root / ".prelude/READY.md"
    copy.write_text(copy.read_text() + "- more\n")
    ran = volon("conduct", "status")
    assert (ran.code, f"cp .prelude/READY.md {copy.relative_to(ground.repo.root)}" in " ".join(ran.err.split())) == (
        9,
        True,
    ), ran.err
    looked = volon("doctor")
    assert (looked.code, "all can be read" in looked.out) == (1, False)
    assert f"volon conduct status {ground.plan('').name}" in looked.out, "which says the way out"
    own.write_text(own.read_text() + "\n")
    assert "git show HEAD:.prelude/READY.md > " in volon("conduct", "status").err
    own.rename(own.with_name("kept"))
    own.symlink_to("kept")
    assert "git show HEAD:.prelude/READY.md > " in volon("conduct", "status").err, "a link decides nothing"
    own.unlink()
    own.with_name("kept").rename(own)
    assert json.loads(volon.ok(*words, "--json"))["plan"]["plan_id"].endswith("-002")
    assert volon("conduct", "status").code == 0
    own.rename(own.with_name("kept"))
    own.symlink_to("kept")
    assert volon("conduct", "status").code == 0
    plans = copy.parents[1]
    plans.rename(ground.worker.parent / "plans")
    plans.write_text("a file\n")
    assert "plans" in volon("doctor").out


def test_a_plan_record_that_is_damaged_is_named_with_its_line_and_is_in_the_way_of_no_other_plan(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", "### Phase 2: Two", worker="*) ;;")
    words = ("conduct", "start", "--worker", str(ground.worker), "--no-run", "--quiet")
    first = volon.ok(*words).strip()
    record = ground.plan("plan.md")
    path = str(record.relative_to(ground.repo.root))
    text = record.read_text()
    line = next(n for n, one in enumerate(text.splitlines(), 1) if one.startswith("branch:"))
    second = ""
    for data, named in (
        (text.replace("branch: ", "branch: # ").encode(), f"{path}:{line}:"),
        (b"\xff", f"{path}:1:"),
        (None, f"{path} is gone"),
    ):
        record.chmod(0o644)
        record.unlink() if data is None else record.write_bytes(data)
        second = second or volon.ok(*words).strip()
        assert first < second == json.loads(volon.ok("conduct", "status", "--json"))["plan"]["plan_id"]
        said = json.loads(volon.ok("conduct", "sessions", "--json"))
        assert [one["names"] for one in said["sessions"]] == [second]
        assert [named in one for one in said["warnings"]] == [True], said["warnings"]
        ran = volon("conduct", "status", first)
        assert (ran.code, named in "".join(ran.err.split("\n"))) == (9, True), ran.err
        assert re.search(rf"{path}:\d+: ", " ".join(volon("doctor").out.split()))
        assert volon("conduct", "discover", "Slow", "--evidence", "log.txt", "--json").code == 0
    assert volon("conduct", "resume", second, "--yes", "--plain").code == 0
    # Its own parts are what a whole has to know, or it would be called complete without.
    ground.write("### Phase 1: One", "### Phase 2: Two", "### Phase 3: Three", worker="*) ;;")
    whole = volon.ok("conduct", "subtask", "--worker", "true", "--from", "2", "--quiet").strip()
    volon.ok("conduct", "status", whole)
    record = next(record.parents[1].glob("*-003/plan.md"))
    record.unlink()
    ran = volon("conduct", "status", whole)
    assert (ran.code, f"{record.parent.name}/plan.md is gone" in ran.err) == (9, True), ran.err
    assert volon("conduct", "status", second).code == 0


def test_a_hint_names_the_command_that_was_typed_and_how_a_plan_comes_from_another_clone(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", worker="*) ;;")
    assert "volon conduct subtask --worker" in volon("conduct", "subtask").err
    said = " ".join(volon("conduct", "resume").err.split())
    assert "volon init && git add .volon .prelude && git commit && git push" in said


def test_a_start_that_nobody_agreed_to_is_asked_about_again_and_makes_no_second_plan(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One\nTests: `test -f one`", worker="*) ;;")
    words = ("conduct", "start", "--worker", "no-such-agent")
    first = volon(*words)
    assert (first.code, "no-such-agent was not found (implement, fix)" in " ".join(first.out.split())) == (8, True)
    again = volon(*words)
    assert (again.code, again.out) == (8, first.out)
    name = ground.plan("").name
    assert f"{name} is there and waits; another `start` makes no second one." in first.out
    # What leads on is a yes, and not the command that has just said no.
    assert f"\nWhoever agrees to these commands says so:\n  volon conduct resume {name} --yes\n" in first.out
    # What is agreed to later is shown as it was at first: not ticket by ticket, while volon would make the same.
    shown = [line.split() for line in volon("conduct", "resume").out.splitlines()]
    assert ["test", "test", "-f", "one"] in shown
    assert not [line for line in shown if line[:1] == ["p1.check.0"]]
    own = ground.repo.root / ".prelude/READY.md"
    own.write_text(own.read_text() + "\n")
    for said in (volon.ok("conduct", "status"), volon("conduct", "resume").out):
        told = " ".join(said.split())
        assert f".prelude/READY.md is not what {name} was made of, and is not used" in told
        assert "no-such-agent was not found" in told
    assert volon(*words).code == 8
    assert len(list((ground.repo.root / ".volon/plans").iterdir())) == 2, "another READY.md is another plan"


@pytest.mark.slow
def test_a_plan_can_be_given_up_and_another_one_be_started(ground: Ground, volon: VolonInProcess) -> None:
    ground.write("### Phase 1: One", worker="*) exit 3;;")
    words = ("conduct", "start", "--worker", str(ground.worker), "--yes")
    assert volon(*words).code == 1
    name = ground.plan("").name
    ran = volon(*words)
    assert (ran.code, f"volon conduct complete --force {name}" in " ".join(ran.err.split())) == (3, True), ran.err
    volon.ok("conduct", "complete", "--force", name)
    said = volon.ok("conduct", "status")
    assert "given-up" in said
    assert "Complete:" not in said
    assert f"Look: volon conduct status {name}" in volon.ok("conduct", "sessions", "--status", "given-up")
    assert name not in volon.ok("conduct", "sessions")
    assert volon("conduct", "resume", name).code == 10
    assert volon(*words).code == 1, "it began, and failed as its worker does"
    # What was only said can be unsaid; the other plan is none of it.
    assert len(list((ground.repo.root / ".volon/plans").iterdir())) == 2
