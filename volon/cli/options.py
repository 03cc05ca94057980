"""The options that many commands share, written once, and what makes a command of a function."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Concatenate

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


def shared_options(
    ctx: typer.Context, *, json: Json = False, quiet: Quiet = False, directory: Directory = None
) -> Edge:
    """Return this run's edge with the options taken in that every command has."""
    found: Edge = ctx.find_root().obj
    return found.set(json=json, quiet=quiet, directory=directory)


class with_edge:  # noqa: N801  a decorator
    """Makes a command of a function whose first parameter is the run's edge: `--json`, `-q` and `-C` come with it.

    The signature is made when typer asks for it: of all commands only one is run, and evaluating the annotations of
    the others would take longer than most of what volon does.

    Args:
        body: its other parameters are the command's own, annotated as typer wants them.
    """

    def __init__(self, body: Callable[Concatenate[Edge, ...], None]) -> None:
        functools.update_wrapper(self, body)
        self._body = body

    def __call__(self, ctx: typer.Context, *, json: bool, quiet: bool, directory: Path | None, **own: Any) -> None:  # noqa: ANN401
        """Run the command."""
        self._body(shared_options(ctx, json=json, quiet=quiet, directory=directory), **own)

    @property
    def __signature__(self) -> inspect.Signature:
        """What typer reads: the command's own parameters, then the shared ones."""
        context, *shared = inspect.signature(shared_options, eval_str=True).parameters.values()
        own = list(inspect.signature(self._body, eval_str=True).parameters.values())[1:]
        order = (context, *own, *shared)
        return inspect.Signature([one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in order])
