"""The gate of a pipeline: closed by a pause, opened by a resume, by whichever process.

A pause is one record in the order in which tickets start, written under the same lock: before it they start, behind it
they do not. That holds whether a process runs the pipeline or not. Whoever is not there to do it needs no signal: what
runs is seen to by the process that runs it, or by this one.

Source: contract §2.11, §6; seed 004.
"""

from __future__ import annotations

from contextlib import ExitStack, closing, contextmanager

from volon.errors import CheckFailed, CommittedNotApplied, NotCommitted, NothingToDo, PipelinePaused, UsageError
from volon.model.pipeline.board import worded
from volon.model.pipeline.course import unkept
from volon.model.pipeline.records import Decided, Paused, Resumed
from volon.model.pipeline.state import Phase, Reason
from volon.model.results.pipeline import PipelinePauseResult, PipelineRunResult, PipelineStatusResult
from volon.model.syntax.gitpath import shell_word
from volon.store.lock import refuse_in_hook
from volon.usecases.pipeline.runs import newest, plan_of, run_files, under_way, view_of, wanted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from volon.repo.exchange.remotes import Remote
    from volon.usecases.pipeline.driving import Show
    from volon.usecases.pipeline.runs import Pipeline, Run
    from volon.workspace import Workspace

_TICK_SECONDS = 0.05
_PAUSE, RESUME = "volon pipeline pause", "volon pipeline resume"


def pause_pipeline(
    workspace: Workspace, file: str | None, show: Show, *, wait: bool = False, now: bool = False, by: str = _PAUSE
) -> PipelinePauseResult:
    """Close the gate: when this returns, the pause is durable, and nothing starts any more until a resume.

    Args:
        workspace: where.
        file: the pipeline's, as records name it; the only one that is not done when None.
        show: see `drive`, where this process has to see to what runs.
        wait: until nothing runs any more.
        now: end what runs, and wait for that.
        by: what the user typed.

    Raises:
        NothingToDo: no such pipeline is under way.
        UsageError: several are, and none was named.
        Busy: volon was called from a hook.
        CommittedNotApplied: it is paused, and power loss may take that back.
        CheckFailed: it is paused, and what came after that failed.
    """
    refuse_in_hook(workspace.world)
    run = wanted(workspace, run_files(workspace), file)
    if run is None or run.state.phase is Phase.DONE:
        raise NothingToDo(f"{_nothing(file, run)}, so there is nothing to pause.", hints=[_STATUS])
    with closing(run):
        already = write_pause(run, now=now, by=by)
        with _paused_anyway(run):
            if wait or now:
                _settle(workspace, run, show)
            result = PipelinePauseResult(already=already, pipeline=view_of(workspace, run, run.spec()))
    if result.already:
        return result
    from volon.usecases.pipeline.noting import noted  # noqa: PLC0415  the gate is closed before more is loaded

    return noted(workspace, result)


def resume_pipeline(
    workspace: Workspace, file: str | None, rerun: tuple[str, ...], done: tuple[str, ...]
) -> PipelineRunResult:
    """Open the gate for the process that runs the pipeline; without one, somebody has to run its file.

    Args:
        workspace: where.
        file: as for a pause.
        rerun: tickets of which the user knows that they have to run again.
        done: tickets of which the user knows that they are done.

    Raises:
        NothingToDo: none is paused.
        UsageError, PipelinePaused, Busy: as `run_pipeline`.
        CommittedNotApplied: it goes on, and power loss may take that back.
    """
    refuse_in_hook(workspace.world)
    run = wanted(workspace, run_files(workspace), file)
    if run is None or run.state.pause is None:
        raise not_paused(file, run)
    with closing(run):
        if run.held():
            from volon.usecases.pipeline.holding import relieve  # noqa: PLC0415  only where there may be nobody

            relieve(run, workspace.world.clock)
        go_on(workspace, run, rerun, done)
        return PipelineRunResult(outcome="told", pipeline=view_of(workspace, run, run.spec()))


def pipeline_status(workspace: Workspace, file: str | None, read: Callable[[], Pipeline]) -> PipelineStatusResult:
    """How a pipeline stands; reads only.

    Args:
        workspace: where.
        file: the pipeline's, as records name it; all that are not done when None, or the last one.
        read: the named file, when there is no run of it.
    """
    files = run_files(workspace)
    runs = under_way(workspace, files) if file is None else []
    if not runs and (run := newest(workspace, files, file)) is not None:
        runs = [run]
    with ExitStack() as opened:
        for run in runs:
            opened.callback(run.close)
        views = tuple(view_of(workspace, run, run.spec()) for run in runs)
    if views:
        return PipelineStatusResult(pipeline=views[0], others=views[1:])
    return PipelineStatusResult(pipeline=None if file is None else plan_of(read()))


_STATUS = "volon pipeline status"


def not_paused(file: str | None, run: Run | None) -> NothingToDo:
    """What is said to a resume that has nothing to resume."""
    named = run.file if run else file
    how, hint = f"{_nothing(file, run)}, so there is nothing to resume.", _STATUS
    if run is None or not run.attended():
        hint = f"volon pipeline run {'FILE' if named is None else shell_word(named)}"
        if run is not None and run.state.phase is Phase.DONE:
            hint = f"all of it once more, as a new run: {hint}"
    return NothingToDo(how, hints=[hint])


def _nothing(file: str | None, run: Run | None) -> str:
    if run is None:
        return f"{file} has not run here" if file else "No pipeline has run here"
    if run.state.phase is Phase.DONE:
        return f"{run.file} is done"
    return f"{run.file} is not paused" + (": it runs" if run.attended() else ", and nobody runs it")


def write_pause(run: Run, *, now: bool = False, by: str = _PAUSE) -> bool:
    """Close the gate, durably; whether it was closed already.

    Raises:
        NothingToDo: the run has finished meanwhile.
    """
    with run.journal.turn():
        if run.state.finished_at:
            raise NothingToDo(f"{run.file} has just finished.", hints=[_STATUS])
        pause = run.state.pause
        if pause is None or (now and not pause.now):
            run.journal.write(Paused(by, Reason.USER.value, now))
    _sync(run, "pause")
    return pause is not None


def go_on(
    workspace: Workspace,
    run: Run,
    rerun: tuple[str, ...],
    done: tuple[str, ...],
    remote: Remote | None = None,
    by: str = RESUME,
) -> None:
    """Keep the results that could not be kept before and can be now, then do as `write_resume`.

    Raises:
        UsageError, PipelinePaused, CommittedNotApplied: as there.
    """
    if run.state.unkept or (remote is not None and run.state.lost):
        from volon.usecases.pipeline.keeping import keep_again  # noqa: PLC0415  most pipelines have none

        keep_again(workspace, run, (*rerun, *done), remote)
    write_resume(run, rerun, done, by)


def write_resume(run: Run, rerun: tuple[str, ...], done: tuple[str, ...], by: str = RESUME) -> None:
    """Write down what the user knows of tickets, and that the pipeline goes on.

    Raises:
        UsageError: a named ticket is not in question.
        PipelinePaused: others are.
    """
    with run.journal.turn():
        state = run.state
        refuse_strange(run, rerun, done)
        asked = (*state.unknown, *(unkept(state, run.spec()) if state.unkept else ()))
        if left := [one for one in asked if one not in rerun and one not in done]:
            raise undecided(run, left, rerun, done)
        for ticket in rerun:
            run.journal.write(Decided(ticket, done=False))
        for ticket in done:
            run.journal.write(Decided(ticket, done=True))
        run.journal.write(Resumed(by))
    _sync(run, "resume")


def refuse_strange(run: Run, rerun: tuple[str, ...], done: tuple[str, ...]) -> None:
    """Refuse what is said of tickets that are not in question.

    Raises:
        UsageError: which.
    """
    state = run.state
    strange = [one for one in (*rerun, *done) if one not in state.unknown and one not in state.failed]
    words = worded(run.spec(), state, ()) if strange else {}
    if unknown := [one for one in strange if one not in words]:
        raise no_ticket(unknown[0], run.file, words)
    if strange or set(rerun) & set(done):
        said = f"{strange[0]} is {words[strange[0]]}" if strange else "one ticket was named twice"
        raise UsageError(f"There is nothing to decide: {said}.", hints=[_STATUS])


def _sync(run: Run, verb: str) -> None:
    try:
        run.journal.sync()
    except OSError as error:
        message = f"{run.file} is {verb}d, but that may not outlast a power cut"
        raise CommittedNotApplied(
            message, causes=[str(error)], hints=[f"volon pipeline {verb} {shell_word(run.file)}"]
        ) from error


@contextmanager
def _paused_anyway(run: Run) -> Iterator[None]:
    """What fails after the gate was closed must not say that nothing has changed."""
    try:
        yield
    except (NotCommitted, OSError) as error:
        causes = [error.message, *error.causes] if isinstance(error, NotCommitted) else [str(error)]
        cause = error.__cause__ if isinstance(error, NotCommitted) else error
        message = f"{run.file} is paused, but what came after that failed."
        raise CheckFailed(message, causes=causes, hints=[f"volon pipeline status {shell_word(run.file)}"]) from cause


def no_ticket(name: str, file: str, tickets: Iterable[str]) -> UsageError:
    """What is said where a named ticket is not in the file."""
    return UsageError(f"There is no ticket {name} in {file}.", hints=[f"one of {', '.join(tickets)}"])


def undecided(run: Run, tickets: list[str], rerun: tuple[str, ...], done: tuple[str, ...]) -> PipelinePaused:
    """What is said where nobody knows how tickets ended; what leads on names all, also those that were decided."""
    said = [f"--{word} {one}" for word, these in (("rerun", rerun), ("done", done)) for one in these]
    hints = [
        " ".join((f"volon pipeline resume {shell_word(run.file)}", *said, *(f"--{word} {one}" for one in tickets)))
        for word in ("rerun", "done")
    ]
    reasons = [f"{one}: {run.state.standing(one).why or 'nobody saw how it ended'}" for one in tickets]
    return PipelinePaused(
        "How these tickets ended is not known. Look, then say whether they are done or run again.",
        causes=reasons,
        hints=hints,
    )


def _settle(workspace: Workspace, run: Run, show: Show) -> None:
    """Wait until nothing runs; where no process sees to it, do so. An interruption ends the waiting, not the pause."""
    from volon.usecases.pipeline.driving import Right, drive  # noqa: PLC0415  the gate is closed before more is loaded
    from volon.usecases.pipeline.holding import relieve  # noqa: PLC0415  as above

    try:
        while run.state.running and run.state.pause is not None:
            relieve(run, workspace.world.clock)
            held = run.files.lock(run.lock, b"")
            if held is None:
                workspace.world.clock.sleep(_TICK_SECONDS)
                run.journal.refresh()
                continue
            try:
                run.journal.refresh()
                if run.state.engaged is not None and run.state.running:
                    message = f"Paused, and nobody sees to what runs on the workers of {run.state.engaged.address}."
                    raise NotCommitted(
                        message, hints=[f"volon pipeline resume {shell_word(run.file)} --executor dask …"]
                    )
                drive(workspace, run, run.spec(), show, Right(held), jobs=0)
            finally:
                held.release()
    except KeyboardInterrupt:
        return
