"""Open todos are counted outside code."""

from __future__ import annotations

from tests.unit.model.samples import FORMATS
from volon.model.records import todo


def test_open_todos_are_counted_outside_code() -> None:
    text = (FORMATS / "todo.md").read_text(encoding="utf-8")
    assert todo.count_open(text) == 5
    assert todo.open_todos(text) == "5 items (see .design/TODO.md)"
    assert todo.open_todos("- [ ] one\n") == "1 item (see .design/TODO.md)"
    assert todo.open_todos("- [x] done\n") is None
    assert todo.open_todos(None) is None
