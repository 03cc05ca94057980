"""`volon checkpoint …`: look at what was saved."""

from __future__ import annotations

import typer

from volon.cli.options import Directory, Json, Number, Quiet, edge

app = typer.Typer(help="List, show and compare checkpoints.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def list_command(ctx: typer.Context, json: Json = False, quiet: Quiet = False, directory: Directory = None) -> None:
    """List all checkpoints as a timeline, newest first."""
    from volon.usecases import checkpoint as usecase

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    at.show(usecase.list_checkpoints(at.workspace()))


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
    ctx: typer.Context, a: Number, b: Number, json: Json = False, quiet: Quiet = False, directory: Directory = None
) -> None:
    """Show what differs between two checkpoints."""
    from volon.usecases import checkpoint as usecase

    at = edge(ctx, json=json, quiet=quiet, directory=directory)
    at.show(usecase.diff_checkpoints(at.workspace(), a, b))
