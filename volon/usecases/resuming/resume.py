"""Resume: select → preflight → one transaction → brief. Files of the user are never touched.

Source: contract §4 (`resume-task`, `continue`), §5 (preflight), §2.4-2.9.
"""

from __future__ import annotations

from volon.errors import Busy, ExitCode, NothingToDo, NotTrusted, UsageError
from volon.model.hookenv import variables
from volon.model.records import runlog
from volon.model.records.task import Status, append_update, move
from volon.model.results.hooks import HookState
from volon.model.secrets import redact
from volon.model.syntax.frontmatter import Document
from volon.model.text import iso, one_line
from volon.plain import dataclass, replace
from volon.store import layout
from volon.usecases import claims, records, select
from volon.usecases.elsewhere import elsewhere, fork_warnings, is_here, where_words
from volon.usecases.pausing.surroundings import read_surroundings
from volon.usecases.pointers import clear_pointers
from volon.usecases.records import TaskFile
from volon.usecases.resuming.aside import keep_edited
from volon.usecases.resuming.brief import brief_of
from volon.usecases.resuming.check import Checked, check
from volon.usecases.running import hooks
from volon.usecases.running.approval import REPLAY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from volon.model.drift.observed import Again, EvidenceFate
    from volon.model.requests import ResumeRequest
    from volon.model.results.hooks import HookView
    from volon.model.results.protocol import ResumeResult
    from volon.store.store import Reader
    from volon.store.transaction import Transaction
    from volon.usecases.handoff.arrived import Taken
    from volon.usecases.records import CheckpointFile
    from volon.usecases.running.hooks import OnStart
    from volon.workspace import Workspace


_NOTHING_RECORDED = "No command was recorded with this pause, so nothing was run again. To record one: volon run -- CMD"


@dataclass(frozen=True, slots=True)
class _Choice:
    """What to come back to.

    Attributes:
        checkpoint: the one that the user named.
        others: others may be in progress.
    """

    file: TaskFile
    checkpoint: CheckpointFile | None
    warnings: tuple[str, ...]
    others: bool = False


def resume(workspace: Workspace, request: ResumeRequest, on_start: OnStart | None = None) -> ResumeResult:
    """Say what changed since the pause and set the task to `doing`.

    Where there are hooks for it, or recorded commands are to be run again, all is looked at first, then they run,
    without the lock, and then all is looked at again: they may have changed what there is to see.

    Args:
        workspace: where.
        request: what was asked for.
        on_start: told of each hook before it runs.

    Raises:
        NothingToDo: there is no task to come back to, or no such checkpoint.
        UsageError: the task is done or unknown, or the number is ambiguous.
        NotTrusted: a required hook, or what is to be run again, waits for the user's decision.
        KeyboardInterrupt: the user stopped a hook; nothing has changed.
        Corrupt, HumanConflict, Busy, NotCommitted, CommittedNotApplied: see docs/EXIT_CODES.md.
    """
    found = hooks.ready(workspace, workspace.store, "on_resume")
    if request.going_on or not (found.commands or request.replay):
        return _attempt(workspace, request)[0]
    if not request.dry_run:
        from volon.store.lock import refuse_in_hook  # noqa: PLC0415  only to write

        refuse_in_hook(workspace.world)
    # What is stale may hold again once it was run again.
    first = replace(request, dry_run=True, strict=request.strict and not request.replay)
    looked, subject = _attempt(workspace, first)
    again: dict[str, Again] = {}
    if request.replay and not looked.stopped:
        again = _run_again(workspace, request, subject, on_start)
        looked, subject = _attempt(workspace, replace(request, dry_run=True), again=again)
    views = found.views(subject.op, dry_run=request.dry_run)
    if looked.stopped or request.dry_run:
        return replace(looked, hooks=() if looked.stopped else views, dry_run=request.dry_run)
    if any(view.state == HookState.UNTRUSTED and view.required for view in views):
        raise _undecided(found)
    if found.approved:
        views = hooks.run(workspace, found, subject.op, subject.told, on_start)
    if hooks.interrupted(views):
        raise KeyboardInterrupt
    if hooks.vetoes(views) and not request.force:
        return _vetoed(looked, request, subject, views)
    result, _ = _attempt(workspace, request, subject, again)
    return replace(result, hooks=views, forced=result.forced or hooks.vetoes(views))


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a resume is about, as hooks are told it; the second look must find the same."""

    task_id: str
    status: str
    op: str
    told: dict[str, str]
    evidence: tuple[EvidenceFate, ...] = ()


def _attempt(
    workspace: Workspace,
    request: ResumeRequest,
    expected: _Subject | None = None,
    again: Mapping[str, Again] | None = None,
) -> tuple[ResumeResult, _Subject]:
    with workspace.store.begin("resume", dry_run=request.dry_run, on_wait=workspace.on_wait) as tx:
        now = workspace.now()
        came = take_up(workspace, tx, request)
        if came is not None:
            request = replace(request, task=came.task_id, checkpoint=None)
        choice = _choose(workspace, tx, request)
        choice.file.document.study()
        checked = check(workspace, tx, choice.file, choice.checkpoint, again)
        subject = _subject(tx, choice, checked)
        if expected is not None and subject.told != expected.told:
            message = "The task was paused or changed while its hooks ran; nothing was changed here."
            raise Busy(message, hints=["Run the command again."])
        result = _result(tx, request, choice, checked, now)
        result = _claimed(workspace, result, came, choice.file)
        if result.stopped:
            return result, subject
        kept = keep_edited(workspace, tx, choice.file.task.id) if choice.checkpoint else ()
        _put(tx, request, choice, checked, now)
        beside = _beside(tx, choice)
        if not request.dry_run:
            workspace.close_pause(tx.op, choice.file.task.uid, subject.op)
        outcome = tx.commit(
            f"{choice.file.task.id}"
            + (f" from checkpoint {result.resumed_from:02d}" if result.resumed_from is not None else ""),
            task_id=choice.file.task.id,
            task_uid=choice.file.task.uid,
        )
    written = tuple(place.path for place in outcome.written)
    forks = fork_warnings(workspace, records.read_some(workspace.store, [subject.task_id]), choice.file.task.uid)
    return replace(result, written=written, warnings=(*result.warnings, *kept, *beside, *forks)), subject


def _beside(tx: Transaction, choice: _Choice) -> tuple[str, ...]:
    """Say that others are in progress, and which one the next pause is about."""
    if not choice.others:
        return ()
    from volon.usecases.beside import beside_words  # noqa: PLC0415  mostly one thing is done at a time

    return beside_words(tx, choice.file.task)


def _claimed(workspace: Workspace, result: ResumeResult, came: Taken | None, file: TaskFile) -> ResumeResult:
    """Say who has claimed the task, and of work from another machine that nobody has how to."""
    claim = claims.held(workspace, file.task.uid)
    warnings = (*result.warnings, *(came.warnings if came else ()), *claims.warning(claim, file.task.id))
    if came is None or claim is not None:
        return replace(result, warnings=warnings)
    hint = f"tell the other machines that you go on with it: volon handoff claim {came.task_id}"
    return replace(result, warnings=warnings, hints=(*result.hints, hint))


def take_up(workspace: Workspace, tx: Transaction, request: ResumeRequest) -> Taken | None:
    """See `arrived.take_up`."""
    if not workspace.repository.events.has_arrivals:
        return None
    from volon.usecases.handoff import arrived  # noqa: PLC0415  most clones never hear of another machine

    return arrived.take_up(workspace, tx, request)


def _subject(tx: Transaction, choice: _Choice, checked: Checked) -> _Subject:
    at, capsule = checked.checkpoint, checked.capsule
    uid = (at.uid if at else None) or (capsule.uid if capsule else None)
    told = variables(
        event="on_resume",
        task_id=choice.file.task.id,
        op=uid,
        checkpoint=at.number if at else None,
        checkpoint_path=checked.checkpoint_path,
        paused_commit=capsule.paused_commit if capsule else None,
        branch=capsule.branch if capsule else None,
        mode=(at.mode if at else None) or "soft",
        note=redact(capsule.note or "")[0] if capsule else None,
    )
    return _Subject(choice.file.task.id, choice.file.task.status, uid or tx.op, told, checked.evidence)


def _run_again(
    workspace: Workspace, request: ResumeRequest, subject: _Subject, on_start: OnStart | None
) -> dict[str, Again]:
    from volon.usecases.running import replay  # noqa: PLC0415  seldom asked for

    found = hooks.ready(workspace, workspace.store, REPLAY)
    chosen = replay.choose(workspace, workspace.store, [fate.row for fate in subject.evidence], found)
    if request.dry_run:
        return replay.foretell(chosen, found)
    return replay.run_again(workspace, chosen, found, subject.told, subject.op, on_start)


def _undecided(found: hooks.Ready) -> NotTrusted:
    """Nothing of a stranger's is a reason to trust them: saying no is a way on, too."""
    reason = found.judgement.reason if found.judgement else ""
    return NotTrusted(
        "A hook that must run before work is resumed here is not trusted; nothing was changed.",
        causes=[reason],
        hints=["see it and decide: volon trust", "go on without it, now and later: volon trust --deny"],
    )


def _vetoed(
    looked: ResumeResult, request: ResumeRequest, subject: _Subject, views: tuple[HookView, ...]
) -> ResumeResult:
    from volon.usecases.resuming import ways  # noqa: PLC0415  only where something stops it

    return replace(
        looked,
        status=subject.status,
        stopped=True,
        forced=False,
        exit_code=ExitCode.PREFLIGHT,
        hooks=views,
        hints=(ways.past(request, subject.task_id),),
        written=(),
        dry_run=False,
    )


def _choose(workspace: Workspace, tx: Transaction, request: ResumeRequest) -> _Choice:
    if request.checkpoint is not None:
        checkpoint = records.find_checkpoint(tx, request.checkpoint)
        return _Choice(_task_of(workspace, tx, checkpoint, request), checkpoint, (), others=True)
    if request.task is not None:
        return _Choice(_resumable(_named(workspace, tx, request.task)), None, (), others=True)
    files, broken = records.read_tasks(tx)
    pointed = records.read_bootstrap(tx)[1].paused_task_id
    if any(item.path.endswith(f"/{pointed}.md") for item in broken):
        select.refuse_unreadable(broken, pointed)
    chosen = select.resumable_task(files, pointed, lambda file: is_here(workspace, tx, file))
    if chosen is None:
        select.refuse_unreadable(broken, pointed)
        raise _nothing(workspace, files)
    stale = select.stale_pointer(files, broken, pointed)
    others = any(file.row.status == Status.DOING and file is not chosen for file in files)
    return _Choice(chosen, None, (*records.broken_warnings(broken), *filter(None, [stale])), others=others)


def _named(workspace: Workspace, tx: Transaction, task_id: str) -> TaskFile:
    """Return the task; one that has no file here is looked for elsewhere, so that there is a way to it."""
    try:
        return records.find_task(tx, task_id)
    except UsageError as error:
        row = next((row for row in elsewhere(workspace, (), None) if row.task_id == task_id.upper()), None)
        if row is None:
            raise
        raise UsageError(error.message, hints=[f"{where_words(row)}: {row.command}"]) from error


def _nothing(workspace: Workspace, files: list[TaskFile]) -> NothingToDo:
    message = "Nothing to resume: no task is paused, in progress, blocked or waiting here."
    others = elsewhere(workspace, files, None)
    if others:
        return NothingToDo(message, hints=[f"{where_words(row)}: {row.command}" for row in others[:3]])
    return NothingToDo(message, hints=['volon task start "what you are about to do"'])


def _task_of(workspace: Workspace, tx: Transaction, checkpoint: CheckpointFile, request: ResumeRequest) -> TaskFile:
    """Return the checkpoint's task; when its file is gone, as git kept it at that pause."""
    saved, called = checkpoint.checkpoint, records.called(tx, checkpoint.checkpoint)
    known = (file for file in records.read_tasks(tx)[0] if file.row.uid == saved.task_uid is not None)
    if request.task is None and (file := next(known, None)) is not None:
        return _resumable(file)
    task_id = request.task or saved.task_id
    if task_id is None:
        message = f"{checkpoint.place.path} names no task."
        raise UsageError(message, hints=[f"volon resume-task {called} --task ID"])
    if saved.task_id not in {None, task_id}:
        message = f"{checkpoint.place.path} belongs to {saved.task_id}, not to {task_id}."
        raise UsageError(message, hints=[f"volon resume-task {called}"])
    file = _kept_task(workspace, tx, task_id, saved.uid) or records.find_task(tx, task_id)
    if None not in {saved.task_uid, file.task.uid} and saved.task_uid != file.task.uid:
        message = f"{checkpoint.place.path} belongs to another task that was called {task_id} too."
        raise UsageError(message, hints=[f"volon checkpoint show {called}", "volon task list"])
    return _resumable(file)


def _kept_task(workspace: Workspace, tx: Transaction, task_id: str, uid: str | None) -> TaskFile | None:
    """Return the task as the pause with this uid kept it in git, when it has no file any more."""
    place = layout.task_place(task_id)
    if tx.read(place) is not None or uid is None:
        return None
    kept = next((event for event in workspace.repository.events.list_events() if event.ulid == uid), None)
    data = workspace.repository.events.read_files(kept.oid).get(place.path) if kept else None
    if data is None:
        return None
    document = Document.parse(data, place.path)
    return TaskFile.of(place, document)


def _resumable(file: TaskFile) -> TaskFile:
    if file.task.status is Status.DONE:
        message = f"{file.task.id} is done; there is nothing to resume."
        raise UsageError(message, hints=["volon task list", f'volon task start "{file.task.title} again"'])
    return file


def _result(reader: Reader, request: ResumeRequest, choice: _Choice, checked: Checked, now: datetime) -> ResumeResult:
    severities = {finding.severity for finding in checked.findings}
    blocked = "blocker" in severities
    strictly = request.strict and "warning" in severities
    invalid = any(finding.code in {"capsule.invalid", "checkpoint.tampered"} for finding in checked.findings)
    stopped = (blocked and (not request.force or invalid)) or (strictly and not request.force)
    around = read_surroundings(reader)
    nothing = (_NOTHING_RECORDED,) if request.replay and not checked.evidence else ()
    task = choice.file.task
    result = brief_of(choice.file, checked, around, now)
    return replace(
        result,
        status=task.status if stopped else Status.DOING,
        stopped=stopped,
        forced=request.force and (blocked or strictly) and not stopped,
        exit_code=ExitCode.PREFLIGHT if stopped else ExitCode.DONE,
        brief="short" if request.short else "full",
        next_actions=((request.note, *result.next_actions) if request.note else result.next_actions),
        resumed_from=choice.checkpoint.checkpoint.number if choice.checkpoint else None,
        hints=_ways_on(request, task.id, checked, forceable=not invalid) if stopped else (),
        dry_run=request.dry_run,
        warnings=(*choice.warnings, *checked.warnings, *around.warnings, *nothing),
    )


def _ways_on(request: ResumeRequest, task_id: str, checked: Checked, *, forceable: bool) -> tuple[str, ...]:
    from volon.usecases.resuming import ways  # noqa: PLC0415  only where something stops it

    return ways.on(request, task_id, checked, forceable=forceable)


def _put(tx: Transaction, request: ResumeRequest, choice: _Choice, checked: Checked, now: datetime) -> None:
    """Mark the capsule, set the task to `doing`, clear the pointers, log: status and pointers last."""
    task = choice.file.task
    note = redact(one_line(request.note))[0] if request.note else ""
    _put_capsule(tx, choice, checked, now)
    source = f" from checkpoint {choice.checkpoint.checkpoint.number:02d}" if choice.checkpoint else ""
    update = f"resumed{source}" + (f": {note}" if note else "")
    if task.status is not Status.DOING:
        tx.put(choice.file.place, move(choice.file.document, task, Status.DOING, now, update).data)
    elif note or source:
        tx.put(choice.file.place, append_update(choice.file.document, now, update).data)
    clear_pointers(tx, task.id, now, f"Continue {task.id}: {one_line(task.title)}")
    tx.append(layout.RUN_LOG, _log_line(tx.op, request, choice, checked, now, note))


def _put_capsule(tx: Transaction, choice: _Choice, checked: Checked, now: datetime) -> None:
    """Mark the capsule resumed; from a named checkpoint, its embedded capsule comes back first."""
    document = checked.capsule_document
    if document is None:
        return
    place = layout.capsule_place(choice.file.task.id)
    tx.read(place)
    document = document.set("task_id", choice.file.task.id)
    document = document.set("resumed_at", iso(now)).set("resumed_commit", checked.facts.head)
    if choice.checkpoint is not None:
        document = document.set("resumed_from", choice.checkpoint.checkpoint.number)
        document = document.set("resumed_from_uid", choice.checkpoint.checkpoint.uid)
    tx.put(place, document.data)


def _log_line(op: str, request: ResumeRequest, choice: _Choice, checked: Checked, now: datetime, note: str) -> bytes:
    return runlog.entry(
        op=op,
        verb="resume",
        at=now,
        task_id=choice.file.task.id,
        checkpoint=choice.checkpoint.checkpoint.number if choice.checkpoint else None,
        note=note or None,
        forced=request.force or None,
        findings=[f"{finding.severity}:{finding.code}" for finding in checked.findings],
    )
