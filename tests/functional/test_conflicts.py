"""`status --conflicts`: whether unfinished work would fit where it may be brought, before anything is touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

LINES = "".join(f"line {number}\n" for number in range(20))
Answers = dict[tuple[str, str], list[str] | None]


@pytest.fixture
def shop(repo: RepoBuilder, tmp_path: Path) -> RepoBuilder:
    """A clone on `feat`, which follows `origin/feat`; others have changed line 3 there and line 15 on `origin/main`."""
    repo.commit("Begin", {"f": LINES, "g": "g\n"})
    repo.git("clone", "-q", "--bare", ".", str(tmp_path / "hub"))
    repo.git("remote", "add", "origin", str(tmp_path / "hub"))
    for branch, line in (("feat", 3), ("main", 15)):
        repo.git("switch", "-q", "--detach", "main")
        repo.commit("Theirs", {"f": LINES.replace(f"line {line}\n", "theirs\n")}, date=f"2026-11-18T0{line % 9}:00:00Z")
        repo.git("push", "-q", "origin", f"HEAD:refs/heads/{branch}")
    repo.git("fetch", "-q", "origin")
    repo.git("switch", "-q", "-c", "feat", "main")
    repo.git("branch", "-q", "-u", "origin/feat")
    return repo


def answers(volon: VolonInProcess) -> Answers:
    """Work and place → the paths in conflict, or None where it cannot be said."""
    found = json.loads(volon.ok("status", "--conflicts", "--json"))["conflicts"]
    return {(row["work"], row["against"]): row["paths"] for row in found}


def test_the_working_tree_is_held_against_its_upstream_and_the_default_branch(
    shop: RepoBuilder, volon: VolonInProcess
) -> None:
    shop.write("f", LINES.replace("line 3\n", "mine\n"))
    shop.write("new", "x")
    here = "the working tree"
    assert answers(volon) == {(here, "origin/feat"): ["f"], (here, "origin/main"): []}
    shop.write("f", LINES.replace("line 15\n", "mine\n"))
    assert answers(volon) == {(here, "origin/feat"): [], (here, "origin/main"): ["f"]}
    assert shop.git("status", "--porcelain") == " M f\n?? new\n"


def test_paused_work_is_held_against_head_and_against_other_paused_work(
    shop: RepoBuilder, volon: VolonInProcess
) -> None:
    shop.commit("Mine", {"f": LINES.replace("line 3\n", "mine\n")})
    volon.ok("pause-task", "the first")
    shop.git("switch", "-q", "-c", "other", "main")
    shop.commit("Another", {"f": LINES.replace("line 3\n", "another\n"), "g": "more\n"}, date="2026-11-19T09:00:00Z")
    volon.ok("pause-task", "the second")
    one, two = "TASK-20261119-001", "TASK-20261119-002"
    found = answers(volon)
    assert found[one, "HEAD"] == ["f"]
    assert found[one, "origin/feat"] == ["f"]
    assert found[one, "origin/main"] == []
    assert found[two, "HEAD"] == []
    assert found.get((one, two), found.get((two, one))) == ["f"]


def test_people_read_a_line_for_each_place(shop: RepoBuilder, volon: VolonInProcess) -> None:
    shop.write("f", LINES.replace("line 3\n", "mine\n"))
    page = volon.ok("status", "--conflicts")
    assert "the working tree\n  conflict  origin/feat: 1 file\n            f\n  fits      origin/main\n" in page


def test_scripts_that_read_files_alone_cannot_ask_for_it(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Begin", {"f": "x"})
    assert volon("status", "--porcelain", "--conflicts").code == 2


def test_where_there_is_no_unfinished_work_it_says_so(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Begin", {"f": "x"})
    assert "No unfinished work to bring anywhere." in volon.ok("status", "--conflicts")


def test_preflight_names_what_would_conflict_with_an_upstream_that_moved(
    shop: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    shop.commit("Mine", {"f": LINES.replace("line 7\n", "mine\n")}, date="2026-11-18T12:00:00Z")
    volon.ok("pause-task", "a note")
    shop.git("clone", "-q", "-b", "feat", str(tmp_path / "hub"), str(tmp_path / "ben"))
    ben = type(shop)(tmp_path / "ben")
    ben.commit("More", {"f": LINES.replace("line 3\n", "theirs\n").replace("line 7\n", "theirs too\n")})
    ben.git("push", "-q")
    shop.git("fetch", "-q")
    findings = {row["code"]: row for row in json.loads(volon.ok("resume-task", "-n", "--json"))["findings"]}
    assert findings["conflict.upstream"]["sentence"] == "f with origin/feat"
    assert findings["conflict.upstream"]["severity"] == "warning"
    diff = findings["conflict.upstream"]["command"].split()
    assert "+theirs too" in shop.git(*diff[1:])
