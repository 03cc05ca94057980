"""Paused work that other tools wrote down becomes a paused task: nothing of theirs changes, and nothing is made up."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.repos import RepoBuilder, run_git
from tests.support.running import VolonInProcess
from volon import transcripts

if TYPE_CHECKING:
    from collections.abc import Callable

GOLDEN = Path(__file__).parents[1] / "golden"
KEY = "sk-ant-api03-" + "Ab1" * 30


def imported(volon: VolonInProcess, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(volon.ok("import", *words, "--json"))["imported"]
    return found


def files(root: Path) -> dict[str, tuple[str, bytes]]:
    """Every file and link of the user's, with what it is and its bytes."""
    found = {}
    for top, directories, names in os.walk(root):
        directories[:] = [one for one in directories if one not in {".git", ".volon", ".design"}]
        for path in (Path(top, name) for name in names):
            link = path.is_symlink()
            kind = "link" if link else f"{stat.S_IMODE(path.stat().st_mode) & 0o100:o}"
            found[str(path.relative_to(root))] = (kind, os.fsencode(path.readlink()) if link else path.read_bytes())
    return found


def gits_own(repo: RepoBuilder) -> tuple[str, ...]:
    """What an import must leave as it is: HEAD, branches, stash with its log, and the bytes of the index."""
    shown = repo.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/stash", "refs/tags")
    logs = [path for path in sorted((repo.root / ".git/logs").rglob("*")) if path.is_file()]
    told = [path.read_text() for path in logs if "volon" not in str(path)]
    return (shown, repo.head(), (repo.root / ".git/index").read_bytes().hex(), *told)


def stash_everything(repo: RepoBuilder) -> None:
    """A stash with every kind of change there is."""
    mixed = {
        "mixed": "1\n2\n3\n",
        "gone": "x\n",
        "staged-gone": "y\n",
        "old": "z\n",
        "kept out": "k\n",
        "to-link": "t\n",
    }
    repo.commit("More", {**mixed, "run.sh": "#!/bin/sh\n", "d/one": "1\n"})
    repo.write("mixed", "1\nstaged\n3\n")
    repo.git("add", "mixed")
    repo.write("mixed", "1\nstaged\n3\nwork\n")
    (repo.root / "run.sh").chmod(0o755)
    (repo.root / "gone").unlink()
    repo.git("rm", "-q", "staged-gone")
    repo.git("mv", "old", "new name")
    repo.write("binary", bytes(range(256)) * 3)
    repo.git("add", "binary")
    repo.write("binary", bytes(range(256))[::-1])
    (repo.root / "to-link").unlink()
    (repo.root / "to-link").symlink_to("mixed")
    repo.write('untracked/\u00e9 "odd"\n.bin', b"\0\1\2")
    (repo.root / "untracked/run").write_bytes(b"#!/bin/sh\n")
    (repo.root / "untracked/run").chmod(0o755)
    (repo.root / "untracked/link").symlink_to("nowhere")
    repo.git("stash", "push", "-q", "-u", "-m", "half a retry")


@pytest.mark.parametrize("rules", ["", "* text=auto eol=crlf\n*.bin -text\nbinary -text\n"], ids=["plain", "crlf"])
def test_a_stash_is_restored_as_git_itself_would_apply_it(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, rules: str
) -> None:
    if rules:
        repo.commit("Rules", {".gitattributes": rules})
        repo.git("rm", "-q", "-r", "--cached", ".")
        repo.git("reset", "-q", "--hard")
    stash_everything(repo)
    before = gits_own(repo), files(repo.root)
    other = tmp_path / "other"
    shutil.copytree(repo.root, other, symlinks=True)
    run_git(other, "stash", "apply", "-q", "--index")
    [one] = imported(volon, "stash")
    assert (gits_own(repo), files(repo.root)) == before
    assert (one["title"], one["paused_commit"], one["branch"]) == ("half a retry", repo.head(), "main")
    volon.ok("restore", str(one["checkpoint"]), "--yes")
    assert files(repo.root) == files(other)
    for words in (("ls-files", "-s"), ("status", "--porcelain=v2", "-z")):
        mine = [
            row
            for row in repo.git(*words).replace("\0", "\n").splitlines()
            if ".volon" not in row and ".design" not in row
        ]
        assert mine == run_git(other, *words).replace("\0", "\n").splitlines()
    volon.ok("undo")
    assert (gits_own(repo)[:2], files(repo.root)) == (before[0][:2], before[1])


def test_of_a_stash_that_a_filter_of_the_repository_would_turn_the_files_are_named(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("config", "filter.z.clean", "tr a-z A-Z")
    repo.git("config", "filter.z.smudge", "tr A-Z a-z")
    repo.commit("Rules", {".gitattributes": "f.dat filter=z\n", "f.dat": "abc\n", "plain": "x\n"})
    repo.write("f.dat", "abc\ndef\n")
    repo.write("plain", "y\n")
    repo.git("stash", "push", "-q")
    said = json.loads(volon.ok("import", "stash", "--json"))
    told = "As git stores it, not as a checkout has it (filters only .git/config names do not run): f.dat"
    assert said["warnings"] == [told]
    for words in (("--dry-run",), ("--worktree", "../beside"), ("--worktree", "../on", "--onto", "HEAD"), ("--yes",)):
        assert json.loads(volon.ok("restore", "01", *words, "--json"))["warnings"] == [told], words
    assert repo.read("f.dat") == b"ABC\nDEF\n"


@pytest.mark.parametrize(("name", "edited", "code"), [("lfs", None, 0), ("lfs", "other\n", 3), ("z", None, 3)])
def test_only_git_lfs_is_trusted_to_give_back_an_unchanged_file(
    repo: RepoBuilder, volon: VolonInProcess, name: str, edited: str | None, code: int
) -> None:
    repo.git("config", f"filter.{name}.clean", "tr a-z A-Z")
    repo.git("config", f"filter.{name}.smudge", "tr A-Z a-z")
    repo.commit("Rules", {".gitattributes": f"f.dat filter={name}\n", "f.dat": "abc\n"})
    repo.write("f.dat", "abc\ndef\n")
    repo.git("stash", "push", "-q")
    os.utime(repo.root / "f.dat", (1_700_000_000, 1_700_000_000))
    repo.git("update-index", "--refresh")  # What is older than the index git does not read again.
    if edited:
        repo.git("update-index", "--assume-unchanged", "f.dat")
        repo.write("f.dat", edited)
    there = repo.read("f.dat")
    volon.ok("import", "stash")
    ran = volon("restore", "01", "--json")
    assert (ran.code, json.loads(ran.out)["asked"]) == (code, ["f.dat"] if code else [])
    assert repo.read("f.dat") == (there if code else b"ABC\nDEF\n")


def _in_sha256(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    return make_repo("odd", "--object-format=sha256")


def _split(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    built = make_repo("odd")
    built.commit("Begin", {"README.md": "# Shop\n"})
    built.git("update-index", "--split-index")
    return built


def _detached(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    built = make_repo("odd")
    built.commit("Begin", {"README.md": "# Shop\n"})
    built.git("checkout", "-q", "--detach")
    return built


def _linked(make_repo: Callable[..., RepoBuilder]) -> RepoBuilder:
    built = make_repo("main")
    built.commit("Begin", {"README.md": "# Shop\n"})
    built.git("worktree", "add", "-q", "../odd")
    return RepoBuilder(built.root.parent / "odd")


@pytest.mark.parametrize("made", [_in_sha256, _split, _detached, _linked], ids=lambda one: one.__name__[1:])
def test_a_stash_of_an_odd_repository_comes_back_whole(
    make_repo: Callable[..., RepoBuilder], made: Callable[[Callable[..., RepoBuilder]], RepoBuilder]
) -> None:
    repo = made(make_repo)
    repo.commit("More", {"a": "1\n", "b": "2\n"})
    repo.write("a", "staged\n")
    repo.git("add", "a")
    repo.write("a", "work\n")
    repo.write("new", "n\n")
    before = repo.git("status", "--porcelain=v2", "--untracked-files=all"), repo.git("ls-files", "-s"), files(repo.root)
    repo.git("stash", "push", "-q", "-u")
    volon = VolonInProcess(repo.root)
    volon.ok("import", "stash")
    volon.ok("restore", "1", "--yes")
    after = repo.git("status", "--porcelain=v2", "--untracked-files=all"), repo.git("ls-files", "-s"), files(repo.root)
    assert after == before


def test_a_file_taken_out_of_the_index_only_comes_back_where_git_cannot_bring_it(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("rm", "-q", "--cached", "README.md")
    before = repo.git("status", "--porcelain=v2"), repo.git("ls-files", "-s"), files(repo.root)
    repo.git("stash", "push", "-q", "-u", "-m", "kept on disk")
    volon.ok("import", "stash")
    volon.ok("restore", "1", "--yes")
    assert (repo.git("status", "--porcelain=v2"), repo.git("ls-files", "-s"), files(repo.root)) == before


def test_each_entry_is_a_task_and_the_newest_is_the_last(repo: RepoBuilder, volon: VolonInProcess) -> None:
    for text in ("one", "two"):
        repo.write("README.md", text)
        repo.git("stash", "push", "-q", "-m", text)
    found = imported(volon, "stash")
    assert [(one["source"], one["title"], one["checkpoint"]) for one in found] == [
        ("stash@{1}", "one", 1),
        ("stash@{0}", "two", 2),
    ]
    assert [one["already"] for one in imported(volon, "stash", "stash@{1}")] == [True]


def test_a_stash_that_was_not_named_is_called_derived(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("README.md", "x")
    repo.git("stash", "push", "-q")
    [one] = imported(volon, "stash")
    assert (one["title"], one["derived"]) == ('stashed after "Begin"', True)


def test_an_import_is_one_operation_and_is_taken_back(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("README.md", "x")
    repo.git("stash", "push", "-q", "-m", "one")
    volon.ok("task", "start", "Something else")
    before = {path: path.read_bytes() for path in (repo.root / ".volon").rglob("*.md")}
    bootstrap = (
        (repo.root / ".volon/bootstrap.md").read_bytes() if (repo.root / ".volon/bootstrap.md").exists() else None
    )
    [one] = imported(volon, "stash")
    pointed = (repo.root / ".volon/bootstrap.md").read_bytes() if (repo.root / ".volon/bootstrap.md").exists() else None
    assert pointed == bootstrap, "a task in progress stays what the bootstrap is about"
    assert one["task_id"] in volon.ok("task", "list")
    volon.ok("undo")
    assert {path: path.read_bytes() for path in (repo.root / ".volon").rglob("*.md")} == before
    assert [one["already"] for one in imported(volon, "stash")] == [False]


def test_importing_the_same_again_does_nothing_and_says_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("README.md", "x")
    repo.git("stash", "push", "-q", "-m", "one")
    [first] = imported(volon, "stash")
    before = files(repo.root / ".volon"), repo.git("for-each-ref")
    assert f"{first['task_id']} was made of it before" in volon.ok("import", "stash")
    assert (files(repo.root / ".volon"), repo.git("for-each-ref")) == before
    repo.write("README.md", "y")
    repo.git("stash", "push", "-q", "-m", "two")
    assert [one["already"] for one in imported(volon, "stash")] == [True, False], "an entry has another number by then"
    said = volon.ok("import", "stash")
    assert (said.count("was made of it before"), said.count("Nothing was done")) == (2, 1)


def test_a_dry_run_writes_nothing_and_says_the_same(repo: RepoBuilder, volon: VolonInProcess) -> None:
    stash_everything(repo)
    before = gits_own(repo), files(repo.root), repo.git("for-each-ref")
    [would] = imported(volon, "stash", "--dry-run")
    assert (gits_own(repo), files(repo.root), repo.git("for-each-ref")) == before
    assert not (repo.root / ".volon").exists()
    [did] = imported(volon, "stash")
    for name in ("task_id", "checkpoint", "title", "saved", "paused_commit", "not_saved", "next_actions"):
        assert would[name] == did[name]


def test_a_secret_in_a_stash_is_left_out_by_name_until_it_is_let_in(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("notes.txt", f"key = {KEY}\n")
    repo.git("stash", "push", "-q", "-u", "-m", f"with {KEY}")
    [one] = imported(volon, "stash")
    assert [left["path"] for left in one["not_saved"]] == ["notes.txt"]
    assert KEY not in json.dumps(one)
    kept = b"".join(path.read_bytes() for path in (repo.root / ".volon").rglob("*") if path.is_file())
    assert KEY.encode() not in kept
    fingerprint = one["not_saved"][0]["detail"].rpartition(" ")[2]
    volon.ok("undo")
    [one] = imported(volon, "stash", "--allow-secret", fingerprint)
    assert one["not_saved"] == []


def test_where_head_went_on_the_way_to_the_stashed_work_is_named(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "def run():\n    return 2\n")
    repo.git("stash", "push", "-q", "-m", "one")
    repo.commit("Later", {"README.md": "later\n"})
    [one] = imported(volon, "stash")
    assert one["next_command"] == "volon restore 01 --onto HEAD"
    volon.ok("restore", "01", "--onto", "HEAD", "--yes")
    assert repo.read("src/app.py") == b"def run():\n    return 2\n"
    assert repo.read("README.md") == b"later\n"


def test_an_empty_stash_is_nothing_to_do(volon: VolonInProcess) -> None:
    ran = volon("import", "stash")
    assert (ran.code, "The stash is empty" in ran.err) == (10, True)
    assert volon("import", "stash", "stash@{3}").code == 2


HANDOFF = {
    "version": "1.0",
    "timestamp": "2026-11-20T10:00:00Z",
    "phase": "3",
    "phase_name": "Payment",
    "plan": 2,
    "task": 3,
    "total_tasks": 5,
    "status": "paused",
    "completed_tasks": [
        {"id": 1, "name": "Model", "status": "done", "commit": "abc1234"},
        {"id": 3, "name": "Retry", "status": "in_progress", "progress": "the loop stands"},
    ],
    "remaining_tasks": [{"id": 4, "name": "Page", "status": "not_started"}],
    "blockers": [{"description": "no test account", "type": "external", "workaround": "a mock"}],
    "human_actions_pending": [{"action": "ask for an account", "context": "bank", "blocking": True}],
    "decisions": [{"decision": "backoff", "rationale": "the bank throttles", "phase": "3"}],
    "uncommitted_files": ["src/app.py", "../outside", "/etc/passwd", ".git/config", "gone.py"],
    "next_action": "write the test for three tries",
    "context_notes": "the wait doubles; untested",
}
BESIDE = """---
context: phase
phase: 03-payment
task: 3
total_tasks: 5
status: in_progress
last_updated: 2026-11-20T11:00:00Z
---

<current_state>
The loop stands, untested.
</current_state>

<completed_work>

Completed Tasks:
- Task 1: Model - Done
</completed_work>

<remaining_work>

- Task 3: the test
- Task 4: Not started
</remaining_work>

<decisions_made>

- Decided to use backoff because the bank throttles
</decisions_made>

<blockers>
- Account: none yet
</blockers>

<context>
Small steps.
</context>

<next_action>
Start with: write the test for three tries
</next_action>
"""


def capsule(repo: RepoBuilder, one: dict[str, Any]) -> str:
    return (repo.root / f".volon/pcc/tasks/{one['task_id']}.md").read_text()


def test_a_handoff_of_gsd_is_taken_over_as_it_says(repo: RepoBuilder, volon: VolonInProcess) -> None:
    source = repo.write(".planning/HANDOFF.json", json.dumps(HANDOFF))
    before = source.read_bytes(), source.stat().st_mtime_ns
    [one] = imported(volon, "gsd")
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    assert (one["title"], one["at"], one["commit_from"], one["saved"]) == (
        "Phase 3 Payment",
        "2026-11-20T10:00:00Z",
        "HEAD",
        None,
    )
    text = capsule(repo, one)
    for said in ("the wait doubles; untested", "write the test for three tries", "no test account", "backoff"):
        assert said in text
    assert "GSD: .planning/HANDOFF.json, 2026-11-20T10:00:00Z" in text
    assert "names no commit" in text
    assert "src/app.py" in text
    assert not [path for path in ("outside", "passwd", ".git/config", "gone.py") if path in text]
    assert volon("restore", "1").code == 1, "it says nothing of files, so none are put back"
    volon.ok("validate")


def test_what_the_work_waits_for_is_said_and_the_way_on_is_one_that_works(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(".planning/HANDOFF.json", json.dumps({**HANDOFF, "blockers": [{"description": "no tax table"}]}))
    volon.ok("import", "gsd")
    way = f"volon task unblock {json.loads(volon.ok('status', '--json'))['task']['task_id']}"
    brief = volon.ok("brief", "--agent")
    begun = volon.ok("hook", "session-start", "--agent", "cursor")
    for said in (volon.ok("status"), brief, begun):
        assert "waits for something outside: no tax table" in said
        assert f"Next: {way}" in said
    volon.ok(*way.split()[1:])
    assert volon.ok("brief", "--agent").splitlines()[1] == "Next: volon resume-task"
    volon.ok("resume-task")


def test_a_continue_here_file_is_taken_over_as_it_says(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(".planning/phases/03-payment/.continue-here.md", BESIDE)
    [one] = imported(volon, ".planning/phases/03-payment/.continue-here.md")
    text = capsule(repo, one)
    assert (one["kind"], one["title"], one["next_actions"]) == (
        "gsd",
        "Phase 03-payment",
        ["write the test for three tries"],
    )
    for said in ("The loop stands, untested.", "Task 3 of 5", "- [ ] Task 4: Not started", "Account: none yet"):
        assert said in text


def test_the_newest_is_chosen_by_what_the_files_say_and_the_others_are_listed(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.write(".planning/HANDOFF.json", json.dumps(HANDOFF))
    repo.write(".planning/phases/03-payment/.continue-here.md", BESIDE)
    os.utime(repo.root / ".planning/HANDOFF.json")
    assert [one["source"] for one in imported(volon, "gsd")] == [".planning/phases/03-payment/.continue-here.md"]
    listed = json.loads(volon.ok("import", "--json"))["found"]
    assert [(one["source"], one["task_id"] is None) for one in listed] == [
        (".planning/phases/03-payment/.continue-here.md", False),
        (".planning/HANDOFF.json", True),
    ]


MARKDOWN = """---
date: 2026-11-20T22:23:35-0500
session_name: general
researcher: claude
git_commit: {commit}
branch: main
repository: shop
topic: "Retry with backoff"
tags: [retry]
status: complete
root_span_id:
---

# Handoff: Retry

## Task(s)

1. **The loop** (completed)
2. **The test** (in progress)

## Critical References

- `src/app.py:1-2` and `thoughts/x.md`

## Learnings

The bank throttles.

## Action Items & Next Steps

1. Write the test
   with three tries
2. Show the page
3. Ask the bank
4. Clean up
"""
YAML = """---
session: general
date: 2026-11-20
status: partial
outcome: PARTIAL_PLUS
---

goal: Retry with backoff
now: Write the test
test: pytest tests/test_retry.py

done_this_session:
  - task: The loop
    files: [src/app.py]

blockers: [no test account]

questions: [how long to wait]

decisions:
  - backoff: the bank throttles

worked: [small steps]
failed: []

next:
  - Write the test
  - Show the page

files:
  created: []
  modified: [src/app.py]
"""


def test_a_handoff_in_markdown_names_its_commit(repo: RepoBuilder, volon: VolonInProcess) -> None:
    then = repo.head()
    repo.commit("Later")
    repo.write("thoughts/shared/handoffs/general/2026-11-20_22-23-35_retry.md", MARKDOWN.format(commit=then[:9]))
    [one] = imported(volon, "continuous")
    assert (one["title"], one["at"], one["paused_commit"], one["commit_from"], one["branch"]) == (
        "Retry with backoff",
        "2026-11-21T03:23:35Z",
        then,
        "said",
        "main",
    )
    assert one["next_actions"] == ["Write the test", "Show the page", "Ask the bank"]
    assert "- [ ] Clean up" in capsule(repo, one)


def test_a_handoff_in_yaml_is_taken_over_as_it_says(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("thoughts/shared/handoffs/general/2026-11-20_22-23_retry.yaml", YAML)
    [one] = imported(volon, "continuous")
    assert (one["title"], one["next_actions"]) == ("Retry with backoff", ["Write the test", "Show the page"])
    for said in ("Decided: backoff: the bank throttles", "no test account", "how long to wait", "`src/app.py`"):
        assert said in capsule(repo, one)


def session(repo: RepoBuilder, home: Path, name: str, place: str) -> Path:
    """A real transcript, as if it were about this repository."""
    text = (GOLDEN / "transcripts" / name).read_text("utf-8").replace("/home/dev/shop", str(repo.root))
    path = home / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


CLAUDE = ("claude-2.1.329-compacted.jsonl", ".claude/projects/-shop/5c4be392.jsonl")
CODEX = ("codex-0.169.0.jsonl", ".codex/sessions/2026/11/22/rollout-1.jsonl")


@pytest.mark.parametrize(("agent", "sample"), [("claude", CLAUDE), ("codex", CODEX)])
def test_the_newest_session_of_this_repository_is_taken_over_and_called_derived(
    repo: RepoBuilder, volon: VolonInProcess, home: Path, agent: str, sample: tuple[str, str]
) -> None:
    path = session(repo, home, *sample)
    before = path.read_bytes()
    [one] = imported(volon, "transcript", "--agent", agent)
    text = capsule(repo, one)
    assert path.read_bytes() == before
    assert (one["title"], one["derived"], one["branch"], one["commit_from"]) == (
        "Fix the retry in the shop",
        True,
        "main",
        "branch",
    )
    for said in ("ended; the agent said last: All done: the tests pass. (derived)", "failed (exit 3)", "README.md"):
        assert said in text
    assert "confidence: low" in text
    assert [again["already"] for again in imported(volon, str(path))] == [True]


@pytest.mark.parametrize("here", [False, True])
def test_a_session_that_names_its_directory_by_digest_is_found_there_only(
    repo: RepoBuilder, volon: VolonInProcess, home: Path, *, here: bool
) -> None:
    path = session(repo, home, "gemini-0.61.0.jsonl", ".gemini/tmp/shop/chats/session-2026-11-22T07-41-1.jsonl")
    text = path.read_text("utf-8")
    whose = str(repo.root) if here else f"{repo.root}-2"
    told = json.loads(text.partition("\n")[0])["projectHash"]
    path.write_text(text.replace(told, hashlib.sha256(whose.encode()).hexdigest()), "utf-8")
    assert [one["source"] for one in json.loads(volon.ok("import", "--json"))["found"]] == [str(path)] * here
    assert volon("import", "transcript", "--agent", "gemini").code == (0 if here else 10)


def test_a_token_in_the_name_of_an_edited_file_is_told_to_nobody(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    path = session(repo, home, *CLAUDE)
    path.write_text(path.read_text("utf-8").replace("README.md", f"{KEY}.md"), "utf-8")
    said = volon.ok("import", str(path), "--json")
    assert json.loads(said)["warnings"] == [
        "new.py is not in the working tree now; it was left out of the key files.",
        "Left out of the key files: 1 with what looks like a secret in the name.",
    ]
    assert KEY not in said
    assert not [one for one in (repo.root / ".volon").rglob("*.md") if KEY in one.read_text()]


def test_sessions_are_listed_by_agent_and_by_what_was_asked_for(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    session(repo, home, *CLAUDE)
    [said] = [line for line in volon.ok("import").splitlines() if "transcript" in line and "Next" not in line]
    assert "Claude Code: Fix the retry in the shop" in said


def test_a_session_is_read_once(
    repo: RepoBuilder, volon: VolonInProcess, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session(repo, home, *CLAUDE)
    whole, read = list[str](), transcripts.lines_of

    def watched(path: str, head: int = transcripts.HEAD, tail: int = transcripts.TAIL) -> list[bytes]:
        whole.extend([path] * (head == transcripts.HEAD))
        return read(path, head, tail)

    monkeypatch.setattr(transcripts, "lines_of", watched)
    for words in (("import",), ("import", "transcript", "--dry-run")):
        volon.ok(*words)
        assert [path.rpartition("/")[2] for path in whole] == ["5c4be392.jsonl"], words
        whole.clear()


def test_of_many_sessions_the_newest_are_listed_and_that_there_are_older_ones_is_said(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    path = session(repo, home, *CLAUDE)
    for count in (1, 2, 3, 4):
        shown, said = volon.ok("import"), json.loads(volon.ok("import", "--json"))
        assert len(said["found"]) == min(count, 3)
        assert said["more"] == (["transcript"] if count > 3 else [])
        assert ("older ones of: transcript" in shown) is (count > 3)
        shutil.copy(path, path.with_name(f"{count}.jsonl"))


def test_a_session_that_went_on_is_another_import_and_says_so(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    path = session(repo, home, *CLAUDE)
    [one] = imported(volon, str(path))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"type":"user","sessionId":"x","message":{"role":"user","content":"And the till"}}\n')
    said = json.loads(volon.ok("import", str(path), "--json"))
    assert not said["imported"][0]["already"]
    assert said["warnings"][0] == f"An earlier state of it was imported as {one['task_id']}."


def test_a_secret_is_allowed_of_the_stash_only(repo: RepoBuilder, volon: VolonInProcess, home: Path) -> None:
    session(repo, home, *CLAUDE)
    repo.write(".planning/.continue-here.md", "<next_action>\nGo on.\n</next_action>\n")
    for words in (["gsd"], [".planning/.continue-here.md"], ["continuous"], ["transcript"]):
        ran = volon("import", *words, "--allow-secret", "0123456789ab")
        assert ran.code == 2, words
        assert "--allow-secret names files of the stash" in ran.err
    assert volon("import", "stash", "--allow-secret", "0123456789ab").code == 10
    assert not (repo.root / ".volon").exists()


def test_an_agent_is_said_of_sessions_only(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(".planning/.continue-here.md", "# Going on\n")
    repo.write("more.txt", "more\n")
    repo.git("stash", "push", "-q", "-u", "--", "more.txt")
    for words in (["stash"], ["stash@{0}"], ["gsd"], [".planning/.continue-here.md"], ["continuous"]):
        ran = volon("import", *words, "--agent", "claude")
        assert ran.code == 2, words
        assert "--agent says whose session it is" in ran.err
    assert volon("import", "transcript", "--agent", "claude").code == 10
    assert not (repo.root / ".volon").exists()


def test_sessions_of_another_directory_are_no_ones_business(
    repo: RepoBuilder, volon: VolonInProcess, home: Path
) -> None:
    path = session(repo, home, *CLAUDE)
    path.write_text(path.read_text("utf-8").replace(str(repo.root), f"{repo.root}-2"), "utf-8")
    assert volon("import", "transcript").code == 10
    assert json.loads(volon.ok("import", "--json"))["found"] == []


BAD = {
    "no json": (".planning/HANDOFF.json", '{"next_action": "x",\n "phase": }', 9, "HANDOFF.json:2:11"),
    "another json": (".planning/HANDOFF.json", '{"name": "shop"}', 9, "none of the fields"),
    "a list": (".planning/HANDOFF.json", "[1]", 9, "none of the fields"),
    "deep json": (
        ".planning/HANDOFF.json",
        '{"next_action": ' + "[" * 50_000 + "]" * 50_000 + "}",
        9,
        "nested too deeply",
    ),
    "deepish json": (".planning/HANDOFF.json", '{"next_action": ' + "[" * 40 + "]" * 40 + "}", 9, "nested too deeply"),
    "huge": (".planning/HANDOFF.json", '{"next_action": "' + "x" * 300_000 + '"}', 9, "at most 262,144"),
    "no parts": (".planning/.continue-here.md", "# Notes\n", 9, "none of the parts"),
    "aliases": (
        ".planning/.continue-here.md",
        "---\na: &a [x]\nb: *a\n---\n<context>\nx\n</context>\n",
        9,
        "continue-here.md:2",
    ),
    "no sections": ("thoughts/shared/handoffs/x.md", "# Notes\n", 9, "none of the sections"),
    "a tag": ("thoughts/shared/handoffs/x.yaml", "goal: x\nnow: !!python/object:os.system x\n", 9, "x.yaml:2"),
    "no transcript": ("x.jsonl", '{"a": 1}\n', 9, "no transcript"),
    "nothing that says what it is": ("notes.txt", "x\n", 2, "Nothing tells what notes.txt is"),
    "not there": ("", "", 2, "There is no file nope.txt."),
}


@pytest.mark.parametrize(("path", "text", "code", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_read_is_refused_with_its_place_and_a_way_out(
    repo: RepoBuilder, volon: VolonInProcess, path: str, text: str, code: int, words: str
) -> None:
    if path:
        repo.write(path, text)
    ran = volon("import", path or "nope.txt")
    said = " ".join(ran.err.split())
    assert (ran.code, words in said, "Hint: " in said) == (code, True, True), said
    assert not (repo.root / ".volon").exists()
    if path.startswith((".planning", "thoughts")):
        assert json.loads(volon.ok("import", "--json"))["found"][0]["problem"]


@pytest.mark.parametrize("where", ["file", "directory"])
def test_a_link_to_a_file_elsewhere_is_not_followed(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, where: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "HANDOFF.json").write_text(json.dumps(HANDOFF))
    if where == "file":
        (repo.root / ".planning").mkdir()
        (repo.root / ".planning/HANDOFF.json").symlink_to(outside / "HANDOFF.json")
    else:
        (repo.root / ".planning").symlink_to(outside)
    assert volon("import", ".planning/HANDOFF.json").code == 5
    assert volon("import", "gsd").code in {5, 10}
    assert not (repo.root / ".volon").exists()


def test_what_a_source_says_cannot_write_to_the_terminal_or_into_records(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    evil = f"x\x1b]0;owned\x07\u202e\n---\n# Forged {KEY}"
    said = {**HANDOFF, "phase_name": evil, "next_action": evil, "context_notes": evil, "uncommitted_files": [evil, 7]}
    repo.write(".planning/HANDOFF.json", json.dumps(said))
    shown = volon.ok("import") + volon.ok("import", "gsd")
    assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    text = (repo.root / ".volon").rglob("*.md")
    whole = "".join(path.read_text() for path in text)
    assert KEY not in whole
    assert "\n# Forged" not in whole
    volon.ok("validate")
