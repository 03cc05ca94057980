"""`isolation: worktree`: each such ticket has a working tree of its own, and what it makes there is a commit.

Real processes in real working trees of git's; what became of them is asked of git.
"""

from __future__ import annotations

import json
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.test_pipeline import ended, pipeline, until

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

HEAD = "defaults:\n  isolation: worktree"


@pytest.fixture
def spec(repo: RepoBuilder) -> Callable[..., None]:
    """Commit `p.yaml`, whose tickets have working trees of their own, and a `.gitignore`."""

    def write(*tickets: str) -> None:
        repo.commit("Plan", {"p.yaml": pipeline(*tickets, head=HEAD), ".gitignore": "/build/\n", "base.txt": "base\n"})

    return write


def status(volon: VolonInProcess) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon("pipeline", "status", "p.yaml", "--json").out)["pipeline"]
    return found


def result(volon: VolonInProcess, ticket: str) -> str:
    (found,) = (one["result"] for one in status(volon)["tickets"] if one["ticket"] == ticket)
    return str(found)


def files(repo: RepoBuilder, commit: str) -> dict[str, str]:
    names = repo.git("ls-tree", "-r", "--name-only", commit).split()
    return {name: repo.git("show", f"{commit}:{name}") for name in names}


def run_of(repo: RepoBuilder) -> str:
    """The refs of the only run begin like that."""
    return repo.git("for-each-ref", "--format=%(refname:rstrip=-4)", "refs/volon/run/*/_base").strip()


def untouched(repo: RepoBuilder) -> tuple[str, ...]:
    """What no ticket may change: HEAD, branches, index, files, stash."""
    return (
        repo.git("rev-parse", "HEAD"),
        repo.git("for-each-ref", "refs/heads", "refs/stash"),
        repo.git("status", "--porcelain=v2", "--branch"),
        repo.git("ls-files", "-s"),
    )


def trees(repo: RepoBuilder) -> list[str]:
    """The working trees of tickets, as git and the disk know them."""
    listed = repo.git("worktree", "list", "--porcelain").count("worktree ") - 1
    found = sorted(path.name for path in repo.root.glob(".git/volon/runs/0*/trees/*"))
    assert listed == len(found)
    return found


class TestResults:
    def test_a_ticket_begins_from_what_it_needs_and_all_it_made_is_a_commit_that_the_user_merges_once(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec(
            "a | run: 'echo a > a.txt; mkdir build; echo out > build/out; echo x > build/junk' | outputs: build/out",
            "b | run: 'echo b > b.txt; git add b.txt; git commit -qm Own; rm base.txt'",
            "none: a b | run: 'test ! -e a.txt' | isolation: none",
            "c: none | run: 'cat a.txt b.txt build/out > c.txt; test ! -e base.txt && test ! -e dirty'",
        )
        repo.write("dirty", "not committed\n")
        before = untouched(repo)
        out = volon.ok("pipeline", "run", "p.yaml", "-j", "2")
        assert untouched(repo) == before
        assert trees(repo) == []
        (whole,) = status(volon)["results"]
        assert out.endswith(f"Next: git merge {whole[:12]}\n")
        assert files(repo, whole).keys() - files(repo, "HEAD").keys() == {"a.txt", "b.txt", "c.txt", "build/out"}
        assert files(repo, whole)["c.txt"] == "a\nb\nout\n"
        assert repo.git(
            "log", "-1", "--format=%an %s %(trailers:key=Volon-Ticket,valueonly,separator=)", whole
        ).split()[-3:] == ["Ticket", "c", "c"]
        assert f"git merge {whole[:12]}" in volon.ok("pipeline", "status")
        repo.git("merge", "-q", whole)
        assert "git merge" not in volon.ok("pipeline", "status")
        assert (repo.read("c.txt"), (repo.root / "base.txt").exists()) == (b"a\nb\nout\n", False)
        assert repo.git("fsck", "--strict") == ""

    def test_results_that_nobody_needed_together_are_one_commit_all_the_same(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: echo a > a.txt", "b..x.lock | run: echo b > b.txt", "c | run: 'true'")
        volon.ok("pipeline", "run", "p.yaml")
        (whole,) = status(volon)["results"]
        assert {"a.txt", "b.txt"} <= files(repo, whole).keys()
        assert result(volon, "c") == status(volon)["base"] == repo.head()

    def test_a_variable_of_git_that_names_the_users_repository_does_not_reach_it(
        self, repo: RepoBuilder, volon_process: VolonProcess, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: 'echo a > a.txt; git add a.txt; git commit -qm Own'")
        before = untouched(repo)
        got = volon_process("pipeline", "run", "p.yaml", env={"GIT_DIR": str(repo.root / ".git"), "GIT_PREFIX": "x/"})
        assert (got.code, untouched(repo)) == (0, before)
        assert files(repo, result(volon, "a"))["a.txt"] == "a\n"

    def test_a_ticket_that_made_what_cannot_be_kept_is_not_done_and_its_working_tree_stays(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: 'echo KEY=1 > .env; echo a > a.txt'", "b | run: git init -q inner; echo b > inner/b")
        got = volon("pipeline", "run", "p.yaml", "-k")
        assert got.code == 1
        assert "failed  a: its result cannot be kept whole: .env (secret: its name)" in got.out
        assert "failed  b: its result cannot be kept whole: inner/ (a repository of its own)" in got.out
        assert trees(repo) == ["a.1", "b.1"]
        assert len(status(volon)["trees"]) == 2
        assert next(repo.root.glob(".git/volon/runs/0*/trees/a.1/.env")).read_text() == "KEY=1\n"

    def test_doctor_names_working_trees_that_are_left_and_takes_away_what_can_be_kept(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: 'echo KEY=1 > .env; echo a > a.txt; exit 1'")
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert "1 working tree whose tickets are over" in volon.ok("doctor")
        assert "1 working tree with more in them than could be kept" in volon("doctor", "--fix").out
        assert trees(repo) == ["a.1"]
        (left,) = repo.root.glob(".git/volon/runs/0*/trees/a.1")
        (left / ".env").unlink()
        assert "1 working tree taken away" in volon.ok("doctor", "--fix")
        assert trees(repo) == []

    def test_what_leads_to_another_working_tree_is_none_of_a_tickets(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a")
        volon.ok("pipeline", "run", "p.yaml")
        repo.write("base.txt", "my own work\n")
        before = untouched(repo)
        (home,) = repo.root.glob(".git/volon/runs/0*/trees")
        (home / "a.2").symlink_to(repo.root)
        (home / "a.3").mkdir()
        (home / "a.3/.git").write_text(f"gitdir: {repo.root}/.git\n")
        assert "2 working trees with more in them than could be kept" in volon("doctor", "--fix").out
        assert (untouched(repo), repo.read("base.txt")) == (before, b"my own work\n")

    def test_without_a_commit_nothing_starts(self, volon: VolonInProcess, repo: RepoBuilder) -> None:
        repo.git("checkout", "-q", "--orphan", "empty")
        repo.write("p.yaml", pipeline("a", head=HEAD))
        got = volon("pipeline", "run", "p.yaml")
        assert (got.code, "there is no commit yet" in got.err) == (5, True)
        # A bare commit would be refused where nothing is staged.
        assert got.err.partition("Hint: ")[2].strip() == "git add --all && git commit"


class TestUnfinished:
    def test_what_a_failed_attempt_left_is_a_snapshot_and_the_next_one_begins_anew(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: 'test -e half && exit 9; echo half > half; git commit -q --allow-empty -m Own; exit 3'")
        assert volon("pipeline", "run", "p.yaml").code == 1
        (one,) = status(volon)["tickets"]
        assert (trees(repo), one["result"]) == ([], None)
        assert files(repo, f"{one['saved']}^3")["half"] == "half\n"
        assert repo.git("log", "-1", "--format=%s", f"{one['saved']}^1") == "Own\n"
        assert "exit status 3" in volon("pipeline", "resume", "p.yaml").out

    def test_a_pause_that_waits_names_in_the_checkpoint_what_all_that_ran_left(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., None]
    ) -> None:
        wait = f"until test -e {repo.root}/go; do sleep 0.02; done"
        spec(f"a | run: 'echo half > a.txt; touch {repo.root}/a; {wait}' | rerun: safe", f"b: a | run: {wait}")
        volon.ok("task", "start", "Ship it")
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until((repo.root / "a").exists)
        volon.ok("pipeline", "pause", "--now")
        assert ended(runner) == 11
        saved = status(volon)["tickets"][0]["saved"]
        assert files(repo, f"{saved}^3")["a.txt"] == "half\n"
        shown = "".join(volon.ok("checkpoint", "show", "1").split())
        assert f"whattheyleft:a{saved}" in shown
        repo.write("go")
        volon.ok("pipeline", "resume", "p.yaml")
        assert files(repo, result(volon, "b"))["a.txt"] == "half\n"

    def test_a_killed_runner_leaves_a_result_to_whoever_comes_next(
        self, repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, spec: Callable[..., None]
    ) -> None:
        spec(f"a | run: 'touch {repo.root}/a; until test -e {repo.root}/go; do sleep 0.02; done; echo a > a.txt'")
        runner = volon_process.start("pipeline", "run", "p.yaml")
        until((repo.root / "a").exists)
        os.kill(runner.pid, signal.SIGKILL)
        ended(runner)
        repo.write("go")
        volon.ok("pipeline", "run", "p.yaml")
        assert files(repo, result(volon, "a"))["a.txt"] == "a\n"
        assert trees(repo) == []


class TestConflicts:
    def test_results_that_conflict_pause_the_pipeline_until_the_user_has_merged_them(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec("a | run: echo a > base.txt", "b | run: echo b > base.txt", "c: a b | run: cp base.txt c.txt")
        before = untouched(repo)
        got = volon("pipeline", "run", "p.yaml")
        assert got.code == 11
        assert "conflict c: what a made and what b made conflict in base.txt" in got.out
        assert (untouched(repo), trees(repo), status(volon)["reason"]) == (before, [], "conflict")
        assert repo.git("merge", "-q", result(volon, "a")) == ""
        repo.git("merge", "-q", result(volon, "b"), check=False)
        repo.commit("Solved", {"base.txt": "both\n"})
        volon.ok("pipeline", "resume", "p.yaml")
        assert files(repo, result(volon, "c"))["c.txt"] == "both\n"

    def test_nothing_that_the_repository_configures_is_run(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None], tmp_path: Path
    ) -> None:
        fired = tmp_path / "fired"
        fire = tmp_path / "fire"
        fire.write_text(f'#!/bin/sh\necho "$0 $*" >> {fired}\nexit 1\n')
        fire.chmod(0o755)
        repo.commit("Rules", {".gitattributes": "*.txt merge=evil filter=evil\n"})
        spec("a | run: echo a > base.txt", "b | run: echo b > base.txt", "c: a b", "d | run: echo d > d.txt", "e: a d")
        for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-commit"):
            (repo.root / ".git/hooks").mkdir(exist_ok=True)
            (repo.root / ".git/hooks" / name).symlink_to(fire)
        for key in ("merge.evil.driver", "filter.evil.clean", "filter.evil.smudge", "core.fsmonitor"):
            with (repo.root / ".git/config").open("a") as config:
                section, _, name = key.rpartition(".")
                top, _, sub = section.partition(".")
                config.write(f"[{top}{f' {json.dumps(sub)}' if sub else ''}]\n\t{name} = {fire} {key}\n")
        assert volon("pipeline", "run", "p.yaml", "-k").code == 11
        assert not fired.exists()
        assert (
            repo.git("-c", "core.fsmonitor=false", "ls-tree", "--name-only", result(volon, "e"), "d.txt") == "d.txt\n"
        )


class TestNothingIsLost:
    def test_what_lies_in_a_repository_within_stays_with_its_working_tree_also_where_git_ignores_it(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None], tmp_path: Path
    ) -> None:
        other = tmp_path / "other"
        repo.git("init", "-q", str(other))
        repo.git("-C", str(other), "commit", "-q", "--allow-empty", "-m", "First")
        repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other), "sm")
        fill = (
            "git -c protocol.file.allow=always submodule update -q --init; cd sm; git commit -q --allow-empty -m Mine"
        )
        spec(
            f"failed | run: '{fill}; exit 1'",
            f"done | run: '{fill}'",
            "ignored | run: 'git init -q build/in; cd build/in; git commit -q --allow-empty -m Mine'",
            "bare | run: git init -q --bare build/in.git",
            "plain | run: mkdir -p build/in",
        )
        volon("pipeline", "run", "p.yaml", "-k")
        stay = ["bare.1", "done.1", "failed.1", "ignored.1"]
        assert trees(repo) == stay
        volon("doctor", "--fix")
        assert (trees(repo), len(status(volon)["trees"])) == (stay, 4)
        (one,) = repo.root.glob(".git/volon/runs/0*/trees/failed.1/sm")
        assert repo.git("-C", str(one), "log", "-1", "--format=%s") == "Mine\n"

    def test_a_ticket_whose_working_tree_is_gone_is_not_done_and_its_commits_are_kept(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None], tmp_path: Path
    ) -> None:
        work = "echo $VOLON_TICKET > keep; git add keep; git commit -qm Precious"
        spec(
            f"deleted | run: '{work}; cd /; rm -rf \"$OLDPWD\"'",
            f"moved | run: '{work}; mv \"$PWD\" {tmp_path}/elsewhere'",
            "staged | run: 'echo k > keep; git add keep; cd /; rm -rf \"$OLDPWD\"'",
        )
        got = volon("pipeline", "run", "p.yaml", "-k")
        assert (got.code, got.out.count("its working tree is gone") >= 3) == (1, True)
        volon("doctor", "--fix")
        for one in status(volon)["tickets"][:2]:
            kept = repo.git("rev-parse", f"{run_of(repo)}/{one['ticket']}/1.commits").strip()
            assert one["why"].endswith(f"; the commits made there: git log {kept[:12]}")
            assert files(repo, kept)["keep"] == f"{one['ticket']}\n"
        assert [one.rpartition("/")[2] for one in status(volon)["trees"]] == ["staged.1"]

    def test_commits_that_only_a_reflog_knows_are_kept_before_it_goes(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        make = "git commit -q --allow-empty -m"
        spec(f"a | run: '{make} One; git reset -q --hard HEAD~; {make} Two; git update-ref refs/worktree/x HEAD'")
        volon.ok("pipeline", "run", "p.yaml")
        assert trees(repo) == []
        (kept,) = repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/run/*/a/1.commits").split()
        assert repo.git("log", "-1", "--format=%s", kept) == "One\n"

    def test_a_working_tree_in_which_a_process_still_stands_stays(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        wait = f"until test -e {repo.root}/go; do sleep 0.02; done; rm {repo.root}/go"
        spec(f"a | run: '({wait}) > /dev/null 2>&1 &'")
        volon.ok("pipeline", "run", "p.yaml")
        assert trees(repo) == ["a.1"]
        repo.write("go")
        until(lambda: not (repo.root / "go").exists())
        until(lambda: "taken away" in volon("doctor", "--fix").out)
        assert trees(repo) == []

    def test_what_ended_well_and_could_not_be_kept_runs_again_only_when_somebody_says_so(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        ran = f"echo x >> {repo.root}/.git/ran"
        spec(
            f"a | run: '{ran}; git init -q inner' | rerun: never | retries: 2",
            f"b | run: '{ran}; git init -q inner' | rerun: safe",
        )
        assert volon("pipeline", "run", "p.yaml", "-k", "-j", "1").code == 1
        got = volon("pipeline", "resume", "p.yaml")
        assert (got.code, "How these tickets ended is not known." in got.err) == (11, True)
        assert repo.read(".git/ran") == b"x\n" * 2
        volon("pipeline", "resume", "p.yaml", "--done", "a")
        assert repo.read(".git/ran") == b"x\n" * 3

    def test_what_a_passing_fault_kept_from_being_kept_is_kept_by_a_resume_and_nothing_runs_again(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        in_the_way = f"{repo.root}/.git/refs/volon/run/$VOLON_RUN/a/1"
        spec(
            f"a | run: 'echo x >> {repo.root}/.git/ran; mkdir -p build {in_the_way}; echo o > build/o; "
            f"touch {in_the_way}/x' | outputs: [build/o]",
            "b: a | run: grep o build/o",
        )
        assert volon("pipeline", "run", "p.yaml").code == 1
        assert status(volon)["tickets"][0]["why"].startswith("its result cannot be kept: ")
        volon("doctor", "--fix")
        assert volon("pipeline", "resume", "p.yaml").code == 11
        assert trees(repo) == ["a.1"]
        for path in repo.root.glob(".git/refs/volon/run/*/a/1/x"):
            path.unlink()
        volon.ok("pipeline", "resume", "p.yaml")
        assert (repo.read(".git/ran"), files(repo, result(volon, "a"))["build/o"]) == (b"x\n", "o\n")
        assert trees(repo) == []

    def test_a_merge_that_was_not_brought_to_its_end_is_no_result(
        self, repo: RepoBuilder, volon: VolonInProcess, spec: Callable[..., None]
    ) -> None:
        spec(
            "a | run: 'git checkout -q -b s1; echo 1 > base.txt; git commit -qam 1; git checkout -q --detach HEAD~; "
            "echo 2 > base.txt; git commit -qam 2; git merge -q s1 || true'",
            "b: a | run: 'true'",
        )
        got = volon("pipeline", "run", "p.yaml")
        assert "its result cannot be kept whole: base.txt (a conflict), a merge in progress" in got.out
        (one, _) = status(volon)["tickets"]
        assert one["result"] is None
        assert "<<<<<<<" in files(repo, f"{one['saved']}^3")["base.txt"]
