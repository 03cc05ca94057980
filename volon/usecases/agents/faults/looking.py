"""Doctor's look at coding agents: every fault of the table that is there, and what `--fix` mends of them.

Where nothing is installed for an agent, and none of its files calls volon, nothing is said.

Source: issue "Where agents live" (`doctor`); contract §4.
"""

from __future__ import annotations

from volon.errors import Corrupt, VolonError
from volon.model.agents.changes import State
from volon.model.agents.fault import Sighting
from volon.model.agents.faults import FAULTS
from volon.model.agents.placing import placeable
from volon.model.results.protocol import CheckView
from volon.plain import replace
from volon.store import layout
from volon.usecases.agents.faults import around, called, hooks, told, trusted
from volon.usecases.agents.faults.scene import Scene
from volon.usecases.agents.faults.sheets import sheets_of
from volon.usecases.agents.installing import standing, upgrade

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.workspace import Workspace

_WRITTEN = {State.CREATED.value, State.UPDATED.value, State.REMOVED.value}


def look(workspace: Workspace) -> tuple[CheckView, ...]:
    """Return the faults that are there; where there are none, for how many agents volon is installed, if for any."""
    return tuple(_row(one) for one in _found(workspace)) or _well(workspace)


def _well(workspace: Workspace) -> tuple[CheckView, ...]:
    manifest, changes = standing(workspace)
    agents, files = len(manifest.agents), sum(one.state is State.UNCHANGED for one in changes)
    sentence = f"installed for {agents} agent{'s' * (agents != 1)}, {files} file{'s' * (files != 1)} as written"
    return (CheckView(name="agents", state="ok", sentence=sentence),) if agents else ()


def mend(workspace: Workspace, *, dry_run: bool = False) -> tuple[CheckView, ...]:
    """Write anew what volon wrote for agents and is not as it should be, in an operation of its own.

    Args:
        workspace: whose files are looked at.
        dry_run: say what would be written.

    Raises:
        Busy, NotCommitted, HumanConflict: see docs/EXIT_CODES.md.
    """
    try:
        _, changes = standing(workspace)
    except Corrupt:
        return ()
    if not any(one.state.value in _WRITTEN for one in changes):
        return ()
    done = upgrade(workspace, dry_run=dry_run)
    paths = tuple(file.path for file in done.files if file.state in _WRITTEN)
    sentence = f"{len(paths)} file{'s' * (len(paths) != 1)} for agents written as this volon does"
    return (CheckView(name="agents", state="planned" if dry_run else "fixed", sentence=sentence, detail=paths),)


def _found(workspace: Workspace) -> Iterator[Sighting]:
    try:
        manifest, changes = standing(workspace)
    except VolonError as error:
        way = "; ".join(error.hints)
        yield Sighting("agents.manifest", error.message, layout.AGENTS.path, way=way)
        return
    # It may come from a stranger: nothing that it names beside the tables is looked at.
    known = placeable()
    believed = {path: one for path, one in manifest.files.items() if path in known}
    scene = Scene(workspace, replace(manifest, files=believed), changes)
    settings = sheets_of(scene)
    wrong = [*called.look(scene, settings), *hooks.look(scene, settings), *trusted.look(scene, settings)]
    yield from wrong
    yield from told.look(scene, {one.path for one in wrong})
    if scene.agents or settings.hooks or settings.servers:
        yield from around.programs(scene)
        yield from around.sharing(scene)


def _row(found: Sighting) -> CheckView:
    place = f"{found.path}:{found.line}" if found.line else found.path
    lead = " ".join(filter(None, (place, f"({found.key})" if found.key else "")))
    sentence = f"{lead}: {found.sentence}" if lead else found.sentence
    detail = (found.way,) if found.way else ()
    state = FAULTS[found.code].severity
    return CheckView(name=found.code, state=state, sentence=sentence, detail=detail, command=found.command or None)
