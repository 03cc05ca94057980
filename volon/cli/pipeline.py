"""`volon pipeline …`: tickets that need one another, run and paused."""

from __future__ import annotations

import os
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import remotes, tickets
from volon.cli.edge import Edge, Finished
from volon.cli.options import with_edge
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from volon.model.pipeline.records import Entry
    from volon.model.results import Result
    from volon.usecases.pipeline.driving import Screen, Show
    from volon.usecases.pipeline.executor import Elsewhere
    from volon.usecases.pipeline.run import RunPipelineRequest

app = typer.Typer(help="Run tickets that need one another, and pause.", no_args_is_help=True, rich_markup_mode=None)

_File = Annotated[Path, typer.Argument(metavar="FILE", help="The pipeline's file.")]
_Which = Annotated[
    Path | None, typer.Argument(metavar="[FILE]", help="The pipeline's file; without it the only one not done.")
]
_Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="How many tickets run at once; as many as CPUs.")
]
_KeepGoing = Annotated[
    bool, typer.Option("--keep-going", "-k", help="After a failure, go on with what does not depend on it.")
]
_Accept = Annotated[bool, typer.Option("--accept-spec", help="Go by the file as it is now, although it has changed.")]
_Plain = Annotated[bool, typer.Option("--plain", help="A line for each thing that happens, also on a terminal.")]


class Executor(StrEnum):
    """Where tickets run."""

    LOCAL = "local"
    DASK = "dask"


_Executor = Annotated[
    Executor | None, typer.Option("--executor", help="Where tickets run: here, or on the workers of a dask scheduler.")
]
_Address = Annotated[str | None, typer.Option("--address", metavar="URL", help="The scheduler's address.")]
_SchedulerFile = Annotated[
    Path | None, typer.Option("--scheduler-file", metavar="PATH", help="Or the file it wrote its address into.")
]
_Remote = Annotated[
    str | None,
    typer.Option(
        "--remote",
        metavar="NAME",
        help="The git remote by which commits go to workers and come back.",
        autocompletion=remotes,
    ),
]
_Rerun = Annotated[
    list[str] | None,
    typer.Option("--rerun", metavar="TICKET", help="It has to run again.", autocompletion=tickets),
]
_Done = Annotated[
    list[str] | None,
    typer.Option("--done", metavar="TICKET", help="It is done, whatever was seen of it.", autocompletion=tickets),
]


@app.command()
@with_edge
def run(
    at: Edge,
    file: _File,
    jobs: _Jobs = None,
    keep_going: _KeepGoing = False,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="TICKET", help="Run this one alone.", autocompletion=tickets),
    ] = None,
    until: Annotated[
        list[str] | None,
        typer.Option("--until", metavar="TICKET", help="Run this one and all it needs.", autocompletion=tickets),
    ] = None,
    accept_spec: _Accept = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin a new run; the last one stays as it is.")] = False,
    plain: _Plain = False,
    executor: _Executor = None,
    address: _Address = None,
    scheduler_file: _SchedulerFile = None,
    remote: _Remote = None,
) -> None:
    """Run a pipeline, or go on with its run, wherever that was left.

    Ctrl-C pauses it: nothing starts any more, and what runs may finish; a second Ctrl-C ends what runs. With --json
    each thing that happens is one line, and the result is the last.
    """
    from volon.usecases.pipeline.run import RunPipelineRequest

    request = RunPipelineRequest(
        file=at.start / file,
        jobs=jobs,
        keep_going=keep_going,
        only=tuple(only or ()),
        until=tuple(until or ()),
        accept_spec=accept_spec,
        fresh=fresh,
        elsewhere=_elsewhere(at, executor, address, scheduler_file, remote),
    )
    _drive(at, request, plain=plain)


@app.command()
@with_edge
def pause(
    at: Edge,
    file: _Which = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until nothing runs any more.")] = False,
    now: Annotated[bool, typer.Option("--now", help="End what runs, and wait for that.")] = False,
) -> None:
    """Start nothing any more, from this moment on; what runs may finish."""
    everyday.pause_pipeline(at, _words(file), wait=wait, now=now)


@app.command()
@with_edge
def resume(
    at: Edge,
    file: _Which = None,
    jobs: _Jobs = None,
    keep_going: _KeepGoing = False,
    accept_spec: _Accept = False,
    rerun: _Rerun = None,
    done: _Done = None,
    plain: _Plain = False,
    executor: _Executor = None,
    address: _Address = None,
    scheduler_file: _SchedulerFile = None,
    remote: _Remote = None,
) -> None:
    """Go on with a paused pipeline; tickets that failed are tried again.

    With FILE it runs here, unless it still runs elsewhere. Without, only the process that still runs it goes on.
    """
    from volon.usecases.pipeline.gate import resume_pipeline
    from volon.usecases.pipeline.run import RunPipelineRequest

    if file is None:
        at.show(resume_pipeline(at.workspace(), None, tuple(rerun or ()), tuple(done or ())))
    request = RunPipelineRequest(
        file=at.start / file,
        jobs=jobs,
        keep_going=keep_going,
        accept_spec=accept_spec,
        resume=True,
        rerun=tuple(rerun or ()),
        done=tuple(done or ()),
        elsewhere=_elsewhere(at, executor, address, scheduler_file, remote),
    )
    _drive(at, request, plain=plain)


@app.command()
@with_edge
def status(
    at: Edge,
    file: _Which = None,
    watch: Annotated[bool, typer.Option("--watch", "-w", help="Draw it as it goes on, until it is done or q.")] = False,
) -> None:
    """Say how a pipeline stands: what runs, what failed, what is next."""
    everyday.pipeline_status(at, _words(file), _watched(at, file) if watch else None)


@app.command()
@with_edge
def ui(at: Edge, file: _Which = None) -> None:
    """Watch a pipeline on the whole terminal, pause it there and resume it.

    It may run beside what runs the pipeline, and leaving it (q) has no effect. Only with FILE it can run the pipeline
    itself. It needs Textual: pip install 'volon[tui]'.
    """
    from volon.errors import NotCommitted, UsageError, extra
    from volon.usecases.pipeline.following import Following
    from volon.usecases.pipeline.gate import pipeline_status
    from volon.usecases.pipeline.runs import read_pipeline
    from volon.workspace import Workspace

    shows = (at.stderr.encoding or "").lower().startswith("utf") and at.environ.get("TERM") != "dumb"
    if not (at.interactive() and shows):
        hints = ["volon pipeline status", "volon pipeline status --json"]
        raise UsageError("The dashboard needs a terminal that shows UTF-8.", hints=hints)
    try:
        from volon.tui.app import show
    except ImportError as error:
        message = "The dashboard needs Textual, which is not installed."
        raise NotCommitted(message, causes=[str(error)], hints=extra("tui")) from error
    # Nothing may be written over the display, not even that somebody waits.
    workspace = at.opened = Workspace.open(at.world(), at.start)
    path = None if file is None else at.start / file
    with closing(Following(workspace, path)) as following:
        show(workspace, following, path)
        name = following.file
    at.show(pipeline_status(workspace, name, lambda: read_pipeline(workspace, at.start / (file or ""))))


class GraphFormat(StrEnum):
    """How a graph is drawn."""

    TEXT = "text"
    MERMAID = "mermaid"
    DOT = "dot"
    HTML = "html"


@app.command()
@with_edge
def graph(
    at: Edge,
    file: _File,
    form: Annotated[
        GraphFormat, typer.Option("--format", help="For this terminal, other tools, or a browser.")
    ] = GraphFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it into this new file.")
    ] = None,
) -> None:
    """Draw what needs what, with how each ticket stands in the newest run."""
    from volon.usecases.pipeline.graphing import pipeline_graph, write_new

    workspace = at.workspace()
    result = pipeline_graph(workspace, at.start / file)
    text = None
    if form is not GraphFormat.TEXT:
        from volon.render.graph.formats import RENDERERS

        text = RENDERERS[form](result)
    elif not (at.json or at.quiet or (at.stdout.encoding or "").lower().startswith("utf")):
        from volon.render.graph.text import ASCII

        text = at.page(result).text().translate(ASCII)
    if output is not None:
        path = Path(os.path.abspath(at.start / output))  # noqa: PTH100  without `..`, and links as they are
        hint = "name another one, or let the shell write it: volon pipeline graph FILE > …"
        write_new(workspace, path, at.page(result).text() if text is None else text, hint)
        at.show(replace(result, output=str(output)))
    at.show(result, None if at.json else text)


def _watched(at: Edge, file: Path | None) -> str | None:
    from volon.errors import UsageError
    from volon.usecases.pipeline.following import Following

    if not _drawable(at):
        raise UsageError("--watch needs a terminal to draw on.", hints=["volon pipeline status"])
    from volon.cli.live import watch

    with closing(Following(at.workspace(), None if file is None else at.start / file)) as following:
        watch(at, following.look)
        return following.file


def _words(file: Path | None) -> tuple[str, ...]:
    return () if file is None else (str(file),)


def _elsewhere(
    at: Edge, executor: Executor | None, address: str | None, file: Path | None, remote: str | None
) -> Elsewhere:
    from volon.usecases.pipeline.executor import Elsewhere

    return Elsewhere(executor and executor.value, address, None if file is None else at.start / file, remote)


def _drive(at: Edge, request: RunPipelineRequest, *, plain: bool) -> None:
    from volon.usecases.pipeline.run import run_pipeline

    driven(at, lambda show, screen: run_pipeline(at.workspace(), request, show, screen), plain=plain)


def driven(at: Edge, go: Callable[[Show, Screen | None], Result], *, plain: bool) -> NoReturn:
    """Let something run a pipeline, and show what happens as it does, then what came of it."""
    if not plain and _drawable(at):
        from volon.cli.live import Screen as Drawn

        screen = Drawn(at)
        result = go(screen.show, screen)
    else:
        result = go(_shown(at), None)
    try:
        try:
            at.show(result, text=_as_a_line(result) if at.json else None)
        finally:
            at.stdout.flush()
    except BrokenPipeError:
        at.fall_silent()
        raise Finished(result.exit_code) from None


def _drawable(at: Edge) -> bool:
    """Whether somebody looks at a terminal that can be drawn on, and would not rather have lines."""
    lines = at.json or at.quiet or at.environ.get("CI") or at.environ.get("TERM", "dumb") in {"dumb", "unknown"}
    if lines or not at.stdout.isatty():
        return False
    from volon.cli.terminal import of_this_process

    return of_this_process().is_in_front()


def _as_a_line(result: Result) -> str:
    import json

    from volon.render.machine import to_json

    return json.dumps(json.loads(to_json(result)), separators=(",", ":")) + "\n"


def _shown(at: Edge) -> Callable[[Entry, tuple[str, ...]], None]:
    from volon.render.pipeline import event, event_line

    def show(entry: Entry, output: tuple[str, ...]) -> None:
        try:
            if at.json:
                at.stdout.write(event_line(entry, output))
            elif not at.quiet:
                at.print(event(entry, output), at.stdout)
            at.stdout.flush()
        except BrokenPipeError:
            # Tickets matter more than what is shown of them: the run goes on, and its end decides the exit code.
            at.fall_silent()

    return show
