"""`volon handoff …`: two machines, over the git remote that is there or by one file."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from volon.cli.complete import checkpoint_numbers, claimable, remotes
from volon.cli.edge import Edge
from volon.cli.options import DryRun, with_edge
from volon.model.requests import HandoffRequest

app = typer.Typer(help="Go on with paused work on another machine.", no_args_is_help=True, rich_markup_mode=None)

_Number = Annotated[
    str | None,
    typer.Argument(metavar="[N]", help="A checkpoint; the latest without.", autocompletion=checkpoint_numbers),
]
_Remote = Annotated[
    str | None,
    typer.Option(
        "--remote", metavar="NAME", help="Without: the branch's own, `origin`, or the only one.", autocompletion=remotes
    ),
]
_Task = Annotated[
    str | None,
    typer.Argument(
        metavar="[TASK]", help="The task's id, or a plan's; the task at hand without.", autocompletion=claimable
    ),
]
_Allow = Annotated[
    list[str] | None,
    typer.Option("--allow-secret", metavar="FINGERPRINT", help="Let this leave although it looks secret."),
]
_File = Annotated[str, typer.Argument(metavar="FILE", help="A path.")]


@app.command()
@with_edge
def push(
    at: Edge, number: _Number = None, remote: _Remote = None, allow: _Allow = None, dry_run: DryRun = False
) -> None:
    """Send a checkpoint and its snapshot to the remote; no branch moves."""
    from volon.usecases.handoff.sending import push as usecase

    request = HandoffRequest(checkpoint=number, remote=remote, allow_secrets=tuple(allow or ()), dry_run=dry_run)
    at.show(usecase(at.workspace(), request))


@app.command()
@with_edge
def pull(at: Edge, remote: _Remote = None, dry_run: DryRun = False) -> None:
    """Learn what other machines have paused; your files and records stay as they are."""
    from volon.usecases.handoff.receiving import pull as usecase

    at.show(usecase(at.workspace(), HandoffRequest(remote=remote, dry_run=dry_run)))


@app.command()
@with_edge
def claim(
    at: Edge,
    task: _Task = None,
    remote: _Remote = None,
    take_over: Annotated[
        str | None, typer.Option("--take-over", metavar="CLONE", help="Take it from this clone, by the name shown.")
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Say on the remote that you go on with a task, or a plan; only one clone can."""
    from volon.usecases.handoff.claiming import claim as usecase

    request = HandoffRequest(task=task, remote=remote, take_over=take_over, dry_run=dry_run)
    at.show(usecase(at.workspace(), request))


@app.command()
@with_edge
def release(at: Edge, task: _Task = None, remote: _Remote = None, dry_run: DryRun = False) -> None:
    """Give a claimed task or plan back."""
    from volon.usecases.handoff.claiming import release as usecase

    at.show(usecase(at.workspace(), HandoffRequest(task=task, remote=remote, dry_run=dry_run)))


@app.command("export")
@with_edge
def export_command(
    at: Edge, file: _File, number: _Number = None, allow: _Allow = None, dry_run: DryRun = False
) -> None:
    """Write a checkpoint and its snapshot into one new file."""
    from volon.usecases.handoff.sending import export as usecase

    path = os.path.abspath(at.start / file)  # noqa: PTH100  without `..`, and links as they are
    request = HandoffRequest(file=path, checkpoint=number, allow_secrets=tuple(allow or ()), dry_run=dry_run)
    at.show(usecase(at.workspace(), request))


@app.command("import")
@with_edge
def import_command(at: Edge, file: _File, dry_run: DryRun = False) -> None:
    """Learn what other clones have paused from a file that `handoff export` wrote."""
    from volon.usecases.handoff.receiving import take_in as usecase

    path = os.path.abspath(at.start / file)  # noqa: PTH100  without `..`, and links as they are
    at.show(usecase(at.workspace(), HandoffRequest(file=path, dry_run=dry_run)))
