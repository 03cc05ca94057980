"""Doctor: look at the machine, the set-up and everything that was set aside; with `--fix`, repair what is safe.

Safe means: nothing is deleted, nothing of a person's is overwritten, and doing it twice changes nothing. What is set
aside (conflicts, corrupt journals) is listed and stays.

Source: contract §4, reliability P7.
"""

from __future__ import annotations

from volon.errors import Corrupt, ExitCode, NotCommitted, VolonError
from volon.model.drift.finding import count
from volon.model.hookenv import decode_owed
from volon.model.records import runlog
from volon.model.results.protocol import CheckView, DoctorResult
from volon.plain import replace
from volon.store import layout
from volon.usecases import records, select
from volon.usecases.agents.faults import looking as agents
from volon.usecases.bringback import bring_back
from volon.usecases.care import gitleftovers, mending, plancare, runcare, savedcare, sessioncare, treecare
from volon.usecases.elsewhere import lost_here
from volon.usecases.pointers import clear_pointers
from volon.usecases.running import hooks
from volon.usecases.running.approval import REPLAY, judge, plan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from volon.files import Place
    from volon.store.leftovers import Pending
    from volon.store.transaction import Transaction
    from volon.usecases.care.mending import Damage
    from volon.usecases.records import TaskFile, Unreadable
    from volon.workspace import Workspace

    Mender = Callable[[Workspace], tuple[CheckView, ...]]


def doctor(workspace: Workspace, *, fix: bool = False, dry_run: bool = False) -> DoctorResult:
    """Look, and with `fix` repair, or under a dry run say what of the records would be repaired.

    Raises:
        Busy, NotCommitted, HumanConflict, Corrupt: with `fix`; see docs/EXIT_CODES.md.
    """
    if blocked := _blocked(workspace):
        return DoctorResult(checks=(_git(workspace), *blocked), exit_code=ExitCode.FAILED)
    planned = fix and dry_run
    pending = workspace.store.pending()
    stands = _in_the_way(workspace, pending)
    fixed = _mended(workspace, (_plan,) if planned else _MENDERS if fix else (), stands)
    tasks, unreadable = records.read_tasks(workspace.store)
    damaged, unseen = _damage(workspace)
    plans = _told(lambda: plancare.look(workspace))
    looks = (
        # What was mended is not left over any more; else nothing is walked through twice.
        lambda: _leftovers(workspace, workspace.store.pending() if fix else pending),
        lambda: (*unseen, *_records(unreadable, damaged, whole=not (unseen or plans)), *plans),
        lambda: _pointer(workspace, tasks, unreadable),
        lambda: _lost(workspace, whole=not (damaged or unseen)),
        lambda: _unreadable(workspace),
        lambda: savedcare.look(workspace, tasks),
        lambda: gitleftovers.look(workspace),
        lambda: treecare.look(workspace),
        lambda: runcare.look(workspace),
        lambda: _settings(workspace),
        lambda: sessioncare.look(workspace),
        lambda: agents.look(workspace),
    )
    told = (*fixed, *(row for look in looks for row in _told(look)))
    said = {row.sentence for row in stands}
    checks = (_git(workspace), *stands, *(row for row in told if row.sentence not in said))
    bad = any(row.state == "problem" for row in checks) and not planned
    return DoctorResult(checks=checks, exit_code=ExitCode.FAILED if bad else ExitCode.DONE, dry_run=planned)


def _git(workspace: Workspace) -> CheckView:
    repository = workspace.repository
    repository.git.require_modern()
    version = ".".join(map(str, repository.git.version()))
    return CheckView(name="git", state="ok", sentence=f"{version}, working tree {repository.worktree}")


def _blocked(workspace: Workspace) -> tuple[CheckView, ...]:
    """Directories that cannot be looked into, such as a `.volon` that is a file: nothing else can be said then."""
    rows = {}
    for directory in (layout.TASKS, layout.CAPSULES, layout.CHECKPOINTS):
        try:
            workspace.store.listdir(directory)
        except VolonError as error:
            rows[error.message] = _trouble("records", error)
    return tuple(rows.values())


def _in_the_way(workspace: Workspace, pending: Pending) -> tuple[CheckView, ...]:
    """What stands where volon keeps something of its own, or git its rules; some commands pass over it, others end."""
    found = list[VolonError](pending.in_the_way)
    try:
        workspace.repository.git.refuse_endless()
    except NotCommitted as error:
        found.append(error)
    return tuple(_trouble("in the way", one) for one in found)


def _damage(workspace: Workspace) -> tuple[tuple[Damage, ...], tuple[CheckView, ...]]:
    """The records that cannot be relied on; or why that cannot be told."""
    try:
        return workspace.store.consistently(lambda: mending.look(workspace, workspace.store)), ()
    except (Corrupt, NotCommitted) as error:
        return (), (_trouble("not seen", error),)


def _told(look: Callable[[], Sequence[CheckView]]) -> Sequence[CheckView]:
    """What a look tells; where it cannot look, why not, and the others go on."""
    try:
        return look()
    except (Corrupt, NotCommitted) as error:
        return (_trouble("not seen", error),)


def _trouble(name: str, error: VolonError) -> CheckView:
    return CheckView(name=name, state="problem", sentence=error.message, detail=(*error.causes, *error.hints))


def _settings(workspace: Workspace) -> tuple[CheckView, ...]:
    """Settings that cannot be read, and hooks that wait for the user's decision."""
    try:
        found = plan(workspace, workspace.store)
    except VolonError as error:
        return (CheckView(name="settings", state="problem", sentence=error.message, command="volon validate"),)
    judgement = judge(workspace, found) if found is not None else None
    if found is None or judgement is None or judgement.approved:
        return ()
    what = "the hooks" if any(command.event != REPLAY for command in found.commands) else "what may be replayed"
    sentence = f"{what} in {found.settings} do not run: {judgement.reason}"
    return (CheckView(name="hooks", state="note", sentence=sentence, command="volon trust"),)


def _leftovers(workspace: Workspace, pending: Pending) -> tuple[CheckView, ...]:
    """What a crash or a conflict left behind."""
    rows = []
    if pending.journal is not None:
        sentence = f"{pending.journal.verb} {pending.journal.summary} is committed but not all on disk yet"
        rows.append(CheckView(name="unfinished", state="problem", sentence=sentence, command="volon doctor --fix"))
    if pending.damaged is not None:
        sentence = f"the journal of an unfinished operation is damaged: {pending.damaged}"
        rows.append(CheckView(name="unfinished", state="problem", sentence=sentence, command="volon doctor --fix"))
    rows += _told(lambda: _owed(workspace))
    rows += _aside("conflicts", pending.conflicts, "of volon's, kept beside a human edit", workspace)
    rows += _aside("corrupt", pending.corrupt, "of volon's, damaged and set aside", workspace)
    if pending.temporaries:
        sentence = f"{count(len(pending.temporaries), 'temporary file')} of a crash, which nobody needs"
        rows.append(CheckView(name="leftovers", state="note", sentence=sentence, command="volon doctor --fix"))
    if not rows and not pending.in_the_way:
        rows.append(CheckView(name="operations", state="ok", sentence="none unfinished, nothing set aside"))
    return tuple(rows)


def _owed(workspace: Workspace) -> list[CheckView]:
    owed = workspace.store.outbox.owed()
    if not owed:
        return []
    told = [decode_owed(workspace.store.outbox.read(op) or b"") for op in owed]
    detail = tuple(
        f"{known['VOLON_TASK_ID']} at checkpoint {known['VOLON_CHECKPOINT']}" if known else "a note that cannot be read"
        for known in told
    )
    whose = "one pause" if len(owed) == 1 else f"{len(owed)} pauses"
    sentence = f"the on_pause hooks of {whose} have not run; the next writing command runs what is trusted"
    return [CheckView(name="hooks", state="note", sentence=sentence, detail=detail, command="volon trust")]


def _aside(name: str, places: tuple[Place, ...], what: str, workspace: Workspace) -> list[CheckView]:
    if not places:
        return []
    paths = tuple(workspace.store.shown(place) for place in places)
    sentence = f"{len(paths)} file{'s' * (len(paths) != 1)} {what}"
    return [CheckView(name=name, state="note", sentence=sentence, detail=paths)]


def _records(unreadable: Sequence[Unreadable], damaged: Sequence[Damage], *, whole: bool) -> tuple[CheckView, ...]:
    known = {one.place.path for one in damaged}
    unreadable = [item for item in unreadable if item.path not in known]
    if not unreadable and not damaged:
        return (CheckView(name="records", state="ok", sentence="all can be read"),) * whole
    detail = (*(item.error.message for item in unreadable), *(one.what for one in damaged))
    sentence = f"{len(detail)} record{'s are' if len(detail) > 1 else ' is'} missing or damaged"
    command = "volon doctor --fix" if any(one.whole is not None for one in damaged) else "volon validate"
    return (CheckView(name="records", state="problem", sentence=sentence, detail=detail, command=command),)


def _pointer(workspace: Workspace, files: list[TaskFile], broken: list[Unreadable]) -> tuple[CheckView, ...]:
    try:
        pointed = records.read_bootstrap(workspace.store)[1].paused_task_id
    except VolonError as error:
        return (CheckView(name="bootstrap", state="problem", sentence=error.message, command="volon validate"),)
    stale = select.stale_pointer(files, broken, pointed)
    if stale is None:
        return (CheckView(name="bootstrap", state="ok", sentence="its pointer and the tasks agree"),)
    sentence = stale.removesuffix(" See: volon doctor")
    return (CheckView(name="bootstrap", state="problem", sentence=sentence, command="volon doctor --fix"),)


def _unreadable(workspace: Workspace) -> tuple[CheckView, ...]:
    """Events whose commit is missing or damaged: said, and left to whoever can bring the object back."""
    refs = workspace.repository.events.unreadable()
    if not refs:
        return ()
    sentence = f"{len(refs)} of git's copies of a pause cannot be read; its own `git fsck` says what is damaged"
    return (CheckView(name="pauses", state="note", sentence=sentence, detail=refs, command="git fsck"),)


def _lost(workspace: Workspace, *, whole: bool) -> tuple[CheckView, ...]:
    lost = lost_here(workspace)
    if not lost:
        return (CheckView(name="pauses", state="ok", sentence="every pause made here has its files"),) * whole
    detail = tuple(f"{event.task_id}  {event.title}" for event in lost)
    what = "a paused task are" if len(lost) == 1 else f"{len(lost)} paused tasks are"
    sentence = f"the files of {what} gone; git still has them"
    return (CheckView(name="pauses", state="problem", sentence=sentence, detail=detail, command="volon doctor --fix"),)


def _mended(workspace: Workspace, menders: Sequence[Mender], stands: Sequence[CheckView]) -> Sequence[CheckView]:
    """Mend what can be mended; what cannot be because of what stands in the way waits until that is gone."""
    rows: list[CheckView] = []
    for mend in menders:
        try:
            rows += mend(workspace)
        except (Corrupt, NotCommitted) as error:
            if not stands:
                raise
            rows.append(_trouble("not mended", error))
    return rows


def _fix(workspace: Workspace) -> tuple[CheckView, ...]:
    """Finish what is unfinished, bring lost records back, mend capsules, clear a stale pointer; one transaction."""
    finished = workspace.store.recover()
    done = []
    if finished.op is not None:
        done.append(CheckView(name="unfinished", state="fixed", sentence=f"{finished.verb} was finished"))
    with workspace.store.begin("doctor", on_wait=workspace.on_wait) as tx:
        rows = _repair(workspace, tx)
        if rows:
            tx.append(layout.RUN_LOG, runlog.entry(op=tx.op, verb="doctor", at=workspace.now()))
            tx.commit("; ".join(row.sentence for row in rows))
    return (*done, *rows, *_ran(workspace))


def _plan(workspace: Workspace) -> tuple[CheckView, ...]:
    with workspace.store.begin("doctor", dry_run=True) as tx:
        rows = tuple(replace(row, state="planned") for row in _repair(workspace, tx))
    return (*rows, *agents.mend(workspace, dry_run=True))


def _repair(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    return [*bring_back(workspace, tx), *mending.mend(workspace, tx), *_clear_stale(workspace, tx)]


def _ran(workspace: Workspace) -> tuple[CheckView, ...]:
    """Run the hooks that are still owed; what may not run stays, and is named below."""
    views, _ = hooks.deliver(workspace)
    return tuple(
        CheckView(
            name="hooks",
            state="problem" if view.bad else "fixed",
            sentence=hooks.sentence(view),
            detail=view.output if view.bad else (),
        )
        for view in views
    )


def _clear_stale(workspace: Workspace, tx: Transaction) -> list[CheckView]:
    files, broken = records.read_tasks(tx)
    pointed = records.read_bootstrap(tx)[1].paused_task_id
    if pointed is None or select.stale_pointer(files, broken, pointed) is None:
        return []
    clear_pointers(tx, pointed, workspace.now(), "Select the next task: volon task list")
    return [CheckView(name="bootstrap", state="fixed", sentence=f"it no longer points to {pointed}")]


_MENDERS = (_fix, gitleftovers.set_aside, treecare.mend, runcare.mend, agents.mend)
