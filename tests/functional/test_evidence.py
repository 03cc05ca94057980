"""Evidence after the run: what a pause keeps of it, and what a resume says of it on the tree there is then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.digests import user_digest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

TASK = "TASK-20261119-001"
CAPSULE = f".volon/pcc/tasks/{TASK}.md"


def resumed(volon: VolonInProcess, *words: str) -> dict[str, Any]:
    ran = volon("resume-task", "--dry-run", "--json", *words)
    found: dict[str, Any] = json.loads(ran.out)
    return found


def states(volon: VolonInProcess) -> list[tuple[str, list[str]]]:
    """State and changed files of each recorded command, oldest first."""
    return [(row["state"], row["changed"]) for row in resumed(volon)["evidence"]]


def stale(volon: VolonInProcess) -> list[str]:
    return [
        line for found in resumed(volon)["findings"] if found["code"] == "evidence.stale" for line in found["detail"]
    ]


@pytest.fixture
def tested(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A task with uncommitted work, one recorded command, and a pause."""
    volon.ok("task", "start", "Retry")
    repo.write("src/app.py", "def run():\n    return 2\n")
    repo.write("new.txt", "new\n")
    volon("run", "--", "grep", "-q", "return 2", "src/app.py")
    volon.ok("pause-task", "tested")
    return repo


class TestPause:
    def test_it_puts_the_newest_outcome_of_each_command_into_the_capsule(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "Retry")
        volon("run", "--", "test", "-e", "made.txt")
        repo.write("made.txt", "x")
        volon("run", "--", "test", "-e", "made.txt")
        volon("run", "--", "false")
        volon.ok("pause-task", "x", "--cmd", "make => looks fine")
        lines = [line for line in repo.read(CAPSULE).decode().splitlines() if " → " in line]
        assert [line.partition(" in ")[0] for line in lines] == [
            "- `make` → looks fine",
            "- `test -e made.txt` → exit 0",
            "- `false` → exit 1",
        ]
        assert repo.head()[:7] in lines[1]

    def test_a_checkpoint_has_the_record_and_not_the_output(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        volon("run", "--", "echo", "something", "private")
        volon.ok("pause-task", "x")
        (path,) = (repo.root / ".design/checkpoints").iterdir()
        text = path.read_text()
        assert "## Commands that were run" in text
        assert '"exit_status":0' in text
        assert '"tail":""' in text
        assert volon("validate").code == 0

    @pytest.mark.usefixtures("tested")
    def test_another_command_since_is_a_reason_to_pause_again(self, volon: VolonInProcess) -> None:
        assert json.loads(volon("pause-task", "--json").out)["already"]
        volon("run", "--", "true")
        assert not json.loads(volon("pause-task", "--json").out)["already"]
        assert [row["argv"][0] for row in resumed(volon)["evidence"]] == ["grep", "true"]

    def test_what_was_run_without_a_task_goes_to_the_task_the_pause_makes_and_to_no_other(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon("run", "--", "true")
        volon.ok("pause-task", "one")
        volon.ok("task", "start", "Another")
        repo.write("x", "x")
        volon.ok("pause-task", "two")
        assert [row["argv"] for row in resumed(volon, "--task", TASK)["evidence"]] == [["true"]]
        assert resumed(volon, "--task", "TASK-20261119-002")["evidence"] == []

    def test_a_command_of_another_task_stays_with_it(self, volon: VolonInProcess) -> None:
        volon.ok("task", "start", "One")
        volon("run", "--", "true")
        volon.ok("task", "start", "Two")
        volon("run", "--task", "TASK-20261119-002", "--", "false")
        volon.ok("pause-task", "two", "--task", "TASK-20261119-002")
        assert [row["argv"] for row in resumed(volon)["evidence"]] == [["false"]]

    def test_no_more_than_eight_commands_are_kept(self, volon: VolonInProcess) -> None:
        for number in range(10):
            volon("run", "--", "test", str(number))
        volon.ok("pause-task", "x")
        assert [row["argv"][1] for row in resumed(volon)["evidence"]] == list("23456789")

    def test_what_is_known_outlives_a_pause_in_which_nothing_was_run(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        volon.ok("resume-task")
        tested.write("other.txt", "x")
        volon.ok("pause-task", "again")
        assert states(volon) == [("stale", ["other.txt"])]
        (tested.root / "other.txt").unlink()
        assert states(volon) == [("valid", [])]


def _commit_all(repo: RepoBuilder) -> None:
    repo.commit("All of it")


def _commit_state(repo: RepoBuilder) -> None:
    repo.git("add", "-f", ".volon", ".design")
    repo.git("commit", "-q", "-m", "volon's own")


def _edit(repo: RepoBuilder) -> None:
    repo.write("src/app.py", "def run():\n    return 3\n")


def _edit_another(repo: RepoBuilder) -> None:
    repo.write("README.md", "# Other\n")


def _commit_another(repo: RepoBuilder) -> None:
    repo.git("commit", "-q", "--allow-empty", "-m", "empty")
    repo.write("more.txt", "x")
    repo.git("add", "more.txt")
    repo.git("commit", "-q", "-m", "more", "more.txt")


def _remove(repo: RepoBuilder) -> None:
    (repo.root / "new.txt").unlink()


def _mode(repo: RepoBuilder) -> None:
    (repo.root / "src/app.py").chmod(0o755)


def _stage(repo: RepoBuilder) -> None:
    repo.git("add", "-A")


def _amend(repo: RepoBuilder) -> None:
    repo.git("commit", "-q", "--amend", "-m", "Begin, in other words")


def _edit_and_back(repo: RepoBuilder) -> None:
    before = repo.read("src/app.py")
    _edit(repo)
    repo.write("src/app.py", before)


def _forget(repo: RepoBuilder) -> None:
    repo.git("checkout", "-q", "--orphan", "other")


CASES: list[tuple[Callable[[RepoBuilder], None], str, list[str]]] = [
    (lambda _: None, "valid", []),
    (_edit_and_back, "valid", []),
    (_commit_all, "valid", []),
    (_commit_state, "valid", []),
    (_stage, "valid", []),
    (_amend, "valid", []),
    (_edit, "stale", ["src/app.py"]),
    (_edit_another, "stale", ["README.md"]),
    (_commit_another, "stale", ["more.txt"]),
    (_remove, "stale", ["new.txt"]),
    (_mode, "stale", ["src/app.py"]),
    (_forget, "valid", []),
]


class TestResume:
    @pytest.mark.parametrize(("change", "state", "changed"), CASES)
    def test_a_fact_is_valid_on_the_tree_it_was_found_on_and_stale_on_others(
        self,
        tested: RepoBuilder,
        volon: VolonInProcess,
        change: Callable[[RepoBuilder], None],
        state: str,
        changed: list[str],
    ) -> None:
        change(tested)
        before = user_digest(tested.root)
        assert states(volon) == [(state, changed)]
        assert len(stale(volon)) == (state != "valid")
        assert user_digest(tested.root) == before

    def test_the_inputs_that_changed_are_named(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        _edit(tested)
        _remove(tested)
        (line,) = stale(volon)
        assert line.startswith("grep -q 'return 2' src/app.py: exit 0 in ")
        assert line.endswith("changed since: new.txt, src/app.py")

    def test_a_tree_of_another_clone_is_unknown_and_said_to_be(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        tested.git("checkout", "-q", "--orphan", "other")
        tested.git("commit", "-q", "-m", "new root")
        tested.git("update-ref", "-d", "refs/heads/main")
        for ref in tested.git("for-each-ref", "--format=%(refname)", "refs/volon").split():
            tested.git("update-ref", "-d", ref)
        tested.git("reflog", "expire", "--expire=now", "--all")
        tested.git("gc", "-q", "--prune=now")
        assert states(volon) == [("unknown", [])]
        assert stale(volon)[0].endswith("which files changed since cannot be said")

    def test_a_command_that_changed_files_is_valid_on_the_tree_it_left(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "Retry")
        volon("run", "--", "touch", "made.txt")
        volon.ok("pause-task", "x")
        assert states(volon) == [("valid", [])]
        (repo.root / "made.txt").unlink()
        assert states(volon) == [("valid", [])]
        repo.write("made.txt", "another")
        assert states(volon) == [("stale", ["made.txt"])]

    def test_more_files_than_are_named_are_known_by_their_digest(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "Retry")
        for number in range(250):
            repo.write(f"many/{number}.txt", str(number))
        volon("run", "--", "true")
        volon.ok("pause-task", "x")
        assert states(volon) == [("valid", [])]
        repo.git("commit", "-q", "--allow-empty", "-m", "nothing in it")
        assert states(volon) == [("valid", [])]
        repo.write("many/7.txt", "other")
        assert states(volon)[0][0] in {"stale", "unknown"}

    def test_strict_stops_at_stale_evidence(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        tested.commit("All of it")
        assert volon("resume-task", "--dry-run", "--strict").code == 3
        volon.ok("resume-task")

    def test_the_page_says_of_each_command_whether_the_tree_is_the_same(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        page = " ".join(volon("resume-task", "--dry-run").out.split())
        assert "with 2 changed; the tree is the same now" in page
        _edit(tested)
        page = " ".join(volon("resume-task", "--dry-run").out.split())
        assert "evidence a recorded command ran on another tree than this" in page
        assert page.count("with 2 changed; ") == 1


class TestStatus:
    def test_it_says_how_the_last_run_ended_and_whether_on_this_tree(
        self, volon: VolonInProcess, repo: RepoBuilder
    ) -> None:
        volon.ok("task", "start", "Retry")
        volon("run", "--", "true")
        volon("run", "--", "false")
        assert "(no checkpoint yet, last run exit 1)" in volon.ok("status")
        repo.write("src/app.py", "changed\n")
        out = volon.ok("status")
        assert "(no checkpoint yet, last run exit 1, stale)" in out
        assert len(out.splitlines()) <= 3
        found = json.loads(volon("status", "--json").out)["evidence"]
        assert [(row["argv"], row["state"], row["changed"]) for row in found] == [
            (["true"], "stale", ["src/app.py"]),
            (["false"], "stale", ["src/app.py"]),
        ]


FORGED = [
    b'{"schema":"volon/evidence@1"}',
    b"[" * 5000,
    b'{"schema":"volon/evidence@1","argv":["\\u001b]0;owned\\u0007"],"cwd":"../../etc"}',
]


def test_a_checkpoint_is_shown_for_people_with_what_was_run(tested: RepoBuilder, volon: VolonInProcess) -> None:
    shown = volon.ok("checkpoint", "show", "1")
    (record,) = (tested.root / ".design/checkpoints").iterdir()
    assert shown.startswith("Checkpoint 01  TASK-20261119-001  ")
    assert all(
        part in shown
        for part in ("\n  Changed  ", "\n  Ran  ", "exit ", f"Record     .design/checkpoints/{record.name}")
    )
    assert shown.endswith("Back: volon resume-task 01; its files: volon restore 01\n")
    assert "sha256" not in shown


class TestForged:
    def test_rows_of_another_form_are_passed_over(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        (path,) = (tested.root / ".design/checkpoints").iterdir()
        whole = path.read_bytes()
        for forged in FORGED:
            path.chmod(0o644)
            path.write_bytes(whole.replace(b"```json\n", b"```json\n" + forged + b"\n"))
            ran = volon("checkpoint", "show", "1")
            assert ran.code == 0
            assert "\x1b" not in ran.out
            assert volon("resume-task", "--dry-run", "--json").code == 3

    def test_a_command_offered_to_run_never_holds_words_of_a_record(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        _edit(tested)
        found = resumed(volon)
        assert all("grep" not in (one["command"] or "") for one in found["findings"])
        assert all("grep" not in hint for hint in found["hints"])
