"""Pause: write down where the work stands, in one transaction, touching nothing of the user's.

Read the task and the git facts → compose capsule, checkpoint, task, bootstrap, handoff and log entry in memory →
make the pause known by a ref → one transaction. Nothing has been written when a refusal is raised.

Source: contract §4 and §7, seed 001 (pause flow), seed 003 (steps 1-7).
"""

from __future__ import annotations

from volon.errors import Busy, NotCommitted, NothingToDo, UsageError
from volon.model.checks.claims import Claim, What, marked, paths_in
from volon.model.hookenv import variables
from volon.model.ids import next_task_id
from volon.model.records.capsule import lost_parts, parse_capsule
from volon.model.records.checkpoint import verify
from volon.model.records.events import render_message
from volon.model.records.task import Status, move, new_task
from volon.model.results import PauseResult
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.syntax.gitpath import quote_name
from volon.model.text import iso, one_line
from volon.plain import dataclass, replace
from volon.repo import questions
from volon.repo.fewpaths import differences
from volon.repo.statecommit import commit_state, refuse_to_commit
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.elsewhere import paused_here
from volon.usecases.pausing import compose, saving
from volon.usecases.pausing.material import Material, Note, counts, derived_note
from volon.usecases.pausing.surroundings import read_surroundings
from volon.usecases.pointers import write_pointers
from volon.usecases.running import hooks
from volon.usecases.running.evidence import adopt, rows_for, runs_since
from volon.usecases.statefiles import exclude_state, state_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.evidence import Evidence
    from volon.model.facts import GitFacts
    from volon.model.records.checkpoint import Checkpoint
    from volon.model.records.events import PauseEvent
    from volon.model.records.task import Task
    from volon.model.requests import PauseRequest
    from volon.repo.status import Status as Seen
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.pausing.compose import Composed
    from volon.usecases.pausing.material import CapsuleFile
    from volon.usecases.records import CheckpointFile, TaskFile
    from volon.workspace import Workspace

_TITLE_LENGTH = 72
_LOOKS = 3
_MARKS = ("resumed_at", "resumed_commit", "resumed_from", "resumed_from_uid")
"""What a resume writes into a capsule, and its checkpoint does not have."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The task to pause, None when the pause itself has to bring one into being; `previous` is its last checkpoint."""

    file: TaskFile | None
    capsule: CapsuleFile | None = None
    previous: Checkpoint | None = None
    warnings: tuple[str, ...] = ()
    damaged: bool = False
    runs: tuple[Evidence, ...] = ()

    def unchanged(self, workspace: Workspace, reader: Reader, request: PauseRequest, facts: GitFacts) -> bool:
        """Whether the task is paused already, whole and with its files, nothing was said and nothing moved since."""
        if self.file is None or self.previous is None or request.says_something or self.damaged or self.runs:
            return False
        moved = not compose.nothing_changed(self.file.task, self.previous, facts)
        return not moved and saving.is_saved(workspace, reader, request, facts, self.previous)


def wants_note(workspace: Workspace, request: PauseRequest) -> bool:
    """Whether a person should be asked what they are in the middle of: there is something to pause and no note.

    Raises:
        NothingToDo, UsageError, Corrupt, HumanConflict: as `pause`.
    """
    if request.note is not None:
        return False
    facts = workspace.repository.facts()
    subject = _subject(workspace, workspace.store, request, facts)
    return not subject.unchanged(workspace, workspace.store, request, facts)


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
    message = "Git keeps changing this repository while volon looks at it; nothing was written."
    raise Busy(message, hints=["Run the command again when git is done."])


class _GitMoved(Exception):
    """HEAD, index or operation changed between the look and the commit point."""


def _pause(workspace: Workspace, request: PauseRequest) -> PauseResult:
    with workspace.store.begin("pause", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        stamp = workspace.repository.stamp()
        facts, seen = workspace.repository.look()
        if request.commit_state:
            refuse_to_commit(workspace.repository, facts)
        subject = _subject(workspace, tx, request, facts)
        unchanged = subject.unchanged(workspace, tx, request, facts)
        if unchanged and subject.file is not None and subject.previous is not None:
            return _already(subject.file, subject.previous, facts, request)
        material = _material(workspace, tx, request, facts, seen, subject)
        saved = saving.save(workspace, tx, request, facts, seen, tx.op, material.now)
        material = replace(material, facts=saved.facts, snapshot=saved.snapshot)
        composed = compose.compose(material)
        put_warnings = _put(workspace, tx, composed, material)
        adopt(tx, subject.runs, composed.task.id, composed.task_uid)
        if workspace.repository.stamp() != stamp:
            raise _GitMoved
        on_pause, why_no_hooks = hooks.ready_or_why(workspace, tx, "on_pause")
        hooks.owe(tx, on_pause, _told(composed))
        _refuse_too_much(tx, facts)
        if not request.dry_run:
            _make_known(workspace, tx, composed, material)
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
        warnings=(*subject.warnings, *composed.warnings, *saved.warnings, *put_warnings, *why_no_hooks),
    )


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


def _subject(workspace: Workspace, reader: Reader, request: PauseRequest, facts: GitFacts) -> _Subject:
    """Find the task, or see that there is something to make one for."""
    if request.task is not None:
        return _known(reader, _pausable(records.find_task(reader, request.task)), ())
    files, broken = records.read_tasks(reader, Status.DOING, Status.PAUSED)
    pointed = records.read_bootstrap(reader)[1].paused_task_id
    active = select.active_task(files) or paused_here(workspace, reader, files)
    if active is not None:
        return _known(reader, active, records.broken_warnings(broken))
    select.refuse_unreadable(broken, pointed)
    if not (request.says_something or facts.changes or facts.operation):
        message = "Nothing to pause: the working tree is clean, no task is in progress and no note was given."
        raise NothingToDo(message, hints=['volon pause-task "what you are in the middle of"'])
    return _Subject(None, runs=runs_since(reader, None, None))


def _known(reader: Reader, file: TaskFile, warnings: tuple[str, ...]) -> _Subject:
    capsule = records.read_capsule(reader, file.task.id)
    previous = records.checkpoint_of(reader, capsule[1]) if capsule else None
    last = previous.checkpoint if previous else None
    subject = _Subject(file, capsule, last, warnings, runs=runs_since(reader, file.task, last))
    return subject if capsule is None or not lost_parts(capsule[0]) else _whole(subject, capsule, previous)


def _whole(subject: _Subject, capsule: CapsuleFile, previous: CheckpointFile | None) -> _Subject:
    """Go on from what the last pause wrote where the capsule has lost some of it; what it says is kept, too."""
    document, said = capsule
    what = f"{document.path} is damaged: {lost_parts(document)[0].message}"
    if previous is None or verify(previous.document) or not previous.checkpoint.capsule_text:
        warning = f"{what}; no checkpoint has a copy of it, so what it still says was used."
        return replace(subject, damaged=True, warnings=(*subject.warnings, warning))
    whole = parse_capsule(Document.parse(previous.checkpoint.capsule_text.encode(), document.path))
    marks = {name: getattr(said, name) for name in _MARKS}
    warning = f"{what}; the copy in checkpoint {previous.checkpoint.number:02d} was used."
    return replace(
        subject, damaged=True, capsule=(document, replace(whole, **marks)), warnings=(*subject.warnings, warning)
    )


def _pausable(file: TaskFile) -> TaskFile:
    if file.task.status is Status.DONE:
        message = f"{file.task.id} is done; there is nothing to pause."
        raise UsageError(message, hints=['volon task start "the next thing"'])
    return file


def _new_task(workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts) -> TaskFile:
    """Compose a task titled by the note, else by the branch; it is put with the rest of the pause."""
    now = workspace.now()
    title = redact(one_line(request.note or request.goal or f"Work on {_place(facts)}"))[0]
    task_id = next_task_id(now.date(), records.task_ids(workspace, tx))
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
    return records.TaskFile.of(place, document)


def _place(facts: GitFacts) -> str:
    return "a detached HEAD" if facts.branch is None else quote_name(facts.branch)


def _material(
    workspace: Workspace, tx: Transaction, request: PauseRequest, facts: GitFacts, seen: Seen, subject: _Subject
) -> Material:
    events = workspace.repository.events.known()
    diffstat, you_were = differences(workspace.repository, facts, seen, write=not request.dry_run)
    return Material(
        request=request,
        facts=facts,
        now=workspace.now(),
        op=tx.op,
        note=_note(workspace, request, facts),
        task_file=subject.file or _new_task(workspace, tx, request, facts),
        capsule=subject.capsule,
        previous=subject.previous,
        surroundings=read_surroundings(tx),
        number=_next_number(tx, events),
        diffstat=diffstat,
        you_were=you_were,
        commits=_commits_since(workspace, subject.capsule, facts),
        missing_key_files=_missing(workspace, request),
        capsule_template=workspace.template("task-pcc-capsule.md", tx),
        checkpoint_template=workspace.template("checkpoint.md", tx),
        handoff_template=workspace.template("handoff.md", tx),
        evidence=rows_for(subject.previous, subject.runs),
    )


def _missing(workspace: Workspace, request: PauseRequest) -> tuple[str, ...]:
    """The key files and the paths in next actions that `volon validate` would miss; see `volon.model.checks.claims`."""
    named = [(path.strip(), why) for path, _, why in (text.partition(": ") for text in request.key_files)]
    said = (Claim(What.PATH, path, "key_files", 1, 1).paths for path, why in named if not marked(why))
    wanted = [paths for paths in (*said, *paths_in(request.next_actions)) if paths]
    there = (any(questions.exists(workspace.repository, path) for path in paths) for paths in wanted)
    return tuple(paths[0] for paths, found in zip(wanted, there, strict=True) if not found)


def _next_number(tx: Transaction, events: tuple[PauseEvent, ...]) -> int:
    """One more than every number known here or on another branch or worktree; never one that was used before."""
    here = records.latest_checkpoint(tx)
    known = [event.checkpoint for event in events if event.checkpoint is not None]
    return max([0 if here is None else here[0], *known]) + 1


def _commits_since(workspace: Workspace, capsule: CapsuleFile | None, facts: GitFacts) -> tuple[str, ...]:
    since = (capsule[1].resumed_commit or capsule[1].paused_commit) if capsule else None
    if facts.head is None or since is None or since == facts.head:
        return ()
    return questions.commits_between(workspace.repository, since, facts.head)


def _note(workspace: Workspace, request: PauseRequest, facts: GitFacts) -> Note:
    if request.note:
        return Note(redact(one_line(request.note))[0], derived=False)
    return derived_note(facts, questions.subject(workspace.repository, facts.head) if facts.head else None)


def _put(workspace: Workspace, tx: Transaction, composed: Composed, material: Material) -> tuple[str, ...]:
    """Put every record: immutable first, status next, pointers last; return warnings."""
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
    warnings = exclude_state(workspace, tx)
    tx.append(layout.RUN_LOG, composed.log_line)
    tx.put(layout.HANDOFF, composed.handoff_data)
    return warnings


def _refuse_too_much(tx: Transaction, facts: GitFacts) -> None:
    """A ref is for ever, so none is made for a pause that cannot be committed."""
    try:
        tx.check_size()
    except NotCommitted as error:
        listed = f"A checkpoint lists all {len(facts.changes)} changed or untracked files and keeps an edited capsule."
        hint = "Name what need not be recorded in .gitignore or .git/info/exclude, then pause again."
        raise NotCommitted(error.message, causes=[listed], hints=[hint]) from error


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


def _already(file: TaskFile, previous: Checkpoint, facts: GitFacts, request: PauseRequest) -> PauseResult:
    base = _base(file.task, previous, facts)
    return replace(base, mode=request.mode, note=previous.note or "", already=True, dry_run=request.dry_run)


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
