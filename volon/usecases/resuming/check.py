"""The preflight of one task: what was written down at its pause, held against what git says now.

Shared by `resume-task`, `continue` and `status`; it reads, and changes nothing.

Source: contract §5.
"""

from __future__ import annotations

from volon.errors import Corrupt, VolonError
from volon.model.drift.finding import called
from volon.model.drift.observed import Fate, PausedState, RecordFacts
from volon.model.drift.preflight import Finding, Preflight, preflight
from volon.model.records.capsule import Capsule, check_capsule, parse_capsule
from volon.model.records.capsulevalues import DERIVED, FACTS
from volon.model.records.checkpoint import verify
from volon.model.records.task import Status
from volon.model.syntax.frontmatter import Document
from volon.plain import dataclass, replace
from volon.store import layout
from volon.usecases import records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from volon.model.drift.observed import Again, EvidenceFate, Observed
    from volon.model.evidence import Evidence
    from volon.model.facts import GitFacts
    from volon.model.problems import Problem
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.task import Task
    from volon.model.results.standing import FindingView
    from volon.store.store import Reader
    from volon.usecases.records import CheckpointFile, TaskFile
    from volon.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Rules:
    """The rules that the records break."""

    capsule: tuple[Problem, ...]
    checkpoint: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome: findings in the order to read them, and what they were made from."""

    findings: tuple[Finding, ...]
    capsule_document: Document | None
    capsule: Capsule | None
    checkpoint: Checkpoint | None
    checkpoint_path: str | None
    facts: GitFacts
    warnings: tuple[str, ...]
    changed_since: tuple[str, ...]
    evidence: tuple[EvidenceFate, ...] = ()
    called: str | None = None


def check(
    workspace: Workspace,
    reader: Reader,
    file: TaskFile,
    named: CheckpointFile | None = None,
    again: Mapping[str, Again] | None = None,
    facts: GitFacts | None = None,
) -> Checked:
    """Run the preflight for a task, or for it as a named checkpoint remembers it.

    Args:
        workspace: where.
        reader: knows the records.
        file: the task.
        named: the checkpoint somebody named.
        again: what came of running recorded commands again, by the uid of the record.
        facts: what git says now, when that is known already.

    Raises:
        Corrupt: a record the preflight stands on cannot be read.
        HumanConflict: it holds merge conflict markers.
    """
    rebuilt = named or _last_checkpoint(reader, file.task)
    document, capsule = _capsule(reader, file.task.id, rebuilt)
    at = rebuilt or (records.checkpoint_of(reader, capsule) if capsule else None)
    rules = _Rules(
        capsule=check_capsule(document) if document is not None else (),
        checkpoint=verify(at.document) if at is not None else (),
    )
    vouched = at.checkpoint if at is not None and not rules.checkpoint else None
    paused = _paused_state(file.task, _as_paused(capsule, vouched), at.checkpoint if at else None)
    if paused.uid is not None:
        paused = replace(paused, tree=workspace.store.tree_of(paused.uid))
    observed = workspace.repository.observe(paused, facts)
    if again:
        fates = (replace(fate, again=again.get(fate.row.uid)) for fate in observed.evidence)
        observed = replace(observed, evidence=tuple(fates))
    if at is not None and any(fate.fate is Fate.LOST for fate in observed.fates):
        paused = _of_snapshot(workspace, paused, at.checkpoint, observed)
    recorded = _record_facts(file.task, capsule, rules)
    outcome = preflight(paused, observed, recorded)
    # Looked at only where a command names the checkpoint, which is seldom.
    if at is not None and _names(outcome, paused) and records.is_numbered_twice(reader, at.checkpoint.number):
        paused = replace(paused, numbered_twice=True)
        outcome = preflight(paused, observed, recorded)
    return Checked(
        findings=outcome.findings,
        capsule_document=document,
        capsule=capsule,
        checkpoint=at.checkpoint if at else None,
        checkpoint_path=at.place.path if at else None,
        facts=observed.facts,
        warnings=_rebuilt(rebuilt, named) or _gone(capsule, at),
        changed_since=outcome.changed_since,
        evidence=observed.evidence,
        called=called(paused) if at else None,
    )


def _names(outcome: Preflight, paused: PausedState) -> bool:
    """Whether what is told of a pause leads to its checkpoint."""
    found = outcome.findings
    return any(one.code == "tree.lost" or called(paused) in (one.command or "").split() for one in found)


def left_behind(workspace: Workspace, file: TaskFile, last: Checkpoint, facts: GitFacts) -> Finding | None:
    """Return what is to be told of a task in progress: that files its last pause saved are not here.

    History is asked only where bytes that were saved are neither among the changes nor at their path.

    Raises:
        Corrupt, HumanConflict: as `check`.

    Source: contract §5 (`tree.lost`).
    """
    if last.snapshot is None or not _may_be_lost(workspace, last, facts):
        return None
    found = check(workspace, workspace.store, file, facts=facts).findings
    return next((one for one in found if is_left_behind(one)), None)


def is_left_behind(finding: Finding | FindingView) -> bool:
    """Whether it says that saved files are not here; what else differs of work in progress was done since."""
    return finding.code == "tree.lost" and "restore" in (finding.command or "")


def _may_be_lost(workspace: Workspace, last: Checkpoint, facts: GitFacts) -> bool:
    from volon.repo.blobs import Blobs  # noqa: PLC0415  only of work in progress

    blobs = Blobs(workspace.repository.root, facts.object_format)
    there = {change.path for change in facts.changes}
    gone = (change for change in last.changes if change.path not in there and change.readable)
    return any(blobs.of_path(change.path) != (change.mode, change.blob) for change in gone)


def _of_snapshot(workspace: Workspace, paused: PausedState, checkpoint: Checkpoint, observed: Observed) -> PausedState:
    """What the checkpoint's snapshot has of what is lost, if it is here."""
    from volon.usecases.restoring.restorable import beside  # noqa: PLC0415  only where something is lost

    if checkpoint.snapshot is None:
        return paused
    try:
        manifest = workspace.repository.snapshots.read(checkpoint.snapshot).manifest
    except VolonError:
        return paused
    held = {one.path for one in manifest.files} | {one.path for one in manifest.stages}
    return replace(
        paused,
        restorable=any(fate.change.path in held for fate in observed.fates if fate.fate is Fate.LOST),
        unsaved=tuple(change.path for change in checkpoint.changes if change.path not in held),
        beside=beside(workspace, f"{checkpoint.number:02d}"),
    )


def _rebuilt(used: CheckpointFile | None, named: CheckpointFile | None) -> tuple[str, ...]:
    if used is None or used is named:
        return ()
    return (f"The capsule is gone; the copy in {used.place.path} was used.",)


def _gone(capsule: Capsule | None, at: CheckpointFile | None) -> tuple[str, ...]:
    if at is not None or capsule is None or capsule.checkpoint is None:
        return ()
    return (f"{capsule.checkpoint} is gone or another; what was noted of uncommitted work with it. See: volon doctor",)


def _last_checkpoint(reader: Reader, task: Task) -> CheckpointFile | None:
    """The newest checkpoint of a task whose capsule is gone; it embeds the capsule. None when there is a capsule."""
    if reader.read(layout.capsule_place(task.id)) is not None:
        return None
    return records.last_checkpoint(reader, task)


def _capsule(reader: Reader, task_id: str, named: CheckpointFile | None) -> tuple[Document | None, Capsule | None]:
    if named is None:
        found = records.read_capsule(reader, task_id)
        return found if found is not None else (None, None)
    if not named.checkpoint.capsule_text:
        return None, None
    document = Document.parse(named.checkpoint.capsule_text.encode(), layout.capsule_place(task_id).path)
    try:
        return document, parse_capsule(document)
    except VolonError as error:
        message = f"The capsule inside {named.place.path} cannot be read."
        raise Corrupt(message, causes=[error.message], hints=["volon checkpoint list"]) from error


def _as_paused(capsule: Capsule | None, checkpoint: Checkpoint | None) -> Capsule | None:
    """A capsule with what the checkpoint of its pause says of that moment, but for what is marked as external."""
    if capsule is None or checkpoint is None or None in (capsule.uid, checkpoint.uid) or checkpoint.uid != capsule.uid:
        return capsule
    differing = {key: getattr(checkpoint, key) for key in FACTS if getattr(checkpoint, key) != getattr(capsule, key)}
    said = {key: value for key, value in differing.items() if key not in capsule.external}
    return replace(capsule, **said) if said else capsule


def _paused_state(task: Task, capsule: Capsule | None, checkpoint: Checkpoint | None) -> PausedState:
    """What is known of the moment of the pause; the checkpoint fills what an old capsule lacks."""
    source = capsule or checkpoint
    if source is None:
        return PausedState(task_id=task.id)
    return PausedState(
        task_id=task.id,
        known=True,
        uid=source.uid,
        paused_commit=source.paused_commit,
        paused_at=capsule.paused_at if capsule else checkpoint.saved_at if checkpoint else None,
        branch=source.branch,
        upstream=source.upstream,
        upstream_commit=source.upstream_commit,
        worktree=source.worktree or ".",
        operation=source.operation,
        operation_head=source.operation_head,
        changes=checkpoint.changes if checkpoint and checkpoint.uid else None,
        checkpoint=checkpoint.number if checkpoint else None,
        key_files=_key_files(capsule, checkpoint),
        next_actions=capsule.next_actions if capsule else (),
        confidence=capsule.confidence if capsule else "medium",
        questions=capsule.questions if capsule else (),
        place_known=source.uid is not None,
        diffstat=capsule.diffstat if capsule else "",
        evidence=_evidence(checkpoint),
    )


def _evidence(checkpoint: Checkpoint | None) -> tuple[Evidence, ...]:
    if checkpoint is None or not checkpoint.evidence:
        return ()
    from volon.model.evidence import unfolded  # noqa: PLC0415  only when commands were recorded

    return unfolded(checkpoint.evidence, checkpoint.changes)


def _key_files(capsule: Capsule | None, checkpoint: Checkpoint | None) -> tuple[str, ...]:
    """The files somebody named; not those marked `(external)` or `(new)`.

    Those that a pause derived from its dirty files are judged as such already.
    """
    recorded = {change.path for change in checkpoint.changes} if checkpoint else set()
    named = capsule.key_files if capsule else ()
    judged = [item for item in named if not (item.path in recorded and item.why in DERIVED)]
    if not judged:
        return ()
    from volon.model.checks.claims import marked  # noqa: PLC0415  most capsules name no files of their own

    return tuple(item.path for item in judged if not marked(item.why))


def _record_facts(task: Task, capsule: Capsule | None, found: _Rules) -> RecordFacts:
    external = task.blocker_type == "external" and task.status in {Status.BLOCKED, Status.PAUSED}
    said = capsule.blockers if capsule and capsule.blockers else ()
    return RecordFacts(
        task_id=task.id,
        external_blockers=(said or task.updates[-1:] or ("no reason was written down",)) if external else (),
        capsule_missing=capsule is None,
        capsule_problems=found.capsule,
        checkpoint_problems=found.checkpoint,
    )
