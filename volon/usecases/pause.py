"""Pause: write down where the work stands, in one transaction, touching nothing of the user's.

Read the task and the git facts → compose capsule, checkpoint, task, bootstrap, handoff and log entry in memory →
make the pause known by a ref → one transaction. Nothing has been written when a refusal is raised.

Source: contract §4 and §7, seed 001 (pause flow), seed 003 (steps 1-7).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from volon.errors import NothingToDo, UsageError
from volon.model.events import render_message
from volon.model.frontmatter import Document
from volon.model.ids import next_task_id
from volon.model.results import PauseResult
from volon.model.secrets import redact
from volon.model.task import Status, move, new_task, parse_task
from volon.model.text import iso, one_line
from volon.repo import questions
from volon.repo.statecommit import commit_state, refuse_in_operation
from volon.store import layout
from volon.usecases import compose, records, select
from volon.usecases.surroundings import read_surroundings
from volon.usecases.writing import exclude_state, state_files, write_pointers

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from volon.model.checkpoint import Checkpoint
    from volon.model.facts import GitFacts
    from volon.model.requests import PauseRequest
    from volon.store.transaction import Transaction
    from volon.usecases.compose import Composed, Material
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

_TITLE_LENGTH = 72


@dataclass(frozen=True, slots=True)
class _Subject:
    """The task to pause; `created` when the pause itself brought it into being."""

    file: TaskFile
    created: bool
    warnings: tuple[str, ...]


def pause(workspace: Workspace, request: PauseRequest, *, ask_note: Callable[[], str] | None = None) -> PauseResult:
    """Pause the active task.

    Args:
        workspace: where.
        request: what was said.
        ask_note: asks a person what they are in the middle of; None where nobody is there to answer.

    Raises:
        NothingToDo: the tree is clean, nothing was said and no task is in progress.
        UsageError: the task is done, unknown or ambiguous.
        Corrupt, HumanConflict, Busy, NotCommitted, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    with workspace.store.begin("pause", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        facts = workspace.repository.facts()
        if request.commit_state:
            refuse_in_operation(facts)
        now = workspace.now()
        subject = _subject(workspace, tx, request, facts, now)
        material = _material(workspace, tx, request, facts, now, subject)
        if not request.says_something and compose.nothing_changed(material):
            return _already(material, request)
        composed = compose.compose(material, _note(workspace, request, material, ask_note))
        _put(workspace, tx, composed, material)
        if not request.dry_run:
            _make_known(workspace, tx, composed, material)
        outcome = tx.commit(
            f"{composed.checkpoint.task_id} at checkpoint {composed.checkpoint.number:02d}",
            task_id=composed.checkpoint.task_id,
            task_uid=composed.task_uid,
            checkpoint=composed.checkpoint.number,
        )
    state_commit = _commit_state(workspace, request, composed, material)
    written = tuple(place.path for place in outcome.written)
    return _result(material, composed, subject, written=written, state_commit=state_commit)


def _subject(workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts, now: datetime) -> _Subject:
    """Find the task, or bring one into being when there is something to write down."""
    if request.task is not None:
        file = records.find_task(tx, request.task)
        return _Subject(_pausable(file), created=False, warnings=())
    files, broken = records.read_tasks(tx)
    warnings = records.broken_warnings(broken)
    active = select.active_task(files) or _paused_here(tx, files)
    if active is not None:
        return _Subject(active, created=False, warnings=warnings)
    if not (request.says_something or facts.changes or facts.operation):
        message = "Nothing to pause: the working tree is clean, no task is in progress and no note was given."
        raise NothingToDo(message, hints=['volon pause-task "what you are in the middle of"', "volon resume-task"])
    return _Subject(_new_task(workspace, tx, request, facts, now), created=True, warnings=warnings)


def _paused_here(tx: Transaction, files: list[TaskFile]) -> TaskFile | None:
    """A second pause without a resume in between is about the same task."""
    pointed = records.read_bootstrap(tx)[1].paused_task_id
    return next((file for file in files if file.task.id == pointed and file.task.status is Status.PAUSED), None)


def _pausable(file: TaskFile) -> TaskFile:
    if file.task.status is Status.DONE:
        message = f"{file.task.id} is done; there is nothing to pause."
        raise UsageError(message, hints=['volon task start "the next thing"'])
    return file


def _new_task(workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts, now: datetime) -> TaskFile:
    """Compose a task titled by the note, else by the branch; it is put with the rest of the pause."""
    existing = [name.removesuffix(".md") for name in tx.listdir(layout.TASKS)]
    title = redact(one_line(request.note or request.goal or f"Work on {facts.branch or 'a detached HEAD'}"))[0]
    task_id = next_task_id(now.date(), existing)
    data = new_task(
        workspace.template("task.md", tx),
        id=task_id,
        uid=tx.op,
        title=title[:_TITLE_LENGTH],
        created_at=now,
        status=Status.DOING,
        update="started by a pause",
    )
    place = layout.task_place(task_id)
    tx.read(place)
    document = Document.parse(data, place.path)
    return records.TaskFile(place, document, parse_task(document))


def _material(
    workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts, now: datetime, subject: _Subject
) -> Material:
    task = subject.file.task
    capsule = records.read_capsule(tx, task.id)
    previous = records.checkpoint_of(tx, capsule[1]) if capsule else None
    return compose.Material(
        request=request,
        facts=facts,
        now=now,
        op=tx.op,
        task_file=subject.file,
        capsule=capsule,
        previous=previous.checkpoint if previous else None,
        surroundings=read_surroundings(workspace, tx),
        number=_next_number(workspace, tx),
        diffstat=workspace.repository.diffstat(facts),
        you_were=questions.you_were(workspace.repository, facts),
        commits=_commits_since(workspace, capsule, facts),
        capsule_template=workspace.template("task-pcc-capsule.md", tx),
        checkpoint_template=workspace.template("checkpoint.md", tx),
        handoff_template=workspace.template("handoff.md", tx),
    )


def _next_number(workspace: Workspace, tx: Transaction) -> int:
    """One more than every number known here or on another branch or worktree; never one that was used before."""
    here = [number for number, _ in records.checkpoint_names(tx)]
    known = [event.checkpoint for event in workspace.repository.events.list_events() if event.checkpoint is not None]
    return max([0, *here, *known]) + 1


def _commits_since(workspace: Workspace, capsule: compose.CapsuleFile | None, facts: GitFacts) -> tuple[str, ...]:
    since = (capsule[1].resumed_commit or capsule[1].paused_commit) if capsule else None
    if facts.head is None or since is None or since == facts.head:
        return ()
    return questions.commits_between(workspace.repository, since, facts.head)


def _note(
    workspace: Workspace, request: PauseRequest, material: Material, ask_note: Callable[[], str] | None
) -> compose.Note:
    said = request.note or (ask_note() if ask_note else "")
    if said:
        return compose.Note(redact(said)[0], derived=False)
    subject = questions.subject(workspace.repository, material.facts.head) if material.facts.head else None
    return compose.derived_note(material.facts, subject)


def _put(workspace: Workspace, tx: Transaction, composed: Composed, material: Material) -> None:
    """Put every record: immutable first, status next, pointers last."""
    tx.create(layout.checkpoint_place(composed.checkpoint_name), composed.checkpoint_data)
    tx.put(layout.capsule_place(composed.task.id), composed.capsule_data)
    moved = move(
        material.task_file.document,
        material.task_file.task,
        Status.PAUSED,
        material.now,
        composed.update_line,
        blocker_type="external" if material.request.blockers else None,
    )
    if composed.task.uid is None:
        moved = moved.set("uid", composed.task_uid)
    tx.put(material.task_file.place, moved.data)
    write_pointers(workspace, tx, composed.pointers, material.now)
    exclude_state(workspace, tx)
    tx.append(layout.RUN_LOG, composed.log_line)
    tx.put(layout.HANDOFF, composed.handoff_data)


def _make_known(workspace: Workspace, tx: Transaction, composed: Composed, material: Material) -> None:
    """Keep `paused_commit` and the records alive in git, before the commit point, under a name of this operation."""
    names = (
        layout.checkpoint_place(composed.checkpoint_name),
        layout.capsule_place(composed.task.id),
        material.task_file.place,
    )
    files = {place.path: data for place in names if (data := tx.read(place)) is not None}
    checkpoint = composed.checkpoint
    message = render_message(
        task_id=composed.task.id,
        task_uid=composed.task_uid,
        title=composed.task.title,
        branch=checkpoint.branch,
        worktree=material.facts.worktree,
        checkpoint=checkpoint.number,
        paused_at=iso(material.now),
    )
    workspace.repository.events.record_pause(tx.op, files, checkpoint.paused_commit, message, material.now)


def _commit_state(workspace: Workspace, request: PauseRequest, composed: Composed, material: Material) -> str | None:
    """Commit what volon has on disk now, its logs left out."""
    if not request.commit_state or request.dry_run:
        return None
    checkpoint = composed.checkpoint
    message = f"volon: pause {checkpoint.task_id} at checkpoint {checkpoint.number:02d}"
    files = state_files(workspace.store)
    return commit_state(workspace.repository, checkpoint.uid or "", files, material.facts, message, material.now)


def _already(material: Material, request: PauseRequest) -> PauseResult:
    previous = material.previous
    if previous is None:
        message = "There is no checkpoint to compare with."
        raise NothingToDo(message)
    actions = material.capsule[1].next_actions if material.capsule else ()
    base = _base(material, previous, compose.Note(previous.note or "", derived=False), actions)
    return replace(base, already=True, dry_run=request.dry_run)


def _result(
    material: Material, composed: Composed, subject: _Subject, *, written: tuple[str, ...], state_commit: str | None
) -> PauseResult:
    return replace(
        _base(material, composed.checkpoint, composed.note, composed.capsule.next_actions),
        created_task=subject.created,
        written=written,
        state_commit=state_commit,
        dry_run=material.request.dry_run,
        warnings=(*subject.warnings, *composed.warnings),
    )


def _base(material: Material, checkpoint: Checkpoint, note: compose.Note, actions: tuple[str, ...]) -> PauseResult:
    task = material.task_file.task
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
        note=note.text,
        note_derived=note.derived,
        next_actions=actions,
        noted=compose.counts(material.facts),
        skipped=material.facts.nested,
    )
