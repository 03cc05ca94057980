"""`volon conduct rollback` and `sessions`: what is done with a plan when it does not simply go on."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli.complete import plans
from volon.cli.edge import Edge
from volon.cli.options import DryRun, with_edge
from volon.plain import replace

Which = Annotated[
    str | None, typer.Argument(metavar="[PLAN]", help="The plan; without it the newest.", autocompletion=plans)
]


@with_edge
def sessions(
    at: Edge,
    session: Annotated[
        str | None,
        typer.Argument(metavar="[SESSION]", help="Only this one: a session, a plan or a task.", autocompletion=plans),
    ] = None,
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status", metavar="STATUS", help="active, stale, paused, planned, complete, given-up; repeatable."
        ),
    ] = None,
) -> None:
    """List the plans and paused tasks that can be gone on with: how far each is, how old, and by whom it is held."""
    from volon.usecases.conduct.sessions import list_sessions

    at.show(list_sessions(at.workspace(), tuple(status or ()), session))


@with_edge
def rollback(
    at: Edge,
    plan: Which = None,
    phase: Annotated[
        int | None, typer.Option("--phase", metavar="N", help="Whose end; the last complete one, 0 the beginning.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do it, without being asked.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Show what brings the files back to the end of a phase, and do it when agreed to; all of it is saved first."""
    from volon.usecases.conduct.rollback import RollbackRequest
    from volon.usecases.conduct.rollback import rollback as usecase

    request = RollbackRequest(plan, phase, yes, dry_run)
    result = usecase(at.workspace(), request)
    if result.stopped and at.interactive():
        at.print(at.page(result), at.stderr)
        if at.ask("Go on? [y/N]").lower() not in {"y", "yes"}:
            at.show(result, "Nothing was changed.\n")
        result = usecase(at.workspace(), replace(request, yes=True))
    at.show(result)
