"""`resume-task --restore`: look, put the files back, then take up the task, in this order.

What stops a resume stops it before a file is touched. A restore that would overwrite or delete what HEAD does not have
wants its own consent.

Source: contract §4 (`resume-task`: select → preflight → restore → transaction → brief), §7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import CheckFailed, CommittedNotApplied, PreflightStopped, VolonError
from volon.model.requests import RestoreRequest
from volon.model.restoring import UNSAVED
from volon.model.text import listed
from volon.plain import replace
from volon.usecases.restoring.restorable import find_saved
from volon.usecases.restoring.restore import restore
from volon.usecases.resuming import ways
from volon.usecases.resuming.resume import resume, take_up

if TYPE_CHECKING:
    from volon.model.requests import ResumeRequest
    from volon.model.results.protocol import ResumeResult
    from volon.usecases.restoring.restorable import Saved
    from volon.usecases.running.hooks import OnStart
    from volon.workspace import Workspace


def resume_and_restore(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None = None) -> ResumeResult:
    """Restore the checkpoint that the resume is about, and resume.

    Raises:
        CheckFailed: there is no checkpoint, or the files were put back and then the task could not be resumed.
        CommittedNotApplied: the restore, of which the message says that the task was not resumed; or the resume.
        PreflightStopped: files would be overwritten or deleted; nothing was changed.
        KeyboardInterrupt: the user stopped it; nothing has changed.
        VolonError: as `resume` and `restore`.
    """
    try:
        return _in_turn(workspace, request, on_start)
    except CommittedNotApplied:
        raise
    except (VolonError, KeyboardInterrupt) as error:
        # That nothing was changed is not true any more once files were put back.
        if workspace.store.committed != "restore":
            raise
        said = [error.message, *error.causes] if isinstance(error, VolonError) else ["it was interrupted"]
        message = "The files were put back, but the task was not resumed."
        hints = [ways.again(replace(request, restore=False)), "volon undo takes the files back"]
        raise CheckFailed(message, causes=said, hints=hints) from error


def _in_turn(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None) -> ResumeResult:
    looked = resume(workspace, replace(request, dry_run=True))
    if looked.stopped:
        return replace(looked, dry_run=request.dry_run)
    again = ways.again(replace(request, restore=False), looked.task_id)
    if looked.checkpoint is None:
        raise CheckFailed(f"{looked.task_id} has no checkpoint to restore from.", hints=[again])
    number = f"{looked.checkpoint:02d}"
    saved, here = _saved(workspace, request, looked.uid or number)
    if not here:
        saved = replace(saved, typed=f"{again} && volon restore {looked.uid}")
    saved = replace(saved, again=ways.again(request, looked.task_id))
    # The number of one that is not here may be that of another one that is.
    typed = saved.command if here else f"volon restore {looked.uid}"
    asked = RestoreRequest(checkpoint=looked.uid or number, dry_run=request.dry_run, typed=typed)
    try:
        done = restore(workspace, asked, saved)
    except CommittedNotApplied as error:
        # Of the two this one is committed: the next command finishes it, and resumes nothing.
        message = (
            f"Checkpoint {number} is committed but not all of it is in the files yet, and the task was not resumed."
        )
        hints = [*error.hints, f"then: {ways.again(request, looked.task_id)}"]
        raise CommittedNotApplied(message, causes=[error.message, *error.causes], hints=hints) from error
    if done.stopped:
        both = (done.next_command or "", again) if here else (again, done.next_command or "")
        which = f"{len(done.asked)} changed {'file' if len(done.asked) == 1 else 'files'}"
        raise PreflightStopped(
            f"Restoring checkpoint {number} would overwrite or delete {which}; nothing was changed.",
            causes=[listed(done.asked)],
            hints=[
                f"save what stands there and put the checkpoint's back: {' && '.join(both)}",
                f"go on with the files as they are: {again}",
            ],
        )
    result = looked if request.dry_run else resume(workspace, request, on_start)
    left = tuple(f"{one.path} was not put back: it {one.why}." for one in done.left if one.why.startswith(UNSAVED))
    warnings = (*result.warnings, *done.warnings, *left)
    return replace(result, restored=(*done.created, *done.overwritten, *done.deleted), warnings=warnings)


def _saved(workspace: Workspace, request: ResumeRequest, checkpoint: str) -> tuple[Saved, bool]:
    """What is to be put back, and whether its records are here, or come from another machine with the resume."""
    with workspace.store.begin("resume", dry_run=True, on_wait=workspace.on_wait) as tx:
        came = take_up(workspace, tx, request)
        return find_saved(workspace, tx, checkpoint), came is None
