"""`volon task …`: the unit of work, from its first line to done."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import task_ids
from volon.cli.edge import Edge
from volon.cli.options import DryRun, TaskArgument, with_edge
from volon.model.requests import TaskRequest

app = typer.Typer(help="Start, finish, block and list tasks.", no_args_is_help=True, rich_markup_mode=None)

_Title = Annotated[list[str], typer.Argument(metavar="TITLE", help="What is to be done, in a few words.")]
_Priority = Annotated[str, typer.Option(metavar="A|B|C", help="Priority of a new task.")]
_Text = Annotated[str, typer.Option("--description", metavar="TEXT", help="What it is about.")]
_Accept = Annotated[
    list[str] | None, typer.Option("--accept", metavar="TEXT", help="Acceptance criterion; repeatable.")
]


@app.command()
@with_edge
def start(
    at: Edge,
    title: Annotated[
        list[str], typer.Argument(metavar="TITLE|ID", help="A title makes a new task.", autocompletion=task_ids)
    ],
    priority: _Priority = "B",
    description: _Text = "",
    accept: _Accept = None,
    dry_run: DryRun = False,
) -> None:
    """Start a task; it is created when it is a title."""
    from volon.usecases import task as usecase

    request = TaskRequest(" ".join(title), priority, description, tuple(accept or ()), dry_run=dry_run)
    at.show(usecase.start_task(at.workspace(), request))


@app.command()
@with_edge
def create(
    at: Edge,
    title: _Title,
    priority: _Priority = "B",
    description: _Text = "",
    accept: _Accept = None,
    dry_run: DryRun = False,
) -> None:
    """Write a task down for later."""
    from volon.usecases import task as usecase

    request = TaskRequest(" ".join(title), priority, description, tuple(accept or ()), dry_run=dry_run)
    at.show(usecase.create_task(at.workspace(), request))


@app.command()
@with_edge
def done(
    at: Edge,
    task: TaskArgument,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="A last word.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Finish a task."""
    from volon.usecases import task as usecase

    at.show(usecase.finish_task(at.workspace(), TaskRequest(task, note=note, dry_run=dry_run)))


@app.command()
@with_edge
def block(
    at: Edge,
    task: TaskArgument,
    reason: Annotated[list[str], typer.Argument(metavar="REASON", help="What it waits for.")],
    kind: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="external, human_action or technical.")
    ] = "external",
    dry_run: DryRun = False,
) -> None:
    """Say that a task cannot go on, and why."""
    from volon.usecases import task as usecase

    request = TaskRequest(task, note=" ".join(reason), blocker_type=kind, dry_run=dry_run)
    at.show(usecase.block_task(at.workspace(), request))


@app.command()
@with_edge
def unblock(
    at: Edge,
    task: TaskArgument,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What resolved it.")] = "",
    dry_run: DryRun = False,
) -> None:
    """Say that what blocked a task is resolved."""
    from volon.usecases import task as usecase

    at.show(usecase.unblock_task(at.workspace(), TaskRequest(task, note=note, dry_run=dry_run)))


@app.command("list")
@with_edge
def list_command(at: Edge) -> None:
    """List all tasks, those in progress first."""
    everyday.list_tasks(at)


@app.command()
@with_edge
def show(at: Edge, task: TaskArgument) -> None:
    """Show one task."""
    from volon.usecases import task as usecase

    at.show(usecase.show_task(at.workspace(), task))
