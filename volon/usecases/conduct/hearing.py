"""What the workers of a phase said: in the report each writes, and, of agents that are known, in their own output.

Source: seed 002 (What Sub-Agents Report), seed 000 (token usage); agents.md §0.
"""

from __future__ import annotations

from contextlib import closing

from volon.errors import NotCommitted
from volon.model.agents.programs import heard
from volon.model.conduct.report import MAX_BYTES, Report, parse_report
from volon.model.pipeline.state import Status
from volon.plain import replace
from volon.store import layout
from volon.usecases.pipeline.runs import run_files
from volon.usecases.running.hooks import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.pipeline.spec import Spec
    from volon.model.results.pipeline import PipelineView
    from volon.usecases.pipeline.runs import Run
    from volon.workspace import Workspace

_END = 1 << 16
_OUTPUT = 8 << 20
"""Agents say at the end what they used."""
_ROLES = ("implement", "fix", "merge", "test", "review")


def reports_of(
    main: Workspace, run: Run, plan_id: str, phase: int, spec: Spec | None = None
) -> tuple[dict[str, Report], tuple[int, int] | None]:
    """Return what each worker of a phase said in its last attempt, by ticket; and the tokens of all their attempts.

    Args:
        main: the working tree that the plan lies in.
        run: its pipeline's.
        plan_id: the plan's.
        phase: its number.
        spec: what the run goes by, unless that is to be read.
    """
    found: dict[str, Report] = {}
    used: list[tuple[int, int]] = []
    spec = spec or run.spec()
    for ticket, one in run.state.tickets.items():
        number, _, role = ticket.partition(".")
        if number != f"p{phase}" or role.partition(".")[0] not in _ROLES or ticket not in spec.tickets:
            continue
        words = worker_of(spec.tickets[ticket].argv)
        heard_of = [said(main, run, plan_id, f"{ticket}.{n + 1}", words) for n in range(one.attempt)]
        used += [report.tokens for report in heard_of if report and report.tokens]
        found |= {ticket: heard_of[-1]} if heard_of and heard_of[-1] else {}
    return found, (sum(one[0] for one in used), sum(one[1] for one in used)) if used else None


def worker_of(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a ticket that start its worker."""
    return tuple(argv[argv.index("--") + 1 :]) if "--" in argv else ()


def said(main: Workspace, run: Run, plan_id: str, tag: str, words: tuple[str, ...]) -> Report | None:
    """Return what one attempt said; None where it said nothing.

    An agent's own count of its tokens is believed before what it wrote of them; where it could not write the report,
    its last message is one. A link, a directory or a pipe is no report, and is not followed.
    """
    data, unread = None, ""
    try:
        data = main.on_disk(layout.reports_place(plan_id, run.id) / f"{tag}.md", MAX_BYTES)
    except NotCommitted as error:
        unread = f"no report: {error.message}"
    own = heard(words, lambda: run.files.tail(run.logs / f"{tag}.log", _OUTPUT))
    if data is None and not own.last:
        issues: dict[str, tuple[str, ...]] = {"issues": (unread,)} if unread else {}
        return Report(said=issues, tokens=own.tokens, unread=unread) if own.tokens or unread else None
    report = parse_report(own.last.encode() if data is None else data)
    return replace(report, tokens=own.tokens or report.tokens, unread=unread)


def with_ends(main: Workspace, view: PipelineView) -> PipelineView:
    """Return a pipeline with the last lines of each ticket that failed, without secrets: they say why it stopped."""
    logs = layout.RUNS / (view.run or "") / "logs"
    with closing(run_files(main)) as files:
        tickets = tuple(
            replace(one, output=tail(files.tail(logs / f"{one.ticket}.{one.attempt}.log", _END)))
            if one.status == Status.FAILED and one.attempt
            else one
            for one in view.tickets
        )
    return replace(view, tickets=tickets)
