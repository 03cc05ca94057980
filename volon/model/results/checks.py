"""What checking records returns: problems, and what a rule says.

Source: contract §4 (`volon validate`).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemView:
    """One complaint about one file; lines and columns count from 1; `rule` is one of docs/RULES.md.

    Attributes:
        severity: `error`, `warning`, or `note` for what could not be verified.
        key: the key path, such as `paused_commit` or `key_files[0]`.
    """

    path: str
    rule: str
    message: str
    severity: str = "error"
    line: int | None = None
    column: int | None = None
    key: str | None = None
    hint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidateResult(Result):
    """The records that were checked and what is wrong with them.

    Attributes:
        checked: how many records were looked at.
        staged: whether the index was looked at instead of the working tree.
    """

    SCHEMA: ClassVar[str] = "volon/validate@1"

    checked: int
    problems: tuple[ProblemView, ...] = ()
    staged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult(Result):
    """What one rule says, with an example of each kind."""

    SCHEMA: ClassVar[str] = "volon/validate-rule@1"

    rule: str
    severity: str
    exits: int
    says: str
    advice: str
    where: str
    wrong: str
    right: str
