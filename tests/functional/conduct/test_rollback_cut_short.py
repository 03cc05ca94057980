"""`volon conduct rollback` where git is not as it was: killed in between, on another branch, with submodules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.functional.conduct.conftest import Ground, planned_to_begin
from tests.support.repos import RepoBuilder

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.running import VolonInProcess


def test_a_rollback_that_was_killed_is_followed_by_the_branch_of_the_plan_and_by_no_other(
    ground: Ground, volon: VolonInProcess
) -> None:
    repo = ground.repo
    planned_to_begin(ground, volon)
    later = repo.commit("Later", {"a.txt": "b\n"})
    repo.git("tag", "main")
    back = ("conduct", "rollback", "--phase", "0", "--yes")
    made = json.loads(volon.ok(*back, "--json"))["commit"]
    # As it is when somebody is killed in between: all is done but the last.
    repo.git("update-ref", "refs/heads/main", later)
    for elsewhere in (("-c", "aside"), ("--detach",)):
        repo.git("switch", "-q", *elsewhere)
        assert volon(*back).code == 3
        assert repo.git("rev-parse", "HEAD", "refs/heads/main").split() == [later, later]
    repo.git("switch", "-q", "main")
    repo.git("config", "user.name", "Somebody else")
    assert volon(*back).code == 10
    assert repo.git("rev-parse", "HEAD", "refs/heads/aside").split() == [made, later]
    assert repo.git("status", "--porcelain", "--", "a.txt") == ""
    # Whoever went back to the files of before is not overtaken by it.
    repo.git("update-ref", "refs/heads/main", later)
    repo.git("reset", "-q", "--hard")
    ran = volon("conduct", "resume", "--yes", "--plain")
    assert (ran.code, "was cut short" in ran.err, ground.ran()) == (3, True, [])
    assert repo.head() == later
    assert volon(*back).code == 0
    assert (repo.root / "a.txt").read_text() == "a\n"


def test_a_rollback_names_submodules_whose_files_it_does_not_bring_back(
    ground: Ground, volon: VolonInProcess, tmp_path: Path
) -> None:
    repo, inner = ground.repo, RepoBuilder.init(tmp_path / "inner")
    then = inner.commit("One", {"a": "a\n"})
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner.root), "sub")
    repo.commit("Begin")
    ground.write("### Phase 1: One", worker="*) ;;")
    volon.ok("conduct", "start", "--worker", "true", "--no-run")
    sub = RepoBuilder(repo.root / "sub")
    sub.commit("Two", {"a": "b\n"})
    ran = volon("conduct", "rollback", "--phase", "0")
    assert (ran.code, f"sub: a submodule, at {then[:12]} then" in ran.err) == (10, True), "not committed, and named"
    repo.git("add", "sub")
    repo.git("commit", "-q", "-m", "Bump")
    said = json.loads(volon("conduct", "rollback", "--phase", "0", "--json").out)
    assert ([one["path"] for one in said["left"]], len(said["commits"])) == (["sub"], 1)
    done = " ".join(volon.ok("conduct", "rollback", "--phase", "0", "--yes").split())
    assert "its files stay until git submodule update --init" in done
    repo.git("submodule", "--quiet", "update", "--init")
    assert (sub.head(), repo.git("status", "--porcelain", "--", "sub")) == (then, "")
