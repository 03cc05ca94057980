"""validate, doctor and init: what is wrong is named with file and line; repairing is safe and idempotent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.digests import user_digest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
LOGS = "# volon keeps its logs to this machine\n/.volon/logs/\n"


def test_validate_names_file_line_and_rule_and_exits_1(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    capsule = repo.root / f".volon/pcc/tasks/{TASK}.md"
    capsule.write_text(
        capsule.read_text().replace("confidence: medium", "confidence: maybe").replace("## Evidence", "## Proof")
    )
    ran = volon("validate", "--json")
    assert ran.code == 1
    problems = json.loads(ran.out)["problems"]
    assert {problem["path"] for problem in problems} == {f".volon/pcc/tasks/{TASK}.md"}
    assert {"capsule.section-missing"} <= {problem["rule"] for problem in problems}
    assert [problem["line"] for problem in problems if problem["key"] == "confidence"] == [8]
    assert volon("validate", f".volon/tasks/{TASK}.md").code == 0
    assert volon("validate", "src/app.py").code == 2
    assert volon("validate", "../..").code == 2


def test_one_unreadable_task_does_not_hide_the_others(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("task", "start", "Good")
    repo.write(".volon/tasks/TASK-20261119-009.md", "---\nid: [\n---\n")
    listing = volon("task", "list")
    assert "Good" in listing.out
    assert "TASK-20261119-009.md" in listing.out
    paused = volon("pause-task", "work")
    assert paused.code == 0
    assert "TASK-20261119-009.md" in paused.out
    assert repo.read(".volon/tasks/TASK-20261119-009.md") == b"---\nid: [\n---\n"


def test_an_unreadable_task_is_never_answered_by_a_fresh_start(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    task = repo.root / f".volon/tasks/{TASK}.md"
    whole = task.read_text()
    broken = whole.replace("title: one", "title: New: one")
    task.write_text(broken)
    for argv in (("pause-task", "two"), ("resume-task",)):
        ran = volon(*argv)
        assert ran.code == 9
        assert f".volon/tasks/{TASK}.md:3" in ran.err
    assert volon("doctor").code == 1
    assert task.read_text() == broken
    assert volon("doctor", "--fix").code == 0
    assert task.read_text() == whole
    assert [path.read_text() for path in (repo.root / ".git/volon/corrupt").iterdir()] == [broken]
    assert f"paused_task_id: {TASK}" in repo.read(".volon/bootstrap.md").decode()


def test_doctor_puts_a_damaged_capsule_back_and_keeps_the_damaged_one(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    capsule = repo.root / f".volon/pcc/tasks/{TASK}.md"
    good = capsule.read_bytes()
    capsule.write_text("garbage\n")
    refused = volon("resume-task")
    assert refused.code == 9
    assert "volon doctor --fix" in " ".join(refused.err.split())
    assert volon("doctor").code == 1
    assert volon("doctor", "--fix").code == 0
    assert capsule.read_bytes() == good
    kept = [path for path in (repo.root / ".git/volon/corrupt").iterdir() if path.read_bytes() == b"garbage\n"]
    assert len(kept) == 1
    assert volon("resume-task").code == 0


def test_a_capsule_that_is_gone_is_taken_from_its_checkpoint(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one", "--next", "go on")
    (repo.root / f".volon/pcc/tasks/{TASK}.md").unlink()
    result = json.loads(volon.ok("resume-task", "--json"))
    assert result["next_actions"] == ["go on"]
    assert "was used" in result["warnings"][0]


def test_doctor_clears_a_pointer_to_a_done_task_and_a_second_run_finds_nothing(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("pause-task", "one")
    task = repo.root / f".volon/tasks/{TASK}.md"
    task.write_text(task.read_text().replace("status: paused", "status: done"))
    assert volon("doctor").code == 1
    assert volon("doctor", "--fix").code == 0
    assert b"paused_task_id" not in repo.read(".volon/bootstrap.md")
    before = user_digest(repo.root)
    again = json.loads(volon.ok("doctor", "--fix", "--json"))
    assert {row["state"] for row in again["checks"]} == {"ok"}
    assert user_digest(repo.root) == before


def test_until_init_the_state_stays_out_of_the_diffs_and_init_shares_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    exclude = repo.root / ".git/info/exclude"
    exclude.write_text("# mine\n*.log\n")
    volon.ok("pause-task", "one")
    assert repo.git("status", "--porcelain") == ""
    assert exclude.read_text().startswith("# mine\n*.log\n")
    first = json.loads(volon.ok("init", "--json"))
    assert first["shared"] is True
    left = f"# mine\n*.log\n{LOGS}"
    assert exclude.read_text() == left
    listed = repo.git("status", "--porcelain", "--untracked-files=all")
    assert f"?? .volon/tasks/{TASK}.md" in listed
    assert ".volon/logs/" not in listed
    again = json.loads(volon.ok("init", "--json"))
    assert (again["created"], again["shared"]) == ([], False)
    volon.ok("resume-task")
    volon.ok("pause-task", "two")
    assert exclude.read_text() == left


def test_outside_a_repository_every_command_says_so(volon: VolonInProcess, repo: RepoBuilder) -> None:
    bare = repo.root.parent / "bare.git"
    repo.git("init", "-q", "--bare", str(bare))
    for where in (repo.root.parent, bare):
        for argv in (("pause-task", "x"), ("status",), ("task", "list"), ("doctor",)):
            ran = volon(*argv, cwd=where)
            assert ran.code == 5
            assert ran.err.startswith("Error: ")
            assert "Hint: " in ran.err


def test_it_works_from_a_subdirectory_and_with_dash_c(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    assert volon("pause-task", "from below", cwd=repo.root / "src").code == 0
    assert (repo.root / f".volon/tasks/{TASK}.md").exists()
    for argv in (("-C", str(repo.root / "src"), "status"), ("status", "-C", str(repo.root))):
        assert TASK in volon(*argv, cwd=repo.root.parent).out


def test_a_human_edit_in_the_templates_is_used_and_a_broken_one_refused(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    volon.ok("task", "create", "One")
    packaged = repo.read(f".volon/tasks/{TASK}.md").decode()
    assert "## House rules" not in packaged
    template = (
        "---\n{{frontmatter}}\n---\n\n# {{title}}\n\n## Description\n\n{{description}}\n\n## Acceptance\n\n"
        "{{acceptance}}\n\n## House rules\n\nours\n\n## Updates\n\n{{updates}}\n"
    )
    repo.write(".volon/templates/task.md", template)
    volon.ok("task", "create", "Two")
    assert "## House rules" in repo.read(".volon/tasks/TASK-20261119-002.md").decode()


def test_an_exclude_file_without_a_final_newline_keeps_its_last_rule(repo: RepoBuilder, volon: VolonInProcess) -> None:
    exclude = repo.root / ".git/info/exclude"
    exclude.write_text("# mine\nsecret.txt")
    repo.write("secret.txt", "s\n")
    volon.ok("pause-task", "one")
    assert exclude.read_text().startswith("# mine\nsecret.txt\n")
    assert repo.git("status", "--porcelain") == ""
    volon.ok("undo")
    assert exclude.read_text() == "# mine\nsecret.txt"


def test_init_leaves_exclude_lines_that_the_user_wrote(repo: RepoBuilder, volon: VolonInProcess) -> None:
    exclude = repo.root / ".git/info/exclude"
    exclude.write_text("/.volon/\n/.design/\n")
    volon.ok("pause-task", "one")
    volon.ok("init")
    assert exclude.read_text() == "/.volon/\n/.design/\n"


def test_an_exclude_file_that_is_a_link_never_stops_a_pause(repo: RepoBuilder, volon: VolonInProcess) -> None:
    target = repo.root.parent / "dotfiles-exclude"
    target.write_text("*.log\n")
    exclude = repo.root / ".git/info/exclude"
    exclude.unlink(missing_ok=True)
    exclude.symlink_to(target)
    ran = volon("pause-task", "one")
    assert ran.code == 0
    assert "git status" in " ".join(ran.out.split())
    assert target.read_text() == "*.log\n"


def test_a_repository_of_the_users_among_the_notes_is_in_nobodys_way(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    repo.git("clone", "-q", ".", ".design/example")
    for command in (("status",), ("doctor",), ("resume-task",), ("pause-task", "two"), ("restore", "1"), ("undo",)):
        assert volon(*command).code == 0, command
