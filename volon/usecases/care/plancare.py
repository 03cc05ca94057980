"""Doctor's look at plans: what `volon validate` says of them, whether HEAD has their work, which command leads out.

Source: contract §4, §8.6.
"""

from __future__ import annotations

from contextlib import suppress

from volon.errors import VolonError
from volon.model.requests import ValidateRequest
from volon.model.results.protocol import CheckView
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.workspace import Workspace


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return a row for each plan that is damaged, and one where HEAD has not what the newest one says was made."""
    try:
        if not workspace.store.listdir(layout.PLANS):
            return ()
    except VolonError as error:
        detail = (*error.causes, *error.hints)
        return (CheckView(name="plans", state="problem", sentence=error.message, detail=detail),)
    from volon.usecases.validating.validate import validate  # noqa: PLC0415  few repositories have plans

    start = f"{layout.PLANS.path}/"
    asked = ValidateRequest(paths=(str(workspace.repository.root / layout.PLANS.path),))
    damaged: dict[str, list[str]] = {}
    for one in validate(workspace, asked).problems:
        if one.severity == "error" and one.path.startswith(start):
            damaged.setdefault(one.path.removeprefix(start).partition("/")[0], []).append(
                f"{one.path}:{one.line or 1}: {one.message}"
            )
    rows = (
        CheckView(
            name="plans",
            state="problem",
            sentence=f"records of {plan} are missing or damaged",
            detail=tuple(detail),
            command=f"volon conduct status {plan}",
        )
        for plan, detail in damaged.items()
    )
    return (*rows, *_without_work(workspace))


def _without_work(workspace: Workspace) -> tuple[CheckView, ...]:
    """A note, because somebody may have taken it back on purpose; of a damaged plan nothing is known."""
    from volon.usecases.conduct.arriving import missing_work  # noqa: PLC0415  few repositories have plans
    from volon.usecases.conduct.subtasks import due  # noqa: PLC0415  as above

    with suppress(VolonError):
        plan = due(workspace.store, None, found=False)
        said = missing_work(workspace, plan)
        command = f"volon conduct status {plan.id}"
        return tuple(CheckView(name="plans", state="note", sentence=one, command=command) for one in said)
    return ()
