"""What is shown of a run while it goes on: the live display, `status --watch` and the dashboard look at the same board.

Everything follows from the spec, the journal's state, the instant, how long tickets took before, and the last lines of
what runs; `volon.usecases.pipeline.watching` gathers those.

Source: contract §2.11 ("pausing, waiting for 2: …", pause only where it makes sense); seed 004 (FR1 to FR4).
"""

from __future__ import annotations

from graphlib import TopologicalSorter

from volon.model.pipeline.plan import blocked
from volon.model.pipeline.state import Phase, Standing, Status
from volon.model.secrets import redact
from volon.model.text import parse_time
from volon.patterns import pattern
from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from volon.model.pipeline.spec import Spec
    from volon.model.pipeline.state import RunState

ENDED = "ended"
"""What runs by the journal, and does not any more: nobody was there to write it down. Never written itself."""
COUNTED = ("done", "running", ENDED, "ready", "waiting", "blocked", "failed", "unknown")
"""What tickets are counted by: `ready` and `waiting` are the two kinds of pending ones."""
_BECAUSE = {
    "failure": "because a ticket failed",
    "unknown-outcome": "because nobody knows how a ticket ended",
    "conflict": "because what a ticket needs conflicts",
}
_SHOWN = 10
_LONGEST_LINE = 500
_UNTOUCHED = Standing()
_CONTROLS = pattern("\x1b(?:\\[[0-?]*[ -/]*[@-~]|\\][^\x07\x1b]*(?:\x07|\x1b\\\\)|[ -/]*[0-~])")
"""What colours and moves on a terminal: such sequences are left out, so that what they are about can be read."""


class Row(NamedTuple):
    """One ticket.

    Attributes:
        status: one of `COUNTED`.
        attempt: the last one; 0 when it was never started.
        ms: how long it has been running, or how long its last attempt took; 0 when nobody knows.
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
        settled: whether nothing runs, and how all of it ended is written down.
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
        self._spec, self._past = spec, past
        # What nobody knows counts as nothing: it is the least that is said.
        self._share = {one: past.get(one, 0) if scope is None or one in scope else 0 for one in spec.tickets}
        self._chain = _chains(spec, self._share)
        self._locks: dict[str, int] = {}
        for one in spec.tickets.values():
            for name in one.holds:
                self._locks[name] = self._locks.get(name, 0) + self._share[one.id]

    def board(
        self,
        state: RunState,
        now: datetime,
        lines: Mapping[str, str],
        *,
        attended: bool,
        over: Mapping[str, int | None] | None = None,
    ) -> Board:
        """How the run stands.

        Args:
            state: of the run.
            now: the instant, for how long things have been running.
            lines: the last lines of the output of what runs.
            attended: whether a process runs it.
            over: tickets that only the journal has running, with their exit status where that is known.
        """
        over = over or {}
        words = worded(self._spec, state, over)
        rows = []
        for one in self._spec.tickets.values():
            standing, status = state.tickets.get(one.id, _UNTOUCHED), words[one.id]
            ms, exit_status, why = standing.ms, standing.exit_status, standing.why
            if status == ENDED:
                ms, exit_status, why = 0, over[one.id], unwritten(over[one.id])
            elif standing.status is Status.RUNNING:
                ms = _running_ms(standing, now)
            line, usual = lines.get(one.id, ""), self._past.get(one.id)
            rows.append(Row(one.id, status, standing.attempt, ms, usual, line, exit_status, why))
        goes_on = state.phase is Phase.EXECUTING and attended
        return Board(
            name=self._spec.name,
            status=state.phase.value,
            settled=state.settled,
            attended=attended,
            rows=tuple(rows),
            counts=counted(words.values()),
            eta_ms=self._eta(rows, max(state.jobs, 1)) if goes_on else None,
            banner=banner(state.phase, [one for one in state.running if one not in over], attended=attended),
            may={Phase.EXECUTING: "pause", Phase.PAUSED: "" if state.unknown else "resume"}.get(state.phase, ""),
            undecided=tuple(state.unknown),
        )

    def _eta(self, rows: Sequence[Row], jobs: int) -> int | None:
        """The longest of: what needs one another, all of it on so many workers, what shares a lock."""
        if not self._past:
            return None
        work, chain, locks = 0, 0, dict(self._locks)
        for row in rows:
            share = left = self._share[row.ticket]
            if row.status == Status.RUNNING:
                left = max(share - row.ms, 0)
            elif row.status not in {"ready", "waiting"}:
                left = 0
            work += left
            if row.status in {"running", "ready"}:
                chain = max(chain, self._chain[row.ticket] - share + left)
            if left != share:
                for name in self._spec.tickets[row.ticket].holds:
                    locks[name] -= share - left
        return max([work // jobs, chain, *locks.values()])


def assigned(env: Mapping[str, str]) -> list[str]:
    """Return variables as a shell would be told of them."""
    import shlex  # noqa: PLC0415  only where commands are shown

    return [f"{name}={shlex.quote(value)}" for name, value in env.items()]


def worded(spec: Spec, state: RunState, over: Collection[str]) -> dict[str, str]:
    """How each ticket stands, by the words of `COUNTED`; see `Boards.board`."""
    stuck = blocked(spec, state)
    done = {ticket for ticket, one in state.tickets.items() if one.status is Status.DONE}
    words: dict[str, str] = {}
    for one in spec.tickets.values():
        status = state.tickets.get(one.id, _UNTOUCHED).status
        words[one.id] = ENDED if one.id in over else status.value
        if status is Status.PENDING:
            words[one.id] = "blocked" if one.id in stuck else "ready" if done.issuperset(one.needs) else "waiting"
    return words


def counted(words: Iterable[str]) -> dict[str, int]:
    """How many there are of each word of `COUNTED`, in that order."""
    counts = dict.fromkeys(COUNTED, 0)
    for word in words:
        counts[word] += 1
    return {word: number for word, number in counts.items() if number}


def banner(phase: Phase | str, running: Sequence[str], *, attended: bool) -> str:
    """What is to be seen of a pause, or of a run that nobody runs; empty when all is as it should be."""
    if phase == Phase.PAUSED:
        return f"pausing, waiting for {len(running)}: {some(running)}" if running else "PAUSED"
    return "not done, and nobody runs it" if phase == Phase.EXECUTING and not attended else ""


def paused_by(by: str, reason: str) -> str:
    """By what a pipeline was paused, in words: `with Ctrl-C`, `because a ticket failed`."""
    return _BECAUSE.get(reason, f"with {by}")


def unwritten(exit_status: int | None) -> str:
    """What is said of a ticket that has ended without anybody there to write it down."""
    known = "nothing of it runs any more" if exit_status is None else f"exit status {exit_status}"
    return f"{known}, not yet written down"


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
            if one.status is Status.DONE and one.ms and ticket in tickets:
                found.setdefault(ticket, one.ms)
        if len(found) == len(tickets):
            break
    return found


def _running_ms(standing: Standing, now: datetime) -> int:
    began = parse_time(standing.at)
    return max(round((now - began).total_seconds() * 1000), 0) if began else 0


def _chains(spec: Spec, share: Mapping[str, int]) -> dict[str, int]:
    """How long it takes from each ticket on until the last of those that need it is done."""
    chains = dict(share)
    needs = {one.id: one.needs for one in spec.tickets.values()}
    for ticket in reversed(list(TopologicalSorter(needs).static_order())):
        for need in needs[ticket]:
            chains[need] = max(chains[need], share[need] + chains[ticket])
    return chains
