"""The handoff points at the latest checkpoint, and the originals are read."""

from __future__ import annotations

from tests.unit.model.samples import FORMATS
from volon.model.records import handoff
from volon.templating import packaged


def test_the_handoff_points_at_the_checkpoint() -> None:
    path = ".design/checkpoints/01-work-2026-11-19.md"
    data = handoff.render_handoff(path, 1)
    assert handoff.parse_handoff(data) == handoff.Handoff(path=path)
    assert data == handoff.render_handoff(path, 1, packaged("handoff.md"))
    assert b"volon resume-task 01" in data


def test_the_originals_handoffs_are_read() -> None:
    pointer = handoff.parse_handoff((FORMATS / "handoff-pointer.md").read_bytes())
    assert pointer.path == ".design/checkpoints/01-design-2026-04-24.md"
    legacy = handoff.parse_handoff((FORMATS / "handoff-legacy.md").read_bytes())
    assert legacy.path is None
    assert "Pick up at the second wave" in (legacy.legacy or "")
    assert handoff.parse_handoff(b"") == handoff.Handoff()
    assert handoff.parse_handoff(b"Latest checkpoint: `../../etc/passwd`\n").path is None
    assert handoff.parse_handoff(b"\xff\r\nLatest checkpoint: a.md\r\n").path == "a.md"
