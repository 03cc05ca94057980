"""`volon run -- COMMAND …`: run a command of the user's in the foreground and record how it ended, and on which tree.

No lock is held while it runs. The record is one operation of the store, made when the command has ended: volon killed
before that leaves none, volon killed after it a whole one.

Where it is kept: in full in the git directory of this working tree, where no clone brings it and no commit takes it;
the next pause puts the newest outcome of each command, without its output, into the checkpoint, which travels.

Source: contract §4, §7 (`volon run`), §8.5; reliability S13.
"""

from __future__ import annotations

import os

from volon.errors import ExitCode, UsageError, VolonError
from volon.foreground import NotStarted, attend
from volon.model.evidence import Evidence, Output, encode, ending, recorded_words, tail_of, tree_of
from volon.model.records import runlog
from volon.model.results.evidence import RunResult, evidence_view
from volon.model.text import clip_line, iso
from volon.paths import Path
from volon.plain import replace
from volon.store import layout
from volon.store.lock import refuse_in_hook
from volon.usecases import records, select
from volon.usecases.elsewhere import paused_here
from volon.usecases.statefiles import exclude_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.foreground import Attended, Streams
    from volon.model.requests import RunRequest
    from volon.store.transaction import Transaction
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

_SIGNALLED = 128
_MOST = 100
"""How many records a working tree keeps; the oldest go first."""
_SUMMARY = 60


def run(workspace: Workspace, request: RunRequest, streams: Streams) -> RunResult:
    """Run a command and record it. The exit code is the command's, as a shell has it; see docs/EVIDENCE.md.

    Args:
        workspace: where.
        request: what was asked for.
        streams: what the command is connected to.

    Raises:
        UsageError: no task of that name, or several are in progress; nothing ran.
        Busy: called from a hook; nothing ran.
        Corrupt, HumanConflict, NotCommitted: see docs/EXIT_CODES.md; nothing ran.
    """
    refuse_in_hook(workspace.world)
    cwd = _relative(workspace, request.directory)
    task = _task(workspace, request.task)
    before = tree_of(workspace.repository.facts())
    started_at, clock = workspace.now(), workspace.world.clock
    began = clock.monotonic()
    try:
        ended = attend(
            workspace.world.processes,
            request.argv,
            cwd=Path(request.directory),
            env=workspace.world.env,
            streams=streams,
        )
    except NotStarted as error:
        return RunResult(started=False, reason=error.reason, exit_code=error.status)
    duration_ms = round(clock.since(began) * 1000)
    words, exact = recorded_words(request.argv)
    row = Evidence(
        uid="",
        argv=words,
        exact=exact,
        cwd=cwd,
        started_at=iso(started_at),
        duration_ms=duration_ms,
        exit_status=ended.returncode,
        out=Output(ended.out.size, ended.out.digest.hexdigest()),
        err=Output(ended.err.size, ended.err.digest.hexdigest()),
        terminal=ended.terminal,
        before=before,
        after=before,
        tail=tail_of(ended.tail),
        task_id=task.row.id if task else None,
        task_uid=task.row.uid if task else None,
    )
    return _recorded(workspace, row, ended)


def _recorded(workspace: Workspace, row: Evidence, ended: Attended) -> RunResult:
    """Record it; the command's own failure is told before ours, but 0 is only said when it is safe on disk."""
    status = ended.returncode if ended.returncode >= 0 else _SIGNALLED - ended.returncode
    error: VolonError | None = None
    try:
        row = replace(row, after=tree_of(workspace.repository.facts()))
        row = _record(workspace, row)
    except VolonError as found:
        error = found
    return RunResult(
        started=True,
        recorded=error is None,
        evidence=evidence_view(row),
        output=tuple(row.tail.split("\n")) if row.tail else (),
        task_id=row.task_id,
        exit_code=status or (ExitCode.DONE if error is None else error.exit_code),
        warnings=() if error is None else (_not_recorded(error),),
    )


def _not_recorded(error: VolonError) -> str:
    causes = "".join(f": {cause}" for cause in error.causes)
    return f"The command ran, but it was not recorded: {error.message.rstrip('.')}{causes}."


def _record(workspace: Workspace, row: Evidence) -> Evidence:
    with workspace.store.begin("run", on_wait=workspace.on_wait) as tx:
        row = replace(row, uid=tx.op)
        tx.put(layout.evidence_place(tx.op), f"{encode(row)}\n".encode("ascii"))
        _forget_the_oldest(tx)
        exclude_state(workspace, tx)
        line = runlog.entry(
            op=tx.op,
            verb="run",
            at=workspace.now(),
            task_id=row.task_id,
            argv=row.argv,
            cwd=row.cwd,
            exit_status=row.exit_status,
            duration_ms=row.duration_ms,
        )
        tx.append(layout.RUN_LOG, line)
        summary = clip_line(f"{ending(row.exit_status)}: {row.command}", _SUMMARY)
        tx.commit(summary, task_id=row.task_id, task_uid=row.task_uid)
    return row


def _forget_the_oldest(tx: Transaction) -> None:
    for name in tx.listdir(layout.EVIDENCE)[:-_MOST]:
        tx.delete(layout.evidence_place(name))


def _relative(workspace: Workspace, directory: str) -> str:
    """Where the command runs, as records name it: relative to the root.

    Raises:
        UsageError: it is outside of the working tree, as inside the git directory.
    """
    path = Path(os.path.relpath(os.path.realpath(directory), os.path.realpath(workspace.repository.root))).as_posix()
    if path.startswith("../") or path == "..":
        raise UsageError("The command would run outside of the working tree.", hints=["cd to a directory of it."])
    return path


def _task(workspace: Workspace, named: str | None) -> TaskFile | None:
    """The task that a pause right now would be about; None when it would make one."""
    if named is not None:
        return records.find_task(workspace.store, named)
    files, broken = records.read_tasks(workspace.store)
    try:
        active = select.active_task(files)
    except UsageError as error:
        hints = [f"volon run --task {file.row.id} -- …" for file in files if file.row.status == "doing"]
        raise UsageError(error.message, hints=hints) from error
    if active is not None:
        return active
    chosen = paused_here(workspace, workspace.store, files)
    if chosen is None:
        select.refuse_unreadable(broken, None)
    return chosen
