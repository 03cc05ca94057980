"""`volon conduct …`: a READY.md carried out phase by phase, by the engine of pipelines."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated

import typer

from volon.cli import conducted, everyday
from volon.cli.complete import tickets
from volon.cli.conducted import Which as _Which
from volon.cli.discoveries import discover
from volon.cli.edge import Edge
from volon.cli.options import with_edge
from volon.cli.pipeline import driven
from volon.plain import replace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from volon.model.pipeline.records import Entry
    from volon.model.results.conduct import ConductRunResult, ConductStartResult
    from volon.usecases.conduct.going import GoRequest
    from volon.usecases.pipeline.driving import Screen, Show

app = typer.Typer(help="Carry out a READY.md, phase by phase.", no_args_is_help=True, rich_markup_mode=None)

_Yes = Annotated[bool, typer.Option("--yes", "-y", help="Agree to the commands that are shown, without being asked.")]
_Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="How many tickets run at once.")]
_Plain = Annotated[bool, typer.Option("--plain", help="A line for each thing that happens, also on a terminal.")]
_Ticket = Annotated[
    list[str] | None, typer.Option("--rerun", metavar="TICKET", help="It has to run again.", autocompletion=tickets)
]
_DoneTicket = Annotated[
    list[str] | None,
    typer.Option("--done", metavar="TICKET", help="It is done, whatever was seen of it.", autocompletion=tickets),
]


@app.command()
@with_edge
def start(
    at: Edge,
    description: Annotated[
        str | None, typer.Argument(metavar="[DESCRIPTION]", help="What is to be built, where there is no READY.md yet.")
    ] = None,
    worker: Annotated[
        str | None,
        typer.Option(
            "--worker",
            metavar="COMMAND",
            help="What does the work: a command, or an agent's name.",
        ),
    ] = None,
    fix_worker: Annotated[
        str | None,
        typer.Option("--fix-worker", metavar="COMMAND", help="What fixes; the worker unless said otherwise."),
    ] = None,
    merge_worker: Annotated[
        str | None,
        typer.Option("--merge-worker", metavar="COMMAND", help="What resolves conflicts between modules; nobody."),
    ] = None,
    test_worker: Annotated[
        str | None,
        typer.Option("--test-worker", metavar="COMMAND", help="What writes missing tests after the checks; nobody."),
    ] = None,
    review_worker: Annotated[
        str | None,
        typer.Option("--review-worker", metavar="COMMAND", help="What reviews a phase after the checks; nobody."),
    ] = None,
    fixes: Annotated[
        int, typer.Option("--fixes", metavar="N", help="How often a phase that fails its checks is handed to it.")
    ] = 2,
    whole: Annotated[bool, typer.Option("--whole", help="One plan, though READY.md is large.")] = False,
    no_run: Annotated[
        bool, typer.Option("--no-run", help="Make the plan, to be read and edited, and no more.")
    ] = False,
    yes: _Yes = False,
    jobs: _Jobs = None,
    plain: _Plain = False,
) -> None:
    """Make a plan of .prelude/READY.md, show every command it would run, ask once, and carry it out.

    With a DESCRIPTION alone a READY.md is written, to be filled in.
    """
    from volon.usecases.conduct.arriving import refuse_claimed_plan
    from volon.usecases.conduct.going import GoRequest
    from volon.usecases.conduct.planning import StartRequest, make_plan

    lines = {"implement": worker, "fix": fix_worker, "merge": merge_worker, "test": test_worker}
    named = {role: line for role, line in {**lines, "review": review_worker}.items() if line is not None}
    asked = StartRequest(description, {role: _split(line, role) for role, line in named.items()}, fixes, whole)
    made = make_plan(at.workspace(), asked)
    if made.plan is None or no_run:
        at.show(made)
    warnings = refuse_claimed_plan(at.workspace(), made.plan.plan_id)
    _agree(at, made, yes=yes, more=_jobs(jobs))
    request = GoRequest(plan_id=made.plan.plan_id, jobs=jobs, agreed=made.digest, warnings=warnings)
    _carry_out(at, request, plain=plain)


@app.command()
@with_edge
def subtask(
    at: Edge,
    begins: Annotated[
        list[int] | None, typer.Option("--from", metavar="N", help="A subtask begins with this phase; repeatable.")
    ] = None,
    worker: Annotated[
        str | None,
        typer.Option("--worker", metavar="COMMAND", help="What does the work; the path of its brief is added."),
    ] = None,
    fix_worker: Annotated[
        str | None,
        typer.Option("--fix-worker", metavar="COMMAND", help="What fixes; the worker unless said otherwise."),
    ] = None,
    fixes: Annotated[
        int, typer.Option("--fixes", metavar="N", help="How often a phase that fails its checks is handed to it.")
    ] = 2,
) -> None:
    """Make several plans of a large READY.md, and one that checks that they integrate; none is begun yet."""
    from volon.usecases.conduct.planning import StartRequest, make_subtasks

    named = {role: line for role, line in {"implement": worker, "fix": fix_worker}.items() if line is not None}
    workers = {role: _split(line, role) for role, line in named.items()}
    at.show(make_subtasks(at.workspace(), StartRequest(None, workers, fixes, begins=tuple(begins or ()), parted=True)))


@app.command()
@with_edge
def status(at: Edge, plan: _Which = None) -> None:
    """Say how a plan stands: its phases, what is next, and why it is paused."""
    from volon.usecases.conduct.going import status as usecase

    at.show(usecase(at.workspace(), plan))


@app.command()
@with_edge
def budget(at: Edge, plan: _Which = None) -> None:
    """Say how many tokens a plan has used, of how many, phase by phase."""
    from volon.usecases.conduct.recalling import budget as usecase

    at.show(usecase(at.workspace(), plan))


@app.command()
@with_edge
def pause(
    at: Edge,
    plan: _Which = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until nothing runs any more.")] = False,
    now: Annotated[bool, typer.Option("--now", help="End what runs, and wait for that.")] = False,
) -> None:
    """Start nothing any more, from this moment on; what runs may finish."""
    from volon.usecases.conduct.going import pause as usecase

    at.show(usecase(at.workspace(), plan, _silently, wait=wait, now=now))


@app.command()
@with_edge
def resume(
    at: Edge,
    plan: _Which = None,
    rerun: _Ticket = None,
    done: _DoneTicket = None,
    yes: _Yes = False,
    jobs: _Jobs = None,
    plain: _Plain = False,
) -> None:
    """Go on with a plan, wherever it was left; what has changed in its pipeline is shown and asked about first."""
    from volon.usecases.conduct.going import GoRequest

    _go_on(at, GoRequest(plan, jobs, "", tuple(rerun or ()), tuple(done or ())), yes=yes, plain=plain, light=False)


@app.command("continue")
@with_edge
def continue_(at: Edge, plan: _Which = None, yes: _Yes = False, jobs: _Jobs = None, plain: _Plain = False) -> None:
    """Go on with a plan as `resume` does, without what was done before: for whoever has it in mind."""
    from volon.usecases.conduct.going import GoRequest

    _go_on(at, GoRequest(plan, jobs), yes=yes, plain=plain, light=True)


app.command()(conducted.rollback)
app.command()(conducted.sessions)
app.command()(discover)


@app.command()
@with_edge
def complete(
    at: Edge,
    plan: _Which = None,
    force: Annotated[
        bool, typer.Option("--force", help="Call it complete although points failed; that is written down.")
    ] = False,
    yes: _Yes = False,
) -> None:
    """Look at all that a finished plan has to hold, seven points, and call it complete where none failed."""
    from volon.usecases.conduct.completing import CompleteRequest
    from volon.usecases.conduct.completing import complete as usecase
    from volon.usecases.conduct.going import missing_agreement

    missing = missing_agreement(at.workspace(), plan, over=True)
    if missing is not None:
        _agree(at, missing, yes=yes, verb="complete", more=["--force"] * force)
    request = CompleteRequest(plan, force, missing.digest if missing else "")
    at.show(usecase(at.workspace(), request, sys.stderr.buffer if at.interactive() else None))


@app.command(hidden=True)
@with_edge
def step(
    at: Edge,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="STEP PLAN PHASE [-- WORKER…]", help="Which step, and what does the work."),
    ] = None,
    module: Annotated[str, typer.Option("--module", metavar="NAME", help="Which module of the phase.")] = "",
    number: Annotated[str, typer.Option("--round", metavar="N", help="Which check, or which fix.")] = "0",
    last: Annotated[bool, typer.Option("--last", help="A failure is the user's to look at.")] = False,
    test: Annotated[list[str] | None, typer.Option("--test", metavar="LINE", help="A test command.")] = None,
    imports: Annotated[list[str] | None, typer.Option("--imports", metavar="LINE", help="Checks imports.")] = None,
    lint: Annotated[list[str] | None, typer.Option("--lint", metavar="LINE", help="A linter.")] = None,
) -> None:
    """Do one step of a plan: what its pipeline runs, and nobody types."""
    lines = {"test": test or (), "imports": imports or (), "lint": lint or ()}
    everyday.conduct_step(at, words or (), module=module, number=number, last=last, **lines)


def _split(line: str, role: str) -> tuple[str, ...]:
    from volon.errors import UsageError

    option = "--worker" if role == "implement" else f"--{role}-worker"
    try:
        words = tuple(shlex.split(line))
    except ValueError as error:
        raise UsageError(f"{option}: {error}.") from error
    if not words:
        raise UsageError(f"{option} names no program.")
    return words


def _agree(at: Edge, shown: ConductStartResult, *, yes: bool, verb: str = "resume", more: Sequence[str] = ()) -> None:
    """Show what would run, and go on only after a yes: said before, or now by a person, or by `verb` with `more`."""
    from volon.errors import ExitCode, NotTrusted

    plan = shown.plan.plan_id if shown.plan else ""
    again = shlex.join(("volon", "conduct", verb, plan, *more))
    if not yes and not at.interactive():
        at.show(replace(shown, exit_code=ExitCode.NOT_TRUSTED, agree=f"{again} --yes"))
    if not (at.json or at.quiet):
        at.print(at.page(shown), at.stderr)
    if not yes and at.ask("Run these? [y/N]").lower() not in {"y", "yes"}:
        raise NotTrusted(f"Nothing has started; {plan} is there and waits.", hints=[again])


def _jobs(jobs: int | None) -> list[str]:
    return ["--jobs", str(jobs)] if jobs else []


def _silently(_entry: Entry, _output: tuple[str, ...]) -> None:
    """Say nothing while something is ended that another process left."""


def _go_on(at: Edge, request: GoRequest, *, yes: bool, plain: bool, light: bool) -> NoReturn:
    """Have agreed to what was not, say what was done before unless it is to be `light`, and go on."""
    from volon.usecases.conduct.arriving import refuse_claimed_plan
    from volon.usecases.conduct.going import missing_agreement
    from volon.usecases.conduct.recalling import recall

    if (plan := request.plan_id) is not None and plan.startswith("sess_"):
        from volon.usecases.conduct.sessions import plan_of

        plan = plan_of(at.workspace(), plan)
    warnings = refuse_claimed_plan(at.workspace(), plan)
    missing = missing_agreement(at.workspace(), plan)
    if missing is not None:
        named = (("--rerun", request.rerun), ("--done", request.done))
        more = [word for option, those in named for one in those for word in (option, one)]
        _agree(at, missing, yes=yes, verb="continue" if light else "resume", more=[*more, *_jobs(request.jobs)])
    recalled = None if light or at.json or at.quiet else recall(at.workspace(), plan, request.rerun, request.done)
    if recalled is not None:
        at.print(at.page(replace(recalled, warnings=(*warnings, *recalled.warnings))), at.stdout)
        warnings = ()
    agreed = missing.digest if missing else ""
    _carry_out(at, replace(request, plan_id=plan, agreed=agreed, warnings=warnings), plain=plain)


def _carry_out(at: Edge, request: GoRequest, *, plain: bool) -> NoReturn:
    from volon.usecases.conduct.going import go
    from volon.usecases.conduct.idle import without_idle

    workspace = at.workspace()

    def going(show: Show, screen: Screen | None) -> ConductRunResult:
        told = show if at.json else without_idle(workspace, request.plan_id, show)
        return go(workspace, request, told, screen)

    driven(at, going, plain=plain)
