"""A pause saves the uncommitted work in git, says what it saved and what it did not, and touches nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.digests import user_digest

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

KEY = "ghp_" + "a1B2" * 9


@pytest.fixture
def dirty(repo: RepoBuilder) -> RepoBuilder:
    """Two modified files, one untracked, one that looks secret."""
    repo.commit("Base", {"a": "a\n", "b": "b\n"})
    repo.write("a", "a\r\nmore\n")
    repo.write("b", "b\nmore\n")
    repo.write("new", "n\n")
    repo.write(".env", "PASSWORD=1\n")
    return repo


def paused(volon: VolonInProcess, *words: str) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(volon.ok("pause-task", *words, "--json"))
    return result


def snapshots(repo: RepoBuilder) -> list[str]:
    return repo.git("for-each-ref", "--format=%(objectname)", "refs/volon/snap/").split()


def files(repo: RepoBuilder, snapshot: str) -> dict[str, str]:
    """What is in the snapshot: path to content, read by git alone."""
    manifest = json.loads(repo.git("show", f"{snapshot}:manifest.json"))
    return {
        one["path"]: repo.git("cat-file", "blob", one["blob"]) for one in manifest["files"] if one["blob"] is not None
    }


def test_a_pause_says_what_it_saved_and_what_it_did_not(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    before = user_digest(dirty.root)
    said = volon.ok("pause-task", "backoff untested", "--next", "pytest")
    assert "  saved      2 modified, 1 untracked\n  not saved  .env (looks secret; --allow-secret " in said
    assert user_digest(dirty.root) == before


def test_records_and_ref_name_the_same_snapshot(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    result = paused(volon, "x")
    assert snapshots(dirty) == [result["snapshot"]]
    assert dirty.git("for-each-ref", "--format=%(refname)", "refs/volon/").split() == [
        f"refs/volon/paused/{result['uid']}",
        f"refs/volon/snap/{result['uid']}",
    ]
    for path in (result["checkpoint_path"], result["capsule_path"]):
        assert f'snapshot: "{result["snapshot"]}"' in dirty.read(path).decode()
    assert files(dirty, result["snapshot"]) == {"a": "a\r\nmore\n", "b": "b\nmore\n", "new": "n\n"}
    assert (result["saved"], [row["path"] for row in result["not_saved"]]) == (
        {"modified": 2, "untracked": 1},
        [".env"],
    )
    assert volon.ok("validate")


def test_a_clean_tree_needs_no_snapshot(repo: RepoBuilder, volon: VolonInProcess) -> None:
    result = paused(volon, "only a thought")
    assert (result["snapshot"], result["saved"], result["not_saved"]) == (None, {}, [])
    assert snapshots(repo) == []
    assert "snapshot: null" in repo.read(result["checkpoint_path"]).decode()


def test_no_snapshot_saves_no_file(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    result = paused(volon, "x", "--no-snapshot")
    assert (result["snapshot"], result["saved"]) == (None, None)
    assert snapshots(dirty) == []
    assert "their bytes stay in the working tree" in volon.ok("pause-task", "y", "--no-snapshot")


@pytest.mark.usefixtures("dirty")
def test_a_pause_without_files_can_be_made_good(volon: VolonInProcess) -> None:
    paused(volon, "x", "--no-snapshot")
    assert paused(volon, "--no-snapshot")["already"]
    again = paused(volon)
    assert not again["already"]
    assert again["snapshot"] is not None
    assert paused(volon)["already"]


def test_settings_can_switch_it_off_and_it_is_said(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write("volon.yaml", "snapshot:\n  enabled: false\n")
    result = paused(volon, "x")
    assert result["saved"] is None
    assert any("snapshot.enabled" in text for text in result["warnings"])
    assert snapshots(dirty) == []


def test_settings_bound_and_exclude(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write("volon.yaml", "snapshot:\n  max_file: 1KiB\n  exclude: ['data/', '*.log']\n")
    dirty.write("data/deep/x", "x\n")
    dirty.write("deep/a.log", "x\n")
    dirty.write("big", "x" * 2000)
    result = paused(volon, "x")
    assert {row["path"]: row["why"] for row in result["not_saved"]} == {
        ".env": "secret",
        "big": "size",
        "data/deep/x": "excluded",
        "deep/a.log": "excluded",
    }


def test_settings_that_cannot_be_read_do_not_stop_it(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write("volon.yaml", "snapshot: [\n")
    result = paused(volon, "x")
    assert result["snapshot"] is not None
    assert any("default rules" in text for text in result["warnings"])


def test_a_secret_comes_in_by_its_fingerprint_only(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write("b", f"token = '{KEY}'\n")
    rows = {row["path"]: row["detail"] for row in paused(volon, "x")["not_saved"]}
    assert rows["b"].startswith("looks secret: GitHub token; --allow-secret ")
    everything = dirty.git("cat-file", "--batch-all-objects", "--batch")
    assert KEY not in everything
    allowed = paused(volon, "--allow-secret", rows["b"].rpartition(" ")[2])
    assert [row["path"] for row in allowed["not_saved"]] == [".env"]
    assert KEY in files(dirty, allowed["snapshot"])["b"]
    dirty.write("b", f"other = '{KEY}'\n")
    changed = paused(volon, "y", "--allow-secret", rows["b"].rpartition(" ")[2])
    assert [row["path"] for row in changed["not_saved"]] == [".env", "b"]


def test_ignored_files_come_in_when_asked_for(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write(".gitignore", "build/\n*.local\n")
    dirty.write("build/out", "o\n")
    dirty.write("settings.local", "s\n")
    assert "settings.local" not in files(dirty, paused(volon, "x")["snapshot"])
    result = paused(volon, "y", "--include-ignored", "*.local")
    found = files(dirty, result["snapshot"])
    assert "settings.local" in found
    assert "build/out" not in found
    assert result["saved"]["ignored"] == 1
    assert "settings.local" not in dirty.git("ls-tree", "-r", "--name-only", f"{result['snapshot']}^3")
    assert not [one for one in result["warnings"] if "--include-ignored" in one]


def test_what_is_staged_outside_of_a_sparse_checkout_counts_as_saved(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Base", {"in/a": "a\n", "out/b": "b\n"})
    repo.git("mv", "out/b", "out/c")
    repo.git("sparse-checkout", "set", "in")
    foretold = paused(volon, "x", "--dry-run")
    told = paused(volon, "x")
    assert (told["saved"], told["not_saved"]) == ({"added": 1, "deleted": 1}, [])
    assert foretold["saved"] == told["saved"]


def test_a_pattern_of_ignored_files_that_fits_none_is_named(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.write(".gitignore", "*.local\n")
    dirty.write("settings.local", "s\n")
    told = paused(volon, "x", "--include-ignored", "settings", "--include-ignored", "*.local")["warnings"]
    assert [one for one in told if "--include-ignored" in one] == ["No ignored file fits --include-ignored settings."]


def test_a_dry_run_says_it_and_saves_nothing(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    said = volon.ok("pause-task", "x", "--dry-run")
    assert "  would save 2 modified, 1 untracked\n" in said
    assert snapshots(dirty) == []
    assert not (dirty.root / ".git/refs/volon").exists()


def test_nested_repositories_are_named_and_do_not_stop_it(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    dirty.git("init", "-q", "vendor/empty")
    dirty.write("vendor/empty/x", "x\n")
    result = paused(volon, "x")
    assert {"path": "vendor/empty/", "why": "nested", "detail": "nested repository"} in result["not_saved"]
    assert "vendor/empty/ (nested repository)" in volon.ok("pause-task", "y", "--no-snapshot")


def test_the_records_name_the_bytes_that_were_saved(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    result = paused(volon, "x")
    lines = dirty.read(result["checkpoint_path"]).decode().splitlines()
    for path, content in files(dirty, result["snapshot"]).items():
        oid = dirty.git("hash-object", "--no-filters", path).strip()
        assert dirty.git("cat-file", "blob", oid) == content
        assert any(f" {oid} {path}" in line for line in lines)


def test_attributes_that_git_ignores_count_for_what_it_would_commit(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Base", {".gitignore": "below/.git*\n", "below/deep/a.txt": "a\n"})
    repo.write("below/.gitattributes", "*.txt text\n")
    repo.write("below/deep/a.txt", "a\r\nmore\r\n")
    snapshot = paused(volon, "x")["snapshot"]
    assert files(repo, snapshot) == {"below/deep/a.txt": "a\r\nmore\r\n"}
    assert repo.git("cat-file", "blob", f"{snapshot}^3:below/deep/a.txt") == "a\nmore\n"


def test_every_pause_has_a_snapshot_of_its_own(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    first = paused(volon, "x")["snapshot"]
    dirty.write("a", "changed again\n")
    second = paused(volon, "y")["snapshot"]
    assert set(snapshots(dirty)) == {first, second}
    assert files(dirty, first)["a"] == "a\r\nmore\n"
    assert files(dirty, second)["a"] == "changed again\n"


def test_undo_keeps_the_snapshot(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    made = paused(volon, "x")["snapshot"]
    volon.ok("undo")
    assert snapshots(dirty) == [made]
    assert dirty.git("fsck", "--no-dangling") == ""


def test_when_git_cannot_save_nothing_is_paused(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    (dirty.root / ".git/refs/volon").mkdir()
    (dirty.root / ".git/refs/volon/snap").write_text("in the way\n")
    ran = volon("pause-task", "x")
    assert ran.code == 5
    assert "Hint: volon pause-task --no-snapshot" in ran.err
    assert not (dirty.root / ".volon").exists()
    assert dirty.git("for-each-ref", "refs/volon/") == ""
    volon.ok("pause-task", "x", "--no-snapshot")


def doctor_rows(volon: VolonInProcess) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(volon("doctor", "--json").out)["checks"]
    return [row for row in rows if row["name"] == "saved files"]


def test_doctor_names_a_snapshot_whose_pause_was_never_finished(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    made = paused(volon, "x")
    assert doctor_rows(volon) == []
    orphan = "01JD0000000000000000000009"
    dirty.git("update-ref", f"refs/volon/snap/{orphan}", made["snapshot"])
    (row,) = doctor_rows(volon)
    assert (row["state"], row["detail"]) == ("note", [orphan])
    volon("doctor", "--fix")
    assert len(snapshots(dirty)) == 2


def test_doctor_names_a_paused_task_whose_files_are_gone(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    made = paused(volon, "x")
    for ref in dirty.git("for-each-ref", "--format=%(refname)", "refs/volon/").split():
        dirty.git("update-ref", "-d", ref)
    dirty.git("gc", "-q", "--prune=now")
    (row,) = doctor_rows(volon)
    assert (row["state"], row["detail"]) == ("note", [made["task_id"]])


def test_lost_work_is_offered_back_only_when_it_was_saved(dirty: RepoBuilder, volon: VolonInProcess) -> None:
    paused(volon, "x")
    dirty.git("checkout", "-q", "--", "a")
    lost = json.loads(volon("resume-task", "--dry-run", "--json").out)["findings"]
    assert [row["command"] for row in lost if row["code"] == "tree.lost"] == ["volon restore 01"]
    dirty.write("a", "another one\n")
    paused(volon, "y", "--no-snapshot")
    dirty.git("checkout", "-q", "--", "a")
    again = json.loads(volon("resume-task", "--dry-run", "--json").out)["findings"]
    assert all("restore" not in (row["command"] or "") for row in again if row["code"] == "tree.lost")


def test_records_that_were_staged_are_not_saved_as_files_where_line_ends_are_turned(
    repo: RepoBuilder, volon: VolonInProcess
) -> None:
    repo.commit("Begin", {".gitattributes": "* text=auto eol=lf\n", "README.md": "a\n"})
    volon.ok("init")
    volon.ok("pause-task", "one")
    repo.git("add", ".volon", ".design")
    volon.ok("pause-task", "two", "--next", "Go on")
    volon.ok("resume-task")
    repo.write("README.md", "b\n")
    assert json.loads(volon.ok("pause-task", "three", "--json"))["saved"] == {"modified": 1}
