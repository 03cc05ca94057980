"""`volon trust`: what may run by itself in this repository."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli.edge import Edge
from volon.cli.options import with_edge
from volon.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.results.hooks import TrustResult

_QUESTION = "Approve exactly this? [y/N]"


@with_edge
def trust(
    at: Edge,
    digest: Annotated[
        str | None, typer.Option(metavar="SHA256", help="Approve what was shown under this digest.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; only with --digest.")] = False,
    deny: Annotated[bool, typer.Option("--deny", help="Never run anything here; beats every approval.")] = False,
    revoke: Annotated[bool, typer.Option("--revoke", help="Forget the decision about this working tree.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List every decision on this machine.")] = False,
) -> None:
    """Show what this repository would run by itself, and decide about it."""
    from volon.usecases.running import trust as usecase

    if sum((digest is not None, deny, revoke, listing)) > 1:
        raise UsageError("--digest, --deny, --revoke and --list exclude each other.", hints=["volon trust --help"])
    if yes and digest is None:
        raise UsageError(
            "--yes needs to be told what it approves.", hints=["volon trust", "volon trust --digest SHA256"]
        )
    if listing:
        at.show(usecase.list_decisions(at.world()))
    workspace = at.workspace()
    if deny or revoke:
        at.show(usecase.deny(workspace) if deny else usecase.revoke(workspace))
    if digest is not None and (yes or not at.interactive()):
        at.show(usecase.approve(workspace, digest))
    shown = usecase.show(workspace)
    at.show(usecase.approve(workspace, digest or shown.digest or "") if _approved(at, shown) else shown)


def _approved(at: Edge, shown: TrustResult) -> bool:
    """Show and ask once, where a person is there to answer and an answer would change anything."""
    if not at.interactive() or shown.verdict not in {"unknown", "changed"} or any(c.problem for c in shown.commands):
        return False
    at.print(at.page(shown), at.stderr)
    return at.ask(_QUESTION).lower() in {"y", "yes"}
