"""What is paused, and where: on this branch and working tree, on others, or with its files gone.

Two sources are held together: task files (all branches share them until `volon init`) and the live pauses that git
remembers by ref. Each entry comes with a command that leads there and works: a branch or a directory that is gone is
never named as a place to go to. Those commands, and what is shown, are made by `volon.usecases.pausedviews`.

Source: contract §2.16, §4 (*paused tasks are also known by a ref*).
"""

from __future__ import annotations

from volon.errors import VolonError
from volon.model.records.task import Status
from volon.repo import questions
from volon.store import layout
from volon.usecases import records, select

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from volon.model.records.capsule import Capsule
    from volon.model.records.events import PauseEvent
    from volon.model.results.elsewhere import ElsewhereView
    from volon.model.results.handoff import ClaimView
    from volon.store.store import Reader
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace


def is_here(workspace: Workspace, reader: Reader, file: TaskFile) -> bool:
    """Whether a paused task was paused on this branch of this working tree.

    One that cannot be read counts as here, so that whoever picks it is told.
    """
    capsule = _capsule(reader, file)

    def in_this_tree(pause: Capsule) -> bool:
        return workspace.locate(pause.worktree or ".", pause.uid) == workspace.repository.root

    now = questions.current_branch(workspace.repository)
    if capsule is not None and questions.is_on(workspace.repository, capsule.branch):
        now = capsule.branch
    return select.was_here(capsule, now, in_this_tree)


def elsewhere(workspace: Workspace, files: Sequence[TaskFile], here: TaskFile | None) -> tuple[ElsewhereView, ...]:
    """Return what is paused besides the task `here`, newest first."""
    known = {file.row.uid for file in files if file.row.uid}
    live = workspace.live_pauses()
    lost = [event for event in live if event.task_uid not in known and not event.via]
    gone = {event.ulid for event in lost_here(workspace, lost)} if lost else ()
    forks = forked(workspace, workspace.store)
    came = waiting(workspace, workspace.store, live, forks)
    newer = {event.task_uid for event in came}
    beside = [one for uid, one in forks.items() if here is None or here.row.uid != uid]
    others = [f for f in files if f.row.status == Status.PAUSED and f is not here and f.row.uid not in newer]
    if not (came or beside or others or lost):
        return ()
    from volon.usecases.pausedviews import of_arrivals, of_event, of_file  # noqa: PLC0415  mostly nothing is

    read = [(file, _capsule(workspace.store, file)) for file in others]
    views = [
        *of_arrivals(workspace, came, beside, {file.row.id: file.row.uid for file in files}),
        *(of_file(workspace, f, pause, here=is_here(workspace, workspace.store, f)) for f, pause in read if pause),
        *(of_event(workspace, event, lost=event.ulid in gone) for event in lost),
    ]
    return tuple(sorted(views, key=lambda view: view.paused_at, reverse=True))


def waiting(
    workspace: Workspace,
    reader: Reader,
    live: Sequence[PauseEvent] | None = None,
    forks: Mapping[str, PauseEvent] | None = None,
) -> tuple[PauseEvent, ...]:
    """Return the live pauses that came from another machine and whose records are not here yet, newest first.

    One beside which work went on here as well waits for nobody.

    Args:
        workspace: where it is asked.
        reader: the records.
        live: the live pauses, when they are known already.
        forks: the same of `forked`.
    """
    if not workspace.repository.events.has_arrivals:
        return ()
    came = [event for event in (workspace.live_pauses() if live is None else live) if event.via]
    if not came:
        return ()
    files = {file.row.uid: file for file in records.read_tasks(reader)[0]}
    forks = forked(workspace, reader) if forks is None else forks
    rivals = {event.oid for event in forks.values()}
    alone = (event for event in came if event.oid not in rivals)
    return tuple(e for e in alone if not _is_taken_up(workspace, reader, files.get(e.task_uid), e))


def forked(workspace: Workspace, reader: Reader) -> dict[str, PauseEvent]:
    """See `forks`; most clones never hear of another machine."""
    if not workspace.repository.events.has_arrivals:
        return {}
    from volon.usecases.forks import forks  # noqa: PLC0415

    return forks(workspace, reader)


def fork_warnings(workspace: Workspace, files: Iterable[TaskFile], *uids: str | None) -> tuple[str, ...]:
    """Say of tasks that another machine went on with one as well.

    Args:
        workspace: where it is asked.
        files: the tasks here.
        uids: those that it is about; all of them when none is named.
    """
    found = [event for uid, event in forked(workspace, workspace.store).items() if not uids or uid in uids]
    if not found:
        return ()
    from volon.usecases.forks import fork_words  # noqa: PLC0415  most clones never hear of another machine

    tasks = {file.row.uid: file for file in files}
    return tuple(fork_words(workspace, event, tasks.get(event.task_uid)) for event in found)


def claim_of(workspace: Workspace, uid: str | None) -> ClaimView | None:
    """Return who has claimed a task, as far as this clone has heard; most never hear of another machine."""
    if workspace.store.read(layout.HANDED) is None:
        return None
    from volon.usecases.claims import held  # noqa: PLC0415

    return held(workspace, uid)


def _is_taken_up(workspace: Workspace, reader: Reader, file: TaskFile | None, event: PauseEvent) -> bool:
    """Whether the capsule here is of this pause; one that cannot be read is left to whoever mends it."""
    if file is None:
        return False
    try:
        found = records.read_capsule(reader, file.row.id)
    except VolonError:
        return True
    return found is not None and found[1].uid in {
        one.ulid for one in workspace.events(event.task_uid) if one.oid == event.oid
    }


def lost_here(workspace: Workspace, live: Sequence[PauseEvent] | None = None) -> tuple[PauseEvent, ...]:
    """Return live pauses whose files are gone and should lie here.

    That is: they were made on this branch of this working tree (`rm -rf .volon`), or in a working tree that no longer
    exists, unless they were committed to another branch: a copy here would be in git's way there.

    Args:
        workspace: where it is asked.
        live: the pauses to look at; all live ones when None.
    """
    files, broken = records.read_tasks(workspace.store)
    known = {file.row.uid for file in files}
    unread = {item.path for item in broken}
    missing = (
        event
        for event in (workspace.live_pauses() if live is None else live)
        if event.task_uid not in known and not event.via and layout.task_place(event.task_id).path not in unread
    )
    return tuple(event for event in missing if _belongs_here(workspace, event))


def where_words(row: ElsewhereView) -> str:
    """Say in a hint where a task is, or what of it is gone."""
    if row.came:
        return f"{row.task_id} was paused on another machine"
    if row.gone == "records":
        return f"the records of {row.task_id} are missing here"
    if row.gone == "astray":
        way = "deleted? git worktree prune; moved? git worktree repair, inside it"
        return f"{row.task_id} was paused in {row.worktree}, where git finds nothing ({way})"
    if row.gone:
        return f"{row.task_id} was paused in {row.worktree}, which is gone"
    return f"{row.task_id} is paused elsewhere"


def _belongs_here(workspace: Workspace, event: PauseEvent) -> bool:
    """Whether a pause whose task is not here should be: see `lost_here`."""
    here = questions.current_branch(workspace.repository)
    root = workspace.locate(event.worktree, event.ulid)
    if root is not None:
        return root == workspace.repository.root and event.branch == here
    if event.branch is None or event.branch == here:
        return True
    free = questions.is_free(workspace.repository, event.branch)
    return free and not questions.holds(workspace.repository, event.branch, layout.task_place(event.task_id).path)


def _capsule(reader: Reader, file: TaskFile) -> Capsule | None:
    try:
        found = records.read_capsule(reader, file.row.id)
    except VolonError:
        return None
    return found[1] if found else None


def paused_here(workspace: Workspace, reader: Reader, files: list[TaskFile]) -> TaskFile | None:
    """Return the task that a pause without a resume in between is about again: paused on this branch of this tree."""
    paused = [file for file in files if file.row.status == "paused" and is_here(workspace, reader, file)]
    return select.resumable_task(paused, records.read_bootstrap(reader)[1].paused_task_id)
