"""The round trip's own parts: a seed means the same everywhere, what was tried is known, the table is true."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.roundtrip import census, oracle, rivals
from tests.roundtrip.drawing import each
from tests.roundtrip.ledger import Ledger, summary
from tests.roundtrip.losses import COLUMNS, in_short, render
from tests.support.running import PROJECT_ROOT

if TYPE_CHECKING:
    from tests.roundtrip.corpus import Recipe

RESULTS = json.loads(rivals.RESULTS.read_text(encoding="utf-8"))
PROMISED = set(COLUMNS) - {"refused to save", "refused to put back", "ignored files", "index flags", "all well"}
"""What volon says that it never loses; ignored files it saves when asked to, flags where it saves the index."""


def drawn(seed: int) -> Recipe:
    found: list[Recipe] = []

    def take(recipe: Recipe) -> list[str]:
        found.append(recipe)
        return []

    assert not each(seed, take)
    return found[0]


def test_a_seed_is_one_recipe_and_another_seed_another() -> None:
    assert drawn(7) == drawn(7)
    assert len({drawn(seed) for seed in range(30)}) == 30


def test_what_fails_is_shrunk_and_printed() -> None:
    def refuse_links(recipe: Recipe) -> list[str]:
        return ["a link"] if any(deed.verb == "link" for deed in recipe.base) else []

    said = next(filter(None, (each(seed, refuse_links, shrink=True) for seed in range(20))))
    assert "a link" in said
    assert "()" in said.splitlines()[2], "circumstances that do not matter are left out"


def test_what_git_broke_before_is_known_by_its_line_and_anything_more_is_told(tmp_path: Path) -> None:
    def git(*words: str, stdin: bytes = b"") -> str:
        done = subprocess.run(["git", *words], cwd=tmp_path, input=stdin, capture_output=True, check=True)
        return done.stdout.decode().strip()

    def twice(name: bytes) -> str:
        row = b"100644 " + name + b"\0" + bytes.fromhex(blob)
        return git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=row * 2)

    git("init", "-q")
    blob = git("hash-object", "-w", "--stdin", stdin=b"x")
    assert oracle.health(tmp_path, collect=False) == []
    first = twice(b"first")
    known = [one for one in oracle.health(tmp_path, collect=False) if "error" in one]
    assert [first in one and "duplicateEntries" in one for one in known] == [True]
    second = twice(b"second")
    more = [one for one in oracle.health(tmp_path, collect=False) if "error" in one and one not in known]
    assert [second in one for one in more] == [True]
    git("update-ref", "refs/volon/snap/x", git("commit-tree", "-m", "Takes it along", first))
    more = [one for one in oracle.health(tmp_path, collect=False) if first in one]
    assert more == [f"{known[0]} (a ref leads to it)"]


class TestLedger:
    @pytest.fixture
    def path(self, tmp_path: Path) -> Path:
        return tmp_path / "new" / "ledger.jsonl"

    def test_what_was_tried_at_this_commit_is_not_tried_again(self, path: Path) -> None:
        book = Ledger(path, "abc")
        assert book.done() == set()
        book.add([1, 2, 3], Counter(repositories=3), [])
        book.add([7], Counter(repositories=1), ["seed 7: x"])
        assert book.done() == {1, 2, 3, 7}
        assert Ledger(path, "def").done() == set()

    def test_what_nobody_can_check_out_again_never_counts_as_done(self, path: Path) -> None:
        book = Ledger(path, "abc-changed")
        book.add([1], Counter(repositories=1), [])
        assert book.done() == set()

    def test_ledgers_add_up_by_commit_and_no_seed_counts_twice(self, path: Path) -> None:
        Ledger(path, "abc").add([1, 2, 3], Counter({"repositories": 3, "head: branch": 3, "a: b × c: d": 1}), [])
        Ledger(path, "abc").add([4, 5], Counter(repositories=2), ["seed 5: lost"])
        Ledger(path, "abc").add([5], Counter(repositories=1), [])
        Ledger(path, "def").add([2], Counter(repositories=1), [])
        other = path.with_name("other.jsonl")
        Ledger(other, "abc").add([9], Counter(repositories=1), [])
        with path.open("a") as file:
            file.write('{"commit": "abc", "see')
        found = summary([path, other])
        assert found["repositories"] == 7
        rows = {key.split()[0]: row for key, row in found["commits"].items()}
        assert rows["abc"] == {"seeds": ["1-5", "9-9"], "counts": {"repositories": 6}}
        assert rows["def"]["seeds"] == ["2-2"]
        assert [one.partition(": ")[2] for one in found["findings"]] == ["seed 5: lost"]


def test_the_census_says_what_was_missed() -> None:
    counts = Counter[str](repositories=1)
    census.add(counts, {("head", "unborn"), ("objects", "sha1")})
    assert counts["head: unborn × objects: sha1"] == 1
    assert "head: branch" in census.missed(counts)
    assert "head: unborn" not in census.missed(counts)
    assert "| head | branch 0, detached 0, unborn 1 |" in census.table(counts)


def test_the_published_table_of_losses_is_the_one_that_was_measured() -> None:
    assert render(RESULTS) in (PROJECT_ROOT / "docs/RESTORE.md").read_text(encoding="utf-8")
    assert in_short(RESULTS["all"]) in (PROJECT_ROOT / "README.md").read_text(encoding="utf-8")
    assert len({found["repositories"] for found in RESULTS["all"].values()}) == 1, "not all tried the same"
    assert set(RESULTS["all"]) == {*rivals.contenders(Path("stepback"))}


@pytest.mark.parametrize("column", sorted(PROMISED))
def test_in_it_volon_loses_nothing_that_it_promises_to_keep(column: str) -> None:
    assert RESULTS["all"]["volon"][column] == 0
