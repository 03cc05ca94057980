"""The options that many commands share, written once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from volon.cli.complete import checkpoint_numbers, task_ids

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.cli.edge import Edge

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; see `volon schema`.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print one identifier at most: of the task or checkpoint.")]
Directory = Annotated[Path | None, typer.Option("-C", metavar="DIR", help="Run as if started in DIR.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be done; change nothing.")]
TaskOption = Annotated[str | None, typer.Option("--task", metavar="ID", help="The task.", autocompletion=task_ids)]
TaskArgument = Annotated[str, typer.Argument(metavar="ID", help="The task's id.", autocompletion=task_ids)]
Number = Annotated[str, typer.Argument(metavar="N", help="A checkpoint's number.", autocompletion=checkpoint_numbers)]


def edge(ctx: typer.Context, *, json: bool, quiet: bool, directory: Path | None) -> Edge:
    """Return this run's edge with the shared options taken in."""
    found: Edge = ctx.find_root().obj
    return found.set(json=json, quiet=quiet, directory=directory)
