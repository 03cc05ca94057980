"""A plan made of `.prelude/READY.md`: a frozen copy of it, and the pipeline it is compiled into. Nothing runs here.

Source: contract §6 (conduct), §7 (Consent); seed 002 (Initialize).
"""

from __future__ import annotations

import sys
from contextlib import closing

from volon.errors import Corrupt, NotCommitted, NothingToDo, PreflightStopped, UsageError, VolonError
from volon.files import Roots
from volon.model.agents.programs import AGENTS, expanded
from volon.model.conduct.parts import INTEGRATION, is_large, part_of, parts, size
from volon.model.conduct.plan import MOST_FIXES, Workers, commands, compiled
from volon.model.conduct.reading import parse_ready
from volon.model.conduct.ready import blank
from volon.model.conduct.records import PLAN, rendered
from volon.model.records import runlog
from volon.model.results.conduct import CommandView, ConductStartResult, ConductSubtaskResult
from volon.model.text import clip_line, digest, one_line
from volon.plain import NamedTuple, dataclass, field
from volon.store import layout
from volon.usecases.conduct.noticing import absent
from volon.usecases.conduct.plans import find_plan, ran_here, standing
from volon.usecases.conduct.subtasks import is_under_way, whole_standing
from volon.usecases.pipeline.graphing import write_new
from volon.usecases.pipeline.runs import newest, run_files
from volon.usecases.planheads import plan_ids
from volon.usecases.settings import read_settings
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import NoReturn

    from volon.model.conduct.ready import Ready
    from volon.model.facts import GitFacts
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace

FIXES = 2
# By itself `git commit` takes no file that git does not know yet.
_COMMIT = "git add --all && git commit"
_SHOWN = 5
_SUMMARY = 60
_WHOLE = (None, "")
PROGRAMS = (("volon",), (sys.executable, "-P", "-m", "volon"))
"""The words that start volon on this machine."""
GIVE_UP = "volon conduct complete --force"


@dataclass(frozen=True, slots=True)
class StartRequest:
    """What `conduct start` was told.

    Attributes:
        description: of work that has no READY.md yet.
        workers: by their roles, words that start a program; where there are none the settings say it.
        fixes: how often a phase that fails its checks is handed to the fix worker.
        whole: a large specification is one plan all the same.
        begins: the phases that subtasks begin with, besides the first.
        parted: it was `conduct subtask` that was told.
    """

    description: str | None = None
    workers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fixes: int = FIXES
    whole: bool = False
    begins: tuple[int, ...] = ()
    parted: bool = False


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
    making = _making(workspace, request, data)
    if not request.whole and is_large(making.ready, making.text):
        _propose(making)
    plan_id, agreed = _made(workspace, making) or _write(workspace, making, "conduct start", [_WHOLE])
    plan = find_plan(workspace.store, plan_id)
    warnings = absent(workspace, plan_id, making.workers)
    return ConductStartResult(
        plan=standing(workspace, plan)[0],
        commands=views(making.ready, making.workers),
        digest=agreed,
        warnings=tuple(warnings),
    )


def make_subtasks(workspace: Workspace, request: StartRequest) -> ConductSubtaskResult:
    """Make a plan of each part of READY.md, and one that checks that they integrate.

    Raises:
        NothingToDo: there is no READY.md.
        UsageError: it cannot be used, or not in these parts; no worker is named.
        PreflightStopped: another plan is under way, or something is not committed.
        NotCommitted, Corrupt, HumanConflict, Busy: see docs/EXIT_CODES.md.
    """
    making = _making(workspace, request, workspace.store.read(layout.READY))
    count = len(making.ready.phases)
    if wrong := [number for number in request.begins if not 1 < number <= count]:
        raise UsageError(f"No subtask can begin with phase {wrong[0]}: there are {count}.", hints=[f"2 to {count}"])
    found = parts(making.ready, request.begins)
    if len(found) == 1:
        message = "That is one part: it is not large."
        raise UsageError(
            message, hints=["volon conduct start", "say where parts begin: volon conduct subtask --from 2"]
        )
    said = [(one.said, f"{making.ready.title}: {one.name}") for one in found]
    whole = (INTEGRATION, f"{making.ready.title}: integration")
    plan_id, _ = _write(workspace, making, "conduct subtask", [*said, whole])
    view, _ = whole_standing(workspace, find_plan(workspace.store, plan_id))
    return ConductSubtaskResult(plan=view, commands=views(making.ready, making.workers))


class _Making(NamedTuple):
    """All that plans are made of."""

    data: bytes
    ready: Ready
    workers: Workers
    fixes: int
    facts: GitFacts

    @property
    def text(self) -> str:
        return self.data.decode("utf-8-sig")


def _making(workspace: Workspace, request: StartRequest, data: bytes | None) -> _Making:
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
    return _Making(data, ready, workers, request.fixes, fit_to_begin(workspace))


def _propose(making: _Making) -> NoReturn:
    """Say how a large specification would be carried out in parts; nothing is made before somebody has chosen."""
    files, modules = size(making.ready, making.text)
    found = parts(making.ready)
    causes = [f"subtask {n}: phases {one.first} to {one.last}: {one.name}" for n, one in enumerate(found, 1)]
    message = f"This is large: {files} files across {modules} modules. It is proposed as {len(found)} subtasks."
    hints = ["volon conduct subtask", "or where you say: volon conduct subtask --from N", "volon conduct start --whole"]
    raise PreflightStopped(message, causes=[*causes, "then a check that they integrate"], hints=hints)


def fit_to_begin(workspace: Workspace) -> GitFacts:
    """Return the state of a working tree in which a plan can begin: on a branch, with nothing else to commit.

    Raises:
        NotCommitted: there is no commit yet.
        PreflightStopped: HEAD is detached, or something is not committed, which a checkpoint would take in.
    """
    facts = workspace.repository.facts()
    if facts.head is None:
        raise NotCommitted("there is no commit yet that a plan could begin from", hints=[_COMMIT])
    if facts.branch is None:
        message = "HEAD is detached: a plan commits its checkpoints to a branch."
        raise PreflightStopped(message, hints=["git switch -c NAME"])
    if one_line(facts.branch) != facts.branch:
        message = f"The branch {facts.branch} has a name that no record of a plan can hold."
        raise PreflightStopped(message, hints=["git branch -m NAME"])
    dirty = [one.path for one in facts.changes if not layout.is_specification(one.path)]
    if dirty:
        more = [f"and {len(dirty) - _SHOWN} more"] if len(dirty) > _SHOWN else []
        message = "Something is not committed, and the first checkpoint would take it in."
        raise PreflightStopped(message, causes=[*dirty[:_SHOWN], *more], hints=[_COMMIT])
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
        verb = "subtask" if request.parted else "start"
        hints = [f"volon conduct {verb} --worker './agent {{brief}}'", f"or of {', '.join(AGENTS)}: --worker NAME"]
        hints.append("or conduct.workers.implement in volon.yaml")
        raise UsageError("Nobody is named who does the work.", hints=hints)
    return Workers(**{"fix": known["implement"], **known})


def _refuse_another(workspace: Workspace) -> None:
    """One plan at a time works on a working tree: the newest; one that is damaged only while somebody runs it."""
    # One that runs may be on another branch by now.
    for plan_id in sorted({*plan_ids(workspace.store), *ran_here(workspace)}, reverse=True):
        try:
            plan = find_plan(workspace.store, plan_id)
            goes_on = is_under_way(workspace, plan)
        except VolonError:
            _refuse_running(workspace, plan_id)
            continue
        if goes_on:
            view, _ = standing(workspace, plan)
            message = f"{plan_id} is under way: {view.phases_complete} of {len(view.phases)} phases are complete."
            hints = ["volon conduct status", "volon conduct resume", f"to give it up: {GIVE_UP} {plan_id}"]
            raise PreflightStopped(message, hints=hints)
        return


def _refuse_running(workspace: Workspace, plan_id: str) -> None:
    file = (layout.PLANS / plan_id / "pipeline.yaml").path
    run = newest(workspace, run_files(workspace), file)
    if run is not None:
        with closing(run):
            if run.attended():
                message = f"{plan_id} is damaged, and being carried out."
                raise PreflightStopped(message, hints=[f"volon pipeline pause {file}"])


def _made(workspace: Workspace, making: _Making) -> tuple[str, str] | None:
    """The newest plan and its digest, where it is the very one that would be made, and nothing of it has begun."""
    with workspace.store.begin("conduct start", on_wait=workspace.on_wait):
        pass  # What readers see of an operation that was cut short is finished: its files have to be there as well.
    ids = plan_ids(workspace.store)
    try:
        plan = find_plan(workspace.store, ids[-1]) if ids else None
        pipeline = workspace.store.read(plan.place / "pipeline.yaml") if plan else None
    except VolonError:
        return None
    if plan is None or plan.branch != making.facts.branch or standing(workspace, plan)[0].status != "planned":
        return None
    same = workspace.store.read(plan.place / "READY.md") == making.data and not plan.results and not plan.rollbacks
    if not same or pipeline != _compiled(workspace, making, making.ready, plan.id):
        return None
    return plan.id, digest(pipeline)


def _compiled(workspace: Workspace, making: _Making, ready: Ready, plan_id: str) -> bytes:
    program = PROGRAMS[0] if workspace.world.processes.has("volon") else PROGRAMS[1]
    return compiled(ready, plan_id, program, making.workers, making.fixes).encode()


def _write(workspace: Workspace, making: _Making, verb: str, wanted: list[tuple[str | None, str]]) -> tuple[str, str]:
    """Make plans in one operation, each with what of READY.md it carries out; the others are parts of the last."""
    title = making.ready.title
    with workspace.store.begin(verb, on_wait=workspace.on_wait) as tx:
        agreed = ""
        ids = _next_ids((*plan_ids(tx), *ran_here(workspace)), tx.at, len(wanted))
        for plan_id, (part, own) in zip(ids, wanted, strict=True):
            parent = ids[-1] if plan_id != ids[-1] else None
            agreed = _put(
                workspace, tx, making, {"plan_id": plan_id, "title": own or title, "parent": parent, "part": part}
            )
        exclude_state(workspace, tx)
        line = runlog.entry(op=tx.op, verb=verb, at=workspace.now(), plan_id=ids[-1], title=title)
        tx.append(layout.RUN_LOG, line)
        # A plan is begun by its pipeline, whose journal no before-image takes back: there is nothing to undo here.
        tx.commit(clip_line(f"{ids[-1]} {title}", _SUMMARY), said=True)
    return ids[-1], agreed


def _put(workspace: Workspace, tx: Transaction, making: _Making, head: dict[str, str | None]) -> str:
    plan_id = str(head["plan_id"])
    place = layout.PLANS / plan_id
    known = {"created_at": tx.at, "branch": making.facts.branch, "base": making.facts.head}
    tx.create(place / "plan.md", rendered(PLAN, {**head, **known, "ready_sha256": digest(making.data)}, _BODY))
    tx.create(place / "READY.md", making.data)
    pipeline = _compiled(workspace, making, part_of(making.ready, head["part"]), plan_id)
    tx.put(place / "pipeline.yaml", pipeline)
    return digest(pipeline)


def _next_ids(taken: Iterable[str], at: str, count: int) -> list[str]:
    day = f"PLAN-{at[:10].replace('-', '')}-"
    last = max((int(one.removeprefix(day)) for one in taken if one.startswith(day)), default=0)
    return [f"{day}{last + number:03d}" for number in range(1, count + 1)]


def views(ready: Ready, workers: Workers) -> tuple[CommandView, ...]:
    """Return every command that a plan would run, as people see it."""
    return tuple(CommandView(role=one.role, line=one.line) for one in commands(ready, workers))


_BODY = """\
Beside this: `READY.md` as it was read, and `pipeline.yaml`, which is what runs. Then `briefs/`, what each worker was
told; `checks/`, what was found; `results/`, one for each phase that is complete.
"""
