"""Changed paths: one line each, there and back."""

from __future__ import annotations

from hypothesis import given

from tests.unit.model.records.test_checkpoint import changes
from tests.unit.model.samples import quick
from volon.model.facts import Change
from volon.model.records.changes import change_line, parse_change


@quick
@given(changes)
def test_a_change_fits_on_a_line(change: Change) -> None:
    written = change_line(change)
    assert len(written.splitlines()) == 1
    assert written.encode()
    assert parse_change(written) == change


def test_rows_of_checkpoints_without_staged_versions_read_as_they_always_did() -> None:
    blob = "a" * 40
    rows = {
        f".M 100644 {blob} src/retry.py": Change("src/retry.py", ".M", "100644", blob),
        f'R. 100644 {blob} "new" <- "old"': Change("new", "R.", "100644", blob, "old"),
        f'?? 100644 {blob} "bad\\377.py"': Change("bad\udcff.py", "??", "100644", blob),
        f".M 100644 {blob} a staged 100644 {blob}": Change(f"a staged 100644 {blob}", ".M", "100644", blob),
        ".D - - gone <- there": Change("gone <- there", ".D"),
    }
    assert {row: parse_change(row) for row in rows} == rows
    assert [change_line(change) for change in rows.values()] == list(rows)


def test_a_version_that_only_the_index_has_stands_behind_the_path() -> None:
    staged = Change("src/a b.py", "MM", "100644", "a" * 40, staged_mode="100755", staged_blob="b" * 40)
    assert change_line(staged) == f'MM 100644 {"a" * 40} "src/a b.py" staged 100755 {"b" * 40}'
    assert change_line(Change("new", "AD", staged_mode="100644", staged_blob="b" * 40)) == (
        f'AD - - "new" staged 100644 {"b" * 40}'
    )


def test_other_lines_are_no_changes() -> None:
    assert parse_change("") is None
    assert parse_change("… 3 more") is None
