"""The run log: one line of JSON for each entry, no secrets, torn lines passed over."""

from __future__ import annotations

import json

from hypothesis import given

from tests.unit.model.samples import NOW, ULID, quick, texts
from volon.model.records import runlog


@quick
@given(texts)
def test_a_run_log_entry_is_one_line_of_json(note: str) -> None:
    data = runlog.entry(ULID, "pause", NOW, note=note, nothing=None, at_step=NOW, many=(note,), mapping={"a": note})
    assert data.count(b"\n") == 1
    assert data.endswith(b"\n")
    assert data.isascii()
    (read,) = runlog.entries(data)
    assert read["schema"] == "volon/runlog@1"
    assert (read["at"], read["at_step"], read["verb"]) == ("2026-11-19T10:00:00Z", "2026-11-19T10:00:00Z", "pause")
    assert "nothing" not in read
    assert read["many"] == [read["note"]]


def test_torn_and_foreign_lines_of_the_run_log_are_passed_over() -> None:
    whole = runlog.entry(ULID, "pause", NOW)
    assert len(runlog.entries(whole + b'{"schema":"other"}\n[1]\n\xff\n' + b"[" * 100_000 + b"\n" + whole[:20])) == 1


def test_secrets_stay_out_of_the_run_log() -> None:
    data = runlog.entry(ULID, "run", NOW, command="deploy --password=hunter22x")
    assert json.loads(data)["command"] == "deploy --password=[redacted: password]"
