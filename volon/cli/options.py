"""The options that many commands share, written once, and what makes a command of a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate, ParamSpec

import typer

from volon.cli.complete import checkpoint_numbers, task_ids
from volon.cli.edge import Edge

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object; see `volon schema`.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print one identifier at most: of the task or checkpoint.")]
Directory = Annotated[Path | None, typer.Option("-C", metavar="DIR", help="Run as if started in DIR.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be done; change nothing.")]
TaskOption = Annotated[str | None, typer.Option("--task", metavar="ID", help="The task.", autocompletion=task_ids)]
TaskArgument = Annotated[str, typer.Argument(metavar="ID", help="The task's id.", autocompletion=task_ids)]
Number = Annotated[str, typer.Argument(metavar="N", help="A checkpoint's number.", autocompletion=checkpoint_numbers)]

_P = ParamSpec("_P")


def shared_options(
    ctx: typer.Context, *, json: Json = False, quiet: Quiet = False, directory: Directory = None
) -> Edge:
    """Return this run's edge with the options taken in that every command has."""
    found: Edge = ctx.find_root().obj
    return found.set(json=json, quiet=quiet, directory=directory)


def with_edge(body: Callable[Concatenate[Edge, _P], None]) -> Callable[..., None]:
    """Make a command of a function whose first parameter is the run's edge: `--json`, `-q` and `-C` come with it.

    Args:
        body: its other parameters are the command's own, annotated as typer wants them.

    Returns:
        What typer takes: the command's own parameters, then the shared ones.
    """

    @functools.wraps(body)
    def run(ctx: typer.Context, *, json: bool, quiet: bool, directory: Path | None, **own: Any) -> None:  # noqa: ANN401
        body(shared_options(ctx, json=json, quiet=quiet, directory=directory), **own)  # type: ignore[call-arg]

    context, *shared = inspect.signature(shared_options, eval_str=True).parameters.values()
    own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
    parameters = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in (context, *own, *shared)]
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in parameters}
    return run
