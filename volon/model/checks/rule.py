"""One rule that records are checked by: its name, how grave it is, what it wants, and how it looks broken and kept.

Source: contract §4 (`volon validate`, exit codes), §8.6.
"""

from __future__ import annotations

from volon.errors import ExitCode
from volon.plain import StrEnum, dataclass


class Gravity(StrEnum):
    """How grave it is to break a rule; the values are the severities of problems."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule.

    Attributes:
        id: `<record>.<what>`; stable: it may be retired, never renamed or given another meaning.
        says: what is wrong when it is broken, one sentence.
        advice: why it matters and what to do.
        where: the record that the examples belong to.
        wrong: lines that break the rule; `…` stands for what is too long to show.
        right: the same lines in order.
        gravity: how grave it is.
        exit_code: what `volon validate` exits with when nothing graver is found.
    """

    id: str
    says: str
    advice: str
    where: str
    wrong: str
    right: str
    gravity: Gravity = Gravity.ERROR
    exit_code: ExitCode = ExitCode.FAILED

    @property
    def name(self) -> str:
        """The rule's name in words and without marks, as tools want it: `CapsuleSectionMissing`."""
        return "".join(part.capitalize() for part in self.id.replace(".", "-").split("-"))


def warning(id: str, says: str, advice: str, where: str, wrong: str, right: str) -> Rule:  # noqa: A002
    """A rule that deserves a look and stops nothing."""
    return Rule(id, says, advice, where, wrong, right, Gravity.WARNING, ExitCode.DONE)


def unreadable(id: str, says: str, advice: str, where: str, wrong: str, right: str) -> Rule:  # noqa: A002
    """A rule without which the file is no record at all."""
    return Rule(id, says, advice, where, wrong, right, Gravity.ERROR, ExitCode.CORRUPT)


def unmerged(id: str, says: str, advice: str, where: str, wrong: str, right: str) -> Rule:  # noqa: A002
    """A rule that an unfinished merge breaks."""
    return Rule(id, says, advice, where, wrong, right, Gravity.ERROR, ExitCode.HUMAN_CONFLICT)
