"""What is paused elsewhere as it is shown, each with a command that leads there and works.

A branch or a directory that is gone is never named as a place to go to.

Source: contract §2.16, §4 (*paused tasks are also known by a ref*).
"""

from __future__ import annotations

from volon.model.results.elsewhere import ElsewhereView
from volon.model.syntax.gitpath import shell_word
from volon.model.text import age, iso, parse_time
from volon.plain import dataclass
from volon.repo import questions
from volon.usecases import claims, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from volon.model.records.capsule import Capsule
    from volon.model.records.events import PauseEvent
    from volon.usecases.records import TaskFile
    from volon.workspace import Workspace

_LOOK = "git worktree list"
"""Where git keeps a branch for a working tree that it does not find, and only the user knows why."""


@dataclass(frozen=True, slots=True)
class Place:
    """A branch in a working tree, None when that is gone; `commit` is where a deleted branch can be made again."""

    branch: str | None
    root: Path | None
    commit: str | None = None


def of_file(workspace: Workspace, file: TaskFile, capsule: Capsule, *, here: bool) -> ElsewhereView:
    """Return a paused task that has a file here; `here` is whether it was paused on this branch of this tree, too."""
    root = workspace.locate(capsule.worktree or ".", capsule.uid)
    place = Place(capsule.branch, root, capsule.paused_commit)
    resume = f"volon resume-task --task {file.row.id}"
    last = records.checkpoint_of(workspace.store, capsule)
    return ElsewhereView(
        task_id=file.row.id,
        task_uid=file.row.uid,
        title=file.row.title,
        branch=capsule.branch,
        worktree=workspace.relative(str(root)) if root else capsule.worktree or ".",
        checkpoint=last.checkpoint.number if last else 0,
        paused_at=iso(capsule.paused_at),
        age=age(capsule.paused_at, workspace.now()),
        command=resume if here else _way(workspace, place) or resume,
        listed=True,
    )


def of_event(workspace: Workspace, event: PauseEvent, *, lost: bool) -> ElsewhereView:
    """Return a pause that git remembers and no file here tells of; `lost` ones should have files here."""
    paused_at = parse_time(event.paused_at)
    root = workspace.locate(event.worktree, event.ulid)
    command = _way(workspace, Place(event.branch, root, event.commit)) or "volon validate"
    return ElsewhereView(
        task_id=event.task_id,
        task_uid=event.task_uid,
        title=event.title,
        branch=event.branch,
        worktree=workspace.relative(str(root)) if root else event.worktree,
        checkpoint=event.checkpoint or 0,
        paused_at=event.paused_at,
        age=age(paused_at, workspace.now()) if paused_at else "",
        gone=("worktree" if root is None else "records") if lost else "astray" if command == _LOOK else "",
        command="volon doctor --fix" if lost else command,
    )


def of_arrivals(
    workspace: Workspace, came: Iterable[PauseEvent], beside: Iterable[PauseEvent], ids: Mapping[str, str | None]
) -> list[ElsewhereView]:
    """Return the pauses of other machines.

    Args:
        workspace: where it is asked.
        came: those that wait to be taken up.
        beside: those beside which work went on here as well.
        ids: the uid of each task here, by its id.
    """
    return [
        *(_of_arrival(workspace, event, take_up_command(event, ids)) for event in came),
        *(_of_arrival(workspace, event, event.resume_command) for event in beside),
    ]


def _of_arrival(workspace: Workspace, event: PauseEvent, command: str) -> ElsewhereView:
    paused_at = parse_time(event.paused_at)
    return ElsewhereView(
        task_id=event.task_id,
        task_uid=event.task_uid,
        title=event.title,
        branch=event.branch,
        worktree=event.worktree,
        checkpoint=event.checkpoint or 0,
        paused_at=event.paused_at,
        age=age(paused_at, workspace.now()) if paused_at else "",
        came=True,
        claim=claims.known(workspace, workspace.store).get(event.task_uid),
        command=command,
    )


def take_up_command(event: PauseEvent, ids: Mapping[str, str | None]) -> str:
    """Return how to go on with a pause that came; one whose id another task has here is called by its checkpoint.

    Args:
        event: the pause.
        ids: the uid of each task here, by its id.
    """
    foreign = ids.get(event.task_id, event.task_uid) != event.task_uid
    return event.resume_command if foreign else f"volon resume-task --task {event.task_id}"


def _way(workspace: Workspace, place: Place) -> str | None:
    """Return the command that leads to a place, or None when one is there already."""
    repository = workspace.repository
    if place.root is not None and place.root != repository.root:
        return f"volon -C {shell_word(workspace.shown(place.root))} resume-task"
    if place.branch is None or place.branch == questions.current_branch(repository):
        return None
    if not questions.is_free(repository, place.branch):
        return _LOOK
    if (name := questions.present_name(repository, place.branch)) is not None:
        return f"git switch {'-- ' * name.startswith('-')}{shell_word(name)}"
    return f"git switch -c {shell_word(place.branch)} {place.commit[:12]}" if place.commit else None
