"""What a hook of an agent's does at once, from files alone: what is said, and what is left to be done.

In a repository without `.volon/` nothing is done and nothing is written: that a user has hooks for all repositories
says nothing about this one. The rest is `usecases.agents.leaving` for what is saved, and `usecases.briefing` for a
brief that the files alone cannot give.

Source: issue "Where agents live" (the hook); agents.md §1.5; performance (row 1).
"""

from __future__ import annotations

import os

from volon import gitfiles, marks
from volon.digests import sha256
from volon.usecases.glance import UNSURE, glance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from volon.model.agents.events import Protocol, Told
    from volon.model.quick import Brief

_JUST_NS = 10 * 10**9
"""An agent that runs a hook from two of its files does so within this time."""
_DIGITS = 16


class Hooked:
    """What comes of a hook.

    Attributes:
        brief: what the agent's model is to read.
        is_unsure: only git, or a strict reader, can say what it is to read.
        checkpoint: a task may be in progress, which has to be saved before the agent goes on.
        over: a session has ended of which something may have to be saved.
        found: the repository; None where none can be told without git.
        session: the name of its mark.
        heard_ns: how long ago something was last heard of the session; None where that is not known.
    """

    __slots__ = ("brief", "checkpoint", "found", "heard_ns", "is_unsure", "over", "session")

    def __init__(self, found: gitfiles.Found | None = None, session: str = "") -> None:
        self.found, self.session = found, session
        self.brief: Brief | None = None
        self.checkpoint = self.over = self.is_unsure = False
        self.heard_ns: int | None = None


def hooked(event: str, agent: str, one: Protocol, told: Told, start: str) -> Hooked:
    """Do what a hook does at once.

    Args:
        event: one of `EVENTS`.
        agent: who calls, for later.
        one: how it calls.
        told: what it said.
        start: the directory it works in.
    """
    try:
        found = gitfiles.find(os.path.realpath(start))
    except UNSURE:
        done = Hooked()
        done.is_unsure = event in one.hears
        return done
    if found is None or gitfiles.is_anothers(found) or not os.path.isdir(f"{found.root}/.volon"):
        return Hooked()
    # An agent that names no session has one mark for all of them.
    done = Hooked(found, marks.name_of(told.session or agent))
    line = {"session-start": marks.BEGINS, "session-end": marks.ENDED, "pre-compact": b"compacts"}.get(event, b"")
    noted = marks.note(found.git_dir, done.session, agent, told.transcript, line)
    if event == "session-end":
        done.over = True
    if event == "session-start" and noted is not None:
        done.heard_ns = noted[1]
        everyone = marks.others(found.git_dir)
        done.over = any(mark.is_over(noted[0].touched_ns) for mark in everyone if mark.name != done.session)
    if event == "pre-compact":
        done.checkpoint = _is_in_progress(found)
    if event in one.hears:
        _look(done, found)
    return done


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


def _is_in_progress(found: gitfiles.Found) -> bool:
    try:
        seen = glance(found.root)
    except UNSURE:
        return True
    return seen is not None and seen.row is not None and seen.row.status == "doing"


def _look(done: Hooked, found: gitfiles.Found) -> None:
    from volon.usecases.quickbrief import quick_brief  # noqa: PLC0415  few events say anything

    try:
        done.brief = quick_brief(found)
    except UNSURE:
        done.is_unsure = True
