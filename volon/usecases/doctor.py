"""Doctor: look at the machine, the set-up and everything that was set aside; with `--fix`, repair what is safe.

Safe means: nothing is deleted, nothing of a person's is overwritten, and doing it twice changes nothing. What is set
aside (conflicts, corrupt journals) is listed and stays.

Source: contract §4, reliability P7.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from volon.errors import ExitCode, VolonError
from volon.model import runlog
from volon.model.results import CheckView, DoctorResult
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.writing import clear_pointers

if TYPE_CHECKING:
    from volon.files import Place
    from volon.model.events import PauseEvent
    from volon.store.transaction import Transaction
    from volon.workspace import Workspace


def doctor(workspace: Workspace, *, fix: bool = False) -> DoctorResult:
    """Look, and with `fix` repair.

    Raises:
        Busy, NotCommitted, HumanConflict, Corrupt: with `fix`; see docs/EXIT_CODES.md.
    """
    fixed = _fix(workspace) if fix else ()
    checks = (
        _git(workspace),
        *fixed,
        *_leftovers(workspace),
        *_records(workspace),
        *_pointer(workspace),
        *_refs(workspace),
    )
    bad = any(row.state == "problem" for row in checks)
    return DoctorResult(checks=checks, exit_code=ExitCode.FAILED if bad else ExitCode.DONE)


def _git(workspace: Workspace) -> CheckView:
    repository = workspace.repository
    repository.git.require_modern()
    version = ".".join(map(str, repository.git.version()))
    return CheckView(name="git", state="ok", sentence=f"{version}, working tree {repository.worktree}")


def _leftovers(workspace: Workspace) -> tuple[CheckView, ...]:
    """What a crash or a conflict left behind."""
    pending = workspace.store.pending()
    rows = []
    if pending.journal is not None:
        sentence = f"{pending.journal.verb} {pending.journal.summary} is committed but not all on disk yet"
        rows.append(CheckView(name="unfinished", state="problem", sentence=sentence, command="volon doctor --fix"))
    if pending.damaged is not None:
        sentence = f"the journal of an unfinished operation is damaged: {pending.damaged}"
        rows.append(CheckView(name="unfinished", state="problem", sentence=sentence, command="volon doctor --fix"))
    rows += _aside("conflicts", pending.conflicts, "of volon's files were kept beside a human edit", workspace)
    rows += _aside("corrupt", pending.corrupt, "damaged journals were set aside", workspace)
    if pending.temporaries:
        sentence = f"{len(pending.temporaries)} temporary files of a crash; the next writing command sweeps them"
        rows.append(CheckView(name="leftovers", state="note", sentence=sentence))
    return tuple(rows) or (CheckView(name="operations", state="ok", sentence="none unfinished, nothing set aside"),)


def _aside(name: str, places: tuple[Place, ...], what: str, workspace: Workspace) -> list[CheckView]:
    if not places:
        return []
    paths = tuple(workspace.store.shown(place) for place in places)
    return [CheckView(name=name, state="note", sentence=f"{len(paths)} {what}", detail=paths)]


def _records(workspace: Workspace) -> tuple[CheckView, ...]:
    broken = [*records.read_tasks(workspace.store)[1], *records.read_checkpoints(workspace.store)[1]]
    if not broken:
        return (CheckView(name="records", state="ok", sentence="all can be read"),)
    detail = tuple(item.error.message for item in broken)
    sentence = f"{len(broken)} cannot be read and were left out"
    return (CheckView(name="records", state="problem", sentence=sentence, detail=detail, command="volon validate"),)


def _pointer(workspace: Workspace) -> tuple[CheckView, ...]:
    files, _ = records.read_tasks(workspace.store)
    try:
        pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
    except VolonError as error:
        return (CheckView(name="bootstrap", state="problem", sentence=error.message, command="volon validate"),)
    stale = select.stale_pointer(files, pointed)
    if stale is None:
        return (CheckView(name="bootstrap", state="ok", sentence="its pointer and the tasks agree"),)
    sentence = stale.removesuffix(" See: volon doctor")
    return (CheckView(name="bootstrap", state="problem", sentence=sentence, command="volon doctor --fix"),)


def _refs(workspace: Workspace) -> tuple[CheckView, ...]:
    lost = _lost(workspace)
    if not lost:
        return (CheckView(name="pauses", state="ok", sentence="every pause of this working tree has its files"),)
    detail = tuple(f"{event.task_id}  {event.title}" for event in lost)
    sentence = f"the files of {len(lost)} paused tasks are gone; git still has them"
    return (CheckView(name="pauses", state="problem", sentence=sentence, detail=detail, command="volon doctor --fix"),)


def _lost(workspace: Workspace) -> tuple[PauseEvent, ...]:
    """Live pauses made in this working tree, on this branch, whose task file is gone (`rm -rf .volon`)."""
    here = workspace.repository.worktree
    branch = workspace.repository.facts().branch
    live = (event for event in workspace.live_pauses() if event.worktree == here and event.branch == branch)
    return tuple(event for event in live if workspace.store.read(layout.task_place(event.task_id)) is None)


def _fix(workspace: Workspace) -> tuple[CheckView, ...]:
    """Finish what is unfinished, bring lost records back, clear a stale pointer; one transaction."""
    finished = workspace.store.recover()
    rows = []
    if finished.op is not None:
        rows.append(CheckView(name="unfinished", state="fixed", sentence=f"{finished.verb} was finished"))
    with workspace.store.begin("doctor", on_wait=workspace.on_wait) as tx:
        rows += _bring_back(workspace, tx)
        rows += _clear_stale(workspace, tx)
        if rows[1 if finished.op else 0 :]:
            tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb="doctor", at=workspace.now()))
            tx.commit("; ".join(row.sentence for row in rows))
    return tuple(rows)


def _bring_back(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    """Write the records that git kept of each lost pause, wherever there is no file now."""
    rows = []
    for event in _lost(workspace):
        for path, data in workspace.repository.events.read_files(event.oid).items():
            place = layout.record_place(path)
            if place is None or tx.read(place) is not None:
                continue
            (tx.create if place.parent == layout.CHECKPOINTS else tx.put)(place, data)
        rows.append(CheckView(name="pauses", state="fixed", sentence=f"{event.task_id} is back"))
    return rows


def _clear_stale(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    files, _ = records.read_tasks(tx)
    pointed = records.read_bootstrap(tx)[1].paused_task_id
    if pointed is None or select.stale_pointer(files, pointed) is None:
        return []
    clear_pointers(tx, pointed, workspace.now(), "Select the next task: volon task list")
    return [CheckView(name="bootstrap", state="fixed", sentence=f"it no longer points to {pointed}")]
