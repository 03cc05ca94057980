"""Preflight: what was recorded at the pause, what is observed now → findings. A pure function, and nothing else.

Each finding has a code of `volon.model.drift.codes`, says in one sentence what is the case, and gives a command
that shows or resolves it. No command destroys anything, and commits in it are ids, never names that may move.

Source: contract §5, §7; reliability G6, G7.
"""

from __future__ import annotations

from volon.model.drift import head as preflight_head
from volon.model.drift import tree as preflight_tree
from volon.model.drift.codes import CODES, Severity
from volon.model.drift.finding import Finding, called, finding
from volon.model.drift.observed import Fate
from volon.model.text import clip_line
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from volon.model.drift.observed import Observed, PausedState, RecordFacts
    from volon.model.problems import Problem

__all__ = ["CODES", "Finding", "Preflight", "Severity", "preflight"]

_ORDER = {code: place for place, code in enumerate(CODES)}
_LETTERS = 60
_WENT_ON = frozenset({Fate.EDITED, Fate.MOVED_ON, Fate.RENAMED})


@dataclass(frozen=True, slots=True)
class Preflight:
    """The outcome.

    Attributes:
        findings: in the order of the table of codes.
        changed_since: paths in the working tree that changed after the pause.
    """

    findings: tuple[Finding, ...]
    changed_since: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """The worst of all findings; `ok` when there are none."""
        ranks = list(Severity)
        return max((found.severity for found in self.findings), key=ranks.index, default=Severity.OK)

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all findings, in order."""
        return tuple(found.code for found in self.findings)


def preflight(paused: PausedState, observed: Observed, records: RecordFacts) -> Preflight:
    """Return what a person should know before the work goes on.

    Args:
        paused: what the pause recorded.
        observed: what the repository answers now, about that pause.
        records: what volon's own records say.
    """
    found = [*_repository(paused, observed), *_records(paused, records)]
    after = {fate.change.path for fate in observed.fates if fate.fate in _WENT_ON}
    fresh = {change.path for change in observed.fresh} if paused.changes is not None else set()
    return Preflight(tuple(sorted(found, key=lambda f: _ORDER[f.code])), tuple(sorted(after | fresh)))


def _repository(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    if paused.known:
        yield from preflight_head.judge(paused, observed)
        yield from preflight_tree.judge(paused, observed)
        yield from _seldom(paused, observed)
    yield from _operation(paused, observed)


def _seldom(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """What has nothing to say of most pauses; the rules are loaded where there is something to judge."""
    if paused.upstream is not None or observed.facts.upstream is not None:
        from volon.model.drift import upstream  # noqa: PLC0415

        yield from upstream.judge(paused, observed)
    if observed.brought.head or observed.brought.upstream:
        from volon.model.drift import conflicts  # noqa: PLC0415

        yield from conflicts.judge(paused, observed)
    if observed.evidence:
        from volon.model.drift import evidence  # noqa: PLC0415

        yield from evidence.judge(paused, observed)


def _operation(paused: PausedState, observed: Observed) -> Iterator[Finding]:
    """Say what git is in the middle of; milder when it is exactly what the pause recorded."""
    facts = observed.facts
    if facts.operation is None:
        return
    of = f" of {facts.operation_branch}" if facts.operation_branch else ""
    head = f" ({facts.operation_head[:7]})" if facts.operation_head else ""
    same = (paused.operation, paused.operation_head) == (facts.operation, facts.operation_head)
    if same and paused.known:
        sentence = f"a {facts.operation}{of}{head} is in progress, as you left it"
        yield finding("operation.in-progress", sentence, command="git status", severity=Severity.WARNING)
    else:
        sentence = f"a {facts.operation}{of}{head} is in progress, and was not at the pause"
        yield finding("operation.in-progress", sentence, command="git status")


def _records(paused: PausedState, records: RecordFacts) -> Iterator[Finding]:
    if records.external_blockers:
        command = f"volon task unblock {records.task_id}"
        first, *rest = records.external_blockers
        said = clip_line(first, _LETTERS)
        detail = rest if said == first else records.external_blockers
        yield finding("blocker.external", f"waits for something outside: {said}", detail, command)
    if paused.known and paused.confidence == "low":
        yield finding("confidence.low", _doubt(len(paused.questions)), paused.questions, _show(paused, records))
    if records.capsule_missing:
        sentence = "none; the next actions come from open acceptance items and the last updates"
        yield finding("capsule.missing", sentence, command=f"volon task show {records.task_id}")
    yield from _broken("capsule.invalid", "breaks a rule", records.capsule_problems)
    yield from _broken("checkpoint.tampered", "is not what volon wrote", records.checkpoint_problems)


def _doubt(questions: int) -> str:
    open_ones = f"{questions} open question{'s' * (questions != 1)}" if questions else "no question was written down"
    return f"confidence is low; {open_ones}: have a person look first"


def _show(paused: PausedState, records: RecordFacts) -> str:
    if paused.checkpoint is None:
        return f"volon task show {records.task_id}"
    return f"volon checkpoint show {called(paused)}"


def _broken(code: str, what: str, found: tuple[Problem, ...]) -> Iterator[Finding]:
    problems = [problem for problem in found if problem.severity == "error"]
    if not problems:
        return
    more = f" ({len(problems)} problems)" if len(problems) > 1 else ""
    detail = tuple(f"{_where(problem)}: {problem.message}" for problem in problems)
    yield finding(code, f"{problems[0].path} {what}{more}", detail, "volon doctor --fix")


def _where(problem: Problem) -> str:
    return problem.path if problem.line is None else f"{problem.path}:{problem.line}"
