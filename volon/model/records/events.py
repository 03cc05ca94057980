"""Pauses and resumes as events that outlive the files they are about.

Each pause and each resume leaves one event under `refs/volon/`; an event counts only when its operation was
committed, so a crash in between leaves an orphan that is listed, never a lie.

Source: contract §4 ("Paused tasks are also known by a ref"), design §2, house rule "refs are only ever created".
"""

from __future__ import annotations

from volon.model.quick import whole_number
from volon.model.syntax.gitpath import quote_name, unquote_name
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Literal

    Kind = Literal["paused", "closed"]


@dataclass(frozen=True, slots=True)
class PauseEvent:
    """A pause, or the end of one.

    Attributes:
        ulid: the operation that made the event.
        kind: `paused`, or `closed` when the task was resumed or finished.
        oid: the commit that carries the records of the pause; for `closed`, of the pause that ended.
        branch: None when HEAD was detached.
        worktree: `.` or the linked working tree relative to the main one.
        checkpoint: its number.
        paused_at: as recorded, ISO 8601 with `Z`.
        commit: the paused commit, parent of `oid`; None on an unborn branch.
        via: the arrival that brought it from another machine; None for what was made here.
    """

    ulid: str
    kind: Kind
    oid: str
    task_id: str
    task_uid: str
    title: str
    branch: str | None
    worktree: str
    checkpoint: int | None
    paused_at: str
    commit: str | None = None
    via: str | None = None

    @property
    def known_by(self) -> str:
        """The operation of this clone by which it counts: the one that made it, or the arrival that brought it."""
        return self.via or self.ulid

    @property
    def resume_command(self) -> str:
        """How to go on with exactly this one, whatever else its task has."""
        return f"volon resume-task --checkpoint {self.ulid}"

    def text(self) -> str | None:
        """What its commit says, on one line; None when that cannot be told apart from nothing."""
        optional = (self.branch, None if self.checkpoint is None else str(self.checkpoint), self.commit)
        values = (self.task_id, self.task_uid, self.title, self.worktree, self.paused_at, *(v or "" for v in optional))
        plain = "" not in optional and all(value.isprintable() for value in values)
        return "\t".join(values) if plain else None

    @classmethod
    def of_text(cls, ulid: str, kind: Kind, oid: str, text: str) -> PauseEvent:
        """The event that `text` was made of."""
        task_id, task_uid, title, worktree, paused_at, branch, number, commit = text.split("\t")
        checkpoint = int(number) if number else None
        return cls(
            ulid, kind, oid, task_id, task_uid, title, branch or None, worktree, checkpoint, paused_at, commit or None
        )


def render_message(
    *,
    task_id: str,
    task_uid: str,
    title: str,
    branch: str | None,
    worktree: str,
    checkpoint: int | None,
    paused_at: str,
) -> str:
    """Return the commit message of a pause: a subject, and one trailer for each value.

    Values are made one line; what cannot be written (None) is left out.
    """
    trailers = {
        "Volon-Task": task_id,
        "Volon-Task-Uid": task_uid,
        "Volon-Branch": None if branch is None else quote_name(branch),
        "Volon-Worktree": quote_name(worktree),
        "Volon-Checkpoint": None if checkpoint is None else str(checkpoint),
        "Volon-Paused-At": paused_at,
        "Volon-Title": title,
    }
    lines = [f"{name}: {one_line(value)}" for name, value in trailers.items() if value is not None]
    return f"volon: pause {one_line(task_id)}\n\n" + "\n".join(lines) + "\n"


def one_line(text: str) -> str:
    """Return the text with every run of white space as one space, so that it cannot end a line or begin a trailer."""
    return " ".join(text.replace("\0", " ").split())


def parse_event(ulid: str, kind: Kind, oid: str, commit: str | None, message: str) -> PauseEvent | None:
    """Return the event that a commit message describes, or None when it is not one of ours."""
    values: dict[str, str] = {}
    for line in message.splitlines():
        name, separator, value = line.partition(": ")
        if separator and name.startswith("Volon-"):
            values.setdefault(name, value.strip())
    if not values.get("Volon-Task") or not values.get("Volon-Task-Uid"):
        return None
    return PauseEvent(
        ulid=ulid,
        kind=kind,
        oid=oid,
        task_id=values["Volon-Task"],
        task_uid=values["Volon-Task-Uid"],
        title=values.get("Volon-Title", ""),
        branch=unquote_name(values["Volon-Branch"]) if "Volon-Branch" in values else None,
        worktree=unquote_name(values.get("Volon-Worktree", ".")),
        checkpoint=whole_number(values.get("Volon-Checkpoint", "")),
        paused_at=values.get("Volon-Paused-At", ""),
        commit=commit,
    )


def live_pauses(events: Iterable[PauseEvent], is_committed: Callable[[str], bool]) -> tuple[PauseEvent, ...]:
    """Return the pauses that nothing has ended, newest first: the latest event of each task, when it is a pause.

    Args:
        events: all of them, in any order.
        is_committed: whether an operation was committed here; events of others are orphans. Few are asked for.
    """
    latest: dict[str, PauseEvent] = {}
    for event in sorted(events, key=lambda event: (event.ulid, event.kind), reverse=True):
        if event.task_uid not in latest and is_committed(event.known_by):
            latest[event.task_uid] = event
    paused = [event for event in latest.values() if event.kind == "paused"]
    return tuple(sorted(paused, key=lambda event: event.ulid, reverse=True))
