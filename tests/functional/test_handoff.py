"""Two machines: what is paused in one clone goes on in another, over a real bare repository."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.handoff import __main__ as races
from tests.support.machines import Two
from tests.support.repos import run_git

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import Ran

TASK = "TASK-20261119-001"
TOKEN = "ghp_" + "a1B2" * 10


@pytest.fixture
def two(tmp_path: Path) -> Two:
    return Two(tmp_path / "machines")


def as_json(ran: Ran) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ran.out)
    return found


def test_work_goes_from_machine_to_machine_and_back(two: Two) -> None:
    a, b = two.at(two.a), two.at(two.b)
    two.paused_in_a()
    assert "Paused" not in b.ok("status")
    assert "half way" in b.ok("handoff", "pull")
    seen = as_json(b("status", "--json"))
    assert (seen["state"], seen["elsewhere"][0]["came"]) == ("elsewhere", True)
    assert "Paused on another machine" in b.ok("status")
    resumed = as_json(b("resume-task", "--json"))
    assert (resumed["status"], resumed["note"], resumed["next_actions"]) == ("doing", "half way", ["pytest"])
    two.b.write("src/app.py", "def run():\n    return 3\n")
    b.ok("pause-task", "nearly there", "--next", "ship")
    b.ok("handoff", "push")
    a.ok("handoff", "pull")
    assert "was paused again on another machine" in a.ok("status")
    assert "was paused again on another machine" in a.ok("brief")
    back = as_json(a("resume-task", "--json"))
    assert (back["task_id"], back["note"], back["next_actions"]) == (TASK, "nearly there", ["ship"])
    assert [row["number"] for row in as_json(a("checkpoint", "list", "--json"))["checkpoints"]] == [2, 1]
    for volon in (a, b):
        assert volon("validate").code == 0
        assert volon("doctor").code == 0


def test_a_pause_that_went_on_elsewhere_is_not_said_to_fit(two: Two) -> None:
    """What is here is as it was left, and it is not where the work stands any more."""
    a, b = two.at(two.a), two.at(two.b)
    two.paused_in_a()
    assert "it still fits" in a.ok("status")
    b.ok("handoff", "pull")
    b.ok("resume-task", "--restore")
    b.ok("pause-task", "nearly there", "--next", "ship")
    b.ok("handoff", "push")
    a.ok("handoff", "pull")
    headline, fit, way, *_ = a.ok("status").splitlines()
    assert (TASK in headline, fit[:49], way) == (
        True,
        "  warn  it went on elsewhere: checkpoint 02, just",
        "Next: volon resume-task",
    )


def test_a_push_sends_refs_of_volon_only_and_sending_again_changes_nothing(two: Two) -> None:
    before = two.refs()
    two.paused_in_a()
    after = two.refs()
    assert {name: oid for name, oid in after.items() if not name.startswith("refs/volon/")} == before
    assert {name.split("/")[2] for name in after if name.startswith("refs/volon/")} == {"paused", "snap"}
    assert "already" in two.at(two.a).ok("handoff", "push")
    assert two.refs() == after


def test_a_pull_changes_no_file_no_branch_and_no_fetch_head(two: Two) -> None:
    two.paused_in_a()
    kept = {name: two.b.git(*words) for name, words in _LOOKS.items()}
    two.at(two.b).ok("handoff", "pull")
    assert {name: two.b.git(*words) for name, words in _LOOKS.items()} == kept
    assert not (two.b.root / ".git/FETCH_HEAD").exists()
    assert not (two.b.root / ".design").exists()
    assert "Nothing new" in two.at(two.b).ok("handoff", "pull")


_LOOKS = {
    "status": ("status", "--porcelain"),
    "branches": ("for-each-ref", "refs/heads", "refs/remotes", "refs/tags"),
    "reflog": ("reflog", "--all"),
    "config": ("config", "--list", "--local"),
}


def test_the_end_of_a_pause_travels_too(two: Two) -> None:
    a, b = two.at(two.a), two.taken_up_in_b()
    b.ok("handoff", "push")
    a.ok("handoff", "pull")
    assert "was resumed on another machine" in a.ok("status")


def test_an_undone_pull_is_as_if_nothing_had_come_and_the_next_one_brings_it_again(two: Two) -> None:
    b = two.at(two.b)
    two.paused_in_a()
    b.ok("handoff", "pull")
    b.ok("undo")
    assert as_json(b("status", "--json"))["elsewhere"] == []
    assert "half way" in b.ok("handoff", "pull")
    b.ok("resume-task")
    b.ok("undo")
    assert as_json(b("status", "--json"))["elsewhere"][0]["came"] is True
    assert as_json(b("resume-task", "--json"))["note"] == "half way"


def test_another_task_of_the_same_id_keeps_it_and_each_keeps_its_checkpoint(two: Two) -> None:
    b = two.at(two.b)
    two.b.write("notes.txt", "mine\n")
    b.ok("pause-task", "my own matter")
    mine = (two.b.root / f".volon/tasks/{TASK}.md").read_bytes()
    two.paused_in_a()
    b.ok("handoff", "pull")
    command = as_json(b("status", "--json"))["elsewhere"][0]["command"]
    assert "--checkpoint" in command
    result = as_json(b(*command.split()[1:], "--json"))
    assert (result["task_id"], result["note"]) == ("TASK-20261119-002", "half way")
    assert (two.b.root / f".volon/tasks/{TASK}.md").read_bytes() == mine
    assert len(list((two.b.root / ".design/checkpoints").iterdir())) == 2
    assert b("validate").code == 0, b("validate").out
    assert b("doctor").code == 0, b("doctor").out


def test_a_task_in_progress_here_is_not_overwritten_by_what_came(two: Two) -> None:
    a, b = two.at(two.a), two.taken_up_in_b()
    two.b.write("src/app.py", "b\n")
    b.ok("pause-task", "by b")
    b.ok("handoff", "push")
    a.ok("resume-task")
    before = (two.a.root / f".volon/tasks/{TASK}.md").read_bytes()
    a.ok("handoff", "pull")
    a.ok("resume-task", "--dry-run")
    assert (two.a.root / f".volon/tasks/{TASK}.md").read_bytes() == before
    assert as_json(a("status", "--json"))["state"] == "doing"


def test_a_secret_stops_a_push_and_no_object_of_the_remote_holds_it(two: Two) -> None:
    a = two.at(two.a)
    two.a.write("src/keys.py", f"KEY = '{TOKEN}'\n")
    two.a.git("add", "src/keys.py")
    two.a.git("commit", "-q", "-m", "Keys")
    two.a.write("src/app.py", "def run():\n    return 2\n")
    a.ok("pause-task", "half way")
    before = two.refs()
    ran = a("handoff", "push")
    assert ran.code == 1
    assert "src/keys.py: GitHub token" in ran.err
    assert TOKEN not in ran.err + ran.out
    assert two.refs() == before
    assert TOKEN not in every_object(two.hub)
    found = ran.err.split("GitHub token (")[1].split(")")[0]
    assert a("handoff", "export", str(two.hub.parent / "out.bundle")).code == 1
    assert not (two.hub.parent / "out.bundle").exists()
    ran = a("handoff", "push", "--allow-secret", "zzz")
    assert "--allow-secret zzz fits none of them" in " ".join(ran.err.split())
    assert found in ran.err
    a.ok("handoff", "push", "--allow-secret", found)
    assert TOKEN in every_object(two.hub)


def test_what_a_filter_keeps_out_of_commits_does_not_leave_as_it_is(two: Two) -> None:
    for name, words in (("clean", "tr a-y b-z"), ("smudge", "tr b-z a-y")):
        two.a.git("config", f"filter.crypt.{name}", words)
    two.a.commit("Keys", {".gitattributes": "keys filter=crypt\n", "keys": "private words\n"})
    assert two.a.git("show", "HEAD:keys") == "qsjwbuf xpset\n"
    two.a.git("push", "-q")
    a, before = two.at(two.a), two.refs()
    two.a.write("src/app.py", "edited\n")
    a.ok("pause-task", "half way")
    ran = a("handoff", "push")
    assert (ran.code, "keys: its bytes before the filter crypt (" in " ".join(ran.err.split())) == (1, True)
    assert two.refs() == before
    assert "private words" not in every_object(two.hub)
    a.ok("handoff", "push", "--allow-secret", ran.err.split("filter crypt (")[1].split(")")[0])
    assert "private words" in every_object(two.hub)


def test_a_lock_that_a_killed_git_left_on_the_remote_is_named(two: Two) -> None:
    two.paused_in_a()
    a = two.at(two.a)
    a.ok("handoff", "claim")
    a.ok("handoff", "release")
    ref = next(name for name in two.refs() if "/claim/" in name)
    (two.hub / f"{ref}.lock").touch()
    ran = a("handoff", "claim")
    assert (ran.code, f"{ref}.lock" in "".join(ran.err.split())) == (5, True)


def test_a_task_that_came_under_an_id_of_ours_is_not_mixed_up_with_it(two: Two) -> None:
    two.paused_in_a()
    b = two.at(two.b)
    two.b.write("mine", "mine\n")
    b.ok("pause-task", "my own")
    (two.b.root / "mine").unlink()
    command = json.loads(b.ok("handoff", "pull", "--json"))["next_command"]
    assert "--checkpoint" in command
    assert "paused again on another machine" not in b.ok("status")
    b.ok(*command.split()[1:], "--restore")
    assert two.b.read("src/app.py") == two.a.read("src/app.py")
    assert not (two.b.root / "mine").exists()


def every_object(hub: Path) -> str:
    """The content of every object that a repository has, reachable or not."""
    return run_git(hub, "cat-file", "--batch-all-objects", "--batch", "--unordered")


class TestClaims:
    def test_one_wins_and_the_other_is_told_who_and_when(self, two: Two) -> None:
        a, b = two.at(two.a), two.at(two.b)
        two.paused_in_a()
        b.ok("handoff", "pull")
        b.ok("handoff", "claim")
        ran = a("handoff", "claim")
        assert ran.code == 4
        assert "Bo <bo@example.org>" in ran.err
        assert "since 2026-" in ran.err
        assert "claimed by Bo" in a.ok("status")
        assert "claimed here" in b.ok("status")
        assert "Already claimed: " in b.ok("handoff", "claim")

    def test_a_release_lets_the_other_have_it(self, two: Two) -> None:
        a, b = two.at(two.a), two.at(two.b)
        two.paused_in_a()
        b.ok("handoff", "pull")
        assert b("handoff", "release").code == 10
        a.ok("handoff", "claim")
        assert b("handoff", "release").code == 4
        a.ok("handoff", "release")
        b.ok("handoff", "claim")
        history = run_git(two.hub, "log", "--format=%an %s", next(name for name in two.refs() if "/claim/" in name))
        assert history.splitlines() == [
            f"Bo volon: claim {TASK}",
            f"Ada volon: release {TASK}",
            f"Ada volon: claim {TASK}",
        ]

    def test_taking_over_names_the_clone_it_is_taken_from(self, two: Two) -> None:
        a, b = two.at(two.a), two.at(two.b)
        two.paused_in_a()
        a.ok("handoff", "claim")
        b.ok("handoff", "pull")
        assert b("handoff", "claim", "--take-over", "SOMEBODY").code == 4
        named = b("handoff", "claim").err.split("--take-over ")[1].split()[0]
        assert "taken from" in b.ok("handoff", "claim", "--take-over", named)
        assert a("handoff", "claim").code == 4

    def test_a_claim_says_nothing_of_the_machine(self, two: Two) -> None:
        two.paused_in_a()
        two.at(two.a).ok("handoff", "claim")
        said = run_git(two.hub, "cat-file", "commit", next(name for name in two.refs() if "/claim/" in name))
        assert os.uname().nodename not in said
        assert str(two.a.root) not in said


def test_one_file_does_what_a_remote_does(two: Two, tmp_path: Path) -> None:
    a, b = two.at(two.a), two.at(two.b)
    two.a.write("src/app.py", "def run():\n    return 2\n")
    a.ok("pause-task", "half way")
    file = tmp_path / "pause.bundle"
    assert "needs" in a.ok("handoff", "export", str(file))
    assert a("handoff", "export", str(file)).code == 5
    b.ok("handoff", "import", str(file))
    assert as_json(b("resume-task", "--json"))["note"] == "half way"
    assert two.refs().keys() == {"refs/heads/main"}


def test_what_is_no_such_file_is_not_blamed_on_missing_commits(two: Two, tmp_path: Path) -> None:
    a, b = two.at(two.a), two.at(two.b)
    assert "Hint: name a file that volon handoff export wrote\n" in b("handoff", "import", "README.md").err
    two.a.commit("Not pushed", {"src/app.py": "def run():\n    return 4\n"})
    two.a.git("update-ref", "refs/remotes/origin/main", "HEAD")
    two.a.write("src/app.py", "def run():\n    return 5\n")
    a.ok("pause-task", "half way")
    a.ok("handoff", "export", str(tmp_path / "x.bundle"))
    assert "Hint: bring the commits it builds on: git fetch\n" in b("handoff", "import", str(tmp_path / "x.bundle")).err


def test_what_goes_on_here_is_not_offered_there_without_a_word(two: Two) -> None:
    a = two.at(two.a)
    two.paused_in_a()
    a.ok("resume-task")
    assert f"{TASK} is not paused here; to go on with it there, first:" in a.ok("handoff", "push")


@pytest.mark.parametrize("words", [("push",), ("pull",), ("claim",), ("release",)])
def test_without_a_remote_or_with_one_that_is_gone_nothing_changes(two: Two, words: tuple[str, ...]) -> None:
    a = two.at(two.a)
    two.paused_in_a()
    a.ok("handoff", "claim")
    two.hub.rename(two.hub.with_name("gone.git"))
    before = sorted(path for path in two.a.root.rglob("*"))
    ran = a("handoff", *words)
    assert ran.code == 5
    assert "cannot be used; nothing was changed" in ran.err
    assert sorted(path for path in two.a.root.rglob("*")) == before
    two.a.git("remote", "remove", "origin")
    ran = a("handoff", *words)
    assert (ran.code, "There is no remote" in ran.err) == (5, True)


def test_a_server_that_hides_these_refs_is_named_as_the_reason(two: Two) -> None:
    run_git(two.hub, "config", "transfer.hideRefs", "refs/volon")
    two.a.write("src/app.py", "x\n")
    a = two.at(two.a)
    a.ok("pause-task", "half way")
    for words in (("push",), ("claim",)):
        ran = a("handoff", *words)
        assert (ran.code, "refuses" in ran.err, "hidden ref" in ran.err) == (5, True, True), ran.err


def test_dry_runs_change_nothing_here_and_nothing_there(two: Two) -> None:
    a, b = two.at(two.a), two.at(two.b)
    two.paused_in_a()
    before = two.refs()
    here = {
        path: path.stat().st_mtime_ns for root in (two.a.root, two.b.root) for path in root.rglob("*") if path.is_file()
    }
    a.ok("handoff", "push", "--dry-run")
    b.ok("handoff", "pull", "--dry-run")
    a.ok("handoff", "claim", "--dry-run")
    a.ok("handoff", "export", "--dry-run", str(two.hub.parent / "x"))
    assert two.refs() == before
    now = {
        path: path.stat().st_mtime_ns for root in (two.a.root, two.b.root) for path in root.rglob("*") if path.is_file()
    }
    assert now == here


def test_uncommitted_files_come_back_byte_for_byte_on_the_other_machine(two: Two) -> None:
    two.a.write("notes.txt", b"not known to git\r\n\xff")
    two.a.write("src/new.py", "x = 1\n")
    two.a.git("add", "src/new.py")
    two.paused_in_a()
    b = two.at(two.b)
    b.ok("handoff", "pull")
    b.ok("resume-task")
    b.ok("restore", "1", "--yes")
    for path in ("notes.txt", "src/new.py", "src/app.py"):
        assert two.b.read(path) == two.a.read(path)
    assert two.b.git("status", "--porcelain") == two.a.git("status", "--porcelain")


@pytest.mark.slow
def test_of_clones_that_claim_at_the_same_instant_one_wins_and_the_others_are_told_who() -> None:
    counts, wrong = races.run(8, 3)
    assert (counts["claims"], wrong) == (24, [])


def test_a_branch_that_was_only_fetched_is_made_by_the_command_that_is_named(two: Two) -> None:
    two.a.git("switch", "-q", "-c", "feat")
    two.a.git("push", "-q", "-u", "origin", "feat")
    two.paused_in_a()
    two.b.git("fetch", "-q")
    b = two.at(two.b)
    b.ok("handoff", "pull")
    found = as_json(b("resume-task", "--dry-run", "--json"))["findings"]
    command = next(row["command"] for row in found if row["code"] == "branch.switched")
    assert command == "git switch --track origin/feat"
    two.b.git(*command.split(" ")[1:])
    again = as_json(b("resume-task", "--json"))
    assert (again["status"], [row["code"] for row in again["findings"] if "branch" in row["code"]]) == ("doing", [])


@pytest.mark.parametrize("later", ["a", "b"])
def test_of_two_who_went_on_from_the_same_pause_each_is_told_and_can_take_up_the_others(two: Two, later: str) -> None:
    a, b = two.at(two.a), two.taken_up_in_b()
    two.b.write("src/app.py", "def run():\n    return 'b'\n")
    a.ok("resume-task")
    clock = "2026-11-19T10:30:00Z"
    for name, machine in sorted({"a": a, "b": b}.items(), key=lambda one: one[0] == later):
        assert as_json(machine("status", "--json"))["warnings"] == []
        env = {"VOLON_FROZEN_NOW": clock} if name == later else {}
        assert machine("pause-task", f"from {name}", env=env).code == 0
    b.ok("handoff", "push")
    pulled, said = as_json(a("handoff", "pull", "--json")), as_json(a("status", "--json"))
    assert (len(pulled["warnings"]), pulled["next_command"]) == (1, "volon status")
    assert pulled["warnings"] == said["warnings"]
    assert (said["state"], said["next_command"]) == ("paused", "volon resume-task")
    command = said["warnings"][0].rpartition("that one: ")[2].split(" ")[1:]
    for taken, note in ((["resume-task"], "from a"), (command, "from b")):
        assert as_json(a(*taken, "--force", "--json"))["note"] == note
        a.ok("undo")
        assert as_json(a("status", "--json"))["warnings"] == said["warnings"]
    assert as_json(a("resume-task", "--json"))["note"] == "from a"
    a.ok("undo")
    a.ok(*command, "--force")
    a.ok("restore", command[-1], "--yes")
    assert (two.a.root / "src/app.py").read_bytes() == (two.b.root / "src/app.py").read_bytes()
    assert as_json(a("status", "--json"))["warnings"] == []
    notes = [row["note"] for row in as_json(a("checkpoint", "list", "--json"))["checkpoints"]]
    assert sorted(notes) == ["from a", "from b", "half way"]
    assert a("doctor").code == a("validate").code == 0
    a.ok("pause-task", "both")
    a.ok("handoff", "push")
    assert as_json(b("handoff", "pull", "--json"))["warnings"] == []
    assert as_json(b("resume-task", "--json"))["note"] == "both"


def test_a_pause_there_is_told_of_and_reached_whatever_was_done_with_the_task_here(two: Two) -> None:
    a, b = two.at(two.a), two.taken_up_in_b()
    b.ok("pause-task", "from b")
    b.ok("handoff", "push")
    a.ok("resume-task")
    pulled, said = as_json(a("handoff", "pull", "--json")), as_json(a("status", "--json"))
    assert said["state"] == "doing"
    assert pulled["warnings"] == said["warnings"]
    assert "that one: when this is paused, volon resume-task --checkpoint " in said["warnings"][0]
    a.ok("task", "done", TASK)
    row = as_json(a("status", "--json"))["elsewhere"][0]
    assert (row["came"], row["command"]) == (True, said["warnings"][0].rpartition("when this is paused, ")[2])
    assert as_json(a(*row["command"].split(" ")[1:], "--json"))["note"] == "from b"
    assert as_json(a("status", "--json"))["warnings"] == []
