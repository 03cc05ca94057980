"""Saved files are listed with what holds them, go only when that is said, and git is never left locked out."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.snapshots import pause

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

ULID = "01JD0000000000000000000001"


@pytest.fixture
def three(repo: RepoBuilder, volon: VolonInProcess) -> list[str]:
    """Three checkpoints with saved files, one day apart; the task is in progress and stands on the third."""
    uids = []
    for number in range(1, 4):
        os.environ["VOLON_FROZEN_NOW"] = f"2026-11-{18 + number}T10:00:00Z"
        repo.write("src/app.py", f"only in {number}\n")
        repo.write("notes.txt", "n" * number)
        uids.append(pause(repo, volon, f"note {number}"))
    return uids


def refs(repo: RepoBuilder) -> list[str]:
    return repo.git("for-each-ref", "--format=%(refname)", "refs/volon/snap").split()


def purge(volon: VolonInProcess, *argv: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(volon.ok("checkpoint", "purge-files", *argv, "--json"))
    return found


def numbers(rows: list[dict[str, Any]]) -> list[int]:
    return [row["checkpoint"] for row in rows]


def test_the_list_says_what_is_saved_how_much_and_what_stands_on_it(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("update-ref", f"refs/volon/snap/{ULID}", f"refs/volon/snap/{three[0]}")
    found = json.loads(volon.ok("checkpoint", "list", "--files", "--json"))
    assert [(row["checkpoint"], row["kind"], row["live"]) for row in found["saved"]] == [
        (3, "checkpoint", True),
        (2, "checkpoint", False),
        (1, "checkpoint", False),
        (None, "orphan", False),
    ]
    assert found["saved"][1]["files"] == ["notes.txt", "src/app.py"]
    assert (found["saved"][1]["bytes"], found["on_disk"] > 0) == (2 + len("only in 2\n"), True)
    said = volon.ok("checkpoint", "list", "--files")
    assert "2 files, 12 B" in said
    assert "unfinished work" in said
    assert "never finished" in said


def test_nothing_goes_without_yes_and_nothing_unless_it_is_said_which(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    assert volon("checkpoint", "purge-files", "--yes").code == 2
    for argv in (("1",), ("1", "--yes", "--dry-run"), ("--keep", "1")):
        assert (purge(volon, *argv)["dry_run"], len(refs(repo))) == (True, len(three)), argv
    said = volon.ok("checkpoint", "purge-files", "1")
    assert "Would remove the files of 1 checkpoint; 2 kept" in said
    assert "src/app.py" in said
    assert volon("checkpoint", "purge-files", "9", "--yes").code == 2
    assert volon("checkpoint", "purge-files", "--older-than", "soon").code == 2


@pytest.mark.parametrize("packed", [False, True])
def test_what_is_named_goes_and_everything_else_stays(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess, *, packed: bool
) -> None:
    repo.git("tag", "-a", "-m", "annotated", "v1")
    if packed:
        repo.git("pack-refs", "--all")
    others = [line for line in repo.git("for-each-ref").splitlines() if not line.endswith(f"snap/{three[0]}")]
    found = purge(volon, "1", "--yes")
    assert (numbers(found["removed"]), found["kept"], found["on_disk"] > 0) == ([1], 2, True)
    assert repo.git("for-each-ref").splitlines() == others
    assert repo.git("rev-parse", "v1^{commit}").strip() == repo.head()
    assert sorted(path.name for path in (repo.root / ".git").glob("packed-refs*")) == ["packed-refs"] * packed
    assert repo.git("fsck", "--no-dangling", "--no-progress") == ""
    repo.git("pack-refs", "--all", "--prune")
    subprocess.run(found["back"][0].split(), cwd=repo.root, check=True)
    assert numbers(json.loads(volon.ok("checkpoint", "list", "--files", "--json"))["saved"]) == [3, 2, 1]
    assert volon("checkpoint", "show", "1").code == 0


def test_what_git_collects_is_gone_and_the_rest_is_whole(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    blobs = [repo.git("rev-parse", f"refs/volon/snap/{uid}^3:src/app.py").strip() for uid in three]
    purge(volon, "1", "--yes")
    repo.git("gc", "-q", "--prune=now")
    assert [repo.git("cat-file", "-t", blob, check=False).strip() for blob in blobs] == ["", "blob", "blob"]
    assert "not saved, or not here" in " ".join(volon.ok("checkpoint", "diff", "1").split())


@pytest.mark.usefixtures("three")
def test_rules_of_age_and_number_spare_what_an_unfinished_task_stands_on(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    os.environ["VOLON_FROZEN_NOW"] = "2026-12-22T10:00:00Z"
    assert numbers(purge(volon, "--older-than", "31d")["removed"]) == [1, 2]
    found = purge(volon, "--older-than", "4w", "--keep", "0")
    assert (numbers(found["removed"]), numbers(found["spared"])) == ([1, 2], [3])
    assert numbers(purge(volon, "--keep", "2")["removed"]) == [1]
    assert numbers(purge(volon, "--older-than", "4w", "--keep", "2")["removed"]) == [1]
    assert purge(volon, "--older-than", "500d")["removed"] == []
    assert purge(volon, "--keep", "0", "--yes")["kept"] == 1
    assert len(refs(repo)) == 1
    assert numbers(purge(volon, "3", "--yes")["removed"]) == [3]
    assert refs(repo) == []


def test_gits_own_lock_is_respected_and_left_alone(three: list[str], repo: RepoBuilder, volon: VolonInProcess) -> None:
    lock = repo.write(".git/packed-refs.lock", "")
    ran = volon("checkpoint", "purge-files", "1", "--yes")
    assert (ran.code, "git holds its lock" in ran.err) == (4, True)
    assert lock.exists()
    assert volon("doctor", "--fix").out.count("packed-refs.lock") == 1
    assert lock.exists()
    assert len(refs(repo)) == len(three)
    assert sorted(path.name for path in (repo.root / ".git/volon").glob("purging*")) == []


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize("way", ["doctor", "again"])
def test_a_lock_that_a_killed_purge_left_is_known_and_taken_away(
    repo: RepoBuilder, volon: VolonInProcess, way: str
) -> None:
    note = repo.write(".git/volon/purging", f"volon purge-files {ULID}\n")
    (repo.root / ".git/packed-refs.lock").hardlink_to(note)
    repo.write(".git/volon/purging-refs", "half")
    checks = json.loads(volon("doctor", "--json").out)["checks"]
    mine = [row for row in checks if row["detail"] == ["packed-refs.lock"]]
    assert [(row["state"], row["command"]) for row in mine] == [("problem", "volon doctor --fix")]
    if way == "doctor":
        volon.ok("doctor", "--fix")
    else:
        purge(volon, "1", "--yes")
    assert not list((repo.root / ".git").glob("packed-refs.lock"))
    assert not list((repo.root / ".git/volon").glob("purging*"))
    repo.git("pack-refs", "--all")


def test_a_link_in_the_place_of_packed_refs_is_refused_and_no_lock_stays(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.git("pack-refs", "--all")
    packed = repo.root / ".git/packed-refs"
    packed.rename(repo.root / ".git/elsewhere")
    packed.symlink_to("elsewhere")
    assert volon("checkpoint", "purge-files", "1", "--yes").code in {5, 9}
    assert not list((repo.root / ".git").glob("packed-refs.lock"))
    assert len(refs(repo)) == len(three)


def test_a_hook_removes_nothing(three: list[str], repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert volon("checkpoint", "purge-files", "1", "--yes", env={"VOLON_IN_HOOK": "x"}).code == 4
    assert len(refs(repo)) == len(three)


@pytest.mark.slow
def test_refs_that_git_packs_at_the_same_time_neither_come_back_nor_are_lost(
    three: list[str], repo: RepoBuilder, volon: VolonInProcess
) -> None:
    script = "while test ! -e stop; do git tag -f moving -q; git pack-refs --all --prune; git tag -d moving; done"
    packing = subprocess.Popen(
        ["sh", "-c", script], cwd=repo.root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    gone: set[str] = set()
    try:
        for number in range(20):
            ulid = f"{ULID[:-2]}{number:02d}"
            repo.git("update-ref", f"refs/volon/snap/{ulid}", f"refs/volon/snap/{three[0]}")
            while volon("checkpoint", "purge-files", ulid, "--yes").code == 4:
                pass
            gone.add(f"refs/volon/snap/{ulid}")
            assert not gone & set(refs(repo))
    finally:
        repo.write("stop")
        packing.wait()
    assert set(refs(repo)) == {f"refs/volon/snap/{uid}" for uid in three}
    assert repo.git("rev-parse", "refs/heads/main").strip() == repo.head()
    assert not list((repo.root / ".git").glob("packed-refs.lock"))


def test_what_an_undo_saved_first_is_listed_as_that(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.write("src/app.py", "paused\n")
    volon.ok("pause-task")
    repo.write("src/app.py", "mine\n")
    volon.ok("restore", "1", "--yes")
    volon.ok("undo")
    found = json.loads(volon.ok("checkpoint", "list", "--files", "--json"))
    assert [row["kind"] for row in found["saved"]] == ["safety", "safety", "checkpoint"]
    assert volon.ok("checkpoint", "list", "--files").count("before a restore or undo") == 2
