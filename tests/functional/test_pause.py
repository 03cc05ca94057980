"""What a pause writes, what it never touches, and what it refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.digests import user_digest
from volon.model.records.capsule import parse_capsule
from volon.model.records.checkpoint import parse_checkpoint
from volon.model.syntax.frontmatter import Document

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"


def test_a_pause_leaves_worktree_index_head_refs_and_reflogs_as_they_were(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("src/app.py", "and changed again\n")
    repo.write("new.txt", "untracked\n")
    before = user_digest(repo.root)
    volon.ok("pause-task", "in the middle")
    assert user_digest(repo.root) == before


def test_every_record_of_a_pause_is_there_and_agrees(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    paused = json.loads(volon.ok("pause-task", "restart", "half way", "--json"))
    assert paused["checkpoint"] == 1
    assert paused["mode"] == "restart"
    assert paused["paused_commit"] == repo.head()
    assert paused["noted"] == {"modified": 1}
    task = repo.read(f".volon/tasks/{TASK}.md").decode()
    assert "status: paused\n" in task
    assert "prior_status: doing\n" in task
    assert f"paused_task_id: {TASK}\n" in repo.read(".volon/bootstrap.md").decode()
    assert "01-work-2026-11-19.md" in repo.read(".design/HANDOFF.md").decode()
    capsule = repo.read(f".volon/pcc/tasks/{TASK}.md").decode()
    assert capsule in repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    assert volon("validate").code == 0


def test_the_next_checkpoint_has_the_last_one_as_parent_and_never_rewrites_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "one")
    first = repo.read(".design/checkpoints/01-work-2026-11-19.md")
    volon.ok("resume-task")
    volon.ok("pause-task", "two")
    assert repo.read(".design/checkpoints/01-work-2026-11-19.md") == first
    assert "parent: 1\n" in repo.read(".design/checkpoints/02-work-2026-11-19.md").decode()


def test_a_second_pause_with_nothing_new_writes_nothing(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    again = volon("pause-task")
    assert again.code == 0
    assert again.out.startswith(f"Already paused: {TASK} at checkpoint 01")
    assert [path.name for path in (repo.root / ".design/checkpoints").iterdir()] == ["01-work-2026-11-19.md"]


def test_a_second_pause_keeps_what_was_not_said_again(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one", "--plan", "Try jitter", "--next", "run the tests", "--question", "Which limit?")
    volon.ok("pause-task", "two")
    capsule = repo.read(f".volon/pcc/tasks/{TASK}.md").decode()
    assert "Try jitter" in capsule
    assert "1. run the tests" in capsule
    assert "Which limit?" in capsule


def test_the_advice_to_add_a_next_action_keeps_the_note(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert 'volon pause-task --next "…"' in volon("pause-task", "half way, one test red").out
    again = volon.ok("pause-task", "--next", "make it green")
    assert "  note       half way, one test red\n" in again
    volon.ok("resume-task")
    assert "(derived)" in volon.ok("pause-task"), "after a resume the old note says nothing about now"
    repo.write("src/app.py", "changed\n")
    assert "changing src/app.py" in volon.ok("pause-task"), "what was derived is derived anew"


def test_a_note_with_markup_quotes_and_fences_comes_back_as_it_was(volon: VolonInProcess) -> None:
    note = 'a "quoted" --- note: [bold]#1[/] `x` — 日本 🎉'
    volon.ok("pause-task", "soft", note)
    resumed = json.loads(volon.ok("resume-task", "--json"))
    assert resumed["note"] == note


def test_a_secret_never_reaches_the_records(repo: RepoBuilder, volon: VolonInProcess) -> None:
    secret = "ghp_" + "a1B2" * 9
    ran = volon("pause-task", f"token {secret} works", "--plan", f"use {secret}")
    assert ran.code == 0
    written = [path for top in (".volon", ".design") for path in (repo.root / top).rglob("*") if path.is_file()]
    assert written
    assert not [path for path in written if secret in path.read_text()]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (("pause-task", "restrat"), "close to the mode 'restart'"),
        (("pause-task", "x", "--next", "1", "--next", "2", "--next", "3", "--next", "4"), "at most 3"),
        (("pause-task", "x", "--confidence", "maybe"), "high, medium, low"),
        (("pause-task", "x", "--cmd", "pytest"), "says no outcome"),
        (("pause-task", "x", "--tokens", "many"), "USED/LIMIT"),
        (("pause-task", "x", "--task", "TASK-20261119-009"), "There is no task"),
        (("pause-task", "x", "--task", "../../etc/passwd"), "no task id"),
        (("pause-task", "x", "--from", "nowhere.json"), "cannot be read"),
    ],
)
def test_wrong_usage_exits_2_says_what_and_changes_nothing(
    repo: RepoBuilder, volon: VolonInProcess, argv: tuple[str, ...], said: str
) -> None:
    ran = volon(*argv)
    assert ran.code == 2
    assert said in " ".join(ran.err.split())
    assert not (repo.root / ".volon").exists()


def test_a_request_can_come_as_json_and_the_command_line_wins(repo: RepoBuilder, volon: VolonInProcess) -> None:
    request = {"note": "from json", "plan": "the plan", "next_actions": ["one", "two"], "confidence": "low"}
    ran = volon("pause-task", "from the shell", "--from", "-", "--json", stdin=json.dumps(request))
    assert ran.code == 0, ran.err
    result = json.loads(ran.out)
    assert (result["note"], result["next_actions"]) == ("from the shell", ["one", "two"])
    assert "confidence: low\n" in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()


def test_commit_state_commits_volons_own_files_and_nothing_else(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    repo.write("other.txt", "untracked\n")
    before, status = repo.head(), repo.git("status", "--porcelain")
    paused = json.loads(volon.ok("pause-task", "with state", "--commit-state", "--json"))
    assert paused["paused_commit"] == before
    assert repo.head() == paused["state_commit"]
    assert repo.git("rev-parse", "HEAD^").strip() == before
    touched = repo.git("diff-tree", "-r", "--name-only", "--no-commit-id", "HEAD").split()
    assert touched
    assert all(path.startswith((".volon/", ".design/")) for path in touched)
    assert not any(path.startswith(".volon/logs/") for path in touched)
    assert repo.git("status", "--porcelain") == status
    findings = json.loads(volon.ok("resume-task", "--dry-run", "--json"))["findings"]
    assert "head.state-only" in [finding["code"] for finding in findings]


def test_a_state_md_that_cannot_be_understood_never_stops_a_pause(repo: RepoBuilder, volon: VolonInProcess) -> None:
    stub = b"<paused>\nrecorded: now\n</paused>\n"
    repo.write(".design/STATE.md", stub)
    ran = volon("pause-task", "one")
    assert ran.code == 0
    assert ".design/STATE.md" in ran.out
    assert volon("resume-task").code == 0
    assert repo.read(".design/STATE.md") == stub


def test_the_state_md_of_the_original_tool_changes_in_its_status_and_stamp_only(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    state = (
        "---\npipeline_state_version: 1.0\nstage: design\ncycle: c1\nwave: 2\n"
        "started_at: 2026-01-01T00:00:00Z\nlast_checkpoint: 2026-01-01T00:00:00Z\n---\n\n"
        "<position>\nstage: design\nwave: 2\ntask_progress: 3/7\nstatus: in_progress\n</position>\n\n"
        "<own>\nkept: yes\n</own>\n\n<blockers>\n</blockers>\n\n<timestamps>\nbrief_at: ~\n</timestamps>\n"
    )
    repo.write(".design/STATE.md", state)
    volon.ok("pause-task", "mid design")
    paused = repo.read(".design/STATE.md").decode()
    assert "status: paused:in_progress\n" in paused
    assert "stage: design\nwave: 2\ntask_progress: 3/7\n" in paused
    assert "<own>\nkept: yes\n</own>" in paused
    assert (repo.root / ".design/checkpoints/01-design-2026-11-19.md").exists()
    volon.ok("resume-task")
    assert "\nstatus: in_progress\n" in repo.read(".design/STATE.md").decode()


def test_commit_state_refuses_while_another_git_holds_the_index(repo: RepoBuilder, volon: VolonInProcess) -> None:
    (repo.root / ".git/index.lock").touch()
    ran = volon("pause-task", "one", "--commit-state")
    assert ran.code == 4
    assert not (repo.root / ".volon").exists()
    assert (repo.root / ".git/index.lock").exists()


def test_when_the_branch_cannot_move_the_index_is_as_it_was_and_the_pause_stands(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write("src/app.py", "staged\n")
    repo.git("add", "src/app.py")
    before = repo.git("ls-files", "-s")
    (repo.root / ".git/refs/heads/main.lock").touch()
    ran = volon("pause-task", "one", "--commit-state")
    assert ran.code == 1
    assert "The pause is safe" in " ".join(ran.err.split())
    assert repo.git("ls-files", "-s") == before
    assert volon("status").code == 0
    (repo.root / ".git/refs/heads/main.lock").unlink()
    assert volon("pause-task", "two", "--commit-state").code == 0
    assert repo.git("status", "--porcelain") == "M  src/app.py\n"


def test_what_the_capsule_has_no_room_for_stands_in_the_checkpoint_in_full(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    def words(letter: str, count: int) -> str:
        return " ".join(f"{letter}{number}" for number in range(count))

    plan = "    indented\n" + words("p", 600) + "\n## no heading"
    paused = json.loads(
        volon.ok(
            "pause-task",
            words("n", 900),
            *("--plan", plan, "--goal", words("g", 600), "--question", words("q", 100), "--blocker", words("b", 100)),
            *("--next", words("a", 300), "--cmd", f"{words('c', 90)} => {words('o', 90)}"),
            *("--key-file", f"src/app.py: {words('k', 90)}", "--summary", words("s", 900), "--json"),
        )
    )
    assert any(
        line.startswith("The capsule was shortened to 400 words (note, summary, goal, plan, ")
        and line.endswith("); checkpoint 01 has everything.")
        for line in paused["warnings"]
    )
    text = repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    full = text.partition("\n## In full\n")[2]
    assert plan in full
    for last in ("n899", "g599", "q99", "b99", "a299", "c89", "o89", "k89", "s899"):
        assert f"{last}\n" in full or f"{last} " in full, last
    assert volon("validate").code == 0
    volon.ok("pause-task", "a second look")
    assert plan in repo.read(".design/checkpoints/02-work-2026-11-19.md").decode()


@pytest.mark.parametrize(
    ("words", "clipped"),
    [
        (("n " * 1500, "--summary", "short"), "note was"),
        (("short", "--summary", "s " * 1500), "summary was"),
        (("n " * 1500, "--summary", "s " * 1500), "note and summary were"),
    ],
)
def test_what_was_clipped_is_named(words: tuple[str, ...], clipped: str, volon: VolonInProcess) -> None:
    warnings = json.loads(volon.ok("pause-task", *words, "--next", "go on", "--json"))["warnings"]
    assert warnings == [f"In the capsule the {clipped} clipped; checkpoint 01 has all of it."]


def test_a_pause_that_fits_has_nothing_in_full(repo: RepoBuilder, volon: VolonInProcess) -> None:
    paused = json.loads(volon.ok("pause-task", "short", "--plan", "    indented", "--next", "go on", "--json"))
    assert paused["warnings"] == []
    assert "In full" not in repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    assert "\n    indented\n" in repo.read(f".volon/pcc/tasks/{TASK}.md").decode()


def test_a_very_long_title_or_note_is_clipped_and_kept_in_full(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "t" * 99_999 + "!")
    task = repo.read(f".volon/tasks/{TASK}.md").decode()
    assert f"\ntitle: {'t' * 199}…\n" in task.replace('"', "")
    assert "t" * 99_999 + "!" in task
    note = "n " * 9_999 + "!"
    volon.ok("pause-task", note)
    assert note in repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    assert volon("validate").code == 0
    assert volon("pause-task", "n" * 20_001).code == 2


def test_token_usage_is_written_down_and_a_high_one_is_said(repo: RepoBuilder, volon: VolonInProcess) -> None:
    low = volon("pause-task", "one", "--tokens", "85000/200000")
    assert "token budget" not in low.out
    assert "85000/200000" in repo.read(".design/checkpoints/01-work-2026-11-19.md").decode()
    high = volon("pause-task", "two", "--tokens", "150,000/200,000")
    assert "75% of the token budget" in high.out


def test_what_a_person_writes_into_a_capsule_outlives_the_next_pauses(repo: RepoBuilder, volon: VolonInProcess) -> None:
    path = f".volon/pcc/tasks/{TASK}.md"
    volon.ok("pause-task", "one", "--next", "go on")
    written = repo.read(path).decode() + "TEXT AT THE END\n\n## My findings\n\n```\n## PRECIOUS\n```\n"
    repo.write(path, written)
    volon.ok("resume-task")
    warnings = json.loads(volon.ok("pause-task", "two", "--next", "go on", "--json"))["warnings"]
    assert warnings == ["The capsule held what no checkpoint had; checkpoint 02 keeps it whole."]
    kept = parse_checkpoint(Document.parse(repo.read(".design/checkpoints/02-work-2026-11-19.md"), "x")).full
    assert kept["overwritten"].partition("\n## Evidence")[2] == written.rstrip("\n").partition("\n## Evidence")[2]
    for again in ("three", "four"):
        volon.ok("resume-task")
        assert json.loads(volon.ok("pause-task", again, "--next", "go on", "--json"))["warnings"] == []
        assert repo.read(path).decode().endswith("\n## My findings\n\n```\n## PRECIOUS\n```\n")
    assert volon("validate").code == 0


def test_a_section_of_a_persons_own_that_has_no_room_in_the_capsule_is_whole_in_the_checkpoint(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    path = f".volon/pcc/tasks/{TASK}.md"
    volon.ok("pause-task", "one")
    repo.write(path, repo.read(path) + b"\r\n## Mine\r\n" + b"word " * 390 + b"END\r\n\r\n## Small\r\n\r\nkept\r\n")
    volon.ok("pause-task", "two")
    assert repo.read(path).endswith(b"\n## Small\n\nkept\n")
    assert b"## Mine" not in repo.read(path)
    assert b"word END\n" in repo.read(".design/checkpoints/02-work-2026-11-19.md")
    assert volon("validate").code == 0


def test_a_secret_a_person_wrote_into_a_capsule_is_not_copied_into_a_checkpoint(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    path = f".volon/pcc/tasks/{TASK}.md"
    secret = "ghp_" + "a1B2" * 9
    volon.ok("pause-task", "one")
    repo.write(path, repo.read(path).decode() + f"\n## Mine\n\ntoken {secret}\n")
    warnings = json.loads(volon.ok("pause-task", "two", "--json"))["warnings"]
    assert any(warning.startswith("Left out what looks like a secret") for warning in warnings)
    assert secret not in repo.read(path).decode()
    assert secret not in repo.read(".design/checkpoints/02-work-2026-11-19.md").decode()


def test_a_pause_that_is_too_large_to_be_committed_says_why_and_leaves_no_ref(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "start", "Large")
    capsule = f".volon/pcc/tasks/{TASK}.md"
    volon.ok("pause-task", "one")
    repo.write(capsule, repo.read(capsule) + b"word " * (9 << 18))
    before = repo.git("for-each-ref"), user_digest(repo.root)
    ran = volon("pause-task", "two")
    assert ran.code == 5
    assert "16 MiB" in ran.err
    assert "Hint: " in ran.err
    assert (repo.git("for-each-ref"), user_digest(repo.root)) == before
    assert repo.read(capsule).endswith(b"word word ")


def test_next_actions_nobody_renewed_after_a_resume_are_carried_and_say_where_they_are_from(
    volon: VolonInProcess,
) -> None:
    volon.ok("pause-task", "one", "--next", "fix the signer", "--next", "run the tests")
    volon.ok("resume-task")
    carried = ["fix the signer (from checkpoint 01)", "run the tests (from checkpoint 01)"]
    for note in ("lunch", "tea"):
        assert json.loads(volon.ok("pause-task", note, "--json"))["next_actions"] == carried
        assert json.loads(volon.ok("resume-task", "--json"))["next_actions"] == carried
    assert json.loads(volon.ok("pause-task", "--next", "ship", "x", "--json"))["next_actions"] == ["ship"]
    assert volon("validate").code == 0


def test_key_files_that_nobody_named_are_those_that_changed_since(repo: RepoBuilder, volon: VolonInProcess) -> None:
    def key_files(*words: str) -> tuple[str, ...]:
        volon.ok("pause-task", *words, "--next", "Go on")
        path = f".volon/pcc/tasks/{TASK}.md"
        return parse_capsule(Document.parse(repo.read(path), path)).named_files

    repo.commit("Begin", {"a.txt": "a\n", "b.txt": "b\n", "c.txt": "c\n"})
    repo.write("a.txt", "more\n")
    repo.git("rm", "-q", "b.txt")
    assert key_files("one") == ("a.txt: modified", "b.txt: deleted")
    repo.git("commit", "-q", "-a", "-m", "Done with both")
    repo.write("c.txt", "more\n")
    assert key_files("two") == ("c.txt: modified",)
    assert volon("validate", "--strict").code == 0
    assert key_files("three", "--key-file", "a.txt: mine") == ("a.txt: mine",)
    assert key_files("four") == ("a.txt: mine",)


def test_key_files_are_typed_from_where_one_stands(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Begin", {"docs/RULES.md": "", "docs/man/page.1": "a\n", "top.md": ""})
    named = ("../RULES.md: the rules", "page.1:1", "top.md: from the top", "../../../other/x.py: (external) theirs")
    words = [word for one in named for word in ("--key-file", one)]
    told = volon.ok("-C", str(repo.root / "docs/man"), "pause-task", "sub", "--next", "Go on", *words)
    assert "is not in the working tree" not in told
    path = f".volon/pcc/tasks/{TASK}.md"
    assert parse_capsule(Document.parse(repo.read(path), path)).named_files == (
        "docs/RULES.md: the rules",
        "docs/man/page.1:1",
        "top.md: from the top",
        "../../../other/x.py: (external) theirs",
    )
    assert volon("validate", "--strict").code == 0
