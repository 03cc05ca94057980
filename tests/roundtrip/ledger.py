"""The long tier's book: which seeds were tried at which commit, line by line, so that a run can be stopped and shared.

Every line is one portion and is written at once, so several processes may write into one file. `summary` adds up any
number of such files.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis

from tests.roundtrip import census

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Ledger:
    """A file that portions are added to.

    Attributes:
        path: the file; it need not exist.
        commit: what is being tried; nobody knows what `…-changed` is, so that never counts as done.
    """

    path: Path
    commit: str

    def done(self) -> set[int]:
        """The seeds that were tried at this commit with this version of Hypothesis, which both decide on the recipe."""
        if self.commit.endswith("-changed") or not self.path.exists():
            return set()
        return {seed for row in _rows(self.path) if _key(row) == (self.commit, _VERSION) for seed in row["seeds"]}

    def add(self, seeds: list[int], counts: Counter[str], found: list[str]) -> None:
        """Write down one portion."""
        kept = {name: count for name, count in sorted(counts.items()) if not census.is_pair(name)}
        row = {"commit": self.commit, "hypothesis": _VERSION, "seeds": seeds, "counts": kept, "findings": found}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


_VERSION = hypothesis.__version__


def commit() -> str:
    """The commit that is checked out, and whether the files are still those of it."""
    said = {
        word: subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        for word, words in (
            ("head", ("rev-parse", "--short=12", "HEAD")),
            ("changed", ("status", "--porcelain", "--", "volon", "tests")),
        )
    }
    return (said["head"] or "unknown") + ("-changed" if said["changed"] or not said["head"] else "")


def summary(paths: Iterable[Path]) -> dict[str, Any]:
    """Add up: for each commit the ranges of seeds and what was counted, and over all of them the repositories."""
    seeds, counts, findings = defaultdict[str, set[int]](set), defaultdict[str, Counter[str]](Counter), list[str]()
    for row in (row for path in paths for row in _rows(path)):
        key = " ".join(_key(row))
        fresh = set(row["seeds"]) - seeds[key]
        if len(fresh) < len(row["seeds"]):
            # Tried twice, by two processes: the counts of a portion are of all of it or of none.
            continue
        seeds[key] |= fresh
        counts[key].update(row["counts"])
        findings += [f"{key}: {one}" for one in row["findings"]]
    told = {
        key: {"seeds": _ranges(found), "counts": {name: n for name, n in counts[key].items() if ": " not in name}}
        for key, found in sorted(seeds.items())
    }
    return {"commits": told, "repositories": sum(map(len, seeds.values())), "findings": findings}


def _ranges(seeds: set[int]) -> list[str]:
    ordered = sorted(seeds)
    first = [seed for seed in ordered if seed - 1 not in seeds]
    last = [seed for seed in ordered if seed + 1 not in seeds]
    return [f"{one}-{other}" for one, other in zip(first, last, strict=True)]


def _rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a ledger; one that a kill cut off is no portion."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["commit"], row["hypothesis"]
