"""The golden fixture compares whole texts, keeps the identity of ids, and writes only when told to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.golden import Golden

if TYPE_CHECKING:
    from pathlib import Path

ULID_A = "01JD0000000000000000000001"
ULID_B = "01JD0000000000000000000002"


def test_paths_and_ids_are_replaced_and_keep_their_identity(tmp_path: Path) -> None:
    golden = Golden({"$TMP": tmp_path, "$REPO": tmp_path / "repo"}, update=False)
    text = f"{tmp_path}/repo/x {ULID_A} {ULID_B} {ULID_A} {'a' * 40} {'b' * 40} abc1234"
    assert golden.normalise(text) == "$REPO/x <ulid-1> <ulid-2> <ulid-1> <object-1> <object-2> abc1234"


def test_update_writes_and_the_next_run_compares(tmp_path: Path) -> None:
    Golden({}, update=True, directory=tmp_path)("greeting", "hello\r\n")
    assert (tmp_path / "greeting.txt").read_bytes() == b"hello\r\n"
    Golden({}, update=False, directory=tmp_path)("greeting", "hello\r\n")
    with pytest.raises(AssertionError, match=r"(?s)-hello.*\+goodbye"):
        Golden({}, update=False, directory=tmp_path)("greeting", "goodbye\n")


def test_a_missing_golden_text_is_a_failure_not_a_pass(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no golden text"):
        Golden({}, update=False, directory=tmp_path)("nothing", "x")
