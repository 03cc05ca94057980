"""A plan made of `.prelude/READY.md`: a frozen copy of it, and the pipeline it is compiled into. Nothing runs here.

Source: contract §6 (conduct), §7 (Consent); seed 002 (Initialize).
"""

from __future__ import annotations

import sys

from volon.errors import Corrupt, NotCommitted, NothingToDo, PreflightStopped, UsageError
from volon.files import Roots
from volon.model.agents import AGENTS, expanded
from volon.model.conduct.plan import MOST_FIXES, Workers, commands, compiled
from volon.model.conduct.reading import parse_ready
from volon.model.conduct.ready import blank
from volon.model.conduct.records import PLAN, rendered
from volon.model.records import runlog
from volon.model.results.conduct import CommandView, ConductStartResult
from volon.model.text import clip_line, digest, one_line
from volon.plain import dataclass, field
from volon.store import layout
from volon.usecases.conduct.plans import find_plan, plan_ids, standing
from volon.usecases.pipeline.graphing import write_new
from volon.usecases.settings import read_settings
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.conduct.ready import Ready
    from volon.model.facts import GitFacts
    from volon.store.store import Reader
    from volon.workspace import Workspace

FIXES = 2
_SHOWN = 5
_SUMMARY = 60


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What `conduct start` was told.

    Attributes:
        description: of work that has no READY.md yet.
        workers: by their roles, words that start a program; where there are none the settings say it.
        fixes: how often a phase that fails its checks is handed to the fix worker.
    """

    description: str | None = None
    workers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixes: int = FIXES


def make_plan(workspace: Workspace, request: StartRequest) -> ConductStartResult:
    """Make a plan of READY.md; or, from a description alone, a READY.md to fill in.

    Raises:
        NothingToDo: there is no READY.md, and no description.
        UsageError: both are there; READY.md cannot be used; no worker is named.
        PreflightStopped: another plan is under way, or something is not committed.
        NotCommitted, Corrupt, HumanConflict, Busy: see docs/EXIT_CODES.md.
    """
    data = workspace.store.read(layout.READY)
    if request.description is not None:
        return _begin_ready(workspace, request.description, data)
    if data is None:
        hint = 'volon conduct start "what is to be built"'
        raise NothingToDo(f"There is no {layout.READY.path}.", hints=[f"to begin one: {hint}"])
    try:
        ready = parse_ready(data, layout.READY.path)
    except Corrupt as error:
        # As a pipeline's file: what the user wrote is input, and no state of volon's that is damaged.
        raise UsageError(error.message, causes=error.causes, hints=error.hints) from error
    workers = _workers(workspace, request)
    if not 0 <= request.fixes <= MOST_FIXES:
        raise UsageError(f"--fixes takes 0 to {MOST_FIXES}.")
    _refuse_another(workspace)
    facts = fit_to_begin(workspace)
    plan_id, agreed = _write(workspace, data, ready, workers, request.fixes, facts)
    plan = find_plan(workspace.store, plan_id)
    return ConductStartResult(plan=standing(workspace, plan)[0], commands=_views(ready, workers), digest=agreed)


def fit_to_begin(workspace: Workspace) -> GitFacts:
    """Return the state of a working tree in which a plan can begin: on a branch, with nothing else to commit.

    Raises:
        NotCommitted: there is no commit yet.
        PreflightStopped: HEAD is detached, or something is not committed, which a checkpoint would take in.
    """
    facts = workspace.repository.facts()
    if facts.head is None:
        raise NotCommitted("there is no commit yet that a plan could begin from", hints=["git commit"])
    if facts.branch is None:
        message = "HEAD is detached: a plan commits its checkpoints to a branch."
        raise PreflightStopped(message, hints=["git switch -c NAME"])
    dirty = [one.path for one in facts.changes if not one.path.startswith(f"{layout.READY.parent.path}/")]
    if dirty:
        more = [f"and {len(dirty) - _SHOWN} more"] if len(dirty) > _SHOWN else []
        message = "Something is not committed, and the first checkpoint would take it in."
        raise PreflightStopped(message, causes=[*dirty[:_SHOWN], *more], hints=["git commit"])
    return facts


def _begin_ready(workspace: Workspace, description: str, data: bytes | None) -> ConductStartResult:
    if data is not None:
        message = f"{layout.READY.path} is there, so it is what is carried out."
        raise UsageError(message, hints=["volon conduct start"])
    said = clip_line(one_line(description), _SUMMARY * 2)
    if not said:
        raise UsageError("The description is empty.")
    own = workspace.repository
    files = workspace.world.files(Roots(str(own.root), str(own.git_dir), str(own.common_dir)))
    files.mkdir(layout.READY.parent)
    write_new(workspace, own.root / layout.READY.path, blank(said), "volon conduct start")
    return ConductStartResult(plan=None, written=layout.READY.path)


def _workers(workspace: Workspace, request: StartRequest) -> Workers:
    said = {**read_settings(workspace.store).config.workers, **request.workers}
    known = {role: expanded(words) for role, words in said.items() if role in Workers._fields}
    if not known.get("implement"):
        hints = ["volon conduct start --worker './agent {brief}'", f"or of {', '.join(AGENTS)}: --worker NAME"]
        hints.append("or conduct.workers.implement in volon.yaml")
        raise UsageError("Nobody is named who does the work.", hints=hints)
    return Workers(**{"fix": known["implement"], **known})


def _refuse_another(workspace: Workspace) -> None:
    """One plan at a time works on a working tree."""
    if not plan_ids(workspace.store):
        return
    view, pipeline = standing(workspace, find_plan(workspace.store, None))
    if view.status != "complete" and pipeline is not None and pipeline.status != "done":
        message = f"{view.plan_id} is under way: {view.phases_complete} of {len(view.phases)} phases are complete."
        raise PreflightStopped(message, hints=["volon conduct status", "volon conduct resume"])


def _write(
    workspace: Workspace, data: bytes, ready: Ready, workers: Workers, fixes: int, facts: GitFacts
) -> tuple[str, str]:
    with workspace.store.begin("conduct start", on_wait=workspace.on_wait) as tx:
        plan_id = _next_id(tx, tx.at)
        place = layout.PLANS / plan_id
        values = {
            "plan_id": plan_id,
            "title": ready.title,
            "created_at": tx.at,
            "branch": facts.branch,
            "base": facts.head,
            "ready_sha256": digest(data),
        }
        tx.create(place / "plan.md", rendered(PLAN, values, _BODY))
        tx.create(place / "READY.md", data)
        program = ("volon",) if _in_path(workspace) else (sys.executable, "-P", "-m", "volon")
        pipeline = compiled(ready, plan_id, program, workers, fixes).encode()
        tx.put(place / "pipeline.yaml", pipeline)
        exclude_state(workspace, tx)
        line = runlog.entry(op=tx.op, verb="conduct start", at=workspace.now(), plan_id=plan_id, title=ready.title)
        tx.append(layout.RUN_LOG, line)
        # A plan is begun by its pipeline, whose journal no before-image takes back: there is nothing to undo here.
        tx.commit(clip_line(f"{plan_id} {ready.title}", _SUMMARY), said=True)
    return plan_id, digest(pipeline)


def _in_path(workspace: Workspace) -> bool:
    try:
        workspace.world.processes.resolve("volon")
    except NotCommitted:
        return False
    return True


def _next_id(reader: Reader, at: str) -> str:
    day = f"PLAN-{at[:10].replace('-', '')}-"
    last = max((int(one.removeprefix(day)) for one in plan_ids(reader) if one.startswith(day)), default=0)
    return f"{day}{last + 1:03d}"


def _views(ready: Ready, workers: Workers) -> tuple[CommandView, ...]:
    return tuple(CommandView(role=one.role, line=one.line) for one in commands(ready, workers))


_BODY = """\
Beside this: `READY.md` as it was read, and `pipeline.yaml`, which is what runs. Then `briefs/`, what each worker was
told; `checks/`, what was found; `results/`, one for each phase that is complete.
"""
