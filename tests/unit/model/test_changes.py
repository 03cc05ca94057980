"""Changed paths: one line each, there and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given

from tests.unit.model.samples import quick
from tests.unit.model.test_checkpoint import changes
from volon.model.changes import change_line, parse_change

if TYPE_CHECKING:
    from volon.model.facts import Change


@quick
@given(changes)
def test_a_change_fits_on_a_line(change: Change) -> None:
    written = change_line(change)
    assert len(written.splitlines()) == 1
    assert written.encode()
    assert parse_change(written) == change


def test_other_lines_are_no_changes() -> None:
    assert parse_change("") is None
    assert parse_change("… 3 more") is None
