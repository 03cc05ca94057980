"""Doctor finds what stands where volon keeps something of its own, names a way out, and goes on with all the rest."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess, VolonProcess

FILES = (".volon/README.md", ".volon/logs/run.jsonl", ".design/HANDOFF.md", ".git/volon/lock")
DIRECTORIES = (".volon/logs", ".volon/pcc/global", ".volon/templates", ".git/refs/volon", ".git/refs/volon/snap")
OF_GIT = tuple(f".git/volon/{name}" for name in ("ops", "tmp", "corrupt", "outbox", "conflicts", "runs", "evidence"))


def put(path: Path, kind: str, aside: Path) -> None:
    """Let something else stand in a place; what was there lies aside, where a link leads to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.rename(aside)
    if kind == "link":
        path.symlink_to(aside)
    elif kind == "directory":
        path.mkdir()
    else:
        path.write_text("mine\n")


def rows(volon: VolonInProcess, *options: str) -> list[dict[str, Any]]:
    """Return what doctor says."""
    found: list[dict[str, Any]] = json.loads(volon("doctor", "--json", *options).out)["checks"]
    return found


@pytest.mark.parametrize(
    ("place", "kind"),
    [*((one, "directory") for one in FILES), *((one, "file") for one in DIRECTORIES)]
    + [(one, "link") for one in (*FILES, *DIRECTORIES)],
)
def test_what_stops_a_pause_is_found_with_its_way_out(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, place: str, kind: str
) -> None:
    volon.ok("pause-task", "one")
    path = repo.root / place
    put(path, kind, tmp_path / "aside")
    repo.write("src/app.py", "changed\n")
    refused = volon("pause-task", "two")
    looked = volon("doctor")
    assert looked.code == 1
    (named,) = [row for row in rows(volon) if place in row["sentence"] and row["state"] == "problem"][:1]
    assert f"`ls -ld {place}`" in named["detail"][0]
    assert refused.code == 5 or (place, kind) in {(one, "file") for one in DIRECTORIES[1:3]}
    path.rename(tmp_path / "moved")
    if kind == "link" and (tmp_path / "aside").exists():
        (tmp_path / "aside").rename(path)
    assert volon("doctor").code == 0
    assert volon("pause-task", "two").code == 0


@pytest.mark.parametrize("kind", ["file", "link"])
@pytest.mark.parametrize("place", OF_GIT)
def test_what_stands_in_the_git_directory_keeps_doctor_from_nothing_else(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, place: str, kind: str
) -> None:
    volon.ok("pause-task", "one")
    put(repo.root / place, kind, tmp_path / "aside")
    repo.write(".volon/tasks/TASK-20261119-009.md", "---\nid: [\n---\n")
    repo.write(".git/refs/heads/main.lock")
    for options in ((), ("--fix", "--dry-run"), ("--fix",)):
        found = rows(volon, *options)
        assert [row["name"] for row in found if place in row["sentence"]] == ["in the way"]
        assert next(f"`ls -ld {place}`" in row["detail"][0] for row in found if place in row["sentence"])
        assert {"git", "in the way", "records", "git files"} <= {row["name"] for row in found}
        assert [row["state"] for row in found if row["name"] == "records"] == ["problem"]
    assert volon("doctor").code == 1


def test_what_can_be_mended_is_mended_beside_what_stands_in_the_way(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.ok("pause-task", "one")
    (capsule,) = (repo.root / ".volon/pcc/tasks").iterdir()
    good = capsule.read_bytes()
    capsule.write_text("garbage\n")
    put(repo.root / ".git/volon/runs", "file", tmp_path / "aside")
    assert "fixed" in {row["state"] for row in rows(volon, "--fix")}
    assert capsule.read_bytes() == good
    assert (repo.root / ".git/volon/runs").read_text() == "mine\n"


def test_nothing_is_called_whole_that_could_not_be_seen(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path
) -> None:
    volon.ok("pause-task", "one")
    put(repo.root / ".git/volon/ops", "file", tmp_path / "aside")
    assert {row["name"] for row in rows(volon) if row["state"] == "ok"} == {"git", "bootstrap"}


@pytest.mark.parametrize("place", [".volon/pipelines", ".design/STATE.md", ".design/sketches", ".git/info/exclude"])
def test_a_link_of_the_users_own_that_stops_nothing_is_no_finding(
    repo: RepoBuilder, volon: VolonInProcess, tmp_path: Path, place: str
) -> None:
    volon.ok("pause-task", "one")
    put(repo.root / place, "link", tmp_path / "aside")
    volon.ok("doctor")
    volon.ok("pause-task", "two")


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes"])
def test_a_pipe_in_the_place_of_gits_rules_holds_nobody(
    repo: RepoBuilder, volon: VolonInProcess, volon_process: VolonProcess, name: str
) -> None:
    repo.write("src/app.py", "changed\n")
    volon.ok("pause-task", "one")
    repo.git("stash", "-q")
    os.mkfifo(repo.root / name)
    for argv in (
        *(("pause-task", "two"), ("status",), ("resume-task",), ("brief",), ("restore", "01", "--yes")),
        *(("checkpoint", "diff", "01"), ("import", "stash"), ("run", "--", "true")),
    ):
        ran = volon_process(*argv)
        assert (argv, ran.code) == (argv, 5)
        assert f"Error: {name} is a pipe" in ran.err
        assert f"Hint: look at it with `ls -ld {name}`" in ran.err
    assert volon_process("prompt").out.strip() == "paused one"
    assert [row["state"] for row in rows(volon) if name in row["sentence"]] == ["problem"]
    (repo.root / name).unlink()
    assert volon("doctor").code == 0
    assert volon("resume-task").code == 0
