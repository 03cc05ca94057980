"""Every way volon says no: a sentence, its causes, the way out, and an exit code that tells the truth.

An error carries values and words; only `volon.cli.main` turns it into text and a process exit code. The
table of exit codes below is the one that `docs/EXIT_CODES.md` is generated from.

Source: contract §4 (exit codes, `Error / Caused by / Hint`).
"""

from __future__ import annotations

from volon.plain import IntEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import ClassVar


INTERRUPTED = "Interrupted; nothing was changed."


class ExitCode(IntEnum):
    """The process exit codes; stable, documented and part of `--json`."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    PREFLIGHT = 3
    BUSY = 4
    NOT_COMMITTED = 5
    NOT_APPLIED = 6
    HUMAN_CONFLICT = 7
    NOT_TRUSTED = 8
    CORRUPT = 9
    NOTHING_TO_DO = 10
    PIPELINE_PAUSED = 11
    BUG = 70
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One sentence saying what the code promises."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.DONE: "Done.",
    ExitCode.FAILED: "A check found problems, or it could not be done.",
    ExitCode.USAGE: "Wrong usage; nothing was read or changed.",
    ExitCode.PREFLIGHT: "Stopped by preflight; nothing changed.",
    ExitCode.BUSY: "Another writer is busy; nothing changed.",
    ExitCode.NOT_COMMITTED: "Not committed, nothing changed (disk, permission, git).",
    ExitCode.NOT_APPLIED: "Committed but not all on disk yet; the next writing command finishes it.",
    ExitCode.HUMAN_CONFLICT: "A human edit or merge stands in the way; both versions are kept.",
    ExitCode.NOT_TRUSTED: "Not trusted on this machine; nothing of it ran and nothing changed.",
    ExitCode.CORRUPT: "Corrupt state; it is left as it is and named.",
    ExitCode.NOTHING_TO_DO: "Nothing to do: no active task, or nothing paused.",
    ExitCode.PIPELINE_PAUSED: "A pipeline stopped because it is paused.",
    ExitCode.BUG: "A bug in volon; the report to paste is on stderr.",
    ExitCode.INTERRUPTED: "Interrupted before the commit point; nothing changed.",
}


def extra(name: str) -> list[str]:
    """The ways to install an extra, as hints."""
    return [f"pip install 'volon[{name}]'", f"in a clone of volon: pip install '.[{name}]'"]


class VolonError(Exception):
    """Something volon will not or cannot do.

    Args:
        message: one sentence naming the thing refused and, where there is one, file, line and key.
        causes: what lies beneath, outermost first; printed as `Caused by:` lines.
        hints: the ways out, as sentences or commands. Never a destructive command: agents run hints.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED

    def __init__(self, message: str, *, causes: Iterable[str] = (), hints: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.causes = tuple(causes)
        self.hints = tuple(hints)


class CheckFailed(VolonError):
    """A check found problems, or the thing asked for could not be done."""


class UsageError(VolonError):
    """The command line makes no sense."""

    exit_code = ExitCode.USAGE


class PreflightStopped(VolonError):
    """A blocker, or a warning under `--strict`, stopped the resume; nothing was written."""

    exit_code = ExitCode.PREFLIGHT


class Busy(VolonError):
    """Another volon is writing, or volon was called from its own hook."""

    exit_code = ExitCode.BUSY


class NotCommitted(VolonError):
    """The operation failed before its commit point: nothing changed."""

    exit_code = ExitCode.NOT_COMMITTED


class CommittedNotApplied(VolonError):
    """The operation is committed; some files are not on disk yet and the next writing command puts them there."""

    exit_code = ExitCode.NOT_APPLIED


class HumanConflict(VolonError):
    """A human edit or a merge stands in the way; nothing of it is overwritten and our bytes are kept."""

    exit_code = ExitCode.HUMAN_CONFLICT


class NotTrusted(VolonError):
    """What would run has not been approved on this machine."""

    exit_code = ExitCode.NOT_TRUSTED


class Corrupt(VolonError):
    """A file cannot be understood; it is never replaced by a blank one."""

    exit_code = ExitCode.CORRUPT


class NothingToDo(VolonError):
    """No active task, or nothing paused, or nothing to undo."""

    exit_code = ExitCode.NOTHING_TO_DO


class PipelinePaused(VolonError):
    """The pipeline is paused, and stays so until somebody resumes it."""

    exit_code = ExitCode.PIPELINE_PAUSED


class Interrupted(VolonError):
    """The user stopped volon before the commit point: nothing changed."""

    exit_code = ExitCode.INTERRUPTED
