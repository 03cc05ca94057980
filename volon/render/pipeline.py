"""Pipelines as people read them: a line for each thing that happens, and how one stands.

Source: contract §2.11 ("pausing, waiting for 2: …"), §6; seed 004 (FR3 and FR4).
"""

from __future__ import annotations

import json

from volon.model.pipeline import records as r
from volon.model.pipeline.board import COUNTED, banner, paused_by, some
from volon.model.pipeline.state import Outcome
from volon.model.syntax.gitpath import shell_word
from volon.render.page import Page, Span, Style
from volon.render.words import count, minute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.model.results.conduct import ConductPauseResult
    from volon.model.results.pipeline import (
        PipelinePauseResult,
        PipelineRunResult,
        PipelineStatusResult,
        PipelineView,
        TicketView,
    )

_SHORT = 12
_LABEL = 12
"""So wide is the column before what is said of a pipeline."""


def event(entry: r.Entry, output: Sequence[str]) -> Page:
    """Return what is said as something happens; nothing of what is only volon's business."""
    page = Page()
    record = entry.record
    if isinstance(record, r.Based):
        page.add(Span(f"base    {record.commit[:_SHORT]}; what is not committed is not in it", Style.DIM))
    elif isinstance(record, r.Engaged):
        page.add(Span(f"workers {record.engine} at {record.address}, by way of {record.remote}", Style.DIM))
    elif isinstance(record, r.Kept):
        word = "result " if record.result else "saved  "
        page.add(Span(f"{word} {record.ticket}  {record.commit[:_SHORT]}", Style.DIM))
    elif isinstance(record, r.Started):
        again = f"  attempt {record.attempt}" if record.attempt > 1 else ""
        page.add(Span("start   ", Style.DIM), record.ticket, Span(again, Style.DIM))
    elif isinstance(record, r.Ended):
        _ended(page, record, output)
    elif isinstance(record, r.Paused):
        word = "and what runs is ended" if record.now else "what runs may finish"
        page.add(Span(f"paused  {paused_by(record.by, record.reason)}: nothing starts any more, {word}", Style.WARN))
    elif isinstance(record, r.Resumed):
        page.add(Span(f"resumed with {record.by}", Style.STRONG))
    return page


def event_line(entry: r.Entry, output: Sequence[str]) -> str:
    """Return the same as one line of JSON."""
    more = {"output": list(output)} if isinstance(entry.record, r.Ended) else {}
    said = {"schema": r.EVENT, "n": entry.n, "at": entry.at, "event": entry.kind, **entry.values(), **more}
    return json.dumps(said, separators=(",", ":")) + "\n"


def _ended(page: Page, record: r.Ended, output: Sequence[str]) -> None:
    if record.how == Outcome.DONE:
        page.add(
            Span("done    ", Style.OK), record.ticket, Span(f"  {took(record.ms)}" if record.ms else "", Style.DIM)
        )
        return
    style = Style.STOP if record.how == Outcome.FAILED and not record.again else Style.WARN
    again = "; it runs again" if record.again else ""
    page.add(Span(f"{record.how:<7} ", style), f"{record.ticket}: {_how(record.exit_status, record.why)}{again}")
    for line in output:
        page.add("    ", line)


def _how(exit_status: int | None, why: str) -> str:
    return why or ("ended" if exit_status is None else f"exit status {exit_status}")


def took(ms: int) -> str:
    """Say how long something took."""
    return f"{ms / 1000:.1f} s" if ms < 60_000 else f"{ms // 60_000} min {ms // 1000 % 60} s"  # noqa: PLR2004  a minute


def run(page: Page, result: PipelineRunResult) -> None:
    """Write how a run ended."""
    view = result.pipeline
    if result.outcome == "finished":
        page.add(Span(f"Done: {count(len(view.tickets), 'ticket')} of {view.file}.", Style.STRONG))
        _trees(page, view)
        _next(page, view)
        return
    if result.outcome == "told":
        said = "Resumed: the process that runs it goes on." if view.attended else "Paused no more, but nobody runs it."
        page.add(Span(said, Style.STRONG))
    if result.outcome == "reached":
        page.add(Span("All that was asked for is done.", Style.STRONG))
    _standing(page, view)
    for one in view.tickets if result.outcome == "paused" else ():
        troubled(page, one)
    _trees(page, view)
    checkpoint(page, result)
    _next(page, view)


def pause(page: Page, result: PipelinePauseResult) -> None:
    """Write that a pipeline is paused, and what that leaves."""
    if result.already:
        page.add("It was paused already.")
    _standing(page, result.pipeline)
    checkpoint(page, result)
    _next(page, result.pipeline)


def checkpoint(page: Page, result: PipelinePauseResult | PipelineRunResult | ConductPauseResult) -> None:
    """Write which checkpoint was written with a pause, if one was."""
    if result.checkpoint is not None:
        page.field("checkpoint", f"{result.checkpoint:02d}; {result.task_id} is paused with it", width=_LABEL)


def status(page: Page, result: PipelineStatusResult) -> None:
    """Write how a pipeline stands, or all that are not done, one below the other."""
    view = result.pipeline
    if view is None:
        page.add("idle: no pipeline has run here.")
        page.add(Span("Next: ", Style.DIM), page.spelled("volon pipeline run FILE"))
        return
    for each in (view, *result.others):
        _standing(page, each)
        for one in each.tickets:
            troubled(page, one)
        _trees(page, each)
        _next(page, each)


def _trees(page: Page, view: PipelineView) -> None:
    """Write what came of tickets in working trees of their own, where that is not in the way to go on."""
    for one in view.trees:
        page.field("left", f"{page.path(one)}: not all in it is kept, or something of it still runs", width=_LABEL)
    if view.status != "done" and view.results:
        page.field("results", ", ".join(one[:_SHORT] for one in view.results), lines=3, width=_LABEL)


def _standing(page: Page, view: PipelineView) -> None:
    running = [one.ticket for one in view.tickets if one.status == "running"]
    paused = view.status == "paused"
    said = banner(view.status, running, attended=view.attended) or view.status
    page.add(Span(f"{view.name}: {said}", Style.WARN if paused else Style.STRONG))
    page.field("tickets", ", ".join(f"{view.counts[one]} {one}" for one in COUNTED if one in view.counts), width=_LABEL)
    if paused:
        said = paused_by(view.paused_by or "", view.reason or "")
        page.field("paused", f"{minute(view.paused_at)} {said}", width=_LABEL)
    if view.running_at_pause:
        page.field("at pause", some(view.running_at_pause), lines=3, width=_LABEL)
    if running and not paused:
        page.field("running", some(running), lines=3, width=_LABEL)
    if view.next and view.status != "done":
        page.field("next", some(view.next), lines=3, width=_LABEL)


def troubled(page: Page, one: TicketView) -> None:
    """Write what is wrong with a ticket, if anything is."""
    if one.status not in {"failed", "unknown", "ended"}:
        return
    page.add(
        Span(f"  {one.status:<{_LABEL}}", Style.WARN if one.status == "ended" else Style.STOP),
        f"{one.ticket}: {_how(one.exit_status, one.why)}",
    )
    if one.log:
        page.add(Span(f"    {page.path(one.log)}", Style.DIM))
    if one.saved:
        page.add(Span(page.spelled(f"    its files: git show --stat {one.saved[:_SHORT]}^3"), Style.DIM))


def _next(page: Page, view: PipelineView) -> None:
    word = "resume" if view.status == "paused" else "run"
    unknown = next((one.ticket for one in view.tickets if one.status == "unknown"), None)
    ways = [f" --{way} {unknown}" for way in ("rerun", "done")] if unknown and word == "resume" else [""]
    if word == "run":
        chosen = (("only", one) for one in view.only), (("until", one) for one in view.until)
        ways = ["".join(f" --{option} {one}" for pairs in chosen for option, one in pairs)]
    for one in view.unmerged if view.status == "done" else ():
        page.add(Span("Next: ", Style.DIM), page.spelled(f"git merge {one[:_SHORT]}"))
    if view.status == "done" or (view.status == "executing" and view.attended):
        return
    for way in ways:
        page.add(Span("Next: ", Style.DIM), page.spelled(f"volon pipeline {word} {shell_word(view.file)}{way}"))
