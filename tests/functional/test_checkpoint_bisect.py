"""`volon checkpoint bisect` finds where a command began to fail, and nothing it does reaches the user's repository."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.repos import run_git
from tests.support.snapshots import pause
from volon.errors import VolonError
from volon.repo.repository import Repository
from volon.repo.trials.throwaway import files_of
from volon.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess


def bisect(volon: VolonInProcess, *argv: str) -> dict[str, Any]:
    ran = volon("checkpoint", "bisect", "--json", *argv)
    found: dict[str, Any] = json.loads(ran.out)
    assert ran.code == (0 if found.get("outcome") == "found" else found["exit_code"]), ran
    return found


def suspects(found: dict[str, Any]) -> list[int | None]:
    return [row["checkpoint"] for row in found["suspects"]]


def tried(found: dict[str, Any]) -> dict[int, str]:
    return {row["checkpoint"]: row["verdict"] for row in found["trials"]}


def user_state(repo: RepoBuilder) -> tuple[object, ...]:
    index = repo.root / ".git/index"
    questions = (("for-each-ref",), ("rev-parse", "HEAD"), ("status", "--porcelain"), ("worktree", "list"))
    answers = [repo.git("--no-optional-locks", *words) for words in questions]
    logs = sorted(
        (path.as_posix(), path.read_bytes()) for path in (repo.root / ".git/logs").rglob("*") if path.is_file()
    )
    return (*answers, index.read_bytes(), index.stat().st_mtime_ns, logs)


@pytest.fixture
def six(repo: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """Six checkpoints; `value` holds their number, uncommitted in the even ones."""
    for number in range(1, 7):
        repo.write("value", f"{number}\n")
        if number % 2:
            repo.commit(f"value {number}")
        pause(repo, volon, f"note {number}")
    return repo


@pytest.mark.usefixtures("six")
@pytest.mark.parametrize("first", [2, 3, 4, 5, 6])
def test_the_first_bad_checkpoint_is_found_uncommitted_work_included(volon: VolonInProcess, first: int) -> None:
    found = bisect(volon, "--", "sh", "-c", f"echo seen; test $(cat value) -lt {first}")
    assert (found["outcome"], suspects(found), found["good"]["checkpoint"]) == ("found", [first], first - 1)
    assert (found["output"], len(found["trials"]) <= 5) == (["seen"], True)
    text = volon.ok("checkpoint", "bisect", "--run", f"sh -c 'test $(cat value) -lt {first}'")
    assert f"First bad: checkpoint {first:02d}; last good: checkpoint {first - 1:02d}" in text


@pytest.mark.usefixtures("six")
def test_ends_may_be_named_and_must_be_on_one_line(volon: VolonInProcess) -> None:
    found = bisect(volon, "--good", "2", "--bad", "5", "--", "sh", "-c", "test $(cat value) -lt 4")
    assert (suspects(found), set(tried(found)) <= {2, 3, 4, 5}) == ([4], True)
    assert volon("checkpoint", "bisect", "--good", "5", "--bad", "2", "--", "true").code == 2
    assert volon("checkpoint", "bisect", "--good", "2", "--bad", "2", "--", "true").code == 2
    assert volon("checkpoint", "bisect", "--bad", "77", "--", "true").code == 2
    assert volon("checkpoint", "bisect").code == 2
    assert volon("checkpoint", "bisect", "--run", "true", "--", "true").code == 2
    assert volon("checkpoint", "bisect", "--run", "echo 'no end").code == 2


def test_a_detour_is_left_out(six: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "seven", "--next", "x")
    volon.ok("resume-task", "2", "--force")
    six.write("value", "8\n")
    pause(six, volon, "from two")
    found = bisect(volon, "--", "sh", "-c", "test $(cat value) -lt 2")
    assert suspects(found) == [2]
    assert not set(tried(found)) & {3, 4, 5, 6, 7}


@pytest.mark.usefixtures("six")
def test_what_cannot_be_tested_is_passed_over_and_said(volon: VolonInProcess) -> None:
    script = "v=$(cat value); case $v in %s) exit 125;; esac; test $v -lt 4"
    found = bisect(volon, "--", "sh", "-c", script % "3")
    assert (found["outcome"], suspects(found)) == ("undecided", [3, 4])
    found = bisect(volon, "--", "sh", "-c", script % "1\\|6".replace("\\|", "|"))
    assert (found["outcome"], suspects(found), tried(found)[6]) == ("found", [4], "skipped")
    found = bisect(volon, "--", "sh", "-c", "exit 125")
    assert (found["outcome"], found["exit_code"], len(found["suspects"])) == ("undecided", 1, 6)
    assert bisect(volon, "--", "./not-there")["trials"][0]["reason"].startswith("./not-there is not there")


@pytest.mark.usefixtures("six")
def test_a_program_that_is_nowhere_is_said_before_anything_is_tried(volon: VolonInProcess) -> None:
    ran = volon("checkpoint", "bisect", "--", "no-such-program")
    assert (ran.code, ran.out) == (2, "")
    assert "no-such-program was not found in PATH; nothing was tried." in " ".join(ran.err.split())
    said = volon("checkpoint", "bisect", "--", "./not-there").out
    assert "None of them could be tried." in said
    assert "first bad" not in said.lower()


@pytest.mark.usefixtures("six")
def test_there_may_be_nothing_to_find(volon: VolonInProcess) -> None:
    assert (bisect(volon, "--", "true")["outcome"], volon("checkpoint", "bisect", "--", "true").code) == (
        "never-bad",
        1,
    )
    found = bisect(volon, "--", "false")
    assert (found["outcome"], suspects(found)) == ("always-bad", [1])


@pytest.mark.usefixtures("six")
def test_a_run_that_takes_too_long_or_is_killed_is_bad(volon: VolonInProcess) -> None:
    found = bisect(volon, "--timeout", "1", "--bad", "2", "--", "sh", "-c", "test $(cat value) = 1 || sleep 60")
    assert (suspects(found), found["suspects"][0]["reason"]) == ([2], "it did not end within 1 s")
    found = bisect(volon, "--bad", "2", "--", "sh", "-c", "test $(cat value) = 1 || kill -SEGV $$")
    assert found["suspects"][0]["reason"] == "ended by signal 11"


def test_the_commits_in_between_are_tried_when_asked_for(repo: RepoBuilder, volon: VolonInProcess) -> None:
    pause(repo, volon, "before")
    commits = [repo.commit(f"c{number}", {"value": f"{number}\n"}) for number in range(5)]
    pause(repo, volon, "after")
    found = bisect(volon, "--commits", "--", "sh", "-c", "test ! -e value || test $(cat value) -lt 3")
    assert (found["outcome"], found["suspects"][0]["commit"]) == ("found", commits[3])
    assert found["good"]["commit"] == commits[2]


def test_whatever_the_command_does_with_git_stays_in_the_throw_away_tree(
    six: RepoBuilder, volon: VolonInProcess
) -> None:
    six.write("staged", "staged\n")
    six.git("add", "staged")
    before = user_state(six)
    script = (
        "set -e; git tag mine; git add -A; git commit -qm mine --allow-empty; git reset -q --hard HEAD~1; git gc -q; "
    )
    found = bisect(volon, "--", "sh", "-c", script + "git log -1 --format=%H; test $(cat value) -lt 4")
    assert (found["outcome"], suspects(found)) == ("found", [4])
    assert user_state(six) == before
    assert not (six.root / ".git/volon/scratch").exists()
    assert six.git("fsck", "--no-dangling", "--no-progress") == ""


def test_variables_of_git_do_not_lead_out_of_the_throw_away_tree(six: RepoBuilder, volon: VolonInProcess) -> None:
    before = user_state(six)
    env = {"GIT_DIR": str(six.root / ".git"), "GIT_WORK_TREE": str(six.root), "GIT_INDEX_FILE": "index"}
    ran = volon("checkpoint", "bisect", "--", "sh", "-c", "git tag here; test $(cat value) -lt 4", env=env)
    assert ran.code == 0, ran
    assert user_state(six) == before


def test_the_files_are_those_of_the_pause_to_the_byte(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Line ends, idents, modes, links and odd names; what git would make of them on a check-out is something else."""
    repo.git("config", "core.autocrlf", "true")
    repo.commit("Attributes", {".gitattributes": "*.id ident\n*.lf text eol=crlf\n", "plain": "x\r\n"})
    pause(repo, volon, "before", saves=True)  # README.md and others, which a checkout would write with CR LF
    odd = b"n\xff me\n".decode("utf-8", "surrogateescape")
    files = {"a.lf": b"unix\nlines\n", "b.id": b"$Id: mine $\n", "c": b"mixed\r\nends\n", odd: b"odd\n", "dir/d": b""}
    for name, data in files.items():
        repo.write(name, data)
    (repo.root / "dir/d").chmod(0o755)
    (repo.root / "link").symlink_to("nowhere")
    (repo.root / "plain").unlink()
    pause(repo, volon, "after")
    script = f"""
import os, sys
files = {files!r}
if not os.path.lexists("a.lf"): sys.exit(0)
seen = {{name: open(name, "rb").read() for name in files}}
good = seen == files and os.access("dir/d", os.X_OK) and not os.access("c", os.X_OK)
good = good and os.readlink("link") == "nowhere" and not os.path.lexists("plain")
sys.exit(1 if good else print(seen) or 0)
"""
    found = bisect(volon, "--", sys.executable, "-c", script)
    assert suspects(found) == [2], found


def test_no_link_leads_a_file_out_of_the_throw_away_tree(repo: RepoBuilder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (repo.root / "a").symlink_to(outside)
    commit = repo.commit("Link")
    blob = repo.git("rev-parse", "HEAD:README.md").strip()
    repository = Repository.open(World.real(os.environ), repo.root)
    try:
        with files_of(repository, commit, [("a/b", "100644", blob)]) as work:
            assert (work / "a/b").is_file()
    except VolonError:
        pass
    assert list(outside.iterdir()) == []


@pytest.mark.slow
def test_what_a_kill_leaves_is_gone_after_the_next_run(
    six: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, tmp_path: Path
) -> None:
    before = user_state(six)
    mark = tmp_path / "running"
    child = volon_process.start("checkpoint", "bisect", "--", "sh", "-c", f"echo $$ > {mark}; exec sleep 60")
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text().strip()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    os.kill(int(mark.read_text()), signal.SIGKILL)
    for stream in (child.stdout, child.stderr):
        assert stream is not None
        stream.close()
    scratch = six.root / ".git/volon/scratch"
    assert len(list(scratch.iterdir())) == 1
    assert user_state(six) == before
    assert bisect(volon, "--", "true")["outcome"] == "never-bad"
    assert not scratch.exists()
    assert run_git(six.root, "worktree", "list").count("\n") == 1
