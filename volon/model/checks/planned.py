"""Which rules apply to which file of a plan.

Source: contract §3 (plans), §4 (`volon validate`).
"""

from __future__ import annotations

from volon.model.conduct.records import CHECK, COMPLETE, DISCOVERY, PLAN, RESULT, ROLLBACK, found_name
from volon.model.problems import Problem
from volon.model.records.fields import decode
from volon.model.syntax.frontmatter import Document
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.records.fields import Field

TOP = ".volon/plans"
_RECORDS = (
    (PLAN, pattern(r"plan\.md")),
    (CHECK, pattern(r"checks/[^/]+\.md")),
    (DISCOVERY, pattern(r"discoveries/[^/]+\.md")),
    (RESULT, pattern(r"results/[^/]+\.md|rolled-back/[0-9]+-phase-[0-9]+\.md")),
    (ROLLBACK, pattern(r"rolled-back/[0-9]+\.md")),
    (COMPLETE, pattern(r"complete(?:\.check)?\.md|rolled-back/[0-9]+-complete(?:-whole)?\.md")),
)
_PLACE = pattern(r"\.volon/plans/PLAN-[0-9]{8}-[0-9]{3,9}/(.+)")


def check_plan_file(data: bytes, path: str) -> tuple[Problem, ...]:
    """Every rule that a file below a plan's directory breaks by itself; nothing for what is no record there.

    Raises:
        RecordError: it cannot be read.
    """
    fields = _fields(path)
    if fields is None:
        return ()
    document = Document.parse(data, path)
    values, problems = decode(document, fields, fields[0].choices[0])
    number, name = values.get("number"), path.rpartition("/")[2]
    if fields is DISCOVERY and number is not None and found_name(number) != name:
        message = f"number {number} is in {name}"
        line = document.line_of("number")
        return (*problems, Problem(path, line, 1, "number", "conduct-discovery.misnumbered", message))
    return problems


def is_plan_record(path: str) -> bool:
    """Whether a file below a plan's directory is one of its records."""
    return _fields(path) is not None


def _fields(path: str) -> tuple[Field, ...] | None:
    found = _PLACE.fullmatch(path)
    return next((fields for fields, names in _RECORDS if names.fullmatch(found[1])), None) if found else None
