"""The matrix sees a changed byte wherever it is the user's, and has the states it says it has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.gitstates.__main__ import commands, digest
from tests.gitstates.states import STATES, Place

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.repos import RepoBuilder

ROWS = {f"G{number}" for number in range(1, 19)} - {"G17"}
"""G17, another git, is about the program and not about the repository: `tests/unit/repo/test_git.py`."""


def test_every_row_of_the_failure_model_has_a_state() -> None:
    assert len({state.name for state in STATES}) == len(STATES) >= 70
    assert {row for state in STATES for row in state.row.split(", ")} == ROWS


def test_every_state_is_paused_and_resumed_in_every_tier() -> None:
    for state in STATES:
        assert {words[0] for words in commands(state, long=False, seed="1")} >= {"pause-task", "resume-task", "status"}


@pytest.mark.parametrize(
    ("path", "theirs"),
    [
        ("src/app.py", True),
        ("new.txt", True),
        (".git/index", True),
        (".git/refs/heads/other", True),
        (".git/logs/HEAD", True),
        (".git/config", True),
        (".git/info/attributes", True),
        (".git/fast_import_crash_1", True),
        (".volonx/y", True),
        (".volon/tasks/x.md", False),
        (".design/STATE.md", False),
        (".git/volon/ops/x", False),
        (".git/refs/volon/paused/x", False),
        (".git/info/exclude", False),
    ],
)
def test_a_changed_byte_is_seen_where_it_is_the_users(
    repo: RepoBuilder, tmp_path: Path, path: str, *, theirs: bool
) -> None:
    place = Place(tmp_path)
    before = digest(place, whole=False)
    (repo.root / path).parent.mkdir(parents=True, exist_ok=True)
    with (repo.root / path).open("ab") as file:
        file.write(b"\0" if path.endswith("index") else b"\n")
    after = digest(place, whole=False)
    assert (before != after) == theirs
    assert digest(place, whole=True) != before
