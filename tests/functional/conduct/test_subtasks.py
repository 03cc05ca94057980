"""`volon conduct subtask`: a large READY.md in parts, each a plan, and one that checks that they integrate."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.running import volon_argv

if TYPE_CHECKING:
    from tests.functional.conduct.conftest import Ground
    from tests.support.running import VolonInProcess


def plans(volon: VolonInProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon.ok("conduct", "status", "--json"))["plan"]
    return found


@pytest.mark.slow
def test_subtasks_run_one_after_the_other_know_what_was_found_out_and_are_checked_together_in_the_end(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write(
        "### Phase 1: Store\nTests: `! test -f broken`\nExpected files: store.txt",
        "### Phase 2: Front\nDepends on: 1\nTests: `test -f front.txt`",
        worker=f"""
p1.fix.1) grep -q 'Integration' "$VOLON_BRIEF"; rm broken;;
p1.*) case $VOLON_PLAN in
    *1) echo store > store.txt; printf '## Discoveries\\n- x is one\\n' > "$VOLON_REPORT";;
    *2) grep -q 'x is one' "$VOLON_BRIEF"; grep -q '^### Phase 2: Front' "$VOLON_BRIEF"; echo front > front.txt
        touch broken;;
    esac; echo $VOLON_PLAN >> {ground.worker}.plans;;
""",
    )
    words = ("conduct", "subtask", "--worker", str(ground.worker), "--fixes", "1")
    assert volon(*words).code == 2, "it is not large, and nobody says where"
    assert volon(*words, "--from", "3").code == 2
    ran = volon(*words, "--from", "2", "--json")
    made = json.loads(ran.out)["plan"]
    first, second = (one["plan_id"] for one in made["subtasks"])
    whole = made["plan_id"]
    assert (first < second < whole, [one["title"] for one in made["subtasks"]]) == (
        True,
        ["Shop: Store", "Shop: Front"],
    )
    assert volon("conduct", "resume", second, "--yes").code == 3, "the first one comes first"
    ran = volon("conduct", "resume", "--yes", "--plain")
    assert (ran.code, f"Next: volon conduct resume {whole}" in ran.out) == (0, True), ran.out
    # Something is committed in between: the next one begins from there.
    ground.repo.commit("Between", {"between.txt": "x\n"})
    assert [one["phases_complete"] for one in plans(volon)["subtasks"]] == [1, 0]
    ran = volon("conduct", "rollback", "--yes")
    assert (ran.code, f"volon conduct rollback {first}" in ran.err) == (3, True), "the whole has not begun"
    assert volon("conduct", "start", "--worker", "true").code == 3, "a whole that has begun is under way"
    ran = volon("conduct", "resume", whole, "--yes", "--plain")
    assert ran.code == 0, ran.out
    seen = json.loads(volon.ok("conduct", "status", second, "--json"))["plan"]
    assert seen["parent"] == whole
    assert volon("conduct", "rollback", first, "--phase", "0", "--yes").code == 3, "the second builds upon it"
    assert "between.txt" not in seen["phases"][0]["files_created"]
    ran = volon("conduct", "resume", "--yes", "--plain")
    assert ran.code == 0, ran.out
    assert (ground.worker.parent / f"{ground.worker.name}.plans").read_text().split() == [first, second]
    assert not (ground.repo.root / "broken").exists(), "what no part had noticed was found, and mended"
    done = plans(volon)
    assert (done["status"], [one["status"] for one in done["subtasks"]]) == ("complete", ["complete", "complete"])
    assert volon("conduct", "resume").code == 10


def test_pausing_a_plan_pauses_the_part_of_it_that_runs_and_plans_are_no_parts_of_each_other(
    ground: Ground, volon: VolonInProcess
) -> None:
    pause = shlex.join([*volon_argv(), "conduct", "pause"])
    ground.write("### Phase 1: One", "### Phase 2: Two", worker=f"*) {pause};;")
    whole = volon.ok("conduct", "subtask", "--worker", str(ground.worker), "--from", "2", "--quiet").strip()
    assert volon("conduct", "pause", whole).code == 10, "nothing of it runs"
    # The worker pauses the whole, as somebody at another terminal would while it works.
    assert volon("conduct", "resume", whole, "--yes", "--plain").code == 11
    said = plans(volon)
    parts = [one["status"] for one in said["subtasks"]]
    assert (said["status"], said["reason"], parts) == ("paused", "user", ["paused", "planned"])
    assert json.loads(volon.ok("conduct", "pause", whole, "--json"))["already"] is True
    assert volon("conduct", "resume", "--plain").code == 0, "the part that was paused goes on"
    homes = sorted((ground.repo.root / ".volon/plans").iterdir())
    head = homes[-1] / "plan.md"
    text = head.read_text()
    assert "parent: null" in text
    head.chmod(0o644)
    head.write_text(text.replace("parent: null", f'parent: "{homes[0].name}"'))
    ran = volon("conduct", "status")
    assert (ran.code, "are parts of each other" in ran.err) == (9, True)


def test_a_large_specification_is_proposed_as_subtasks_before_anything_is_made(
    ground: Ground, volon: VolonInProcess
) -> None:
    modules = [f"m{number}" for number in range(16)]
    files = "".join(f"- `f{number}.py`\n" for number in range(100))
    ground.write(
        f"### Phase 1: Back\nModules: {', '.join(modules[:14])}",
        "### Phase 2: Front\nModules: m13, m14, m15",
        worker="",
    )
    path = ".prelude/READY.md"
    ready = ground.repo.read(path).decode()
    ground.repo.write(path, ready.replace("### Modified Files\n", f"### Modified Files\n{files}"))
    ran = volon("conduct", "start", "--worker", "true", "--no-run")
    assert ran.code == 3
    for line in (
        "This is large: 100 files across 16 modules. It is proposed as 2 subtasks.",
        "subtask 1: phases 1 to 1: Back",
        "subtask 2: phases 2 to 2: Front",
        "volon conduct subtask",
        "volon conduct start --whole",
    ):
        assert line in ran.err
    assert not (ground.repo.root / ".volon/plans").exists()
    assert len(plans_made(volon.ok("conduct", "subtask", "--worker", "true", "--json"))) == 2
    volon.ok("conduct", "start", "--worker", "true", "--no-run", "--whole")
    ground.repo.write(path, ready.replace("### Modified Files\n", f"### Modified Files\n{files[9:]}"))
    volon.ok("conduct", "start", "--worker", "true", "--no-run")


def plans_made(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)["plan"]["subtasks"]
    return found


def test_a_whole_that_was_called_complete_by_force_is_so_with_its_parts_to_everybody_who_asks(
    ground: Ground, volon: VolonInProcess
) -> None:
    ground.write("### Phase 1: One", "### Phase 2: Two", worker="*) ;;")
    whole = volon.ok("conduct", "subtask", "--worker", "true", "--from", "2", "--quiet").strip()
    volon.ok("conduct", "complete", whole, "--force", "--yes")
    seen = plans(volon)
    assert (seen["status"], seen["forced"], seen["phases_complete"]) == ("given-up", True, 0)
    assert {one["status"] for one in seen["subtasks"]} == {"given-up"}
    assert "given-up (by --force)" in volon.ok("conduct", "status")
    assert json.loads(volon.ok("conduct", "sessions", "--json"))["sessions"] == []
    found = json.loads(volon.ok("conduct", "sessions", "--status", "given-up", "--json"))["sessions"]
    assert {(one["forced"], "resume" in one["command"]) for one in found} == {(True, False)}
    assert len(found) == 3
    assert "given-up (by --force)" in volon.ok("conduct", "sessions", whole)
    assert [volon("conduct", "resume", one["names"], "--yes").code for one in found] == [10, 10, 10]
    volon.ok("undo")
    assert plans(volon)["status"] == "planned"
