"""`volon checkpoint grep` finds a line in every checkpoint that has it, tells it once, and cannot be made to hang."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.repos import RepoBuilder
from volon.repo.repository import Repository
from volon.repo.trials import grepping
from volon.repo.trials.grepping import Versions
from volon.world import World

if TYPE_CHECKING:
    from tests.support.running import VolonInProcess


def hits(volon: VolonInProcess, *argv: str, cwd: Path | None = None) -> list[tuple[str, int, str, list[int]]]:
    ran = volon("checkpoint", "grep", "--json", *argv, cwd=cwd)
    found: dict[str, Any] = json.loads(ran.out)
    assert ran.code == (0 if found["hits"] else 1), ran
    return [(hit["path"], hit["line"], hit["text"], hit["checkpoints"]) for hit in found["hits"] if not hit["record"]]


@pytest.fixture
def many(repo: RepoBuilder, volon: VolonInProcess) -> None:
    """Four checkpoints; `stays.txt` is the same in all, `moves.txt` in two of them, `data.bin` is binary."""
    contents = ("needle one\n", "other\n", "needle one\n", "Needle two\n")
    for number, text in enumerate(contents):
        repo.commit(f"c{number}", {"stays.txt": "a\nneedle\n", "src/moves.txt": text, "data.bin": b"\0needle\n"})
        volon.ok("pause-task", f"note {number}", "--next", "look for the haystack")
        volon.ok("resume-task")


@pytest.mark.usefixtures("many")
def test_a_line_is_told_once_with_all_the_checkpoints_that_have_it(volon: VolonInProcess) -> None:
    assert hits(volon, "needle") == [
        ("src/moves.txt", 1, "needle one", [1, 3]),
        ("stays.txt", 2, "needle", [1, 2, 3, 4]),
    ]
    said = volon.ok("checkpoint", "grep", "needle")
    assert "01-04  stays.txt:2: needle" in said
    assert "01, 03  src/moves.txt:1: needle one" in said


@pytest.mark.usefixtures("many")
def test_options_and_paths_mean_what_they_mean_for_git_grep(repo: RepoBuilder, volon: VolonInProcess) -> None:
    assert ("src/moves.txt", 1, "Needle two", [4]) in hits(volon, "-i", "NEEDLE")
    assert hits(volon, "-w", "need") == []
    assert hits(volon, "-E", "^(needle|other)$", "src") == [("src/moves.txt", 1, "other", [2])]
    assert hits(volon, "-F", "needle.") == []
    assert hits(volon, "needle", ".", cwd=repo.root / "src") == [("src/moves.txt", 1, "needle one", [1, 3])]
    assert hits(volon, "needle", "--checkpoint", "2") == [("stays.txt", 2, "needle", [2])]
    assert hits(volon, "--", "-e") == []
    assert hits(volon, "two", "--checkpoint", "4", "--checkpoint", "3") == [("src/moves.txt", 1, "Needle two", [4])]


@pytest.mark.usefixtures("many")
def test_records_are_searched_where_they_are_named_and_nowhere_else(volon: VolonInProcess) -> None:
    for paths in ([], ["."], ["stays.txt"]):
        assert volon("checkpoint", "grep", "haystack", *paths).code == 1
    found = json.loads(volon.ok("checkpoint", "grep", "haystack", ".design/checkpoints", "--json"))["hits"]
    assert {(hit["record"], *hit["checkpoints"]) for hit in found} == {(True, number) for number in (1, 2, 3, 4)}


@pytest.mark.usefixtures("many")
def test_a_pattern_that_makes_no_sense_is_refused_with_gits_own_words(volon: VolonInProcess) -> None:
    ran = volon("checkpoint", "grep", "-E", "a(b")
    assert (ran.code, "Unmatched" in ran.err, "-F" in ran.err) == (2, True, True)
    assert volon("checkpoint", "grep", "").code == 2


def test_a_search_without_end_is_ended(
    repo: RepoBuilder, volon: VolonInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo.commit("Long", {"long.txt": "ab" * 3000 + "\n"})
    volon.ok("pause-task", "x", "--next", "y")
    monkeypatch.setattr(grepping, "SECONDS", 0.5)
    ran = volon("checkpoint", "grep", "-E", r"^(.*)(.*)(.*)(.*)\1\2\3\4c$")
    assert (ran.code, "ended after 0.5 seconds" in ran.err) == (1, True)
    assert not (repo.root / ".git/volon/scratch").exists()


def test_attributes_do_not_hide_what_is_there(repo: RepoBuilder, volon: VolonInProcess) -> None:
    repo.commit("Hide", {".gitattributes": "* binary\n", "a.txt": "needle\n"})
    volon.ok("pause-task", "x", "--next", "y")
    assert hits(volon, "needle") == [("a.txt", 1, "needle", [1])]


def test_without_checkpoints_there_is_nothing_to_search(volon: VolonInProcess) -> None:
    assert volon("checkpoint", "grep", "x").code == 10


TREES = st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from("123"), max_size=3), min_size=1, max_size=5)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(trees=TREES)
def test_versions_are_those_that_each_commit_lists(trees: list[dict[str, str]], tmp_path_factory: Any) -> None:  # noqa: ANN401
    built = RepoBuilder.init(Path(tmp_path_factory.mktemp("versions")))
    commits = []
    for tree in trees:
        built.git("rm", "-rqf", "--ignore-unmatch", "a", "b", "c")
        commits.append(built.commit("x", {name: f"{text}\n" for name, text in tree.items()}))
    repository = Repository.open(World.real({"PATH": "/usr/bin:/bin"}), built.root)
    versions, expected = Versions(), set()
    for position, commit in enumerate(commits):
        versions.add(repository.git, commits[position - 1] if position else None, commit, ())
        rows = built.git("ls-tree", "-r", commit).splitlines()
        expected |= {(row.split("\t")[1], row.split()[2], position) for row in rows}
    found = versions.blobs().items()
    assert {(path, blob, one) for blob, places in found for path, there in places for one in there} == expected
