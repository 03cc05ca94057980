"""Two machines, and what each is told of the other: who has claimed a task, and how its files come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.machines import Two

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.machines import Machine


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path / "machines")


def test_the_machine_that_paused_is_warned_of_a_claim_when_it_goes_on(two: Two) -> None:
    a, b = two.at(two.a), two.at(two.b)
    two.paused_in_a()
    b.ok("handoff", "pull")
    b.ok("handoff", "claim")
    a.ok("handoff", "pull")
    for words in (["handoff", "push"], ["pause-task"], ["resume-task"], ["pause-task", "two have it"]):
        ran = a(*words)
        assert (ran.code, "is claimed by Bo <bo@example.org>" in ran.out) == (0, True), (words, ran)
    for words in (["resume-task"], ["pause-task", "mine"]):
        assert "claimed" not in b(*words).out
    b.ok("handoff", "release")
    a.ok("handoff", "pull")
    assert "claimed" not in a("resume-task").out


def test_an_undone_pull_names_no_files_for_it_touched_none(two: Two) -> None:
    two.paused_in_a()
    b = two.at(two.b)
    b.ok("task", "start", "Mine")
    b.ok("handoff", "pull")
    assert "as before" not in b.ok("undo")


def test_a_later_pause_of_the_same_task_is_not_counted_as_one_more(two: Two) -> None:
    a, b = two.at(two.a), two.taken_up_in_b()
    b.ok("pause-task", "further")
    b.ok("handoff", "push")
    a.ok("handoff", "pull")
    said = a.ok("status")
    assert "was paused again on another machine" in said
    assert "more paused" not in said
    assert "also" not in said


def test_what_came_is_put_back_and_taken_up_by_one_command(two: Two) -> None:
    two.paused_in_a()
    b = two.at(two.b)
    b.ok("handoff", "pull")
    assert json.loads(b.ok("resume-task", "--restore", "--json"))["restored"] == ["src/app.py"]
    assert two.b.read("src/app.py") == two.a.read("src/app.py")
    assert "doing" in b.ok("task", "list")
    b.ok("undo")
    assert "Paused on another machine" in b.ok("status")


def test_what_came_overwrites_no_work_here_and_both_ways_on_are_named(two: Two) -> None:
    two.paused_in_a()
    b = two.at(two.b)
    b.ok("handoff", "pull")
    two.b.write("src/app.py", "mine\n")
    ran = b("resume-task", "--restore", "--json")
    assert (ran.code, two.b.read("src/app.py"), (two.b.root / ".design").exists()) == (3, b"mine\n", False)
    for command in json.loads(ran.out)["hints"][0].partition(": ")[2].split(" && "):
        b.ok(*command.split()[1:])
    assert two.b.read("src/app.py") == two.a.read("src/app.py")


def test_the_files_of_a_checkpoint_that_came_are_found_wherever_they_are_asked_for(two: Two) -> None:
    b = two.taken_up_in_b()
    b.ok("resume-task", "--restore")
    assert "01  src/app.py:2: " in b.ok("checkpoint", "grep", "return 2", "--", "src")
    found = json.loads(b.ok("checkpoint", "diff", "1", "now", "--json"))
    assert (found["tree_a"]["kind"], found["files"], found["warnings"]) == ("saved", [], [])
    b.ok("pause-task")
    two.b.write("src/app.py", "broken\n")
    b.ok("pause-task")
    tried = json.loads(b.ok("checkpoint", "bisect", "--json", "--", "grep", "-q", "return 2", "src/app.py"))
    assert (tried["outcome"], [one["checkpoint"] for one in tried["suspects"]]) == ("found", [3])


def test_where_the_branch_did_not_come_every_way_on_that_is_named_can_be_gone(two: Two) -> None:
    two.a.git("switch", "-q", "-c", "feat")
    two.a.commit("Two", {"two.txt": "2\n"})
    two.paused_in_a()
    b = two.at(two.b)
    b.ok("handoff", "pull")
    ran = b("resume-task", "--restore", "--json")
    ways = [hint.partition(": ")[2] for hint in json.loads(ran.out)["hints"]]
    assert (ran.code, [way.split("&&")[0].split()[:2] for way in ways]) == (
        3,
        [["git", "switch"], *[["volon", "resume-task"]] * 3],
    )
    for command in ways[2].split(" && "):
        b.ok(*command.split()[1:])
    assert (two.b.root.parent / "shop-01/src/app.py").read_bytes() == two.a.read("src/app.py")
    found = {row["code"]: row["command"] for row in json.loads(b.ok("resume-task", "--json"))["findings"]}
    assert (found["branch.switched"], found["tree.lost"]) == (ways[0], f"{ways[0]} && volon resume-task --restore")
    two.b.git(*ways[0].split()[1:])
    b.ok("resume-task", "--restore")
    assert (two.b.read("src/app.py"), two.b.read("two.txt")) == (two.a.read("src/app.py"), b"2\n")


def test_an_undo_after_a_claim_says_that_the_claim_stays(two: Two) -> None:
    two.paused_in_a()
    a = two.at(two.a)
    a.ok("handoff", "claim")
    assert json.loads(a.ok("undo", "--json"))["warnings"] == [
        "TASK-20261119-001 is claimed: that is on the remote and stays; the way back: volon handoff release"
    ]
    assert json.loads(a.ok("undo", "--json"))["warnings"] == []


def test_what_was_learnt_of_claims_is_in_no_undos_way_and_stays(two: Two) -> None:
    two.paused_in_a()
    a, b = two.at(two.a), two.at(two.b)
    a.ok("handoff", "claim")
    b.ok("handoff", "pull")
    pulled = two.b.read(".git/volon/handoff.json")
    refused = b("handoff", "claim")
    assert (refused.code, two.b.read(".git/volon/handoff.json")) == (4, pulled)
    assert json.loads(b.ok("undo", "--json"))["warnings"] == []
    assert json.loads(b.ok("status", "--json"))["elsewhere"] == []
    b.ok("undo")
    a.ok("handoff", "release")
    b.ok("handoff", "claim")
    claimed = two.b.read(".git/volon/handoff.json")
    assert "volon handoff release" in json.loads(b.ok("undo", "--json"))["warnings"][0]
    assert json.loads(b.ok("status", "--json"))["elsewhere"] == []
    assert two.b.read(".git/volon/handoff.json") == claimed


def test_each_pull_can_be_undone_by_itself_and_brought_again(two: Two) -> None:
    two.paused_in_a()
    a, b = two.at(two.a), two.at(two.b)
    b.ok("handoff", "pull")
    a.ok("resume-task")
    a.ok("pause-task", "further")
    a.ok("handoff", "push")
    b.ok("handoff", "pull")
    for note in ("half way", "further", "half way"):
        b.ok("undo")
        assert json.loads(b.ok("resume-task", "--dry-run", "--json"))["note"] == note
    b.ok("undo", json.loads(b.ok("undo", "--list", "--json"))["operations"][-1]["op"])
    assert json.loads(b.ok("status", "--json"))["elsewhere"] == []


def test_taking_over_says_when_the_one_that_is_named_does_not_have_it(two: Two) -> None:
    two.paused_in_a()
    a, b = two.at(two.a), two.at(two.b)
    claimed = a.ok("handoff", "claim", "--take-over", "NOPE", "--json")
    assert json.loads(claimed)["warnings"] == ["Nobody had claimed it, so there was nothing to take over from NOPE."]
    b.ok("handoff", "pull")
    ran = b("handoff", "claim", "--take-over", "NOPE")
    assert (ran.code, "--take-over names NOPE, which does not have it" in ran.err) == (4, True)


def _rivals(machine: Machine, *words: str) -> list[str]:
    """The uids of the pauses on other machines that a command tells of, by the words that take them up."""
    warnings = json.loads(machine.ok(*words, "--json"))["warnings"]
    return [one.rpartition("--checkpoint ")[2] for one in warnings if "was paused on another machine as well" in one]


def test_a_third_clone_is_told_of_both_that_went_on_until_both_were_taken_up(two: Two) -> None:
    of_a, _ = two.both_went_on()
    cy = two.third()
    assert _rivals(cy, "handoff", "pull") == [of_a]
    assert _rivals(cy, "status") == [of_a]
    assert _rivals(cy, "resume-task") == [of_a]
    assert "what bo made of it" in cy.ok("brief")
    assert _rivals(cy, "status") == [of_a]
    cy.ok("pause-task", "looked at it")
    assert _rivals(cy, "status") == [of_a]
    assert "what ada made of it" in cy.ok("resume-task", "--checkpoint", of_a)
    assert _rivals(cy, "status") == []


def test_whichever_of_two_that_went_on_is_taken_up_first_the_other_is_still_told_of(two: Two) -> None:
    of_a, of_b = two.both_went_on()
    cy = two.third()
    cy.ok("handoff", "pull")
    assert _rivals(cy, "resume-task", "--checkpoint", of_a) == [of_b]
    cy.ok("pause-task", "looked at it")
    assert "what bo made of it" in cy.ok("resume-task", "--checkpoint", of_b)
    assert _rivals(cy, "status") == []


def test_a_third_clone_that_has_gone_on_with_one_is_told_of_the_other_when_that_comes(two: Two, tmp_path: Path) -> None:
    _, of_b = two.both_went_on()
    two.at(two.a).ok("handoff", "export", f"{tmp_path}/one.bundle")
    cy = two.third()
    cy.ok("handoff", "import", f"{tmp_path}/one.bundle")
    assert _rivals(cy, "resume-task") == []
    assert _rivals(cy, "handoff", "pull") == [of_b]
    assert _rivals(cy, "status") == [of_b]


def test_pauses_one_after_the_other_on_one_machine_are_no_rivals_for_another(two: Two) -> None:
    two.paused_in_a()
    a, b = two.at(two.a), two.at(two.b)
    for name in ("one", "two"):
        two.a.write(f"{name}.txt", name)
        a.ok("pause-task", name)
    a.ok("handoff", "push")
    assert _rivals(b, "handoff", "pull") == []
    assert _rivals(b, "resume-task") == []
    assert [one["number"] for one in json.loads(b.ok("checkpoint", "list", "--json"))["checkpoints"]] == [3, 1]


def test_where_two_checkpoints_have_a_number_every_command_that_is_named_says_which(two: Two) -> None:
    of_a, of_b = two.both_went_on()
    cy = two.third()
    cy.ok("handoff", "pull")
    cy.ok("resume-task", "--checkpoint", of_a)
    cy.ok("pause-task", "looked at it")
    found = json.loads(cy.ok("resume-task", "--checkpoint", of_b, "--json"))
    [lost] = [row for row in found["findings"] if row["code"] == "tree.lost"]
    assert (lost["command"], found["called"]) == (f"volon restore {of_b}", of_b)
    assert json.loads(cy.ok("status", "--json"))["next_command"] == f"volon restore {of_b}"
    listed = cy.ok("checkpoint", "list")
    assert (of_a in listed, of_b in listed, listed.count("01M7")) == (True, True, 2)
    shown = cy.ok("checkpoint", "show", of_a)
    assert (f"volon resume-task {of_a}" in shown, f"volon restore {of_a}" in shown) == (True, True)
    refused = json.loads(cy("restore", "2", "--json").out)
    assert [cause.split("; ")[1] for cause in refused["causes"]] == ["what ada made of it", "what bo made of it"]
    cy.ok(*lost["command"].split()[1:])
    assert "what ada made of it" in cy.ok("resume-task", of_a, "--dry-run")


def test_a_pause_that_came_under_another_name_was_edited_by_nobody(two: Two) -> None:
    of_a, of_b = two.both_went_on()
    cy = two.third()
    cy.ok("handoff", "pull")
    cy.ok("resume-task", "--checkpoint", of_a)
    cy.ok("pause-task", "looked at it")
    cy.ok("resume-task", "--checkpoint", of_b)
    assert "no checkpoint had" not in str(json.loads(cy.ok("pause-task", "on", "--json"))["warnings"])
