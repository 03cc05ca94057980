"""`init`, `undo`, `validate`, `doctor`, `schema`: looking after the workspace."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from volon.cli import everyday
from volon.cli.complete import operations, schema_kinds
from volon.cli.edge import Edge
from volon.cli.options import DryRun, with_edge


@with_edge
def init(at: Edge, dry_run: DryRun = False) -> None:
    """Make .volon/ a shared part of the repository."""
    from volon.usecases.init import init as usecase

    at.show(usecase(at.workspace(), dry_run=dry_run))


@with_edge
def undo(
    at: Edge,
    op: Annotated[
        str | None,
        typer.Argument(metavar="[OP]", help="An earlier one, as --list shows it.", autocompletion=operations),
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the operations instead.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Take back volon's last operation, a restore of files too, but no claim; a second undo takes back the first."""
    from volon.usecases.care import undo as usecase

    workspace = at.workspace()
    at.show(usecase.list_operations(workspace) if listing else usecase.undo(workspace, op, dry_run=dry_run))


class Format(StrEnum):
    """What `validate` prints."""

    HUMAN = "human"
    JSON = "json"
    GITHUB = "github"
    GITLAB = "gitlab"
    JUNIT = "junit"
    SARIF = "sarif"


@with_edge
def validate(
    at: Edge,
    paths: Annotated[list[str] | None, typer.Argument(metavar="[PATH…]", help="Records to check; all without.")] = None,
    form: Annotated[Format, typer.Option("--format", help="For people, programs, or CI.")] = Format.HUMAN,
    staged: Annotated[bool, typer.Option("--staged", help="Check what the next commit changes.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 for warnings too.")] = False,
    rule: Annotated[str | None, typer.Option("--explain", metavar="RULE", help="Say what a rule wants.")] = None,
) -> None:
    """Check the records in the repository; for people and CI."""
    at.set(json=form is Format.JSON)
    everyday.validate(at, paths or (), form=form.value, staged=staged, strict=strict, rule=rule)


@with_edge
def doctor(
    at: Edge,
    fix: Annotated[bool, typer.Option("--fix", help="Finish and repair what can be repaired safely.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Look at the machine, the set-up and everything that was set aside."""
    from volon.usecases.care.doctor import doctor as usecase

    at.show(usecase(at.workspace(), fix=fix, dry_run=dry_run))


@with_edge
def schema(
    at: Edge,
    kind: Annotated[
        str | None, typer.Argument(metavar="[KIND]", help="A record or a command.", autocompletion=schema_kinds)
    ] = None,
) -> None:
    """Print the JSON Schema of a record or of a command's --json; without KIND, their names."""
    from volon.usecases.schema import schema as usecase

    at.show(usecase(kind))
