"""The pause that nobody made: what an agent's session left, written down when it is over or its context is compacted.

It is a pause as any other. What it says comes from the repository and from the transcript that the agent named: the
commands that ran with their outcomes, the tokens, and for a note what the agent said last, which is marked as derived.
All of that is data; a pause takes secrets out of it. What is as it was at the last checkpoint is not saved again.

Source: contract §8 (the pause you forgot); issue "Where agents live" (session end, interruption, compaction).
"""

from __future__ import annotations

import os
from contextlib import suppress
from itertools import islice

from volon import marks
from volon.errors import NothingToDo
from volon.model.agents.transcripts.reading import FORMATS
from volon.model.agents.transcripts.transcript import LINE
from volon.model.requests import PauseRequest, ResumeRequest
from volon.model.text import clip_line, one_line
from volon.plain import replace
from volon.usecases.pausing.compose import is_as_saved
from volon.usecases.pausing.gathering import subject_of
from volon.usecases.pausing.material import DERIVED_MARK
from volon.usecases.pausing.pause import pause
from volon.usecases.resuming.resume import resume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.marks import Mark
    from volon.model.agents.transcripts.transcript import Transcript
    from volon.model.facts import GitFacts
    from volon.model.results.protocol import PauseResult
    from volon.workspace import Workspace

_COMMANDS = 8
"""So many of the last commands are kept."""
_TRIED = 8
_COMPACT = "compact"


def settle(workspace: Workspace) -> PauseResult | None:
    """Leave a capsule for the sessions in this working tree that are over, unless another one goes on here.

    Returns:
        The pause; None when there was nothing to save.

    Raises:
        VolonError: as `pause`; what is remembered of the sessions stays, and the next one tries again.
    """
    git_dir = str(workspace.repository.git_dir)
    everyone, now = marks.others(git_dir), workspace.world.clock.file_ns()
    over = [mark for mark in everyone if mark.is_over(now)]
    mine = [mark for mark in over if marks.claim(git_dir, mark)]
    result = _leave(workspace, mine) if mine and len(over) == len(everyone) else None
    for mark in mine:
        marks.forget(git_dir, mark.name)
    return result


def checkpoint(workspace: Workspace) -> PauseResult | None:
    """Save the task in progress, which stays in progress; None when nothing has changed since it was saved last.

    Raises:
        VolonError: as `pause`.
    """
    task_id = _unsaved(workspace, None)
    if not task_id:
        return None
    return save(workspace, PauseRequest(task=task_id))


def save(workspace: Workspace, request: PauseRequest) -> PauseResult:
    """Save the task as a pause before a compaction does, and go on with it at once, unless it waits for something.

    Raises:
        VolonError: as `pause`, and as `resume`; by then all is saved, and the task is paused.
    """
    result = pause(workspace, replace(request, mode=_COMPACT, going_on=True))
    if result.already:
        return result
    resumed = resume(workspace, ResumeRequest(task=result.task_id, going_on=True))
    return replace(result, going_on=not resumed.stopped)


def _leave(workspace: Workspace, over: list[Mark]) -> PauseResult | None:
    task_id = _unsaved(workspace, min(mark.began_ns for mark in over))
    if task_id is None:
        return None
    last = max(over, key=lambda mark: mark.touched_ns)
    return pause(workspace, request_of(_transcript(workspace, last), is_new=not task_id))


def request_of(found: Transcript | None, *, is_new: bool) -> PauseRequest:
    """Return what a transcript has to say for a pause that nobody made.

    Args:
        found: what was read; None without one.
        is_new: there is no task yet, so that what was asked for first is its goal.
    """
    if found is None:
        return PauseRequest()
    words = one_line(found.last_message or found.goal)
    said = f"{'interrupted; ' * found.interrupted}{'the agent said last' if found.last_message else 'asked for'}: "
    last = f"{clip_line(said + words, LINE)}{DERIVED_MARK}" if words else None
    # The note of a pause that makes a task is its title.
    return PauseRequest.of(
        note=None if is_new else last,
        summary=last if is_new else None,
        goal=clip_line(one_line(found.goal), LINE) if is_new and found.goal else None,
        tokens=found.tokens_said,
        commands=[one.said for one in found.commands[-_COMMANDS:]],
    )


def _transcript(workspace: Workspace, mark: Mark) -> Transcript | None:
    """What the agent wrote down itself; None when that is not to be had, or is about another session or directory."""
    from volon.transcripts import newest, transcript_at  # noqa: PLC0415  only where there is something to save

    root, env = str(workspace.repository.root), workspace.world.env
    found = None
    if mark.transcript:
        with suppress(OSError, ValueError):
            found = transcript_at(mark.transcript)
    elif mark.agent in FORMATS:
        tried = islice(newest(root, env.get("HOME", "/"), env, (mark.agent,)), _TRIED)
        found = next((one for _, one in tried if marks.name_of(one.session) == mark.name), None)
    if found is None or found.subagent:
        return None
    # Gemini does not say where it works; the session that the hooks told of is this one then.
    is_here = (
        f"{found.directory}/".startswith(f"{root}/") if found.directory else marks.name_of(found.session) == mark.name
    )
    return found if is_here else None


def _unsaved(workspace: Workspace, since_ns: int | None) -> str | None:
    """The task with unsaved work, empty for work without one; None when all there is was saved, or is older.

    Args:
        workspace: where.
        since_ns: work without a task counts where a file of it was changed since then; without it no such work does.
    """
    try:
        facts = workspace.repository.look()[0]
        subject = subject_of(workspace, workspace.store, PauseRequest(), facts)
    except NothingToDo:
        return None
    finally:
        workspace.repository.look_away()
    if subject.file is None:
        return "" if since_ns is not None and _is_touched(workspace, facts, since_ns) else None
    # A checkpoint before a compaction is no pause: at the end of the session the task is still in progress.
    last = (
        subject.previous if since_ns is None or subject.previous is None or subject.previous.mode != _COMPACT else None
    )
    if last is not None and is_as_saved(last, facts) and not subject.runs:
        return None
    return subject.file.task.id


def _is_touched(workspace: Workspace, facts: GitFacts, since_ns: int) -> bool:
    for change in facts.changes:
        try:
            found = os.lstat(os.fsencode(workspace.repository.root / change.path))
        except OSError:
            # It is gone, and nothing says since when.
            return True
        if found.st_ctime_ns >= since_ns:
            return True
    return False
