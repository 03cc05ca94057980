"""What a pause is composed from: what was said, what was seen, and the words for it. No reading, no writing.

Source: contract §4 (a note that nobody gave), §7 (definitions).
"""

from __future__ import annotations

from collections import Counter

from volon.model.syntax.gitpath import quote_path
from volon.model.text import one_line
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.evidence import Evidence
    from volon.model.facts import GitFacts
    from volon.model.records.capsulevalues import Capsule
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.requests import PauseRequest
    from volon.model.syntax.frontmatter import Document
    from volon.usecases.pausing.surroundings import Surroundings
    from volon.usecases.records import TaskFile

    CapsuleFile = tuple[Document, Capsule]

_NAMES_IN_NOTE = 3
DERIVED_MARK = " (derived)"
"""How a note ends that nobody gave."""


@dataclass(frozen=True, slots=True)
class Note:
    """The user's note, or one derived from what is there."""

    text: str
    derived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a pause is composed from; what git compares, and what was saved, comes last.

    With `imported_from` it is no pause of volon's, but what another tool wrote down.
    """

    request: PauseRequest
    facts: GitFacts
    now: datetime
    op: str
    note: Note
    task_file: TaskFile
    capsule: CapsuleFile | None
    previous: Checkpoint | None
    surroundings: Surroundings
    number: int
    commits: tuple[str, ...]
    missing_key_files: tuple[str, ...]
    snapshot: str | None = None
    diffstat: str = ""
    you_were: str | None = None
    capsule_template: str
    checkpoint_template: str
    handoff_template: str
    evidence: tuple[Evidence, ...] = ()
    imported_from: str | None = None

    @property
    def resumed(self) -> bool:
        """Whether the task was resumed after its last pause, so that the old next actions may be done."""
        return self.capsule is None or self.capsule[1].resumed_at is not None


def derived_note(facts: GitFacts, subject: str | None) -> Note:
    """Describe the work from the changed paths and the last commit, for a user who said nothing."""
    paths = [change.path for change in facts.changes]
    parts = []
    if facts.operation:
        parts.append(f"in the middle of a {facts.operation}")
    if paths:
        more = f" and {len(paths) - _NAMES_IN_NOTE} more" if len(paths) > _NAMES_IN_NOTE else ""
        parts.append("changing " + ", ".join(map(quote_path, paths[:_NAMES_IN_NOTE])) + more)
    if subject:
        parts.append(f'after "{one_line(subject)}"')
    return Note((one_line(" ".join(parts)) or "nothing changed yet") + DERIVED_MARK, derived=True)


def counts(facts: GitFacts) -> dict[str, int]:
    """Count the changed paths by kind."""
    return dict(Counter(change.kind for change in facts.changes))
