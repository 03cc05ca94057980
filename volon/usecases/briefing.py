"""The brief that fits: what somebody who comes back, or an agent that begins, should read, the most valuable first.

It reads what `status` and a resume read, and changes nothing. Nothing in it depends on the time of day.

Source: contract §8 (A brief that fits); issue "conduct"; reliability S12 (provenance).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.handwritten import edited
from volon.model.records.task import Status
from volon.model.results.brief import BriefLine, BriefResult
from volon.patterns import pattern
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.elsewhere import elsewhere, is_here
from volon.usecases.pausing.surroundings import read_surroundings
from volon.usecases.quickbrief import PARTING, says, way_back
from volon.usecases.resuming.brief import brief_of, first_way
from volon.usecases.resuming.check import check, is_left_behind
from volon.usecases.status import newer, pipelines, restaged, since_elsewhere

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from volon.model.results.conduct import PlanView
    from volon.model.results.pipeline import PipelineView
    from volon.model.results.standing import FindingView
    from volon.usecases.records import TaskFile
    from volon.usecases.resuming.check import Checked
    from volon.workspace import Workspace

_FETCHED = pattern(r", fetched [^,]*$")
_STOPS = 2
"""So many reasons to stop have to be in; the first line counts all."""
_NAMES = 20
_WHY = 6
"""So many of the last lines of a ticket that failed."""


def brief(workspace: Workspace, *, agent: bool = False) -> BriefResult:
    """Return all there is to read, without text: `volon.render.brief.fitted` makes it of as much as there is room for.

    Args:
        workspace: where.
        agent: say as well what an agent does before it stops.

    Raises:
        Corrupt, HumanConflict: the records of the task it is about cannot be read.
    """
    store = workspace.store
    files, broken = records.read_tasks(store)
    pointed = records.read_bootstrap(store)[1].paused_task_id
    said = [*records.broken_warnings(broken), *filter(None, [select.stale_pointer(files, broken, pointed)])]
    if store.is_unfinished():
        said.append("An operation is committed but not all on disk yet. Finish it: volon doctor --fix")
    plan, ran, trouble = _plan(workspace)
    warnings = [BriefLine(source="volon", label="warning", text=text) for text in (*said, *trouble)]
    here = select.task_here(files, pointed, lambda file: is_here(workspace, store, file))
    about = _Idle(workspace, files) if here is None else _About(workspace, here)
    lines = [*about.first(), *_of_plan(plan, ran), *warnings, *about.then(), *_learnt(plan), *_running(workspace, plan)]
    ways = [*about.ways, *_way_on(plan, ran)]
    return BriefResult(
        state=about.state,
        task_id=here.task.id if here else None,
        says=about.says,
        next_command=" or ".join(ways),
        sources=(*about.sources, *([f"plan {(layout.PLANS / plan.plan_id).path}"] if plan else [])),
        hints=(PARTING,) if agent else (),
        lines=tuple(line for line in lines if line.text.strip()),
    )


class _About:
    """What there is to say of a task that is in progress, paused or blocked here."""

    def __init__(self, workspace: Workspace, file: TaskFile) -> None:
        self.workspace, self.file, self.task = workspace, file, file.task
        self.checked = check(workspace, workspace.store, file)
        self.found = brief_of(file, self.checked, read_surroundings(workspace.store), workspace.now())
        self.doing = file.task.status is Status.DOING
        self.stops = [one for one in self.found.findings if one.severity == "blocker"]
        warns = (one for one in self.found.findings if one.severity == "warning")
        self.warns = [one for one in warns if not self.doing or is_left_behind(one)]
        self.state = "drifted" if self.stops or (self.warns and not self.doing) else str(file.task.status)
        stopped = self.stops and not self.doing
        self.ways = [first_way(self.found.findings) if stopped else way_back(str(file.task.status))]
        capsule = self.checked.capsule
        kept = f"capsule {layout.capsule_place(self.task.id).path} ({_made(self.workspace, self.checked)})"
        self.sources = (f"task {file.place.path}", *([kept] if capsule else []), "git")

    @property
    def says(self) -> str:
        many = (("blocker", len(self.stops)), ("warning", len(self.warns)))
        counted = "".join(f", {number} {word}{'s' * (number != 1)}" for word, number in many if number)
        return says(self.task.id, str(self.task.status), self.found.checkpoint, self.found.paused_at) + counted

    def first(self) -> Iterator[BriefLine]:
        """What has to be in."""
        found = self.found
        yield BriefLine(source="task", label="title", text=found.title, must=True)
        for one in self.stops[:_STOPS]:
            yield _finding(one, "stop", must=True)
        yield from _each("volon", "warning", since_elsewhere(self.workspace, self.file), must=True)
        of_capsule = self.checked.capsule is not None and found.next_actions == self.checked.capsule.next_actions
        for number, text in enumerate(found.next_actions[:3], 1):
            yield BriefLine(source="capsule" if of_capsule else "task", label=f"next {number}", text=text, must=True)
        for label, text in (("goal", found.goal), ("note", found.note)):
            if text != found.title:
                yield BriefLine(source="capsule", label=label, text=text, must=True)

    def then(self) -> Iterator[BriefLine]:
        """What else is worth reading."""
        found, facts = self.found, self.checked.facts
        place = f"{facts.branch or 'a detached HEAD'} at {facts.head[:12] if facts.head else 'no commit yet'}"
        yield BriefLine(source="git", label="branch", text=place)
        yield from (_finding(one, "stop") for one in self.stops[_STOPS:])
        yield from (_finding(one, "warning") for one in self.warns)
        yield from (BriefLine(source="volon", label="warning", text=text) for text in self.checked.warnings)
        yield from _each("git", "since" if self.checked.checkpoint else "changed", self._since())
        yield from _each("git", "index", self._restaged())
        left = [item.removeprefix("[ ] ") for item in found.acceptance if item.startswith("[ ] ")]
        yield from _each("capsule", "you were", [found.you_were or ""])
        yield from _each("capsule", "plan", [found.plan])
        yield from _each("capsule", "summary", [found.summary])
        yield from _each("capsule", "question", found.questions)
        yield from _each("capsule", "blocker", found.blockers)
        yield from _each("task", "open", [item for item in left if item not in found.next_actions])
        yield from _each("capsule", "ran", found.commands)
        yield from _each("capsule", "key file", found.key_files)
        yield from _each("volon", "read", found.read_first)
        yield from _each("volon", "stage", [found.route or ""])

    def _since(self) -> list[str]:
        """What a task in progress has that its last checkpoint does not know."""
        if not self.doing:
            return []
        facts, last = self.checked.facts, self.checked.checkpoint
        return _some(newer(self.workspace, facts, last) if last else [change.path for change in facts.changes])

    def _restaged(self) -> list[str]:
        """What of it differs in the index alone."""
        last = self.checked.checkpoint
        paths = restaged(self.checked.facts, last) if self.doing and last else ()
        return _some(f"{path} is as the checkpoint has it, its staged version is another" for path in paths)


class _Idle:
    """What there is to say where no task is in progress."""

    state, says = "idle", "no task is in progress or paused here"

    def __init__(self, workspace: Workspace, files: list[TaskFile]) -> None:
        self.facts = workspace.repository.facts()
        self.others = elsewhere(workspace, files, None)
        todo = select.resumable_task(files, None)
        self.ways = [f"volon task start {todo.row.id}" if todo else 'volon task start "what you are about to do"']
        self.sources: tuple[str, ...] = ("git", *(["elsewhere refs/volon"] if self.others else []))
        self._todo = todo

    def first(self) -> Iterator[BriefLine]:
        yield from _each("task", "todo", [self._todo.row.title] if self._todo else [], must=True)

    def then(self) -> Iterator[BriefLine]:
        yield from _each("git", "in the middle of", [self.facts.operation or ""])
        yield from _each("git", "changed", _some([change.path for change in self.facts.changes]))
        for row in self.others:
            text = f"{row.title}, {row.paused_at}, {row.branch or 'a detached HEAD'}"
            yield BriefLine(source="elsewhere", label=row.task_id, text=text, command=row.command)


def _made(workspace: Workspace, checked: Checked) -> str:
    """Whether a pause in this clone wrote the capsule; its own record says so, which no clone brings."""
    capsule, document = checked.capsule, checked.capsule_document
    try:
        journal = workspace.store.operation((capsule.uid if capsule else None) or "")
        entry = journal.entry(layout.capsule_place(capsule.task_id)) if capsule else None
    except VolonError:
        entry = None
    if entry is None or entry.after is None or document is None:
        return "not known to be written in this clone"
    return (
        f"written by a pause in this clone{', edited since' * edited(document, entry.after.decode('utf-8', 'replace'))}"
    )


def _finding(one: FindingView, label: str, *, must: bool = False) -> BriefLine:
    text = f"{one.code.partition('.')[0]}: {_FETCHED.sub('', one.sentence)}"
    return BriefLine(source="git", label=label, text=text, command=one.command, must=must)


def _each(source: str, label: str, texts: Iterable[str], *, must: bool = False) -> Iterator[BriefLine]:
    return (BriefLine(source=source, label=label, text=text, must=must) for text in texts)


def _some(names: Iterable[str]) -> list[str]:
    return [*names][:_NAMES]


def _plan(workspace: Workspace) -> tuple[PlanView | None, PipelineView | None, tuple[str, ...]]:
    """Return the newest plan where it is not complete, its pipeline, and what is wrong where that cannot be read."""
    if not workspace.store.listdir(layout.PLANS):
        return None, None, ()
    from volon.usecases.conduct.hearing import with_ends  # noqa: PLC0415  as below
    from volon.usecases.conduct.plans import find_plan, standing  # noqa: PLC0415  few have a plan
    from volon.usecases.planheads import plan_ids  # noqa: PLC0415  as above

    try:
        if not plan_ids(workspace.store):
            return None, None, ()
        view, ran = standing(workspace, find_plan(workspace.store, None))
        ran = ran and with_ends(workspace, ran)
    except VolonError as error:
        return (
            None,
            None,
            (f"The plan cannot be read: {'; '.join(error.causes) or error.message}. See: volon conduct status",),
        )
    return (None if view.status in {"complete", "given-up"} else view), ran, ()


def _runs(ran: PipelineView | None) -> bool:
    """Whether a process carries the plan out, and nothing has it wait."""
    return ran is not None and ran.status == "executing" and ran.attended


def _way_on(plan: PlanView | None, ran: PipelineView | None) -> Iterator[str]:
    if plan is not None:
        from volon.model.conduct.recall import way_on  # noqa: PLC0415  few have a plan

        unknown = [one.ticket for one in ran.tickets if one.status == "unknown"] if ran else []
        yield f"volon conduct status {plan.plan_id}" if _runs(ran) else way_on(plan.plan_id, unknown)


def _of_plan(plan: PlanView | None, ran: PipelineView | None) -> Iterator[BriefLine]:
    if plan is not None:
        total = len(plan.phases)
        nobody = ", and nobody runs it" if plan.status == "executing" and not _runs(ran) else ""
        why = f" ({plan.reason})" if plan.reason else nobody
        text = f"{plan.phases_complete} of {total} phases complete, {plan.status}{why}: {plan.title}"
        yield BriefLine(source="plan", label=plan.plan_id, text=text, must=True)
        for phase in [one for one in plan.phases if one.status != "complete"][:1]:
            yield BriefLine(
                source="plan", label=f"phase {phase.number}", text=f"{phase.name}, {phase.status}", must=True
            )
        for one in ran.tickets if ran else ():
            if one.status in {"failed", "unknown"}:
                why = "; ".join(filter(str.strip, one.output[-_WHY:])) or one.why
                yield BriefLine(source="plan", label=one.status, text=f"{one.ticket}{f': {why}' * bool(why)}")
        for found in plan.discoveries:
            if found.impact == "core" and not (found.approved or found.obsolete):
                way = f"volon conduct discover {found.number} --approved"
                yield BriefLine(source="plan", label="waits for a person", text=found.title, command=way)


def _learnt(plan: PlanView | None) -> Iterator[BriefLine]:
    """What was found out on the way, the newest first: what a person stands behind before what was only reported."""
    if plan is not None:
        found = (one for one in plan.discoveries if not one.obsolete and (one.approved or one.impact != "core"))
        texts = [f"{one.title}{f': {one.reality}' * bool(one.reality)}" for one in found]
        yield from _each("plan", "found out", reversed(texts))
        yield from _each("plan", "reported", reversed(plan.learnt))


def _running(workspace: Workspace, plan: PlanView | None) -> Iterator[BriefLine]:
    """Pipelines that are not done; that of the plan is the plan."""
    for one in pipelines(workspace):
        if plan is None or one.file != plan.file:
            text = f"{one.file}: {one.status}{'' if one.attended else ', and nobody runs it'}"
            yield BriefLine(source="pipeline", label="not done", text=text, command="volon pipeline status")
