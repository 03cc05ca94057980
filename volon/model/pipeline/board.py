"""What is shown of a run while it goes on: the live display, `status --watch` and the dashboard look at the same board.

Everything follows from the spec, the journal's state, the instant, how long tickets took before, and the last lines of
what runs; `volon.usecases.pipeline.watching` gathers those.

Source: contract §2.11 ("pausing, waiting for 2: …", pause only where it makes sense); seed 004 (FR1 to FR4).
"""

from __future__ import annotations

from volon.model.pipeline.plan import blocked
from volon.model.pipeline.state import Phase, Status
from volon.model.secrets import redact
from volon.model.text import parse_time
from volon.patterns import pattern
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from volon.model.pipeline.spec import Spec, Ticket
    from volon.model.pipeline.state import RunState, Standing

COUNTED = ("done", "running", "ready", "waiting", "blocked", "failed", "unknown")
"""What tickets are counted by: `ready` and `waiting` are the two kinds of pending ones."""
_SHOWN = 10
_LONGEST_LINE = 500
_CONTROLS = pattern("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[ -/]*[0-~])")
"""What colours and moves on a terminal: such sequences are left out, so that what they are about can be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One ticket.

    Attributes:
        status: one of `COUNTED`.
        attempt: the last one; 0 when it was never started.
        ms: how long it has been running, or how long its last attempt took.
        usual_ms: how long it took before; None when nobody knows.
        line: the last line of the output of what runs.
        why: in words, where the exit status does not say it.
    """

    ticket: str
    status: str
    attempt: int
    ms: int
    usual_ms: int | None
    line: str
    exit_status: int | None
    why: str


@dataclass(frozen=True, slots=True)
class Board:
    """How a run stands at an instant.

    Attributes:
        status: `executing`, `paused` or `done`.
        settled: whether nothing runs.
        attended: whether a process runs it.
        rows: every ticket, in the order of the file.
        counts: tickets by the words of `COUNTED`; the sum is all of them.
        eta_ms: until all that is wanted is done, at least, as far as earlier durations tell; None when they do not,
            and when nothing goes on.
        banner: what is to be seen of a pause, or of a run that nobody runs; empty otherwise.
        may: `pause` or `resume`, whichever makes sense now; empty when neither does.
        undecided: the tickets that forbid a resume, because somebody has to look at them first.
    """

    name: str
    status: str
    settled: bool
    attended: bool
    rows: tuple[Row, ...]
    counts: dict[str, int]
    eta_ms: int | None
    banner: str
    may: str
    undecided: tuple[str, ...]

    @property
    def running(self) -> tuple[Row, ...]:
        """What runs."""
        return tuple(row for row in self.rows if row.status == Status.RUNNING)


class Boards:
    """Makes the boards of one run.

    Args:
        spec: what it goes by.
        past: how long tickets took before, in milliseconds.
        scope: the only tickets that are to run; all when None.
    """

    def __init__(self, spec: Spec, past: Mapping[str, int], scope: Collection[str] | None = None) -> None:
        self._spec, self._past, self._scope = spec, past, scope
        needed_by: dict[str, list[str]] = {}
        for one in spec.tickets.values():
            for need in one.needs:
                needed_by.setdefault(need, []).append(one.id)
        self._needed_by = needed_by
        self._backwards = _backwards(spec, needed_by)

    def board(self, state: RunState, now: datetime, lines: Mapping[str, str], *, attended: bool) -> Board:
        """How the run stands.

        Args:
            state: of the run.
            now: the instant, for how long things have been running.
            lines: the last lines of the output of what runs.
            attended: whether a process runs it.
        """
        stuck = blocked(self._spec, state)
        rows = tuple(
            self._row(one, state, "blocked" if one.id in stuck else "", now, lines)
            for one in self._spec.tickets.values()
        )
        counts: dict[str, int] = {}
        for row in rows:
            counts[row.status] = counts.get(row.status, 0) + 1
        goes_on = state.phase is Phase.EXECUTING and attended
        return Board(
            name=self._spec.name,
            status=state.phase.value,
            settled=state.settled,
            attended=attended,
            rows=rows,
            counts={word: counts[word] for word in COUNTED if word in counts},
            eta_ms=self._eta(rows, state.jobs) if goes_on else None,
            banner=banner(state.phase, list(state.running), attended=attended),
            may={Phase.EXECUTING: "pause", Phase.PAUSED: "" if state.unknown else "resume"}.get(state.phase, ""),
            undecided=tuple(state.unknown),
        )

    def _row(self, one: Ticket, state: RunState, status: str, now: datetime, lines: Mapping[str, str]) -> Row:
        standing = state.standing(one.id)
        if not status and standing.status is Status.PENDING:
            ready = all(state.standing(need).status is Status.DONE for need in one.needs)
            status = "ready" if ready else "waiting"
        return Row(
            ticket=one.id,
            status=status or standing.status.value,
            attempt=standing.attempt,
            ms=_running_ms(standing, now) if standing.status is Status.RUNNING else standing.ms,
            usual_ms=self._past.get(one.id),
            line=lines.get(one.id, ""),
            exit_status=standing.exit_status,
            why=standing.why,
        )

    def _eta(self, rows: Sequence[Row], jobs: int) -> int | None:
        """The longest of: what needs one another, all of it on so many workers, what shares a lock."""
        known = list(self._past.values()) or [row.ms for row in rows if row.status == Status.DONE]
        if not known:
            return None
        usual = sum(known) // len(known)
        left: dict[str, int] = {}
        for row in rows:
            if row.status in {"running", "ready", "waiting"} and (self._scope is None or row.ticket in self._scope):
                ran = row.ms if row.status == Status.RUNNING else 0
                left[row.ticket] = max((usual if row.usual_ms is None else row.usual_ms) - ran, 0)
        chain: dict[str, int] = {}
        locked: dict[str, int] = {}
        for ticket in self._backwards:
            behind = max((chain[one] for one in self._needed_by.get(ticket, ())), default=0)
            chain[ticket] = behind + left.get(ticket, 0)
            for name in self._spec.tickets[ticket].holds:
                locked[name] = locked.get(name, 0) + left.get(ticket, 0)
        return max([sum(left.values()) // max(jobs, 1), *chain.values(), *locked.values()])


def banner(phase: Phase | str, running: Sequence[str], *, attended: bool) -> str:
    """What is to be seen of a pause, or of a run that nobody runs; empty when all is as it should be."""
    if phase == Phase.PAUSED:
        return f"pausing, waiting for {len(running)}: {some(running)}" if running else "PAUSED"
    return "executing, but nobody runs it" if phase == Phase.EXECUTING and not attended else ""


def some(names: Sequence[str]) -> str:
    """The first names of many, and how many there are besides."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def last_line(data: bytes) -> str:
    """The last line of output that says something; see `log_lines`. What replaces its own line counts as lines."""
    return next((line.strip()[:_LONGEST_LINE] for line in reversed(log_lines(data)) if line.strip()), "")


def log_lines(data: bytes) -> list[str]:
    """The lines of output, without secrets and without what only colours or moves; what is no UTF-8 is spelled out."""
    text = _CONTROLS.sub("", data.decode("utf-8", "backslashreplace"))
    return redact(text)[0].replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")


def usual(states: Iterable[RunState], tickets: Collection[str]) -> dict[str, int]:
    """How long tickets took, in milliseconds, as the first of some runs says in which they were done.

    Args:
        states: newest first; no more of them are asked for than are needed.
        tickets: of interest.
    """
    found: dict[str, int] = {}
    for state in states:
        for ticket, one in state.tickets.items():
            if one.status is Status.DONE and one.exit_status is not None and ticket in tickets:
                found.setdefault(ticket, one.ms)
        if len(found) == len(tickets):
            break
    return found


def _running_ms(standing: Standing, now: datetime) -> int:
    began = parse_time(standing.at)
    return max(round((now - began).total_seconds() * 1000), 0) if began else 0


def _backwards(spec: Spec, needed_by: Mapping[str, Sequence[str]]) -> list[str]:
    """Every ticket, behind all that need it."""
    waiting = {one: len(needed_by.get(one, ())) for one in spec.tickets}
    order = [one for one, number in waiting.items() if not number]
    for ticket in order:
        for need in spec.tickets[ticket].needs:
            waiting[need] -= 1
            if not waiting[need]:
                order.append(need)
    return order
