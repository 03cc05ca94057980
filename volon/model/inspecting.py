"""What one record says by its bytes alone: the rules it breaks, and what has to be known of it to judge claims.

Pure and without a clock, so that its answers may be kept by digest and many files may be looked at in parallel.

Source: contract §4 (`volon validate`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from volon.model import checking
from volon.model.checkpoint import Checkpoint, parse_checkpoint, verify
from volon.model.claims import Said, said_by
from volon.model.frontmatter import Document
from volon.model.problems import RecordError

if TYPE_CHECKING:
    from volon.model.problems import Problem

CAPSULES, CHECKPOINTS = ".volon/pcc/tasks/", ".design/checkpoints/"


@dataclass(frozen=True, slots=True)
class Inspection:
    """What was found in one file.

    Attributes:
        problems: the rules of its format that it breaks.
        said: what it claims, when it is a capsule that can be read.
    """

    problems: tuple[Problem, ...]
    said: Said | None = None


def inspect(data: bytes, path: str) -> Inspection:
    """Look at one record; a file volon has no rules for has no problems."""
    problems = checking.check_record(data, path)
    try:
        said = said_by(Document.parse(data, path)) if path.startswith(CAPSULES) and path.endswith(".md") else None
    except RecordError:
        said = None
    return Inspection(problems, said)


def vouching(data: bytes, path: str) -> Checkpoint | None:
    """A checkpoint that can vouch for its pause: it has an identity, and its digests hold."""
    try:
        document = Document.parse(data, path)
        return parse_checkpoint(document) if document.get("uid") and not verify(document) else None
    except RecordError:
        return None
