"""`volon validate --staged` judges what the next commit will hold, whatever lies in the working tree."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.functional.validate.conftest import FILES, TASK
from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from tests.support.repos import RepoBuilder
    from tests.support.running import VolonInProcess

CAPSULE = FILES["capsule"]
HOOK = f"""#!/bin/sh
PYTHONPATH='{PROJECT_ROOT}' exec '{sys.executable}' -P -m volon validate --staged --json > seen.json
"""


@pytest.fixture
def shared(paused: RepoBuilder, volon: VolonInProcess) -> RepoBuilder:
    """`paused` with volon's files shared and committed, and nothing staged."""
    volon.ok("init")
    paused.git("add", ".volon", ".design")
    paused.git("commit", "-q", "-m", "Share the records")
    return paused


def found(volon: VolonInProcess, *options: str, **env: str) -> tuple[int, int, list[str]]:
    """Exit code, records looked at, rules broken."""
    ran = volon("validate", "--staged", "--json", *options, env=env)
    result: dict[str, Any] = json.loads(ran.out)
    return ran.code, result.get("checked", -1), [problem["rule"] for problem in result.get("problems", [])]


def breaks(repo: RepoBuilder, path: str = CAPSULE, old: str = "## Evidence", new: str = "## Proof") -> None:
    """Break a record in the working tree."""
    text = repo.read(path).decode()
    assert old in text
    repo.write(path, text.replace(old, new))


def test_only_what_is_staged_is_looked_at(shared: RepoBuilder, volon: VolonInProcess) -> None:
    assert found(volon) == (0, 0, [])
    breaks(shared)
    assert found(volon) == (0, 0, [])
    shared.git("add", FILES["task"], CAPSULE)
    assert found(volon) == (1, 1, ["capsule.section-missing"])


def test_the_staged_bytes_count_not_those_of_the_working_tree(shared: RepoBuilder, volon: VolonInProcess) -> None:
    good = shared.read(CAPSULE)
    breaks(shared)
    shared.git("add", CAPSULE)
    shared.write(CAPSULE, good)
    assert found(volon)[0] == 1
    assert volon("validate").code == 0
    shared.git("add", CAPSULE)
    breaks(shared)
    assert found(volon) == (0, 0, [])


def test_before_the_first_commit_everything_in_the_index_is_staged(paused: RepoBuilder, volon: VolonInProcess) -> None:
    volon.ok("init")
    paused.git("add", ".volon", ".design")
    paused.git("checkout", "-q", "--orphan", "fresh")
    code, checked, rules = found(volon)
    assert (code, rules) == (0, [])
    assert checked == len(FILES)


def test_a_path_that_only_the_working_tree_has_does_not_count(shared: RepoBuilder, volon: VolonInProcess) -> None:
    shared.write("src/later.py", "")
    breaks(shared, old="- `src/old.py` — what it was", new="- `src/later.py` — what comes")
    shared.git("add", CAPSULE)
    assert found(volon) == (1, 1, ["claim.path-missing"])
    shared.git("add", "src/later.py")
    assert found(volon) == (0, 1, [])


@pytest.mark.parametrize(("gone", "rule"), [("task", "claim.task-missing"), ("checkpoint", "claim.checkpoint-missing")])
def test_deleting_what_a_capsule_needs_is_noticed(
    gone: str, rule: str, shared: RepoBuilder, volon: VolonInProcess
) -> None:
    shared.git("rm", "-q", "--cached", FILES[gone])
    assert (shared.root / FILES[gone]).exists()
    code, _, rules = found(volon)
    assert code == 1
    assert rule in rules
    shared.git("rm", "-q", "--cached", CAPSULE, FILES["bootstrap"])
    assert found(volon)[0] == 0


def test_an_old_problem_that_is_not_staged_stops_no_commit(shared: RepoBuilder, volon: VolonInProcess) -> None:
    breaks(shared)
    breaks(shared, old="- `src/old.py` — what it was", new="- `src/none.py` — what comes")
    shared.git("commit", "-q", "-a", "-m", "A broken record, long ago")
    breaks(shared, FILES["task"], "priority: B", "priority: A")
    shared.git("add", FILES["task"])
    assert found(volon) == (0, 1, [])


def test_a_merge_in_progress_exits_7_until_it_is_resolved(shared: RepoBuilder, volon: VolonInProcess) -> None:
    for branch, priority in (("one", "A"), ("two", "C")):
        shared.git("checkout", "-q", "-f", "-b", branch, "feat/retry")
        breaks(shared, FILES["task"], "priority: B", f"priority: {priority}")
        shared.git("commit", "-q", "-a", "-m", branch)
    shared.git("merge", "-q", "one", check=False)
    assert found(volon) == (7, 0, ["record.unmerged"])
    ran = volon("validate", "--staged", "--format", "sarif")
    assert ran.code == 7
    assert len(json.loads(ran.out)["runs"][0]["results"]) == 1
    shared.git("add", FILES["task"])
    assert found(volon) == (7, 1, ["record.conflict-markers"])
    shared.git("checkout", "-q", "one", "--", FILES["task"])
    assert found(volon) == (0, 1, [])


def test_a_staged_link_is_no_record(shared: RepoBuilder, volon: VolonInProcess) -> None:
    (shared.root / FILES["task"]).unlink()
    (shared.root / FILES["task"]).symlink_to("elsewhere.md")
    shared.git("add", FILES["task"])
    assert found(volon) == (9, 1, ["record.unreadable"])


def test_in_a_partial_commit_the_hook_judges_what_is_committed(shared: RepoBuilder) -> None:
    """`git commit PATH` commits an index of its own and names it in GIT_INDEX_FILE."""
    hook = shared.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(HOOK)
    hook.chmod(0o755)
    breaks(shared)
    shared.git("add", CAPSULE)
    breaks(shared, FILES["task"], "priority: B", "priority: A")
    shared.git("commit", "-q", "-m", "Only the task", "--", FILES["task"])
    seen = json.loads(shared.read("seen.json"))
    assert (seen["exit_code"], seen["checked"], seen["problems"]) == (0, 1, [])
    before = shared.head()
    shared.git("commit", "-q", "-m", "Only the capsule", "--", CAPSULE, check=False)
    assert shared.head() == before
    assert [problem["rule"] for problem in json.loads(shared.read("seen.json"))["problems"]] == [
        "capsule.section-missing"
    ]


def test_an_index_from_elsewhere_is_refused_and_heeded_by_nothing_else(
    shared: RepoBuilder, volon: VolonInProcess
) -> None:
    breaks(shared)
    shared.git("add", CAPSULE)
    outside = shared.root.parent / "index"
    outside.write_bytes((shared.root / ".git/index").read_bytes())
    link = shared.root / ".git/linked-index"
    link.symlink_to(outside)
    for named in (str(outside), ".git/linked-index", ".git/none", "../index", ".git/refs"):
        ran = volon("validate", "--staged", env={"GIT_INDEX_FILE": named})
        assert ran.code == 2, named
        assert "GIT_INDEX_FILE" in ran.err
    assert found(volon, GIT_INDEX_FILE=".git/index")[0] == 1
    assert volon("status", env={"GIT_INDEX_FILE": str(outside)}).code == 0


def test_in_a_linked_worktree_its_own_index_counts(shared: RepoBuilder, volon: VolonInProcess) -> None:
    shared.git("worktree", "add", "-q", "../linked", "-b", "other")
    linked = type(shared)(shared.root.parent / "linked")
    breaks(linked)
    linked.git("add", CAPSULE)
    assert volon("validate", "--staged", cwd=linked.root).code == 1
    assert volon("validate", "--staged").code == 0


def test_nothing_is_written(shared: RepoBuilder, volon: VolonInProcess) -> None:
    breaks(shared)
    shared.git("add", CAPSULE)
    before = {path: path.read_bytes() for path in (shared.root / ".git").rglob("*") if path.is_file()}
    assert found(volon)[0] == 1
    assert {path: path.read_bytes() for path in (shared.root / ".git").rglob("*") if path.is_file()} == before
    assert TASK in volon("validate", "--staged").out
