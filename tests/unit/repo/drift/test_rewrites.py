"""Pairing old commits with new ones: strong evidence first, nothing claimed without any, and never for ever."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from volon.model.drift.observed import CommitNote
from volon.repo.drift.history import Commit
from volon.repo.drift.patches import Patch
from volon.repo.drift.rewrites import Pairing
from volon.repo.drift.stories import _single

if TYPE_CHECKING:
    from collections.abc import Sequence

Lines = dict[str, int]


def commit(name: str, files: str = "a.txt", author: str = "ada", date: str = "") -> Commit:
    note = CommitNote(name, name.rstrip("'"), author, date or name, tuple(files.split()))
    results = {path: f"100644 {name}-{path}" for path in files.split()}
    return Commit(note, (), (author, f"{author}@example.com", date or name), results)


def pair(old: Sequence[Commit], new: Sequence[Commit], **lines: Lines) -> list[tuple[str, str, str]]:
    """Return `(old, new, how)`; `lines` gives the balance of each commit."""

    def patches(oids: Sequence[str]) -> dict[str, Patch]:
        return {oid: _patch(lines.get(oid, {})) for oid in oids}

    return [(found.old.oid, found.new.oid, found.how) for found in Pairing(old, new, patches).find()]


def _patch(lines: Lines) -> Patch:
    return Patch(Counter({(b"a.txt", line.encode()): number for line, number in lines.items()}), str(sorted(lines)))


def test_the_same_lines_whatever_the_subject() -> None:
    old, new = [commit("A"), commit("B")], [commit("X"), commit("Y")]
    found = pair(old, new, A={"a": 1}, B={"b": 1}, X={"b": 1}, Y={"a": 1})
    assert found == [("A", "Y", "same"), ("B", "X", "same")]


def test_of_several_with_the_same_lines_the_subject_decides() -> None:
    old, new = [commit("A"), commit("B")], [commit("B'", date="later"), commit("A'", date="later")]
    line = {"x": 1}
    found = pair(old, new, **{"A": line, "B": line, "A'": line, "B'": line})
    assert found == [("A", "A'", "same"), ("B", "B'", "same")]


def test_a_sum_across_others_and_with_corrections() -> None:
    old = [commit("A"), commit("B"), commit("C")]
    new = [commit("S", author="ben"), commit("T")]
    found = pair(old, new, A={"o": -1, "x": 1}, B={"b": 1}, C={"x": -1, "y": 1}, S={"o": -1, "y": 1}, T={"b": 1})
    assert found == [("A", "S", "squashed"), ("B", "T", "same"), ("C", "S", "squashed")]


def test_nothing_is_paired_without_evidence() -> None:
    old, new = [commit("A")], [commit("A'", author="ben", date="later"), commit("X", "b.txt")]
    assert pair(old, new, **{"A": {"a": 1}, "A'": {"z": 1}, "X": {"a": 1}}) == []


def test_commits_whose_content_is_not_here_are_known_by_author_and_date() -> None:
    old, new = [commit("A", date="d")], [commit("A'", date="d")]
    found = Pairing(old, new, lambda _: {}).find()
    assert [(f.old.oid, f.new.oid, f.how) for f in found] == [("A", "A'", "unread")]


def test_many_commits_of_one_file_end_in_time() -> None:
    old = [commit(f"o{n}", author="ada") for n in range(40)]
    new = [commit(f"n{n}", author="ben") for n in range(900)]
    lines = {f"o{n}": {f"old {n}": 1, "shared": 1} for n in range(40)}
    lines |= {f"n{n}": {"shared": 1, f"old {n % 40}": 1, f"old {(n + 1) % 40}": 1} for n in range(900)}
    begin = time.monotonic()
    pair(old, new, **lines)
    assert time.monotonic() - begin < 20


def test_to_remove_the_same_lines_is_no_likeness() -> None:
    gone = {f"line {n}": -1 for n in range(9)}
    old, new = [commit("A")], [commit("B", date="later")]
    assert pair(old, new, A={**gone, "mine": 1}, B={**gone, "theirs": 1}) == []
    assert pair(old, new, A=gone, B={**gone, "one more": -1}) == []
    assert pair(old, [commit("A'", date="later")], **{"A": gone, "A'": {**gone, "one more": -1}}) == [
        ("A", "A'", "changed")
    ]


def test_what_went_into_a_larger_commit_is_found_there() -> None:
    old = [commit("A"), commit("B"), commit("C")]
    new = [commit("S", date="later")]
    more = {f"more {n}": 1 for n in range(9)}
    found = pair(old, new, A={"aaa": 1}, B={"bbb": 1}, C={"bbb": -1, "ccc": 1}, S={"aaa": 1, "ccc": 1, **more})
    assert found == [("A", "S", "squashed"), ("B", "S", "squashed"), ("C", "S", "squashed")]


def test_one_line_in_a_strangers_larger_commit_proves_nothing() -> None:
    more = {f"more {n}": 1 for n in range(9)}
    assert pair([commit("A")], [commit("S", author="ben")], A={"import os": 1}, S={"import os": 1, **more}) == []


def test_commits_without_a_known_parent_are_compared_with_nothing() -> None:
    cut = [replace(commit(name), cut=True) for name in ("A", "A'")]
    assert _single([*cut, commit("B")]) == [commit("B")]
