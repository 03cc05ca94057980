"""`volon pipeline run FILE`, and `resume FILE`: go on with the run of a file, or begin one, in this process.

Naming the file is consent to what it says, as with make; so only what the named file says is ever started, never
what a run's directory holds. Where the file has changed since the run began, what changed is shown, and nothing starts
until that is accepted.

Source: contract §6, §7 (Consent); seed 004; issue "the pipeline".
"""

from __future__ import annotations

import difflib
from contextlib import ExitStack, closing, contextmanager
from functools import partial

from volon.copies import processors
from volon.errors import Busy, NotTrusted, PipelinePaused, PreflightStopped, UsageError, VolonError
from volon.model.pipeline.board import paused_by
from volon.model.pipeline.plan import scope_of
from volon.model.pipeline.records import Accepted, Wanted, whole_lines
from volon.model.pipeline.state import Phase, RunState, Status
from volon.model.results.pipeline import PipelineRunResult
from volon.model.syntax.gitpath import shell_word
from volon.plain import dataclass
from volon.store import layout
from volon.store.lock import refuse_in_hook
from volon.usecases.pipeline.driving import Right, drive
from volon.usecases.pipeline.executor import Elsewhere, attached, refuse_elsewhere
from volon.usecases.pipeline.gate import RESUME, go_on, no_ticket, not_paused
from volon.usecases.pipeline.holding import WAIT_SECONDS, held_by, relieve
from volon.usecases.pipeline.runs import (
    LOCK,
    Run,
    begin,
    newest,
    read_pipeline,
    run_files,
    runs_of,
    spec_name,
    unwatched,
    view_of,
)
from volon.usecases.settings import read_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from volon.disk import Lock
    from volon.files import Place
    from volon.runfiles import RunFiles
    from volon.usecases.pipeline.driving import Screen, Show
    from volon.usecases.pipeline.executor import Afar
    from volon.usecases.pipeline.runs import Pipeline
    from volon.workspace import Workspace

_PAUSE_SECONDS = 0.02
_END = 1 << 12
_LAST_WORDS = (b'"e":"leave"', b'"e":"finish"')
_PRIVATE = 0o600
_LOOK = ("volon pipeline status", "volon pipeline pause")


@dataclass(frozen=True, slots=True)
class RunPipelineRequest:
    """What `pipeline run` was told.

    Attributes:
        file: the spec, as a path from the working directory.
        only, until: tickets: these alone, or these and what they need.
        fresh: begin a new run, whatever became of the last one.
        resume: the pipeline is paused, and goes on.
        rerun, done: tickets of which the user knows that they have to run again, or are done.
        elsewhere: where tickets run, if not here.
        by: what the user typed to have it go on.
        agreed: the digest of what was shown and agreed to; empty where naming the file is the consent.
    """

    file: Path
    jobs: int | None = None
    keep_going: bool = False
    only: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    accept_spec: bool = False
    fresh: bool = False
    resume: bool = False
    rerun: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    elsewhere: Elsewhere = Elsewhere()
    by: str = RESUME
    agreed: str = ""


def run_pipeline(
    workspace: Workspace, request: RunPipelineRequest, show: Show, screen: Screen | None = None
) -> PipelineRunResult:
    """Run a pipeline until it is done, paused and settled, or has reached what was wanted.

    Args:
        workspace: where.
        request: what was asked for.
        show: is given each record as it is written, and the end of the output of what failed.
        screen: a live display.

    Raises:
        UsageError: a ticket that was named is not there, or cannot be run by itself.
        PipelinePaused: it is paused, and this is no resume; or nobody has said what became of a ticket.
        PreflightStopped: the file has changed; the message has the difference.
        NotTrusted: it is not what was agreed to.
        Busy: another process runs it, or volon was called from a hook.
        NotCommitted, Corrupt: see docs/EXIT_CODES.md.
    """
    refuse_in_hook(workspace.world)
    # Read once: these bytes are what was agreed to, and what runs.
    pipeline = read_pipeline(workspace, request.file)
    if request.agreed not in {"", pipeline.digest}:
        raise not_agreed(pipeline.file)
    files = run_files(workspace)
    settings = read_settings(workspace.store).config
    with ExitStack() as stack:
        afar = stack.enter_context(attached(workspace, request.elsewhere, settings.pipeline_executor))
        with _alone(workspace, files, pipeline.file) as over:
            run, held = _chosen(workspace, files, pipeline, request, afar, over)
        stack.enter_context(closing(run))
        if held is None:
            outcome = "finished" if run.state.phase is Phase.DONE else "told"
            return PipelineRunResult(outcome=outcome, pipeline=view_of(workspace, run, pipeline.spec))
        stack.callback(held.release)
        slots = afar.dask.slots if afar else processors()
        jobs, scope = request.jobs or settings.pipeline_jobs or max(slots, 1), _wanted(run, pipeline, request)
        driven = drive(
            workspace,
            run,
            pipeline.spec,
            show,
            Right(held, afar),
            jobs=jobs,
            keep_going=request.keep_going,
            scope=scope,
            screen=screen,
        )
    if not driven.by_hand or driven.outcome != "paused":
        return driven
    from volon.usecases.pipeline.noting import noted  # noqa: PLC0415  few runs are paused by hand

    return noted(workspace, driven)


def not_agreed(file: str) -> NotTrusted:
    """What is said where a file is another one than was agreed to."""
    return NotTrusted(f"{file} is not what was agreed to; nothing has started", hints=["volon conduct resume"])


def _chosen(
    workspace: Workspace,
    files: RunFiles,
    pipeline: Pipeline,
    request: RunPipelineRequest,
    afar: Afar | None,
    over: str | None,
) -> tuple[Run, Lock | None]:
    """The run to go on with and the right to do so; no right where another process has it, or brought it to its end."""
    run = None if request.fresh else newest(workspace, files, pipeline.file)
    if run is None or run.state.phase is Phase.DONE:
        meanwhile = run is not None and over not in {None, run.id}
        return _begun(workspace, files, pipeline, request, run, meanwhile=meanwhile)
    relieve(run, workspace.world.clock)
    _check_paused(run, request)
    _check_spec(run, pipeline, request)
    if request.resume and run.state.pause is not None and _is_told(workspace, run, request):
        return run, None
    with ExitStack() as undone:
        held = _right(workspace, run)
        undone.callback(held.release)
        run.journal.refresh()
        if run.state.finished_at:
            return _begun(workspace, files, pipeline, request, run, meanwhile=True)
        if not request.resume:
            _check_paused(run, request)
        refuse_elsewhere(run, afar)
        if run.state.spec != pipeline.digest:
            _accept(run, pipeline)
        if request.resume and run.state.pause is not None:
            go_on(workspace, run, request.rerun, request.done, afar.remote if afar else None, request.by)
        undone.pop_all()
        return run, held


def _begun(
    workspace: Workspace,
    files: RunFiles,
    pipeline: Pipeline,
    request: RunPipelineRequest,
    before: Run | None,
    *,
    meanwhile: bool,
) -> tuple[Run, Lock | None]:
    """A new run, unless the one before did the same and ended while this process waited for its turn."""
    if request.resume:
        raise not_paused(pipeline.file, before)
    if before is not None and meanwhile and before.spec() == pipeline.spec:
        return before, None
    if request.fresh:
        _check_none_runs(workspace, files, pipeline.file)
    _scope(pipeline, RunState(), request, after=before)
    run = begin(workspace, files, pipeline)
    return run, _right(workspace, run)


def _is_told(workspace: Workspace, run: Run, request: RunPipelineRequest) -> bool:
    """Tell the process that runs it to go on; whether there is one, and it has not left meanwhile."""
    if not (run.attended() and run.state.jobs):
        return False
    go_on(workspace, run, request.rerun, request.done, by=request.by)
    return run.state.jobs > 0


def _check_paused(run: Run, request: RunPipelineRequest) -> None:
    pause = run.state.pause
    if request.resume and pause is None and (run.attended() or request.rerun or request.done):
        raise not_paused(run.file, run)
    if pause is not None and not request.resume:
        hints = [f"volon pipeline {word} {shell_word(run.file)}" for word in ("resume", "status")]
        raise PipelinePaused(
            f"{run.file} is paused since {pause.at}, {paused_by(pause.by, pause.reason)}.", hints=hints
        )


def _check_spec(run: Run, pipeline: Pipeline, request: RunPipelineRequest) -> None:
    if run.state.spec == pipeline.digest or request.accept_spec or run.spec() == pipeline.spec:
        return
    before = run.spec_text().decode("utf-8", "replace").splitlines()
    now = pipeline.data.decode("utf-8", "replace").splitlines()
    lines = difflib.unified_diff(before, now, "when the run began", "now", lineterm="", n=1)
    word, file = "resume" if request.resume else "run", shell_word(run.file)
    hints = [f"volon pipeline {word} {file} --accept-spec", f"volon pipeline run {file} --fresh"]
    raise PreflightStopped(f"{run.file} has changed since its run began.", causes=list(lines)[2:], hints=hints)


def _accept(run: Run, pipeline: Pipeline) -> None:
    place = run.place / spec_name(pipeline.digest)
    if run.files.stat(place) is None:
        run.files.create(place, pipeline.data, _PRIVATE)
        run.files.sync_parents([place])
    with run.journal.turn():
        run.journal.write(Accepted(pipeline.digest))


def _wanted(run: Run, pipeline: Pipeline, request: RunPipelineRequest) -> frozenset[str] | None:
    """The tickets that are to run: a resume goes on with what was chosen before, so that is written down."""
    if request.resume:
        return scope_of(pipeline.spec, run.state)
    scope, chosen = _scope(pipeline, run.state, request), Wanted(" ".join(request.only), " ".join(request.until))
    if chosen != run.state.wanted:
        with run.journal.turn():
            run.journal.write(chosen)
    return scope


def _scope(
    pipeline: Pipeline, state: RunState, request: RunPipelineRequest, after: Run | None = None
) -> frozenset[str] | None:
    if not (request.only or request.until):
        return None
    tickets = pipeline.spec.tickets
    if unknown := [one for one in (*request.only, *request.until) if one not in tickets]:
        raise no_ticket(unknown[0], pipeline.file, tickets)
    scope = pipeline.spec.with_needs(request.until) | frozenset(request.only)
    for one in request.only:
        missing = [n for n in tickets[one].needs if n not in scope and state.status(n) is not Status.DONE]
        if missing:
            hint = f"volon pipeline run {shell_word(pipeline.file)} --until {one}"
            where = "a new run, which begins because the last one is done" if after else "this run"
            raise UsageError(f"{one} needs {', '.join(missing)}, not done in {where}.", hints=[hint])
    return scope


def _check_none_runs(workspace: Workspace, files: RunFiles, file: str) -> None:
    """Refuse while anything runs of any run there ever was of this file; the journals may be damaged."""
    for place in runs_of(workspace, files, file):
        last = whole_lines(files.tail(place / "journal", _END))[0][-1:]
        if any(word in line for line in last for word in _LAST_WORDS):
            continue  # Nothing runs once the last runner has said so.
        if files.is_held(place / LOCK):
            _take(workspace, files, place / LOCK, partial(_held, workspace, files, place, file)).release()
        logs, living = place / "logs", unwatched(files, place)[1]
        for name in files.listdir(logs):
            if files.is_held(logs / name) or name.removesuffix(".log") in living:
                hint = f"volon pipeline pause {shell_word(file)} --now"
                raise Busy(f"something of the run before still runs: {files.shown(logs / name)}", hints=[hint])


@contextmanager
def _alone(workspace: Workspace, files: RunFiles, file: str) -> Iterator[str | None]:
    """Nobody else chooses or begins a run meanwhile; if that took waiting: which run was over before."""
    files.mkdir(layout.RUNS)
    place, over = layout.RUNS / "choosing", None
    held = files.lock(place, b"")
    if held is None:
        before = newest(workspace, files, file)
        over = before.id if before is not None and before.state.phase is Phase.DONE else ""
        held = _take(workspace, files, place, partial(Busy, "another volon is beginning a pipeline", hints=_LOOK))
    try:
        yield over
    finally:
        held.release()


@contextmanager
def at_rest(workspace: Workspace, file: str) -> Iterator[None]:
    """Nothing of a pipeline runs, and nobody begins to run one meanwhile.

    Raises:
        Busy: something runs; the message says what.
    """
    files = run_files(workspace)
    with _alone(workspace, files, file):
        _check_none_runs(workspace, files, file)
        yield


def _right(workspace: Workspace, run: Run) -> Lock:
    """The right to run it; a process that was killed a moment ago may still have it for as long."""
    return _take(workspace, run.files, run.lock, partial(_held, workspace, run.files, run.place, run.file))


def _held(workspace: Workspace, files: RunFiles, place: Place, file: str) -> Busy:
    """What is said of a run that another process has; its journal says who that is, unless it is damaged."""
    try:
        with closing(Run(workspace, run_files(workspace), place)) as run:
            who, since = run.state.runner, run.state.runner_at
    except VolonError:
        who, since = None, ""
    return held_by(files, place / LOCK, file, who.pid if who else 0, since)


def _take(workspace: Workspace, files: RunFiles, place: Place, busy: Callable[[], Busy]) -> Lock:
    clock = workspace.world.clock
    patience = clock.monotonic() + WAIT_SECONDS
    while (held := files.lock(place, b"")) is None:
        if clock.monotonic() >= patience:
            raise busy()
        clock.sleep(_PAUSE_SECONDS)
    return held
