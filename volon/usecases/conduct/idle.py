"""Tickets of a plan that find nothing to do, told before they run: fixes of what passed, phases that are complete.

Whoever looks on line by line hears of what is done, and every plan has more fixes than it needs.

Source: contract §6 (conduct: bounded fix retries).
"""

from __future__ import annotations

from volon.model.conduct.plan import JUDGES
from volon.model.conduct.records import CHECK, parsed
from volon.model.pipeline.records import Ended, Started
from volon.model.pipeline.state import Outcome
from volon.patterns import pattern
from volon.usecases.conduct.discoveries import tree_of_work
from volon.usecases.conduct.plans import newest_run
from volon.usecases.conduct.subtasks import due

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.pipeline.records import Entry
    from volon.usecases.conduct.plans import Plan
    from volon.usecases.pipeline.driving import Show
    from volon.workspace import Workspace

_TICKET = pattern(r"p(?P<phase>\d{1,3})\.(?P<kind>[a-z]+)(?:\.(?P<round>\d))?.*")
_AGAIN = frozenset({"fix", "check", *JUDGES})


def without_idle(workspace: Workspace, plan_id: str | None, show: Show) -> Show:
    """Return what shows each thing that happens, but for tickets that find nothing to do and end well."""
    plan, idle = due(workspace.store, plan_id, found=False), set[str]()

    def shown(entry: Entry, output: tuple[str, ...]) -> None:
        record = entry.record
        if isinstance(record, Started) and _is_idle(workspace, plan, record.ticket):
            idle.add(record.ticket)
        elif not (isinstance(record, Ended) and record.ticket in idle and record.how == Outcome.DONE):
            show(entry, output)

    return shown


def _is_idle(workspace: Workspace, plan: Plan, ticket: str) -> bool:
    found = _TICKET.fullmatch(ticket)
    if found is None:
        return False
    phase, before = int(found["phase"]), int(found["round"] or 0) - 1
    if workspace.store.read(plan.place / "results" / f"phase-{phase}.md") is not None:
        return True
    if found["kind"] not in _AGAIN or before < 0:
        return False
    tree = _passed(workspace, plan, phase, before)
    # A fix goes by what was found; whoever looks again, by whether the files are the same.
    return tree is not None and (found["kind"] == "fix" or tree == "-".join(tree_of_work(workspace)))


def _passed(workspace: Workspace, plan: Plan, phase: int, number: int) -> str | None:
    """The tree in which all that looked at a phase before one fix found nothing, in the run that goes on."""
    run = newest_run(workspace, plan)
    if run is None:
        return None
    run.close()
    places = [plan.place / "checks" / f"p{phase}.{kind}.{number}.md" for kind in ("check", *JUDGES)]
    found = [parsed(CHECK, data, one.path)[0] for one in places if (data := workspace.store.read(one)) is not None]
    mine = [one for one in found if one["run"] == run.id]
    return str(mine[-1]["tree"]) if mine and all(one["passed"] for one in mine) else None
