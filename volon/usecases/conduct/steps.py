"""The steps of a phase, each run by a ticket of the plan's pipeline: work, merge, check, test, review, fix, finish.

Each can be run again after a kill at any moment. What a step has done is told by what is there: a phase whose result is
there is over, and no step of it does anything any more; a commit is found by the mark it was given.

Source: seed 002 (Execute Each Phase); contract §6 (conduct); issue "conduct".
"""

from __future__ import annotations

from contextlib import closing

from volon.errors import CheckFailed, UsageError
from volon.model.conduct.discoveries import handed_on
from volon.model.conduct.plan import JUDGES, worker_words
from volon.model.conduct.recall import way_on
from volon.model.conduct.records import CHECK, check_body, failures, parsed, rendered
from volon.model.conduct.report import brief
from volon.model.ids import is_ulid
from volon.model.results.conduct import ConductStepResult
from volon.plain import dataclass
from volon.store import layout
from volon.usecases.conduct.plans import find_plan, forged, main_tree, not_finished
from volon.usecases.conduct.subtasks import learnt_by
from volon.usecases.pipeline.runs import Run, opened, run_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any, BinaryIO, NoReturn

    from volon.files import Place
    from volon.model.conduct.ready import ReadyPhase
    from volon.model.conduct.records import Validation
    from volon.usecases.conduct.plans import Plan
    from volon.workspace import Workspace

_PLACEHOLDER = "conduct"
_MAKING = frozenset({"work", "merge", "fix", *JUDGES})


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
        doing = Step(here, main_tree(here, run), run, request)
        if request.phase in doing.plan.results:
            doing.see_that_it_was_finished()
            if request.kind == "finish":
                doing.put_whole()
            return doing.said(f"phase {request.phase} is complete: nothing to do")
        if request.phase != len(doing.plan.results) + 1:
            message = f"phase {request.phase} cannot begin: phase {len(doing.plan.results) + 1} is not complete"
            raise CheckFailed(message, hints=[f"volon conduct resume {doing.plan.id}"])
        if request.kind in _MAKING and doing.is_committed():
            return doing.said(f"phase {request.phase} is committed already: it is only looked at again")
        deeds = {"work": doing.work, "fix": doing.fix}
        loud = {"check": doing.check, "merge": doing.merge, "finish": doing.finish} | dict.fromkeys(JUDGES, doing.judge)
        if request.kind in loud:
            return loud[request.kind](out)
        if request.kind not in deeds:
            raise UsageError(f"There is no step {request.kind}.", hints=[f"one of {', '.join((*deeds, *loud))}"])
        return deeds[request.kind]()


def _run_of(here: Workspace) -> Run:
    run, files = here.world.env.get("VOLON_RUN", ""), run_files(here)
    if not is_ulid(run) or opened(files, layout.RUNS / run) is None:
        hints = ["volon conduct start", "volon conduct resume"]
        raise UsageError("Steps are run by the pipeline of a plan, and by nothing else.", hints=hints)
    return Run(here, files, layout.RUNS / run)


class Step:
    """One step, with all that it stands on: its request, its run, its plan and phase, and both working trees."""

    def __init__(self, here: Workspace, main: Workspace, run: Run, request: StepRequest) -> None:
        self.here, self.main, self.run, self.request = here, main, run, request
        self.plan: Plan = find_plan(main.store, request.plan_id)
        if not 1 <= request.phase <= len(self.plan.ready.phases):
            raise UsageError(f"{self.plan.id} has no phase {request.phase}.")
        self.phase: ReadyPhase = self.plan.ready.phases[request.phase - 1]
        self.start = self.plan.start(request.phase)

    def said(self, says: str, lines: tuple[str, ...] = (), code: int = 0) -> ConductStepResult:
        """What the step did, in a sentence."""
        asked = self.request
        return ConductStepResult(
            plan_id=self.plan.id, phase=asked.phase, step=asked.kind, says=says, lines=lines, exit_code=code
        )

    def see_that_it_was_finished(self) -> None:
        """Believe no result of this run that its own last step did not write.

        Raises:
            Corrupt: somebody else did, a worker, say.
        """
        if self.phase.number in forged(self.plan, self.run):
            raise not_finished(self.plan, self.phase.number)

    def is_committed(self) -> bool:
        """Whether the phase was committed, and its result was not written, or is in another clone."""
        from volon.repo.phases import made  # noqa: PLC0415  as below

        return made(self.main.repository, self.start, self.plan.mark(self.phase.number)) is not None

    def work(self) -> NoReturn:
        """Become the worker of a module; apart, from what the branch holds now."""
        if self.here is not self.main:
            from volon.repo.phases import advance  # noqa: PLC0415  most steps touch no files

            advance(self.here.repository, self.main.repository.git.resolve("HEAD") or "")
        self.become("implement")

    def fix(self) -> ConductStepResult:
        """Become the worker that fixes what the check before found; where it found nothing, do nothing."""
        number = self.request.round - 1
        found = self.round(number)
        if not found:
            raise CheckFailed(f"check {number} of phase {self.request.phase} left no record")
        if not self.passed(number):
            failed = "\n\n".join(failures(body) for values, body in found if not values["passed"])
            self.become("fix", f"## What failed\n\n{failed}")
        return self.said("the check passed: nothing to fix")

    def become(self, role: str, more: str = "") -> NoReturn:
        """Be a worker from now on; arguments as of `told`."""
        from volon.foreground import NotStarted, become  # noqa: PLC0415  most steps start nothing

        words, env = self.told(role, more)
        try:
            become(self.main.world.processes, words, env)
        except NotStarted as error:
            raise CheckFailed(error.reason) from error

    def told(self, role: str, more: str = "", directory: Path | None = None) -> tuple[list[str], dict[str, str]]:
        """Write down what a worker is told; return the words that start it, and its variables.

        Args:
            role: what it is to do.
            more: what stands in its brief besides.
            directory: where it works, unless that is where the step stands.
        """
        place, tag = layout.reports_place(self.plan.id, self.run.id), self.tag
        # Below the plan's own working tree: that of a ticket apart is gone before anybody reads it.
        files = run_files(self.main)
        files.mkdir(place)
        root = self.main.repository.root
        report, told = root / place.path / f"{tag}.md", self.plan.place / "briefs" / f"{tag}.md"
        text = brief(
            self.phase,
            role,
            module=self.request.module,
            directory=str(directory or self.here.repository.root),
            report=str(report),
            start=self.start,
            known=handed_on(self.plan.found, learnt_by(self.main.store, self.plan)),
            more=more,
        )
        self.put({told: text.encode("utf-8", "surrogateescape")}, f"brief of {tag}")
        env = {"VOLON_BRIEF": str(root / told.path), "VOLON_REPORT": str(report), "VOLON_MODULE": self.request.module}
        env |= {"VOLON_PLAN": self.plan.id, "VOLON_PHASE": str(self.request.phase), "VOLON_ROLE": role}
        return worker_words(self.request.worker, env["VOLON_BRIEF"], text), {**self.main.world.env, **env}

    @property
    def tag(self) -> str:
        """The attempt that this is: its ticket and its number."""
        env = self.main.world.env
        return f"{env.get('VOLON_TICKET', _PLACEHOLDER)}.{env.get('VOLON_ATTEMPT', '1')}"

    def merge(self, out: BinaryIO) -> ConductStepResult:
        """Bring what the modules made to the branch, all of it or nothing."""
        from volon.usecases.conduct.merging import merge  # noqa: PLC0415  most phases have one module

        return merge(self, out)

    def judge(self, out: BinaryIO) -> ConductStepResult:
        """Have a worker look at what has passed its checks."""
        from volon.usecases.conduct.judging import judge  # noqa: PLC0415  most plans have no such workers

        return judge(self, out)

    def check(self, out: BinaryIO) -> ConductStepResult:
        """Look at all five, and write down what was found; only the last check of a phase fails."""
        asked = self.request
        self.on_branch()
        if asked.round and self.stands(asked.round - 1):
            found, body = [], "\n\n".join(text for _, text in self.round(asked.round - 1))
        else:
            found = self.validated(out)
            body = check_body(found)
        return self.found(found, body)

    def validated(self, out: BinaryIO) -> list[Validation]:
        """What each of the five validations finds."""
        from volon.usecases.conduct.validations import validated  # noqa: PLC0415  many follow a check that passed

        return validated(self.main, self.phase, self.start, self.request, out)

    def found(self, found: list[Validation], body: str) -> ConductStepResult:
        """Write down what a check found, or a worker that looks at a phase; only the last of them fails."""
        asked = self.request
        passed = all(one.state != "failed" for one in found)
        values = {
            "plan_id": self.plan.id,
            "phase": asked.phase,
            "run": self.run.id,
            "round": asked.round,
            "passed": passed,
            "checked_at": self.now(),
            "tree": self.tree(),
        }
        place = self.check_place(asked.round, asked.kind)
        self.put({place: rendered(CHECK, values, body)}, f"{asked.kind} {asked.round} of phase {asked.phase}")
        lines = tuple(f"{one.state:<8}{one.name}: {one.says}" for one in found)
        if passed:
            return self.said("passed" if found else "nothing has been changed since the check before passed", lines)
        return self.said(f"failed: {place.path}", lines, 1 if asked.last else 0)

    def tree(self) -> str:
        """What tells the working tree of the plan from any other state of it."""
        from volon.usecases.conduct.discoveries import tree_of_work  # noqa: PLC0415  many steps look at no files

        return "-".join(tree_of_work(self.main))

    def stands(self, number: int) -> bool:
        """Whether all passed there, and the files are those that were looked at."""
        return self.passed(number) and self.round(number)[-1][0]["tree"] == self.tree()

    def finish(self, out: BinaryIO) -> ConductStepResult:
        """Commit the phase, then write down its result, which makes it complete."""
        from volon.usecases.conduct.finishing import finish  # noqa: PLC0415  one step of many

        return finish(self, out)

    def on_branch(self) -> str:
        """HEAD, which has to be on the branch of the plan, and to have what the phase began from."""
        from volon.repo.phases import holds  # noqa: PLC0415  as above
        from volon.repo.questions import current_branch  # noqa: PLC0415  as above

        own = self.main.repository
        name, head = current_branch(own), own.git.resolve("HEAD")
        if name != self.plan.branch or head is None:
            message = f"{self.plan.id} commits to {self.plan.branch}, and HEAD is on {name or 'no branch'}"
            raise CheckFailed(message, hints=[f"git switch {self.plan.branch}, then resume"])
        if not holds(own, self.start):
            message = f"HEAD does not hold {self.start[:12]}, which phase {self.phase.number} began from"
            hints = [f"to have both: git merge {self.start[:12]}", "git reflog", way_on(self.plan.id)]
            raise CheckFailed(message, hints=hints)
        return head

    def round(self, number: int, judges: tuple[str, ...] = JUDGES) -> list[tuple[dict[str, Any], str]]:
        """What was found before one fix, or after the last: the values and text of the check, and of who looked on."""
        found = [self.checked(number, kind) for kind in ("check", *judges)]
        return [one for one in found if one is not None] if found[0] else []

    def passed(self, number: int) -> bool:
        """Whether something was looked at there, and nothing failed."""
        return bool(found := self.round(number)) and all(values["passed"] for values, _ in found)

    def checked(self, number: int, kind: str = "check") -> tuple[dict[str, Any], str] | None:
        """A check of this run, or what a worker found: its values and its text."""
        place = self.check_place(number, kind)
        data = self.main.store.read(place)
        if data is None:
            return None
        values, body = parsed(CHECK, data, place.path)
        return (values, body) if values["run"] == self.run.id else None

    def check_place(self, number: int, kind: str = "check") -> Place:
        """Where the record of a check is."""
        return self.plan.place / "checks" / f"p{self.phase.number}.{kind}.{number}.md"

    def now(self) -> str:
        """The time, as records have it."""
        return self.main.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    def put_whole(self) -> None:
        """Finish what was cut short: readers see a result before it is a file, and files are what is carried on."""
        with self.main.store.begin("conduct", on_wait=self.main.on_wait):
            pass

    def put(self, files: dict[Place, bytes], summary: str, *, create: bool = False) -> None:
        """Write records, all of them or none."""
        with self.main.store.begin("conduct", on_wait=self.main.on_wait) as tx:
            for place, data in files.items():
                if create:
                    tx.create(place, data)
                else:
                    tx.put(place, data)
            tx.commit(f"{self.plan.id} {summary}", said=True)
