"""`volon conduct discover`: what was found out while a plan is carried out."""

from __future__ import annotations

from typing import Annotated

import typer

from volon.cli.complete import plans
from volon.cli.edge import Edge
from volon.cli.options import with_edge

_KINDS = ("discovery", "gotcha", "correction", "performance", "security")


def _kinds(incomplete: str) -> list[str]:
    return [one for one in _KINDS if one.startswith(incomplete)]


def _impacts(incomplete: str) -> list[str]:
    return [one for one in ("core", "minor") if one.startswith(incomplete)]


@with_edge
def discover(
    at: Edge,
    said: Annotated[
        str | None,
        typer.Argument(metavar="[TITLE|N]", help="What was found out, in a few words; or the number of what is there."),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="discovery, gotcha, correction, performance or security.",
            autocompletion=_kinds,
        ),
    ] = None,
    spec: Annotated[str | None, typer.Option("--spec", metavar="TEXT", help="What READY.md says.")] = None,
    reality: Annotated[str | None, typer.Option("--reality", metavar="TEXT", help="What is true instead.")] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="TEXT", help="What shows it: error output, a place in the code, a link."),
    ] = None,
    action: Annotated[str | None, typer.Option("--action", metavar="TEXT", help="What was made instead.")] = None,
    impact: Annotated[
        str | None,
        typer.Option(
            "--impact",
            metavar="core|minor",
            help="Whether it changes the approach, or details.",
            autocompletion=_impacts,
        ),
    ] = None,
    approved: Annotated[
        bool, typer.Option("--approved", help="Whoever answers for READY.md agrees; with N, to what a worker reported.")
    ] = False,
    obsolete: Annotated[bool, typer.Option("--obsolete", help="N holds no longer: hand it on no more.")] = False,
    plan: Annotated[
        str | None, typer.Option("--plan", metavar="PLAN", help="The plan; the newest.", autocompletion=plans)
    ] = None,
) -> None:
    """Write down what was found out, with its evidence, for all who work on later phases; without words, list it.

    A correction of READY.md takes --spec, --reality, --evidence, --action and --impact. One that changes the approach
    takes --approved.
    """
    from volon.usecases.conduct.discoveries import DiscoverRequest
    from volon.usecases.conduct.discoveries import discover as usecase

    request = DiscoverRequest(
        said=said,
        plan_id=plan,
        kind=kind,
        original_spec=spec,
        reality=reality,
        evidence=evidence,
        action_taken=action,
        impact=impact,
        approved=approved,
        obsolete=obsolete,
    )
    at.show(usecase(at.workspace(), request))
