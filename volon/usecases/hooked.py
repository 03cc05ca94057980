"""What a hook of an agent's does: what it hears is noted, what has to be saved is saved, and the model is told.

Most of it is done from files alone, at once; a process of git's is started where these do not say what to tell, and
before a compaction or a session that others left something to. What a session leaves at its end is left to the caller:
the agent does not wait for it.

In a repository without `.volon/` nothing is done and nothing is written, as that a user has hooks for all repositories
says nothing about this one; unless a file of the repository itself has the hook that calls. Nor is a session begun by
what a person types in a terminal, as it would go on as long as that does.

Source: issue "Where agents live" (the hook); agents.md §1.5; performance (row 1).
"""

from __future__ import annotations

import os

from volon import gitfiles, marks
from volon.digests import sha256
from volon.model.agents.events import FILES
from volon.usecases.glance import UNSURE, glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from volon.model.agents.events import Protocol, Told
    from volon.model.quick import Brief
    from volon.model.results.brief import BriefResult
    from volon.workspace import Workspace

_JUST_NS = 10 * 10**9
"""An agent that runs a hook from two of its files does so within this time."""
_DIGITS = 16
_MOST = 1 << 20
"""So much is read of settings."""
_START, _COMPACTION, _END = "session-start", "pre-compact", "session-end"
_COMPACTS = b"compacts"


class Hooked:
    """What comes of a hook.

    Attributes:
        brief: what the agent's model is to read; None where there is nothing to tell.
        over: this session has ended, and something of it may have to be saved.
        found: the repository; None where nothing is noted.
        session: the name of its mark.
        heard_ns: how long ago something was last heard of the session; None where that is not known.
        why: nothing is remembered of the session; empty where it is.
        failed: what could not be saved, and why; empty where all was.
    """

    __slots__ = ("brief", "failed", "found", "heard_ns", "over", "session", "why")

    def __init__(self, found: gitfiles.Directories | None = None, session: str = "", why: str = "") -> None:
        self.found, self.session, self.why = found, session, why
        self.brief: Brief | BriefResult | None = None
        self.heard_ns: int | None = None
        self.over, self.failed = False, ""


def hooked(event: str, agent: str, one: Protocol, told: Told, start: str, opened: Callable[[str], Workspace]) -> Hooked:
    """Do what a hook does.

    Args:
        event: one of `EVENTS`.
        agent: who calls, for later.
        one: how it calls.
        told: what it said.
        start: the directory it works in.
        opened: opens the workspace of a directory, where files do not say enough.

    Raises:
        VolonError: as `checkpoint` and `brief`.
    """
    try:
        found = gitfiles.find(os.path.realpath(start))
    except UNSURE:
        found = _asked(opened, start)
    if found is None or gitfiles.is_anothers(found):
        return Hooked(why="there is no repository of this user's here")
    if not os.path.isdir(f"{found.root}/.volon") and not _is_wanted(found.root, agent):
        return Hooked(why="volon was never used here: there is no .volon/, and no file of the repository calls it")
    if event != _END and (told.silent or marks.by_hand()):
        done, saves = Hooked(why="no agent called, so no session is noted"), False
    else:
        # An agent that names no session has one mark for all of them.
        done = Hooked(found, marks.name_of(told.session or agent))
        saves = _noted(done, found, event, agent, told.transcript)
    if saves:
        done.failed = _save(event, opened, start)
    if event in one.hears:
        # What was saved stands in new records, of which files alone say less.
        done.brief = _briefed(opened, start) if saves else _brief(found, opened, start)
    return done


def _asked(opened: Callable[[str], Workspace], start: str) -> gitfiles.Directories | None:
    """The repository as git has it; None where it has none with a working tree."""
    from volon.errors import VolonError  # noqa: PLC0415  seldom

    try:
        one = opened(start).repository
    except VolonError:
        return None
    return gitfiles.Directories(str(one.root), str(one.git_dir), str(one.common_dir), one.object_format)


def _noted(done: Hooked, found: gitfiles.Directories, event: str, agent: str, transcript: str) -> bool:
    """Note what is heard of the session; whether something has to be saved before the agent goes on."""
    line = {_START: marks.BEGINS, _END: marks.ENDED}.get(event, b"")
    noted = marks.note(found.git_dir, done.session, agent, transcript, line)
    done.over = event == _END
    if event == _START and noted is not None:
        done.heard_ns = noted[1]
        everyone = marks.others(found.git_dir)
        return any(mark.is_over(noted[0].touched_ns) for mark in everyone if mark.name != done.session)
    if event == _COMPACTION:
        first = noted is None or marks.claim(found.git_dir, noted[0], _COMPACTS)
        return first and _is_in_progress(found)
    return False


def _save(event: str, opened: Callable[[str], Workspace], start: str) -> str:
    """Save the task in progress, or what sessions left that are over; in words what of these could not be saved."""
    from volon.errors import VolonError  # noqa: PLC0415  few hooks save anything
    from volon.usecases.agents.leaving import checkpoint, settle  # noqa: PLC0415

    if event == _COMPACTION:
        checkpoint(opened(start))
        return ""
    try:
        # The session that begins goes on, so no hook of the user's is due.
        settle(opened(start))
    except (VolonError, OSError) as error:
        return f"{type(error).__name__}: {error}"
    return ""


def _is_wanted(root: str, agent: str) -> bool:
    """Whether a file of the repository has the hook that calls: somebody who works here decided for it.

    What stands in a home directory is a setting for all repositories, also where that is one itself.
    """
    path = FILES.get(agent)
    if path is None or os.path.realpath(os.environ.get("HOME") or "/") == root:
        return False
    data = gitfiles.content(f"{root}/{path}", _MOST)
    # A file that is called after volon holds nothing else.
    return b"volon hook" in data or bool(data and "volon" in path)


def is_news(done: Hooked, agent: str, told: Told, text: str) -> bool:
    """Whether a session has not just been told this; from now on it has. Without a mark it is told once more.

    Each caller adds a line and looks who was first, so that of two at the same time one says it. What a compaction
    took away is told again.
    """
    if done.found is None:
        return True
    said = b"said " + sha256(text.encode("utf-8", "replace"))[:_DIGITS].encode()
    own = b"%s %d" % (said, os.getpid())
    noted = marks.note(done.found.git_dir, done.session, agent, told.transcript, own)
    if noted is None or own not in noted[0].lines or told.source == "compact":
        return True
    before = [line for line in noted[0].lines[: noted[0].lines.index(own)] if line != marks.BEGINS]
    return not (before and before[-1].startswith(said)) or (done.heard_ns or 0) > _JUST_NS


def _is_in_progress(found: gitfiles.Directories) -> bool:
    try:
        seen = glance(found.root)
    except UNSURE:
        return True
    return seen is not None and seen.row is not None and seen.row.status == "doing"


def _brief(found: gitfiles.Directories, opened: Callable[[str], Workspace], start: str) -> Brief | BriefResult | None:
    from volon.usecases.quickbrief import quick_brief  # noqa: PLC0415  few events say anything

    try:
        return quick_brief(found)
    except UNSURE:
        return _briefed(opened, start)


def _briefed(opened: Callable[[str], Workspace], start: str) -> BriefResult | None:
    """What the files alone do not say; nothing where no task is in progress, paused or blocked."""
    from volon.usecases.briefing import brief  # noqa: PLC0415  it loads much

    found = brief(opened(start), agent=True)
    return found if found.task_id is not None else None
