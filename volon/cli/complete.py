"""Shell completion with live task ids and checkpoint numbers.

A completion must never get in the way: whatever is wrong with the workspace, it offers nothing and stays silent.
"""

from __future__ import annotations

import os
from pathlib import Path

import typer

from volon.errors import VolonError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.workspace import Workspace


def task_ids(incomplete: str) -> list[tuple[str, str]]:
    """Return `(id, status and title)` of every task that is not done and starts with `incomplete`."""
    try:
        from volon.usecases.task import list_tasks

        rows = list_tasks(_workspace()).tasks
    except (VolonError, OSError):
        return []
    wanted = incomplete.upper()
    return [
        (row.task_id, f"{row.status}: {row.title}")
        for row in rows
        if row.task_id.startswith(wanted) and row.status != "done"
    ]


def checkpoint_numbers(incomplete: str) -> list[tuple[str, str]]:
    """Return `(number, note)` of every checkpoint whose number starts with `incomplete`."""
    try:
        from volon.usecases.checkpoint import list_checkpoints

        rows = list_checkpoints(_workspace()).checkpoints
    except (VolonError, OSError):
        return []
    numbered = ((f"{row.number:02d}", row) for row in rows)
    return [(number, row.note or row.stage) for number, row in numbered if number.startswith(incomplete)]


def tasks_and_numbers(incomplete: str) -> list[tuple[str, str]]:
    """Return what a resume can be told to be about: tasks and checkpoints."""
    return [*task_ids(incomplete), *checkpoint_numbers(incomplete)]


def operations(incomplete: str) -> list[tuple[str, str]]:
    """Return `(end of its id, what it did)` of every operation that can be undone and starts with `incomplete`."""
    try:
        from volon.usecases.care.undo import list_operations

        rows = list_operations(_workspace()).operations
    except (VolonError, OSError):
        return []
    wanted = incomplete.upper()
    return [(row.short, f"{row.verb} {row.summary}") for row in rows if not row.undone and row.short.startswith(wanted)]


def remotes(incomplete: str) -> list[str]:
    """Return the names of the remotes that start with `incomplete`."""
    try:
        names = _workspace().repository.git.run("remote").decode("utf-8", "replace").split("\n")
    except (VolonError, OSError):
        return []
    return [name for name in names if name and name.startswith(incomplete)]


def schema_kinds(incomplete: str) -> list[str]:
    """Return the names `volon schema` knows."""
    from volon.usecases.schema import kinds

    return [kind for kind in kinds() if kind.startswith(incomplete)]


def tickets(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return the tickets of the pipeline whose file stands before the cursor, else of the newest run."""
    try:
        from volon.usecases.pipeline.runs import newest, read_pipeline, run_files

        workspace, file = _workspace(), ctx.params.get("file")
        run = newest(workspace, run_files(workspace), None) if file is None else None
        spec = run.spec() if run else read_pipeline(workspace, Path(file)).spec if file else None
    except (VolonError, OSError):
        return []
    return [one for one in (spec.tickets if spec else ()) if one.startswith(incomplete)]


def claimable(incomplete: str) -> list[tuple[str, str]]:
    """Return what a clone can claim: tasks and plans."""
    return [*task_ids(incomplete), *((one, "a plan") for one in plans(incomplete.upper()))]


def plans(incomplete: str) -> list[str]:
    """Return the plans of this working tree."""
    try:
        from volon.usecases.planheads import plan_ids

        names = plan_ids(_workspace().store)
    except (VolonError, OSError):
        return []
    return [one for one in names if one.startswith(incomplete)]


def agents(incomplete: str) -> list[str]:
    """Return the agents volon can be installed for."""
    from volon.model.agents.hosts import HOSTS

    return [name for name in HOSTS if name.startswith(incomplete)]


def agent_parts(incomplete: str) -> list[tuple[str, str]]:
    """Return the parts of what agents are given."""
    from volon.model.agents.parts import PARTS

    return [(name, what) for name, what in PARTS.items() if name.startswith(incomplete)]


def sources(incomplete: str) -> list[str]:
    """Return the kinds of what can be imported; paths are the shell's."""
    from volon.model.imports.source import KINDS

    return [kind for kind in KINDS if kind.startswith(incomplete)]


def sessions(incomplete: str) -> list[str]:
    """Return the agents whose sessions can be read."""
    from volon.model.agents.transcripts.reading import FORMATS

    return [name for name in FORMATS if name.startswith(incomplete)]


def _workspace() -> Workspace:
    from volon.workspace import Workspace
    from volon.world import World

    return Workspace.open(World.real(os.environ), Path.cwd())
