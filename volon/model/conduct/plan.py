"""The plan made of a READY.md: a pipeline that anybody can read, and edit before it runs.

Conduct has no engine: each phase becomes tickets of an ordinary pipeline, in sequence by what they need. Whatever a
ticket would run stands in that file, test commands and workers too, so that one digest covers all of it.

Source: seed 002 (Execute Each Phase); contract §6, §7 (Consent).
"""

from __future__ import annotations

from volon.model.syntax.frontmatter import render_scalar
from volon.plain import NamedTuple, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from volon.model.conduct.ready import Ready, ReadyPhase

JUDGES = ("test", "review")
"""The workers that look at a phase once its checks have passed, in this order; what one says is a check, too."""
BRIEF = "{brief}"
"""What is replaced in a worker's words by the path of its brief; it is the last word where none says so."""
TEXT = "{text}"
"""What is replaced by the brief itself: of some agents no file may be read that git ignores, or that lies elsewhere."""
_LONGEST = 96 << 10
MOST_FIXES = 9


class Workers(NamedTuple):
    """Who does the work: words that start a program; none where there is nobody for it."""

    implement: tuple[str, ...]
    fix: tuple[str, ...]
    merge: tuple[str, ...] = ()
    test: tuple[str, ...] = ()
    review: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a plan would run, and for what."""

    role: str
    line: str


def commands(ready: Ready, workers: Workers) -> tuple[Command, ...]:
    """Return every command that a plan would run, each once, in the order in which they come up."""
    named = {"tester" if role == "test" else role: words for role, words in zip(workers._fields, workers, strict=True)}
    found = [Command(role, _shown(words)) for role, words in named.items() if words]
    found += [Command("test", line) for phase in ready.phases for line in phase.tests]
    found += [Command("lint", line) for line in ready.lint] + [Command("imports", line) for line in ready.imports]
    return tuple(dict.fromkeys(found))


def compiled(ready: Ready, plan_id: str, program: Sequence[str], workers: Workers, fixes: int) -> str:
    """Return the pipeline of a plan.

    Args:
        ready: what is to be carried out.
        plan_id: the plan's.
        program: the words that start volon.
        workers: who does the work.
        fixes: how often a phase that fails its checks is handed to the fix worker.
    """
    lines = [
        f"# {plan_id}: made by `volon conduct start` of READY.md. Edit it before it runs; a change made later is shown",
        "# and has to be agreed to. What the steps do: docs/CONDUCT.md.",
        "version: 1",
        f"name: {plan_id}",
        "tickets:",
    ]
    maker = _Maker(ready, plan_id, tuple(program), workers, fixes)
    before: tuple[str, ...] = ()
    for phase in ready.phases:
        lines += maker.phase(phase, before)
        before = (f"p{phase.number}.finish",)
    return "\n".join(lines) + "\n"


class _Maker:
    def __init__(self, ready: Ready, plan_id: str, program: tuple[str, ...], workers: Workers, fixes: int) -> None:
        self.ready, self.id, self.program, self.workers, self.fixes = ready, plan_id, program, workers, fixes

    def phase(self, phase: ReadyPhase, before: tuple[str, ...]) -> Iterator[str]:
        n, alone = phase.number, len(phase.modules) <= 1
        yield f"  # Phase {n}: {render_scalar(phase.name)}"
        for module in phase.modules:
            words = ("--module", module, "--", *self.workers.implement)
            where = "inplace" if alone else "worktree"
            yield from self.ticket(f"p{n}.implement.{module}", before, where, self.step("work", n, words))
        # Whoever integrates implements nothing.
        before = tuple(f"p{n}.implement.{module}" for module in phase.modules) or before
        if not alone:
            words = ("--", *self.workers.merge) if self.workers.merge else ()
            yield from self.ticket(f"p{n}.merge", before, "inplace", self.step("merge", n, words), "safe")
            before = (f"p{n}.merge",)
        for number in range(self.fixes + 1):
            if number:
                fix = self.step("fix", n, ("--round", str(number), "--", *self.workers.fix))
                yield from self.ticket(f"p{n}.fix.{number}", before, "inplace", fix)
                before = (f"p{n}.fix.{number}",)
            words = ("--round", str(number), *(("--last",) if number == self.fixes else ()), *self.checks(phase))
            yield from self.ticket(f"p{n}.check.{number}", before, "inplace", self.step("check", n, words), "safe")
            before = (f"p{n}.check.{number}",)
            for role in JUDGES:
                if worker := getattr(self.workers, role):
                    judge = self.step(role, n, (*words, "--", *worker))
                    yield from self.ticket(f"p{n}.{role}.{number}", before, "inplace", judge)
                    before = (f"p{n}.{role}.{number}",)
        yield from self.ticket(f"p{n}.finish", before, "inplace", self.step("finish", n), "safe")

    def checks(self, phase: ReadyPhase) -> Iterator[str]:
        named = (("test", phase.tests), ("imports", self.ready.imports), ("lint", self.ready.lint))
        for name, lines in named:
            for line in lines:
                yield from (f"--{name}", line)

    def step(self, kind: str, phase: int, more: tuple[str, ...] = ()) -> tuple[str, ...]:
        return (*self.program, "conduct", "step", kind, self.id, str(phase), *more)

    @staticmethod
    def ticket(name: str, needs: tuple[str, ...], where: str, words: tuple[str, ...], rerun: str = "") -> Iterator[str]:
        yield f"  - id: {name}"
        if needs:
            yield f"    needs: {render_scalar(list(needs))}"
        yield f"    isolation: {where}"
        if rerun:
            yield f"    rerun: {rerun}"
        yield f"    run: {render_scalar(list(words))}"


def _shown(words: tuple[str, ...]) -> str:
    import shlex  # noqa: PLC0415  only where commands are shown

    return shlex.join(words if any(BRIEF in word or TEXT in word for word in words) else (*words, BRIEF))


def worker_words(words: Sequence[str], brief: str, text: str) -> list[str]:
    """Return a worker's command line with its brief in it: the path, or the text where there is room for it."""
    short = len(text.encode("utf-8", "surrogateescape")) <= _LONGEST
    what = text if short else f"Read {brief} and do what it says."
    said = [word.replace(BRIEF, brief).replace(TEXT, what) for word in words]
    return said if said != list(words) else [*said, brief]
