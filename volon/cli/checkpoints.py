"""`volon checkpoint …`: look at what was saved."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import checkpoint_numbers
from volon.cli.options import Directory, Json, Number, Quiet, edge

app = typer.Typer(help="List, show and compare checkpoints.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_command(ctx: typer.Context, json: Json = False, quiet: Quiet = False, directory: Directory = None) -> None:
    """List all checkpoints as a timeline, newest first."""
    everyday.list_checkpoints(edge(ctx, json=json, quiet=quiet, directory=directory))


@app.command()
def show(
    ctx: typer.Context, number: Number, json: Json = False, quiet: Quiet = False, directory: Directory = None
) -> None:
    """Show one checkpoint."""
    from volon.usecases import checkpoint as usecase

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    at.show(usecase.show_checkpoint(at.workspace(), number))


@app.command()
def diff(
    ctx: typer.Context,
    a: Number,
    b: Annotated[
        str | None,
        typer.Argument(metavar="[N|now]", help="Another one, or now, as without.", autocompletion=checkpoint_numbers),
    ] = None,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files; ./3 for one called 3.")
    ] = None,
    patch: Annotated[bool, typer.Option("--patch", "-p", help="Show the lines that differ, too.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Show what differs between two checkpoints, or between one and now, uncommitted work included."""
    from volon.usecases.comparing import diff_checkpoints, is_checkpoint

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    named = list(paths or ())
    if b is not None and not is_checkpoint(b):
        named.insert(0, b)
        b = None
    at.show(diff_checkpoints(at.workspace(), a, b, [str(at.start / path) for path in named], patch=patch))


@app.command()
def grep(
    ctx: typer.Context,
    pattern: Annotated[str, typer.Argument(help="A basic regular expression, as for `git grep`.")],
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH…]", help="Only these files.")] = None,
    checkpoints: Annotated[
        list[str] | None,
        typer.Option("--checkpoint", metavar="N", help="Only this one; repeatable.", autocompletion=checkpoint_numbers),
    ] = None,
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i", help="A is a (ASCII letters only).")] = False,
    word: Annotated[bool, typer.Option("--word-regexp", "-w", help="Whole words only.")] = False,
    extended: Annotated[bool, typer.Option("--extended-regexp", "-E", help="An extended expression.")] = False,
    fixed: Annotated[bool, typer.Option("--fixed-strings", "-F", help="The very characters.")] = False,
    json: Json = False,
    quiet: Quiet = False,
    directory: Directory = None,
) -> None:
    """Search the files and records of all checkpoints, uncommitted work included; exit 1 when nothing matches."""
    from volon.repo.grepping import Pattern
    from volon.usecases.searching import grep_checkpoints

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    wanted = Pattern(pattern, extended=extended, fixed=fixed, ignore_case=ignore_case, word=word)
    named = [str(at.start / path) for path in paths or ()]
    at.show(grep_checkpoints(at.workspace(), wanted, checkpoints or (), named))
