"""Status: where the work stands, here and elsewhere, in three lines or fewer.

Source: contract §4 (*the first minute*), §2.16.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.model.results import ElsewhereView, StatusResult
from volon.model.task import Status
from volon.model.text import age, iso, parse_time
from volon.usecases import records, select
from volon.usecases.brief import finding_view
from volon.usecases.check import check
from volon.usecases.task import task_view

if TYPE_CHECKING:
    from volon.model.events import PauseEvent
    from volon.model.facts import Change, GitFacts
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def status(workspace: Workspace) -> StatusResult:
    """Say what is in progress or paused here, whether it still fits, and what is paused elsewhere.

    Raises:
        Corrupt, HumanConflict: the records of the one task it is about cannot be read.
    """
    files, broken = records.read_tasks(workspace.store)
    pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
    warnings = [*records.broken_warnings(broken), *filter(None, [select.stale_pointer(files, pointed)])]
    if workspace.store.pending().journal:
        warnings.append("An operation is committed but not all on disk yet. Finish it: volon doctor --fix")
    here = _task_here(files, pointed)
    if here is None:
        return _idle(workspace, files, tuple(warnings))
    if here.task.status is Status.DOING:
        return _doing(workspace, files, here, tuple(warnings))
    return _paused(workspace, files, here, tuple(warnings))


def _task_here(files: list[TaskFile], pointed: str | None) -> TaskFile | None:
    """The doing task, else what `resume-task` would pick, unless that is a mere todo."""
    doing = [file for file in files if file.task.status is Status.DOING]
    chosen = select.resumable_task(doing or files, None if doing else pointed)
    return None if chosen is None or chosen.task.status is Status.TODO else chosen


def _idle(workspace: Workspace, files: list[TaskFile], warnings: tuple[str, ...]) -> StatusResult:
    facts = workspace.repository.facts()
    elsewhere = _elsewhere(workspace, files, facts)
    todo = select.resumable_task(files, None)
    next_command = f"volon task start {todo.task.id}" if todo else 'volon task start "what you are about to do"'
    return StatusResult(
        state="elsewhere" if elsewhere else "idle",
        branch=facts.branch,
        head=facts.head,
        elsewhere=elsewhere,
        next_command="" if elsewhere else next_command,
        warnings=warnings,
    )


def _doing(workspace: Workspace, files: list[TaskFile], here: TaskFile, warnings: tuple[str, ...]) -> StatusResult:
    facts = workspace.repository.facts()
    capsule = records.read_capsule(workspace.store, here.task.id)
    last = records.checkpoint_of(workspace.store, capsule[1]) if capsule else None
    return StatusResult(
        state="doing",
        branch=facts.branch,
        head=facts.head,
        task=task_view(here),
        checkpoint=last.checkpoint.number if last else None,
        newer=_newer(facts.changes, last.checkpoint.changes if last else ()),
        elsewhere=_elsewhere(workspace, files, facts),
        next_command='volon pause-task "where you are"',
        warnings=warnings,
    )


def _newer(now: tuple[Change, ...], then: tuple[Change, ...]) -> tuple[str, ...]:
    known = {(change.path, change.blob, change.mode) for change in then}
    return tuple(change.path for change in now if (change.path, change.blob, change.mode) not in known)


def _paused(workspace: Workspace, files: list[TaskFile], here: TaskFile, warnings: tuple[str, ...]) -> StatusResult:
    checked = check(workspace, workspace.store, here)
    facts = checked.facts
    findings = tuple(finding_view(finding) for finding in checked.findings)
    drifted = any(finding.severity in {"warning", "blocker"} for finding in findings)
    paused_at = checked.capsule.paused_at if checked.capsule else None
    paused = here.task.status is Status.PAUSED
    return StatusResult(
        state="drifted" if drifted else "paused" if paused else str(here.task.status),
        branch=facts.branch,
        head=facts.head,
        task=task_view(here),
        checkpoint=checked.checkpoint.number if checked.checkpoint else None,
        paused_at=iso(paused_at) if paused_at else None,
        age=age(paused_at, workspace.now()) if paused_at else None,
        findings=findings,
        newer=checked.changed_since,
        elsewhere=_elsewhere(workspace, files, facts),
        next_command=_next(here),
        warnings=warnings,
    )


def _next(here: TaskFile) -> str:
    if here.task.status is Status.BLOCKED or here.task.blocker_type:
        return f"volon task unblock {here.task.id}"
    return "volon resume-task"


def _elsewhere(workspace: Workspace, files: list[TaskFile], facts: GitFacts) -> tuple[ElsewhereView, ...]:
    """Live pauses that this working tree has no paused task for."""
    known = {file.task.uid for file in files if file.task.uid}
    return tuple(
        _elsewhere_view(workspace, event, facts) for event in workspace.live_pauses() if event.task_uid not in known
    )


def _elsewhere_view(workspace: Workspace, event: PauseEvent, facts: GitFacts) -> ElsewhereView:
    if event.worktree != facts.worktree:
        command = f"cd {workspace.worktree_path(event.worktree)}"
    elif event.branch is not None and event.branch != facts.branch:
        command = f"git switch {event.branch}"
    else:
        command = "volon doctor --fix"
    return ElsewhereView(
        task_id=event.task_id,
        title=event.title,
        branch=event.branch,
        worktree=event.worktree,
        checkpoint=event.checkpoint or 0,
        paused_at=event.paused_at,
        age=age(paused_at, workspace.now()) if (paused_at := parse_time(event.paused_at)) else "",
        command=command,
    )
