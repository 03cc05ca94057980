"""What volon writes is volon's; whatever else lies beside it in `.design/` is the user's, and is treated as such."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess


def _codes(volon: VolonInProcess) -> set[str]:
    ran = volon("resume-task", "--dry-run", "--json")
    return {finding["code"] for finding in json.loads(ran.out)["findings"]}


def test_a_users_file_in_design_is_noted_and_missed_when_it_is_lost(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Notes", {".design/NOTES.md": "mine\n"})
    repo.write(".design/NOTES.md", "mine\na day of work\n")
    repo.write(".design/other.md", "m\n")
    assert "1 modified, 1 untracked" in volon.ok("pause-task", "one")
    assert "tree.same" in _codes(volon)
    repo.git("checkout", "-q", ".design/NOTES.md")
    (repo.root / ".design/other.md").unlink()
    assert "tree.lost" in _codes(volon)


def test_a_commit_to_a_users_file_in_design_is_new_work(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Notes", {".design/NOTES.md": "mine\n"})
    volon.ok("pause-task", "one")
    repo.commit("Human", {".design/NOTES.md": "theirs\n"})
    codes = _codes(volon)
    assert "head.ahead" in codes
    assert "head.state-only" not in codes


def test_a_draft_in_design_is_enough_to_pause(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write(".design/TODO.md", "- [ ] one\n")
    assert volon("pause-task").code == 0


def test_what_volon_writes_beside_a_users_tracked_file_stays_out_of_the_diffs(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("Notes", {".design/NOTES.md": "mine\n"})
    repo.write(".design/draft.md", "d\n")
    volon.ok("pause-task", "one")
    assert repo.git("status", "--porcelain", "--untracked-files=all") == "?? .design/draft.md\n"


def test_exclude_lines_of_an_older_pause_stop_hiding_the_users_drafts(repo: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("pause-task", "one")
    exclude = repo.root / ".git/info/exclude"
    lines = exclude.read_text().splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("# volon"))
    older = [*lines[: head + 1], "/.volon/", "/.design/", "*.log"]
    exclude.write_text("\n".join(older) + "\n")
    repo.write(".design/draft.md", "d\n")
    volon.ok("pause-task", "two")
    assert repo.git("status", "--porcelain", "--untracked-files=all") == "?? .design/draft.md\n"
    assert "*.log" in exclude.read_text().splitlines()


@pytest.mark.parametrize("path", [".design/sketches/a.md", ".design/spikes", ".design/sketches", ".design/TODO.md/x"])
def test_a_foreign_file_never_stops_a_pause(repo: RepoBuilder, volon: VolonInProcess, path: str) -> None:
    repo.write(path, "mine\n")
    assert volon("pause-task", "one").code == 0
    assert volon("resume-task").code == 0
    assert repo.read(path) == b"mine\n"


@pytest.mark.parametrize("name", [".volon", ".design"])
def test_a_file_in_the_place_of_volons_directory_is_named_and_diagnosed(
    repo: RepoBuilder, volon: VolonInProcess, name: str
) -> None:
    repo.write(name, "mine\n")
    refused = volon("pause-task", "one")
    assert refused.code == 5
    assert refused.err.startswith(f"Error: {name} is not a directory")
    assert "Errno" not in refused.err
    assert f"Hint: look at it with `ls -ld {name}`" in refused.err
    looked = volon("doctor")
    assert looked.code == 1
    assert f"{name} is not a directory" in looked.out
    assert repo.read(name) == b"mine\n"


def test_shared_on_one_branch_the_log_of_this_machine_is_not_left_on_another(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("switch", "-q", "-c", "feat")
    volon.ok("init")
    volon.ok("pause-task", "a", "--commit-state")
    repo.git("switch", "-q", "main")
    assert repo.git("status", "--porcelain") == ""
