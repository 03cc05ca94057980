"""`volon import`: paused work that other tools wrote down.

Source: issue "Where agents live" (importers); contract §4.
"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from volon.cli.complete import sessions, sources
from volon.cli.edge import Edge
from volon.cli.options import DryRun, with_edge
from volon.errors import UsageError


@with_edge
def import_work(
    at: Edge,
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KIND|PATH]",
            help="A kind (stash, gsd, continuous, transcript), then files or entries of the stash; "
            "without any, what there is to import is listed.",
            autocompletion=sources,
        ),
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", metavar="NAME", help="Whose session it is.", autocompletion=sessions)
    ] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option("--allow-secret", metavar="FINGERPRINT", help="Save this stashed file although it looks secret."),
    ] = None,
    dry_run: DryRun = False,
) -> None:
    """Make paused tasks of a git stash, of handoffs of GSD and Continuous-Claude, and of sessions of coding agents."""
    from volon.model.imports.source import KINDS
    from volon.usecases.importing.importing import ImportRequest, import_work, list_sources

    words = list(what or ())
    kind = words.pop(0) if words and words[0] in KINDS else None
    if kind is None and not words:
        if agent is not None or allow:
            raise UsageError("Nothing says what to import.", hints=["volon import transcript --agent claude"])
        at.show(list_sources(at.workspace()))
    request = ImportRequest(
        kind=kind,
        paths=tuple(os.path.abspath(at.start / word) for word in words),  # noqa: PTH100  links stay as they are
        agent=agent,
        allow_secrets=tuple(allow or ()),
        dry_run=dry_run,
    )
    at.show(import_work(at.workspace(), request))
