"""Open todos: how many of them `.design/TODO.md` holds.

Source: contract §3 (`[ ]` and `[-]` are open), origins §3.3 (`[x]` done, `[p]` promoted).
"""

from __future__ import annotations

from volon.model.syntax import markdown
from volon.patterns import pattern

_OPEN = pattern(r"\s*(?:[-*+]|\d{1,9}[.)])[ \t]+\[[ \t-]\](?:[ \t]|$)")


def count_open(text: str) -> int:
    """Count the check boxes that are open or in progress, outside code fences."""
    return sum(1 for line in markdown.walk(text) if not line.fenced and _OPEN.match(line.text))


def open_todos(text: str | None, path: str = ".design/TODO.md") -> str | None:
    """The words for a checkpoint's line, or None when there is no todo file or nothing is open."""
    count = count_open(text) if text else 0
    return f"{count} item{'' if count == 1 else 's'} (see {path})" if count else None
