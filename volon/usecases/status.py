"""Status: where the work stands, here and elsewhere, in three lines or fewer.

Source: contract §4 (*the first minute*), §2.16.
"""

from __future__ import annotations

import os

from volon.model.records.task import Status
from volon.model.results.standing import StatusResult
from volon.model.text import age, iso
from volon.plain import replace
from volon.repo import questions
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.elsewhere import claim_of, elsewhere, fork_warnings, is_here, waiting
from volon.usecases.resuming.brief import evidence_of, finding_view, first_way, task_view
from volon.usecases.resuming.check import check, left_behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.evidence import Evidence
    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.results.elsewhere import AlsoView
    from volon.model.results.evidence import EvidenceView
    from volon.model.results.pipeline import PipelineGlance
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def status(workspace: Workspace, *, conflicts: bool = False) -> StatusResult:
    """Say what is in progress or paused here, whether it still fits, and what is paused elsewhere.

    Args:
        workspace: where.
        conflicts: try as well whether all unfinished work would fit where it may be brought.

    Raises:
        NotCommitted: there is no room to try that.
        Corrupt, HumanConflict: the records of the one task it is about cannot be read.
    """
    result = replace(_status(workspace), pipelines=pipelines(workspace))
    if not conflicts:
        return result
    from volon.usecases.forecast import forecast  # noqa: PLC0415  few ask

    missing = result.task.task_id if result.task and result.state == "doing" and result.findings else None
    return replace(result, conflicts=forecast(workspace, workspace.repository.facts(), missing))


def pipelines(workspace: Workspace) -> tuple[PipelineGlance, ...]:
    """Return the pipelines of this working tree that are not done."""
    if not os.path.isdir(f"{workspace.repository.common_dir}/volon/{layout.RUNS.path}"):  # noqa: PTH112  pathlib costs
        return ()
    from volon.usecases.pipeline.runs import glance  # noqa: PLC0415  only where a pipeline ever ran

    return glance(workspace)


def _status(workspace: Workspace) -> StatusResult:
    files, broken = records.read_tasks(workspace.store)
    pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
    warnings = [*records.broken_warnings(broken), *filter(None, [select.stale_pointer(files, broken, pointed)])]
    if workspace.store.is_unfinished():
        warnings.append("An operation is committed but not all on disk yet. Finish it: volon doctor --fix")
    here = select.task_here(files, pointed, lambda file: is_here(workspace, workspace.store, file))
    if here is None:
        return _idle(workspace, files, tuple(warnings), unreadable=bool(broken))
    if here.row.status == Status.DOING:
        return _doing(workspace, files, here, tuple(warnings))
    return _paused(workspace, files, here, tuple(warnings))


def _idle(workspace: Workspace, files: list[TaskFile], warnings: tuple[str, ...], *, unreadable: bool) -> StatusResult:
    facts = workspace.repository.facts()
    others = elsewhere(workspace, files, None)
    also = _in_other_trees(workspace, files)
    todo = select.resumable_task(files, None)
    changed = tuple(change.path for change in facts.changes)
    start = f"volon task start {todo.row.id}" if todo else 'volon task start "what you are about to do"'
    pause = 'volon pause-task "what you are in the middle of"' if changed or facts.operation else start
    # A pause would be refused: what cannot be read may be the task in progress.
    next_command = "volon validate" if unreadable else pause
    return StatusResult(
        state="elsewhere" if others else "idle",
        branch=facts.branch,
        head=facts.head,
        worktree=facts.worktree,
        operation=facts.operation,
        unmerged=facts.unmerged,
        newer=changed,
        elsewhere=others,
        also=also,
        next_command=others[0].command if others else also[0].command if also and not changed else next_command,
        warnings=(*warnings, *fork_warnings(workspace, files)),
    )


def _doing(workspace: Workspace, files: list[TaskFile], here: TaskFile, warnings: tuple[str, ...]) -> StatusResult:
    from volon.usecases.running.evidence import runs_since  # noqa: PLC0415  only of work in progress

    facts = workspace.repository.facts()
    capsule = records.read_capsule(workspace.store, here.task.id)
    last = records.checkpoint_of(workspace.store, capsule[1]) if capsule else None
    lost = left_behind(workspace, here, last.checkpoint, facts) if last else None
    which = f"--task {here.row.id} " if select.tied_tasks(files) else ""
    return StatusResult(
        state="doing",
        branch=facts.branch,
        head=facts.head,
        worktree=facts.worktree,
        operation=facts.operation,
        unmerged=facts.unmerged,
        task=task_view(here),
        checkpoint=last.checkpoint.number if last else None,
        findings=(finding_view(lost),) if lost else (),
        newer=newer(workspace, facts, last.checkpoint) if last else (),
        restaged=restaged(facts, last.checkpoint) if last else (),
        evidence=_evidence(workspace, facts, runs_since(workspace.store, here.task, last.checkpoint if last else None)),
        elsewhere=elsewhere(workspace, files, here),
        also=_beside(workspace, files, here),
        claim=claim_of(workspace, here.row.uid),
        # A pause would be of what is there, and what was saved last be out of sight.
        next_command=(lost and lost.command) or f'volon pause-task {which}"where you are"',
        warnings=(*warnings, *since_elsewhere(workspace, here)),
    )


def _beside(workspace: Workspace, files: list[TaskFile], here: TaskFile) -> tuple[AlsoView, ...]:
    if all(file is here for file in files if file.row.status == Status.DOING):
        return ()
    from volon.usecases.beside import beside_here  # noqa: PLC0415  mostly one thing is done at a time

    return beside_here(workspace, files, here)


def _in_other_trees(workspace: Workspace, files: list[TaskFile]) -> tuple[AlsoView, ...]:
    if not os.path.isdir(f"{workspace.repository.common_dir}/worktrees"):  # noqa: PTH112  pathlib costs
        return ()
    from volon.usecases.beside import elsewhere_in_progress  # noqa: PLC0415  most repositories have one working tree

    return elsewhere_in_progress(workspace, files)


def _evidence(workspace: Workspace, facts: GitFacts, runs: tuple[Evidence, ...]) -> tuple[EvidenceView, ...]:
    """Return the newest outcome of each command, held against the tree there is now."""
    if not runs:
        return ()
    from volon.model.evidence import newest  # noqa: PLC0415  only when something was run
    from volon.model.results.evidence import evidence_view  # noqa: PLC0415
    from volon.repo.drift.inputs import evidence_fates  # noqa: PLC0415

    fates = evidence_fates(workspace.repository.git, facts, newest(runs))
    return tuple(evidence_view(fate.row, fate.changed) for fate in fates)


def newer(workspace: Workspace, facts: GitFacts, last: Checkpoint) -> tuple[str, ...]:
    """Return the commits and the changed files that the last checkpoint does not know, whatever is staged of them."""
    known = {(change.path, change.mode, change.blob) for change in last.changes}
    paths = (change.path for change in facts.changes if (change.path, change.mode, change.blob) not in known)
    if facts.head is None or last.paused_commit is None or facts.head == last.paused_commit:
        return tuple(paths)
    return (*questions.commits_between(workspace.repository, last.paused_commit, facts.head), *paths)


def restaged(facts: GitFacts, last: Checkpoint) -> tuple[str, ...]:
    """Return the files that are as the last checkpoint has them, while another version of them is staged."""
    known = {(change.path, change.mode, change.blob): change.content for change in last.changes}
    was = ((change, known.get((change.path, change.mode, change.blob))) for change in facts.changes)
    return tuple(change.path for change, content in was if content is not None and content != change.content)


def _paused(workspace: Workspace, files: list[TaskFile], here: TaskFile, warnings: tuple[str, ...]) -> StatusResult:
    checked = check(workspace, workspace.store, here)
    findings = tuple(finding_view(finding) for finding in checked.findings)
    drifted = any(finding.severity in {"warning", "blocker"} for finding in findings)
    paused_at = checked.capsule.paused_at if checked.capsule else None
    paused = here.task.status is Status.PAUSED
    return StatusResult(
        state="drifted" if drifted else "paused" if paused else str(here.task.status),
        branch=checked.facts.branch,
        head=checked.facts.head,
        worktree=checked.facts.worktree,
        operation=checked.facts.operation,
        unmerged=checked.facts.unmerged,
        task=task_view(here),
        checkpoint=checked.checkpoint.number if checked.checkpoint else None,
        paused_at=iso(paused_at) if paused_at else None,
        age=age(paused_at, workspace.now()) if paused_at else None,
        findings=findings,
        newer=checked.changed_since,
        elsewhere=elsewhere(workspace, files, here),
        claim=claim_of(workspace, here.row.uid),
        evidence=evidence_of(checked),
        next_command=first_way(findings),
        warnings=(*warnings, *checked.warnings, *since_elsewhere(workspace, here)),
    )


def since_elsewhere(workspace: Workspace, here: TaskFile) -> tuple[str, ...]:
    """Return what another machine did with a task since it was paused here, or beside the work on it here."""
    if not workspace.repository.events.has_arrivals:
        return ()
    if here.row.status == Status.DOING:
        return fork_warnings(workspace, [here], here.row.uid)
    if any(event.task_uid == here.row.uid for event in waiting(workspace, workspace.store)):
        return (f"{here.row.id} was paused again on another machine; volon resume-task goes on from there.",)
    last = max(workspace.events(here.row.uid), key=lambda e: e.ulid, default=None)
    if last is not None and last.kind == "closed" and last.via:
        return (f"{here.row.id} was resumed on another machine. Who has it: volon handoff claim --dry-run",)
    return fork_warnings(workspace, [here], here.row.uid)
