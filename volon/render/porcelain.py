"""A glance as lines for programs (`status --porcelain`) and as a few words for a shell's prompt or a status line.

The lines are a promise: docs/PORCELAIN.md. Text from records is made harmless like everywhere else; what is printable
is so already, and only the rest loads what spells it out.

Source: contract §4, reliability S10; performance (row 1).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.quick import Glance, Pause, TaskRow

HEADER = "# volon.status 1"
_TITLE = 40
_ADVICE = {"": "", "high": ", much of it used", "pause": ", time for volon pause-task"}


def porcelain(seen: Glance) -> str:
    """The lines of `volon status --porcelain`."""
    return "".join(f"{key} {safe(value)}\n" if key != HEADER else f"{HEADER}\n" for key, value in _lines(seen))


def prompt(seen: Glance | None) -> str:
    """One line without its end: the status and the title of the task; empty when there is none."""
    if seen is None or seen.row is None:
        return ""
    title = safe(seen.row.title)
    return f"{seen.row.status} {title if len(title) <= _TITLE else title[: _TITLE - 1].rstrip() + '…'}"


def statusline(seen: Glance | None, share: float | None) -> str:
    """The words of `prompt`, and how full an agent's context window is, as one line; nothing when there is neither.

    Args:
        seen: what `prompt` takes.
        share: in percent, where it is known.
    """
    from volon.model.quick import advice  # noqa: PLC0415  not everyone who shows a line asks for it

    known = () if share is None else (f"context {share:.0f}%{_ADVICE[advice(share)]}",)
    words = " · ".join(part for part in (prompt(seen), *known) if part)
    return f"{words}\n" if words else ""


def checked(number: int, record: str = "record", verdict: str = "no problems") -> str:
    """The line of `validate` that says what came of it."""
    return f"{number} {record}{'' if number == 1 else 's'} checked, {verdict}."


def safe(text: str) -> str:
    """The text as one harmless line; see `volon.render.safe`."""
    if text.isprintable():
        return text
    from volon.render.safe import safe as spell_out  # noqa: PLC0415  seldom needed

    return spell_out(text)


def _lines(seen: Glance) -> Iterator[tuple[str, str]]:
    yield HEADER, ""
    yield "state", seen.row.status if seen.row else "idle"
    yield from _known(("branch", seen.branch), ("head", seen.head), ("worktree", seen.worktree))
    if seen.row is not None:
        yield from _task(seen.row)
    if seen.pause is not None:
        yield from _pause(seen.pause)
    for what in seen.moved:
        yield "moved", what
    for other in seen.others:
        yield "other", f"{other.id} {other.status} {other.title}"
    for path in seen.unreadable:
        yield "unreadable", path


def _known(*pairs: tuple[str, str | None]) -> Iterator[tuple[str, str]]:
    return ((key, value) for key, value in pairs if value is not None)


def _task(row: TaskRow) -> Iterator[tuple[str, str]]:
    yield "task.id", row.id
    yield from _known(("task.uid", row.uid), ("task.priority", row.priority), ("task.blocker", row.blocker_type))
    yield from _known(("task.updated_at", row.updated_at), ("task.title", row.title))


def _pause(pause: Pause) -> Iterator[tuple[str, str]]:
    yield from _known(
        ("pause.at", pause.paused_at), ("pause.branch", pause.branch), ("pause.head", pause.paused_commit)
    )
    yield from _known(
        ("pause.worktree", pause.worktree), ("pause.checkpoint", pause.checkpoint), ("pause.uid", pause.uid)
    )
