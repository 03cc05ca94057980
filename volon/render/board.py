"""A board as lines for a terminal of some size, made anew several times a second.

Source: contract §2.11 (a banner while paused); seed 004 (FR3, FR4).
"""

from __future__ import annotations

from volon.plain import NamedTuple
from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.pipeline.board import Board, Row
    from volon.plain import NamedTuple
else:
    from volon.plain import NamedTuple

_LEAST_BAR = 8
_MINUTE, _HOUR = 60, 3600
_TIMES_FROM = 60
"""Terminals of so many columns have room for how long a ticket took before."""
MARKS = {
    "done": "✓",
    "running": "▶",
    "ended": "■",
    "ready": "○",
    "waiting": "·",
    "blocked": "⊘",
    "failed": "✗",
    "unknown": "?",
}
"""What stands for a status; the word stands beside it, or in the colour's stead."""
STYLES = {
    "done": Style.OK,
    "failed": Style.STOP,
    "unknown": Style.STOP,
    "blocked": Style.STOP,
    "running": Style.STRONG,
    "ended": Style.WARN,
}


class Size(NamedTuple):
    """What there is room for.

    Attributes:
        ascii: the terminal may not know other letters.
    """

    width: int
    height: int
    ascii: bool = False


def page_of(board: Board, size: Size, keys: str = "") -> Page:
    """Return the lines; longer ones are cut by whoever knows how wide letters are.

    Args:
        board: how it stands.
        size: of the terminal.
        keys: what can be pressed, in words.
    """
    page = Page()
    _head(page, board, size)
    for spans in _counts(board, size.width):
        page.add(*spans)
    if board.banner:
        page.add(Span(board.banner, Style.WARN))
    if board.undecided:
        page.add(Span(f"look at {', '.join(board.undecided)} first", Style.STOP))
    rows = board.running
    room = max(size.height - len(page.lines) - 2 - bool(keys), 1)
    for row in rows[:room]:
        page.add(*_row(row, max(len(row.ticket) for row in rows), size))
    if len(rows) > room:
        page.add(Span(f"  … and {len(rows) - room} more run", Style.DIM))
    if keys:
        page.add(Span(keys, Style.DIM))
    return page


def clock(ms: int) -> str:
    """Return how long something has been going on: `0:07`, `12:34`, `1:02:03`."""
    seconds = ms // 1000
    hours, minutes = divmod(seconds // _MINUTE, _MINUTE)
    return f"{hours}:{minutes:02d}:{seconds % _MINUTE:02d}" if hours else f"{minutes}:{seconds % _MINUTE:02d}"


def about(ms: int) -> str:
    """Return how long something will take, no more exactly than anybody can know."""
    seconds = -(-ms // 1000)
    if seconds < _MINUTE:
        return f"{seconds} s"
    return f"{-(-seconds // _MINUTE)} min" if seconds < _HOUR else f"{seconds / _HOUR:.1f} h"


def _head(page: Page, board: Board, size: Size) -> None:
    done, total = board.counts.get("done", 0), len(board.rows)
    left = "" if not board.eta_ms else f"  {about(board.eta_ms)} left"
    numbers = f"{done}/{total}{left}"
    name = _cut(board.name, max(size.width // 3, _LEAST_BAR))
    room = min(size.width - len(name) - len(numbers) - 4, 40)
    full, empty = ("#", "-") if size.ascii else ("━", "─")
    parts: list[str | Span] = [Span(name, Style.STRONG), "  "]
    if room >= _LEAST_BAR:
        reached = room * done // max(total, 1)
        parts += [Span(full * reached, Style.OK), Span(empty * (room - reached), Style.DIM), "  "]
    page.add(*parts, numbers)


def _counts(board: Board, width: int) -> list[list[str | Span]]:
    """The counts, on as many lines as they need."""
    lines: list[list[str | Span]] = []
    used = width
    for word, number in board.counts.items():
        said = f"{number} {word}"
        if used + len(said) + 2 > width:
            lines.append(["  "])
            used = 2
        elif used > 2:  # noqa: PLR2004  something stands there
            lines[-1].append(", ")
            used += 2
        lines[-1].append(Span(said, STYLES.get(word, Style.PLAIN)))
        used += len(said)
    return lines


def _row(row: Row, longest: int, size: Size) -> tuple[str | Span, ...]:
    room = min(longest, max(size.width // 3, 12))
    usual = f"/{clock(row.usual_ms)}" if row.usual_ms is not None and size.width >= _TIMES_FROM else ""
    again = f"attempt {row.attempt}  " if row.attempt > 1 else ""
    times = f"  {clock(row.ms)}{usual}  "
    return "  ", Span(f"{_cut(row.ticket, room):<{room}}", Style.STRONG), times, Span(again, Style.WARN), row.line


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"
