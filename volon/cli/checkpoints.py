"""`volon checkpoint …`: look at what was saved."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import checkpoint_numbers
from volon.cli.edge import Edge
from volon.cli.options import DryRun, Number, with_edge
from volon.errors import UsageError

app = typer.Typer(
    help="List, show, compare and search checkpoints, and let go of saved files.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
@with_edge
def list_command(
    at: Edge, files: Annotated[bool, typer.Option("--files", help="List what was saved of your files instead.")] = False
) -> None:
    """List all checkpoints as a timeline, newest first."""
    everyday.list_checkpoints(at, files=files)


@app.command()
@with_edge
def show(at: Edge, number: Number) -> None:
    """Show one checkpoint."""
    from volon.usecases import checkpoint as usecase

    at.show(usecase.show_checkpoint(at.workspace(), number))


@app.command()
@with_edge
def diff(
    at: Edge,
    a: Number,
    b: Annotated[
        str | None,
        typer.Argument(
            metavar="[N|now]", help="Another one; the present files without it.", autocompletion=checkpoint_numbers
        ),
    ] = None,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files; ./3 for one called 3.")
    ] = None,
    patch: Annotated[bool, typer.Option("--patch", "-p", help="Show the lines that differ, too.")] = False,
) -> None:
    """Show what differs between two checkpoints, or between one and now, uncommitted work included."""
    from volon.usecases.travel.comparing import diff_checkpoints, is_checkpoint

    named = list(paths or ())
    if b is not None and not is_checkpoint(b):
        named.insert(0, b)
        b = None
    at.show(diff_checkpoints(at.workspace(), a, b, [str(at.start / path) for path in named], patch=patch))


@app.command()
@with_edge
def grep(
    at: Edge,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="A basic regular expression, as for `git grep`.")],
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files.")] = None,
    checkpoints: Annotated[
        list[str] | None,
        typer.Option("--checkpoint", metavar="N", help="Only this one; repeatable.", autocompletion=checkpoint_numbers),
    ] = None,
    ignore_case: Annotated[
        bool, typer.Option("--ignore-case", "-i", help="Capital or small, all the same (ASCII letters only).")
    ] = False,
    word: Annotated[bool, typer.Option("--word-regexp", "-w", help="Whole words only.")] = False,
    extended: Annotated[
        bool, typer.Option("--extended-regexp", "-E", help="PATTERN is an extended expression.")
    ] = False,
    fixed: Annotated[bool, typer.Option("--fixed-strings", "-F", help="PATTERN is plain text.")] = False,
) -> None:
    """Search the files of all checkpoints, uncommitted work included; exit 1 when nothing matches.

    Their records are searched where they are named: .design/checkpoints.
    """
    from volon.repo.trials.grepping import Pattern
    from volon.usecases.travel.searching import grep_checkpoints

    wanted = Pattern(pattern, extended=extended, fixed=fixed, ignore_case=ignore_case, word=word)
    named = [str(at.start / path) for path in paths or ()]
    at.show(grep_checkpoints(at.workspace(), wanted, checkpoints or (), named))


@app.command()
@with_edge
def bisect(
    at: Edge,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="-- COMMAND…", help="What to run, without a shell.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", metavar="COMMAND", help="The same, in one word.")] = None,
    good: Annotated[
        str | None, typer.Option(metavar="N", help="Begin here; the first without.", autocompletion=checkpoint_numbers)
    ] = None,
    bad: Annotated[
        str | None, typer.Option(metavar="N", help="End here; the newest without.", autocompletion=checkpoint_numbers)
    ] = None,
    timeout: Annotated[int, typer.Option(metavar="SECONDS", help="A run that takes longer is bad.")] = 600,
    commits: Annotated[bool, typer.Option("--commits", help="Go on with the commits in between.")] = False,
) -> None:
    """Find the first checkpoint whose files make a command fail; each is tried in a throw-away working tree.

    Status 0 is good, 125 means that it cannot be tested, everything else is bad.
    """
    from volon.usecases.travel.bisecting import BisectRequest, bisect_checkpoints

    command = _words(words or [], run)
    request = BisectRequest(tuple(command), good=good, bad=bad, seconds=timeout, commits=commits)
    at.show(bisect_checkpoints(at.workspace(), request, at.starting))


@app.command("purge-files")
@with_edge
def purge_files(
    at: Edge,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[N…]", help="Checkpoints, or uids.", autocompletion=checkpoint_numbers),
    ] = None,
    older_than: Annotated[str | None, typer.Option(metavar="30d", help="Those older than this.")] = None,
    keep: Annotated[int | None, typer.Option(metavar="COUNT", min=0, help="All but the newest.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, it is only shown.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Let go of files that pauses saved; the records stay, and unfinished work is spared unless it is named."""
    from volon.usecases.restoring import saved

    days = saved.parse_days(older_than) if older_than is not None else None
    request = saved.PurgeRequest(tuple(names or ()), days=days, keep=keep, yes=yes and not dry_run)
    at.show(saved.purge_files(at.workspace(), request))


def _words(words: list[str], text: str | None) -> list[str]:
    """The command, said in words or in one.

    Raises:
        UsageError: it was said twice, or a quotation has no end.
    """
    if words and text:
        raise UsageError("The command was given twice.", hints=["volon checkpoint bisect -- COMMAND"])
    try:
        return words or shlex.split(text or "")
    except ValueError as error:
        message = "The command cannot be split into words."
        raise UsageError(message, causes=[str(error)], hints=["volon checkpoint bisect -- COMMAND"]) from error
