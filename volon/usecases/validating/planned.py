"""Judge the plans of `volon conduct` whole: what they were made of, and results that follow on each other.

Source: contract §3 (plans), §8.6 (claims check); seed 002 (phases complete and results must be the same).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.checks.planned import is_plan_record
from volon.model.conduct.checklist import POINTS
from volon.model.conduct.records import COMPLETE, PLAN, RESULT, ROLLBACK, lost_rollback
from volon.model.problems import Problem
from volon.model.records.fields import decode
from volon.model.syntax.frontmatter import Document
from volon.model.text import digest
from volon.plain import dataclass
from volon.store import layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from typing import Any

    from volon.files import Place
    from volon.repo.vouching import GitEvidence
    from volon.store.store import Reader


def plan_records(reader: Reader) -> list[Place]:
    """Return the records of all plans, with the specification each was made of."""
    found = []
    for plan in reader.listdir(layout.PLANS):
        top = layout.PLANS / plan
        kinds = ("checks", "discoveries", "results", "rolled-back")
        below = [top / kind / name for kind in kinds for name in reader.listdir(top / kind)]
        said = [top / name for name in reader.listdir(top) if name.startswith("complete")]
        found += [place for place in (top / "plan.md", *said, *below) if is_plan_record(place.path)]
        found += [top / "READY.md"] if "READY.md" in reader.listdir(top) else []
    return found


def planned(reader: Reader, paths: Collection[str], evidence: GitEvidence) -> Iterator[Problem]:
    """Say what is wrong with plans whose files are concerned, each taken whole.

    Args:
        reader: where records are read: the store, or the index.
        paths: files that were looked at, or changed.
        evidence: what git says.
    """
    start = f"{layout.PLANS.path}/"
    ids = {path.removeprefix(start).partition("/")[0] for path in paths if path.startswith(start)}
    for plan in sorted(ids):
        place = layout.PLANS / plan
        names = reader.listdir(place)
        if names and "plan.md" not in names:
            path = (place / "plan.md").path
            yield Problem(path, 1, 1, None, "conduct-plan.missing", f"{path} is gone")
        if (head := _read(reader, place / "plan.md", PLAN)) is None:
            continue
        yield from _ready(reader, place, head)
        phases = _phases(reader, place, head)
        yield from _results(reader, place, evidence, phases)
        yield from _complete(reader, place, phases)
        yield from _rolled_back(reader, place / "rolled-back")


@dataclass(frozen=True, slots=True)
class _Record:
    place: Place
    document: Document
    values: dict[str, Any]

    def problem(self, rule: str, key: str, message: str, severity: str = "error") -> Problem:
        return Problem(self.place.path, self.document.line_of(key), 1, key, rule, message, None, severity)


def _read(reader: Reader, place: Place, fields: tuple[Any, ...]) -> _Record | None:
    """A record that keeps its own rules; of another, those are told already."""
    try:
        data = reader.read(place)
        document = None if data is None else Document.parse(data, place.path)
    except VolonError:
        return None
    if document is None:
        return None
    values, problems = decode(document, fields, "")
    return None if problems else _Record(place, document, values)


def _ready(reader: Reader, place: Place, head: _Record) -> Iterator[Problem]:
    copy = place / "READY.md"
    try:
        data = reader.read(copy)
    except VolonError:
        data = None
    if data is None or digest(data) != head.values["ready_sha256"]:
        what = "is gone" if data is None else f"is not what {place.name} was made of"
        yield Problem(copy.path, 1, 1, None, "conduct-plan.ready-changed", f"{copy.path} {what}")


def _phases(reader: Reader, place: Place, head: _Record) -> tuple[int, ...]:
    """The numbers of the plan's phases; none where its specification cannot be read, which is told already."""
    from volon.model.conduct.parts import part_of  # noqa: PLC0415  few repositories have plans
    from volon.model.conduct.reading import parse_ready  # noqa: PLC0415  as above

    try:
        ready = parse_ready(reader.read(place / "READY.md") or b"", place.path)
        return tuple(one.number for one in part_of(ready, head.values["part"]).phases)
    except VolonError:
        return ()


def _results(reader: Reader, place: Place, evidence: GitEvidence, phases: tuple[int, ...]) -> Iterator[Problem]:
    """Results are numbered from one without a gap, each named after its phase."""
    directory = place / "results"
    found = [_read(reader, directory / name, RESULT) for name in reader.listdir(directory)]
    results = sorted((one for one in found if one), key=lambda one: int(one.values["phase"]))
    evidence.announce(one.values["checkpoint"] for one in results)
    broken = len(results) < len(found)
    for number, one in enumerate(results, 1):
        phase = one.values["phase"]
        if one.place.name != f"phase-{phase}.md" or (phase != number and not broken):
            message = f"the result of phase {phase}" + (f", and phase {number} has none" if phase != number else "")
            yield one.problem("conduct-result.out-of-order", "phase", message)
        elif phases and phase not in phases:
            message = f"the plan has {len(phases)} phase{'s' * (len(phases) > 1)}, and this is the result of {phase}"
            yield one.problem("conduct-result.out-of-order", "phase", message)
        if not _is_there(reader, one.values["check"]):
            yield one.problem("conduct-result.check-missing", "check", f"{one.values['check']} is not there", "warning")
        # A shallow or partial clone may well be without it.
        if not (evidence.partial or evidence.has_object(one.values["checkpoint"])):
            message = f"{one.values['checkpoint']} is not in this repository"
            yield one.problem("conduct-result.commit-missing", "checkpoint", message, "warning")


def _complete(reader: Reader, place: Place, phases: tuple[int, ...]) -> Iterator[Problem]:
    """What is called complete has the result of each phase; by force it may be without, and says so."""
    one = _read(reader, place / "complete.md", COMPLETE)
    if one is None or POINTS[0] in (one.values["failed"] or ()):
        return
    names = reader.listdir(place / "results")
    if missing := [str(number) for number in phases if f"phase-{number}.md" not in names]:
        message = f"{place.name} is called complete, and these phases have no result: {', '.join(missing)}"
        yield one.problem("conduct-complete.phases-missing", "failed", message)


def _rolled_back(reader: Reader, directory: Place) -> Iterator[Problem]:
    """Rollbacks are numbered from one without a gap, each named after its number, with what it set aside beside it."""
    names = reader.listdir(directory)
    rule = "conduct-rollback.out-of-order"
    if lost := lost_rollback(names):
        yield Problem((directory / lost[1]).path, 1, 1, None, rule, f"rollback {lost[0]} has no record")
    for one in (_read(reader, directory / name, ROLLBACK) for name in names if "-" not in name):
        if one is None:
            continue
        number = one.values["number"]
        if one.place.name != f"{number}.md":
            yield one.problem(rule, "number", f"rollback {number} is in {one.place.name}")
        aside = [f"{number}-phase-{phase}.md" for phase in one.values["phases"] or ()]
        if missing := [name for name in aside if name not in names]:
            message = f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not there"
            yield one.problem("conduct-rollback.result-missing", "phases", message, "warning")


def _is_there(reader: Reader, path: str) -> bool:
    directory, _, name = path.rpartition("/")
    place = layout.PLANS / directory.removeprefix(f"{layout.PLANS.path}/")
    return directory.startswith(f"{layout.PLANS.path}/") and name in reader.listdir(place)
