"""`resume-task --replay`: what was allowed and approved here runs again, in its time, and nothing else ever does."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.digests import user_digest
from tests.support.hooks import approve, script, settings
from volon.model.evidence import decode, encode
from volon.plain import replace

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import Ran, VolonInProcess, VolonProcess

TASK = "TASK-20261119-001"
ALLOW = "replay:\n  allow:\n    - grep -q\n    - [./check]\n    - 'true'\n"


def again(ran: Ran) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [row["again"] for row in json.loads(ran.out)["evidence"]]
    return found


def findings(ran: Ran) -> dict[str, dict[str, Any]]:
    return {one["code"]: one for one in json.loads(ran.out)["findings"]}


@pytest.fixture
def tested(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """A paused task with a command that looks into a file; `grep -q` may be replayed and is approved."""
    repo.commit("Settings", {"volon.yaml": ALLOW})
    volon.ok("task", "start", "Retry")
    repo.write("src/app.py", "def run():\n    return 2\n")
    volon("run", "--", "grep", "-q", "return 2", "src/app.py")
    volon.ok("pause-task", "tested")
    approve(volon)
    return repo


class TestOutcome:
    def test_the_same_outcome_on_another_tree_makes_the_fact_hold_again(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        tested.write("README.md", "# Other\n")
        assert "evidence.stale" in findings(volon("resume-task", "--dry-run", "--json"))
        ran = volon("resume-task", "--replay", "--json")
        assert ran.code == 0
        assert (again(ran)[0]["ran"], again(ran)[0]["exit_status"]) == (True, 0)
        assert not {"evidence.stale", "evidence.failed"} & findings(ran).keys()

    def test_green_at_the_pause_and_red_now_is_a_warning(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        tested.write("src/app.py", "def run():\n    return 3\n")
        ran = volon("resume-task", "--replay", "--strict")
        assert ran.code == 3
        assert "a recorded command ends otherwise than at the pause" in ran.out
        assert "green at the pause, red now (exit 0, exit 1)" in " ".join(ran.out.split())
        assert volon("resume-task", "--replay").code == 0

    def test_red_at_the_pause_and_green_now_is_a_note(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        repo.commit("Settings", {"volon.yaml": ALLOW})
        approve(volon)
        volon.ok("task", "start", "Retry")
        volon("run", "--", "grep", "-q", "return 2", "src/app.py")
        volon.ok("pause-task", "red")
        repo.write("src/app.py", "def run():\n    return 2\n")
        found = findings(volon("resume-task", "--replay", "--json"))["evidence.failed"]
        assert found["severity"] == "note"
        assert "red at the pause, green now (exit 1, exit 0)" in found["detail"][0]

    def test_the_end_of_what_a_failing_command_said_is_shown_without_secrets(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        script(
            repo, "check", "test ! -e broken || { echo first; echo ghp_" + "A1b2C3d4E5f6G7h8I9j0" * 2 + "; exit 4; }"
        )
        repo.commit("Settings", {"volon.yaml": ALLOW})
        approve(volon)
        volon.ok("task", "start", "Retry")
        volon("run", "--", "./check")
        volon.ok("pause-task", "green")
        repo.write("broken", "")
        found = findings(volon("resume-task", "--replay", "--json"))["evidence.failed"]
        assert found["severity"] == "warning"
        assert found["detail"][1:] == ["| first", "| [redacted: GitHub token]"]

    def test_what_takes_too_long_is_ended_with_its_group(
        self, repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr("volon.usecases.running.replay._SHORTEST_SECONDS", 1)
        script(repo, "check", f"test ! -e slow || {{ sleep 50 & echo $! > {tmp_path / 'pid'}; sleep 50; }}")
        repo.commit("Settings", {"volon.yaml": ALLOW})
        approve(volon)
        volon.ok("task", "start", "Retry")
        volon("run", "--", "./check")
        volon.ok("pause-task", "quick")
        repo.write("slow", "")
        began = time.monotonic()
        ran = volon("resume-task", "--replay", "--json")
        assert time.monotonic() - began < 40
        assert again(ran)[0]["reason"] == "stopped after 1 s"
        assert "stopped after 1 s now" in findings(ran)["evidence.failed"]["detail"][0]
        pid = int((tmp_path / "pid").read_text())
        assert _is_over(pid)

    def test_the_records_stay_as_they_are_and_no_file_of_the_user_changes(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        before = user_digest(tested.root)
        volon("resume-task", "--replay")
        assert user_digest(tested.root) == before

    def test_a_volon_that_is_replayed_changes_nothing(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        script(repo, "check", 'test -n "$VOLON_IN_HOOK" && echo "$VOLON_EVENT" && exit 7; exit 0')
        repo.commit("Settings", {"volon.yaml": ALLOW})
        approve(volon)
        volon.ok("task", "start", "Retry")
        volon("run", "--", "./check")
        volon.ok("pause-task", "x")
        ran = volon("resume-task", "--replay", "--json")
        assert (again(ran)[0]["exit_status"], again(ran)[0]["output"]) == (7, ["replay"])


class TestConsent:
    def test_without_approval_nothing_runs_and_nothing_changes(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        volon.ok("trust", "--revoke")
        script(tested, "grep", "touch fired")
        ran = volon("resume-task", "--replay")
        assert ran.code == 8
        assert "volon trust" in ran.err
        assert json.loads(volon("task", "show", TASK, "--json").out)["task"]["status"] == "paused"
        assert volon("resume-task").code == 0

    @pytest.mark.usefixtures("tested")
    def test_denied_means_denied(self, volon: VolonInProcess) -> None:
        volon.ok("trust", "--deny")
        assert volon("resume-task", "--replay").code == 8

    def test_another_allow_list_is_another_question(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        tested.write("volon.yaml", ALLOW + "    - sh\n")
        assert volon("resume-task", "--replay").code == 8
        assert volon("trust").code == 8

    def test_a_changed_script_is_another_question(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        script(repo, "check", "exit 0")
        repo.commit("Settings", {"volon.yaml": ALLOW})
        approve(volon)
        volon.ok("task", "start", "Retry")
        volon("run", "--", "./check")
        volon.ok("pause-task", "x")
        script(repo, "check", "touch fired")
        assert volon("resume-task", "--replay").code == 8
        assert not (repo.root / "fired").exists()

    def test_what_is_not_allowed_does_not_run_and_is_named(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        tested.write("volon.yaml", "replay:\n  allow:\n    - 'true'\n")
        approve(volon)
        ran = volon("resume-task", "--replay", "--json")
        assert ran.code == 0
        assert (again(ran)[0]["ran"], again(ran)[0]["reason"]) == (False, "replay.allow does not name it")

    @pytest.mark.usefixtures("tested")
    def test_a_resume_without_the_option_runs_nothing(self, volon: VolonInProcess) -> None:
        assert again(volon("resume-task", "--json")) == [None]

    @pytest.mark.usefixtures("tested")
    def test_a_dry_run_only_says_what_would_run(self, volon: VolonInProcess) -> None:
        ran = volon("resume-task", "--replay", "--dry-run", "--json")
        assert (again(ran)[0]["ran"], again(ran)[0]["reason"]) == (False, "would run again")
        said = " ".join(volon.ok("resume-task", "--replay", "--dry-run").split())
        assert "would run again" in said
        assert "not run again" not in said
        volon.ok("trust", "--revoke")
        ran = volon("resume-task", "--replay", "--dry-run", "--json")
        assert (ran.code, again(ran)[0]["reason"]) == (0, "would run again once it is trusted: volon trust")

    @pytest.mark.usefixtures("tested")
    def test_what_is_to_be_approved_is_shown(self, volon: VolonInProcess) -> None:
        page = volon("trust").out
        assert "  replay     grep -q\n" in page
        assert "matches" in page
        assert "after 600 s at the latest" in page

    def test_an_approval_of_hooks_alone_means_what_it_always_meant(
        self, repo: RepoBuilder, volon: VolonInProcess
    ) -> None:
        repo.commit("Hooks", {"volon.yaml": settings(on_pause=[["true"]])})
        alone = json.loads(volon("trust", "--json").out)["digest"]
        repo.write("volon.yaml", settings(on_pause=[["true"]]) + "replay:\n  allow: []\n")
        assert json.loads(volon("trust", "--json").out)["digest"] == alone

    def test_nothing_recorded_is_said(self, repo: RepoBuilder, volon: VolonInProcess) -> None:
        repo.write("x", "x")
        volon.ok("pause-task", "x")
        assert "No command was recorded with this pause" in volon("resume-task", "--replay").out

    @pytest.mark.usefixtures("tested")
    def test_inside_a_hook_nothing_is_replayed(self, volon: VolonInProcess) -> None:
        assert volon("resume-task", "--replay", env={"VOLON_IN_HOOK": "x"}).code == 4


class TestForged:
    @pytest.mark.parametrize(
        ("forged", "reason"),
        [
            ({"argv": ("grep", "-q", "-f", "/etc/passwd")}, "this working tree never recorded it"),
            ({"argv": ("sh", "-c", "touch fired")}, "replay.allow does not name it"),
            ({"argv": ("true",), "cwd": "elsewhere"}, "the directory it ran in is gone"),
            ({"argv": ("./check",), "cwd": "src"}, "its program was found in another directory then"),
            ({"argv": ("true",), "exact": False}, "its words were not recorded in full"),
        ],
    )
    def test_a_record_of_somebody_elses_is_no_reason_to_run_it(
        self, tested: RepoBuilder, volon: VolonInProcess, forged: dict[str, Any], reason: str, tmp_path: Path
    ) -> None:
        (tested.root / "elsewhere").symlink_to(tmp_path)
        _forge(tested, **forged)
        ran = volon("resume-task", "--force", "--replay", "--dry-run", "--json")
        assert [one["reason"].endswith(reason) for one in again(ran)] == [True]

    def test_what_the_allow_list_has_word_for_word_runs_wherever_it_was_recorded(
        self, tested: RepoBuilder, volon: VolonInProcess
    ) -> None:
        _forge(tested, argv=("true",))
        ran = volon("resume-task", "--replay", "--json")
        assert (ran.code, again(ran)[0]["exit_status"]) == (0, 0)

    def test_a_tampered_checkpoint_stops_before_anything_runs(self, tested: RepoBuilder, volon: VolonInProcess) -> None:
        (path,) = (tested.root / ".design/checkpoints").iterdir()
        path.chmod(0o644)
        path.write_text(path.read_text().replace("return 2", "return 1"))
        ran = volon("resume-task", "--replay", "--force", "--json")
        assert ran.code == 3
        assert not any(again(ran))


def _forge(repo: RepoBuilder, **changes: Any) -> None:  # noqa: ANN401 - fields of all kinds
    """Replace the record in the checkpoint, with digests that are right."""
    from volon.model.text import digest  # noqa: PLC0415 - only here

    (path,) = (repo.root / ".design/checkpoints").iterdir()
    text = path.read_text()
    line = next(line for line in text.splitlines() if line.startswith('{"after"'))
    row = decode(line)
    assert row is not None
    text = text.replace(line, encode(replace(row, **changes)))
    stamp = next(line for line in text.splitlines() if line.startswith("content_sha256:"))
    bare = text.replace(f"{stamp}\n", "")
    path.chmod(0o644)
    path.write_text(text.replace(stamp, f'content_sha256: "{digest(bare.encode())}"'))


def test_ctrl_c_ends_what_is_run_again_and_nothing_changes(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, tmp_path: Path
) -> None:
    script(repo, "check", f"test ! -e slow || {{ echo $$ > {tmp_path / 'pid'}; exec sleep 50; }}")
    repo.commit("Settings", {"volon.yaml": ALLOW})
    approve(volon)
    volon.ok("task", "start", "Retry")
    volon("run", "--", "./check")
    volon.ok("pause-task", "x")
    repo.write("slow", "")
    running = volon_process.start("resume-task", "--replay")
    deadline = time.monotonic() + 20
    while not ((tmp_path / "pid").exists() and (tmp_path / "pid").read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=20)
    assert running.returncode == 130
    assert b"nothing was changed" in err
    pid = int((tmp_path / "pid").read_text())
    assert _is_over(pid)


def _is_over(pid: int) -> bool:
    """Whether a process is gone, or only waits to be reaped."""
    found = Path(f"/proc/{pid}/stat")
    return not found.exists() or found.read_text("ascii").rpartition(") ")[2].startswith("Z")
