"""The steps of a phase, each run by a ticket of the plan's pipeline: work, merge, check, fix, finish.

Each can be run again after a kill at any moment. What a step has done is told by what is there: a phase whose result is
there is over, and no step of it does anything any more; a commit is found by the mark it was given.

Source: seed 002 (Execute Each Phase); contract §6 (conduct); issue "conduct".
"""

from __future__ import annotations

from contextlib import closing

from volon.errors import CheckFailed, Corrupt, UsageError
from volon.model.conduct.plan import worker_words
from volon.model.conduct.records import CHECK, RESULT, check_body, failures, parsed, rendered, result_body
from volon.model.conduct.report import MAX_BYTES, brief, parse_report
from volon.model.ids import is_ulid
from volon.model.results.conduct import ConductStepResult
from volon.model.text import clip_line
from volon.plain import dataclass
from volon.store import layout
from volon.usecases.conduct.plans import find_plan
from volon.usecases.pipeline.runs import Run, opened, run_files
from volon.workspace import Workspace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO, NoReturn

    from volon.files import Place
    from volon.model.conduct.ready import ReadyPhase
    from volon.model.conduct.report import Report
    from volon.usecases.conduct.plans import Plan

_SUBJECT = 60
_PLACEHOLDER = "conduct"
_MAKING = frozenset({"work", "merge", "fix"})


@dataclass(frozen=True, slots=True)
class StepRequest:
    """What a ticket says: which step of which phase.

    Attributes:
        round: how many fixes come before this check, or which fix this is.
        last: a failure is the user's to look at.
        test, imports, lint: command lines for `/bin/sh`.
        worker: words that start a program.
    """

    kind: str
    plan_id: str
    phase: int
    module: str = ""
    round: int = 0
    last: bool = False
    test: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    lint: tuple[str, ...] = ()
    worker: tuple[str, ...] = ()


def step(here: Workspace, request: StepRequest, out: BinaryIO) -> ConductStepResult:
    """Do one step; called by a ticket, which says so in its variables.

    Args:
        here: the working tree the ticket stands in.
        request: which step.
        out: where what runs writes.

    Raises:
        UsageError: this is no ticket of a pipeline, or the plan has no such phase.
        CheckFailed: the step could not be done; what it says is for the user.
        NothingToDo, NotCommitted, Corrupt, Busy: see docs/EXIT_CODES.md.
    """
    with closing(_run_of(here)) as run:
        doing = _Step(here, _main(here, run), run, request)
        if request.phase in doing.plan.results:
            return doing.said(f"phase {request.phase} is complete: nothing to do")
        if request.phase != len(doing.plan.results) + 1:
            message = f"phase {request.phase} cannot begin: phase {len(doing.plan.results) + 1} is not complete"
            raise CheckFailed(message, hints=[f"volon conduct resume {doing.plan.id}"])
        if request.kind in _MAKING and doing.is_committed():
            return doing.said(f"phase {request.phase} is committed already: it is only looked at again")
        deeds = {"work": doing.work, "merge": doing.merge, "fix": doing.fix, "finish": doing.finish}
        if request.kind == "check":
            return doing.check(out)
        if request.kind not in deeds:
            raise UsageError(f"There is no step {request.kind}.", hints=[f"one of {', '.join(deeds)}, check"])
        return deeds[request.kind]()


def _run_of(here: Workspace) -> Run:
    run, files = here.world.env.get("VOLON_RUN", ""), run_files(here)
    if not is_ulid(run) or opened(files, layout.RUNS / run) is None:
        hints = ["volon conduct start", "volon conduct resume"]
        raise UsageError("Steps are run by the pipeline of a plan, and by nothing else.", hints=hints)
    return Run(here, files, layout.RUNS / run)


def _main(here: Workspace, run: Run) -> Workspace:
    """The working tree that the plan lies in, which is another one than that of a ticket apart."""
    tree = run.state.opened.tree if run.state.opened else ""
    if tree == here.repository.worktree:
        return here
    root = here.repository.locate(tree)
    if root is None:
        raise Corrupt(f"the working tree of run {run.id} is gone: {tree}")
    return Workspace.open(here.world, root, on_wait=here.on_wait)


class _Step:
    def __init__(self, here: Workspace, main: Workspace, run: Run, request: StepRequest) -> None:
        self.here, self.main, self.run, self.request = here, main, run, request
        self.plan: Plan = find_plan(main.store, request.plan_id)
        if not 1 <= request.phase <= len(self.plan.ready.phases):
            raise UsageError(f"{self.plan.id} has no phase {request.phase}.")
        self.phase: ReadyPhase = self.plan.ready.phases[request.phase - 1]
        self.start = self.plan.start(request.phase)

    def said(self, says: str, lines: tuple[str, ...] = (), code: int = 0) -> ConductStepResult:
        asked = self.request
        return ConductStepResult(
            plan_id=self.plan.id, phase=asked.phase, step=asked.kind, says=says, lines=lines, exit_code=code
        )

    def is_committed(self) -> bool:
        """Whether the phase was committed, and its result was not written, or is in another clone."""
        from volon.repo.phases import made  # noqa: PLC0415  as below

        return made(self.main.repository, self.start, self.plan.mark(self.phase.number)) is not None

    def work(self) -> NoReturn:
        """Become the worker of a module; apart, from what the branch holds now."""
        if self.here is not self.main:
            from volon.repo.phases import advance  # noqa: PLC0415  most steps touch no files

            advance(self.here.repository, self.main.repository.git.resolve("HEAD") or "")
        self.become(self.request.module)

    def fix(self) -> ConductStepResult:
        """Become the worker that fixes what the check before found; where it found nothing, do nothing."""
        number = self.request.round - 1
        found = self.checked(number)
        if found is None:
            raise CheckFailed(f"check {number} of phase {self.request.phase} left no record")
        if not found[0]["passed"]:
            self.become("", failures(found[1]))
        return self.said("the check passed: nothing to fix")

    def become(self, module: str, errors: str = "") -> NoReturn:
        from volon.foreground import NotStarted, become  # noqa: PLC0415  most steps start nothing

        env = self.main.world.env
        tag = f"{env.get('VOLON_TICKET', _PLACEHOLDER)}.{env.get('VOLON_ATTEMPT', '1')}"
        place = layout.reports_place(self.plan.id)
        self.run.files.mkdir(place)
        root = self.main.repository.root
        report, told = root / place.path / f"{tag}.md", self.plan.place / "briefs" / f"{tag}.md"
        text = brief(
            self.phase,
            module,
            directory=str(self.here.repository.root),
            report=str(report),
            learnt=self.plan.learnt,
            errors=errors,
        )
        self.put({told: text.encode("utf-8", "surrogateescape")}, f"brief of {tag}")
        more = {"VOLON_BRIEF": str(root / told.path), "VOLON_REPORT": str(report), "VOLON_MODULE": module}
        more |= {"VOLON_PLAN": self.plan.id, "VOLON_PHASE": str(self.request.phase)}
        words = worker_words(self.request.worker, more["VOLON_BRIEF"])
        try:
            become(self.main.world.processes, words, {**env, **more})
        except NotStarted as error:
            raise CheckFailed(error.reason) from error

    def merge(self) -> ConductStepResult:
        """Bring what the modules made to the branch, all of it or nothing."""
        from volon.repo import joining  # noqa: PLC0415  most phases have one module
        from volon.repo.phases import advance  # noqa: PLC0415

        own, head = self.main.repository, self.on_branch()
        made = {
            one: self.run.state.standing(f"p{self.phase.number}.implement.{one}").result for one in self.phase.modules
        }
        try:
            whole = joining.joined(own, {"HEAD": head} | {name: commit for name, commit in made.items() if commit})
        except joining.Conflict as error:
            words = " ".join(made[one][:12] for one in error.names if made.get(one))
            message = f"what {' and '.join(error.names)} made conflicts; nothing was merged"
            raise CheckFailed(message, causes=error.paths, hints=[f"git merge {words}, commit, resume"]) from error
        if whole != head:
            advance(own, whole)
        return self.said(f"merged {', '.join(name for name, commit in made.items() if commit)}")

    def check(self, out: BinaryIO) -> ConductStepResult:
        """Look at all five, and write down what was found; only the last check of a phase fails."""
        asked = self.request
        before = self.checked(asked.round - 1) if asked.round else None
        if before and before[0]["passed"]:
            body, found = before[1], []
        else:
            from volon.usecases.conduct.validations import validated  # noqa: PLC0415  many follow one that passed

            found = validated(self.main, self.phase, self.start, asked, out)
            body = check_body(found)
        passed = all(one.state != "failed" for one in found)
        values = {
            "plan_id": self.plan.id,
            "phase": asked.phase,
            "run": self.run.id,
            "round": asked.round,
            "passed": passed,
            "checked_at": self.now(),
        }
        place = self.check_place(asked.round)
        self.put({place: rendered(CHECK, values, body)}, f"check {asked.round} of phase {asked.phase}")
        lines = tuple(f"{one.state:<8}{one.name}: {one.says}" for one in found)
        if passed:
            return self.said("passed" if found else "nothing has been changed since the check before passed", lines)
        return self.said(f"failed; in full in {place.path}", lines, 1 if asked.last else 0)

    def finish(self) -> ConductStepResult:
        """Commit the phase, then write down its result, which makes it complete."""
        from volon.repo import phases  # noqa: PLC0415  as above

        number = self.phase.number
        found = [(n, one) for n in range(10) if (one := self.checked(n)) is not None]
        if not found or not found[-1][1][0]["passed"]:
            raise CheckFailed(f"phase {number} has not passed its checks", hints=["volon conduct status"])
        last, (_, body) = found[-1]
        self.on_branch()
        own, mark = self.main.repository, self.plan.mark(number)
        commit = phases.made(own, self.start, mark)
        if commit is None:
            attempt = self.main.world.env.get("VOLON_ATTEMPT", "1")
            ref = f"refs/volon/run/{self.run.id}/p{number}.finish/{attempt}.saved"
            subject = clip_line(f"Phase {number}: {self.phase.name}", _SUBJECT)
            commit = phases.commit_phase(self.main.world, own, subject, mark, ref)
        reports = self.reports()
        values = self.result(commit, last, reports)
        place = self.plan.place / "results" / f"phase-{number}.md"
        # Made exclusively: whoever comes second has nothing to say.
        self.put(
            {place: rendered(RESULT, values, result_body(_summary(body), reports))}, f"phase {number}", create=True
        )
        return self.said(f"complete at {commit[:12]}")

    def result(self, commit: str, last: int, reports: dict[str, Report]) -> dict[str, object]:
        from volon.repo.phases import touched  # noqa: PLC0415  as above

        number, state = self.phase.number, self.run.state
        mine = [one for ticket, one in state.tickets.items() if ticket.startswith(f"p{number}.")]
        files = touched(self.main.repository, self.start, commit)
        tokens = [one.tokens for one in reports.values() if one.tokens is not None]
        fixes = sum(1 for n in range(last) if (found := self.checked(n)) is not None and not found[0]["passed"])
        return {
            "plan_id": self.plan.id,
            "phase": number,
            "run": self.run.id,
            "name": self.phase.name,
            "start": self.start,
            "checkpoint": commit,
            "completed_at": self.now(),
            "worked_ms": sum(one.ms for one in mine),
            "fixes": fixes,
            "tests_passing": True if self.phase.tests else None,
            "check": self.check_place(last).path,
            "tokens_in": sum(one[0] for one in tokens) if tokens else None,
            "tokens_out": sum(one[1] for one in tokens) if tokens else None,
            "files_created": files.get("A", []),
            "files_changed": files.get("M", []),
            "files_deleted": files.get("D", []),
        }

    def reports(self) -> dict[str, Report]:
        """What the workers of this phase said, each in its last attempt."""
        found: dict[str, Report] = {}
        place = layout.reports_place(self.plan.id)
        for ticket, one in self.run.state.tickets.items():
            if ticket.startswith((f"p{self.phase.number}.implement.", f"p{self.phase.number}.fix.")):
                data = self.main.on_disk(place / f"{ticket}.{one.attempt}.md", MAX_BYTES)
                found |= {} if data is None else {ticket: parse_report(data)}
        return found

    def on_branch(self) -> str:
        """HEAD, which has to be on the branch of the plan."""
        own = self.main.repository
        name = own.git.ask("symbolic-ref", "--quiet", "--short", "HEAD")[1].decode("utf-8", "replace").strip()
        head = own.git.resolve("HEAD")
        if name != self.plan.branch or head is None:
            message = f"{self.plan.id} commits to {self.plan.branch}, and HEAD is on {name or 'no branch'}"
            raise CheckFailed(message, hints=[f"git switch {self.plan.branch}, then resume"])
        return head

    def checked(self, number: int) -> tuple[dict[str, object], str] | None:
        """A check of this run: its values and its text."""
        place = self.check_place(number)
        data = self.main.store.read(place)
        if data is None:
            return None
        values, body = parsed(CHECK, data, place.path)
        return (values, body) if values["run"] == self.run.id else None

    def check_place(self, number: int) -> Place:
        return self.plan.place / "checks" / f"p{self.phase.number}.check.{number}.md"

    def now(self) -> str:
        return self.main.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def put(self, files: dict[Place, bytes], summary: str, *, create: bool = False) -> None:
        with self.main.store.begin("conduct", on_wait=self.main.on_wait) as tx:
            for place, data in files.items():
                if create:
                    tx.create(place, data)
                else:
                    tx.put(place, data)
            tx.commit(f"{self.plan.id} {summary}", said=True)


def _summary(body: str) -> str:
    """What was validated, in a line each; the output is in the check."""
    return "\n".join(f"- {line.removeprefix('## ')}" for line in body.split("\n") if line.startswith("## "))
