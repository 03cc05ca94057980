"""What a person should see of a plan beside how it stands: a worker that is not there, a READY.md that is not used.

Source: contract §6 (conduct).
"""

from __future__ import annotations

import os
from contextlib import closing

from volon.errors import VolonError
from volon.model.conduct.unlike import said_workers
from volon.store import layout
from volon.usecases.conduct.plans import forged, newest_run, not_finished
from volon.usecases.pipeline.runs import read_pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.conduct.plan import Workers
    from volon.usecases.conduct.plans import Plan
    from volon.workspace import Workspace


def noticed(workspace: Workspace, plan: Plan) -> tuple[str, ...]:
    """Return a sentence for each thing about a plan that is to go on."""
    if not plan.completed and (wrong := _forged(workspace, plan)):
        return tuple(wrong)
    if plan.completed or len(plan.results) == len(plan.ready.phases):
        return ()
    said = list(_unused(workspace, plan))
    try:
        spec = read_pipeline(workspace, workspace.repository.root / plan.file).spec
    except VolonError:
        # Whoever goes on is told.
        return tuple(said)
    return (*said, *absent(workspace, plan.id, said_workers(spec)))


def _forged(workspace: Workspace, plan: Plan) -> list[str]:
    """Results that are not believed; with them nothing else of the plan can be relied on."""
    run = newest_run(workspace, plan)
    if run is None:
        return []
    with closing(run):
        errors = [not_finished(plan, number) for number in forged(plan, run)]
    return [f"{error.message}; {error.hints[0]}" for error in errors]


def absent(workspace: Workspace, plan_id: str, workers: Workers) -> Iterator[str]:
    """Name the programs of workers that are not found here, each once."""
    place = layout.PLANS / plan_id / "pipeline.yaml"
    for program in dict.fromkeys(words[0] for words in workers if words):
        if not _is_there(workspace, program):
            roles = ", ".join(
                role for role, words in zip(workers._fields, workers, strict=True) if words[:1] == (program,)
            )
            yield f"{program} was not found ({roles}). Install it, or name another worker in {place.path}"


def _is_there(workspace: Workspace, program: str) -> bool:
    if "/" in program:
        # From the top of the working tree, as it is started.
        path = workspace.repository.root / program
        return path.is_file() and os.access(path, os.X_OK)
    return workspace.world.processes.has(program)


def _unused(workspace: Workspace, plan: Plan) -> Iterator[str]:
    copy = plan.place / "READY.md"
    try:
        own = workspace.store.read(layout.READY)
    except VolonError:
        # A link, say: it decides nothing here.
        return
    if own is not None and own != workspace.store.read(copy):
        yield f"{layout.READY.path} is not what {plan.id} was made of, and is not used. It carries out {copy.path}"
