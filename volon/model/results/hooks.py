"""What the use-cases say about hooks and about trust.

Source: contract §6 (hooks), §2.15 (trust).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import StrEnum, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class HookState(StrEnum):
    """What became of a hook."""

    DONE = "done"
    FAILED = "failed"
    TIMED_OUT = "timed-out"
    NOT_STARTED = "not-started"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"
    UNTRUSTED = "untrusted"
    DENIED = "denied"
    WOULD_RUN = "would-run"


@dataclass(frozen=True, slots=True, kw_only=True)
class HookView:
    """One hook and what became of it.

    Attributes:
        event: `on_pause` or `on_resume`.
        op: the operation it ran for; that of an earlier pause when it was owed.
        exit_status: of the program; negative is the signal that ended it; None when it did not end by itself.
        reason: why it did not run, or how it failed, in a few words.
        output: the last lines it wrote.
    """

    event: str
    op: str
    argv: tuple[str, ...]
    state: str
    required: bool = False
    exit_status: int | None = None
    reason: str = ""
    output: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether it was to run and did not end well."""
        return self.state not in {HookState.DONE, HookState.WOULD_RUN, HookState.UNTRUSTED, HookState.DENIED}


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredView:
    """A file of the repository whose bytes an approval covers; `sha256` is None while it is not there."""

    path: str
    sha256: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandView:
    """A command that would run by itself.

    Attributes:
        program: the file that would be started, or None when there is none.
        files: what an approval covers.
        uncovered: what the words name as well, and no approval covers.
        problem: why it cannot be approved, or None.
    """

    event: str
    argv: tuple[str, ...]
    program: str | None
    timeout_seconds: int
    required: bool
    files: tuple[CoveredView, ...] = ()
    uncovered: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustResult(Result):
    """What would run here, and how that stands with this user.

    Attributes:
        verdict: `approved`, `denied`, `changed`, `unknown`, or `none` when nothing would run.
        done: what this command did: `shown`, `approved`, `denied` or `revoked`.
        directory: where the commands would run.
        digest: what to approve; None when nothing would run.
    """

    SCHEMA: ClassVar[str] = "volon/trust@1"

    verdict: str
    done: str
    directory: str
    settings: str | None
    digest: str | None
    reason: str = ""
    commands: tuple[CommandView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustEntryView:
    """One decision of this user; `present` says whether the directory still is the one it was made for."""

    root: str
    decision: str
    at: str
    digest: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustListResult(Result):
    """Every decision of this user on this machine."""

    SCHEMA: ClassVar[str] = "volon/trust-list@1"

    entries: tuple[TrustEntryView, ...]
