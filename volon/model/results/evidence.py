"""What the use-cases say about commands that were run.

Source: contract §4 (`volon run`), §8.5 (evidence).
"""

from __future__ import annotations

from volon.model.results import Result
from volon.plain import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar

    from volon.model.drift.observed import Again
    from volon.model.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputView:
    """What came out: how many bytes, and the SHA-256 of all of them."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgainView:
    """A recorded command that was to be run again; `exit_status` is None, for a reason, when it did not end itself."""

    ran: bool
    exit_status: int | None
    reason: str
    duration_ms: int
    output: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """One command that was run.

    Attributes:
        argv: secrets are redacted in it; `exact` says that nothing was, and nothing cut.
        cwd: where it ran, relative to the root.
        exit_status: negative is the signal that ended it.
        head: the commit it ran on.
        tree: a digest of the uncommitted files it ran on.
        changed_the_tree: the command left another tree than it began on; `changed_files` names what is known of it.
        stdout: on a terminal everything that came out, as the terminal got it.
        state: whether the tree there is now is one it ran on: `valid`, `stale`, or `unknown` when too little is known.
        changed: for `stale` the files that are others now.
        again: what came of running it again, when that was asked for.
    """

    uid: str
    argv: tuple[str, ...]
    exact: bool
    cwd: str
    started_at: str
    duration_ms: int
    exit_status: int
    outcome: str
    head: str | None
    tree: str
    changed_the_tree: bool
    changed_files: tuple[str, ...]
    stdout: OutputView
    stderr: OutputView
    terminal: bool
    state: str = "valid"
    changed: tuple[str, ...] = ()
    again: AgainView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult(Result):
    """A command that was run, and what was recorded of it.

    Attributes:
        started: false when there is no such command or it cannot be executed; `reason` says why.
        recorded: whether the evidence is safe on disk.
        evidence: what was recorded, or would have been.
        output: the last lines that came out, secrets redacted.
        task_id: what it was run for; None: for whatever the next pause makes a task of.
    """

    SCHEMA: ClassVar[str] = "volon/run@1"

    started: bool
    recorded: bool = False
    reason: str = ""
    evidence: EvidenceView | None = None
    output: tuple[str, ...] = ()
    task_id: str | None = None


def evidence_view(row: Evidence, changed: tuple[str, ...] | None = (), again: Again | None = None) -> EvidenceView:
    """Return a record as results carry it.

    Args:
        row: what was recorded.
        changed: the files that are others now than when it ran; None when that cannot be said.
        again: what came of running it again.
    """
    seen = (
        None
        if again is None
        else AgainView(
            ran=again.ran,
            exit_status=again.exit_status,
            reason=again.reason,
            duration_ms=again.duration_ms,
            output=again.output,
        )
    )
    return EvidenceView(
        uid=row.uid,
        argv=row.argv,
        exact=row.exact,
        cwd=row.cwd,
        started_at=row.started_at,
        duration_ms=row.duration_ms,
        exit_status=row.exit_status,
        outcome=row.outcome,
        head=row.before.head,
        tree=row.before.digest,
        changed_the_tree=row.changed_the_tree,
        changed_files=row.changed_files,
        stdout=OutputView(size=row.out.size, sha256=row.out.sha256),
        stderr=OutputView(size=row.err.size, sha256=row.err.sha256),
        terminal=row.terminal,
        state="unknown" if changed is None else "stale" if changed else "valid",
        changed=changed or (),
        again=seen,
    )
