"""One complaint about one place in one file, and the errors that carry such complaints.

A problem always says where it is (file, line, column, key path), which rule it breaks and what to do about
it. Checks return problems; only a record that cannot be used at all raises.

Source: contract §1 (problem), §4 (exit codes), reliability S9 and G4.
"""

from __future__ import annotations

from volon.errors import Corrupt, HumanConflict
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One broken rule.

    Attributes:
        path: the file, relative to the repository root with `/`.
        line: 1-based line in the file, or None when the complaint is about the whole file.
        column: 1-based column, or None.
        key: the key path such as `hooks.on_pause[0].argv`, or None.
        rule: a stable id, `<record>.<what>`, such as `capsule.section-missing`.
        message: what is wrong, as one sentence.
        hint: the way out, or None.
        severity: `error`, or `warning` for what deserves a look and stops nothing.
    """

    path: str
    line: int | None
    column: int | None
    key: str | None
    rule: str
    message: str
    hint: str | None = None
    severity: str = "error"

    @property
    def where(self) -> str:
        """`path:line:column`, as far as known; what editors and terminals make clickable."""
        return ":".join(str(part) for part in (self.path, self.line, self.column) if part is not None)

    def __str__(self) -> str:
        """`where: key: message [rule]`."""
        key = f" {self.key}:" if self.key else ""
        return f"{self.where}:{key} {self.message} [{self.rule}]"


class RecordError(Exception):
    """Mixed into the errors below: whatever refuses a record says which problems it found."""

    problems: tuple[Problem, ...]

    @property
    def problem(self) -> Problem:
        """The first, and mostly only, problem."""
        return self.problems[0]


class UnreadableRecord(RecordError, Corrupt):
    """The file is no readable record: bad encoding, unclosed frontmatter, forbidden YAML. Exit 9."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.where}: {problem.message}", hints=_hints((problem,)))
        self.problems = (problem,)


class FrontmatterError(UnreadableRecord):
    """The YAML is outside the subset that volon accepts. Exit 9."""


class ConflictMarkers(RecordError, HumanConflict):
    """An unfinished merge: the file still holds conflict markers and is not guessed at. Exit 7."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.where}: {problem.message}", hints=_hints((problem,)))
        self.problems = (problem,)


class InvalidRecord(RecordError, Corrupt):
    """The file can be read, but what it says cannot be used. Exit 9.

    Args:
        path: the record's path.
        problems: at least one.
    """

    def __init__(self, path: str, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            f"{path} cannot be used as it is",
            causes=[str(problem) for problem in self.problems],
            hints=_hints(self.problems),
        )


def _hints(problems: Iterable[Problem]) -> list[str]:
    return list(dict.fromkeys(problem.hint for problem in problems if problem.hint))
