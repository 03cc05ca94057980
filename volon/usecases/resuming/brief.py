"""The brief: what a returning person or agent should read, in the order it should be read.

Text from the records is data: it is shown as it was written and never run.

Source: contract §4, seed 003 (route by stage), origins §2.5 (re-ground in order).
"""

from __future__ import annotations

from volon.model.records.capsulevalues import DERIVED
from volon.model.results.standing import FindingView, TaskView
from volon.model.text import age, iso, one_line
from volon.patterns import pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime

    from volon.model.drift.observed import EvidenceFate
    from volon.model.drift.preflight import Finding
    from volon.model.records.task import Task
    from volon.model.results.evidence import EvidenceView
    from volon.model.results.protocol import ResumeResult
    from volon.usecases.pausing.surroundings import Surroundings
    from volon.usecases.records import TaskFile
    from volon.usecases.resuming.check import Checked

_OWN_UPDATE = pattern(r"\[[^]]*\] (created|started|paused|resumed|blocked|unblocked|done)\b")
_SAME, _ANOTHER = "; the tree is the same now", "; the tree is another now"
_ROUTES = {
    "brief": "brief; explore comes next",
    "explore": "explore; plan comes next",
    "plan": "plan; design comes next",
    "design": "design; verify comes next",
    "verify": "verify; the last stage of this cycle",
}


def brief_of(file: TaskFile, checked: Checked, around: Surroundings, now: datetime) -> ResumeResult:
    """Compose the brief of a task from its records and the preflight."""
    from volon.model.results.protocol import ResumeResult  # noqa: PLC0415  a status composes none

    task, capsule = file.task, checked.capsule
    paused_at = capsule.paused_at if capsule else checked.checkpoint.saved_at if checked.checkpoint else None
    return ResumeResult(
        task_id=task.id,
        title=task.title,
        status=task.status,
        prior_status=task.prior_status,
        checkpoint=checked.checkpoint.number if checked.checkpoint else None,
        uid=checked.checkpoint.uid if checked.checkpoint else None,
        called=checked.called,
        resumed_from=None,
        paused_at=iso(paused_at) if paused_at else None,
        age=age(paused_at, now) if paused_at else None,
        paused_commit=capsule.paused_commit if capsule else None,
        branch=capsule.branch if capsule else None,
        findings=tuple(finding_view(finding) for finding in checked.findings),
        goal=(capsule.goal if capsule else "") or task.title,
        note=(capsule.note if capsule else None) or "",
        plan=capsule.plan if capsule else "",
        summary=(capsule.summary if capsule else None) or "",
        acceptance=tuple(f"[{'x' if item.done else ' '}] {item.text}" for item in task.acceptance),
        next_actions=_next_actions(checked, task),
        questions=capsule.questions if capsule else (),
        blockers=capsule.blockers if capsule and task.blocker_type else (),
        commands=_commands(checked),
        evidence=evidence_of(checked),
        key_files=capsule.named_files if capsule else (),
        key_files_more=_more_files(checked),
        you_were=capsule.you_were if capsule else None,
        work_after_pause=checked.changed_since,
        read_first=around.context,
        route=_ROUTES.get(around.stage),
    )


def first_way(findings: tuple[FindingView, ...]) -> str:
    """What resolves the first blocker, else the resume itself."""
    blockers = [finding for finding in findings if finding.severity == "blocker"]
    return (blockers[0].command or "volon resume-task --dry-run") if blockers else "volon resume-task"


def evidence_of(checked: Checked) -> tuple[EvidenceView, ...]:
    """Return the recorded commands, held against the tree there is now."""
    if not checked.evidence:
        return ()
    from volon.model.results.evidence import evidence_view  # noqa: PLC0415  only when commands were recorded

    return tuple(evidence_view(fate.row, fate.changed, fate.again) for fate in checked.evidence)


def _commands(checked: Checked) -> tuple[str, ...]:
    """The commands of the capsule, but for those of which a finding says that the tree is another now."""
    fates = {one_line(fate.row.command): fate for fate in checked.evidence}
    told = {command for command, fate in fates.items() if not fate.fits and fate.again is None}
    said = {command: _now(fate) for command, fate in fates.items()}
    items = [item for item in checked.capsule.commands if item.command not in told] if checked.capsule else ()
    return tuple(f"{item.command} → {item.outcome}{said.get(item.command, '')}" for item in items)


def _more_files(checked: Checked) -> int:
    """How many of the changed files are not among the key files, which the pause took from them."""
    if checked.capsule is None or checked.checkpoint is None:
        return 0
    taken = checked.capsule.key_files
    changed = sum(not change.untracked for change in checked.checkpoint.changes)
    return max(0, changed - len(taken)) if taken and all(one.why in DERIVED for one in taken) else 0


def _now(fate: EvidenceFate) -> str:
    tree = _SAME if fate.changed == () else _ANOTHER
    if fate.again is None:
        return tree
    from volon.model.evidence import WOULD_RUN, ending  # noqa: PLC0415  only when commands were to run again

    if not fate.again.ran:
        return f"{tree}; {'' if fate.again.reason.startswith(WOULD_RUN) else 'not run again: '}{fate.again.reason}"
    status = fate.again.exit_status
    return f"; run again: {fate.again.reason if status is None else ending(status)}"


def finding_view(finding: Finding) -> FindingView:
    """Return a finding as results carry it."""
    return FindingView(
        code=finding.code,
        severity=str(finding.severity),
        sentence=finding.sentence,
        detail=finding.detail,
        command=finding.command,
    )


def _next_actions(checked: Checked, task: Task) -> tuple[str, ...]:
    """The capsule's actions, else the open acceptance criteria, else (without a capsule) the last update."""
    if checked.capsule is not None and checked.capsule.next_actions:
        return checked.capsule.next_actions
    open_items = tuple(item.text for item in task.acceptance if not item.done)[:3]
    if open_items or checked.capsule is not None:
        return open_items
    return tuple(update for update in task.updates if not _OWN_UPDATE.match(update))[-1:]


def task_view(file: TaskFile) -> TaskView:
    """Return a task as lists carry it."""
    row = file.row
    return TaskView(
        task_id=row.id,
        status=row.status,
        title=row.title,
        priority=row.priority,
        updated_at=row.updated_at,
        prior_status=row.prior_status,
        blocker_type=row.blocker_type,
        path=file.path,
    )
