"""Ways to break volon on purpose, one protection at a time, and what must catch each; see `tests.crash.known_bad`."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.crash import kill_sweep
from tests.crash.nthkill import Plan

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class KnownBad:
    """A bad build.

    Attributes:
        name: what was taken out.
        harness: which harness must notice.
        scenario: where.
        patch: breaks volon in the process that calls it.
        reason: what the finding must say.
        calls: near which system calls to look, as a pattern; every call when empty.
        numbers: errors to inject, for the errno sweep.
        in_harness: break the harness itself instead.
    """

    name: str
    harness: str
    scenario: str
    patch: Callable[[], None]
    reason: str
    calls: str = ""
    numbers: tuple[int, ...] = ()
    in_harness: bool = False


def _no_journal() -> None:
    """Write the files one by one, each atomically and durably, and keep a record of the operation afterwards."""
    from volon.store import apply, journal, layout, transaction

    def publish(self: Any, plan: Any, _held: Any) -> None:
        self.committed = True
        apply.apply(self._fs, plan)
        self._fs.mkdir(layout.OPERATIONS)
        self._fs.create(layout.operation_place(plan.op), journal.encode(plan), 0o600)

    _replace(transaction.Transaction, "_publish", publish)
    _replace(transaction.Transaction, "_finish", lambda *_: None)


def _no_recovery() -> None:
    from volon.store import recover

    _replace(recover, "recover", lambda *_: recover.Recovery())


def _no_overlay() -> None:
    from volon.store import reader

    _replace(reader.Overlay, "published", lambda _: None)


def _settled_before_they_run() -> None:
    from volon.usecases.running import hooks

    run = hooks.run

    def early(workspace: Any, found: Any, op: str, *rest: Any) -> Any:
        workspace.store.outbox.settle(op)
        return run(workspace, found, op, *rest)

    _replace(hooks, "run", early)


def _no_sweep() -> None:
    from volon.store import recover

    _replace(recover, "_sweep", lambda _: None)


def _fixed_ref() -> None:
    """One ref for all pauses, moved each time, as a tool would that keeps its state in `refs/volon/head`."""
    from volon.repo import events, fastimport

    _replace(events, "_checked", lambda _: "0" * 26)
    _replace(fastimport, "COMMAND", (*fastimport.COMMAND, "--force"))


def _stale_index_lock() -> None:
    """Refresh the user's index on the way, as plain `git status` does."""
    from volon.repo import git

    _replace(git, "_FIXED_ENVIRONMENT", {**git._FIXED_ENVIRONMENT, "GIT_OPTIONAL_LOCKS": "1"})


def _git_fsync_default() -> None:
    from volon.repo import git

    _replace(
        git, "SETTINGS", tuple("core.fsync=default" if word == "core.fsync=all" else word for word in git.SETTINGS)
    )


def _no_directory_fsync_for_git() -> None:
    from volon.repo import fastimport

    _replace(fastimport, "sync_directory", lambda _: None)


def _no_fsync_of_packs() -> None:
    """The directories of refs are synced, that of the packs with their objects is forgotten."""
    from volon.repo import fastimport

    _replace(fastimport, "settle_objects", lambda _common, _objects: None)


def _no_file_fsync() -> None:
    _replace(os, "fsync", lambda _: None)


def _swallowed_error() -> None:
    """Report success although not everything is on disk."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def careless(self: Any, plan: Any) -> None:
        with suppress(Exception):
            finish(self, plan)

    _replace(transaction.Transaction, "_finish", careless)


def _wrong_exit_code() -> None:
    """Say that nothing changed although the operation is committed."""
    from volon.errors import NotCommitted
    from volon.store import transaction

    _replace(transaction, "_not_applied", lambda op, error: NotCommitted(f"{op} failed", causes=[str(error)]))
    from volon.cli import main

    _replace(main, "_truthful", lambda _, error: error)


def _early_exit_code() -> None:
    """Say that the operation is committed although nothing has changed."""
    from volon.errors import CommittedNotApplied
    from volon.store import transaction

    _replace(transaction, "_not_committed", lambda error: CommittedNotApplied("committed", causes=[str(error)]))


def _raw_errors() -> None:
    """Let errors of the disk through as they are."""
    from volon.store import transaction

    _replace(transaction, "_not_committed", lambda error: ZeroDivisionError(str(error)))


def _spilled_user_bytes() -> None:
    """Touch a file of the user's while pausing."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def tidy(self: Any, plan: Any) -> None:
        finish(self, plan)
        with open("notes.txt", "ab") as file:  # noqa: PTH123 - the bad build does it anyhow
            file.write(b"\n")

    _replace(transaction.Transaction, "_finish", tidy)


def _rewritten_checkpoint() -> None:
    """Write an older checkpoint again when a newer one is made."""
    from volon.store import transaction

    finish = transaction.Transaction._finish

    def rewriting(self: Any, plan: Any) -> None:
        finish(self, plan)
        for path in sorted(Path(".design/checkpoints").glob("01-*")):
            path.chmod(0o644)
            path.write_bytes(path.read_bytes() + b"\n")
            path.chmod(0o444)

    _replace(transaction.Transaction, "_finish", rewriting)


def _no_kill() -> None:
    """Not volon but the harness is bad here: nothing is killed any more, as when a filter disables it silently."""
    _replace(kill_sweep, "Plan", lambda *_, **__: Plan())


def _replace(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)


KNOWN_BAD = (
    KnownBad("no journal", "kill", "pause-first", _no_journal, "readers see none", r"rename|link"),
    KnownBad("no journal, on the way back", "kill", "resume", _no_journal, "readers see none", r"rename|link"),
    KnownBad("no recovery", "kill", "pause-first", _no_recovery, "unfinished: journal|ended elsewhere|not those"),
    KnownBad(
        "readers look past the journal", "kill", "pause-first", _no_overlay, "readers see none", r"\.volon|\.design"
    ),
    KnownBad("staging is never swept", "kill", "task-done", _no_sweep, "left over", r"volon/tmp"),
    KnownBad(
        "hooks settled before they run", "kill", "pause-hooks", _settled_before_they_run, "never ran", "hooks.log"
    ),
    KnownBad("one fixed ref", "kill", "pause-first", _fixed_ref, r"exited 5|refs/volon", r"refs/volon/paused/0"),
    KnownBad("the user's index is refreshed", "kill", "pause-first", _stale_index_lock, r"index", r"index"),
    KnownBad("a user's file is touched", "kill", "pause-first", _spilled_user_bytes, r"work/notes.txt changed"),
    KnownBad(
        "a checkpoint is rewritten", "kill", "pause-second", _rewritten_checkpoint, r"01-work.* (was rewritten|its own)"
    ),
    KnownBad("nothing is killed", "kill", "task-done", _no_kill, "not killed", in_harness=True),
    KnownBad("git's default fsync", "durability", "pause-first", _git_fsync_default, "content is synced|not durable"),
    KnownBad("no fsync of git's directories", "durability", "pause-first", _no_directory_fsync_for_git, "may be lost"),
    KnownBad("no fsync of the packs' directory", "durability", "pause-first", _no_fsync_of_packs, "may be lost"),
    KnownBad("no fsync of volon's own", "durability", "task-done", _no_file_fsync, "before its content is synced"),
    KnownBad(
        "errors are swallowed",
        "errno",
        "pause-first",
        _swallowed_error,
        "exit code 0",
        r"fsync|rename",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "committed told as not",
        "errno",
        "pause-first",
        _wrong_exit_code,
        "exit code 5",
        r"fsync|rename",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "not committed told as committed",
        "errno",
        "restore-worktree",
        _early_exit_code,
        "readers in beside do not see it",
        r"beside/volon/tmp",
        (errno.ENOSPC,),
    ),
    KnownBad(
        "errors come through raw", "errno", "task-done", _raw_errors, "a traceback", r"volon/tmp", (errno.ENOSPC,)
    ),
    KnownBad("no lock", "race", "", lambda: None, "."),
)
