"""The pause that nobody made: what an agent's session left, written down when it is over or its context is compacted.

It is a pause as any other. What it says comes from the repository and from the transcript that the agent named: the
commands that ran with their outcomes, the tokens, and for a note what was asked for and what the agent said last, which
is marked as derived. All of that is data; secrets are taken out of it before it is cut, for half a token has no shape.
What is as it was at the last checkpoint is not saved again, so that of many that end one at a time each is saved once.

| what is over | what goes on here | what becomes of unsaved work |
|---|---|---|
| one session, or many | nothing | it is paused |
| one of two at once | the other | a checkpoint; the task stays in progress, and is paused when the other is over |
| one, by `/clear` | the one that began after | as above |
| one that was killed | the one that begins and finds its mark | as above; at the end of a session: paused |
| one, of a task that somebody paused meanwhile | whatever | what changed since is saved; the task stays paused |
| one that was heard last before the last checkpoint | whatever | as above, but without its words: others worked since |

Work without a task counts where a file of it was changed since the session began; a task is made of it then.

Source: contract §8 (the pause you forgot); issue "Where agents live" (session end, interruption, compaction).
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice

from volon import marks
from volon.errors import NothingToDo
from volon.marks import Mark
from volon.model.agents.transcripts.reading import FORMATS
from volon.model.agents.transcripts.transcript import LINE
from volon.model.records.task import Status
from volon.model.requests import PauseRequest, ResumeRequest
from volon.model.secrets import clean_line
from volon.model.text import clip_line, one_line
from volon.plain import replace
from volon.usecases.pausing.compose import is_as_saved
from volon.usecases.pausing.gathering import subject_of
from volon.usecases.pausing.material import DERIVED_MARK
from volon.usecases.pausing.pause import pause
from volon.usecases.resuming.resume import resume

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.transcripts.transcript import Transcript
    from volon.model.facts import GitFacts
    from volon.model.results.protocol import PauseResult
    from volon.usecases.pausing.gathering import Subject
    from volon.workspace import Workspace

_ASKED = 120
"""So many letters of a request are kept before other words."""
_TRIED = 8
_COMPACT = "compact"


def settle(workspace: Workspace) -> tuple[PauseResult | None, str]:
    """Save what the sessions in this working tree that are over left; see the table above.

    Returns:
        The pause, None when there was nothing to save; and what was done and why, in words.

    Raises:
        VolonError: as `pause`; what is remembered of the sessions stays, and the next one tries again.
    """
    git_dir = str(workspace.repository.git_dir)
    everyone, now = marks.others(git_dir), workspace.world.clock.file_ns()
    over = [mark for mark in everyone if mark.is_over(now)]
    mine = [mark for mark in over if marks.claim(git_dir, mark)]
    if not mine:
        return None, "no session is over here that nobody saves yet"
    going_on = len(over) < len(everyone)
    result = _leave(workspace, mine, going_on=going_on)
    for mark in mine:
        marks.forget(git_dir, mark)
    rest = ", ".join(mark.agent or "of no name" for mark in everyone if mark not in over)
    about = f"saved {result.task_id}" if result is not None else "nothing is unsaved"
    return result, f"{about}; another session goes on here ({one_line(rest)})" if going_on else about


def checkpoint(workspace: Workspace) -> PauseResult | None:
    """Save the task in progress, which stays in progress; None when nothing has changed since it was saved last.

    Raises:
        VolonError: as `pause`.
    """
    subject = _unsaved(workspace, None, going_on=True)
    return _save(workspace, subject, PauseRequest(), going_on=True) if subject is not None else None


def _leave(workspace: Workspace, over: list[Mark], *, going_on: bool) -> PauseResult | None:
    subject = _unsaved(workspace, min(mark.began_ns for mark in over), going_on=going_on)
    if subject is None:
        return None
    found = _words(workspace, over, subject.previous.saved_at if subject.previous else None)
    old = subject.capsule[1] if subject.capsule is not None else None
    note = old.note if old is not None and not old.resumed_at else None
    has_note = bool(note) and not str(note).endswith(DERIVED_MARK)
    request = request_of(found, is_new=subject.file is None, has_note=has_note)
    return _save(workspace, subject, request, going_on=going_on)


def _save(workspace: Workspace, subject: Subject, request: PauseRequest, *, going_on: bool) -> PauseResult:
    """Pause, and where the work goes on take it up again, unless somebody had paused it."""
    if subject.file is not None:
        request = replace(request, task=subject.file.task.id)
    if not going_on or (subject.file is not None and subject.file.task.status is not Status.DOING):
        return pause(workspace, request)
    return save(workspace, request)


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


def request_of(found: Transcript | None, *, is_new: bool, has_note: bool = False) -> PauseRequest:
    """Return what a transcript has to say for a pause that nobody made.

    Args:
        found: what was read; None without one.
        is_new: there is no task yet, so that what was asked for first is its goal.
        has_note: somebody left one that still counts; what is derived stands beside it.
    """
    if found is None:
        return PauseRequest()
    goal, last = clean_line(found.goal, LINE), clean_line(found.last_message, LINE)
    # The goal stands in a field of its own where a task is made of it.
    asked = f"asked for: {clip_line(goal, _ASKED)}" if goal and not (is_new and last) else ""
    said = "; ".join(
        part for part in ("interrupted" * found.interrupted, asked, f"the agent said last: {last}" * bool(last)) if part
    )
    words = f"{clip_line(said, LINE)}{DERIVED_MARK}" if goal or last else None
    # The note of a pause that makes a task is its title.
    aside = is_new or has_note
    return PauseRequest.of(
        note=None if aside else words,
        summary=words if aside else None,
        goal=goal if is_new and goal else None,
        tokens=found.tokens_said,
        commands=[one.said for one in found.commands],
    )


def _words(workspace: Workspace, over: list[Mark], saved_at: datetime | None) -> Transcript | None:
    """The transcript of the session that was heard last since the last checkpoint, of those that say anything."""
    for mark in sorted(over, key=Mark.heard_ns, reverse=True):
        if saved_at is not None and datetime.fromtimestamp(mark.heard_ns() / 10**9, UTC) < saved_at:
            return None
        found = _transcript(workspace, mark)
        if found is not None and (found.goal or found.last_message or found.commands):
            return found
    return None


def _transcript(workspace: Workspace, mark: Mark) -> Transcript | None:
    """What the agent wrote down itself; None when that is not to be had, or is about another session or directory."""
    from volon.transcripts import newest, transcript_at  # noqa: PLC0415  only where there is something to save

    root = str(workspace.repository.root)
    found = None
    if mark.transcript:
        with suppress(OSError, ValueError):
            found = transcript_at(mark.transcript)
    elif mark.agent in FORMATS:
        tried = islice(newest(root, workspace.world.env, (mark.agent,)), _TRIED)
        found = next((one.said for one in tried if marks.name_of(one.said.session) == mark.name), None)
    if found is None or found.subagent:
        return None
    # Gemini does not say where it works; the session that the hooks told of is this one then.
    is_here = (
        f"{found.directory}/".startswith(f"{root}/") if found.directory else marks.name_of(found.session) == mark.name
    )
    return found if is_here else None


def _unsaved(workspace: Workspace, since_ns: int | None, *, going_on: bool) -> Subject | None:
    """What has unsaved work, without a file where there is no task; None when all there is was saved, or is older.

    Args:
        workspace: where.
        since_ns: work without a task counts where a file of it was changed since then; without it no such work does.
        going_on: the work goes on, so that a checkpoint on the way is enough.
    """
    try:
        facts = workspace.repository.look()[0]
        subject = subject_of(workspace, workspace.store, PauseRequest(), facts)
    except NothingToDo:
        return None
    finally:
        workspace.repository.look_away()
    if subject.file is None:
        return subject if since_ns is not None and _is_touched(workspace, facts, since_ns) else None
    last = subject.previous
    # A checkpoint on the way is no pause: at the end of the last session the task is still in progress.
    if last is not None and (going_on or last.mode != _COMPACT) and is_as_saved(last, facts) and not subject.runs:
        return None
    return subject


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
