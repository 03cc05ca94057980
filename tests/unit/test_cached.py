"""Rows come back under the keys they were kept under, and under no others."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from volon import cached

if TYPE_CHECKING:
    from pathlib import Path

ROWS = {"a.md\t1": "first", "b.md\t2": "second", "c.md\t3": ""} | {f"d{n}.md\t4": f"row {n}" for n in range(100)}
WAYS = {
    "the same": list(ROWS),
    "in another order": list(ROWS)[::-1],
    "one fewer": list(ROWS)[1:],
    "one more": [*ROWS, "d.md\t4"],
    "one changed": ["a.md\t1", "b.md\t9", *list(ROWS)[2:]],
    "one renamed": [*list(ROWS)[1:], "z.md\t1"],
    "two swapped": ["a.md\t2", "b.md\t1", *list(ROWS)[2:]],
    "all changed": ["a.md\t7", "b.md\t8", "c.md\t9"],
    "none": [],
    "a name that looks like two keys": ["a.md\t1\nb.md\t2", *list(ROWS)[2:]],
    "a name that looks like all of them": ["\n".join(ROWS)],
}


@pytest.mark.parametrize("keys", WAYS.values(), ids=WAYS.keys())
def test_each_key_gets_its_own_row_or_none(tmp_path: Path, keys: list[str]) -> None:
    (tmp_path / cached.NAME).mkdir(mode=0o700)
    kept = tmp_path / cached.NAME / cached.file_of("kind-1", "1-2")
    kept.write_bytes(cached.encode(ROWS, "kind-1"))
    kept.chmod(0o600)
    env = {"XDG_CACHE_HOME": os.fspath(tmp_path)}
    assert list(cached.rows_of(env, (), "kind-1", "1-2", keys)) == [ROWS.get(key) for key in keys]
    assert list(cached.rows_of(env, (), "kind-2", "1-2", keys)) == [None] * len(keys)
