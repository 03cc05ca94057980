"""A run in the hands of this process: from here on it decides, starts and watches, until there is nothing left to do.

Source: contract §6 (pipeline), §2.11.
"""

from __future__ import annotations

import os
from contextlib import nullcontext

from volon.background import Ends, Launcher, interruptions, standing_in
from volon.engine.attempts import Attempts
from volon.engine.room import NoRoom
from volon.engine.runner import Asked, Runner
from volon.errors import ExitCode, NotCommitted
from volon.identity import Identity
from volon.model.pipeline.course import Course
from volon.model.pipeline.records import Ended
from volon.model.pipeline.spec import Isolation
from volon.model.pipeline.state import Outcome, Phase, Reason, Status
from volon.model.results.pipeline import PipelineRunResult
from volon.model.syntax.gitpath import shell_word
from volon.plain import NamedTuple, replace
from volon.usecases.pipeline.runs import view_of
from volon.usecases.pipeline.watching import Watch
from volon.usecases.running.hooks import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from volon.disk import Lock
    from volon.engine.runner import Doing
    from volon.model.pipeline.records import Entry
    from volon.model.pipeline.spec import Spec
    from volon.model.results.pipeline import PipelineView
    from volon.runfiles import Appended
    from volon.usecases.pipeline.executor import Afar
    from volon.usecases.pipeline.runs import Run
    from volon.usecases.pipeline.trees import TicketTrees
    from volon.workspace import Workspace

    Show = Callable[[Entry, tuple[str, ...]], None]
    Screen = Callable[[Watch, Asked], AbstractContextManager[Callable[[], None]]]

_TAIL = 1 << 16


def _nothing() -> None:
    """Nobody looks on."""


class Right(NamedTuple):
    """What this process runs a pipeline by: the lock of its run, and where tickets run, if not here."""

    lock: Lock
    afar: Afar | None = None


def drive(
    workspace: Workspace,
    run: Run,
    spec: Spec,
    show: Show,
    right: Right,
    *,
    jobs: int,
    keep_going: bool = False,
    scope: frozenset[str] | None = None,
    screen: Screen | None = None,
) -> PipelineRunResult:
    """Run it in this process, which holds its lock.

    Args:
        workspace: where.
        run: which.
        spec: what it goes by.
        show: is given each record as it is written, and the end of the output of what failed.
        right: to run it.
        jobs: how many tickets at once; 0 starts none, and only sees to those that run.
        keep_going: after a failure, go on with what does not depend on it.
        scope: the only tickets to start.
        screen: a live display, which is shown as long as it runs.
    """

    def tell(entry: Entry) -> None:
        record = entry.record
        failed = isinstance(record, Ended) and record.how != Outcome.DONE
        show(entry, log_end(run, record.ticket, record.attempt) if failed and isinstance(record, Ended) else ())

    clock, asked = workspace.world.clock, Asked()
    run.files.mkdir(run.logs)
    exits = run.files.make_appended(run.place / "exits")
    ends = Ends(exits.fd, run.files.open_directory(run.logs), right.lock.fd)
    launcher = Launcher(workspace.world.env, ends)
    trees = _trees(workspace, run, spec, asked, right.afar)
    root = str(workspace.repository.root)
    attempts: Doing
    if right.afar is None:
        attempts = Attempts(run.files, run.logs, exits, launcher, root, clock, run.id, trees)
    else:
        attempts = _far(workspace, run, exits, trees, right.afar)
    course = Course(spec, run.state, jobs=jobs, keep_going=keep_going, scope=scope)
    shown = screen(Watch(workspace, run, spec, scope), asked) if screen else nullcontext(_nothing)
    try:
        with standing_in(root), interruptions(asked.note), shown as look:
            if trees is not None:
                trees.sweep()
            Runner(run.journal, course, attempts, clock, tell, asked, look).drive(Identity.own())
            if trees is not None and run.state.finished_at:
                trees.join()
    except OSError as error:
        raise _refused(run, error) from error
    finally:
        launcher.leave(settled=run.state.settled)
        os.close(ends.logs)
        exits.close()
    # The lock is held until the caller lets go of it, and nobody runs it once it is told how it stands.
    return _result(run, replace(view_of(workspace, run, spec), attended=False), by_hand=asked.by_hand)


def _refused(run: Run, error: OSError) -> NotCommitted:
    message = "what happens could not be written down; what runs goes on"
    if isinstance(error, NoRoom):
        message = "no ticket can be started, and nothing runs of which the end would make room"
    return NotCommitted(message, causes=[str(error)], hints=[f"volon pipeline run {shell_word(run.file)}"])


def _far(workspace: Workspace, run: Run, exits: Appended, trees: TicketTrees | None, afar: Afar) -> Doing:
    from volon.engine.far import FarAttempts  # noqa: PLC0415  most pipelines run here
    from volon.usecases.pipeline.afar import Post  # noqa: PLC0415

    assert trees is not None  # noqa: S101  every ticket has one there
    pool, post = afar.dask.pool(run.id, afar.remote.name), Post(workspace, run, trees, afar.remote)
    return FarAttempts(run.files, run.logs, exits, pool, post, workspace.world.clock)


def _trees(workspace: Workspace, run: Run, spec: Spec, asked: Asked, afar: Afar | None) -> TicketTrees | None:
    if not (afar or run.state.base or any(one.isolation is Isolation.WORKTREE for one in spec.tickets.values())):
        return None
    from volon.usecases.pipeline.trees import TicketTrees  # noqa: PLC0415  most pipelines have none

    return TicketTrees(workspace, run, spec, asked)


def _result(run: Run, view: PipelineView, *, by_hand: bool) -> PipelineRunResult:
    pause = run.state.pause
    if pause is None:
        return PipelineRunResult(outcome="finished" if run.state.phase is Phase.DONE else "reached", pipeline=view)
    failed = tuple(
        replace(one, output=log_end(run, one.ticket, one.attempt)) if one.status == Status.FAILED else one
        for one in view.tickets
    )
    code = ExitCode.FAILED if pause.reason == Reason.FAILURE else ExitCode.PIPELINE_PAUSED
    view = replace(view, tickets=failed)
    return PipelineRunResult(outcome="paused", pipeline=view, by_hand=by_hand, exit_code=code)


def log_end(run: Run, ticket: str, attempt: int) -> tuple[str, ...]:
    """The last lines of an attempt's log, without secrets."""
    return tail(run.files.tail(run.logs / f"{ticket}.{attempt}.log", _TAIL))
