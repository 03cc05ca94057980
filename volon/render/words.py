"""Words and small pieces that the pages for people share.

Source: contract §4 (*The first minute we want*).
"""

from __future__ import annotations

from volon.model.results.standing import FindingView
from volon.patterns import pattern
from volon.render.page import Page, Span, Style

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from volon.model.results.handoff import ClaimView
    from volon.model.results.protocol import CheckView

SEVERITY = {
    "ok": ("ok", Style.OK),
    "note": ("note", Style.NOTE),
    "warning": ("warn", Style.WARN),
    "blocker": ("stop", Style.STOP),
    "problem": ("bad", Style.STOP),
    "fixed": ("fixed", Style.OK),
    "planned": ("would", Style.NOTE),
}
_MORE = pattern(r"… (\d+) more")
RANK = {"blocker": 0, "warning": 1}


def short(commit: str | None) -> str:
    """Return a commit id as people read it."""
    return commit[:7] if commit else "no commit yet"


def place(branch: str | None, commit: str | None) -> str:
    """Return branch and commit in a few words."""
    return f"{branch or 'detached'}, {short(commit)}"


def listing(page: Page, title: str, items: Iterable[str]) -> None:
    """Append a titled list, or nothing when it is empty."""
    rows = tuple(items)
    if rows:
        page.gap()
        page.add("  ", Span(title, Style.DIM))
        for row in rows:
            page.prose("    ", row)


def report(
    page: Page, name: str, width: int, row: FindingView | CheckView, *, details: int | None = None, rest: str = ""
) -> None:
    """Append one row of a report: how it stands, what it is about, the sentence, details and the command.

    Args:
        page: where.
        name: what it is about, `width` columns wide.
        width: of that column.
        row: a finding or a check.
        details: at most so many details, then how many more; None for all.
        rest: a command that names those, where the row's own does not.
    """
    word, style = SEVERITY[row.severity if isinstance(row, FindingView) else row.state]
    lead, margin = f"  {word:<6}{name:<{width}}  ", " " * (width + 10)
    wrapped = Page()
    wrapped.prose(lead, row.sentence)
    for line in wrapped.lines:
        text = line[0].text
        page.add(*(["  ", Span(word, style), text[2 + len(word) :]] if text == lead else [text]), *line[1:])
    shown, hidden = _cut(row.detail, details)
    for detail in shown:
        page.prose(margin, detail, lines=2)
    if hidden:
        page.add(margin, Span(f"… {hidden} more{f': {rest}' * bool(rest)}", Style.DIM))
    if row.command:
        page.add(margin, Span(row.command, Style.NOTE))


def _cut(rows: tuple[str, ...], limit: int | None) -> tuple[tuple[str, ...], int]:
    """Return the rows to show and how many are left out, those counted that the last row only counts."""
    if limit is None or len(rows) <= limit:
        return rows, 0
    counted = _MORE.fullmatch(rows[-1])
    listed = len(rows) - 1 + int(counted[1]) if counted else len(rows)
    return rows[:limit], listed - limit


def topic(code: str) -> str:
    """Return the word a finding code is shown under."""
    topic = code.partition(".")[0]
    return {"head": "HEAD", "tree": "files", "keyfile": "key file"}.get(topic, topic)


def minute(stamp: str | None) -> str:
    """An instant to the minute, UTC and saying so."""
    return f"{stamp[:16].replace('T', ' ')}Z" if stamp else ""


def count(number: int, noun: str) -> str:
    """Return a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def whose(claim: ClaimView) -> str:
    """Say who has a task."""
    if claim.mine:
        return f"claimed here, {claim.age}"
    return f"claimed by {claim.who}, clone {claim.clone}, {claim.age}"
