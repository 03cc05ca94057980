"""The plans of a working tree: found, read, and how they stand by the results that are there.

Source: contract §3 (plans); seed 002 (State Resumption).
"""

from __future__ import annotations

import re
from contextlib import closing

from volon.errors import Corrupt, NothingToDo, VolonError
from volon.model.conduct.checklist import POINTS
from volon.model.conduct.discoveries import Discovery
from volon.model.conduct.parts import part_of
from volon.model.conduct.reading import MAX_BYTES, parse_ready
from volon.model.conduct.recall import way_on
from volon.model.conduct.records import (
    COMPLETE,
    DISCOVERY,
    PLAN,
    RESULT,
    ROLLBACK,
    SHARE,
    found_name,
    learnt,
    lost_rollback,
    parsed,
)
from volon.model.results.conduct import DiscoveryView, PhaseView, PlanView
from volon.model.text import digest
from volon.patterns import pattern
from volon.plain import asdict, dataclass, replace
from volon.store import layout
from volon.usecases.pipeline.runs import files_run, newest, run_files, view_of
from volon.usecases.planheads import is_plan, plan_ids
from volon.workspace import Workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from volon.files import Place
    from volon.model.conduct.ready import Ready
    from volon.model.results.pipeline import PipelineView
    from volon.store.store import Reader
    from volon.usecases.pipeline.runs import Run

_UID = 10
_DISCOVERY = pattern(r"\d{3,6}\.md")
_RESULT = re.compile(r"phase-(\d+)\.md")
_ROLLBACK = re.compile(r"(\d+)\.md")


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan with the results it has.

    Attributes:
        results: the values of each phase that is complete, by its number.
        learnt: what the workers of those reported for later ones, without evidence.
        rollbacks: the values of each, the first one first.
        found: what was found out, with evidence.
        completed: the values of the record that says so, of it or of the whole; None before.
        parent: the plan that it is a part of.
        uid: tells it from plans that other clones gave the same id.
    """

    id: str
    title: str
    branch: str
    base: str
    ready: Ready
    results: dict[int, dict[str, Any]]
    learnt: tuple[str, ...]
    rollbacks: tuple[dict[str, Any], ...] = ()
    found: tuple[Discovery, ...] = ()
    completed: dict[str, Any] | None = None
    parent: str | None = None
    uid: str = ""

    @property
    def place(self) -> Place:
        """Its directory."""
        return layout.PLANS / self.id

    @property
    def whole(self) -> str:
        """The plan that it is a part of, or itself: what is found out is kept there, for all parts."""
        return self.parent or self.id

    @property
    def file(self) -> str:
        """Its pipeline, as records name it."""
        return (self.place / "pipeline.yaml").path

    def start(self, phase: int) -> str:
        """Return the commit that a phase begins from."""
        return str(self.results[phase - 1]["checkpoint"]) if phase - 1 in self.results else self.base

    def mark(self, phase: int) -> str:
        """Return what tells the commit of a phase from every other one, also from one that was rolled back."""
        again = f"+{len(self.rollbacks)}" if self.rollbacks else ""
        return f"{self.tag}/{phase}{again}"

    @property
    def tag(self) -> str:
        """Its name in the trailers of commits, where those of other clones may arrive."""
        return f"{self.id}@{self.uid}"


def ran_here(workspace: Workspace) -> list[str]:
    """Return the plans that ever ran here. Where one was taken away its run is not; another of its id would go on."""
    known = (file.removeprefix(f"{layout.PLANS.path}/").removesuffix("/pipeline.yaml") for file in files_run(workspace))
    return sorted(filter(is_plan, known))


def find_plan(reader: Reader, plan_id: str | None, *, found: bool = True) -> Plan:
    """Return a plan, the newest one without an id; what was found out only where that is asked for.

    Raises:
        NothingToDo: there is none.
        Corrupt, HumanConflict: a record of it cannot be read, or its READY.md is not the one it was made of.
    """
    known = plan_ids(reader)
    chosen = plan_id or (known[-1] if known else None)
    if chosen is None or chosen not in known:
        message = "There is no plan here." if chosen is None else f"There is no plan {chosen}."
        hint = f"one of {', '.join(known)}" if known else "volon conduct start"
        raise NothingToDo(message, hints=[hint, f"made in another clone: there {SHARE} && git push, here git pull"])
    try:
        return _read(reader, chosen, found=found)
    except VolonError as error:
        if plan_id is None and len(known) > 1:
            error.hints = (*error.hints, "for the other plans: volon conduct sessions")
        raise


def _read(reader: Reader, chosen: str, *, found: bool) -> Plan:
    place = layout.PLANS / chosen
    values, _ = parsed(PLAN, _bytes(reader, place / "plan.md"), (place / "plan.md").path)
    copy = _bytes(reader, place / "READY.md")
    if digest(copy) != values["ready_sha256"]:
        message = f"{(place / 'READY.md').path} is not what {chosen} was made of"
        raise Corrupt(message, hints=_way_back(reader, place / "READY.md", values["ready_sha256"]))
    ready = part_of(parse_ready(copy, (place / "READY.md").path), values["part"])
    results, said = _results(reader, place, len(ready.phases))
    back = tuple(_rollbacks(reader, place / "rolled-back"))
    told = found_out(reader, layout.PLANS / (values["parent"] or chosen)) if found else ()
    # Whatever was called complete is so with all of its parts.
    completed, parent = _completed(reader, place), values["parent"]
    if completed and len(results) < len(ready.phases) and POINTS[0] not in (completed["failed"] or ()):
        unsaid = f"or take the word back: rm {(place / 'complete.md').path}; volon conduct resume {chosen}"
        raise _gap(place, place / "complete.md", len(results) + 1, unsaid)
    if completed is None and parent:
        completed = _completed(reader, layout.PLANS / parent)
    head = (chosen, values["title"], values["branch"], values["base"], ready, results, said, back, told)
    return Plan(*head, completed, parent, digest(f"{values['created_at']} {values['ready_sha256']}".encode())[:_UID])


def _completed(reader: Reader, place: Place) -> dict[str, Any] | None:
    record = place / "complete.md"
    data = reader.read(record)
    return None if data is None else parsed(COMPLETE, data, record.path)[0]


def _way_back(reader: Reader, copy: Place, wanted: str) -> list[str]:
    """How the copy of a specification becomes again what it was, and what there is to do without."""
    try:
        own = reader.read(layout.READY)
    except VolonError:
        own = None
    ready = layout.READY.path
    if own is not None and digest(own) == wanted:
        back = [f"{ready} is what it was: cp {ready} {copy.path}"]
    else:
        back = [f"where git has it: git show HEAD:{path} > {copy.path}" for path in (copy.path, ready)]
    return [*back, "or leave it, and make another plan: volon conduct start"]


def found_out(reader: Reader, place: Place) -> tuple[Discovery, ...]:
    """Return what was found out while the plan at a place was carried out, in the order in which it was written down.

    Raises:
        Corrupt, HumanConflict: a record cannot be read, or used.
    """
    found = []
    # All in one look: there may be thousands.
    contents = reader.read_all(place / "discoveries")
    for name in _in_order(contents):
        where = place / "discoveries" / name
        one = Discovery.of(parsed(DISCOVERY, contents[name] or _bytes(reader, where), where.path)[0])
        if found_name(one.number) != name:
            raise Corrupt(f"{where.path} says that its number is {one.number}", hints=["volon validate", "git log"])
        found.append(one)
    return tuple(found)


def found_names(reader: Reader, place: Place) -> list[str]:
    """Return the names of the files of what was found out, in the order of their numbers."""
    return _in_order(reader.listdir(place / "discoveries"))


def _in_order(names: Iterable[str]) -> list[str]:
    return sorted(filter(_DISCOVERY.fullmatch, names), key=lambda name: (len(name), name))


def _results(reader: Reader, place: Place, phases: int) -> tuple[dict[int, dict[str, Any]], tuple[str, ...]]:
    """The results there are; one of a phase whose predecessor has none cannot have come about."""
    found: dict[int, dict[str, Any]] = {}
    said: list[str] = []
    names = {int(match[1]): name for name in reader.listdir(place / "results") if (match := _RESULT.fullmatch(name))}
    for number in sorted(names):
        where = place / "results" / names[number]
        values, body = parsed(RESULT, _bytes(reader, where), where.path)
        if number > phases:
            raise Corrupt(
                f"{where.path} cannot be: the plan has {phases} phase{'s' * (phases > 1)}",
                hints=[f"git log -- {place.path}"],
            )
        if values["phase"] != number or number != len(found) + 1:
            again = "or move the later results out of there, and look at those phases again: volon conduct resume"
            raise _gap(place, where, len(found) + 1, again)
        found[number] = values
        said += learnt(body)
    return found, tuple(said)


def _gap(place: Place, after: Place, phase: int, other_way: str) -> Corrupt:
    lost = (place / "results" / f"phase-{phase}.md").path
    message = f"{after.path} cannot be: phase {phase} has no result"
    return Corrupt(message, hints=[f"where git has it: git show HEAD:{lost} > {lost}", other_way])


def _rollbacks(reader: Reader, place: Place) -> Iterator[dict[str, Any]]:
    names = reader.listdir(place)
    if lost := lost_rollback(names):
        gone = (place / f"{lost[0]}.md").path
        message = f"{(place / lost[1]).path} cannot be: rollback {lost[0]} has no record"
        raise Corrupt(message, hints=[f"where git has it: git show HEAD:{gone} > {gone}", "volon validate"])
    numbers = (match[1] for name in names if (match := _ROLLBACK.fullmatch(name)))
    for number in sorted(map(int, numbers)):
        where = place / f"{number}.md"
        yield parsed(ROLLBACK, _bytes(reader, where), where.path)[0]


def newest_run(workspace: Workspace, plan: Plan) -> Run | None:
    """Return the run that carries out a plan; none that began before what is there was rolled back to."""
    run = newest(workspace, run_files(workspace), plan.file)
    if run is None or not plan.rollbacks or run.id > plan.rollbacks[-1]["op"]:
        return run
    run.close()
    return None


def _bytes(reader: Reader, place: Place) -> bytes:
    data = reader.read(place)
    if data is None or len(data) > 2 * MAX_BYTES:
        raise Corrupt(f"{place.path} is {'gone' if data is None else 'too large'}")
    return data


def main_tree(here: Workspace, run: Run) -> Workspace:
    """Return the working tree that the plan of a run lies in, which is another one than that of a ticket apart.

    Raises:
        Corrupt: it is gone.
    """
    tree = run.state.opened.tree if run.state.opened else ""
    if tree == here.repository.worktree:
        return here
    root = here.repository.locate(tree)
    if root is None:
        raise Corrupt(f"the working tree of run {run.id} is gone: {tree}")
    return Workspace.open(here.world, root, on_wait=here.on_wait)


def standing(workspace: Workspace, plan: Plan) -> tuple[PlanView, PipelineView | None]:
    """Return how a plan stands by the results that are believed, and how its pipeline does, if that ever ran."""
    run = newest_run(workspace, plan)
    if run is None:
        return plan_view(plan, None), None
    with closing(run):
        view = view_of(workspace, run, run.spec())
        return plan_view(believed(plan, run), view), view


def forged(plan: Plan, run: Run) -> list[int]:
    """Return the phases of which a result is there that names this run, and was not written by its last step."""
    finished = run.state.standing
    return [n for n, one in plan.results.items() if one["run"] == run.id and not finished(f"p{n}.finish").attempt]


def not_finished(plan: Plan, number: int) -> Corrupt:
    """What is said of such a result."""
    where = (plan.place / "results" / f"phase-{number}.md").path
    message = f"{where} is there, and phase {number} was not finished: somebody else wrote it"
    return Corrupt(message, hints=[f"look at it, and take it away: rm {where}", way_on(plan.id)])


def believed(plan: Plan, run: Run | None) -> Plan:
    """Return a plan as it is without results that its own run did not write, and without all that follow on them."""
    first = min(forged(plan, run), default=None) if run is not None else None
    return plan if first is None else replace(plan, results={n: one for n, one in plan.results.items() if n < first})


def plan_view(plan: Plan, view: PipelineView | None) -> PlanView:
    """Return a plan as people see it."""
    begun = {one.ticket.partition(".")[0] for one in view.tickets if one.attempt} if view else set()
    phases = tuple(
        PhaseView(
            number=one.number,
            name=one.name,
            time=one.time,
            modules=one.modules,
            status="complete" if one.number in plan.results else "begun" if f"p{one.number}" in begun else "pending",
            **_of_result(plan.results.get(one.number, {})),
        )
        for one in plan.ready.phases
    )
    over = "complete" if len(plan.results) == len(phases) else "given-up" if plan.completed else None
    tokens = [one["tokens_in"] for one in plan.results.values()], [one["tokens_out"] for one in plan.results.values()]
    said = [[number for number in side if number is not None] for side in tokens]
    return PlanView(
        plan_id=plan.id,
        title=plan.title,
        branch=plan.branch,
        status=over or (view.status if view else "planned"),
        reason=view.reason if view and not plan.completed else None,
        file=plan.file,
        phases=phases,
        phases_complete=len(plan.results),
        tokens_in=sum(said[0]) if said[0] else None,
        tokens_out=sum(said[1]) if said[1] else None,
        learnt=plan.learnt,
        parent=plan.parent,
        discoveries=tuple(discovery_view(one) for one in plan.found),
        completed_at=plan.completed["checked_at"] if plan.completed else None,
        forced=plan.completed is not None and plan.completed["forced"],
    )


def discovery_view(one: Discovery) -> DiscoveryView:
    """Return a discovery as people see it."""
    return DiscoveryView(**asdict(one))


def _of_result(values: dict[str, Any]) -> dict[str, Any]:
    names = ("checkpoint", "completed_at", "worked_ms", "fixes", "tests_passing", "files_created", "files_changed")
    return {name: values[name] for name in names} if values else {}
