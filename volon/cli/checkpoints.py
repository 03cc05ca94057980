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
