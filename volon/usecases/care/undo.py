"""Undo: take back volon's last operation, or one that is named, by its before-images, through the same transaction.

An undo is an operation like any other and can be undone. It never moves HEAD, and touches a file of the user only to
take a restore back: then the files are saved first, as with the restore.

Source: contract §7 (undo, op log).
"""

from __future__ import annotations

from volon.errors import HumanConflict, NothingToDo, UsageError
from volon.model.records import runlog
from volon.model.results.operations import OperationView, UndoListResult, UndoResult
from volon.plain import replace
from volon.store import layout
from volon.store.journal import Kind
from volon.store.operations import undone
from volon.usecases.restoring import unrestoring

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from volon.files import Place
    from volon.store.journal import Journal
    from volon.store.operations import Operation
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


def undo(workspace: Workspace, op: str | None = None, *, dry_run: bool = False) -> UndoResult:
    """Take back an operation of this working tree that is not undone already.

    Args:
        workspace: where.
        op: the end of its id, as `undo --list` shows it; without it the last one.
        dry_run: say what would be done.

    Raises:
        NothingToDo: there is none, or it is undone already.
        UsageError: there is none of that id here, or several.
        HumanConflict: something it wrote was changed since, by whomever; everything is left as it is.
    """
    with workspace.store.begin("undo", dry_run=dry_run, on_wait=workspace.on_wait) as tx:
        operations = workspace.store.operations()
        last = _last(workspace, operations) if op is None else _named(workspace, operations, op)
        said = _said(workspace, operations, last) if op is None else ()
        journal = _without_news(tx, unrestoring.as_left(workspace, workspace.store.operation(last.ulid)))
        if later := _in_the_way(workspace, tx, operations, journal):
            raise _not_before(workspace, last, later)
        try:
            written = tx.take_back(journal)
        except HumanConflict as error:
            raise HumanConflict(error.message, causes=[*error.causes, *said], hints=error.hints) from error
        if not written:
            # What came from another machine counts until its undoing is an operation, and nothing else makes it one.
            tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb="undo", at=workspace.now(), undoes=last.ulid))
        if not dry_run:
            unrestoring.save_first(workspace, tx, journal)
            _turn_event(workspace, tx, journal)
        summary = f"of {last.verb} {last.summary}".rstrip()
        tx.commit(summary, task_id=journal.header.get("task_id"), task_uid=journal.header.get("task_uid"))
        return UndoResult(
            undone=_view(workspace, last),
            op=tx.op,
            written=tuple(str(place) for place in written if place.parent != layout.OUTBOX),
            dry_run=dry_run,
            warnings=said,
        )


def list_operations(workspace: Workspace, limit: int | None = None) -> UndoListResult:
    """Return the op log, newest first, and with a limit no more of it: what took one of these back came after it."""
    operations = workspace.store.operations(limit)
    taken = undone(operations)
    return UndoListResult(operations=tuple(_view(workspace, operation, taken) for operation in operations))


def _last(workspace: Workspace, operations: Sequence[Operation]) -> Operation:
    """The newest operation of this working tree; an undo that was just made is itself the newest.

    What was said to another machine cannot be unsaid here, so operations that only remember it are passed over.
    """
    taken = undone(operations)
    last = next((row for row in _mine(workspace, operations) if row.ulid not in taken), None)
    if last is None:
        raise NothingToDo("Nothing to undo: volon has changed nothing here.", hints=["volon status"])
    return last


def _said(workspace: Workspace, operations: Sequence[Operation], last: Operation) -> tuple[str, ...]:
    """What the claim or release that was passed over says, for it looks like the last operation."""
    newer = (row for row in operations if row.ulid > last.ulid and row.tree == workspace.store.tree)
    claim = next((row for row in newer if row.header.get("own")), None)
    if claim is None:
        return ()
    way = "claim" if claim.summary.endswith("released") else "release"
    return (f"{claim.summary}: that is on the remote and stays; the way back: volon handoff {way}",)


def _named(workspace: Workspace, operations: Sequence[Operation], op: str) -> Operation:
    found = [row for row in _mine(workspace, operations) if op and row.ulid.endswith(op.upper())]
    if len(found) != 1:
        message = f"{len(found) or 'no'} operations of this working tree that can be undone end with {op!r}"
        raise UsageError(message, hints=["volon undo --list"])
    undoing = next((row for row in operations if row.undoes == found[0].ulid), None)
    if undoing is not None and found[0].ulid in undone(operations):
        message = f"{found[0].verb} {found[0].summary}".rstrip() + " is undone already."
        raise NothingToDo(message, hints=[f"To do it again: volon undo {_view(workspace, undoing).short}"])
    return found[0]


def _without_news(tx: Transaction, journal: Journal) -> Journal:
    """The operation without what it learnt of claims where more was learnt since: a remote has that, so it stays."""
    if journal.entry(layout.HANDED) is None or layout.HANDED not in tx.changed(journal):
        return journal
    return replace(journal, entries=tuple(one for one in journal.entries if one.place != layout.HANDED))


def _in_the_way(
    workspace: Workspace, tx: Transaction, operations: Sequence[Operation], journal: Journal
) -> list[Operation]:
    """Return the later operations that must be undone before this one, newest first; none if others changed it, too."""
    edited = tx.changed(journal)
    if not edited:
        return []
    taken = undone(operations)
    standing = [row for row in _mine(workspace, operations) if row.ulid > journal.op and row.ulid not in taken]
    # What was done and undone since is as if it had never been.
    rows = [row for row in standing if row.undoes is None or row.undoes < journal.op]
    later = [(row, unrestoring.as_left(workspace, workspace.store.operation(row.ulid))) for row in rows]
    for place in edited:
        newest = next((one for _, one in later if place in _targets(one)), None)
        if newest is None or place in tx.changed(newest):
            return []
    reached = _targets(journal)
    found: list[Operation] = []
    for row, one in reversed(later):
        if reached & (targets := _targets(one)):
            reached |= targets
            found.insert(0, row)
    return found


def _targets(journal: Journal) -> set[Place]:
    """What an operation wrote, lines of logs and what is owed left out."""
    kept = (entry for entry in journal.entries if entry.kind is not Kind.APPEND)
    return {entry.place for entry in kept if entry.place.parent != layout.OUTBOX}


def _not_before(workspace: Workspace, last: Operation, later: Sequence[Operation]) -> HumanConflict:
    views = [_view(workspace, row) for row in later]
    commands = " && ".join(f"volon undo {view.short}" for view in (*views, _view(workspace, last)))
    return HumanConflict(
        f"{last.verb} {last.summary}".rstrip()
        + " cannot be taken back before what was built on it; nothing was changed.",
        causes=[f"{view.short}  {f'{view.verb} {view.summary}'.rstrip()}" for view in views],
        hints=[f"undo these first, the newest before the others: {commands}", "volon undo --list"],
    )


def _mine(workspace: Workspace, operations: Sequence[Operation]) -> list[Operation]:
    return [row for row in operations if row.tree == workspace.store.tree and not row.header.get("said")]


def _turn_event(workspace: Workspace, tx: Transaction, journal: Journal) -> None:
    """Let the refs tell the same story: undoing a pause closes it, undoing a resume makes it live again.

    A pause that followed another one without a resume in between gives way to that one, which it had replaced.
    """
    event = workspace.repository.events.of_operation(journal.op)
    if event is None:
        return
    kind, oid = event
    earlier = [one for one in workspace.events(journal.header.get("task_uid")) if one.ulid < journal.op]
    before = max(earlier, key=lambda one: (one.ulid, one.kind), default=None)
    if kind == "paused" and before is not None and before.kind == "paused":
        workspace.repository.events.record_again(tx.op, before.oid)
    elif kind == "paused":
        workspace.repository.events.record_close(tx.op, oid)
    else:
        workspace.repository.events.record_again(tx.op, oid)


def _view(workspace: Workspace, operation: Operation, undone: frozenset[str] = frozenset()) -> OperationView:
    return OperationView(
        op=operation.ulid,
        verb=operation.verb,
        at=operation.at,
        summary=operation.summary,
        worktree=workspace.relative(operation.worktree),
        undone=operation.ulid in undone,
        undoes=operation.undoes,
        stays=bool(operation.header.get("said")),
    )
