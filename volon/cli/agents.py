"""`volon agents …`: what coding agents are told of volon."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli.complete import agent_parts
from volon.cli.complete import agents as names
from volon.cli.edge import Edge
from volon.cli.options import Directory, DryRun, with_edge
from volon.errors import UsageError

app = typer.Typer(help="Let coding agents know of volon.", no_args_is_help=True, rich_markup_mode=None)

_Agents = Annotated[
    list[str] | None, typer.Option("--agent", metavar="NAME", help="The same; repeatable.", autocompletion=names)
]

_Names = Annotated[
    list[str] | None, typer.Argument(metavar="[NAME…]", help="Agents, as volon calls them.", autocompletion=names)
]


@app.command()
@with_edge
def install(
    at: Edge,
    named: _Names = None,
    agent: _Agents = None,
    every: Annotated[bool, typer.Option("--all", help="Every agent there is.")] = False,
    also: Annotated[
        list[str] | None,
        typer.Option("--with", metavar="PART", help="A part more, as mcp; repeatable.", autocompletion=agent_parts),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="PART", help="A part less; repeatable.", autocompletion=agent_parts),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Write skills, a block in AGENTS.md, hooks and the status line; without NAME for the agents used here."""
    from volon.usecases.agents.installing import install as usecase

    chosen = [*(named or ()), *(agent or ())]
    if chosen and every:
        raise UsageError("An agent's name and --all exclude each other.", hints=["volon agents install --help"])
    at.show(usecase(at.workspace(), chosen, every=every, also=also or (), without=without or (), dry_run=dry_run))


@app.command()
@with_edge
def uninstall(at: Edge, named: _Names = None, agent: _Agents = None, dry_run: DryRun = False) -> None:
    """Take back what was written; files that were edited since stay. Without NAME for all agents."""
    from volon.usecases.agents.installing import uninstall as usecase

    at.show(usecase(at.workspace(), [*(named or ()), *(agent or ())], dry_run=dry_run))


@app.command()
@with_edge
def upgrade(at: Edge, dry_run: DryRun = False) -> None:
    """Write what this volon would write for the agents it is installed for."""
    from volon.usecases.agents.installing import upgrade as usecase

    at.show(usecase(at.workspace(), dry_run=dry_run))


@app.command()
@with_edge
def status(at: Edge) -> None:
    """Say for which agents volon is installed, and whether their files are as it would write them."""
    from volon.usecases.agents.installing import status as usecase

    at.show(usecase(at.workspace()))


@app.command("list")
@with_edge
def list_command(at: Edge) -> None:
    """List the agents there are, and why they seem to be used here."""
    from volon.usecases.agents.installing import list_agents

    at.show(list_agents(at.workspace()))


def hook_command(
    ctx: typer.Context,
    event: Annotated[
        str | None,
        typer.Argument(
            metavar="EVENT", help="session-start, prompt, pre-compact, post-compact, turn-end or session-end."
        ),
    ] = None,
    agent: Annotated[str | None, typer.Option("--agent", metavar="NAME", help="Who calls.")] = None,
    directory: Directory = None,
) -> None:
    """Answer a hook of a coding agent; what it says is read from standard input.

    It always exits 0: what went wrong is for volon doctor.
    """
    from volon.cli.hooking import hook

    at: Edge = ctx.find_root().obj.set(directory=directory)
    words = [*filter(None, [event]), *(("--agent", agent) if agent else ())]
    hook(words, str(at.start), lambda: at.stdin.read().encode("utf-8", "replace"), at.stdout.write)
