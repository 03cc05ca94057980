"""What the use-cases return: frozen, plain values that every renderer dresses in its own way.

A result says what happened and nothing about how it looks. Its fields are part of `--json` and so part of the
contract: `SCHEMA` names the version, and `volon schema COMMAND` prints the JSON Schema derived from the class. All of
them are in `volon.model.results.table`.

Source: contract §4 (`--json`), design §1.
"""

from __future__ import annotations

from volon.errors import ExitCode
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The base of all results.

    Attributes:
        exit_code: what the process will exit with; see docs/EXIT_CODES.md.
        dry_run: nothing was written; the result says what would have been.
        warnings: sentences a person should see, each with the command that resolves it.
    """

    SCHEMA: ClassVar[str]

    exit_code: int = ExitCode.DONE
    dry_run: bool = False
    warnings: tuple[str, ...] = ()
