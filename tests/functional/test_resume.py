"""What a resume says and does, and what stops it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.digests import user_digest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
LATER = {"VOLON_FROZEN_NOW": "2026-11-20T02:00:00Z"}


def codes(out: str) -> list[str]:
    """Return the finding codes of a resume's JSON."""
    return [finding["code"] for finding in json.loads(out)["findings"]]


def test_a_resume_sets_doing_clears_the_pointers_and_touches_no_user_file(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way")
    before = user_digest(repo.root)
    result = json.loads(volon.ok("resume-task", "--json"))
    assert (result["status"], result["task_id"]) == ("doing", TASK)
    assert user_digest(repo.root) == before
    assert "status: doing\n" in repo.read(f".volon/tasks/{TASK}.md").decode()
    assert "paused_task_id" not in repo.read(".volon/bootstrap.md").decode()
    assert 'resumed_at: "2026-11-19' in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()


def test_of_many_key_files_that_nobody_named_the_others_are_counted(repo: RepoBuilder, volon: VolonInProcess) -> None:
    names = [f"f{number}" for number in range(8)]
    repo.commit("Base", dict.fromkeys(names, "1\n"))
    for name in (*names, "untracked"):
        repo.write(name, "2\n")
    volon.ok("pause-task", "half way")
    result = json.loads(volon.ok("resume-task", "--dry-run", "--json"))
    assert (len(result["key_files"]), result["key_files_more"]) == (5, 3)
    assert "f4: modified … 3 more" in " ".join(volon.ok("resume-task").split())
    volon.ok("pause-task", "again", "--key-file", "f1: the heart of it")
    assert "more" not in volon.ok("resume-task", "--dry-run").partition("Key files")[2].partition("Next")[0]


def test_a_dry_run_shows_the_same_findings_and_changes_nothing(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way")
    repo.commit("More", {"more.txt": "more\n"})
    dry = volon.ok("resume-task", "--dry-run", "--json")
    assert "status: paused\n" in repo.read(f".volon/tasks/{TASK}.md").decode()
    assert codes(dry) == codes(volon.ok("resume-task", "--json"))
    assert "head.ahead" in codes(dry)


def test_a_staged_version_that_was_dropped_is_told_with_the_command_that_shows_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", "edited\n")
    blob = repo.git("rev-parse", ":src/app.py").strip()
    volon.ok("pause-task", "half way", "--no-snapshot")
    assert codes(volon.ok("resume-task", "--dry-run", "--json")) == ["head.same", "tree.same"]
    repo.git("reset", "-q")
    findings = json.loads(volon.ok("resume-task", "--dry-run", "--json"))["findings"]
    assert [finding["code"] for finding in findings] == ["head.same", "tree.lost"]
    assert findings[1]["detail"] == [
        "staged version of src/app.py is no longer in the index; the bytes are in git's object store"
    ]
    assert repo.git(*findings[1]["command"].split()[1:]) == "staged\n"
    assert repo.git("cat-file", "-t", blob) == "blob\n"
    repo.git("prune", "--expire=now")
    findings = json.loads(volon.ok("resume-task", "--json"))["findings"]
    assert findings[1]["detail"] == [
        f"staged version of src/app.py is no longer in the index; git has its {blob[:7]} no more"
    ]


def test_a_pause_after_staging_something_else_is_a_new_one(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "edited\n")
    volon.ok("pause-task", "half way")
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", "edited\n")
    assert json.loads(volon.ok("pause-task", "--json"))["checkpoint"] == 2
    assert json.loads(volon.ok("pause-task", "--json"))["checkpoint"] == 2


def test_strict_turns_a_warning_into_a_stop_and_nothing_is_written(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way")
    repo.commit("More", {"more.txt": "more\n"})
    ran = volon("resume-task", "--strict")
    assert ran.code == 3
    assert "status: paused\n" in repo.read(f".volon/tasks/{TASK}.md").decode()
    assert volon("resume-task").code == 0


def test_an_external_blocker_stops_until_it_is_unblocked(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "waiting", "--blocker", "API key from ops")
    ran = volon("resume-task")
    assert ran.code == 3
    assert "API key from ops" in ran.out
    assert f"volon task unblock {TASK}" in ran.out
    assert "status: paused\n" in repo.read(f".volon/tasks/{TASK}.md").decode()
    volon.ok("task", "unblock", TASK)
    assert volon("resume-task").code == 0


def test_force_goes_past_a_blocker_and_the_run_log_says_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "waiting", "--blocker", "API key from ops")
    assert volon("resume-task", "--force").code == 0
    lines = [json.loads(line) for line in repo.read(".volon/logs/run.jsonl").splitlines()]
    assert lines[-1]["forced"] is True
    assert "blocker:blocker.external" in lines[-1]["findings"]


def test_a_note_comes_first_among_the_next_actions_and_is_recorded(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way", "--next", "run the tests")
    result = json.loads(volon.ok("resume-task", "look at the log first", "--json"))
    assert result["next_actions"] == ["look at the log first", "run the tests"]
    assert "look at the log first" in repo.read(f".volon/tasks/{TASK}.md").decode()


def test_an_id_as_the_first_word_means_that_task_and_never_becomes_a_note(volon: VolonInProcess) -> None:
    first, last = "TASK-20261119-001", "TASK-20261119-002"
    for title in ("One", "Two"):
        volon.ok("task", "start", title)
        volon.ok("pause-task", "--next", f"finish {title.lower()}")
    seen = json.loads(volon.ok("resume", first.lower(), "tests", "first", "--dry-run", "--json"))
    assert (seen["task_id"], seen["next_actions"]) == (first, ["tests first", "finish one"])
    seen = json.loads(volon.ok("resume-task", "--json", first))
    assert (seen["task_id"], seen["next_actions"]) == (first, ["finish one"])
    assert volon("resume-task", first, "--task", last).code == volon("resume-task", "TASK-20261119-009").code == 2
    assert json.loads(volon.ok("resume-task", f"{last} came first", "--dry-run", "--json"))["next_actions"][0][0] == "T"


def test_resume_n_works_when_nothing_is_paused_and_makes_a_detour(volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one", "--plan", "first plan")
    volon.ok("resume-task")
    volon.ok("pause-task", "two", "--plan", "second plan")
    volon.ok("resume-task")
    result = json.loads(volon.ok("resume-task", "1", "--json"))
    assert (result["resumed_from"], result["plan"]) == (1, "first plan")
    volon.ok("pause-task", "three")
    rows = json.loads(volon.ok("checkpoint", "list", "--json"))["checkpoints"]
    assert [(row["number"], row["parent"]) for row in rows] == [(3, 1), (2, 1), (1, None)]
    assert [(row["column"], row["joins"]) for row in rows] == [(0, []), (1, []), (0, [1])]
    assert "●─╯" in volon.ok("checkpoint", "list")


def test_an_unknown_checkpoint_and_a_done_task_are_wrong_usage(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    assert volon("resume-task", "7").code == 2
    volon.ok("task", "done", TASK)
    assert volon("resume-task", "--task", TASK).code == 2
    assert volon("resume-task").code == 10
    assert (repo.root / f".volon/pcc/tasks/{TASK}.md").exists()


def test_a_pointer_to_a_done_task_is_reported_and_not_followed(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    task = repo.root / f".volon/tasks/{TASK}.md"
    task.write_text(task.read_text().replace("status: paused", "status: done"))
    ran = volon("resume-task")
    assert ran.code == 10
    volon.ok("task", "create", "Another")
    ran = volon("resume-task")
    assert ran.code == 0
    assert "which is done; it was not followed" in " ".join(ran.out.split())


def test_work_after_the_pause_is_named(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way")
    repo.write("src/app.py", "changed again\n")
    repo.write("later.txt", "new\n")
    result = json.loads(volon.ok("resume-task", "--json"))
    assert result["work_after_pause"] == ["later.txt", "src/app.py"]
    assert "tree.dirty" in codes(volon.ok("resume-task", "1", "--dry-run", "--json"))


def test_a_hand_broken_capsule_is_named_with_its_line_and_never_replaced(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "half way")
    capsule = repo.root / f".volon/pcc/tasks/{TASK}.md"
    broken = capsule.read_text().replace("paused_commit:", "paused_commit: [", 1)
    capsule.write_text(broken)
    for command in (("resume-task",), ("pause-task", "again"), ("resume-task", "--force")):
        ran = volon(*command)
        assert ran.code == 9, ran
        assert f".volon/pcc/tasks/{TASK}.md:" in ran.err
    assert capsule.read_text() == broken


def test_conflict_markers_exit_7_and_name_the_line(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way")
    capsule = repo.root / f".volon/pcc/tasks/{TASK}.md"
    text = capsule.read_text()
    capsule.write_text(
        text.replace("mode: soft\n", "<<<<<<< ours\nmode: soft\n=======\nmode: restart\n>>>>>>> theirs\n")
    )
    ran = volon("resume-task", "--force")
    assert ran.code == 7
    assert f".volon/pcc/tasks/{TASK}.md:" in ran.err


def test_a_tampered_checkpoint_stops_and_cannot_be_forced(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "half way")
    path = next((repo.root / ".design/checkpoints").iterdir())
    path.chmod(0o644)
    path.write_text(path.read_text().replace("half way", "all done"))
    ran = volon("resume-task", "--force", "--json")
    assert ran.code == 3
    assert "checkpoint.tampered" in codes(ran.out)


def test_a_task_without_a_capsule_gets_its_actions_from_the_acceptance(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "create", "Write docs", "--accept", "README is true", "--accept", "examples run")
    result = json.loads(volon.ok("resume-task", "--json"))
    assert "capsule.missing" in [finding["code"] for finding in result["findings"]]
    assert result["next_actions"] == ["README is true", "examples run"]
    assert repo.head() == result["paused_commit"] or result["paused_commit"] is None


def test_continue_shows_the_next_actions_only(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way", "--plan", "the long plan", "--next", "run the tests")
    out = volon.ok("continue", **LATER)
    assert "1. run the tests" in out
    assert "the long plan" not in out
    assert "16 h ago" in out


def test_a_capsule_somebody_edited_is_kept_when_a_checkpoint_takes_its_place(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    path = f".volon/pcc/tasks/{TASK}.md"
    volon.ok("pause-task", "one")
    volon.ok("pause-task", "two")
    assert json.loads(volon.ok("resume-task", "1", "--json"))["warnings"] == []
    volon.ok("pause-task", "three")
    written = repo.read(path) + b"\nPRECIOUS\n"
    repo.write(path, written)
    warnings = json.loads(volon.ok("resume-task", "1", "--json"))["warnings"]
    assert len(warnings) == 1
    assert [kept.read_bytes() for kept in (repo.root / ".git/volon/corrupt").iterdir()] == [written]


def test_saved_files_that_are_not_here_are_told_until_they_are(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """The resume is not the last to say so: a status and a brief do, until the files are restored or paused anew."""

    def told() -> tuple[str, ...]:
        seen = json.loads(volon.ok("status", "--json"))
        return (*(row["code"] for row in seen["findings"]), seen["next_command"])

    silent = ('volon pause-task "where you are"',)
    repo.write("src/app.py", "changed\n")
    repo.write("new.txt", "new\n")
    volon.ok("pause-task", "half way")
    (repo.root / "new.txt").unlink()
    volon.ok("resume-task")
    assert told() == ("tree.lost", "volon restore 01")
    assert volon.ok("status").splitlines()[1:] == [
        "  warn  files: 1 uncommitted change of the pause is not in the tree",
        "Next: volon restore 01",
    ]
    assert "is not in the tree [volon restore 01]\n" in volon.ok("brief")
    repo.write("other.txt", "another\n")
    assert volon.ok("status").splitlines()[1].endswith("   (1 newer)")
    volon.ok("restore", "01")
    assert told() == silent
    repo.commit("Done", {"new.txt": "new\n", "src/app.py": "changed\n"})
    assert told() == silent
    repo.commit("Went on", {"new.txt": "new\nand more\n"})
    assert told() == silent
    repo.git("reset", "-q", "--hard", "HEAD~2")
    assert told() == ("tree.lost", "volon restore 01")
    volon.ok("pause-task", "without them")
    volon.ok("resume-task")
    assert told() == silent


def test_what_was_noted_and_not_saved_is_not_asked_back_of_work_in_progress(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "half way", "--no-snapshot")
    repo.git("checkout", "-q", "--", ".")
    volon.ok("resume-task")
    assert json.loads(volon.ok("status", "--json"))["findings"] == []


def test_what_there_was_at_a_pause_in_a_rebase_is_not_called_made_since_when_it_is_aborted(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    """The branch's own commit touches the same line as the one it was to be put onto."""
    repo.git("switch", "-q", "-c", "side")
    side = repo.commit("Side", {"src/app.py": "side\n"})[:7]
    repo.git("switch", "-q", "main")
    repo.commit("Seven", {"src/app.py": "seven\n"})
    repo.git("switch", "-q", "side")
    repo.git("rebase", "-q", "main", check=False)
    volon.ok("pause-task", "mid-rebase")
    repo.git("rebase", "--abort")
    said = " ".join(volon.ok("resume-task", "--dry-run").split())
    assert "rewritten" not in said
    assert "committed since" not in said
    assert f"{side} and the paused" in said
    assert "1 commit of before the pause here, 1 paused commit not here; the rebase of the pause is over" in said
    assert "src/app.py: not as it was" in said
    volon.ok("restore", "1", "--path", "src/app.py", "--yes")
    assert b"<<<<<<<" in repo.read("src/app.py")
    repo.write("README.md", "# Other\n")
    repo.git("commit", "-qm", "Gone on", "--", "README.md")
    said = " ".join(volon.ok("resume-task", "--dry-run").split())
    assert "1 new commit and 1 commit of before the pause here" in said


def test_no_way_on_is_named_that_cannot_be_gone_or_is_of_no_use(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Without a commit nothing merges; and what a rebase of git's holds in a detached HEAD nobody has to keep."""
    repo.git("switch", "-q", "-c", "side")
    repo.commit("Side", {"src/app.py": "side\n"})
    repo.git("switch", "-q", "-c", "work", "main")
    repo.write("src/app.py", "work\n")
    volon.ok("pause-task", "half")
    repo.git("commit", "-qam", "Work")
    repo.git("switch", "-q", "side")
    repo.git("rebase", "-q", "work", check=False)
    found = json.loads(volon("resume-task", "--dry-run", "--json").out)["findings"]
    assert "branch.detached" in {row["code"] for row in found}
    assert not any("keep-" in (row["command"] or "") for row in found)
    repo.git("rebase", "--abort")
    repo.git("switch", "-q", "--orphan", "empty")
    hints = json.loads(volon("resume-task", "--restore", "--json").out)["hints"]
    assert any("--worktree" in hint for hint in hints)
    assert not any("--onto HEAD" in hint for hint in hints)


def test_the_checkpoint_is_believed_of_the_pause_and_not_an_edited_capsule(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "half way", "--next", "n")
    path = f".volon/pcc/tasks/{TASK}.md"
    text = repo.read(path).decode()
    repo.write(path, text.replace(repo.head(), f"{1:040}").replace("branch: main", "branch: nowhere"))
    stopped = volon("resume-task", "--dry-run", "--json")
    assert {one["code"] for one in json.loads(stopped.out)["findings"]}.isdisjoint({"head.missing", "branch.deleted"})
    assert "volon resume-task --checkpoint " in " ".join(volon("validate").out.split())
    repo.write(path, repo.read(path).replace(b"\nuid:", b"\nexternal: [branch]\nuid:"))
    marked = volon("resume-task", "--dry-run", "--json")
    assert "branch.deleted" in {one["code"] for one in json.loads(marked.out)["findings"]}
