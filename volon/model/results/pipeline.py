"""What the use-cases say about pipelines.

Source: contract §6 (pipeline), §2.11; seed 004 (FR4: who was running, what will resume).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketView:
    """One ticket.

    Attributes:
        status: `ready` or `waiting` for what it needs, `running`, `done`, `failed`, `unknown`, or `blocked` by one of
            the last two; `ended` when its command has, and nobody was there to write it down.
        attempt: the last one; 0 when it was never started.
        ms: how long the last attempt took, as far as it is over; 0 when nobody knows.
        why: in words, where the exit status does not say it.
        log: of the last attempt, where there was one.
        output: the end of it, of a ticket that failed just now.
        result: the commit with what it made, of a ticket with a working tree of its own.
        saved: the snapshot of what its last attempt left there unfinished.
    """

    ticket: str
    status: str
    attempt: int
    exit_status: int | None
    ms: int
    why: str
    log: str | None
    output: tuple[str, ...] = ()
    result: str | None = None
    saved: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineView:
    """A pipeline and its newest run.

    Attributes:
        run: its id; None when it never ran.
        status: `idle`, `planning` (a file that never ran), `executing`, `paused` or `done`.
        settled: whether nothing runs, and how all of it ended is written down.
        attended: whether a process runs it.
        reason: why it is paused: `user`, `failure`, `conflict` or `unknown-outcome`.
        running_at_pause: the tickets that ran when it was paused.
        next: the tickets that start next, or on resume, first things first.
        counts: tickets by status.
        only, until: the tickets that the user chose, until all of that is done; a resume goes on with them.
        base: the commit from which tickets with working trees of their own went out.
        results: the commits that hold, together, all that those made: one, unless they have not been merged.
        unmerged: those of `results` that HEAD does not contain.
        trees: their working trees that are left, because something in them could be lost.
    """

    name: str
    file: str
    run: str | None
    status: str
    settled: bool
    attended: bool
    reason: str | None
    paused_by: str | None
    paused_at: str | None
    running_at_pause: tuple[str, ...]
    next: tuple[str, ...]
    counts: dict[str, int]
    tickets: tuple[TicketView, ...]
    only: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    base: str | None = None
    results: tuple[str, ...] = ()
    unmerged: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineGlance:
    """A pipeline that is not done, in a few words.

    Attributes:
        status: `executing` or `paused`.
        attended: whether a process runs it.
    """

    file: str
    status: str
    attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRunResult(Result):
    """A pipeline that was run, or resumed, until it was done, paused or had reached what was wanted.

    Attributes:
        outcome: `finished`, `reached`, `paused`, or `told` when another process runs it and goes on.
        by_hand: it was paused by a signal to this process.
        checkpoint: of the task in progress, which was paused with it.
    """

    SCHEMA: ClassVar[str] = "volon/pipeline-run@1"

    outcome: str
    pipeline: PipelineView
    by_hand: bool = False
    checkpoint: int | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineStatusResult(Result):
    """How a pipeline stands; None where none ever ran. Where none was named, `others` are not done either."""

    SCHEMA: ClassVar[str] = "volon/pipeline-status@1"

    pipeline: PipelineView | None
    others: tuple[PipelineView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelinePauseResult(Result):
    """A pipeline that is paused.

    Attributes:
        already: it was so before.
        checkpoint: of the task in progress, which was paused with it.
    """

    SCHEMA: ClassVar[str] = "volon/pipeline-pause@1"

    already: bool
    pipeline: PipelineView
    checkpoint: int | None = None
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphTicketView:
    """One ticket of a graph.

    Attributes:
        status: `done`, `running`, `ended`, `ready`, `waiting`, `blocked`, `failed` or `unknown`, in the newest run.
        needs: the tickets that must be done before.
        ms: how long it has been running, or how long its last attempt took; 0 when nobody knows.
    """

    ticket: str
    status: str
    needs: tuple[str, ...]
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineGraphResult(Result):
    """What needs what, and how it stands.

    Attributes:
        run: the newest run, whose statuses these are; None when it never ran.
        status: `planning` (a file that never ran), `executing`, `paused` or `done`.
        output: the file that the picture was written to.
    """

    SCHEMA: ClassVar[str] = "volon/pipeline-graph@1"

    name: str
    file: str
    run: str | None
    status: str
    tickets: tuple[GraphTicketView, ...]
    output: str | None = None
