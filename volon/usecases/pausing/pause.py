"""Pause: write down where the work stands, in one transaction, touching nothing of the user's.

Read the task and the git facts → compose capsule, checkpoint, task, bootstrap, handoff and log entry in memory →
make the pause known by a ref → one transaction. Nothing has been written when a refusal is raised.

Source: contract §4 and §7, seed 001 (pause flow), seed 003 (steps 1-7).
"""

from __future__ import annotations

from contextlib import ExitStack

from volon.errors import Busy
from volon.model.hookenv import variables
from volon.model.results.protocol import PauseResult
from volon.model.text import iso
from volon.plain import replace
from volon.repo.fewpaths import differences
from volon.repo.statecommit import commit_state, refuse_to_commit
from volon.store import layout
from volon.usecases.pausing import compose, saving
from volon.usecases.pausing.gathering import find_subject, gather, meanwhile, refuse_nothing, subject_of
from volon.usecases.pausing.material import Material, counts
from volon.usecases.pausing.putting import make_known, put_records, refuse_too_much
from volon.usecases.running import hooks
from volon.usecases.running.evidence import adopt
from volon.usecases.statefiles import state_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.task import Task
    from volon.model.requests import PauseRequest
    from volon.usecases.pausing.compose import Composed
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

_LOOKS = 3


def wants_note(workspace: Workspace, request: PauseRequest) -> bool:
    """Whether a person should be asked what they are in the middle of: there is something to pause and no note.

    Raises:
        NothingToDo, UsageError, Corrupt, HumanConflict: as `pause`.
    """
    if request.note is not None:
        return False
    looked = workspace.repository.look()
    subject = subject_of(workspace, workspace.store, request, looked[0])
    return not subject.unchanged(workspace, workspace.store, request, looked)


def pause(workspace: Workspace, request: PauseRequest) -> PauseResult:
    """Pause the active task.

    Should git move HEAD, the index or an operation while volon looks, it looks again.

    Raises:
        NothingToDo: the tree is clean, nothing was said and no task is in progress.
        UsageError: the task is done, unknown or ambiguous.
        Busy: another volon, or git without a rest, is changing this repository.
        Corrupt, HumanConflict, NotCommitted, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    for _ in range(_LOOKS):
        try:
            return _pause(workspace, request)
        except _GitMoved:
            continue
        finally:
            workspace.repository.look_away()
    message = "Git keeps changing this repository while volon looks at it; nothing was written."
    raise Busy(message, hints=["Run the command again when git is done."])


class _GitMoved(Exception):
    """HEAD, index or operation changed between the look and the commit point."""


def _pause(workspace: Workspace, request: PauseRequest) -> PauseResult:
    with workspace.store.begin("pause", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx, ExitStack() as stack:
        stamp = workspace.repository.stamp()
        ahead, subject = meanwhile(workspace, tx, request), find_subject(workspace, tx, request)
        facts, seen = workspace.repository.look(ids=not saving.reads_all(request))
        if request.commit_state:
            refuse_to_commit(workspace.repository, facts)
        refuse_nothing(subject, request, facts)
        unchanged = subject.unchanged(workspace, tx, request, (facts, seen))
        if unchanged and subject.file is not None and subject.previous is not None:
            return _already(workspace, subject.file, subject.previous, facts, request)
        with differences(workspace.repository, facts, seen, write=not request.dry_run) as compared:
            material = gather(workspace, tx, request, (facts, seen), subject, ahead)
            saved = saving.save(workspace, tx, request, (facts, seen), stack)
            diffstat, where = compared()
        material = replace(material, facts=saved.facts, snapshot=saved.snapshot, diffstat=diffstat, you_were=where)
        composed = compose.compose(material)
        put_warnings = put_records(workspace, tx, composed, material)
        adopt(tx, subject.runs, composed.task.id, composed.task_uid)
        if workspace.repository.stamp() != stamp:
            raise _GitMoved
        on_pause, why_no_hooks = hooks.ready_or_why(workspace, tx, "on_pause")
        if not request.going_on:
            hooks.owe(tx, on_pause, _told(composed))
        refuse_too_much(tx, facts)
        if not request.dry_run:
            make_known(workspace, tx, composed, material, saved)
        outcome = tx.commit(
            f"{composed.checkpoint.task_id} at checkpoint {composed.checkpoint.number:02d}",
            task_id=composed.checkpoint.task_id,
            task_uid=composed.task_uid,
            checkpoint=composed.checkpoint.number,
        )
    return replace(
        _base(composed.task, composed.checkpoint, facts),
        note=composed.note.text,
        note_derived=composed.note.derived,
        next_actions=composed.capsule.next_actions,
        blockers=composed.capsule.blockers,
        resume_command=_way_back(composed),
        created_task=subject.file is None,
        written=tuple(place.path for place in outcome.written if place.parent != layout.OUTBOX),
        snapshot=saved.snapshot,
        saved=saved.counts,
        not_saved=saved.left_out,
        hooks=on_pause.views(tx.op, dry_run=request.dry_run),
        state_commit=_commit_state(workspace, request, composed, material),
        dry_run=request.dry_run,
        warnings=(
            *subject.warnings,
            *composed.warnings,
            *saved.warnings,
            *put_warnings,
            *why_no_hooks,
            *_claimed(workspace, composed.task),
        ),
    )


def _claimed(workspace: Workspace, task: Task) -> tuple[str, ...]:
    if workspace.store.read(layout.HANDED) is None:
        return ()
    from volon.usecases import claims  # noqa: PLC0415  only where a remote has been looked at

    return claims.warning(claims.held(workspace, task.uid), task.id)


def _told(composed: Composed) -> dict[str, str]:
    """What the hooks of this pause are told."""
    checkpoint = composed.checkpoint
    return variables(
        event="on_pause",
        task_id=composed.task.id,
        op=checkpoint.uid,
        checkpoint=checkpoint.number,
        checkpoint_path=layout.checkpoint_place(composed.checkpoint_name).path,
        paused_commit=checkpoint.paused_commit,
        branch=checkpoint.branch,
        mode=checkpoint.mode,
        note=composed.note.text,
    )


def _way_back(composed: Composed) -> str:
    if composed.capsule.blockers:
        return f"volon task unblock {composed.task.id} && volon resume-task"
    return "volon resume-task"


def _commit_state(workspace: Workspace, request: PauseRequest, composed: Composed, material: Material) -> str | None:
    """Commit what volon has on disk now, its logs left out."""
    if not request.commit_state or request.dry_run:
        return None
    checkpoint = composed.checkpoint
    message = f"volon: pause {checkpoint.task_id} at checkpoint {checkpoint.number:02d}"
    files = state_files(workspace.store)
    return commit_state(workspace.repository, checkpoint.uid or "", files, material.facts, message, material.now)


def _already(
    workspace: Workspace, file: TaskFile, previous: Checkpoint, facts: GitFacts, request: PauseRequest
) -> PauseResult:
    return replace(
        _base(file.task, previous, facts),
        mode=request.mode,
        note=previous.note or "",
        already=True,
        dry_run=request.dry_run,
        warnings=_claimed(workspace, file.task),
    )


def _base(task: Task, checkpoint: Checkpoint, facts: GitFacts) -> PauseResult:
    return PauseResult(
        task_id=task.id,
        title=task.title,
        uid=checkpoint.uid or "",
        mode=checkpoint.mode or "soft",
        paused_at=iso(checkpoint.saved_at) if checkpoint.saved_at else "",
        checkpoint=checkpoint.number,
        checkpoint_path=layout.checkpoint_place(compose.name_of(checkpoint)).path,
        capsule_path=layout.capsule_place(task.id).path,
        paused_commit=checkpoint.paused_commit,
        branch=checkpoint.branch,
        worktree=checkpoint.worktree or ".",
        operation=checkpoint.operation,
        note="",
        note_derived=False,
        next_actions=(),
        noted=counts(facts),
        skipped=facts.nested,
    )
