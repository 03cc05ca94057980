"""The lines of the dashboard that say how a pipeline stands; text only, harmless once the panes have placed it.

Source: contract §2.11; seed 004 (FR3, FR4).
"""

from __future__ import annotations

from rich.text import Text

from volon.model.pipeline.board import paused_by, some
from volon.render.pipeline import took
from volon.render.safe import safe
from volon.render.words import count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.pipeline.board import Board, Row
    from volon.model.pipeline.spec import Ticket
    from volon.usecases.pipeline.following import Following

_MINUTE = 60_000
_STYLE = {"executing": "bold green", "paused": "bold yellow", "done": "bold green", "planning": "bold"}


def whole(ms: int) -> str:
    """How long something has taken so far, or will: in whole seconds, as the journal has them."""
    return f"{ms // 1000} s" if ms < _MINUTE else took(ms)


def spent(row: Row) -> str:
    """How long a ticket took, or has taken so far; nothing where nobody knows."""
    return whole(row.ms) if row.status == "running" else took(row.ms) if row.ms else ""


def title(board: Board, file: str) -> Text:
    """The first line: which pipeline, how it stands, how much of it is done."""
    text = Text()
    text.append(safe(board.name), "bold")
    text.append(f"  {safe(file)}  " if file != board.name else "  ", "dim")
    text.append(board.status, _STYLE.get(board.status, ""))
    done = board.counts.get("done", 0)
    text.append(f"  {done} of {count(len(board.rows), 'ticket')} done")
    for word in ("running", "ended", "failed", "unknown", "blocked"):
        if word in board.counts:
            text.append(f", {board.counts[word]} {word}")
    if board.eta_ms:
        text.append(f", {whole(board.eta_ms)} left at least", "dim")
    return text


def banner(board: Board, following: Following, said: Mapping[str, str], *, can_run: bool) -> Text:
    """What stands under it while all is not as it should be.

    Args:
        board: how it stands.
        following: the pipeline.
        said: what the user has said of tickets that are asked about.
        can_run: whether it can be run from here.
    """
    if board.status != "paused":
        return Text(safe(board.banner) + ("; s runs it" if board.banner and can_run else ""))
    # Also what the spec has no more, since a changed one was accepted.
    over = {row.ticket for row in board.rows if row.status == "ended"}
    running = [one for one in following.state.running if one not in over]
    settled = "PAUSED - settled" if board.settled else f"PAUSED - not written down yet: {some(sorted(over))}"
    lines = [f"PAUSED - waiting for {len(running)}: {some(running)}" if running else settled]
    if (pause := following.state.pause) is not None:
        lines[0] += f"   ({paused_by(pause.by, pause.reason)})"
        ran = f"running at the pause: {some(pause.running)}" if pause.running else "nothing ran at the pause"
        lines.append(f"{ran}; next on resume: {some(following.next()) or 'nothing'}")
    if left := [one for one in board.undecided if one not in said]:
        lines.append(f"press r (run again) or d (it is done) for each, as nobody knows how it ended: {some(left)}")
    return Text("\n").join(Text(safe(one), "" if number else "bold") for number, one in enumerate(lines))


def about(row: Row, ticket: Ticket) -> Text:
    """What is said of the chosen ticket, above its log."""
    text = Text()
    text.append(row.ticket, "bold")
    text.append(f"  {row.status}")
    if row.attempt:
        text.append(", ".join(filter(None, [f", attempt {row.attempt}", spent(row)])))
    if row.exit_status:
        text.append(f", exit status {row.exit_status}", "bold")
    if row.usual_ms is not None and row.status != "done":
        text.append(f", usually {took(row.usual_ms)}", "dim")
    if row.why:
        text.append(f": {safe(row.why)}")
    if ticket.needs:
        text.append(f"  needs {some(ticket.needs)}", "dim")
    return text
