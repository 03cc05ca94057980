"""`restore`: the user's files as a checkpoint saved them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from volon.cli.edge import Edge
from volon.cli.options import DryRun, Number, with_edge
from volon.errors import UsageError
from volon.model.requests import RestoreRequest
from volon.model.syntax.gitpath import shell_word
from volon.plain import replace

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from volon.workspace import Workspace


@with_edge
def restore(
    at: Edge,
    number: Number,
    path: Annotated[list[str] | None, typer.Option("--path", metavar="P", help="Only this; repeatable.")] = None,
    exact: Annotated[bool, typer.Option("--exact", help="Remove untracked files it does not know, too.")] = False,
    onto: Annotated[str | None, typer.Option(metavar="REV", help="Merge the saved work into this commit.")] = None,
    conflicts: Annotated[bool, typer.Option("--conflicts", help="With --onto: write conflict markers.")] = False,
    worktree: Annotated[str | None, typer.Option(metavar="DIR", help="Into a new working tree there.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Overwrite and remove without asking.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Put your files back as a checkpoint saved them; the present ones are saved first."""
    from volon.usecases.restoring.restore import restore as usecase

    workspace = at.workspace()
    request = RestoreRequest(
        checkpoint=number,
        paths=tuple(_relative(workspace, at, one) for one in path or ()),
        exact=exact,
        onto=onto,
        conflicts=conflicts,
        worktree=None if worktree is None else str(at.start / worktree),
        yes=yes,
        dry_run=dry_run,
        typed=_typed(number, path or (), onto, _from_top(workspace, at, worktree), exact=exact, conflicts=conflicts),
    )
    result = usecase(workspace, request)
    if result.stopped and at.interactive():
        at.print(at.page(result), at.stderr)
        if at.ask("Go on? [y/N]").lower() not in {"y", "yes"}:
            at.show(result, "Nothing was changed.\n")
        result = usecase(workspace, replace(request, yes=True))
    if result.worktree is not None and worktree is not None:
        result = replace(result, worktree=os.path.join(at.directory or "", worktree))  # noqa: PTH118  as it was typed
    at.show(result)


def _typed(
    number: str, paths: Iterable[str], onto: str | None, worktree: str | None, *, exact: bool, conflicts: bool
) -> str:
    """The command as it was typed, without `--yes` and `--dry-run`."""
    values = [*(("--path", one) for one in paths), ("--onto", onto), ("--worktree", worktree)]
    flags = (("--exact", exact), ("--conflicts", conflicts))
    said = [f"{option} {shell_word(value)}" for option, value in values if value is not None]
    return " ".join(["volon restore", shell_word(number), *said, *(flag for flag, wanted in flags if wanted)])


def _from_top(workspace: Workspace, at: Edge, worktree: str | None) -> str | None:
    """A working tree elsewhere as volon's commands name it, before they are spelled for where they are typed."""
    if worktree is None or os.path.isabs(worktree):  # noqa: PTH117  text, as it was typed
        return worktree
    return os.path.relpath(os.path.realpath(at.start / worktree), os.path.realpath(workspace.repository.root))


def _relative(workspace: Workspace, at: Edge, path: str) -> str:
    """A path as git has it: from the top of the working tree, whatever directory it was typed in."""
    root = workspace.repository.root.resolve()
    # What the last component links to does not matter: the link itself is meant.
    typed = at.start / path
    whole = os.path.normpath(_real_parent(typed))
    relative = os.path.relpath(whole, root)
    if relative == os.pardir or relative.startswith(f"{os.pardir}/"):
        raise UsageError(f"{path} is not in this working tree.", hints=["Name a path below its top directory."])
    return "" if relative == os.curdir else relative


def _real_parent(path: Path) -> str:
    return os.path.join(os.path.realpath(path.parent), path.name)  # noqa: PTH118  the name may be `..`
