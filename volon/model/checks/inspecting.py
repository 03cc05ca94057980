"""What one record says by its bytes alone: the rules it breaks, and what has to be known of it to judge claims.

Pure and without a clock, so that its answers may be kept by digest and many files may be looked at in parallel.

Source: contract §4 (`volon validate`).
"""

from __future__ import annotations

from volon.model.checks import checking
from volon.model.checks.claims import Said, said_by
from volon.model.problems import RecordError
from volon.model.records.capsule import check_capsule
from volon.model.records.checkpoint import Checkpoint, parse_checkpoint, verify
from volon.model.records.task import check_task
from volon.model.syntax.frontmatter import Document
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.problems import Problem

_TASKS, _CAPSULES = ".volon/tasks", ".volon/pcc/tasks"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file.

    Attributes:
        problems: the rules of its format that it breaks.
        said: what it claims, when it is a capsule that can be read.
        status: where it stands, when it is a task that can be read.
    """

    problems: tuple[Problem, ...]
    said: Said | None = None
    status: str | None = None


def inspect(data: bytes, path: str) -> Inspection:
    """Look at one record; a file volon has no rules for has no problems."""
    directory, name = path.rpartition("/")[::2]
    if directory not in (_TASKS, _CAPSULES) or not name.endswith(".md"):
        return Inspection(checking.check_record(data, path))
    try:
        document = Document.parse(data, path)
    except RecordError as error:
        return Inspection(error.problems)
    if directory == _TASKS:
        return Inspection(check_task(document), status=document.get("status"))
    return Inspection(check_capsule(document), said=said_by(document))


def vouching(data: bytes, path: str) -> Checkpoint | None:
    """A checkpoint that can vouch for its pause: it has an identity, and its digests hold."""
    try:
        document = Document.parse(data, path)
        return parse_checkpoint(document) if document.get("uid") and not verify(document) else None
    except RecordError:
        return None
